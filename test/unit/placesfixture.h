/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEST_PLACESFIXTURE_H
#define HERD_TEST_PLACESFIXTURE_H

/* An index of places made in memory, for the tests of all rooms that search or answer. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "herd/builder.h"
#include "herd/memory.h"

struct placesfixture {
    struct herd_builder builder;
    void *memory; /* the file's bytes */
    size_t length;
    struct herd_places_index index;
};

static inline void placesfixture_init(struct placesfixture *fixture)
{
    *fixture = (struct placesfixture){.memory = NULL};
    herd_builder_init(&fixture->builder);
}

static inline void placesfixture_finish(struct placesfixture *fixture)
{
    herd_builder_finish(&fixture->builder);
    herd_memory_free(fixture->memory);
}

/* Adds a locality in CA, US. */
static inline void placesfixture_add(struct placesfixture *fixture, const char *id, const char *name,
                                     int32_t latitude_e7, int32_t longitude_e7, uint32_t population)
{
    const struct herd_places_place place = {
        .latitude_e7 = latitude_e7,
        .longitude_e7 = longitude_e7,
        .population = population,
        .id = herd_text_of(id),
        .name = herd_text_of(name),
        .vicinity = HERD_TEXT("CA, US"),
        .types = HERD_TEXT("locality,political"),
    };
    assert_null(herd_builder_add(&fixture->builder, &place));
}

/* Writes the file's bytes and opens them. */
static inline void placesfixture_build_as(struct placesfixture *fixture, struct herd_text source,
                                          struct herd_text attribution)
{
    const char *problem = "";
    FILE *file = tmpfile();
    assert_non_null(file);
    uint32_t crowded;
    herd_builder_settle(&fixture->builder);
    assert_int_equal(herd_index_write(&fixture->builder, source, attribution, file, &crowded), 0);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    fixture->length = (size_t)ftell(file);
    fixture->memory = herd_memory_allocate(fixture->length);
    rewind(file);
    assert_int_equal(fread(fixture->memory, 1, fixture->length, file), fixture->length);
    fclose(file);
    assert_int_equal(herd_places_index_open(fixture->memory, fixture->length, &fixture->index, &problem), 0);
}

/* The same, source `geonames`. */
static inline void placesfixture_build(struct placesfixture *fixture)
{
    placesfixture_build_as(fixture, HERD_TEXT("geonames"), HERD_TEXT("© GeoNames (CC BY 4.0)"));
}

/* The live bytes are those of `expected`. */
static inline void placesfixture_expect(const struct herd_buffer *buffer, const char *expected)
{
    struct herd_text text = {"", 0};
    if (herd_buffer_length(buffer) > 0) text = herd_buffer_text(buffer);
    assert_true(herd_text_equal(text, herd_text_of(expected)));
}

#endif
