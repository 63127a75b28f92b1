/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "herd/buffer.h"
#include "herd/command.h"

static const struct {
    struct herd_text line, client, position, time;
    int64_t time_ns;
} iamats[] = {
#define IAMAT(line, client, position, time, ns)                                                                        \
    {                                                                                                                  \
        HERD_TEXT_INIT(line), HERD_TEXT_INIT(client), HERD_TEXT_INIT(position), HERD_TEXT_INIT(time), ns               \
    }
    IAMAT("IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1520023934.918963997", "kiwi.cs.ucla.edu",
          "+34.068930-118.445127", "1520023934.918963997", 1520023934918963997),
    IAMAT(" \t\r\v\fIAMAT\t\tk \r +12-118/\v\f0\r\t ", "k", "+12-118/", "0", 0),
    IAMAT("IAMAT k -0+0 0.5", "k", "-0+0", "0.5", 500000000),
    IAMAT("IAMAT k -0+0 0.500", "k", "-0+0", "0.500", 500000000),
    IAMAT("IAMAT k -0+0 9000000000", "k", "-0+0", "9000000000", 9000000000000000000),
    IAMAT("IAMAT k -0+0 9000000000.0", "k", "-0+0", "9000000000.0", 9000000000000000000),
    IAMAT("IAMAT k -0+0 1.1234567899", "k", "-0+0", "1.1234567899", 1123456789),
    IAMAT("IAMAT IAMAT -0+0 1", "IAMAT", "-0+0", "1", 1000000000),
    IAMAT("IAMAT \0 -0+0 1", "\0", "-0+0", "1", 1000000000),
    IAMAT("IAMAT a\0b -0+0 1", "a\0b", "-0+0", "1", 1000000000),
    IAMAT("IAMAT \xff\xfe\x80 -0+0 1", "\xff\xfe\x80", "-0+0", "1", 1000000000),
    IAMAT("IAMAT \x1c\x1f\x08\x0e\x7f -0+0 1", "\x1c\x1f\x08\x0e\x7f", "-0+0", "1", 1000000000), /* not white space */
    IAMAT("IAMAT \xc2\xa0\xe2\x80\x83 -0+0 1", "\xc2\xa0\xe2\x80\x83", "-0+0", "1", 1000000000),
    IAMAT("IAMAT ?<\"'\\ -0+0 1", "?<\"'\\", "-0+0", "1", 1000000000),
    IAMAT("IAMAT abcdefghijklmnopqrstuvwxyz\0012345 -0+0 1", "abcdefghijklmnopqrstuvwxyz\0012345", "-0+0", "1",
          1000000000),
#undef IAMAT
};

static void iamats_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(iamats) / sizeof(iamats[0]); i++) {
        struct herd_command command;
        herd_command_parse(iamats[i].line, &command);
        if (command.kind != HERD_COMMAND_IAMAT) fail_msg("refused %.*s", HERD_TEXT_ARGS(iamats[i].line));
        const struct herd_report *report = &command.as.iamat;
        assert_true(herd_text_equal(report->client, iamats[i].client));
        assert_true(herd_text_equal(report->position, iamats[i].position));
        assert_true(herd_text_equal(report->time, iamats[i].time));
        assert_true(report->time_ns == iamats[i].time_ns);
    }
}

static const struct {
    const char *line, *client, *whole, *fraction;
    unsigned bound;
} whatsats[] = {
    {"WHATSAT kiwi.cs.ucla.edu 10 5", "kiwi.cs.ucla.edu", "10", "", 5},
    {"\tWHATSAT  k\r0\v0 \f", "k", "0", "", 0},
    {"WHATSAT k 50 20", "k", "50", "", 20},
    {"WHATSAT k 50.000 020", "k", "50", "000", 20},
    {"WHATSAT k 0050.0 0000000000000000000000000020", "k", "0050", "0", 20},
    {"WHATSAT k 49.999999999999999999999 1", "k", "49", "999999999999999999999", 1},
    {"WHATSAT k 10.5871263 1", "k", "10", "5871263", 1},
};

static void whatsats_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(whatsats) / sizeof(whatsats[0]); i++) {
        struct herd_command command;
        herd_command_parse(herd_text_of(whatsats[i].line), &command);
        if (command.kind != HERD_COMMAND_WHATSAT) fail_msg("refused %s", whatsats[i].line);
        const struct herd_question *question = &command.as.whatsat;
        assert_true(herd_text_equal(question->client, herd_text_of(whatsats[i].client)));
        assert_true(herd_text_equal(question->radius_km.whole, herd_text_of(whatsats[i].whole)));
        assert_true(herd_text_equal(question->radius_km.fraction, herd_text_of(whatsats[i].fraction)));
        assert_int_equal(question->bound, whatsats[i].bound);
    }
}

