/* SPDX-License-Identifier: MIT */
/*
 * The neighbours. One that was given back is in no list, and its slot is
 * another's; what is left of it waits for the sessions that name it.
 */
#include "local.h"

#include <assert.h>

#include "herd/memory.h"

void herd_flood_init(struct herd_flood *flood, struct herd_store *store, struct herd_text herd, struct herd_text name,
                     uint64_t incarnation, uint64_t seed)
{
    assert(incarnation != 0);
    memset(flood, 0, sizeof *flood);
    flood->store = store;
    herd_list_init(&flood->neighbours);
    flood->herd = herd;
    flood->name = name;
    herd_store_set_herd(store, herd);
    flood->number = herd_store_name(store, name);
    flood->incarnation = incarnation;
    herd_random_init(&flood->random, seed);
    flood->hello_bytes_max = HERD_PEER_HANDSHAKE_LINE_MAX;
    flood->line_bytes_max = HERD_PEER_LINE_MAX;
    flood->scan_slice = HERD_SCAN_SLICE;
    flood->pops_per_mark = HERD_POPS_PER_MARK;
}

void herd_flood_configure(struct herd_flood *flood, size_t hello_bytes_max, size_t line_bytes_max)
{
    assert(hello_bytes_max > 0 && line_bytes_max > 0);
    flood->hello_bytes_max = hello_bytes_max;
    flood->line_bytes_max = line_bytes_max;
}

void herd_flood_set_keys(struct herd_flood *flood, const struct herd_keys *keys)
{
    assert(keys->count <= HERD_KEYS_MAX);
    flood->keys = *keys;
}

void herd_flood_finish(struct herd_flood *flood)
{
    while (!herd_list_empty(&flood->neighbours)) {
        struct herd_neighbour *first = HERD_CONTAINER(flood->neighbours.next, struct herd_neighbour, node);
        assert(first->sessions == 0);
        herd_flood_give_neighbour(flood, first);
    }
}

struct herd_neighbour *herd_flood_take_neighbour(struct herd_flood *flood, struct herd_text name)
{
    unsigned slot = herd_store_take_slot(flood->store, 0);
    struct herd_neighbour *neighbour;

    assert(herd_name_valid(name) && herd_flood_find(flood, name) == NULL);
    assert(flood->learnt.count == 0); /* versions that were read know names by their numbers */
    if (slot == HERD_SLOT_NONE) return NULL;
    neighbour = herd_memory_allocate_zeroed(1, sizeof *neighbour);
    memcpy(neighbour->bytes, name.bytes, name.length);
    neighbour->name = (struct herd_text){neighbour->bytes, name.length};
    neighbour->number = herd_store_name(flood->store, name);
    neighbour->slot = slot;
    herd_list_append(&flood->neighbours, &neighbour->node);
    return neighbour;
}

static bool is_given(const struct herd_neighbour *neighbour)
{
    return neighbour->slot == HERD_SLOT_NONE;
}

void neighbour_hold(struct herd_neighbour *neighbour)
{
    assert(!is_given(neighbour));
    neighbour->sessions++;
}

void neighbour_release(struct herd_neighbour *neighbour)
{
    assert(neighbour->sessions > 0);
    neighbour->sessions--;
    if (neighbour->sessions == 0 && is_given(neighbour)) herd_memory_free(neighbour);
}

void herd_flood_give_neighbour(struct herd_flood *flood, struct herd_neighbour *neighbour)
{
    if (neighbour == NULL) return;
    assert(!is_given(neighbour) && !neighbour->connected && neighbour->inbound == NULL);
    herd_list_remove(&neighbour->node);
    herd_store_give_slot(flood->store, neighbour->slot);
    neighbour->slot = HERD_SLOT_NONE;
    if (neighbour->sessions == 0) herd_memory_free(neighbour);
}

struct herd_neighbour *herd_flood_find(struct herd_flood *flood, struct herd_text name)
{
    struct herd_list_node *node;

    for (node = flood->neighbours.next; node != &flood->neighbours; node = node->next) {
        struct herd_neighbour *neighbour = HERD_CONTAINER(node, struct herd_neighbour, node);
        if (herd_text_equal(neighbour->name, name)) return neighbour;
    }
    return NULL;
}
