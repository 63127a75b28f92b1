/* SPDX-License-Identifier: MIT */
/* Several indexes: the answer of one that holds the places of all, with sources and credits of their own. */
#include "../../../src/index/local.h"
#include "../placesfixture.h"

#include <math.h>
#include <stdio.h>

#include "herd/memory.h"
#include "herd/random.h"

#define PARTS 3
#define CREDIT HERD_TEXT("© GeoNames (CC BY 4.0)")

static void append_answer(const struct herd_places_index *indexes, unsigned count,
                          const struct herd_places_query *query, struct herd_buffer *out)
{
    static struct herd_places_scratch scratch;
    herd_buffer_clear(out);
    herd_places_index_answer(indexes, count, query, &scratch, out);
}

static void expect_answer(const struct herd_places_index *indexes, unsigned count,
                          const struct herd_places_query *query, struct herd_text expected)
{
    struct herd_buffer out = HERD_BUFFER_INIT;
    append_answer(indexes, count, query, &out);
    assert_true(herd_text_equal(herd_buffer_text(&out), expected));
    herd_buffer_finish(&out);
}

static int64_t draw(struct herd_random *random, int64_t most)
{
    return (int64_t)herd_random_below(random, (uint64_t)most * 2 + 1) - most;
}

/* Places on a coarse grid, so that many are equally far; some have populations that are equal too. */
static void add_place(struct placesfixture *whole, struct placesfixture *part, struct herd_random *random)
{
    char id[16];
    int32_t latitude_e7 = 340000000 + (int32_t)draw(random, 8) * 100000;
    int32_t longitude_e7 = -1180000000 + (int32_t)draw(random, 8) * 100000;
    uint32_t population = (uint32_t)herd_random_below(random, 4) * 1000;
    snprintf(id, sizeof(id), "%u", whole->builder.point_count);
    placesfixture_add(whole, id, "A place", latitude_e7, longitude_e7, population);
    placesfixture_add(part, id, "A place", latitude_e7, longitude_e7, population);
}

/* In every order of the parts. */
static void compare(const struct placesfixture *whole, const struct placesfixture parts[PARTS],
                    const struct herd_places_query *query)
{
    struct herd_buffer expected = HERD_BUFFER_INIT;
    append_answer(&whole->index, 1, query, &expected);
    for (unsigned first = 0; first < PARTS; first++) {
        for (unsigned step = 1; step < PARTS; step++) {
            const struct herd_places_index indexes[PARTS] = {parts[first].index, parts[(first + step) % PARTS].index,
                                                             parts[(first + 2 * step) % PARTS].index};
            expect_answer(indexes, PARTS, query, herd_buffer_text(&expected));
        }
    }
    herd_buffer_finish(&expected);
}

static void compare_everything(const struct placesfixture *whole, const struct placesfixture parts[PARTS],
                               struct herd_random *random)
{
    static const unsigned bounds[] = {0, 1, 5, 20};
    for (unsigned round = 0; round < 40; round++) {
        struct herd_places_query query = {.latitude_e9 = 34000000000, .longitude_e9 = -118000000000};
        if (round % 2 == 1) {
            query.latitude_e9 += draw(random, 80000000);
            query.longitude_e9 += draw(random, 80000000);
        }
        query.radius_m = round < 2 ? 0 : pow(10, (double)herd_random_below(random, 48) / 10);
        for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
            query.bound = bounds[i];
            query.rank = HERD_PLACES_PROMINENCE;
            compare(whole, parts, &query);
            query.rank = HERD_PLACES_DISTANCE;
            compare(whole, parts, &query);
        }
    }
}

/* Shared out evenly; one place to the second part in a hundred; nothing but to the first. */
static void answers_as_one_index_does(void **state)
{
    static const unsigned counts[] = {0, 1, 30, 3000};
    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        for (unsigned way = 0; way < 3; way++) {
            struct herd_random random;
            struct placesfixture whole;
            struct placesfixture parts[PARTS];
            herd_random_init(&random, counts[i] + way);
            placesfixture_init(&whole);
            for (unsigned part = 0; part < PARTS; part++)
                placesfixture_init(&parts[part]);
            for (unsigned place = 0; place < counts[i]; place++) {
                uint64_t number = herd_random_below(&random, 100);
                uint64_t part = way == 0 ? number % PARTS : way == 1 ? number == 0 : 0;
                add_place(&whole, &parts[part], &random);
            }
            placesfixture_build(&whole);
            for (unsigned part = 0; part < PARTS; part++)
                placesfixture_build(&parts[part]);
            compare_everything(&whole, parts, &random);
            placesfixture_finish(&whole);
            for (unsigned part = 0; part < PARTS; part++)
                placesfixture_finish(&parts[part]);
        }
    }
}

/* What an answer names, in order: `b:1 a:2`. */
static void list_ids(struct herd_text answer, char *ret_list, size_t size)
{
    static const char key[] = "\"place_id\" : \"";
    size_t length = 0;
    struct herd_buffer copy = HERD_BUFFER_INIT;
    herd_buffer_append(&copy, answer);
    herd_buffer_append_byte(&copy, '\0');
    ret_list[0] = '\0';
    for (const char *at = strstr(herd_buffer_text(&copy).bytes, key); at != NULL; at = strstr(at, key)) {
        at += sizeof(key) - 1;
        int written =
            snprintf(ret_list + length, size - length, "%s%.*s", length > 0 ? " " : "", (int)strcspn(at, "\""), at);
        assert_true(written > 0 && (size_t)written < size - length);
        length += (size_t)written;
    }
    herd_buffer_finish(&copy);
}