static const char *const invalid[] = {
    "",
    " ",
    "\t\r\v\f",
    "x",
    "?",
    "IAMAT",
    "IAMAT k",
    "IAMAT k +1-2",
    "IAMAT  +1-2 3",
    "IAMAT k +1-2 3 4",
    "IAMAT k +1-2 3 x",
    "IAMATk +1-2 3",
    "iamat k +1-2 3",
    "Iamat k +1-2 3",
    "IAMA k +1-2 3",
    "IAMATS k +1-2 3",
    "IAMAT\x01k +1-2 3",
    "IAMAT k +1-2 -3",
    "IAMAT k +1-2 +3",
    "IAMAT k +1-2 3.",
    "IAMAT k +1-2 .3",
    "IAMAT k +1-2 3e0",
    "IAMAT k +1-2 nan",
    "IAMAT k +1-2 0x3",
    "IAMAT k +1-2 3,0",
    "IAMAT k +1-2 9000000001",
    "IAMAT k -0+0 9000000000.1",
    "IAMAT k +1-2 9000000000.0000000001",
    "IAMAT k +1-2 99999999999999999999",
    "IAMAT k +1 3",
    "IAMAT k 1-2 3",
    "IAMAT k +91-2 3",
    "IAMAT k +1-181 3",
    "IAMAT k +90.1-2 3",
    "IAMAT k +1 -2 3",
    "IAMAT k +1-2/ / 3",
    "IAMAT k +1-2 3\x01",
    "IAMAT k +1-2\x01 3",
    "IAMAT k +1-2x 3",
    "AT Goloman +0.263873386 kiwi.cs.ucla.edu +34.068930-118.445127 1520023934.918963997",
    "AT",
    "HELLO 1-1 h n 0000000000000000 -",
    "PING 0 0 -",
    "WHATSAT",
    "WHATSAT k",
    "WHATSAT k 10",
    "WHATSAT k 10 5 5",
    "whatsat k 10 5",
    "WHATSAT k 50.0001 5",
    "WHATSAT k 51 5",
    "WHATSAT k 50.00000000000000000000001 5",
    "WHATSAT k -1 5",
    "WHATSAT k +1 5",
    "WHATSAT k -0 5",
    "WHATSAT k .5 5",
    "WHATSAT k 5. 5",
    "WHATSAT k 1e1 5",
    "WHATSAT k nan 5",
    "WHATSAT k 10 21",
    "WHATSAT k 10 -1",
    "WHATSAT k 10 +1",
    "WHATSAT k 10 5.0",
    "WHATSAT k 10 0x5",
    "WHATSAT k 10 5x",
    "WHATSAT k 10 99999999999999999999",
    "WHATSAT k 1,5 5",
    "WHATSAT k 10 5\x01",
    "WHATSAT 10 5",
    "WHATSATk 10 5",
    "WHATSAT k 100000000000000000000 5",
};

static void everything_else_is_invalid(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
        struct herd_command command;
        herd_command_parse(herd_text_of(invalid[i]), &command);
        if (command.kind != HERD_COMMAND_INVALID) fail_msg("took %s", invalid[i]);
    }
    struct herd_command command;
    herd_command_parse((struct herd_text){NULL, 0}, &command);
    assert_int_equal(command.kind, HERD_COMMAND_INVALID);
    herd_command_parse(HERD_TEXT("IAMAT k +1-2 3\0"), &command);
    assert_int_equal(command.kind, HERD_COMMAND_INVALID);
    herd_command_parse(HERD_TEXT("IAMAT k +1-2 \0"), &command);
    assert_int_equal(command.kind, HERD_COMMAND_INVALID);
    herd_command_parse(HERD_TEXT("IAMAT\0k +1-2 3"), &command);
    assert_int_equal(command.kind, HERD_COMMAND_INVALID);
}

static const struct {
    const char *line;
    enum herd_command_kind kind;
} https[] = {
    {"GET / HTTP/1.1", HERD_COMMAND_HTTP},
    {"GET / HTTP/1.1\r", HERD_COMMAND_HTTP},
    {"POST /a?b=c HTTP/1.0 \t\r\f\v", HERD_COMMAND_HTTP},
    {"PRI * HTTP/2.0", HERD_COMMAND_HTTP},
    {"HTTP/1.1", HERD_COMMAND_HTTP},
    {"\r\vHTTP/1.0\f", HERD_COMMAND_HTTP},
    {"x\tHTTP/1.1", HERD_COMMAND_HTTP},
    {"x\fHTTP/1.1", HERD_COMMAND_HTTP},
    {"IAMAT k +1-2 HTTP/1.1", HERD_COMMAND_HTTP},
    {"IAMAT k +1-2 3 HTTP/1.1", HERD_COMMAND_HTTP},
    {"WHATSAT k 10 HTTP/1.0", HERD_COMMAND_HTTP},
    {"HTTP/1.1 200 OK", HERD_COMMAND_INVALID},
    {"GET / HTTP/1.1 x", HERD_COMMAND_INVALID},
    {"GET / HTTP/1.1\x01", HERD_COMMAND_INVALID},
    {"GET / xHTTP/1.1", HERD_COMMAND_INVALID},
    {"GET /HTTP/1.1", HERD_COMMAND_INVALID},
    {"GET / HTTP/1.10", HERD_COMMAND_INVALID},
    {"GET / HTTP/1.2", HERD_COMMAND_INVALID},
    {"GET / HTTP/0.9", HERD_COMMAND_INVALID},
    {"GET / HTTP/2", HERD_COMMAND_INVALID},
    {"GET / http/1.1", HERD_COMMAND_INVALID},
    {"GET / TTP/1.1", HERD_COMMAND_INVALID},
    {"HTTP/1.", HERD_COMMAND_INVALID},
    {"IAMAT HTTP/1.1 +1-2 3", HERD_COMMAND_IAMAT},
    {"WHATSAT HTTP/1.1 10 5", HERD_COMMAND_WHATSAT},
};

