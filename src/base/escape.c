/* SPDX-License-Identifier: MIT */
#include <stdint.h>

#include "herd/log.h"
#include "herd/word.h"

#define BLOCK 32 /* bytes tested at once where there are so many */

/* How many bytes starting here are one well-formed UTF-8 character that a terminal may see; 0: escape the first. */
static size_t passable(const unsigned char *at, size_t left)
{
    unsigned first = at[0];
    if (first < 0x80) return first >= 0x20 && first != 0x7f && first != '\\' && first != '"' ? 1 : 0;
    if (first < 0xc2 || first > 0xf4) return 0;
    size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (left < length) return 0;
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) return 0;
    }
    switch (first) { /* where the first byte alone does not tell: see Unicode, table 3-7 */
    case 0xc2:
        return at[1] < 0xa0 ? 0 : length; /* U+0080 to U+009F: control characters */
    case 0xe0:
        return at[1] < 0xa0 ? 0 : length; /* over-long */
    case 0xed:
        return at[1] > 0x9f ? 0 : length; /* surrogates */
    case 0xf0:
        return at[1] < 0x90 ? 0 : length; /* over-long */
    case 0xf4:
        return at[1] > 0x8f ? 0 : length; /* over U+10FFFF */
    default:
        return length;
    }
}

/* Whether all of BLOCK bytes are ASCII that passes. No byte decides alone, so that compilers test many at a time. */
static bool is_plain_block(const unsigned char *bytes)
{
    unsigned char odd = 0;
    for (size_t i = 0; i < BLOCK; i++) {
        unsigned char over_space = (unsigned char)(bytes[i] - 0x20); /* 0x20 to 0x7e: up to 0x5e */
        odd |= (unsigned char)((over_space > 0x5e) | (bytes[i] == '"') | (bytes[i] == '\\'));
    }
    return odd == 0;
}

/* The same of a word. A byte that is not below 0x80 or makes one of these differences borrow is not plain itself. */
static bool is_plain_word(uint64_t word)
{
    uint64_t control = word - HERD_WORD_OF(0x20);
    uint64_t delete = word + HERD_WORD_OF(0x01);
    uint64_t quote = (word ^ HERD_WORD_OF('"')) - HERD_WORD_OF(0x01);
    uint64_t backslash = (word ^ HERD_WORD_OF('\\')) - HERD_WORD_OF(0x01);
    return ((word | control | delete | quote | backslash) & HERD_WORD_OF(0x80)) == 0;
}

static void write_escape(char *out, unsigned byte)
{
    static const char digits[] = "0123456789abcdef";
    out[0] = '\\';
    out[1] = 'x';
    out[2] = digits[byte >> 4];
    out[3] = digits[byte & 15];
}

/*
 * How much of the beginning is plain; some plain bytes before one that is not
 * may be missing. The last block or word begins within what was tested before.
 */
static size_t plain_length(const char *bytes, size_t length)
{
    size_t plain = 0;
    while (length - plain >= BLOCK && is_plain_block((const unsigned char *)bytes + plain))
        plain += BLOCK;
    if (length - plain < BLOCK && length >= BLOCK)
        return is_plain_block((const unsigned char *)bytes + length - BLOCK) ? length : plain;
    while (length - plain >= HERD_WORD_SIZE && is_plain_word(herd_word_load(bytes + plain)))
        plain += HERD_WORD_SIZE;
    if (length - plain >= HERD_WORD_SIZE || length < HERD_WORD_SIZE) return plain;
    return is_plain_word(herd_word_load(bytes + length - HERD_WORD_SIZE)) ? length : plain;
}

size_t herd_escape(struct herd_text text, char *out, size_t capacity, size_t *ret_used)
{
    const unsigned char *bytes = (const unsigned char *)text.bytes;
    size_t used = 0;
    size_t written = 0;
    while (used < text.length) {
        size_t left = text.length - used;
        size_t room = capacity - written;
        size_t plain = plain_length(text.bytes + used, left < room ? left : room);
        memcpy(out + written, text.bytes + used, plain);
        used += plain;
        written += plain;
        if (used == text.length) break;
        size_t length = passable(bytes + used, text.length - used);
        size_t needed = length == 0 ? 4 : length;
        if (capacity - written < needed) break;
        if (length == 0) {
            write_escape(out + written, bytes[used++]);
        } else {
            for (size_t i = 0; i < length; i++)
                out[written + i] = text.bytes[used + i];
            used += length;
        }
        written += needed;
    }
    if (ret_used != NULL) *ret_used = used;
    return written;
}
