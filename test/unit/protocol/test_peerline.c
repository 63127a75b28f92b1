/* SPDX-License-Identifier: MIT */
#include "peerfixture.h"

static const struct line bad[] = {
    DIALLER(""),
    DIALLER("1 ucla Goloman " INCARNATION " -"),
    DIALLER("1- ucla Goloman " INCARNATION " -"),
    DIALLER("-1 ucla Goloman " INCARNATION " -"),
    DIALLER("2-1 ucla Goloman " INCARNATION " -"),
    DIALLER("01-1 ucla Goloman " INCARNATION " -"),
    DIALLER("1-01 ucla Goloman " INCARNATION " -"),
    DIALLER("1-1-1 ucla Goloman " INCARNATION " -"),
    DIALLER("1-65536 ucla Goloman " INCARNATION " -"),
    DIALLER("1-1 u/cla Goloman " INCARNATION " -"),
    DIALLER("1-1 ucla Golo\tman " INCARNATION " -"),
    DIALLER("1-1 ucla Goloman 0c0ffee00c0ffee -"),
    DIALLER("1-1 ucla Goloman 000c0ffee00c0ffee -"),
    DIALLER("1-1 ucla Goloman 00C0ffee00c0ffee -"),
    DIALLER("1-1 ucla Goloman 00g0ffee00c0ffee -"),
    DIALLER("1-1 ucla Goloman - -"),
    DIALLER("1-1 ucla Goloman " INCARNATION),
    DIALLER("1-1 ucla Goloman " INCARNATION " "),
    DIALLER("1-1 ucla Goloman " INCARNATION " --"),
    DIALLER("1-1 ucla Goloman " INCARNATION " 0123456789ABCDEF0123456789abcdef"),
    DIALLER("1-1 ucla Goloman " INCARNATION " 0" NONCE),
    DIALLER("1-1 ucla Goloman " INCARNATION " - "),
    DIALLER("1-1 ucla Goloman " INCARNATION " -\r"),
    DIALLER("1-1 ucla Goloman " INCARNATION " - -"),
    DIALLER(" 1-1 ucla Goloman " INCARNATION " -"),
    DIALLER("1-1  ucla Goloman " INCARNATION " -"),
    DIALLER("1-1\tucla Goloman " INCARNATION " -"),
    ACCEPTOR("1-1 ucla Goloman " INCARNATION " - -"),
    ACCEPTOR("1 ucla Goloman " INCARNATION " -"),
    ACCEPTOR("1 ucla Goloman " INCARNATION " - " NONCE),
    ACCEPTOR("1 ucla Goloman " INCARNATION " " PROOF " -"),
    ACCEPTOR("1 ucla Goloman " INCARNATION " - - -"),
    ACCEPTOR("+1 ucla Goloman " INCARNATION " - -"),
    REFUSE(""),
    REFUSE("code "),
    REFUSE(" code text"),
    REFUSE("co/de text"),
    REFUSE("code\ttext"),
    AUTH(""),
    AUTH(NONCE),
    AUTH(PROOF "0"),
    AUTH("- -"),
    AUTH("- "),
    WELCOME(""),
    WELCOME("- 1 0 0 -"),
    WELCOME("- 00 0 0 -"),
    WELCOME("- 0 0 0"),
    WELCOME("- 0 0 -"),
    WELCOME("- - 0 0 -"),
    WELCOME(NONCE " 0 0 0 -"),
    WELCOME(INCARNATION " -1 0 0 -"),
    WELCOME(INCARNATION " 18446744073709551616 0 0 -"),
    WELCOME(INCARNATION " 0 0 0 - -"),
    MARK(""),
    MARK("-1"),
    MARK("+1"),
    MARK("00"),
    MARK("01"),
    MARK("1 "),
    MARK("1 1"),
    MARK("0x1"),
    MARK("-"),
    MARK("18446744073709551616"),
    MARK("99999999999999999999999"),
    PING(""),
    PING("- 0 -"),
    PING("-0 0 -"),
    PING("-01 0 -"),
    PING("01 0 -"),
    PING("+1 0 -"),
    PING("9223372036854775808 0 -"),
    PING("-9223372036854775809 0 -"),
    PING("1.5 0 -"),
    PING("0 0 0"),
    PING("0 0 " PROOF),
    PING("0 0 - "),
    PING("0 0  -"),
    AT(""),
    AT("Goloman +0.263873386 " KIWI), /* nobody visited */
    AT("Goloman +0.263873386 " KIWI " "),
    AT("Goloman +0.263873386 " KIWI " a b c d e f g h i"), /* nine visited */
    AT("Goloman +0.263873386 " KIWI " Go/loman"),
    AT("Goloman +0.263873386 " KIWI " Goloman "),
    AT("Goloman +0.263873386 " KIWI " Goloman\r"),
    AT("Goloman +0.263873386 " KIWI "  Goloman"),
    AT("Goloman +0.263873386  " KIWI " Goloman"),
    AT(" Goloman +0.263873386 " KIWI " Goloman"),
    AT("Golo,man +0.263873386 " KIWI " Goloman"),
    AT("Goloman 0.263873386 " KIWI " Goloman"),
    AT("Goloman +0.26387338 " KIWI " Goloman"),
    AT("Goloman +00.263873386 " KIWI " Goloman"),
    AT("Goloman -0.000000000 " KIWI " Goloman"),
    AT("Goloman --0.500000000 " KIWI " Goloman"),
    AT("Goloman +1e-05 " KIWI " Goloman"),
    AT("Goloman +0.263873386 ki\twi +1-2 3 Goloman"),
    AT("Goloman +0.263873386 kiwi\v+1-2 3 Goloman"),
    AT("Goloman +0.263873386 kiwi +91-2 3 Goloman"),
    AT("Goloman +0.263873386 kiwi +1-2 .3 Goloman"),
    AT("Goloman +0.263873386 kiwi +1-2 9000000000.5 Goloman"),
    AT("Goloman +0.263873386 kiwi +1-2 -3 Goloman"),
    AT("g +223372036.854775808 k +1-2 9000000000 g"), /* over 64 bits */
    AT("g +9223372036.854775807 k +1-2 0.000000001 g"),
    AT("g +9223372036.854775808 k +1-2 0 g"),
    AT("g -9223372036.854775809 k +1-2 1 g"),
};

