/* SPDX-License-Identifier: MIT */
#ifndef HERD_MEMORY_H
#define HERD_MEMORY_H

/*
 * The one seam for heap memory. These never return NULL: where memory is out
 * the process says so on standard error and exits 71 (EX_OSERR). Callers bound
 * every size that a stranger drives before they ask.
 */

#include <stddef.h>

/*
 * A large local of a hot path that is written before it is read: not zeroed
 * where the build zeroes locals (-ftrivial-auto-var-init).
 */
#define HERD_UNINITIALIZED __attribute__((uninitialized))

/* `size` uninitialised bytes, at least one. Freed with herd_memory_free. */
void *herd_memory_allocate(size_t size);
#define HERD_CACHE_LINE 64
/* The same, at the start of a line of the processor's cache. */
void *herd_memory_allocate_lines(size_t size);
/*
 * The same for some megabytes that are written at once and then read all over:
 * in the system's large pages where it has them, which spares an interruption
 * for every 4 KiB.
 */
void *herd_memory_allocate_large(size_t size);
/* `count * size` zeroed bytes; a product that overflows counts as memory out. */
void *herd_memory_allocate_zeroed(size_t count, size_t size);
/* Grows or shrinks; `old` may be NULL. */
void *herd_memory_resize(void *old, size_t size);
/* Takes NULL. */
void herd_memory_free(void *memory);

#endif
