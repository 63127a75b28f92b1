/* SPDX-License-Identifier: MIT */
/* What a builder takes, and the ids that it makes. */
#include "../../../src/index/local.h"
#include "../placesfixture.h"

#include <stdio.h>
#include <stdlib.h>

/* Given ids, "" for none, and the ids of the index in the order of coming. */
static void expect_ids(const char *const *given, const char *const *expected, unsigned count)
{
    struct placesfixture fixture;
    placesfixture_init(&fixture);
    for (unsigned i = 0; i < count; i++)
        placesfixture_add(&fixture, given[i], "A", 0, (int32_t)i, i);
    placesfixture_build(&fixture);
    assert_int_equal(fixture.index.place_count, count);
    for (uint32_t i = 0; i < count; i++) {
        struct herd_places_place place;
        herd_places_index_place(&fixture.index, i, &place);
        assert_true(herd_text_equal(place.id, herd_text_of(expected[place.population])));
        assert_true(herd_text_equal(place.name, HERD_TEXT("A")));
        assert_true(herd_text_equal(place.vicinity, HERD_TEXT("CA, US")));
    }
    placesfixture_finish(&fixture);
}

static void makes_ids_that_nobody_has(void **state)
{
    static const char *const none[] = {"", "", ""};
    static const char *const numbers[] = {"1", "2", "3"};
    static const char *const before[] = {"2", ""};
    static const char *const before_made[] = {"2", "3"};
    static const char *const after[] = {"", "", "1", "2", "6"};
    static const char *const after_made[] = {"7", "8", "1", "2", "6"};
    static const char *const twice[] = {"2", "", "2", "002", "x2", "99999999999999999999"};
    static const char *const twice_made[] = {"2", "7", "2", "002", "x2", "99999999999999999999"};
    (void)state;
    expect_ids(none, numbers, 3);
    expect_ids(before, before_made, 2);
    expect_ids(after, after_made, 5);
    expect_ids(twice, twice_made, 6);
}

static const char *add_at(struct herd_builder *builder, int32_t latitude_e7, int32_t longitude_e7)
{
    const struct herd_places_place place = {
        .latitude_e7 = latitude_e7, .longitude_e7 = longitude_e7, .name = HERD_TEXT("A"), .types = HERD_TEXT("a")};
    return herd_builder_add(builder, &place);
}

/* What no index may hold is not taken, and what comes next is where it would have been. */
static void takes_what_opens(void **state)
{
    struct placesfixture fixture;
    (void)state;
    placesfixture_init(&fixture);
    struct herd_builder *builder = &fixture.builder;
    assert_null(add_at(builder, 900000000, 1800000000));
    assert_string_equal(add_at(builder, 900000001, 0), "a place lies outside the world");
    assert_string_equal(add_at(builder, -900000001, 0), "a place lies outside the world");
    assert_string_equal(add_at(builder, 0, 1800000001), "a place lies outside the world");
    assert_string_equal(add_at(builder, 0, INT32_MIN), "a place lies outside the world");
    assert_null(add_at(builder, -900000000, -1800000000));
    placesfixture_build(&fixture);
    assert_int_equal(fixture.index.place_count, 2);
    placesfixture_finish(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_ids_that_nobody_has),
        cmocka_unit_test(takes_what_opens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
