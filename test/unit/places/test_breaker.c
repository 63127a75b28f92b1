/* SPDX-License-Identifier: MIT */
#include "../../../src/places/local.h"
#include "../placesfixture.h"

static void fail_times(struct breaker *breaker, unsigned times, int64_t now_ms)
{
    struct herd_random random;
    herd_random_init(&random, 3);
    for (unsigned i = 0; i < times; i++)
        breaker_fail(breaker, now_ms, &random);
}

static void opens_after_five_failures_running(void **state)
{
    struct breaker breaker;
    (void)state;
    breaker_init(&breaker, HERD_TEXT("one"), 5, 5000);
    fail_times(&breaker, 4, 1000);
    assert_true(breaker_try(&breaker, 1000));
    breaker_succeed(&breaker);
    fail_times(&breaker, 4, 1000);
    assert_true(breaker_try(&breaker, 1000));
    fail_times(&breaker, 1, 1000);
    assert_false(breaker_try(&breaker, 1000));
}

static void stays_open_for_some_five_seconds(void **state)
{
    struct herd_random random;
    int64_t least_ms = INT64_MAX;
    int64_t most_ms = 0;
    (void)state;
    herd_random_init(&random, 1);
    for (unsigned round = 0; round < 1000; round++) {
        struct breaker breaker;
        breaker_init(&breaker, HERD_TEXT("one"), 5, 5000);
        for (unsigned i = 0; i < 5; i++)
            breaker_fail(&breaker, 0, &random);
        assert_false(breaker_try(&breaker, breaker.until_ms - 1));
        assert_true(breaker_try(&breaker, breaker.until_ms));
        if (breaker.until_ms < least_ms) least_ms = breaker.until_ms;
        if (breaker.until_ms > most_ms) most_ms = breaker.until_ms;
    }
    assert_in_range(least_ms, 4000, 4100);
    assert_in_range(most_ms, 5900, 6000);
}

static void opens_after_as_many_as_configured(void **state)
{
    static const uint32_t limits[] = {1, 2, 7, 1000};
    struct herd_random random;
    (void)state;
    herd_random_init(&random, 3);
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct breaker breaker;
        breaker_init(&breaker, HERD_TEXT("one"), limits[i], 5000);
        for (uint32_t failure = 1; failure < limits[i]; failure++)
            assert_false(breaker_fail(&breaker, 0, &random));
        assert_true(breaker_try(&breaker, 0));
        assert_true(breaker_fail(&breaker, 0, &random));
        assert_false(breaker_try(&breaker, 0));
        assert_false(breaker_fail(&breaker, 0, &random)); /* it was open already */
        breaker_succeed(&breaker);
        fail_times(&breaker, limits[i] - 1, 0);
        assert_true(breaker_try(&breaker, 0)); /* a success does not forget the limit */
        fail_times(&breaker, 1, 0);
        assert_false(breaker_try(&breaker, 0));
    }
}

static void never_opens_where_it_may_not(void **state)
{
    struct breaker breaker;
    (void)state;
    breaker_init(&breaker, HERD_TEXT("one"), 0, 5000);
    fail_times(&breaker, 100000, 0);
    assert_true(breaker_try(&breaker, 0));
}

static void stays_open_as_long_as_configured(void **state)
{
    static const uint32_t lengths_ms[] = {1, 4, 5, 100, 3600000};
    struct herd_random random;
    (void)state;
    herd_random_init(&random, 1);
    for (size_t i = 0; i < 500 * sizeof(lengths_ms) / sizeof(lengths_ms[0]); i++) {
        uint32_t length_ms = lengths_ms[i % (sizeof(lengths_ms) / sizeof(lengths_ms[0]))];
        struct breaker breaker;
        breaker_init(&breaker, HERD_TEXT("one"), 1, length_ms);
        breaker_fail(&breaker, 7, &random);
        assert_in_range(breaker.until_ms - 7, length_ms - length_ms / 5, length_ms + length_ms / 5);
        assert_false(breaker_try(&breaker, breaker.until_ms - 1));
        assert_true(breaker_try(&breaker, breaker.until_ms));
    }
}

static void lets_one_probe_through(void **state)
{
    struct breaker breaker;
    (void)state;
    breaker_init(&breaker, HERD_TEXT("one"), 5, 5000);
    fail_times(&breaker, 5, 0);
    assert_true(breaker_try(&breaker, 10000));
    assert_false(breaker_try(&breaker, 10000));
    fail_times(&breaker, 1, 10000); /* the probe: open again at once */
    assert_false(breaker_try(&breaker, 13000));
    assert_true(breaker_try(&breaker, 16000));
    breaker_succeed(&breaker);
    assert_true(breaker_try(&breaker, 16000));
    assert_true(breaker_try(&breaker, 16000));
    fail_times(&breaker, 4, 16000);
    assert_true(breaker_try(&breaker, 16000));
}

static void late_failures_do_not_prolong(void **state)
{
    struct breaker breaker;
    (void)state;
    breaker_init(&breaker, HERD_TEXT("one"), 5, 5000);
    fail_times(&breaker, 5, 0);
    fail_times(&breaker, 20, 5000);
    assert_true(breaker_try(&breaker, 6000));
}

static void a_probe_taken_back_frees_the_next(void **state)
{
    struct breaker breaker;
    (void)state;
    breaker_init(&breaker, HERD_TEXT("one"), 5, 5000);
    fail_times(&breaker, 5, 0);
    assert_true(breaker_try(&breaker, 6000));
    breaker_withdraw(&breaker);
    assert_true(breaker_try(&breaker, 6000));
    breaker_succeed(&breaker);
    breaker_withdraw(&breaker);
    assert_true(breaker_try(&breaker, 6000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_after_five_failures_running), cmocka_unit_test(stays_open_for_some_five_seconds),
        cmocka_unit_test(opens_after_as_many_as_configured), cmocka_unit_test(never_opens_where_it_may_not),
        cmocka_unit_test(stays_open_as_long_as_configured),  cmocka_unit_test(lets_one_probe_through),
        cmocka_unit_test(late_failures_do_not_prolong),      cmocka_unit_test(a_probe_taken_back_frees_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
