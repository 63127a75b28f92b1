/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEST_COUNTEDMEMORY_H
#define HERD_TEST_COUNTEDMEMORY_H

/* The seam for memory (herd/memory.h) once more, counting. For the one file of a test that includes it. */

#include <stdlib.h>

#include "herd/memory.h"

static unsigned allocations;

void *herd_memory_allocate(size_t size)
{
    return herd_memory_resize(NULL, size);
}

void *herd_memory_allocate_lines(size_t size)
{
    return herd_memory_resize(NULL, size);
}

void *herd_memory_allocate_large(size_t size)
{
    return herd_memory_resize(NULL, size);
}

void *herd_memory_allocate_zeroed(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size + 1);
    assert_non_null(memory);
    allocations++;
    return memory;
}

void *herd_memory_resize(void *old, size_t size)
{
    void *memory = realloc(old, size + 1);
    assert_non_null(memory);
    allocations++;
    return memory;
}

void herd_memory_free(void *memory)
{
    free(memory);
}

#endif
