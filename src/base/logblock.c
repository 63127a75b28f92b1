/* SPDX-License-Identifier: MIT */
#include "herd/memory.h"
#include "local.h"

#define SPARES_MAX 2 /* kept for later; what one burst needed more is freed */

/* Those of a time when lines were shorter are freed. */
static struct log_block *take_spare(struct log_blocks *blocks)
{
    while (blocks->spares != NULL) {
        struct log_block *block = blocks->spares;
        blocks->spares = block->next;
        blocks->spare_count--;
        if (block->size == blocks->size) return block;
        herd_memory_free(block);
    }
    return NULL;
}

struct log_block *log_blocks_add(struct log_blocks *blocks)
{
    struct log_block *block = take_spare(blocks);
    if (block == NULL) {
        block = herd_memory_allocate(sizeof(*block) + blocks->size);
        block->size = blocks->size;
    }
    block->next = NULL;
    block->ready = block->written = 0;
    if (blocks->first == NULL)
        blocks->first = block;
    else
        blocks->last->next = block;
    blocks->last = block;
    return block;
}

void log_blocks_put_away(struct log_blocks *blocks)
{
    struct log_block *block = blocks->first;
    blocks->first = block->next;
    if (blocks->spare_count == SPARES_MAX) {
        herd_memory_free(block);
        return;
    }
    block->next = blocks->spares;
    blocks->spares = block;
    blocks->spare_count++;
}

static void free_all(struct log_block *block)
{
    while (block != NULL) {
        struct log_block *next = block->next;
        herd_memory_free(block);
        block = next;
    }
}

void log_blocks_finish(struct log_blocks *blocks)
{
    free_all(blocks->first);
    free_all(blocks->spares);
}
