/* SPDX-License-Identifier: MIT */
#ifndef HERD_SLAB_H
#define HERD_SLAB_H

/*
 * A slab: items of one size in chunks, named by 32-bit handles. Items never
 * move; growing allocates one chunk and copies nothing but the list of
 * chunks, so it makes no pause. Freed items are used again first.
 *
 * Handle 0 is never given out (HERD_SLAB_NONE), so zeroed memory names nothing.
 */

#include <stddef.h>
#include <stdint.h>

#define HERD_SLAB_NONE UINT32_C(0)

struct herd_slab {
    char **chunks;
    size_t item_size;     /* rounded up to 8, at least 8 */
    uint32_t chunk_shift; /* items per chunk = 1 << chunk_shift */
    uint32_t chunk_mask;  /* one less than that */
    uint32_t chunk_count;
    uint32_t next;      /* first handle never given out */
    uint32_t free_head; /* list of freed items through their first 4 bytes */
    uint32_t live;      /* items in use */
};

/* 1 << chunk_shift items a chunk; chunk_shift <= 20. Allocates nothing yet. */
void herd_slab_init(struct herd_slab *slab, size_t item_size, uint32_t chunk_shift);
void herd_slab_finish(struct herd_slab *slab);

/* An item of uninitialised bytes, 8-byte aligned. */
uint32_t herd_slab_take(struct herd_slab *slab);
void herd_slab_give(struct herd_slab *slab, uint32_t handle);

/* The item's address; `handle` must be in use. Stays right until it is given back. */
static inline void *herd_slab_item(const struct herd_slab *slab, uint32_t handle)
{
    return slab->chunks[handle >> slab->chunk_shift] + (handle & slab->chunk_mask) * slab->item_size;
}

#endif
