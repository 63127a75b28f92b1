/* SPDX-License-Identifier: MIT */
#include "herd/flood.h"

#include <assert.h>

void herd_flood_init(struct herd_flood *flood, struct herd_store *store, struct herd_text herd, struct herd_text name,
                     uint64_t incarnation, uint64_t seed)
{
    assert(incarnation != 0);
    memset(flood, 0, sizeof *flood);
    flood->store = store;
    flood->herd = herd;
    flood->name = name;
    herd_store_set_herd(store, herd);
    flood->number = herd_names_add(&store->names, name);
    flood->incarnation = incarnation;
    herd_random_init(&flood->random, seed);
    flood->hello_bytes_max = HERD_PEER_HANDSHAKE_LINE_MAX;
    flood->line_bytes_max = HERD_PEER_LINE_MAX;
    flood->scan_slice = HERD_SCAN_SLICE;
    flood->pops_per_mark = HERD_POPS_PER_MARK;
}

struct herd_neighbour *herd_flood_add(struct herd_flood *flood, struct herd_text name)
{
    struct herd_neighbour *neighbour = &flood->neighbours[flood->neighbour_count];

    assert(flood->neighbour_count < flood->store->slot_count);
    assert(flood->neighbour_count < sizeof flood->neighbours / sizeof flood->neighbours[0]);
    neighbour->name = name;
    neighbour->number = herd_names_add(&flood->store->names, name);
    neighbour->slot = flood->neighbour_count++;
    return neighbour;
}

struct herd_neighbour *herd_flood_find(struct herd_flood *flood, struct herd_text name)
{
    unsigned i;

    for (i = 0; i < flood->neighbour_count; i++)
        if (herd_text_equal(flood->neighbours[i].name, name)) return &flood->neighbours[i];
    return NULL;
}