/* By the last field, whatever comes before it. */
static void http_is_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(https) / sizeof(https[0]); i++) {
        struct herd_command command;
        herd_command_parse(herd_text_of(https[i].line), &command);
        if (command.kind != https[i].kind) fail_msg("kind %d of %s", (int)command.kind, https[i].line);
    }
}

static enum herd_command_kind kind_of(struct herd_buffer *line)
{
    /* In memory of its own size, so that a byte read behind it is noticed. */
    struct herd_text text = herd_buffer_text(line);
    char *copy = malloc(text.length);
    assert_non_null(copy);
    memcpy(copy, text.bytes, text.length);
    struct herd_command command;
    herd_command_parse((struct herd_text){copy, text.length}, &command);
    free(copy);
    herd_buffer_clear(line);
    return command.kind;
}

static void append_many(struct herd_buffer *line, char byte, size_t count)
{
    for (size_t i = 0; i < count; i++)
        herd_buffer_append_byte(line, byte);
}

static void fields_have_their_lengths(void **state)
{
    (void)state;
    struct herd_buffer line = HERD_BUFFER_INIT;
    for (size_t length = 1; length <= 1100; length++) {
        herd_buffer_append(&line, HERD_TEXT("IAMAT "));
        append_many(&line, (char)('a' + length % 26), length);
        herd_buffer_append(&line, HERD_TEXT(" +1-2 3"));
        assert_int_equal(kind_of(&line), length <= 1024 ? HERD_COMMAND_IAMAT : HERD_COMMAND_INVALID);
        herd_buffer_append(&line, HERD_TEXT("WHATSAT "));
        append_many(&line, '\x01', length);
        herd_buffer_append(&line, HERD_TEXT(" 3 4"));
        assert_int_equal(kind_of(&line), length <= 1024 ? HERD_COMMAND_WHATSAT : HERD_COMMAND_INVALID);
    }
    for (size_t length = 6; length <= 140; length++) {
        herd_buffer_append(&line, HERD_TEXT("IAMAT k +1-2."));
        append_many(&line, '5', length - 5);
        herd_buffer_append(&line, HERD_TEXT(" 3"));
        assert_int_equal(kind_of(&line), length <= 128 ? HERD_COMMAND_IAMAT : HERD_COMMAND_INVALID);
    }
    for (size_t length = 3; length <= 70; length++) {
        herd_buffer_append(&line, HERD_TEXT("IAMAT k +1-2 3."));
        append_many(&line, '5', length - 2);
        assert_int_equal(kind_of(&line), length <= 64 ? HERD_COMMAND_IAMAT : HERD_COMMAND_INVALID);
        herd_buffer_append(&line, HERD_TEXT("IAMAT k +1-2 "));
        append_many(&line, '0', length);
        assert_int_equal(kind_of(&line), length <= 64 ? HERD_COMMAND_IAMAT : HERD_COMMAND_INVALID);
    }
    herd_buffer_finish(&line);
}

/* All 256 bytes in every place of a client's name: six of them split it. */
static void only_six_bytes_are_white_space(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        bool space = byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' || byte == '\f' || byte == '\v';
        assert_int_equal(herd_is_space((char)byte), space);
        for (size_t at = 0; at < 20; at++) {
            char client[] = "abcdefghijklmnopqrst";
            client[at] = (char)byte;
            struct herd_text rest = {client, 20};
            struct herd_text field = herd_field_next(&rest);
            size_t expected = !space ? 20 : at == 0 ? 19 : at;
            assert_int_equal(field.length, expected);
            assert_ptr_equal(field.bytes, client + (space && at == 0));
            assert_ptr_equal(rest.bytes, field.bytes + field.length);
            assert_int_equal(rest.length, (size_t)(client + 20 - rest.bytes));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iamats_are_read),
        cmocka_unit_test(whatsats_are_read),
        cmocka_unit_test(everything_else_is_invalid),
        cmocka_unit_test(http_is_told_apart),
        cmocka_unit_test(fields_have_their_lengths),
        cmocka_unit_test(only_six_bytes_are_white_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
