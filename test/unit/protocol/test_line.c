/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "herd/line.h"
#include "herd/random.h"

/*
 * A transcript of what a framer said: every line between brackets, `!` before
 * one that is too long, `$` before one that the end of input ended.
 */
static void note(struct herd_buffer *transcript, const char *mark, struct herd_text line)
{
    herd_buffer_append(transcript, herd_text_of(mark));
    herd_buffer_append(transcript, HERD_TEXT("["));
    herd_buffer_append(transcript, line);
    herd_buffer_append(transcript, HERD_TEXT("]"));
}

/* Feeds one piece, from memory of its own size so that reading past it is noticed. False after a line too long. */
static bool feed(struct herd_framer *framer, struct herd_text piece, struct herd_buffer *transcript)
{
    char *copy = malloc(piece.length == 0 ? 1 : piece.length);
    assert_non_null(copy);
    if (piece.length > 0) memcpy(copy, piece.bytes, piece.length);
    struct herd_text input = {copy, piece.length};
    struct herd_text line;
    enum herd_line_status status;
    while ((status = herd_framer_next(framer, &input, &line)) == HERD_LINE_READY)
        note(transcript, "", line);
    if (status == HERD_LINE_TOO_LONG) note(transcript, "!", line);
    if (status == HERD_LINE_NONE) assert_int_equal(input.length, 0);
    free(copy);
    return status == HERD_LINE_NONE;
}

static void finish(struct herd_framer *framer, struct herd_buffer *transcript)
{
    struct herd_text line;
    bool pending = herd_framer_pending(framer);
    bool more = herd_framer_end(framer, &line);
    assert_int_equal(pending, more);
    if (more) note(transcript, "$", line);
    assert_false(herd_framer_pending(framer));
    herd_framer_finish(framer);
}

static void assert_says(struct herd_buffer *transcript, struct herd_text expected)
{
    struct herd_text said = herd_buffer_text(transcript);
    if (!herd_text_equal(said, expected))
        fail_msg("said %.*s, not %.*s", HERD_TEXT_ARGS(said), HERD_TEXT_ARGS(expected));
    herd_buffer_finish(transcript);
}

static const struct {
    struct herd_text input, said;
} cases[] = {
    {HERD_TEXT_INIT(""), HERD_TEXT_INIT("")},
    {HERD_TEXT_INIT("\n"), HERD_TEXT_INIT("[]")},
    {HERD_TEXT_INIT("\n\n"), HERD_TEXT_INIT("[][]")},
    {HERD_TEXT_INIT("a"), HERD_TEXT_INIT("$[a]")},
    {HERD_TEXT_INIT("a\n"), HERD_TEXT_INIT("[a]")},
    {HERD_TEXT_INIT("a\r\nb"), HERD_TEXT_INIT("[a\r]$[b]")},
    {HERD_TEXT_INIT("a\0b\n\0\n"), HERD_TEXT_INIT("[a\0b][\0]")},
    {HERD_TEXT_INIT("12345678\n"), HERD_TEXT_INIT("[12345678]")}, /* the limit is 8 */
    {HERD_TEXT_INIT("12345678"), HERD_TEXT_INIT("$[12345678]")},
    {HERD_TEXT_INIT("123456789"), HERD_TEXT_INIT("![123456789]")},
    {HERD_TEXT_INIT("123456789\n"), HERD_TEXT_INIT("![123456789]")},
    {HERD_TEXT_INIT("a\n123456789abcdefghij\nb\n"), HERD_TEXT_INIT("[a]![123456789]")},
    {HERD_TEXT_INIT("ab\ncde\n\n12345678\n1234567\nxy"), HERD_TEXT_INIT("[ab][cde][][12345678][1234567]$[xy]")},
};

static void assert_pieces_say(const struct herd_text *pieces, size_t count, struct herd_text said)
{
    struct herd_buffer transcript = HERD_BUFFER_INIT;
    struct herd_framer framer;
    herd_framer_init(&framer, 8);
    bool on = true;
    for (size_t i = 0; i < count && on; i++)
        on = feed(&framer, pieces[i], &transcript);
    if (on) finish(&framer, &transcript);
    herd_framer_finish(&framer);
    assert_says(&transcript, said);
}

