/* SPDX-License-Identifier: MIT */
/* Answering from an index allocates nothing. The seam for memory is this file's own, and counts. */
#include "../../../src/places/local.h"
#include "../placesfixture.h"

#include <stdio.h>

#include "../countedmemory.h"

#define OUT_BYTES 65536
#define PLACE_BYTES_MIN 200

static void answer(struct herd_places *places, int64_t latitude_e9, struct herd_text radius, unsigned bound,
                   struct herd_buffer *out)
{
    char position[32];
    struct herd_places_ticket ticket = {.on_ready = NULL};
    struct herd_position location;
    struct herd_question question = {.bound = bound};
    snprintf(position, sizeof(position), "+%lld.5-118.25", (long long)(latitude_e9 / 1000000000));
    assert_int_equal(herd_position_parse(herd_text_of(position), &location), 0);
    assert_int_equal(herd_decimal_parse(radius, &question.radius_km), 0);
    assert_int_equal(herd_places_ask(places, &ticket, &location, &question, 0), HERD_PLACES_READY);
    herd_buffer_clear(out);
    herd_places_render(&ticket, out);
}

static void answers_without_allocating(void **state)
{
    (void)state;
    const struct herd_places_provider_options local = {.name = "local"};
    const struct herd_places_options options = {HERD_PLACES_DEFAULTS, .providers = &local, .provider_count = 1};
    struct herd_places *places = herd_places_create(&options);
    struct herd_buffer out = HERD_BUFFER_INIT;
    struct placesfixture fixture;
    placesfixture_init(&fixture);
    char id[24];
    for (unsigned i = 0; i < 2000; i++) {
        snprintf(id, sizeof(id), "%u", i);
        placesfixture_add(&fixture, id, "A \"place\"", 335000000 + (int32_t)i * 10000, -1182500000, i);
    }
    placesfixture_build(&fixture);
    herd_places_set_indexes(places, &fixture.index, 1);
    herd_buffer_reserve(&out, OUT_BYTES);
    unsigned before = allocations;
    for (unsigned i = 0; i < 100; i++) {
        answer(places, (33 + i % 3) * INT64_C(1000000000), i % 2 == 0 ? HERD_TEXT("50") : HERD_TEXT("3.5"), i % 21,
               &out);
        assert_true(herd_buffer_length(&out) > i % 21 * PLACE_BYTES_MIN);
    }
    assert_int_equal(allocations, before);
    herd_buffer_finish(&out);
    herd_places_destroy(places);
    placesfixture_finish(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_without_allocating),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
