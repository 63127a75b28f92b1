/* SPDX-License-Identifier: MIT */
/*
 * The allocation seam (herd/memory.h) once more: what is freed is kept for the
 * next schedule, so that a server's new run costs next to nothing. Sanitizers
 * see the house's own instead, as they must know what was freed.
 */
#include "herd/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CLASS_SHIFT_MIN 6
#define CLASSES 24

union block {
    struct {
        union block *next; /* in its class's list while free */
        unsigned class;
    } head;
    long double align;
};

static union block *blocks[CLASSES];

static unsigned class_of(size_t size)
{
    size_t whole = size + sizeof(union block);

    if (whole <= (size_t)1 << CLASS_SHIFT_MIN) return 0;
    return 64 - (unsigned)__builtin_clzll(whole - 1) - CLASS_SHIFT_MIN;
}

void *herd_memory_allocate(size_t size)
{
    unsigned class = class_of(size);
    union block *block;

    if (class >= CLASSES) abort();
    block = blocks[class];
    if (block != NULL)
        blocks[class] = block->head.next;
    else
        block = malloc((size_t)1 << (class + CLASS_SHIFT_MIN));
    if (block == NULL) abort();
    block->head.class = class;
    return block + 1;
}

/* Where they begin is a matter of speed alone. */
void *herd_memory_allocate_lines(size_t size)
{
    return herd_memory_allocate(size);
}

void *herd_memory_allocate_zeroed(size_t count, size_t size)
{
    void *memory = herd_memory_allocate(count * size);

    return memset(memory, 0, count * size);
}

void *herd_memory_resize(void *old, size_t size)
{
    union block *block = old;
    void *memory;
    size_t usable;

    if (old == NULL) return herd_memory_allocate(size);
    usable = ((size_t)1 << (block[-1].head.class + CLASS_SHIFT_MIN)) - sizeof *block;
    if (size <= usable) return old;
    memory = herd_memory_allocate(size);
    memcpy(memory, old, usable);
    herd_memory_free(old);
    return memory;
}

void herd_memory_free(void *memory)
{
    union block *block = memory;

    if (memory == NULL) return;
    block--;
    block->head.next = blocks[block->head.class];
    blocks[block->head.class] = block;
}