/* Every way to cut an input in up to four pieces, and byte by byte, gives the same lines. */
static void cutting_changes_nothing(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        struct herd_text whole = cases[c].input;
        for (size_t i = 0; i <= whole.length; i++) {
            for (size_t j = i; j <= whole.length; j++) {
                for (size_t k = j; k <= whole.length; k++) {
                    const struct herd_text pieces[] = {{whole.bytes, i},
                                                       {whole.bytes + i, j - i},
                                                       {whole.bytes + j, k - j},
                                                       {whole.bytes + k, whole.length - k}};
                    assert_pieces_say(pieces, 4, cases[c].said);
                }
            }
        }
        struct herd_text bytes[64];
        assert_true(whole.length <= sizeof(bytes) / sizeof(bytes[0]));
        for (size_t i = 0; i < whole.length; i++)
            bytes[i] = (struct herd_text){whole.bytes + i, 1};
        assert_pieces_say(bytes, whole.length, cases[c].said);
    }
}

static void too_long_shows_256_bytes(void **state)
{
    (void)state;
    char text[9000];
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i % 26);
    static const size_t firsts[] = {0, 1, 255, 256, 257, 4096, 8191, 8192, 8193, 9000};
    for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
        struct herd_framer framer;
        struct herd_text line;
        herd_framer_init(&framer, 8192);
        struct herd_text input = {text, firsts[i]};
        enum herd_line_status status = herd_framer_next(&framer, &input, &line);
        if (firsts[i] <= 8192) {
            assert_int_equal(status, HERD_LINE_NONE);
            input = (struct herd_text){text + firsts[i], sizeof(text) - firsts[i]};
            status = herd_framer_next(&framer, &input, &line);
        }
        assert_int_equal(status, HERD_LINE_TOO_LONG);
        assert_int_equal(line.length, HERD_LINE_SHOWN_MAX);
        assert_memory_equal(line.bytes, text, line.length);
        assert_true(herd_buffer_length(&framer.held) <= 8193);
        herd_framer_finish(&framer);
    }
}

static void whole_lines_are_not_copied(void **state)
{
    (void)state;
    struct herd_framer framer;
    struct herd_text line;
    struct herd_text input = HERD_TEXT("one\ntwo\n");
    const char *start = input.bytes;
    herd_framer_init(&framer, 100);
    assert_int_equal(herd_framer_next(&framer, &input, &line), HERD_LINE_READY);
    assert_ptr_equal(line.bytes, start);
    assert_int_equal(herd_framer_next(&framer, &input, &line), HERD_LINE_READY);
    assert_ptr_equal(line.bytes, start + 4);
    assert_int_equal(herd_framer_next(&framer, &input, &line), HERD_LINE_NONE);
    assert_null(framer.held.memory);
    herd_framer_finish(&framer);
    herd_framer_finish(NULL);
}

static void idle_framer_owns_no_memory(void **state)
{
    (void)state;
    struct herd_framer framer;
    struct herd_text line;
    herd_framer_init(&framer, 100);
    struct herd_text input = HERD_TEXT("hal");
    assert_int_equal(herd_framer_next(&framer, &input, &line), HERD_LINE_NONE);
    assert_true(herd_framer_pending(&framer));
    input = HERD_TEXT("f\nnext\n");
    assert_int_equal(herd_framer_next(&framer, &input, &line), HERD_LINE_READY);
    assert_true(herd_text_equal(line, HERD_TEXT("half")));
    assert_false(herd_framer_pending(&framer));
    assert_int_equal(herd_framer_next(&framer, &input, &line), HERD_LINE_READY);
    assert_true(herd_text_equal(line, HERD_TEXT("next")));
    assert_null(framer.held.memory);
    input = (struct herd_text){NULL, 0};
    assert_int_equal(herd_framer_next(&framer, &input, &line), HERD_LINE_NONE);
    assert_false(herd_framer_end(&framer, &line));
    herd_framer_finish(&framer);
}

