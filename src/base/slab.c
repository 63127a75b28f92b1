/* SPDX-License-Identifier: MIT */
#include "herd/slab.h"

#include <assert.h>
#include <string.h>

#include "herd/memory.h"

#define ALIGNMENT 8
#define CHUNK_SHIFT_MAX 20

void herd_slab_init(struct herd_slab *slab, size_t item_size, uint32_t chunk_shift)
{
    assert(chunk_shift <= CHUNK_SHIFT_MAX);
    size_t rounded = (item_size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    *slab = (struct herd_slab){
        .item_size = rounded < ALIGNMENT ? ALIGNMENT : rounded,
        .chunk_shift = chunk_shift,
        .chunk_mask = (UINT32_C(1) << chunk_shift) - 1,
        .next = HERD_SLAB_NONE + 1,
    };
}

void herd_slab_finish(struct herd_slab *slab)
{
    if (slab == NULL) return;
    for (uint32_t i = 0; i < slab->chunk_count; i++)
        herd_memory_free(slab->chunks[i]);
    herd_memory_free(slab->chunks);
    herd_slab_init(slab, slab->item_size, slab->chunk_shift);
}

/* The list of chunks has room for the next power of two, so its length needs no field. */
static void add_chunk(struct herd_slab *slab)
{
    uint32_t count = slab->chunk_count;
    if ((count & (count - 1)) == 0) {
        size_t room = count == 0 ? 1 : (size_t)count * 2;
        slab->chunks = herd_memory_resize(slab->chunks, room * sizeof(*slab->chunks));
    }
    slab->chunks[count] = herd_memory_allocate_lines(slab->item_size << slab->chunk_shift);
    slab->chunk_count = count + 1;
}

uint32_t herd_slab_take(struct herd_slab *slab)
{
    uint32_t handle = slab->free_head;
    if (handle != HERD_SLAB_NONE) {
        memcpy(&slab->free_head, herd_slab_item(slab, handle), sizeof(slab->free_head));
    } else {
        handle = slab->next;
        assert(handle != UINT32_MAX);
        if (handle >> slab->chunk_shift >= slab->chunk_count) add_chunk(slab);
        slab->next = handle + 1;
    }
    slab->live++;
    return handle;
}

void herd_slab_give(struct herd_slab *slab, uint32_t handle)
{
    assert(handle != HERD_SLAB_NONE && handle < slab->next && slab->live > 0);
    memcpy(herd_slab_item(slab, handle), &slab->free_head, sizeof(slab->free_head));
    slab->free_head = handle;
    slab->live--;
}
