/* SPDX-License-Identifier: MIT */
#ifndef HERD_TABLE_H
#define HERD_TABLE_H

/*
 * A hash table of 32-bit handles by linear hashing (W. Litwin, 1980): it
 * grows by splitting one bucket per insertion, so there is no rehash pause and
 * no second table, and the load stays near one item a bucket. Intrusive: the
 * item holds a struct herd_table_node; chains go through handles.
 *
 *     heads (chunked):  [h0][h1][h2] ... [split) ... [split + level)
 *                         |
 *                         v
 *                       item.node.next -> item.node.next -> 0
 *
 * Looking up is the caller's loop, so that its comparison is inlined:
 *
 *     for (h = herd_table_first(&t, hash); h != 0; h = node_of(h)->next)
 *         if (node_of(h)->hash == hash && same(h, key)) return h;
 */

#include <stdint.h>

struct herd_table_node {
    uint32_t hash; /* set by herd_table_insert */
    uint32_t next; /* a handle, 0 at the end of the chain */
};

/* Where the node of an item is; `owner` is what herd_table_init was given. */
typedef struct herd_table_node *(*herd_table_locate)(void *owner, uint32_t handle);

#define HERD_TABLE_CHUNK_SHIFT 12 /* heads a chunk: 4096 */

struct herd_table {
    uint32_t **chunks;
    uint32_t chunk_count;
    uint32_t level; /* buckets at the start of this round, a power of two */
    uint32_t split; /* next bucket to split, < level */
    uint32_t count; /* items */
    herd_table_locate locate;
    void *owner;
};

void herd_table_init(struct herd_table *table, herd_table_locate locate, void *owner);
void herd_table_finish(struct herd_table *table);

/* The bucket of a hash: one that was split in this round uses one bit more. */
static inline uint32_t herd_table_bucket(const struct herd_table *table, uint32_t hash)
{
    uint32_t bucket = hash & (table->level - 1);
    return bucket < table->split ? hash & (2 * table->level - 1) : bucket;
}

/* Where the first handle of the chain is kept, to have that memory fetched. */
static inline const uint32_t *herd_table_head(const struct herd_table *table, uint32_t hash)
{
    uint32_t bucket = herd_table_bucket(table, hash);
    uint32_t mask = (UINT32_C(1) << HERD_TABLE_CHUNK_SHIFT) - 1;
    return &table->chunks[bucket >> HERD_TABLE_CHUNK_SHIFT][bucket & mask];
}

/* First handle of the chain where `hash` would be, or 0. */
static inline uint32_t herd_table_first(const struct herd_table *table, uint32_t hash)
{
    return *herd_table_head(table, hash);
}

/* Adds an item that is not in the table. `handle` is not 0. */
void herd_table_insert(struct herd_table *table, uint32_t hash, uint32_t handle);
/* Removes an item that is in the table. Buckets are not merged again. */
void herd_table_remove(struct herd_table *table, uint32_t handle);

#endif
