/* SPDX-License-Identifier: MIT */
#include <stdint.h>

#include "herd/log.h"
#include "herd/word.h"

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

/* Judges the bytes of a word that equal `byte`. */
static uint64_t equal_to(uint64_t word, unsigned char byte)
{
    uint64_t difference = word ^ HERD_WORD_OF(byte);
    return ~(((difference & HERD_WORD_OF(0x7f)) + HERD_WORD_OF(0x7f)) | difference) & HERD_WORD_OF(0x80);
}

/* Whether all of a word is ASCII that passes: most words of most lines. */
static bool is_plain(uint64_t word)
{
    uint64_t low = word & HERD_WORD_OF(0x7f);
    uint64_t printable = (low + HERD_WORD_OF(0x60)) & ~(low + HERD_WORD_OF(0x01)) & ~word; /* 0x20 to 0x7e */
    if ((printable & HERD_WORD_OF(0x80)) != HERD_WORD_OF(0x80)) return false;
    return (equal_to(word, '"') | equal_to(word, '\\')) == 0;
}

static void write_escape(char *out, unsigned byte)
{
    static const char digits[] = "0123456789abcdef";
    out[0] = '\\';
    out[1] = 'x';
    out[2] = digits[byte >> 4];
    out[3] = digits[byte & 15];
}

/* Copies words as long as they are plain and fit: the number of bytes. */
static size_t copy_plain(const char *bytes, size_t left, char *out, size_t room)
{
    size_t copied = 0;
    while (left - copied >= HERD_WORD_SIZE && room - copied >= HERD_WORD_SIZE) {
        uint64_t word = herd_word_load(bytes + copied);
        if (!is_plain(word)) break;
        herd_word_store(word, out + copied);
        copied += HERD_WORD_SIZE;
    }
    return copied;
}

size_t herd_escape(struct herd_text text, char *out, size_t capacity, size_t *ret_used)
{
    const unsigned char *bytes = (const unsigned char *)text.bytes;
    size_t used = 0;
    size_t written = 0;
    while (used < text.length) {
        size_t plain = copy_plain(text.bytes + used, text.length - used, out + written, capacity - written);
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
