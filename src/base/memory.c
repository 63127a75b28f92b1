/* SPDX-License-Identifier: MIT */
#include "herd/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXIT_SYSTEM 71 /* EX_OSERR */
#define LARGE_PAGE ((size_t)1 << 21)

/*
 * Nothing here may allocate, and no exit handler may run: whatever they would
 * want to save is gone with the memory they would need for it.
 */
static _Noreturn void die(void)
{
    static const char message[] = "herd: out of memory\n";
    ssize_t written = write(STDERR_FILENO, message, sizeof(message) - 1);
    (void)written;
    _exit(EXIT_SYSTEM);
}

void *herd_memory_allocate(size_t size)
{
    void *memory = malloc(size == 0 ? 1 : size);
    if (memory == NULL) die();
    return memory;
}

void *herd_memory_allocate_lines(size_t size)
{
    size_t lines = size == 0 ? 1 : (size + HERD_CACHE_LINE - 1) / HERD_CACHE_LINE;
    void *memory = aligned_alloc(HERD_CACHE_LINE, lines * HERD_CACHE_LINE);
    if (memory == NULL) die();
    return memory;
}

void *herd_memory_allocate_large(size_t size)
{
    void *memory = NULL;
    if (size < LARGE_PAGE) return herd_memory_allocate(size);
    if (posix_memalign(&memory, LARGE_PAGE, size) != 0) die();
    (void)madvise(memory, size - size % LARGE_PAGE, MADV_HUGEPAGE); /* where there are none it is as good as before */
    return memory;
}

void *herd_memory_allocate_zeroed(size_t count, size_t size)
{
    bool empty = count == 0 || size == 0;
    void *memory = empty ? calloc(1, 1) : calloc(count, size);
    if (memory == NULL) die();
    return memory;
}

void *herd_memory_resize(void *old, size_t size)
{
    void *memory = realloc(old, size == 0 ? 1 : size);
    if (memory == NULL) die();
    return memory;
}

void herd_memory_free(void *memory)
{
    free(memory);
}