static void only_the_one_form_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct herd_text rest;
        struct herd_buffer out = HERD_BUFFER_INIT;
        assert_int_equal(herd_peer_verb_of(herd_text_of(bad[i].text), &rest), bad[i].verb);
        if (bad[i].rewrite(rest, &out) != -EINVAL) fail_msg("took %s", bad[i].text);
        assert_null(out.memory);
    }
}

static void verbs_are_whole_words(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum herd_peer_verb verb;
        const char *rest;
    } cases[] = {
        {"", HERD_PEER_UNKNOWN, ""},
        {" ", HERD_PEER_UNKNOWN, ""},
        {" AT x", HERD_PEER_UNKNOWN, "AT x"},
        {"AT", HERD_PEER_AT, ""},
        {"AT ", HERD_PEER_AT, ""},
        {"AT  x", HERD_PEER_AT, " x"},
        {"AT\tx y", HERD_PEER_UNKNOWN, "y"},
        {"ATX y", HERD_PEER_UNKNOWN, "y"},
        {"at y", HERD_PEER_UNKNOWN, "y"},
        {"A y", HERD_PEER_UNKNOWN, "y"},
        {"PINGS", HERD_PEER_UNKNOWN, ""},
        {"PING\r", HERD_PEER_UNKNOWN, ""},
        {"NEW 1 2", HERD_PEER_UNKNOWN, "1 2"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct herd_text rest;
        assert_int_equal(herd_peer_verb_of(herd_text_of(cases[i].line), &rest), cases[i].verb);
        assert_true(herd_text_equal(rest, herd_text_of(cases[i].rest)));
    }
    struct herd_text rest;
    assert_int_equal(herd_peer_verb_of((struct herd_text){NULL, 0}, &rest), HERD_PEER_UNKNOWN);
    assert_int_equal(rest.length, 0);
}