static void held_bytes_come_before_new_ones(void **state)
{
    (void)state;
    struct herd_framer framer;
    struct herd_buffer transcript = HERD_BUFFER_INIT;
    struct herd_text line;
    herd_framer_init(&framer, 8);
    struct herd_text input = HERD_TEXT("a\nb\nc\nd");
    assert_int_equal(herd_framer_next(&framer, &input, &line), HERD_LINE_READY);
    note(&transcript, "", line);
    herd_framer_hold(&framer, input);
    assert_true(herd_framer_pending(&framer));
    input = (struct herd_text){NULL, 0};
    assert_int_equal(herd_framer_next(&framer, &input, &line), HERD_LINE_READY);
    note(&transcript, "", line);
    herd_framer_hold(&framer, input);             /* stopped again, nothing new */
    herd_framer_hold(&framer, HERD_TEXT("e\nf")); /* stopped, and more was read */
    assert_true(feed(&framer, HERD_TEXT("g\nh\n12345678\n"), &transcript));
    finish(&framer, &transcript);
    assert_says(&transcript, HERD_TEXT("[a][b][c][de][fg][h][12345678]"));
}

static void too_long_is_found_in_held_bytes(void **state)
{
    (void)state;
    struct herd_framer framer;
    struct herd_buffer transcript = HERD_BUFFER_INIT;
    herd_framer_init(&framer, 8);
    herd_framer_hold(&framer, HERD_TEXT("a\n123456789\nb\n"));
    assert_false(feed(&framer, (struct herd_text){NULL, 0}, &transcript));
    herd_framer_finish(&framer);
    assert_says(&transcript, HERD_TEXT("[a]![123456789]"));
}

/* Random lines, cut at random, held at random: what comes out joined with LF is what went in. */
static void random_traffic_comes_out_as_it_went_in(void **state)
{
    (void)state;
    struct herd_random random;
    herd_random_init(&random, 31);
    for (int round = 0; round < 2000; round++) {
        struct herd_buffer sent = HERD_BUFFER_INIT, got = HERD_BUFFER_INIT;
        struct herd_framer framer;
        herd_framer_init(&framer, 60);
        for (size_t lines = 0; lines < 20; lines++) {
            size_t length = (size_t)herd_random_below(&random, 61);
            for (size_t i = 0; i < length; i++) {
                char byte = (char)herd_random_next(&random);
                herd_buffer_append_byte(&sent, byte == '\n' ? 'n' : byte);
            }
            herd_buffer_append_byte(&sent, '\n');
        }
        struct herd_text rest = herd_buffer_text(&sent);
        while (rest.length > 0 || herd_framer_pending(&framer)) {
            size_t size = (size_t)herd_random_below(&random, 100);
            struct herd_text piece = {rest.bytes, size < rest.length ? size : rest.length};
            rest = (struct herd_text){rest.bytes + piece.length, rest.length - piece.length};
            struct herd_text line;
            enum herd_line_status status;
            while ((status = herd_framer_next(&framer, &piece, &line)) == HERD_LINE_READY) {
                herd_buffer_append(&got, line);
                herd_buffer_append_byte(&got, '\n');
                if (herd_random_below(&random, 4) > 0) continue;
                herd_framer_hold(&framer, piece);
                break;
            }
            assert_int_not_equal(status, HERD_LINE_TOO_LONG);
        }
        assert_true(herd_text_equal(herd_buffer_text(&sent), herd_buffer_text(&got)));
        herd_framer_finish(&framer);
        herd_buffer_finish(&sent);
        herd_buffer_finish(&got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cutting_changes_nothing),
        cmocka_unit_test(too_long_shows_256_bytes),
        cmocka_unit_test(whole_lines_are_not_copied),
        cmocka_unit_test(idle_framer_owns_no_memory),
        cmocka_unit_test(held_bytes_come_before_new_ones),
        cmocka_unit_test(too_long_is_found_in_held_bytes),
        cmocka_unit_test(random_traffic_comes_out_as_it_went_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
