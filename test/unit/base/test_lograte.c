/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../../src/base/local.h"
#include "herd/clock.h"

static unsigned pass_many(struct log_rates *rates, const char *name, int64_t now_ns, unsigned tries)
{
    unsigned passed = 0;
    uint64_t suppressed;
    for (unsigned i = 0; i < tries; i++)
        passed += log_rate_pass(rates, name, now_ns, &suppressed);
    return passed;
}

static void hundred_a_second_pass(void **state)
{
    (void)state;
    static struct log_rates rates = {.per_second_max = 100};
    uint64_t suppressed = 9;
    int64_t now_ns = 1000 * HERD_NS_PER_S;
    assert_int_equal(pass_many(&rates, "often", now_ns, 60), 60);
    assert_int_equal(pass_many(&rates, "often", now_ns + HERD_NS_PER_S / 2, 60), 40);
    assert_int_equal(pass_many(&rates, "often", now_ns + HERD_NS_PER_S - 1, 3), 0);
    assert_true(log_rate_pass(&rates, "often", now_ns + HERD_NS_PER_S, &suppressed));
    assert_int_equal(suppressed, 23);
    assert_true(log_rate_pass(&rates, "often", now_ns + HERD_NS_PER_S, &suppressed));
    assert_int_equal(suppressed, 0);
}

static void limit_is_the_one_given(void **state)
{
    (void)state;
    static const uint32_t limits[] = {1, 2, 99, 1000};
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct log_rates rates = {.per_second_max = limits[i]};
        assert_int_equal(pass_many(&rates, "often", 5, limits[i]), limits[i]);
        assert_int_equal(rates.suppressed, 0);
        assert_int_equal(pass_many(&rates, "often", 5, 1), 0);
        assert_int_equal(pass_many(&rates, "other", 5, limits[i] + 2), limits[i]);
        assert_int_equal(rates.suppressed, 3);
    }
}

static void names_are_counted_apart_by_their_text(void **state)
{
    (void)state;
    static struct log_rates rates = {.per_second_max = 100};
    char copy[] = "often"; /* not the literal's address */
    assert_int_equal(pass_many(&rates, "often", 5, 70), 70);
    assert_int_equal(pass_many(&rates, copy, 5, 70), 30);
    assert_int_equal(pass_many(&rates, "other", 5, 70), 70);
}

static void clock_set_back_starts_a_new_second(void **state)
{
    (void)state;
    static struct log_rates rates = {.per_second_max = 100};
    assert_int_equal(pass_many(&rates, "often", 1000 * HERD_NS_PER_S, 200), 100);
    assert_int_equal(pass_many(&rates, "often", 10 * HERD_NS_PER_S, 200), 100);
}

static void more_names_than_slots_pass_unlimited(void **state)
{
    (void)state;
    static struct log_rates rates = {.per_second_max = 100};
    static char names[LOG_RATES + 1][8];
    for (size_t i = 0; i <= LOG_RATES; i++)
        snprintf(names[i], sizeof(names[i]), "n%zu", i);
    for (size_t i = 0; i < LOG_RATES; i++)
        assert_int_equal(pass_many(&rates, names[i], 5, 101), 100);
    assert_int_equal(pass_many(&rates, names[LOG_RATES], 5, 101), 101);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hundred_a_second_pass),
        cmocka_unit_test(limit_is_the_one_given),
        cmocka_unit_test(names_are_counted_apart_by_their_text),
        cmocka_unit_test(clock_set_back_starts_a_new_second),
        cmocka_unit_test(more_names_than_slots_pass_unlimited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
