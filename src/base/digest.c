/* SPDX-License-Identifier: MIT */
/*
 * Each word is multiplied into both lanes at once: the low half of the 128-bit
 * product feeds one, the high half the other, as multiply-mix hashes do. The
 * constants are odd numbers with half their bits set (the fractions of the
 * golden ratio and of square roots).
 */
#include "herd/digest.h"

#include "herd/word.h"

__extension__ typedef unsigned __int128 wide;

#define MULTIPLY UINT64_C(0x9e3779b97f4a7c15)
#define ADD_LOW UINT64_C(0x6a09e667f3bcc909)
#define ADD_HIGH UINT64_C(0xbb67ae8584caa73b)

static uint64_t rotate(uint64_t word, unsigned by)
{
    return word << by | word >> (64 - by);
}

static inline void mix(struct herd_digest *hash, uint64_t word)
{
    wide product = (wide)(hash->low ^ word) * MULTIPLY;
    hash->low = (uint64_t)(product >> 64) + hash->high;
    hash->high = (uint64_t)product ^ rotate(word + hash->high, 29);
}

void herd_digest_number(struct herd_digest *hash, uint64_t number)
{
    mix(hash, number);
}

/* The last bytes, fewer than eight, with the text's length in the top one. */
static uint64_t tail_of(struct herd_text text, size_t at)
{
    size_t left = text.length - at;
    uint64_t tail = 0;
    if (left > 0 && text.length >= HERD_WORD_SIZE)
        tail = herd_word_load(text.bytes + text.length - HERD_WORD_SIZE) >> (8 * (HERD_WORD_SIZE - left));
    else
        for (size_t i = left; i > 0; i--)
            tail = tail << 8 | (unsigned char)text.bytes[at + i - 1];
    return tail | (uint64_t)text.length << 56;
}

void herd_digest_text(struct herd_digest *hash, struct herd_text text)
{
    struct herd_digest state = *hash;
    size_t at = 0;
    for (; text.length - at >= HERD_WORD_SIZE; at += HERD_WORD_SIZE)
        mix(&state, herd_word_load(text.bytes + at));
    mix(&state, tail_of(text, at));
    *hash = state;
}

/* Until every bit has reached every other one. */
void herd_digest_finish(struct herd_digest *hash)
{
    mix(hash, ADD_LOW);
    mix(hash, ADD_HIGH);
    mix(hash, MULTIPLY);
}

void herd_digest_key(struct herd_text herd, struct herd_digest *ret_key)
{
    struct herd_digest key = {ADD_LOW, ADD_HIGH};
    herd_digest_text(&key, herd);
    herd_digest_finish(&key);
    *ret_key = key;
}

static void format_word(uint64_t word, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (unsigned i = 0; i < 16; i++)
        out[i] = digits[word >> (60 - 4 * i) & 15];
}

void herd_digest_format(const struct herd_digest *digest, char out[HERD_DIGEST_LENGTH])
{
    format_word(digest->high, out);
    format_word(digest->low, out + 16);
}
