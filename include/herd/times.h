/* SPDX-License-Identifier: MIT */
#ifndef HERD_TIMES_H
#define HERD_TIMES_H

/*
 * How long things took, in 1.7 KB and to an eighth: what a server keeps all
 * the time. herd/histogram.h is exact to 1/128 and needs 58 KB, for measuring.
 *
 * Durations are in nanoseconds, looked at in microseconds. Up to 16 us each has a
 * bucket of its own, from there on each power of two is cut into eight, up to
 * 2^30 us (18 minutes), which the last one has with all that is longer.
 * What is below 0, a clock that is behind another, counts as 0. So how many did
 * not exceed any power of two of microseconds is exact: the buckets of a
 * metric of seconds.
 *
 * A difference of two clocks has two: what is above 0, and what is below.
 */

#include <stdint.h>

#include "herd/log.h"

#define HERD_TIMES_BITS 3 /* an eighth */
#define HERD_TIMES_HALF (1u << HERD_TIMES_BITS)
#define HERD_TIMES_SHIFT_MAX 30
#define HERD_TIMES_BUCKETS ((HERD_TIMES_SHIFT_MAX - HERD_TIMES_BITS + 1) * HERD_TIMES_HALF + 1)

/* Zeroed: empty. */
struct herd_times {
    uint64_t buckets[HERD_TIMES_BUCKETS];
    uint64_t sum_ns; /* modulo 2^64 */
    uint64_t max_ns; /* exact; 0 while empty */
};

/* What lies on both sides of 0. Zeroed: empty. */
struct herd_skews {
    struct herd_times above; /* and 0 itself */
    struct herd_times below;
};

/* The bucket of so many microseconds. */
static inline unsigned herd_times_bucket(uint64_t us)
{
    if (us < 2 * HERD_TIMES_HALF) return (unsigned)us;
    if (us >> HERD_TIMES_SHIFT_MAX != 0) return HERD_TIMES_BUCKETS - 1;
    unsigned shift = 63 - HERD_TIMES_BITS - (unsigned)__builtin_clzll(us);
    return shift * HERD_TIMES_HALF + (unsigned)(us >> shift);
}

/* The first microsecond that is beyond a bucket; the last one has none: UINT64_MAX. */
uint64_t herd_times_bucket_end_us(unsigned bucket);

/* Counts a duration. */
static inline void herd_times_record(struct herd_times *times, int64_t duration_ns)
{
    uint64_t ns = duration_ns < 0 ? 0 : (uint64_t)duration_ns;
    times->buckets[herd_times_bucket(ns / 1000)]++;
    times->sum_ns += ns;
    if (ns > times->max_ns) times->max_ns = ns;
}

/* Counts a difference on its side. */
static inline void herd_skews_record(struct herd_skews *skews, int64_t difference_ns)
{
    if (difference_ns >= 0)
        herd_times_record(&skews->above, difference_ns);
    else
        herd_times_record(&skews->below, difference_ns == INT64_MIN ? INT64_MAX : -difference_ns);
}

/* How many were recorded. */
uint64_t herd_times_count(const struct herd_times *times);
/* How many of them were shorter than 2^power microseconds (power up to 30): a metric's bucket. */
uint64_t herd_times_count_below(const struct herd_times *times, unsigned power);
/*
 * Nanoseconds that at least `per_million` millionths did not exceed, at most an
 * eighth too many and never more than `max_ns`; 0 while empty.
 */
uint64_t herd_times_quantile_ns(const struct herd_times *times, unsigned per_million);

/* Adds to `log` the fields count, p50_us, p99_us and max_us. */
void herd_times_log(const struct herd_times *times, struct herd_log_event *log);

#endif
