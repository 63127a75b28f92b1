/* SPDX-License-Identifier: MIT */

#include "herd/histogram.h"

#include <assert.h>
#include <string.h>

void herd_histogram_init(struct herd_histogram *histogram)
{
    memset(histogram, 0, sizeof *histogram);
}

uint64_t herd_histogram_bucket_last(unsigned bucket)
{
    assert(bucket < HERD_HISTOGRAM_BUCKETS);
    if (bucket < 2 * HERD_HISTOGRAM_HALF) return bucket;
    unsigned shift = bucket / HERD_HISTOGRAM_HALF - 1;
    uint64_t first = (uint64_t)(bucket % HERD_HISTOGRAM_HALF + HERD_HISTOGRAM_HALF) << shift;
    return first + ((UINT64_C(1) << shift) - 1);
}

/* How many values the share stands for, rounded up, without the product leaving 64 bits. */
static uint64_t rank_of(uint64_t count, unsigned per_million)
{
    uint64_t rest = count % 1000000 * per_million;
    return count / 1000000 * per_million + (rest + 999999) / 1000000;
}

uint64_t herd_histogram_quantile(const struct herd_histogram *histogram, unsigned per_million)
{
    assert(per_million <= 1000000);
    if (histogram->count == 0) return 0;
    uint64_t rank = rank_of(histogram->count, per_million);
    if (rank == 0) rank = 1;
    uint64_t seen = 0;
    for (unsigned i = 0; i < HERD_HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen < rank) continue;
        uint64_t last = herd_histogram_bucket_last(i);
        return last < histogram->max ? last : histogram->max;
    }
    return histogram->max;
}
