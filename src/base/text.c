/* SPDX-License-Identifier: MIT */
#include "herd/text.h"

#include "herd/memory.h"

int herd_text_compare(struct herd_text a, struct herd_text b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter == 0 ? 0 : memcmp(a.bytes, b.bytes, shorter);
    if (order != 0) return order;
    return (a.length > b.length) - (a.length < b.length);
}

struct herd_text herd_text_skip_mark(struct herd_text text)
{
    static const char mark[] = {'\xef', '\xbb', '\xbf'};
    if (text.length < sizeof mark || memcmp(text.bytes, mark, sizeof mark) != 0) return text;
    return (struct herd_text){text.bytes + sizeof mark, text.length - sizeof mark};
}

char *herd_string_copy(const char *string)
{
    size_t size = strlen(string) + 1;
    return memcpy(herd_memory_allocate(size), string, size);
}
