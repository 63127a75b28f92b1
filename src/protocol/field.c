/* SPDX-License-Identifier: MIT */
#include "herd/word.h"
#include "local.h"

/* Eight bytes at a time up to one that may be white space; control bytes that are not go on. */
const char *field_end(const char *at, const char *end)
{
    while (end - at >= HERD_WORD_SIZE) {
        unsigned skipped = herd_word_first(herd_word_up_to_space(herd_word_load(at)));
        at += skipped;
        if (skipped == HERD_WORD_SIZE) continue;
        if (herd_is_space(*at)) return at;
        at++;
    }
    while (at < end && ((unsigned char)*at > ' ' || !herd_is_space(*at)))
        at++;
    return at;
}

struct herd_text herd_field_next(struct herd_text *rest)
{
    if (rest->length == 0) return *rest;
    const char *end = rest->bytes + rest->length;
    const char *start = field_start(rest->bytes, end);
    const char *stop = field_end(start, end);
    *rest = (struct herd_text){stop, (size_t)(end - stop)};
    return (struct herd_text){start, (size_t)(stop - start)};
}
