/* SPDX-License-Identifier: MIT */
#include "placesfixture.h"

#include <stdio.h>

#include "herd/memory.h"

void placesfixture_init(struct placesfixture *fixture)
{
    *fixture = (struct placesfixture){.memory = NULL};
    herd_builder_init(&fixture->builder);
}

void placesfixture_finish(struct placesfixture *fixture)
{
    herd_builder_finish(&fixture->builder);
    herd_memory_free(fixture->memory);
}

void placesfixture_add(struct placesfixture *fixture, const char *id, const char *name, int32_t latitude_e7,
                       int32_t longitude_e7, uint32_t population)
{
    struct herd_draft draft = {.latitude_e7 = latitude_e7, .longitude_e7 = longitude_e7, .population = population};
    herd_buffer_append(&draft.id, herd_text_of(id));
    herd_buffer_append(&draft.name, herd_text_of(name));
    herd_draft_set_feature(&draft, HERD_TEXT("PPL"));
    herd_draft_set_region(&draft, HERD_TEXT("CA"), HERD_TEXT("US"));
    assert_null(herd_builder_add(&fixture->builder, &draft));
    herd_draft_finish(&draft);
}

void placesfixture_build_as(struct placesfixture *fixture, struct herd_text source, struct herd_text attribution)
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

void placesfixture_build(struct placesfixture *fixture)
{
    placesfixture_build_as(fixture, HERD_TEXT("geonames"), HERD_TEXT("© GeoNames (CC BY 4.0)"));
}

void placesfixture_expect(const struct herd_buffer *buffer, const char *expected)
{
    struct herd_text text = {"", 0};
    if (herd_buffer_length(buffer) > 0) text = herd_buffer_text(buffer);
    assert_true(herd_text_equal(text, herd_text_of(expected)));
}
