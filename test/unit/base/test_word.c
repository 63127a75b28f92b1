/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "herd/random.h"
#include "herd/word.h"

static void words_keep_their_bytes(void **state)
{
    (void)state;
    char out[8];
    uint64_t word = herd_word_load("\x01\x02\x03\x04\x05\x06\x07\xff");
    assert_true(word == UINT64_C(0xff07060504030201));
    herd_word_store(word, out);
    assert_memory_equal(out, "\x01\x02\x03\x04\x05\x06\x07\xff", 8);
    assert_int_equal(herd_word_first(0), 8);
    assert_int_equal(herd_word_first(UINT64_C(0x80)), 0);
    assert_int_equal(herd_word_first(UINT64_C(0x8000000000000000)), 7);
}

/* Every pair of neighbours in every place: a byte's judgement never depends on the one beside it. */
static void bytes_are_judged_alone(void **state)
{
    (void)state;
    for (unsigned pair = 0; pair < 65536; pair++) {
        char bytes[8];
        size_t at = pair % 7;
        memset(bytes, '5', sizeof(bytes));
        bytes[at] = (char)(pair & 255);
        bytes[at + 1] = (char)(pair >> 8);
        uint64_t word = herd_word_load(bytes);
        for (size_t i = 0; i < 8; i++) {
            unsigned char byte = (unsigned char)bytes[i];
            uint64_t bit = UINT64_C(0x80) << (8 * i);
            assert_int_equal((herd_word_other_than_digits(word) & bit) != 0, byte < '0' || byte > '9');
            assert_int_equal((herd_word_up_to_space(word) & bit) != 0, byte <= ' ');
        }
    }
}

static void hexadecimal_digits_are_written(void **state)
{
    (void)state;
    struct herd_random random;
    herd_random_init(&random, 43);
    for (int i = 0; i < 100000; i++) {
        uint32_t number = i < 32 ? UINT32_C(1) << i : (uint32_t)herd_random_next(&random);
        char expected[16], out[8];
        snprintf(expected, sizeof(expected), "%08" PRIx32, number);
        herd_word_store(herd_word_hex(number), out);
        assert_memory_equal(out, expected, 8);
    }
}

/* Texts of every length against memcmp and a walk over the bytes. */
static void short_texts_are_compared_and_loaded(void **state)
{
    (void)state;
    char a[40], b[40];
    for (size_t i = 0; i < sizeof(a); i++)
        a[i] = b[i] = (char)(i * 37 + 200);
    for (size_t length = 0; length <= sizeof(a); length++) {
        assert_true(herd_word_same(a, b, length));
        for (size_t at = 0; at < sizeof(a); at++) {
            b[at] ^= 16;
            assert_int_equal(herd_word_same(a, b, length), at >= length);
            b[at] ^= 16;
        }
        for (size_t count = 0; count < 8 && count <= length; count++) {
            uint64_t expected = 0;
            for (size_t i = 0; i < count; i++)
                expected |= (uint64_t)(unsigned char)a[length - count + i] << (8 * i);
            assert_true(herd_word_load_last(a, length, count) == expected);
        }
    }
}

static void numbers_are_read_and_written(void **state)
{
    (void)state;
    struct herd_random random;
    herd_random_init(&random, 37);
    for (int i = 0; i < 200000; i++) {
        uint32_t number = (uint32_t)herd_random_below(&random, 100000000);
        if (i < 20000) number = (uint32_t)i; /* all remainders of the two smaller halvings */
        if (i == 20000) number = 99999999;
        char expected[16], out[8];
        snprintf(expected, sizeof(expected), "%08" PRIu32, number);
        herd_word_store(herd_word_digits(number), out);
        assert_memory_equal(out, expected, 8);
        assert_true(herd_word_number(herd_word_load(expected)) == number);
    }
}

/* Other bytes lie beside both, and the two do not disturb each other. */
static void two_numbers_are_read_at_once(void **state)
{
    (void)state;
    struct herd_random random;
    herd_random_init(&random, 41);
    for (int i = 0; i < 200000; i++) {
        uint32_t one = (uint32_t)herd_random_below(&random, 100000000);
        uint32_t other = i < 2 ? UINT32_C(99999999) * (uint32_t)i : (uint32_t)herd_random_below(&random, 100000000);
        uint32_t read_one, read_other;
        char text[40];
        snprintf(text, sizeof(text), "9%08" PRIu32 "99.%08" PRIu32 "9", one, other);
        herd_word_two_numbers(text + 1, text + 12, &read_one, &read_other);
        assert_int_equal(read_one, one);
        assert_int_equal(read_other, other);
    }
}

static void texts_of_every_length_are_copied(void **state)
{
    (void)state;
    char bytes[150], out[sizeof(bytes) + 2];
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 29 + 3);
    for (size_t length = 0; length <= sizeof(bytes); length++) {
        memset(out, '#', sizeof(out));
        herd_word_copy(out + 1, bytes, length);
        assert_memory_equal(out + 1, bytes, length);
        assert_int_equal(out[0], '#');
        assert_int_equal(out[1 + length], '#');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hexadecimal_digits_are_written),   cmocka_unit_test(short_texts_are_compared_and_loaded),
        cmocka_unit_test(words_keep_their_bytes),           cmocka_unit_test(bytes_are_judged_alone),
        cmocka_unit_test(numbers_are_read_and_written),     cmocka_unit_test(two_numbers_are_read_at_once),
        cmocka_unit_test(texts_of_every_length_are_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
