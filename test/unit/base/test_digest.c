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
    struct herd_digest hash;

    herd_digest_key(herd_text_of(herd), &hash);
    herd_digest_number(&hash, number);
    herd_digest_text(&hash, text);
    herd_digest_finish(&hash);
    return hash;
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
        uint64_t number;
        const char *text;
        const char *value;
    } known[] = {
        {"herd", 0, "", "5a3bf0211275523d7f8a54e844ef6b55"},
        {"herd", 1, "", "f89439c6cdabbf36ce53e7ec34b7f68f"},
        {"herd", UINT64_MAX, "1234567", "d0b80b367697e751935b10a1edc30d1d"},
        {"herd", 1520023934918963997, "kiwi.cs.ucla.edu", "bbb51197503de147ccf49e844d2f1569"},
        {"herd", 1520023934918963997, "kiwi.cs.ucla.edu\xff", "82b94c08e95a5b5ce03c6f671db45f2f"},
        {"flock", 1520023934918963997, "kiwi.cs.ucla.edu", "446366acdcfa9dfaf6fec0788990b317"},
    };
    const struct herd_digest shown = {.low = UINT64_C(0xfedcba9876543210), .high = 0x1};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct herd_digest hash = hash_of(known[i].herd, known[i].number, herd_text_of(known[i].text));
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

/* Two texts one after the other are not told apart by where the first ends alone: its length is in. */
static void texts_do_not_run_together(void **state)
{
    static const char *const pairs[][2] = {{"ab", "c"}, {"a", "bc"}, {"abc", ""}, {"", "abc"}};
    struct herd_digest hashes[4];

    for (size_t i = 0; i < 4; i++) {
        herd_digest_key(HERD_TEXT("herd"), &hashes[i]);
        herd_digest_text(&hashes[i], herd_text_of(pairs[i][0]));
        herd_digest_text(&hashes[i], herd_text_of(pairs[i][1]));
        herd_digest_finish(&hashes[i]);
        for (size_t j = 0; j < i; j++)
            assert_false(equal(&hashes[i], &hashes[j]));
    }
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
        herd_digest_add(&forwards, &hashes[i]);
    }
    for (unsigned i = RECORDS; i > 0; i--) {
        unsigned chosen = (unsigned)herd_random_below(&random, i);
        herd_digest_add(&shuffled, &hashes[chosen]);
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
        herd_digest_add(&sum, &hash);
        assert_false(equal(&sum, &before));
        herd_digest_subtract(&sum, &hash);
        assert_true(equal(&sum, &before));
        herd_digest_add(&sum, &hash);
    }
    for (unsigned i = 0; i < RECORDS; i++) {
        struct herd_digest hash = hash_of("herd", i, HERD_TEXT("emu"));
        herd_digest_subtract(&sum, &hash);
    }
    assert_formatted(&sum, "00000000000000000000000000000000");
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_never_change),       cmocka_unit_test(what_is_hashed_matters),
        cmocka_unit_test(texts_do_not_run_together), cmocka_unit_test(sums_know_no_order),
        cmocka_unit_test(taking_back_undoes_adding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
