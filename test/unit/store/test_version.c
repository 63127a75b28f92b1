/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "herd/random.h"
#include "versions.h"

#define TIMES 3
#define DIFFERENCES 3
#define ORIGINS 4
#define POSITIONS 3
#define TIME_TEXTS 2
#define VERSIONS (TIMES * DIFFERENCES * ORIGINS * POSITIONS * TIME_TEXTS)

/* Each ascends in the order. The same time has two texts, the shorter is less. */
static const char *const time_texts[TIMES][TIME_TEXTS] = {
    {"0", "0.000000000"}, {"0.000000001", "0.0000000019"}, {"9000000000", "9000000000.0"}};
static const int64_t differences[DIFFERENCES] = {-1, 0, INT64_C(1000000000)};
static const char *const origins[ORIGINS] = {"B", "Ba", "Bb", "a"};
static const char *const positions[POSITIONS] = {"+1+1", "+1+1/", "-1+1"};

/* All versions of one client that the tables make, in ascending order; the origins' numbers are `numbers`. */
static void generate(struct herd_version versions[VERSIONS], const uint8_t numbers[ORIGINS])
{
    size_t count = 0;
    for (size_t t = 0; t < TIMES; t++)
        for (size_t d = 0; d < DIFFERENCES; d++)
            for (size_t o = 0; o < ORIGINS; o++)
                for (size_t p = 0; p < POSITIONS; p++)
                    for (size_t x = 0; x < TIME_TEXTS; x++) {
                        versions[count] = versions_make(HERD_TEXT("kiwi"), positions[p], time_texts[t][x], numbers[o]);
                        versions[count].foreign = herd_text_of(origins[o]);
                        versions[count++].difference_ns = differences[d];
                    }
    assert_int_equal(count, VERSIONS);
}

/* Names numbered in another order than they sort, those but the first `known` not at all. */
static void number(struct herd_names *names, const size_t order[ORIGINS], size_t known, uint8_t numbers[ORIGINS])
{
    herd_names_init(names);
    for (size_t i = 0; i < ORIGINS; i++)
        numbers[order[i]] =
            i < known ? herd_names_add(names, herd_text_of(origins[order[i]])) : (uint8_t)HERD_NAME_UNKNOWN;
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

/* Against the generated order all at once: total, antisymmetric, transitive, every level breaks ties in its turn. */
static void is_one_total_order_on_every_server(void **state)
{
    static const size_t orders[][ORIGINS] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}};
    struct herd_version versions[VERSIONS];
    for (size_t n = 0; n < sizeof(orders) / sizeof(orders[0]) * (ORIGINS + 1); n++) {
        struct herd_names names;
        uint8_t numbers[ORIGINS];
        number(&names, orders[n / (ORIGINS + 1)], n % (ORIGINS + 1), numbers);
        generate(versions, numbers);
        for (int a = 0; a < VERSIONS; a++)
            for (int b = 0; b < VERSIONS; b++)
                assert_int_equal(sign(herd_version_compare(&names, &versions[a], &versions[b])), sign(a - b));
        herd_names_finish(&names);
    }
    (void)state;
}

/* The extremes of 64 bits compare without wrapping. */
static void extreme_numbers_compare(void **state)
{
    struct herd_names names;
    struct herd_version low = versions_make(HERD_TEXT("k"), "+1+1", "0", 0);
    struct herd_version high = low;
    herd_names_init(&names);
    low.difference_ns = INT64_MIN;
    high.difference_ns = INT64_MAX;
    assert_true(herd_version_compare(&names, &low, &high) < 0);
    assert_true(herd_version_compare(&names, &high, &low) > 0);
    (void)state;
}

/* Where it came through, and who it is of, play no part. */
static void the_way_decides_nothing(void **state)
{
    struct herd_names names;
    struct herd_version a = versions_make(HERD_TEXT("k"), "+1+1", "0", 0);
    struct herd_version b = a;
    herd_names_init(&names);
    b.way_count = 2;
    b.way[0] = b.way[1] = 1;
    assert_int_equal(herd_version_compare(&names, &a, &b), 0);
    (void)state;
}

/* Whatever order they come in, twice or not, the store ends with the greatest. */
static void every_order_of_arrival_ends_the_same(void **state)
{
    static const size_t order[ORIGINS] = {1, 3, 0, 2};
    struct herd_version versions[VERSIONS];
    struct herd_random random;
    struct herd_siphash_key key = {1, 2};
    herd_random_init(&random, 37);
    for (int round = 0; round < 200; round++) {
        struct herd_store store;
        struct herd_version stored;
        uint8_t numbers[ORIGINS];
        int greatest = -1;
        herd_store_init(&store, &key, 0, 10);
        herd_names_finish(&store.names);
        number(&store.names, order, (size_t)round % (ORIGINS + 1), numbers);
        generate(versions, numbers);
        for (int i = 0; i < 1 + round / 4; i++) {
            int pick = (int)herd_random_below(&random, VERSIONS);
            enum herd_put put = herd_store_learn(&store, &versions[pick], HERD_SLOT_NONE);
            assert_int_equal(put, pick > greatest ? HERD_PUT_NEWER : pick == greatest ? HERD_PUT_SAME : HERD_PUT_OLDER);
            greatest = pick > greatest ? pick : greatest;
        }
        herd_store_view(&store, herd_store_find(&store, HERD_TEXT("kiwi")), &stored);
        versions_assert_equal(&stored, &versions[greatest]);
        herd_store_finish(&store);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_one_total_order_on_every_server),
        cmocka_unit_test(extreme_numbers_compare),
        cmocka_unit_test(the_way_decides_nothing),
        cmocka_unit_test(every_order_of_arrival_ends_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
