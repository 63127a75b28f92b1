/* SPDX-License-Identifier: MIT */
#ifndef HERD_BUFFER_H
#define HERD_BUFFER_H

/*
 * A byte queue in one piece of memory: bytes are appended at the end and
 * consumed at the start. An empty buffer may own no memory at all.
 *
 *     memory: [ consumed | live bytes ......... | free ]
 *             0          start                 end     capacity
 */

#include "herd/text.h"

struct herd_buffer {
    char *memory;
    size_t start;
    size_t end;
    size_t capacity;
};

#define HERD_BUFFER_INIT                                                                                               \
    {                                                                                                                  \
        NULL, 0, 0, 0                                                                                                  \
    }

static inline void herd_buffer_init(struct herd_buffer *buffer)
{
    *buffer = (struct herd_buffer)HERD_BUFFER_INIT;
}
/* Frees the memory; the buffer is then as after init. Takes NULL. */
void herd_buffer_finish(struct herd_buffer *buffer);

/* How many live bytes there are. */
static inline size_t herd_buffer_length(const struct herd_buffer *buffer)
{
    return buffer->end - buffer->start;
}

/* The live bytes, valid until the buffer is changed; never a null pointer. */
static inline struct herd_text herd_buffer_text(const struct herd_buffer *buffer)
{
    if (buffer->memory == NULL) return (struct herd_text){"", 0};
    return (struct herd_text){buffer->memory + buffer->start, buffer->end - buffer->start};
}

/* Out of line part of herd_buffer_reserve: moves live bytes down or grows (doubling). */
char *herd_buffer_grow(struct herd_buffer *buffer, size_t size);

/*
 * Room for at least `size` bytes after the live ones; returns where they go.
 * Write there, then herd_buffer_commit how many were written. Moves memory:
 * views of this buffer are void afterwards.
 */
static inline char *herd_buffer_reserve(struct herd_buffer *buffer, size_t size)
{
    if (buffer->capacity - buffer->end >= size && buffer->memory != NULL) return buffer->memory + buffer->end;
    return herd_buffer_grow(buffer, size);
}

static inline void herd_buffer_commit(struct herd_buffer *buffer, size_t written)
{
    buffer->end += written;
}

/* Adds bytes at the end; they must not be the buffer's own. */
static inline void herd_buffer_append(struct herd_buffer *buffer, struct herd_text text)
{
    if (text.length == 0) return;
    memcpy(herd_buffer_reserve(buffer, text.length), text.bytes, text.length);
    buffer->end += text.length;
}

/* Adds one byte at the end. */
static inline void herd_buffer_append_byte(struct herd_buffer *buffer, char byte)
{
    *herd_buffer_reserve(buffer, 1) = byte;
    buffer->end++;
}

/* Appends an unsigned number in decimal, without leading zeros. */
void herd_buffer_append_number(struct herd_buffer *buffer, unsigned long long number);

/* Forgets the first `count` live bytes; an emptied buffer starts at 0 again. */
static inline void herd_buffer_consume(struct herd_buffer *buffer, size_t count)
{
    buffer->start += count;
    if (buffer->start == buffer->end) buffer->start = buffer->end = 0;
}

/* Forgets everything, keeps the memory. */
static inline void herd_buffer_clear(struct herd_buffer *buffer)
{
    buffer->start = buffer->end = 0;
}

/* Keeps only the first `length` live bytes (for taking back what was just appended). */
static inline void herd_buffer_truncate(struct herd_buffer *buffer, size_t length)
{
    buffer->end = buffer->start + length;
}

#endif
