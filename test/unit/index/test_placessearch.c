/* SPDX-License-Identifier: MIT */
/*
 * Searching, compared with looking at every place and sorting: over the whole
 * sphere, around the poles and the antimeridian, in crowds, with ties.
 */
#include "../../../src/index/local.h"
#include "../placesfixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "herd/memory.h"
#include "herd/random.h"

#define ROUNDS 60

struct expected {
    const struct herd_places_index *index;
    uint32_t number;
    double distance_m;
    double cost;
};

static int compare_expected(const void *a, const void *b)
{
    const struct expected *first = a;
    const struct expected *second = b;
    struct herd_places_place one;
    struct herd_places_place other;
    if (first->cost != second->cost) return first->cost < second->cost ? -1 : 1;
    if (first->distance_m != second->distance_m) return first->distance_m < second->distance_m ? -1 : 1;
    herd_places_index_place(first->index, first->number, &one);
    herd_places_index_place(second->index, second->number, &other);
    return place_id_compare(one.id, other.id);
}

static double expected_cost(const struct herd_places_query *query, double distance_m, uint32_t population)
{
    if (query->rank == HERD_PLACES_DISTANCE) return distance_m;
    double share = query->radius_m > 0 ? distance_m * (4 / query->radius_m) : 0;
    return share - log1p((double)population);
}

/* All places within the radius, best first. */
static struct expected *look_at_all(const struct herd_places_index *index, const struct herd_places_query *query,
                                    unsigned *ret_count)
{
    struct expected *all = herd_memory_allocate_zeroed((size_t)index->place_count + 1, sizeof(*all));
    const struct sphere_origin origin = sphere_origin(query->latitude_e9, query->longitude_e9);
    unsigned count = 0;
    for (uint32_t i = 0; i < index->place_count; i++) {
        struct herd_places_place place;
        herd_places_index_place(index, i, &place);
        double distance_m = sphere_distance_m(&origin, place.latitude_e7, place.longitude_e7);
        if (distance_m > query->radius_m) continue;
        all[count++] = (struct expected){index, i, distance_m, expected_cost(query, distance_m, place.population)};
    }
    if (count > 0) qsort(all, count, sizeof(*all), compare_expected);
    *ret_count = count;
    return all;
}

static void check(const struct herd_places_index *index, const struct herd_places_query *query)
{
    static struct herd_places_scratch scratch;
    unsigned count;
    struct expected *all = look_at_all(index, query, &count);
    unsigned found = herd_places_index_search(index, 1, query, &scratch);
    assert_int_equal(found, count < query->bound ? count : query->bound);
    for (unsigned i = 0; i < found; i++) {
        assert_int_equal(scratch.found[i].number, all[i].number);
        assert_true(scratch.found[i].distance_m == all[i].distance_m);
    }
    herd_memory_free(all);
}

static void check_everything(const struct herd_places_index *index, int64_t latitude_e9, int64_t longitude_e9,
                             double radius_m)
{
    static const unsigned bounds[] = {0, 1, 5, 20};
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        for (enum herd_places_rank rank = HERD_PLACES_PROMINENCE; rank <= HERD_PLACES_DISTANCE; rank++) {
            const struct herd_places_query query = {latitude_e9, longitude_e9, radius_m, rank, bounds[i]};
            check(index, &query);
        }
    }
}

/* Uniform from -most to most. */
static int64_t draw(struct herd_random *random, int64_t most)
{
    return (int64_t)herd_random_below(random, (uint64_t)most * 2 + 1) - most;
}

/* Half of the places have no population, the others any power of ten. */
static uint32_t draw_population(struct herd_random *random)
{
    uint32_t population = 1;
    for (uint64_t zeros = herd_random_below(random, 14); zeros > 0; zeros--)
        population = zeros > 7 ? 0 : population * 10;
    return population;
}

/* `count` places within `spread_e7` of a point (the world goes on beyond the pole and the antimeridian). */
static void add_crowd(struct placesfixture *fixture, struct herd_random *random, unsigned count, int32_t latitude_e7,
                      int32_t longitude_e7, int64_t spread_e7)
{
    char id[24];
    for (unsigned i = 0; i < count; i++) {
        int64_t latitude = latitude_e7 + draw(random, spread_e7);
        int64_t longitude = longitude_e7 + draw(random, spread_e7);
        if (latitude > 900000000) latitude = 1800000000 - latitude;
        if (latitude < -900000000) latitude = -1800000000 - latitude;
        if (longitude > 1800000000) longitude -= 3600000000;
        if (longitude < -1800000000) longitude += 3600000000;
        snprintf(id, sizeof(id), "%u", fixture->builder.point_count);
        placesfixture_add(fixture, id, "A place", (int32_t)latitude, (int32_t)longitude, draw_population(random));
    }
}

