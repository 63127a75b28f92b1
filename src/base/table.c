/* SPDX-License-Identifier: MIT */
#include "herd/table.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#include "herd/memory.h"

#define HEADS_PER_CHUNK (UINT32_C(1) << HERD_TABLE_CHUNK_SHIFT)

static uint32_t *head_of(const struct herd_table *table, uint32_t bucket)
{
    return &table->chunks[bucket >> HERD_TABLE_CHUNK_SHIFT][bucket & (HEADS_PER_CHUNK - 1)];
}

static struct herd_table_node *node_of(const struct herd_table *table, uint32_t handle)
{
    return table->locate(table->owner, handle);
}

/* The list of chunks has room for the next power of two, so its length needs no field. */
static void add_chunk(struct herd_table *table)
{
    uint32_t count = table->chunk_count;
    if ((count & (count - 1)) == 0) {
        size_t room = count == 0 ? 1 : (size_t)count * 2;
        table->chunks = herd_memory_resize(table->chunks, room * sizeof(*table->chunks));
    }
    table->chunks[count] = herd_memory_allocate_zeroed(HEADS_PER_CHUNK, sizeof(uint32_t));
    table->chunk_count = count + 1;
}

void herd_table_init(struct herd_table *table, herd_table_locate locate, void *owner)
{
    /* The first chunk is there from the start, so that looking up needs no check: begin with all its heads. */
    *table = (struct herd_table){.level = HEADS_PER_CHUNK, .locate = locate, .owner = owner};
    add_chunk(table);
}

void herd_table_finish(struct herd_table *table)
{
    if (table == NULL) return;
    for (uint32_t i = 0; i < table->chunk_count; i++)
        herd_memory_free(table->chunks[i]);
    herd_memory_free(table->chunks);
    *table = (struct herd_table){0};
}

/*
 * One step of growth: the items of bucket `split` whose hash has the bit
 * `level` set go to the new bucket `split + level`, the others stay. After the
 * last bucket of a round the level doubles and splitting starts over.
 */
static void split_bucket(struct herd_table *table)
{
    uint32_t born = table->split + table->level;
    if (born >> HERD_TABLE_CHUNK_SHIFT >= table->chunk_count) add_chunk(table);
    uint32_t *stay = head_of(table, table->split);
    uint32_t *move = head_of(table, born);
    uint32_t handle = *stay;
    while (handle != 0) {
        struct herd_table_node *node = node_of(table, handle);
        uint32_t next = node->next;
        if (node->hash & table->level) {
            *move = handle;
            move = &node->next;
        } else {
            *stay = handle;
            stay = &node->next;
        }
        handle = next;
    }
    *stay = 0;
    *move = 0;
    if (++table->split == table->level) {
        table->level *= 2;
        table->split = 0;
    }
}

void herd_table_insert(struct herd_table *table, uint32_t hash, uint32_t handle)
{
    assert(handle != 0);
    bool crowded = table->count >= table->level + table->split;
    if (crowded && table->level < UINT32_C(1) << 31) split_bucket(table);
    uint32_t *head = head_of(table, herd_table_bucket(table, hash));
    struct herd_table_node *node = node_of(table, handle);
    node->hash = hash;
    node->next = *head;
    *head = handle;
    table->count++;
}

void herd_table_remove(struct herd_table *table, uint32_t handle)
{
    struct herd_table_node *node = node_of(table, handle);
    uint32_t *link = head_of(table, herd_table_bucket(table, node->hash));
    while (*link != handle) {
        assert(*link != 0);
        link = &node_of(table, *link)->next;
    }
    *link = node->next;
    node->next = 0;
    table->count--;
}
