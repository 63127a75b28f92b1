/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "herd/log.h"
#include "herd/random.h"

static const struct {
    struct herd_text text;
    const char *escaped;
} cases[] = {
    {HERD_TEXT_INIT(""), ""},
    {HERD_TEXT_INIT("IAMAT kiwi +1-2 3"), "IAMAT kiwi +1-2 3"},
    {HERD_TEXT_INIT("a\nb\r\t\v\f"), "a\\x0ab\\x0d\\x09\\x0b\\x0c"},
    {HERD_TEXT_INIT("\0\x01\x1f\x20\x7e\x7f"), "\\x00\\x01\\x1f ~\\x7f"},
    {HERD_TEXT_INIT("a\\b\"c'"), "a\\x5cb\\x22c'"},
    {HERD_TEXT_INIT("\x1b[31mred"), "\\x1b[31mred"},
    {HERD_TEXT_INIT("\xc3\xa9\xe2\x82\xac\xf0\x9f\xa6\x98"), "\xc3\xa9\xe2\x82\xac\xf0\x9f\xa6\x98"},
    {HERD_TEXT_INIT("\xc2\x80\xc2\x9b\xc2\x9f"), "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f"}, /* control characters */
    {HERD_TEXT_INIT("\xc2\xa0\xdf\xbf"), "\xc2\xa0\xdf\xbf"},
    {HERD_TEXT_INIT("\x80\xbf\xff\xfe"), "\\x80\\xbf\\xff\\xfe"},
    {HERD_TEXT_INIT("\xc0\xaf\xc1\xbf"), "\\xc0\\xaf\\xc1\\xbf"}, /* over-long */
    {HERD_TEXT_INIT("\xe0\x9f\xbf\xe0\xa0\x80"), "\\xe0\\x9f\\xbf\xe0\xa0\x80"},
    {HERD_TEXT_INIT("\xf0\x8f\xbf\xbf\xf0\x90\x80\x80"), "\\xf0\\x8f\\xbf\\xbf\xf0\x90\x80\x80"},
    {HERD_TEXT_INIT("\xed\x9f\xbf\xed\xa0\x80\xed\xbf\xbf\xee\x80\x80"),
     "\xed\x9f\xbf\\xed\\xa0\\x80\\xed\\xbf\\xbf\xee\x80\x80"}, /* surrogates */
    {HERD_TEXT_INIT("\xf4\x8f\xbf\xbf\xf4\x90\x80\x80\xf5\x80\x80\x80"),
     "\xf4\x8f\xbf\xbf\\xf4\\x90\\x80\\x80\\xf5\\x80\\x80\\x80"}, /* over U+10FFFF */
    {HERD_TEXT_INIT("\xc3"), "\\xc3"},                            /* cut at the end */
    {HERD_TEXT_INIT("\xe2\x82"), "\\xe2\\x82"},
    {HERD_TEXT_INIT("\xf0\x9f\xa6"), "\\xf0\\x9f\\xa6"},
    {HERD_TEXT_INIT("\xe2\x82"
                    "A\xc3"
                    "B"),
     "\\xe2\\x82A\\xc3B"},
};

static void escapes_what_it_must(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char out[256];
        size_t used = 999;
        size_t length = herd_escape(cases[i].text, out, sizeof(out), &used);
        assert_int_equal(used, cases[i].text.length);
        assert_int_equal(length, strlen(cases[i].escaped));
        assert_memory_equal(out, cases[i].escaped, length);
        assert_int_equal(herd_escape(cases[i].text, out, sizeof(out), NULL), length);
    }
}

static void never_cuts_an_escape_or_a_character(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t full = strlen(cases[i].escaped);
        for (size_t capacity = 0; capacity <= full; capacity++) {
            char out[256];
            memset(out, '#', sizeof(out));
            size_t used;
            size_t length = herd_escape(cases[i].text, out, capacity, &used);
            assert_true(length <= capacity && capacity - length < 4);
            assert_memory_equal(out, cases[i].escaped, length);
            assert_int_equal(out[length], '#');
            struct herd_text rest = {cases[i].text.bytes + used, cases[i].text.length - used};
            char tail[256];
            assert_int_equal(herd_escape(rest, tail, sizeof(tail), NULL), full - length);
            assert_memory_equal(tail, cases[i].escaped + length, full - length);
        }
    }
}

/* Every byte alone among letters, in every place of texts that are read in words and in blocks. */
static void every_byte_is_judged_alone(void **state)
{
    static const size_t lengths[] = {7, 20, 32, 45, 75};
    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]) * 256; i++) {
        unsigned byte = (unsigned)(i % 256);
        size_t size = lengths[i / 256];
        bool plain = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
        for (size_t at = 0; at < size; at++) {
            char text[80], out[320], expected[88];
            memset(text, 'x', sizeof(text));
            text[at] = (char)byte;
            memset(expected, 'x', sizeof(expected));
            if (plain) {
                expected[at] = (char)byte;
            } else {
                snprintf(expected + at, 5, "\\x%02x", byte);
                expected[at + 4] = 'x'; /* over the final zero */
            }
            size_t length = herd_escape((struct herd_text){text, size}, out, sizeof(out), NULL);
            assert_int_equal(length, plain ? size : size + 3);
            assert_memory_equal(out, expected, length);
        }
    }
}

static void random_bytes_become_harmless(void **state)
{
    (void)state;
    struct herd_random random;
    herd_random_init(&random, 23);
    for (int round = 0; round < 5000; round++) {
        char text[64];
        for (size_t i = 0; i < sizeof(text); i++)
            text[i] = (char)herd_random_next(&random);
        char out[4 * sizeof(text)];
        size_t length = herd_escape((struct herd_text){text, sizeof(text)}, out, sizeof(out), NULL);
        for (size_t i = 0; i < length; i++) {
            unsigned char byte = (unsigned char)out[i];
            assert_true(byte >= 0x20 && byte != 0x7f && byte != '"');
            if (byte == '\\') assert_int_equal(out[i + 1], 'x');
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_what_it_must),
        cmocka_unit_test(never_cuts_an_escape_or_a_character),
        cmocka_unit_test(every_byte_is_judged_alone),
        cmocka_unit_test(random_bytes_become_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
