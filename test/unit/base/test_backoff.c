/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "herd/backoff.h"

static void waits_stay_between_base_and_max(void **state)
{
    (void)state;
    struct herd_random random;
    struct herd_backoff backoff;
    herd_random_init(&random, 5);
    for (int round = 0; round < 200; round++) {
        herd_backoff_init(&backoff, 100, 5000);
        uint32_t previous = 100;
        for (int i = 0; i < 50; i++) {
            uint32_t wait = herd_backoff_next_ms(&backoff, &random);
            assert_in_range(wait, 100, 5000);
            assert_true(wait <= 3 * previous);
            previous = wait;
        }
    }
}

static void waits_grow_and_differ(void **state)
{
    (void)state;
    struct herd_random random;
    struct herd_backoff backoff;
    herd_random_init(&random, 6);
    herd_backoff_init(&backoff, 100, 5000);
    uint64_t sum = 0;
    unsigned repeats = 0;
    uint32_t previous = 0;
    for (int i = 0; i < 1000; i++) {
        uint32_t wait = herd_backoff_next_ms(&backoff, &random);
        repeats += wait == previous && wait != 5000;
        previous = wait;
        sum += wait;
    }
    assert_true(sum / 1000 > 1000);
    assert_true(repeats < 20);
}

static void reset_starts_over(void **state)
{
    (void)state;
    struct herd_random random;
    struct herd_backoff backoff;
    herd_random_init(&random, 8);
    herd_backoff_init(&backoff, 10, 1000000);
    for (int i = 0; i < 100; i++)
        herd_backoff_next_ms(&backoff, &random);
    herd_backoff_reset(&backoff);
    assert_in_range(herd_backoff_next_ms(&backoff, &random), 10, 30);
}

static void extremes_do_not_overflow(void **state)
{
    (void)state;
    struct herd_random random;
    struct herd_backoff backoff;
    herd_random_init(&random, 9);
    herd_backoff_init(&backoff, UINT32_MAX, UINT32_MAX);
    for (int i = 0; i < 10; i++)
        assert_true(herd_backoff_next_ms(&backoff, &random) == UINT32_MAX);
    herd_backoff_init(&backoff, 1, 1);
    assert_int_equal(herd_backoff_next_ms(&backoff, &random), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_stay_between_base_and_max),
        cmocka_unit_test(waits_grow_and_differ),
        cmocka_unit_test(reset_starts_over),
        cmocka_unit_test(extremes_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