static void values_are_what_was_said(void **state)
{
    (void)state;
    struct herd_peer_at at;
    assert_int_equal(herd_peer_parse_at(HERD_TEXT("Goloman -0.5000000005 " KIWI " a"), &at), -EINVAL);
    assert_int_equal(herd_peer_parse_at(HERD_TEXT("Goloman -0.500000005 " KIWI " Hands Welsh"), &at), 0);
    assert_true(herd_text_equal(at.origin, HERD_TEXT("Goloman")));
    assert_true(at.difference_ns == -500000005);
    assert_true(herd_text_equal(at.report.client, HERD_TEXT("kiwi.cs.ucla.edu")));
    assert_true(at.report.time_ns == 1520023934918963997);
    assert_int_equal(at.visited_count, 2);
    assert_true(herd_text_equal(at.visited[1], HERD_TEXT("Welsh")));

    struct herd_peer_welcome welcome;
    assert_int_equal(herd_peer_parse_welcome(HERD_TEXT("- 0 -7 3 -"), &welcome), 0);
    assert_false(welcome.claimed);
    assert_true(welcome.pulse.clock_ns == -7 && welcome.pulse.count == 3);
    assert_int_equal(herd_peer_parse_welcome(HERD_TEXT(INCARNATION " 9 1 0 " NONCE), &welcome), 0);
    assert_true(welcome.claimed && welcome.incarnation == UINT64_C(0x00c0ffee00c0ffee) && welcome.mark == 9);
    assert_true(herd_text_equal(welcome.pulse.digest, HERD_TEXT(NONCE)));

    struct herd_peer_hello hello;
    assert_int_equal(herd_peer_parse_hello_dialler(HERD_TEXT("1-3 ucla Goloman " INCARNATION " -"), &hello), 0);
    assert_true(hello.version_min == 1 && hello.version_max == 3);
    assert_true(herd_text_equal(hello.herd, HERD_TEXT("ucla")) && herd_text_equal(hello.nonce, HERD_TEXT("-")));
    assert_int_equal(herd_peer_parse_hello_acceptor(HERD_TEXT("2 u G " INCARNATION " - " PROOF), &hello), 0);
    assert_true(hello.version_min == 2 && hello.version_max == 2);
    assert_true(herd_text_equal(hello.proof, HERD_TEXT(PROOF)));

    struct herd_peer_refuse refuse;
    assert_int_equal(herd_peer_parse_refuse(HERD_TEXT("herd  not  mine"), &refuse), 0);
    assert_true(herd_text_equal(refuse.code, HERD_TEXT(HERD_REFUSE_HERD)));
    assert_true(herd_text_equal(refuse.text, HERD_TEXT(" not  mine")));
}

/* The client's form of AT, which journals hold: what an AT of peers is, without any visited. */
static void a_location_has_no_visited(void **state)
{
    (void)state;
    struct herd_peer_at at;
    assert_int_equal(herd_peer_parse_location(HERD_TEXT("Goloman -0.500000005 " KIWI), &at), 0);
    assert_true(at.difference_ns == -500000005);
    assert_true(herd_text_equal(at.report.time, HERD_TEXT("1520023934.918963997")));
    assert_int_equal(at.visited_count, 0);
    assert_int_equal(herd_peer_parse_at(HERD_TEXT("Goloman -0.500000005 " KIWI), &at), -EINVAL);
    assert_int_equal(herd_peer_parse_location(HERD_TEXT("Goloman -0.500000005 " KIWI " "), &at), -EINVAL);
    assert_int_equal(herd_peer_parse_location(HERD_TEXT("Goloman -0.500000005 " KIWI " Hands"), &at), -EINVAL);
    assert_int_equal(herd_peer_parse_location(HERD_TEXT("Goloman -0.5 " KIWI), &at), -EINVAL);
    assert_int_equal(herd_peer_parse_location(HERD_TEXT(""), &at), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_one_form_is_read),
        cmocka_unit_test(verbs_are_whole_words),
        cmocka_unit_test(values_are_what_was_said),
        cmocka_unit_test(a_location_has_no_visited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
