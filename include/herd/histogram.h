/* SPDX-License-Identifier: MIT */
#ifndef HERD_HISTOGRAM_H
#define HERD_HISTOGRAM_H

/*
 * How often which value occurred, in fixed memory and with a bounded relative
 * error, for values of any size (latencies in nanoseconds).
 *
 * Buckets are log-linear: below 256 each value has its own, from there on each
 * power of two is cut into 128 equal ones, so that a bucket is at most 1/128
 * of its values wide.
 *
 *     value    0 ... 255   256 258 ... 510   512 516 ... 1020   1024 ...
 *     width    1           2                 4                  8
 */

#include <stdint.h>

#define HERD_HISTOGRAM_BITS 7
#define HERD_HISTOGRAM_HALF (1u << HERD_HISTOGRAM_BITS)
#define HERD_HISTOGRAM_BUCKETS ((64 - HERD_HISTOGRAM_BITS + 1) * HERD_HISTOGRAM_HALF)

struct herd_histogram {
    uint64_t buckets[HERD_HISTOGRAM_BUCKETS];
    uint64_t count;
    uint64_t max; /* exact; 0 while empty */
    uint64_t sum; /* modulo 2^64 */
};

void herd_histogram_init(struct herd_histogram *histogram);

/* The bucket that a value belongs to. */
static inline unsigned herd_histogram_bucket(uint64_t value)
{
    if (value < 2 * HERD_HISTOGRAM_HALF) return (unsigned)value;
    unsigned shift = 63 - HERD_HISTOGRAM_BITS - (unsigned)__builtin_clzll(value);
    return shift * HERD_HISTOGRAM_HALF + (unsigned)(value >> shift);
}

/* The greatest value of a bucket. */
uint64_t herd_histogram_bucket_last(unsigned bucket);

/* Counts a value once. */
static inline void herd_histogram_record(struct herd_histogram *histogram, uint64_t value)
{
    histogram->buckets[herd_histogram_bucket(value)]++;
    histogram->count++;
    histogram->sum += value;
    if (value > histogram->max) histogram->max = value;
}

/*
 * A value that at least `per_million` millionths of all recorded ones do not
 * exceed: the last value of the bucket where that share is reached, never more
 * than `max`. 1,000,000 gives `max`; an empty histogram 0.
 */
uint64_t herd_histogram_quantile(const struct herd_histogram *histogram, unsigned per_million);

#endif
