/* SPDX-License-Identifier: MIT */
#include "versions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "herd/clock.h"

struct herd_version versions_make(struct herd_text client, const char *position, const char *time, uint8_t origin)
{
    struct herd_version version = {
        .report = {.client = client, .position = herd_text_of(position), .time = herd_text_of(time)}, .origin = origin};

    assert_int_equal(herd_time_parse(version.report.time, HERD_TIME_SECONDS_MAX, &version.report.time_ns), 0);
    return version;
}

struct herd_version versions_at(struct herd_text client, unsigned seconds, uint8_t origin, char text[24])
{
    snprintf(text, 24, "%u", seconds);
    return versions_make(client, VERSIONS_POSITION, text, origin);
}

static void assert_text_equal(struct herd_text a, struct herd_text b)
{
    assert_true(herd_text_equal(a, b));
}

void versions_assert_equal(const struct herd_version *a, const struct herd_version *b)
{
    assert_text_equal(a->report.client, b->report.client);
    assert_text_equal(a->report.position, b->report.position);
    assert_text_equal(a->report.time, b->report.time);
    assert_true(a->report.time_ns == b->report.time_ns);
    assert_true(a->difference_ns == b->difference_ns);
    assert_int_equal(a->origin, b->origin);
    if (a->origin == HERD_NAME_UNKNOWN) assert_text_equal(a->foreign, b->foreign);
    assert_int_equal(a->way_count, b->way_count);
    assert_memory_equal(a->way, b->way, a->way_count);
}

void versions_store_init(struct herd_store *store, unsigned slot_count, uint32_t clients_max)
{
    struct herd_siphash_key key = {7, 11};

    herd_store_init(store, &key, slot_count, clients_max);
    for (unsigned slot = 0; slot < slot_count; slot++)
        assert_int_equal(herd_store_take_slot(store, 0), slot);
    assert_int_equal(herd_names_add(&store->names, HERD_TEXT("A")), 1);
    assert_int_equal(herd_names_add(&store->names, HERD_TEXT("B")), 2);
    assert_int_equal(herd_names_add(&store->names, HERD_TEXT("C")), 3);
}