/* All at one spot, of one population: ids decide, then sources, in whatever order the indexes are. */
static void ids_then_sources_break_ties(void **state)
{
    static const char *const sources[PARTS] = {"b", "a", "aa"};
    static const struct {
        unsigned bound;
        const char *expected;
    } cases[] = {
        {20, "a:7 b:7 aa:7 a:10 b:10 aa:10"},
        {5, "a:7 b:7 aa:7 a:10 b:10"},
        {2, "a:7 b:7"},
        {1, "a:7"},
    };
    struct placesfixture parts[PARTS];
    struct herd_buffer out = HERD_BUFFER_INIT;
    (void)state;
    for (unsigned i = 0; i < PARTS; i++) {
        placesfixture_init(&parts[i]);
        placesfixture_add(&parts[i], "10", "Here", 340000000, -1180000000, 5);
        placesfixture_add(&parts[i], "7", "Here", 340000000, -1180000000, 5);
        placesfixture_build_as(&parts[i], herd_text_of(sources[i]), CREDIT);
    }
    for (unsigned first = 0; first < PARTS; first++) {
        const struct herd_places_index indexes[PARTS] = {parts[first].index, parts[(first + 1) % PARTS].index,
                                                         parts[(first + 2) % PARTS].index};
        for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
            char list[128];
            const struct herd_places_query query = {34000000000, -118000000000, 1000,
                                                    i % 2 == 0 ? HERD_PLACES_PROMINENCE : HERD_PLACES_DISTANCE,
                                                    cases[i / 2].bound};
            append_answer(indexes, PARTS, &query, &out);
            list_ids(herd_buffer_text(&out), list, sizeof(list));
            assert_string_equal(list, cases[i / 2].expected);
        }
    }
    herd_buffer_finish(&out);
    for (unsigned i = 0; i < PARTS; i++)
        placesfixture_finish(&parts[i]);
}

/* Also of an index that found nothing: it was asked. */
static void gives_each_credit_once(void **state)
{
#define ANSWER(credits)                                                                                                \
    HERD_TEXT("{\n   \"html_attributions\" : [" credits "],\n   \"results\" : [],\n   \"status\" : "                   \
              "\"ZERO_RESULTS\"\n}")
    static const struct herd_text credits[] = {HERD_TEXT_INIT(""), HERD_TEXT_INIT("Me"), HERD_TEXT_INIT("\"You\""),
                                               HERD_TEXT_INIT("Me"), HERD_TEXT_INIT("")};
    const struct herd_places_query query = {34000000000, -118000000000, 1000, HERD_PLACES_DISTANCE, 20};
    struct placesfixture parts[5];
    struct herd_places_index indexes[5];
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        placesfixture_init(&parts[i]);
        placesfixture_build_as(&parts[i], HERD_TEXT("x"), credits[i]);
        indexes[i] = parts[i].index;
    }
    expect_answer(indexes, 1, &query, ANSWER(""));
    expect_answer(indexes, 2, &query, ANSWER(" \"Me\" "));
    expect_answer(indexes, 5, &query, ANSWER(" \"Me\", \"\\\"You\\\"\" "));
    expect_answer(indexes + 2, 3, &query, ANSWER(" \"\\\"You\\\"\", \"Me\" "));
    expect_answer(indexes, 0, &query, ANSWER(""));
    for (unsigned i = 0; i < 5; i++)
        placesfixture_finish(&parts[i]);
#undef ANSWER
}

/* What the first index found spares a walk through the others. */
static void later_indexes_cost_little(void **state)
{
    static struct herd_places_scratch scratch;
    struct placesfixture near;
    struct placesfixture far;
    char id[16];
    (void)state;
    placesfixture_init(&near);
    placesfixture_init(&far);
    for (int32_t i = 0; i < 5000; i++) {
        snprintf(id, sizeof(id), "%d", i);
        placesfixture_add(&near, id, "Near", 340000000 + i % 70 * 1000, -1180000000 + i / 70 * 1000, 0);
        placesfixture_add(&far, id, "Far", 341000000 + i % 70 * 1000, -1180000000 + i / 70 * 1000, 0);
    }
    placesfixture_build(&near);
    placesfixture_build(&far);
    const struct herd_places_index indexes[] = {near.index, far.index};
    const struct herd_places_query query = {34000000000, -118000000000, 50000, HERD_PLACES_DISTANCE, 20};
    assert_int_equal(herd_places_index_search(indexes, 1, &query, &scratch), 20);
    uint32_t visited = scratch.nodes_visited;
    assert_int_equal(herd_places_index_search(indexes, 2, &query, &scratch), 20);
    assert_int_equal(scratch.nodes_visited, visited + 1);
    for (unsigned i = 0; i < 20; i++)
        assert_ptr_equal(scratch.found[i].index, &indexes[0]);
    placesfixture_finish(&near);
    placesfixture_finish(&far);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_as_one_index_does),
        cmocka_unit_test(ids_then_sources_break_ties),
        cmocka_unit_test(gives_each_credit_once),
        cmocka_unit_test(later_indexes_cost_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
