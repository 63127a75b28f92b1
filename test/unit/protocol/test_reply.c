/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "herd/reply.h"

static void assert_holds(struct herd_buffer *out, struct herd_text expected)
{
    struct herd_text text = herd_buffer_text(out);
    assert_int_equal(text.length, expected.length);
    assert_memory_equal(text.bytes, expected.bytes, expected.length);
    herd_buffer_finish(out);
}

static void at_copies_what_was_sent(void **state)
{
    (void)state;
    static const struct {
        int64_t difference_ns;
        const char *text;
    } cases[] = {
        {263873386, "+0.263873386"}, {-450000000, "-0.450000000"},         {-500, "-0.000000500"},
        {0, "+0.000000000"},         {INT64_MIN, "-9223372036.854775808"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct herd_command command;
        struct herd_buffer out = HERD_BUFFER_INIT, expected = HERD_BUFFER_INIT;
        herd_command_parse(HERD_TEXT("IAMAT  k\0w \t+034.0-118.445127/ 01520023934.5000000000 "), &command);
        assert_int_equal(command.kind, HERD_COMMAND_IAMAT);
        herd_buffer_append(&expected, HERD_TEXT("before\nAT Goloman "));
        herd_buffer_append(&expected, herd_text_of(cases[i].text));
        herd_buffer_append(&expected, HERD_TEXT(" k\0w +034.0-118.445127/ 01520023934.5000000000"));
        herd_buffer_append(&out, HERD_TEXT("before\n"));
        herd_reply_append_at(&out, HERD_TEXT("Goloman"), cases[i].difference_ns, &command.as.iamat);
        assert_holds(&out, herd_buffer_text(&expected));
        herd_buffer_finish(&expected);
    }
}

/* Names of every length, some longer than the piece that is copied as a whole. */
static void at_line_is_the_same_with_a_newline(void **state)
{
    (void)state;
    struct herd_command command;
    herd_command_parse(HERD_TEXT("IAMAT kiwi +34.068930-118.445127 1520023934.918963997"), &command);
    for (size_t length = 1; length <= HERD_NAME_LENGTH_MAX; length++) {
        char name[HERD_NAME_LENGTH_MAX];
        struct herd_at_start start;
        struct herd_buffer out = HERD_BUFFER_INIT, expected = HERD_BUFFER_INIT;
        memset(name, 'n', sizeof(name));
        herd_at_start_make((struct herd_text){name, length}, &start);
        herd_reply_append_at(&expected, (struct herd_text){name, length}, 263873386, &command.as.iamat);
        struct herd_text line = herd_reply_append_at_line(&out, &start, 263873386, &command.as.iamat);
        assert_true(herd_text_equal(line, herd_buffer_text(&expected)));
        herd_buffer_append_byte(&expected, '\n');
        assert_holds(&out, herd_buffer_text(&expected));
        herd_buffer_finish(&expected);
    }
}

static void invalid_gives_the_line_back(void **state)
{
    (void)state;
    static const struct {
        struct herd_text line, reply;
    } cases[] = {
        {HERD_TEXT_INIT(""), HERD_TEXT_INIT("? \n")},
        {HERD_TEXT_INIT(" \t x  y \r"), HERD_TEXT_INIT("?  \t x  y \r\n")},
        {HERD_TEXT_INIT("\0\xff"), HERD_TEXT_INIT("? \0\xff\n")},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct herd_buffer out = HERD_BUFFER_INIT;
        herd_reply_append_invalid(&out, cases[i].line);
        assert_holds(&out, cases[i].reply);
    }
    struct herd_buffer out = HERD_BUFFER_INIT;
    herd_reply_append_invalid(&out, (struct herd_text){NULL, 0});
    assert_holds(&out, HERD_TEXT("? \n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_copies_what_was_sent),
        cmocka_unit_test(at_line_is_the_same_with_a_newline),
        cmocka_unit_test(invalid_gives_the_line_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
