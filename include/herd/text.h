/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEXT_H
#define HERD_TEXT_H

/*
 * Text: a view of bytes that somebody else owns. Not terminated, NUL is an
 * ordinary byte, UTF-8 is not assumed. A view is valid as long as its owner
 * leaves the bytes alone; every function that returns one says who that is.
 */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct herd_text {
    const char *bytes;
    size_t length;
};

/* A view of a string literal, usable as a constant initialiser. */
#define HERD_TEXT_INIT(literal)                                                                                        \
    {                                                                                                                  \
        (literal), sizeof(literal) - 1                                                                                 \
    }
#define HERD_TEXT(literal) ((struct herd_text)HERD_TEXT_INIT(literal))

/* `printf("%.*s", HERD_TEXT_ARGS(t))`, for texts known to hold no NUL. */
#define HERD_TEXT_ARGS(text) (int)(text).length, (text).bytes

/* A view of a terminated string. */
static inline struct herd_text herd_text_of(const char *string)
{
    return (struct herd_text){string, strlen(string)};
}

/* Whether both are the same bytes. */
static inline bool herd_text_equal(struct herd_text a, struct herd_text b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

/* Orders as unsigned bytes, a prefix before what it is a prefix of: < 0, 0 or > 0. */
int herd_text_compare(struct herd_text a, struct herd_text b);

/* `text` behind the byte order mark of UTF-8 that some editors write at a file's beginning. */
struct herd_text herd_text_skip_mark(struct herd_text text);

/* A copy of a string, to free with herd_memory_free. */
char *herd_string_copy(const char *string);

#endif
