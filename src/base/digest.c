/* SPDX-License-Identifier: MIT */
/*
 * Two words at a time are multiplied into both lanes, the low half of the
 * 128-bit product feeds one, the high half the other, as multiply-mix hashes
 * do; the words are added once more, because a product with 0 would forget the
 * other factor. The constants are odd numbers with half their bits set (the
 * fractions of the golden ratio and of square roots).
 */
#include "herd/digest.h"

#include "herd/word.h"

__extension__ typedef unsigned __int128 wide;

#define MULTIPLY UINT64_C(0x9e3779b97f4a7c15)
#define ADD_LOW UINT64_C(0x6a09e667f3bcc909)
#define ADD_HIGH UINT64_C(0xbb67ae8584caa73b)

static inline struct herd_digest mix(struct herd_digest hash, uint64_t a, uint64_t b)
{
    wide product = (wide)(hash.low ^ a) * (hash.high ^ b);
    return (struct herd_digest){.low = (uint64_t)product + b, .high = (uint64_t)(product >> 64) ^ a};
}

/* Fewer than sixteen bytes: two words that overlap, or one byte by byte. */
static struct herd_digest mix_short(struct herd_digest hash, struct herd_text text)
{
    uint64_t word = 0;
    if (text.length >= HERD_WORD_SIZE) {
        return mix(hash, herd_word_load(text.bytes), herd_word_load(text.bytes + text.length - HERD_WORD_SIZE));
    }
    for (size_t i = 0; i < text.length; i++)
        word = word << 8 | (unsigned char)text.bytes[i];
    return mix(hash, word, MULTIPLY);
}

/* Sixteen bytes at a time; the last sixteen may overlap those before. The length tells such texts apart. */
static struct herd_digest mix_text(struct herd_digest hash, struct herd_text text)
{
    const char *at = text.bytes;
    if (text.length < 2 * HERD_WORD_SIZE) return mix_short(hash, text);
    const char *last = at + text.length - 2 * HERD_WORD_SIZE;
    for (; at < last; at += 2 * HERD_WORD_SIZE)
        hash = mix(hash, herd_word_load(at), herd_word_load(at + HERD_WORD_SIZE));
    return mix(hash, herd_word_load(last), herd_word_load(last + HERD_WORD_SIZE));
}

struct herd_digest herd_digest_hash(struct herd_digest key, uint64_t first, uint64_t second, struct herd_text text)
{
    struct herd_digest hash = mix_text(mix(key, first, second), text);
    hash = mix(hash, ADD_LOW, MULTIPLY ^ text.length);
    hash = mix(hash, ADD_HIGH, ADD_LOW);
    /* The lowest bits of a product hang on few others. */
    return (struct herd_digest){.low = hash.low ^ hash.high, .high = hash.high};
}

struct herd_digest herd_digest_key(struct herd_text herd)
{
    return herd_digest_hash((struct herd_digest){ADD_LOW, ADD_HIGH}, 0, 0, herd);
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
