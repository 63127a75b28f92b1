/* SPDX-License-Identifier: MIT */
#ifndef HERD_WORD_H
#define HERD_WORD_H

/*
 * Eight bytes at a time, for the paths that read every byte of every line. A
 * word holds its first byte lowest, on every machine; compilers make one load
 * or store of it where the machine does the same.
 *
 * The tests below are additions in which no byte's carry reaches the byte
 * above it, so that each byte is judged alone. A judgement is the top bit of
 * its byte; the lowest one that is set belongs to the first such byte.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define HERD_WORD_SIZE 8
/* The same byte eight times. */
#define HERD_WORD_OF(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The eight bytes at `bytes`, which need no alignment. */
static inline uint64_t herd_word_load(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;
    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 | (uint64_t)b[4] << 32 |
           (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 | (uint64_t)b[7] << 56;
}

/* Writes the word's eight bytes to `out`, which needs no alignment. */
static inline void herd_word_store(uint64_t word, char *out)
{
    for (unsigned i = 0; i < HERD_WORD_SIZE; i++)
        out[i] = (char)(unsigned char)(word >> (8 * i));
}

/* The bytes at `bytes`, fewer than eight, lowest first; the rest are zeros. */
static inline uint64_t herd_word_load_some(const char *bytes, size_t count)
{
    uint64_t word = 0;
    while (count > 0)
        word = word << 8 | (unsigned char)bytes[--count];
    return word;
}

/*
 * The last `count` bytes, fewer than eight, of a text of `length`; a text of
 * eight or more is read in one piece, the bytes before shifted out.
 */
static inline uint64_t herd_word_load_last(const char *bytes, size_t length, size_t count)
{
    if (length < HERD_WORD_SIZE) return herd_word_load_some(bytes + length - count, count);
    if (count == 0) return 0;
    return herd_word_load(bytes + length - HERD_WORD_SIZE) >> (8 * (HERD_WORD_SIZE - count));
}

/* Whether `length` bytes are the same; for short texts, where calling memcmp would take longer than comparing. */
static inline bool herd_word_same(const char *a, const char *b, size_t length)
{
    size_t at = 0;
    if (length < HERD_WORD_SIZE) return herd_word_load_some(a, length) == herd_word_load_some(b, length);
    for (; at + HERD_WORD_SIZE < length; at += HERD_WORD_SIZE) {
        if (herd_word_load(a + at) != herd_word_load(b + at)) return false;
    }
    at = length - HERD_WORD_SIZE;
    return herd_word_load(a + at) == herd_word_load(b + at);
}

/* Copies `size` to twice `size` bytes, in two pieces that may overlap; `size` is constant. */
static inline void herd_word_copy_twice(char *out, const char *bytes, size_t length, size_t size)
{
    memcpy(out, bytes, size);
    memcpy(out + length - size, bytes + length - size, size);
}

/* Copies a text that is short as a rule, where calling memcpy would take as long as copying. Texts do not overlap. */
static inline void herd_word_copy(char *out, const char *bytes, size_t length)
{
    if (length > 8 * HERD_WORD_SIZE) {
        memcpy(out, bytes, length);
    } else if (length >= 4 * HERD_WORD_SIZE) {
        herd_word_copy_twice(out, bytes, length, 4 * HERD_WORD_SIZE);
    } else if (length >= 2 * HERD_WORD_SIZE) {
        herd_word_copy_twice(out, bytes, length, 2 * HERD_WORD_SIZE);
    } else if (length >= HERD_WORD_SIZE) {
        herd_word_copy_twice(out, bytes, length, HERD_WORD_SIZE);
    } else if (length >= HERD_WORD_SIZE / 2) {
        herd_word_copy_twice(out, bytes, length, HERD_WORD_SIZE / 2);
    } else {
        for (size_t i = 0; i < length; i++)
            out[i] = bytes[i];
    }
}

/* Which byte the lowest judgement belongs to; 8 where there is none. */
static inline unsigned herd_word_first(uint64_t judgements)
{
    return judgements == 0 ? HERD_WORD_SIZE : (unsigned)__builtin_ctzll(judgements) / 8;
}

/* Judges the bytes that are not '0' to '9'. */
static inline uint64_t herd_word_other_than_digits(uint64_t word)
{
    uint64_t value = word ^ HERD_WORD_OF('0'); /* a digit's is 0 to 9, and 0x76 more of it is at most 0x7f */
    uint64_t sum = (value & HERD_WORD_OF(0x7f)) + HERD_WORD_OF(0x76);
    return (sum | value) & HERD_WORD_OF(0x80);
}

/* Judges the bytes up to ' ', which all white space is among. */
static inline uint64_t herd_word_up_to_space(uint64_t word)
{
    uint64_t sum = (word & HERD_WORD_OF(0x7f)) + HERD_WORD_OF(0x5f); /* 0x21 and 0x5f are 0x80 */
    return ~(sum | word) & HERD_WORD_OF(0x80);
}

/* The number that eight digits say: neighbours are added up in pairs, three times. */
static inline uint32_t herd_word_number(uint64_t word)
{
    word = (word & HERD_WORD_OF(0x0f)) * (10 * 256 + 1) >> 8;
    word = (word & UINT64_C(0x00ff00ff00ff00ff)) * (100 * 65536 + 1) >> 16;
    return (uint32_t)((word & UINT64_C(0x0000ffff0000ffff)) * (UINT64_C(10000) * 4294967296 + 1) >> 32);
}

/* What two times eight digits say. With SSE2 one pass of the same sums does for both. */
static inline void herd_word_two_numbers(const char *one, const char *other, uint32_t *ret_one, uint32_t *ret_other)
{
#if defined(__SSE2__)
    __m128i digits =
        _mm_castpd_si128(_mm_loadh_pd(_mm_castsi128_pd(_mm_loadl_epi64((const void *)one)), (const void *)other));
    __m128i tens = _mm_mullo_epi16(_mm_and_si128(digits, _mm_set1_epi8(0x0f)), _mm_set1_epi16(10 * 256 + 1));
    __m128i pairs = _mm_srli_epi16(tens, 8);
    __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(1 << 16 | 100));
    __m128i eights = _mm_madd_epi16(_mm_packs_epi32(fours, fours), _mm_set1_epi32(1 << 16 | 10000));
    *ret_one = (uint32_t)_mm_cvtsi128_si32(eights);
    *ret_other = (uint32_t)_mm_cvtsi128_si32(_mm_srli_epi64(eights, 32));
#else
    *ret_one = herd_word_number(herd_word_load(one));
    *ret_other = herd_word_number(herd_word_load(other));
#endif
}

