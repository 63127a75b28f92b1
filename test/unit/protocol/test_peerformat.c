/* SPDX-License-Identifier: MIT */
#include "peerfixture.h"

static const struct line good[] = {
    DIALLER("1-1 ucla Goloman " INCARNATION " -"),
    DIALLER("0-65535 h n 0000000000000000 " NONCE),
    DIALLER("2-10 A.b_c-9 - ffffffffffffffff " NONCE),
    ACCEPTOR("1 ucla Goloman " INCARNATION " - -"),
    ACCEPTOR("65535 h n " INCARNATION " " NONCE " " PROOF),
    REFUSE("version mine are 1-1"),
    REFUSE("name"),
    REFUSE("x  two  spaces \t and \r trailing "),
    AUTH("-"),
    AUTH(PROOF),
    WELCOME("- 0 1520023934918963997 12 -"),
    WELCOME(INCARNATION " 0 0 0 " NONCE),
    WELCOME(INCARNATION " 18446744073709551615 -9223372036854775808 18446744073709551615 " NONCE),
    MARK("0"),
    MARK("9"),
    MARK("18446744073709551615"),
    PING("9223372036854775807 0 -"),
    PONG("-1 5 " NONCE),
    AT("Goloman +0.263873386 " KIWI " Goloman"),
    AT("Goloman -0.000000500 " KIWI " Goloman Hands Holiday Welsh Wilkes a b c"),
    AT("g +0.000000000 \xff\x01? -0+0/ 000.50000000000 x"),
    AT("g +223372036.854775807 k +1-2 9000000000 g"),
    AT("g -9223372036.854775808 k +1-2 0 g"),
    AT("g +9223372036.854775807 k +1-2 0 g"),
    AT("g +9223372036.854775807 k +1-2 0.0000000009 g"), /* the tenth digit does not count */
};

static void what_is_read_is_written_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct herd_text line = herd_text_of(good[i].text);
        struct herd_text rest;
        struct herd_buffer out = HERD_BUFFER_INIT;
        assert_int_equal(herd_peer_verb_of(line, &rest), good[i].verb);
        if (good[i].rewrite(rest, &out) != 0) fail_msg("refused %s", good[i].text);
        struct herd_text written = herd_buffer_text(&out);
        assert_int_equal(written.length, line.length + 1);
        assert_memory_equal(written.bytes, line.bytes, line.length);
        assert_int_equal(written.bytes[line.length], '\n');
        herd_buffer_finish(&out);
    }
}

/*
 * Every good line with one byte changed, added or taken away: refused, or it
 * is the one form of something else. From memory of its own size each time.
 */
static void no_mutant_has_two_spellings(void **state)
{
    (void)state;
    static const char bytes[] = " \t\r0-+.aA/f\x01";
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct herd_text line = herd_text_of(good[i].text);
        for (size_t at = 0; at <= line.length; at++) {
            for (size_t b = 0; b < 2 * sizeof(bytes); b++) {
                bool insert = b >= sizeof(bytes);
                char byte = bytes[b % sizeof(bytes)]; /* '\0' too */
                size_t skip = insert || at == line.length ? 0 : 1;
                size_t length = line.length + 1 - skip;
                char *copy = malloc(length);
                assert_non_null(copy);
                memcpy(copy, line.bytes, at);
                copy[at] = byte;
                memcpy(copy + at + 1, line.bytes + at + skip, line.length - at - skip);
                struct herd_text mutant = {copy, length}, rest;
                struct herd_buffer out = HERD_BUFFER_INIT;
                bool refuse = good[i].verb == HERD_PEER_REFUSE && memchr(copy, '\0', length) != NULL;
                if (herd_peer_verb_of(mutant, &rest) == good[i].verb && !refuse && good[i].rewrite(rest, &out) == 0) {
                    struct herd_text written = herd_buffer_text(&out);
                    assert_int_equal(written.length, length + 1);
                    assert_memory_equal(written.bytes, copy, length);
                }
                herd_buffer_finish(&out);
                free(copy);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_written_the_same),
        cmocka_unit_test(no_mutant_has_two_spellings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