static void finds_what_looking_at_all_finds(void **state)
{
    static const struct {
        int32_t latitude_e7;
        int32_t longitude_e7;
        int64_t spread_e7;
    } crowds[] = {
        {0, 0, 1800000000},               /* all the world (latitudes fold) */
        {340689300, -1184451270, 500000}, /* a city */
        {900000000, 0, 3000000},          /* the north pole, a sliver of longitudes */
        {899000000, 1700000000, 900000},
        {-900000000, 0, 1800000000},
        {-170000000, 1800000000, 400000}, /* the antimeridian */
    };
    struct herd_random random;
    (void)state;
    herd_random_init(&random, 1);
    for (size_t i = 0; i < sizeof(crowds) / sizeof(crowds[0]); i++) {
        int64_t spread_e7 = crowds[i].spread_e7 < 900000000 ? crowds[i].spread_e7 : 900000000;
        struct placesfixture fixture;
        placesfixture_init(&fixture);
        add_crowd(&fixture, &random, 3000, crowds[i].latitude_e7, crowds[i].longitude_e7, spread_e7);
        placesfixture_build(&fixture);
        for (unsigned round = 0; round < ROUNDS; round++) {
            int64_t latitude_e9 = crowds[i].latitude_e7 * INT64_C(100) + draw(&random, spread_e7 * 100);
            int64_t longitude_e9 = crowds[i].longitude_e7 * INT64_C(100) + draw(&random, spread_e7 * 100);
            if (latitude_e9 > 90000000000 || latitude_e9 < -90000000000) latitude_e9 = crowds[i].latitude_e7 * 100LL;
            if (longitude_e9 > 180000000000) longitude_e9 -= 360000000000;
            double radius_m = pow(10, (double)herd_random_below(&random, 75) / 10);
            check_everything(&fixture.index, latitude_e9, longitude_e9, radius_m);
        }
        check_everything(&fixture.index, 90000000000, 12345, 50000);
        check_everything(&fixture.index, -90000000000, -180000000000, 1e6);
        check_everything(&fixture.index, -17000000000, 180000000000, 5000);
        check_everything(&fixture.index, -17000000000, -180000000000, 5000);
        placesfixture_finish(&fixture);
    }
}

/* Every size of a last node, and of a last level, up to three levels. */
static void finds_in_trees_of_every_size(void **state)
{
    struct herd_random random;
    (void)state;
    for (unsigned count = 0; count <= 300; count += count < 35 ? 1 : 11) {
        struct placesfixture fixture;
        herd_random_init(&random, count);
        placesfixture_init(&fixture);
        add_crowd(&fixture, &random, count, 100000000, 200000000, 1000000);
        placesfixture_build(&fixture);
        check_everything(&fixture.index, 10000000000, 20000000000, 1000);
        check_everything(&fixture.index, 10000000000, 20000000000, 50000);
        placesfixture_finish(&fixture);
    }
}

static void add_numbered(struct placesfixture *fixture, uint32_t number, int32_t latitude_e7, int32_t longitude_e7,
                         uint32_t population)
{
    char id[16];
    snprintf(id, sizeof(id), "%u", number);
    placesfixture_add(fixture, id, "Numbered", latitude_e7, longitude_e7, population);
}

static void expect_number(const struct herd_places_found *found, uint32_t expected)
{
    struct herd_places_place place;
    char id[16];
    herd_places_index_place(found->index, found->number, &place);
    snprintf(id, sizeof(id), "%u", expected);
    assert_true(herd_text_equal(place.id, herd_text_of(id)));
}

/* Numbers are in order of value, not of text. All these on one spot are not looked at, and cost what others do. */
static void breaks_ties_by_id_among_many(void **state)
{
    enum { COUNT = 40000 };
    static struct herd_places_scratch scratch;
    struct placesfixture fixture;
    (void)state;
    placesfixture_init(&fixture);
    for (uint32_t i = 0; i < COUNT; i++)
        add_numbered(&fixture, (i * 7919u) % COUNT, 500000000, 100000000, 7);
    placesfixture_build(&fixture);
    for (enum herd_places_rank rank = HERD_PLACES_PROMINENCE; rank <= HERD_PLACES_DISTANCE; rank++) {
        const struct herd_places_query query = {50000000000, 10000000000, 1000, rank, 20};
        assert_int_equal(herd_places_index_search(&fixture.index, 1, &query, &scratch), 20);
        for (uint32_t i = 0; i < 20; i++)
            expect_number(&scratch.found[i], i);
    }
    assert_true(scratch.nodes_visited < 10);
    placesfixture_finish(&fixture);
}

/* Place `i` of a crowd on one spot, in no order: its id, and a population that many have. */
static uint32_t crowd_id(uint32_t i, uint32_t count)
{
    return (uint32_t)((i * UINT64_C(7919) + 13) % count);
}

static uint32_t crowd_population(uint32_t id)
{
    return id % 150;
}

static void expect_place(const struct herd_places_found *found, uint32_t expected)
{
    struct herd_places_place place;
    expect_number(found, expected);
    herd_places_index_place(found->index, found->number, &place);
    assert_int_equal(place.population, crowd_population(expected));
}