/* Eight lower-case hexadecimal digits: nibbles are spread over the bytes, and those over nine moved to the letters. */
static inline uint64_t herd_word_hex(uint32_t number)
{
#if defined(__SSE2__)
    __m128i bytes = _mm_cvtsi32_si128((int)__builtin_bswap32(number));
    __m128i nibbles = _mm_and_si128(_mm_unpacklo_epi8(_mm_srli_epi16(bytes, 4), bytes), _mm_set1_epi8(0x0f));
    __m128i letters = _mm_and_si128(_mm_cmpgt_epi8(nibbles, _mm_set1_epi8(9)), _mm_set1_epi8('a' - '0' - 10));
    uint64_t word;
    _mm_storel_epi64((void *)&word, _mm_add_epi8(_mm_add_epi8(nibbles, letters), _mm_set1_epi8('0')));
    return word;
#else
    uint64_t word = ((uint64_t)number & 0xffff) << 32 | number >> 16;
    word = (word & UINT64_C(0x000000ff000000ff)) << 16 | (word >> 8 & UINT64_C(0x000000ff000000ff));
    word = (word & UINT64_C(0x000f000f000f000f)) << 8 | (word >> 4 & UINT64_C(0x000f000f000f000f));
    uint64_t letters = (word + HERD_WORD_OF(6)) >> 4 & HERD_WORD_OF(1);
    return word + HERD_WORD_OF('0') + letters * ('a' - '0' - 10);
#endif
}

/* Eight digits that say a number under 100,000,000: halved three times, each quotient below its remainder. */
static inline uint64_t herd_word_digits(uint32_t number)
{
    uint64_t fours = number / 10000 + ((uint64_t)(number % 10000) << 32);
    uint64_t hundreds = fours * 10486 >> 20 & UINT64_C(0x0000007f0000007f); /* n * 10486 >> 20 is n / 100 to 9999 */
    uint64_t twos = hundreds + ((fours - hundreds * 100) << 16);
    uint64_t tens = twos * 103 >> 10 & UINT64_C(0x000f000f000f000f); /* n * 103 >> 10 is n / 10 to 99 */
    return (tens + ((twos - tens * 10) << 8)) | HERD_WORD_OF('0');
}

#endif
