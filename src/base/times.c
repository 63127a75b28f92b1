/* SPDX-License-Identifier: MIT */
#include "herd/times.h"

#include <assert.h>

_Static_assert(sizeof(struct herd_times) <= 2048, "a server has several all the time");

#define NS_PER_US 1000
#define MILLION 1000000

uint64_t herd_times_bucket_end_us(unsigned bucket)
{
    assert(bucket < HERD_TIMES_BUCKETS);
    if (bucket == HERD_TIMES_BUCKETS - 1) return UINT64_MAX;
    if (bucket < 2 * HERD_TIMES_HALF) return bucket + 1;
    unsigned shift = bucket / HERD_TIMES_HALF - 1;
    return (uint64_t)(bucket % HERD_TIMES_HALF + HERD_TIMES_HALF + 1) << shift;
}

static uint64_t count_until(const struct herd_times *times, unsigned bucket)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < bucket; i++)
        count += times->buckets[i];
    return count;
}

uint64_t herd_times_count(const struct herd_times *times)
{
    return count_until(times, HERD_TIMES_BUCKETS);
}

uint64_t herd_times_count_below(const struct herd_times *times, unsigned power)
{
    assert(power <= HERD_TIMES_SHIFT_MAX);
    if (power == HERD_TIMES_SHIFT_MAX) return count_until(times, HERD_TIMES_BUCKETS - 1);
    return count_until(times, herd_times_bucket(UINT64_C(1) << power));
}

/* How many values the share stands for, rounded up, at least one. */
static uint64_t rank_of(uint64_t count, unsigned per_million)
{
    uint64_t rank = count / MILLION * per_million + (count % MILLION * per_million + MILLION - 1) / MILLION;
    return rank == 0 ? 1 : rank;
}

uint64_t herd_times_quantile_ns(const struct herd_times *times, unsigned per_million)
{
    assert(per_million <= MILLION);
    uint64_t rank = rank_of(herd_times_count(times), per_million);
    uint64_t seen = 0;
    for (unsigned i = 0; i < HERD_TIMES_BUCKETS - 1; i++) {
        seen += times->buckets[i];
        if (seen < rank) continue;
        uint64_t last_ns = herd_times_bucket_end_us(i) * NS_PER_US - 1;
        return last_ns < times->max_ns ? last_ns : times->max_ns;
    }
    return times->max_ns;
}

void herd_times_log(const struct herd_times *times, struct herd_log_event *log)
{
    herd_log_number(log, "count", (int64_t)herd_times_count(times));
    herd_log_number(log, "p50_us", (int64_t)(herd_times_quantile_ns(times, MILLION / 2) / NS_PER_US));
    herd_log_number(log, "p99_us", (int64_t)(herd_times_quantile_ns(times, MILLION / 100 * 99) / NS_PER_US));
    herd_log_number(log, "max_us", (int64_t)(times->max_ns / NS_PER_US));
}
