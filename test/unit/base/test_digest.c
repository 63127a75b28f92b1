/* SPDX-License-Identifier: MIT */
/* The digest: order does not matter, every field does, and its values never change, for other versions compare them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "herd/digest.h"
#include "herd/random.h"

#define RECORDS 200

static struct herd_digest hash_of(const char *herd, uint64_t number, struct herd_text text)
{
    return herd_digest_hash(herd_digest_key(herd_text_of(herd)), number, 0, text);
}

static bool equal(const struct herd_digest *a, const struct herd_digest *b)
{
    return a->low == b->low && a->high == b->high;
}

static void assert_formatted(const struct herd_digest *digest, const char *expected)
{
    char text[HERD_DIGEST_LENGTH + 1] = {0};

    herd_digest_format(digest, text);
    assert_string_equal(text, expected);
}

static void values_never_change(void **state)
{
    static const struct {
        const char *herd;
        uint64_t first;
        uint64_t second;
        const char *text;
        const char *value;
    } known[] = {
        {"herd", 0, 0, "", "faaab07d6d51f98214fdc61ed792d59f"},
        {"herd", 1, 0, "", "8e45e60b54e81ee21d97c00f21f27735"},
        {"herd", 0, 1, "", "825d9b58e135caae6706d9cb68a131d7"},
        {"herd", UINT64_MAX, 5, "1234567", "9f7a114dd8d71ad425197051adb29de1"},
        {"herd", 1520023934918963997, 7, "kiwi.cs.ucla.edu", "c7b7b7735d934434bb113ea260364ab1"},
        {"herd", 1520023934918963997, 7, "kiwi.cs.ucla.edu +34.068930-118.445127 1520023934.918963997",
         "8a87c500a7ee74851ccbca17812775f6"},
        {"flock", 1520023934918963997, 7, "kiwi.cs.ucla.edu", "b68b0370df5a2224871867c31ad04117"},
    };
    const struct herd_digest shown = {.low = UINT64_C(0xfedcba9876543210), .high = 0x1};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct herd_digest key = herd_digest_key(herd_text_of(known[i].herd));
        struct herd_digest hash = herd_digest_hash(key, known[i].first, known[i].second, herd_text_of(known[i].text));
        assert_formatted(&hash, known[i].value);
    }
    assert_formatted(&shown, "0000000000000001fedcba9876543210");
    assert_formatted(&(struct herd_digest){0, 0}, "00000000000000000000000000000000");
    (void)state;
}

static void what_is_hashed_matters(void **state)
{
    static const char bytes[] = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    struct herd_digest hashes[70];
    size_t count = 0;

    for (size_t length = 0; length < sizeof bytes; length++) /* texts of nothing but zeros differ by length alone */
        hashes[count++] = hash_of("herd", 0, (struct herd_text){bytes, length});
    for (unsigned bit = 0; bit < 32; bit++)
        hashes[count++] = hash_of("herd", UINT64_C(1) << (2 * bit), HERD_TEXT(""));
    hashes[count++] = hash_of("Herd", 0, HERD_TEXT(""));
    hashes[count++] = hash_of("", 0, HERD_TEXT(""));
    hashes[count++] = hash_of("herd", 0, HERD_TEXT("ab"));
    hashes[count++] = hash_of("herd", 0, HERD_TEXT("ba"));
    hashes[count++] = hash_of("herd", 0, HERD_TEXT("01234567ab"));
    hashes[count++] = hash_of("herd", 0, HERD_TEXT("ab01234567"));
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(hashes[i].low != hashes[j].low && hashes[i].high != hashes[j].high);
    (void)state;
}

static unsigned bits_apart(const struct herd_digest *a, const struct herd_digest *b)
{
    return (unsigned)(__builtin_popcountll(a->low ^ b->low) + __builtin_popcountll(a->high ^ b->high));
}

/* Whichever bit of whichever input changes, near half of the 128 bits do: sums of such hashes do not cancel out. */
static void every_bit_reaches_every_other(void **state)
{
    struct herd_random random;
    unsigned long total = 0, count = 0;

    herd_random_init(&random, 41);
    for (unsigned round = 0; round < 200; round++) {
        char text[64];
        size_t length = 1 + herd_random_below(&random, sizeof text);
        struct herd_digest key = {herd_random_next(&random), herd_random_next(&random)};
        uint64_t numbers[2] = {herd_random_next(&random), herd_random_next(&random)};
        for (size_t i = 0; i < length; i++)
            text[i] = (char)herd_random_next(&random);
        struct herd_digest before = herd_digest_hash(key, numbers[0], numbers[1], (struct herd_text){text, length});
        for (size_t bit = 0; bit < 128 + 8 * length; bit++) {
            uint64_t changed[2] = {numbers[0], numbers[1]};
            size_t at = bit < 128 ? 0 : (bit - 128) / 8;
            char kept = text[at];
            if (bit < 128) changed[bit / 64] ^= UINT64_C(1) << bit % 64;
            if (bit >= 128) text[at] = (char)(text[at] ^ 1 << bit % 8);
            struct herd_digest after = herd_digest_hash(key, changed[0], changed[1], (struct herd_text){text, length});
            text[at] = kept;
            unsigned apart = bits_apart(&before, &after);
            assert_in_range(apart, 25, 103); /* less likely than one in 10^11 of even chances */
            total += apart;
            count++;
        }
    }
    assert_in_range(total * 100 / count, 6200, 6600);
    (void)state;
}

static void sums_know_no_order(void **state)
{
    struct herd_digest hashes[RECORDS];
    struct herd_digest forwards = {0, 0};
    struct herd_digest shuffled = {0, 0};
    struct herd_random random;

    herd_random_init(&random, 5);
    for (unsigned i = 0; i < RECORDS; i++) {
        hashes[i] = hash_of("herd", i, HERD_TEXT("kiwi"));
        herd_digest_add(&forwards, hashes[i]);
    }
    for (unsigned i = RECORDS; i > 0; i--) {
        unsigned chosen = (unsigned)herd_random_below(&random, i);
        herd_digest_add(&shuffled, hashes[chosen]);
        hashes[chosen] = hashes[i - 1];
    }
    assert_true(equal(&forwards, &shuffled));
    (void)state;
}

static void taking_back_undoes_adding(void **state)
{
    struct herd_digest sum = {0, 0};

    for (unsigned i = 0; i < RECORDS; i++) {
        struct herd_digest hash = hash_of("herd", i, HERD_TEXT("emu"));
        struct herd_digest before = sum;
        herd_digest_add(&sum, hash);
        assert_false(equal(&sum, &before));
        herd_digest_subtract(&sum, hash);
        assert_true(equal(&sum, &before));
        herd_digest_add(&sum, hash);
    }
    for (unsigned i = 0; i < RECORDS; i++) {
        struct herd_digest hash = hash_of("herd", i, HERD_TEXT("emu"));
        herd_digest_subtract(&sum, hash);
    }
    assert_formatted(&sum, "00000000000000000000000000000000");
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_never_change),           cmocka_unit_test(what_is_hashed_matters),
        cmocka_unit_test(every_bit_reaches_every_other), cmocka_unit_test(sums_know_no_order),
        cmocka_unit_test(taking_back_undoes_adding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