/* Whatever is left out of the index because others are on its spot, every answer is the same. */
static void finds_the_same_on_crowded_spots(void **state)
{
    enum { COUNT = 3001 };
    static struct herd_places_scratch scratch;
    struct placesfixture fixture;
    (void)state;
    placesfixture_init(&fixture);
    for (uint32_t i = 0; i < COUNT; i++)
        add_numbered(&fixture, crowd_id(i, COUNT), -100000000, 1800000000, crowd_population(crowd_id(i, COUNT)));
    placesfixture_build(&fixture);
    assert_true(fixture.index.place_count <= 40);
    struct herd_places_query query = {-10000000000, 180000000000, 1000, HERD_PLACES_DISTANCE, 20};
    assert_int_equal(herd_places_index_search(&fixture.index, 1, &query, &scratch), 20);
    for (uint32_t i = 0; i < 20; i++)
        expect_place(&scratch.found[i], i);
    query.rank = HERD_PLACES_PROMINENCE;
    assert_int_equal(herd_places_index_search(&fixture.index, 1, &query, &scratch), 20);
    for (uint32_t i = 0; i < 20; i++)
        expect_place(&scratch.found[i], 149 + 150 * i);
    placesfixture_finish(&fixture);
}

/* At a pole every longitude is the same spot but for its coordinates: more nodes than the frontier holds. */
static void opens_more_nodes_than_the_frontier_holds(void **state)
{
    enum { COUNT = 40000 };
    static struct herd_places_scratch scratch;
    struct placesfixture fixture;
    (void)state;
    placesfixture_init(&fixture);
    for (uint32_t i = 0; i < COUNT; i++)
        add_numbered(&fixture, i, 900000000, (int32_t)i * 40000, 7);
    placesfixture_build(&fixture);
    const struct herd_places_query query = {89999999000, 10000000000, 1000, HERD_PLACES_DISTANCE, 20};
    assert_int_equal(herd_places_index_search(&fixture.index, 1, &query, &scratch), 20);
    assert_true(scratch.nodes_visited > HERD_PLACES_FRONTIER_MAX);
    check_everything(&fixture.index, query.latitude_e9, query.longitude_e9, query.radius_m);
    placesfixture_finish(&fixture);
}

static void radius_is_inclusive_and_may_be_zero(void **state)
{
    struct placesfixture fixture;
    static struct herd_places_scratch scratch;
    (void)state;
    placesfixture_init(&fixture);
    placesfixture_add(&fixture, "1", "Here, small", 340000000, -1180000000, 10);
    placesfixture_add(&fixture, "2", "Here, great", 340000000, -1180000000, 1000);
    placesfixture_add(&fixture, "3", "There", 340000001, -1180000000, 100000);
    placesfixture_build(&fixture);
    struct herd_places_query query = {34000000000, -118000000000, 0, HERD_PLACES_PROMINENCE, 20};
    assert_int_equal(herd_places_index_search(&fixture.index, 1, &query, &scratch), 2);
    assert_int_equal(fixture.index.place_count, 3);
    check_everything(&fixture.index, 34000000000, -118000000000, 0);
    const struct sphere_origin origin = sphere_origin(query.latitude_e9, query.longitude_e9);
    double there_m = sphere_distance_m(&origin, 340000001, -1180000000);
    query.radius_m = there_m;
    assert_int_equal(herd_places_index_search(&fixture.index, 1, &query, &scratch), 3);
    query.radius_m = nextafter(there_m, 0);
    assert_int_equal(herd_places_index_search(&fixture.index, 1, &query, &scratch), 2);
    placesfixture_finish(&fixture);
}

/* What the bounds are for: the rest of the tree is not looked at. */
static void looks_at_few_nodes(void **state)
{
    static struct herd_places_scratch scratch;
    struct placesfixture fixture;
    struct herd_random random;
    (void)state;
    herd_random_init(&random, 5);
    placesfixture_init(&fixture);
    add_crowd(&fixture, &random, 50000, 340000000, -1180000000, 10000000);
    placesfixture_build(&fixture);
    struct herd_places_query query = {34000000000, -118000000000, 50000, HERD_PLACES_DISTANCE, 20};
    herd_places_index_search(&fixture.index, 1, &query, &scratch);
    assert_true(scratch.nodes_visited < 50);
    query.rank = HERD_PLACES_PROMINENCE;
    herd_places_index_search(&fixture.index, 1, &query, &scratch);
    assert_true(scratch.nodes_visited < 500);
    placesfixture_finish(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_looking_at_all_finds),
        cmocka_unit_test(finds_in_trees_of_every_size),
        cmocka_unit_test(breaks_ties_by_id_among_many),
        cmocka_unit_test(finds_the_same_on_crowded_spots),
        cmocka_unit_test(opens_more_nodes_than_the_frontier_holds),
        cmocka_unit_test(radius_is_inclusive_and_may_be_zero),
        cmocka_unit_test(looks_at_few_nodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
