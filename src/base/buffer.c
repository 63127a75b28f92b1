/* SPDX-License-Identifier: MIT */
#include "herd/buffer.h"

#include <assert.h>
#include <stdint.h>

#include "herd/memory.h"

#define CAPACITY_MIN 256

void herd_buffer_finish(struct herd_buffer *buffer)
{
    if (buffer == NULL) return;
    herd_memory_free(buffer->memory);
    herd_buffer_init(buffer);
}

/*
 * Live bytes are moved down only where at least as many have been consumed
 * before them, so every byte that is moved was paid for by one that left.
 * Otherwise the memory doubles: both ways appending costs O(1) a byte.
 */
char *herd_buffer_grow(struct herd_buffer *buffer, size_t size)
{
    size_t live = herd_buffer_length(buffer);
    assert(size <= SIZE_MAX / 4 && live <= SIZE_MAX / 4);

    bool fits = buffer->memory != NULL && buffer->capacity - live >= size;
    if (!fits || buffer->start < live) {
        size_t capacity = buffer->capacity < CAPACITY_MIN ? CAPACITY_MIN : buffer->capacity;
        while (capacity - live < size || capacity == buffer->capacity)
            capacity *= 2;
        if (buffer->start == 0) {
            buffer->memory = herd_memory_resize(buffer->memory, capacity);
        } else {
            char *memory = herd_memory_allocate(capacity);
            memcpy(memory, buffer->memory + buffer->start, live);
            herd_memory_free(buffer->memory);
            buffer->memory = memory;
        }
        buffer->capacity = capacity;
    } else if (live > 0) {
        memmove(buffer->memory, buffer->memory + buffer->start, live);
    }
    buffer->start = 0;
    buffer->end = live;
    return buffer->memory + live;
}

void herd_buffer_append_number(struct herd_buffer *buffer, unsigned long long number)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    herd_buffer_append(buffer, (struct herd_text){digits + at, sizeof(digits) - at});
}
