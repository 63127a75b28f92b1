/* SPDX-License-Identifier: MIT */
#ifndef HERD_MASK_H
#define HERD_MASK_H

/*
 * Sixty-four bytes judged at once: bit i of a mask is the judgement of byte i.
 * A parser that has the mask of a whole line walks from mark to mark instead
 * of from byte to byte. SSE2, which every x86-64 processor has, makes a mask
 * of four loads; elsewhere it is made of eight words (herd/word.h).
 */

#include <stdint.h>

#include "herd/word.h"

#define HERD_MASK_SIZE 64

/* Marks the digits among the eight bytes at `bytes`: the portable form. */
static inline uint64_t herd_mask_digits_of_word(const char *bytes)
{
    uint64_t judgements = ~herd_word_other_than_digits(herd_word_load(bytes)) & HERD_WORD_OF(0x80);
    /* Byte i's bit, now its lowest, is multiplied to bit 56 + i: no two meet. */
    return (judgements >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

#define HERD_MASK_STEP 16

/* The first of the sixteen bytes at `bytes` that is up to ' ', which all white space is among; 16 where none is. */
static inline unsigned herd_mask_up_to_space(const char *bytes)
{
#if defined(__SSE2__)
    __m128i piece = _mm_loadu_si128((const void *)bytes);
    __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(piece, _mm_set1_epi8(' ')), piece);
    return (unsigned)__builtin_ctz((unsigned)_mm_movemask_epi8(low) | 1u << HERD_MASK_STEP);
#else
    unsigned first = herd_word_first(herd_word_up_to_space(herd_word_load(bytes)));
    if (first < HERD_WORD_SIZE) return first;
    return HERD_WORD_SIZE + herd_word_first(herd_word_up_to_space(herd_word_load(bytes + HERD_WORD_SIZE)));
#endif
}

/* Marks the digits among the sixteen bytes at `bytes`. */
static inline uint64_t herd_mask_digits(const char *bytes)
{
#if defined(__SSE2__)
    __m128i value = _mm_sub_epi8(_mm_loadu_si128((const void *)bytes), _mm_set1_epi8('0'));
    return (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(9)), value));
#else
    return herd_mask_digits_of_word(bytes) | herd_mask_digits_of_word(bytes + HERD_WORD_SIZE) << HERD_WORD_SIZE;
#endif
}

/*
 * Marks the bytes that are not '0' to '9' among the `count` at `bytes`, sixteen
 * to 64, which need no alignment. No bit is set behind them.
 */
static inline uint64_t herd_mask_other_than_digits(const char *bytes, unsigned count)
{
    uint64_t digits = herd_mask_digits(bytes);
    for (unsigned at = HERD_MASK_STEP; at + HERD_MASK_STEP < count; at += HERD_MASK_STEP)
        digits |= herd_mask_digits(bytes + at) << at;
    unsigned last = count - HERD_MASK_STEP; /* may overlap those before */
    digits |= herd_mask_digits(bytes + last) << last;
    return ~digits << (HERD_MASK_SIZE - count) >> (HERD_MASK_SIZE - count);
}

#endif
