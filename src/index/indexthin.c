/* SPDX-License-Identifier: MIT */
/*
 * A search looks at all places that cost the same and lets their ids decide: a
 * million on one spot would all be looked at, by every question near them. But
 * no answer holds more than HERD_BOUND_MAX places. Of those on one spot it can
 * hold the first by id, where nearness ranks, and the most prominent, of equals
 * the first by id, where prominence does; all others are left out of the index.
 *
 * Places on one spot have the same key, so runs of equal keys are looked at, of
 * which only the very long ones can be too much.
 */
#include <assert.h>
#include <stdlib.h>

#include "herd/memory.h"
#include "local.h"

#define SPOT_MAX (2u * HERD_BOUND_MAX)

struct resident {
    int32_t latitude_e7;
    int32_t longitude_e7;
    uint32_t population;
    uint32_t number;
    struct herd_text id;
};

static int compare(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_ids(const struct resident *first, const struct resident *second)
{
    int order = place_id_compare(first->id, second->id);
    return order != 0 ? order : compare(first->number, second->number);
}

static int by_spot(const void *a, const void *b)
{
    const struct resident *first = a;
    const struct resident *second = b;
    int order = compare(first->latitude_e7, second->latitude_e7);
    if (order == 0) order = compare(first->longitude_e7, second->longitude_e7);
    return order != 0 ? order : compare_ids(first, second);
}

static int by_population(const void *a, const void *b)
{
    const struct resident *first = a;
    const struct resident *second = b;
    int order = compare(second->population, first->population);
    return order != 0 ? order : compare_ids(first, second);
}

static int by_number(const void *a, const void *b)
{
    const struct resident *first = a;
    const struct resident *second = b;
    return compare(first->number, second->number);
}

static bool same_spot(const struct resident *a, const struct resident *b)
{
    return a->latitude_e7 == b->latitude_e7 && a->longitude_e7 == b->longitude_e7;
}

/* Keeps of `count` residents of one spot, ordered by id, those that may be found: they come first then. */
static uint32_t choose(struct resident *residents, uint32_t count)
{
    if (count <= SPOT_MAX) return count;
    qsort(residents + HERD_BOUND_MAX, count - HERD_BOUND_MAX, sizeof(*residents), by_population);
    return SPOT_MAX;
}

/* Of a run of one key, the places that stay, at its start and in the order of coming; returns how many. */
static uint32_t thin_run(const struct herd_builder *builder, struct index_key *run, uint32_t count)
{
    struct resident *residents = herd_memory_allocate((size_t)count * sizeof(*residents));
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct herd_index_point *point = &builder->points[run[i].number];
        residents[i] = (struct resident){point->latitude_e7, point->longitude_e7, point->population, run[i].number,
                                         builder_id(builder, point->record)};
    }
    qsort(residents, count, sizeof(*residents), by_spot);
    for (uint32_t start = 0, end; start < count; start = end) {
        for (end = start + 1; end < count && same_spot(&residents[start], &residents[end]);)
            end++;
        uint32_t chosen = choose(residents + start, end - start);
        memmove(residents + kept, residents + start, chosen * sizeof(*residents));
        kept += chosen;
    }
    qsort(residents, kept, sizeof(*residents), by_number);
    for (uint32_t i = 0; i < kept; i++)
        run[i].number = residents[i].number;
    herd_memory_free(residents);
    return kept;
}

uint32_t index_thin(const struct herd_builder *builder, struct index_key *keys, uint32_t count)
{
    uint32_t kept = 0;
    for (uint32_t start = 0, end; start < count; start = end) {
        for (end = start + 1; end < count && keys[end].key == keys[start].key;)
            end++;
        uint32_t stay = end - start;
        if (stay > SPOT_MAX) stay = thin_run(builder, keys + start, stay);
        if (kept != start) memmove(keys + kept, keys + start, stay * sizeof(*keys));
        kept += stay;
    }
    assert(kept <= count);
    return kept;
}
