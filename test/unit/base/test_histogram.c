/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "herd/histogram.h"
#include "herd/random.h"

static struct herd_histogram histogram;

static void buckets_are_in_order_and_without_gap(void **state)
{
    (void)state;
    assert_int_equal(herd_histogram_bucket(0), 0);
    for (unsigned i = 0; i + 1 < HERD_HISTOGRAM_BUCKETS; i++) {
        uint64_t last = herd_histogram_bucket_last(i);
        assert_int_equal(herd_histogram_bucket(last), i);
        assert_int_equal(herd_histogram_bucket(last + 1), i + 1);
    }
    assert_int_equal(herd_histogram_bucket(UINT64_MAX), HERD_HISTOGRAM_BUCKETS - 1);
    assert_true(herd_histogram_bucket_last(HERD_HISTOGRAM_BUCKETS - 1) == UINT64_MAX);
}

static void empty_says_nothing(void **state)
{
    (void)state;
    herd_histogram_init(&histogram);
    assert_true(herd_histogram_quantile(&histogram, 0) == 0);
    assert_true(herd_histogram_quantile(&histogram, 1000000) == 0);
}

static void small_values_are_exact(void **state)
{
    (void)state;
    herd_histogram_init(&histogram);
    for (uint64_t value = 1; value <= 200; value++)
        herd_histogram_record(&histogram, value);
    static const struct {
        unsigned per_million;
        uint64_t expected;
    } cases[] = {{0, 1}, {1, 1}, {5000, 1}, {5001, 2}, {500000, 100}, {990000, 198}, {995001, 200}, {1000000, 200}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_true(herd_histogram_quantile(&histogram, cases[i].per_million) == cases[i].expected);
    assert_true(histogram.count == 200 && histogram.sum == 20100 && histogram.max == 200);
}

static void never_more_than_the_greatest(void **state)
{
    (void)state;
    herd_histogram_init(&histogram);
    herd_histogram_record(&histogram, 1000001);
    assert_true(herd_histogram_quantile(&histogram, 500000) == 1000001);
    herd_histogram_record(&histogram, UINT64_MAX);
    assert_true(herd_histogram_quantile(&histogram, 1000000) == UINT64_MAX);
}

static int compare_values(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void quantiles_are_near_those_of_the_sorted_values(void **state)
{
    (void)state;
    enum { COUNT = 10000 };
    static uint64_t values[COUNT];
    struct herd_random random;
    herd_random_init(&random, 4);
    herd_histogram_init(&histogram);
    for (unsigned i = 0; i < COUNT; i++) {
        values[i] = herd_random_next(&random) >> herd_random_below(&random, 64);
        herd_histogram_record(&histogram, values[i]);
    }
    qsort(values, COUNT, sizeof values[0], compare_values);
    for (unsigned rank = 1; rank <= COUNT; rank++) {
        uint64_t exact = values[rank - 1];
        uint64_t told = herd_histogram_quantile(&histogram, rank * (1000000 / COUNT));
        assert_true(told >= exact && told - exact <= exact / HERD_HISTOGRAM_HALF);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buckets_are_in_order_and_without_gap),
        cmocka_unit_test(empty_says_nothing),
        cmocka_unit_test(small_values_are_exact),
        cmocka_unit_test(never_more_than_the_greatest),
        cmocka_unit_test(quantiles_are_near_those_of_the_sorted_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
