/* SPDX-License-Identifier: MIT */
#ifndef HERD_SIPHASH_H
#define HERD_SIPHASH_H

/*
 * SipHash-1-3 (Aumasson and Bernstein 2012): a keyed hash for tables whose
 * keys strangers choose. Draw the key from herd_random_system. Inline, as the
 * texts are short: half the time would be the calls.
 */

#include <stdint.h>

#include "herd/text.h"
#include "herd/word.h"

struct herd_siphash_key {
    uint64_t k0;
    uint64_t k1;
};

struct herd_siphash_state {
    uint64_t v0;
    uint64_t v1;
    uint64_t v2;
    uint64_t v3;
};

/* SipHash's rotl. */
static inline uint64_t herd_siphash_rotate(uint64_t value, unsigned bits)
{
    return (value << bits) | (value >> (64 - bits));
}

/* SipRound. */
static inline void herd_siphash_round(struct herd_siphash_state *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = herd_siphash_rotate(s->v1, 13) ^ s->v0;
    s->v3 = herd_siphash_rotate(s->v3, 16) ^ s->v2;
    s->v0 = herd_siphash_rotate(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = herd_siphash_rotate(s->v1, 17) ^ s->v2;
    s->v3 = herd_siphash_rotate(s->v3, 21) ^ s->v0;
    s->v2 = herd_siphash_rotate(s->v2, 32);
}

/* One round a word: the 1 of SipHash-1-3. */
static inline void herd_siphash_absorb(struct herd_siphash_state *s, uint64_t word)
{
    s->v3 ^= word;
    herd_siphash_round(s);
    s->v0 ^= word;
}

static inline uint64_t herd_siphash(const struct herd_siphash_key *key, struct herd_text text)
{
    struct herd_siphash_state s = {
        key->k0 ^ UINT64_C(0x736f6d6570736575), /* "somepseudorandomlygeneratedbytes" */
        key->k1 ^ UINT64_C(0x646f72616e646f6d),
        key->k0 ^ UINT64_C(0x6c7967656e657261),
        key->k1 ^ UINT64_C(0x7465646279746573),
    };
    const char *byte = text.bytes;
    size_t words = text.length / 8;
    for (size_t i = 0; i < words; i++, byte += 8)
        herd_siphash_absorb(&s, herd_word_load(byte));

    herd_siphash_absorb(&s,
                        (uint64_t)text.length << 56 | herd_word_load_last(text.bytes, text.length, text.length % 8));

    s.v2 ^= 0xff;
    herd_siphash_round(&s);
    herd_siphash_round(&s);
    herd_siphash_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

#endif
