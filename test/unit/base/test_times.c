/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "logfixture.h"

#include "herd/times.h"

static void each_bucket_ends_where_the_next_begins(void **state)
{
    (void)state;
    uint64_t begin = 0;
    for (unsigned i = 0; i < HERD_TIMES_BUCKETS - 1; i++) {
        uint64_t end = herd_times_bucket_end_us(i);
        assert_true(end > begin);
        assert_int_equal(herd_times_bucket(begin), i);
        assert_int_equal(herd_times_bucket(end - 1), i);
        assert_true(end - begin <= 1 || (end - begin) * HERD_TIMES_HALF <= begin);
        begin = end;
    }
    assert_int_equal(begin, UINT64_C(1) << HERD_TIMES_SHIFT_MAX);
    assert_int_equal(herd_times_bucket(begin), HERD_TIMES_BUCKETS - 1);
    assert_int_equal(herd_times_bucket(UINT64_MAX), HERD_TIMES_BUCKETS - 1);
    assert_int_equal(herd_times_bucket_end_us(HERD_TIMES_BUCKETS - 1), UINT64_MAX);
}

static void durations_find_their_bucket(void **state)
{
    (void)state;
    static const struct {
        int64_t ns;
        unsigned bucket;
    } rows[] = {
        {INT64_MIN, 0},
        {-1, 0},
        {0, 0},
        {999, 0},
        {1000, 1},
        {15999, 15},
        {16000, 16},
        {17999, 16},
        {18000, 17},
        {31999, 23},
        {32000, 24},
        {1000000, 63},
        {INT64_MAX, HERD_TIMES_BUCKETS - 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct herd_times times = {0};
        herd_times_record(&times, rows[i].ns);
        assert_int_equal(herd_times_count(&times), 1);
        assert_int_equal(times.buckets[rows[i].bucket], 1);
        assert_int_equal(times.max_ns, rows[i].ns < 0 ? 0 : (uint64_t)rows[i].ns);
        assert_int_equal(herd_times_quantile_ns(&times, 500000), times.max_ns);
    }
}

static void what_is_empty_is_0(void **state)
{
    (void)state;
    const struct herd_times times = {0};
    assert_int_equal(herd_times_count(&times), 0);
    assert_int_equal(herd_times_count_below(&times, HERD_TIMES_SHIFT_MAX), 0);
    assert_int_equal(herd_times_quantile_ns(&times, 990000), 0);
}

static int by_value(const void *a, const void *b)
{
    const int64_t *one = a;
    const int64_t *other = b;
    return (*one > *other) - (*one < *other);
}

static void quantiles_are_at_most_an_eighth_too_large(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    static const unsigned shares[] = {0, 1, 10000, 500000, 990000, 999900, 1000000};
    int64_t *values = calloc(COUNT, sizeof *values);
    struct herd_times times = {0};
    uint64_t random = 88172645463325252u;
    uint64_t sum = 0;
    assert_non_null(values);
    for (size_t i = 0; i < COUNT; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        values[i] = (int64_t)(random >> (24 + random % 30));
        sum += (uint64_t)values[i];
        herd_times_record(&times, values[i]);
    }
    qsort(values, COUNT, sizeof *values, by_value);
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        size_t rank = ((size_t)COUNT * shares[i] + 999999) / 1000000;
        uint64_t exact = (uint64_t)values[rank == 0 ? 0 : rank - 1];
        uint64_t told = herd_times_quantile_ns(&times, shares[i]);
        assert_true(told >= exact);
        assert_true(told <= exact + exact / 8 + 1000);
    }
    assert_int_equal(times.sum_ns, sum);
    free(values);
}

static void a_metrics_buckets_are_exact(void **state)
{
    (void)state;
    struct herd_times times = {0};
    static const int64_t values[] = {0, 999, 1000, 1999, 2000, 1023999, 1024000, 1048575999, 1048576000, INT64_MAX};
    static const unsigned below[] = {2, 4, 5, 5, 5, 5, 5, 5, 5, 5, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 9};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        herd_times_record(&times, values[i]);
    for (unsigned power = 0; power < sizeof below / sizeof below[0]; power++)
        assert_int_equal(herd_times_count_below(&times, power), below[power]);
    assert_int_equal(herd_times_count_below(&times, HERD_TIMES_SHIFT_MAX), 9);
}

static void a_difference_is_counted_on_its_side(void **state)
{
    (void)state;
    struct herd_skews skews = {0};
    static const int64_t values[] = {0, 5000, -5000, -1, INT64_MIN, INT64_MAX, -7000};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        herd_skews_record(&skews, values[i]);
    assert_int_equal(herd_times_count(&skews.above), 3);
    assert_int_equal(herd_times_count(&skews.below), 4);
    assert_int_equal(skews.above.buckets[5], 1);
    assert_int_equal(skews.below.buckets[5], 1);
    assert_int_equal(skews.below.buckets[7], 1);
    assert_int_equal(skews.below.max_ns, (uint64_t)INT64_MAX);
}

static void the_log_has_what_matters(void **state)
{
    struct world *world = *state;
    struct herd_times times = {0};
    struct herd_log_event log;
    for (unsigned i = 0; i < 99; i++)
        herd_times_record(&times, 3500);
    herd_times_record(&times, 2000400);
    open_file_log(world, HERD_LOG_INFO, false, 0);
    assert_true(herd_log_begin(&log, HERD_LOG_INFO, "state"));
    herd_times_log(&times, &log);
    herd_log_end(&log);
    herd_log_close();
    assert_int_equal(count_of(read_file(world, world->path), "=state count=100 p50_us=3 p99_us=3 max_us=2000\n"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_bucket_ends_where_the_next_begins),
        cmocka_unit_test(durations_find_their_bucket),
        cmocka_unit_test(what_is_empty_is_0),
        cmocka_unit_test(quantiles_are_at_most_an_eighth_too_large),
        cmocka_unit_test(a_metrics_buckets_are_exact),
        cmocka_unit_test(a_difference_is_counted_on_its_side),
        LOG_TEST(the_log_has_what_matters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
