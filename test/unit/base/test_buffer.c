/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "herd/buffer.h"
#include "herd/memory.h"
#include "herd/random.h"

static void assert_holds(const struct herd_buffer *buffer, struct herd_text expected)
{
    struct herd_text text = herd_buffer_text(buffer);
    assert_int_equal(text.length, expected.length);
    assert_memory_equal(text.bytes, expected.bytes, expected.length);
}

static void empty_buffer_owns_nothing(void **state)
{
    (void)state;
    struct herd_buffer buffer = HERD_BUFFER_INIT;
    assert_int_equal(herd_buffer_length(&buffer), 0);
    assert_non_null(herd_buffer_text(&buffer).bytes);
    herd_buffer_append(&buffer, HERD_TEXT(""));
    herd_buffer_append(&buffer, (struct herd_text){NULL, 0});
    assert_null(buffer.memory);
    assert_non_null(herd_buffer_reserve(&buffer, 0));
    herd_buffer_finish(&buffer);
    assert_null(buffer.memory);
    herd_buffer_finish(&buffer);
    herd_buffer_finish(NULL);
}

static void appends_and_takes_back(void **state)
{
    (void)state;
    struct herd_buffer buffer;
    herd_buffer_init(&buffer);
    herd_buffer_append(&buffer, HERD_TEXT("one"));
    herd_buffer_append_byte(&buffer, '\0');
    size_t kept = herd_buffer_length(&buffer);
    herd_buffer_append(&buffer, HERD_TEXT("two"));
    assert_holds(&buffer, HERD_TEXT("one\0two"));
    herd_buffer_consume(&buffer, 1);
    herd_buffer_truncate(&buffer, kept - 1);
    assert_holds(&buffer, HERD_TEXT("ne\0"));
    herd_buffer_consume(&buffer, 3);
    assert_int_equal(buffer.start, 0);
    assert_int_equal(buffer.end, 0);
    herd_buffer_append(&buffer, HERD_TEXT("x"));
    herd_buffer_clear(&buffer);
    assert_holds(&buffer, HERD_TEXT(""));
    herd_buffer_finish(&buffer);
}

static void numbers_have_no_leading_zeros(void **state)
{
    (void)state;
    static const struct {
        unsigned long long number;
        const char *text;
    } cases[] = {
        {0, "0"}, {9, "9"}, {10, "10"}, {1000000007, "1000000007"}, {18446744073709551615ULL, "18446744073709551615"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct herd_buffer buffer = HERD_BUFFER_INIT;
        herd_buffer_append_number(&buffer, cases[i].number);
        assert_holds(&buffer, herd_text_of(cases[i].text));
        herd_buffer_finish(&buffer);
    }
}

/* A queue driven at random must give out the bytes 0, 1, 2, ... that went in. */
static void is_a_queue_whatever_the_pattern(void **state)
{
    (void)state;
    struct herd_random random;
    herd_random_init(&random, 7);
    struct herd_buffer buffer = HERD_BUFFER_INIT;
    uint8_t in = 0;
    uint8_t out = 0;
    size_t model = 0;
    for (int step = 0; step < 20000; step++) {
        size_t size = (size_t)herd_random_below(&random, 600);
        if (herd_random_below(&random, 2) == 0) {
            char *at = herd_buffer_reserve(&buffer, size);
            for (size_t i = 0; i < size; i++)
                at[i] = (char)in++;
            herd_buffer_commit(&buffer, size);
            model += size;
        } else {
            if (size > model) size = model;
            struct herd_text text = herd_buffer_text(&buffer);
            for (size_t i = 0; i < size; i++)
                assert_int_equal((uint8_t)text.bytes[i], out++);
            herd_buffer_consume(&buffer, size);
            model -= size;
        }
        assert_int_equal(herd_buffer_length(&buffer), model);
        assert_true(buffer.start <= buffer.end && buffer.end <= buffer.capacity);
    }
    herd_buffer_finish(&buffer);
}

/* A queue of steady length must reuse its memory, not grow with what passed through. */
static void steady_queue_stays_small(void **state)
{
    (void)state;
    struct herd_buffer buffer = HERD_BUFFER_INIT;
    char block[1000] = {0};
    for (int i = 0; i < 10000; i++) {
        herd_buffer_append(&buffer, (struct herd_text){block, sizeof(block)});
        if (i >= 3) herd_buffer_consume(&buffer, sizeof(block));
    }
    assert_true(buffer.capacity <= 16384);
    herd_buffer_finish(&buffer);
}

static void memory_never_is_null(void **state)
{
    (void)state;
    void *memory = herd_memory_allocate(0);
    assert_non_null(memory);
    memory = herd_memory_resize(memory, 0);
    assert_non_null(memory);
    herd_memory_free(memory);
    unsigned char *zeroed = herd_memory_allocate_zeroed(3, 5);
    for (size_t i = 0; i < 15; i++)
        assert_int_equal(zeroed[i], 0);
    herd_memory_free(zeroed);
    memory = herd_memory_allocate_zeroed(0, 8);
    assert_non_null(memory);
    herd_memory_free(memory);
    herd_memory_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_buffer_owns_nothing),     cmocka_unit_test(appends_and_takes_back),
        cmocka_unit_test(numbers_have_no_leading_zeros), cmocka_unit_test(is_a_queue_whatever_the_pattern),
        cmocka_unit_test(steady_queue_stays_small),      cmocka_unit_test(memory_never_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
