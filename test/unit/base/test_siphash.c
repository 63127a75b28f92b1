/* SPDX-License-Identifier: MIT */
/*
 * Against a second implementation, written after the paper with numbers of
 * rounds as parameters and a byte at a time. That one is checked with 2-4
 * rounds against the vector of the paper's appendix A, so that what 1-3 is
 * compared with is known to be SipHash.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "herd/random.h"
#include "herd/siphash.h"

static uint64_t turn(uint64_t value, int bits)
{
    return (value << bits) | (value >> (64 - bits));
}

static void slow_rounds(uint64_t v[4], int rounds)
{
    for (int i = 0; i < rounds; i++) {
        v[0] += v[1];
        v[1] = turn(v[1], 13);
        v[1] ^= v[0];
        v[0] = turn(v[0], 32);
        v[2] += v[3];
        v[3] = turn(v[3], 16);
        v[3] ^= v[2];
        v[0] += v[3];
        v[3] = turn(v[3], 21);
        v[3] ^= v[0];
        v[2] += v[1];
        v[1] = turn(v[1], 17);
        v[1] ^= v[2];
        v[2] = turn(v[2], 32);
    }
}

static uint64_t slow_hash(struct herd_siphash_key key, const unsigned char *bytes, size_t length, int each, int last)
{
    uint64_t v[4] = {key.k0 ^ 0x736f6d6570736575, key.k1 ^ 0x646f72616e646f6d, key.k0 ^ 0x6c7967656e657261,
                     key.k1 ^ 0x7465646279746573};
    size_t padded = length / 8 * 8 + 8;
    uint64_t word = 0;
    for (size_t i = 0; i < padded; i++) {
        unsigned byte = i < length ? bytes[i] : i == padded - 1 ? (unsigned)(length & 255) : 0;
        word |= (uint64_t)byte << (i % 8 * 8);
        if (i % 8 < 7) continue;
        v[3] ^= word;
        slow_rounds(v, each);
        v[0] ^= word;
        word = 0;
    }
    v[2] ^= 255;
    slow_rounds(v, last);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static const struct herd_siphash_key paper_key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

static void reference_is_siphash(void **state)
{
    (void)state;
    unsigned char input[15];
    for (unsigned i = 0; i < sizeof(input); i++)
        input[i] = (unsigned char)i;
    assert_true(slow_hash(paper_key, input, sizeof(input), 2, 4) == UINT64_C(0xa129ca6149be45e5));
}

static void equals_reference_at_every_length(void **state)
{
    (void)state;
    struct herd_random random;
    herd_random_init(&random, 13);
    char input[600];
    for (size_t i = 0; i < sizeof(input); i++)
        input[i] = (char)herd_random_next(&random);
    for (size_t length = 0; length < 300; length++) {
        struct herd_siphash_key key = {herd_random_next(&random), herd_random_next(&random)};
        const char *start = input + length % 16; /* every alignment */
        uint64_t expected = slow_hash(key, (const unsigned char *)start, length, 1, 3);
        assert_true(herd_siphash(&key, (struct herd_text){start, length}) == expected);
    }
}

static void key_and_every_byte_count(void **state)
{
    (void)state;
    struct herd_siphash_key other = paper_key;
    other.k1 ^= 1;
    uint64_t hash = herd_siphash(&paper_key, HERD_TEXT("kiwi.cs.ucla.edu"));
    assert_true(hash != herd_siphash(&other, HERD_TEXT("kiwi.cs.ucla.edu")));
    assert_true(hash != herd_siphash(&paper_key, HERD_TEXT("kiwi.cs.ucla.edv")));
    assert_true(hash != herd_siphash(&paper_key, HERD_TEXT("kiwi.cs.ucla.edu\0")));
    assert_true(herd_siphash(&paper_key, HERD_TEXT("")) == herd_siphash(&paper_key, (struct herd_text){NULL, 0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_is_siphash),
        cmocka_unit_test(equals_reference_at_every_length),
        cmocka_unit_test(key_and_every_byte_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
