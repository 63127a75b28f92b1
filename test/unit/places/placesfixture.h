/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEST_PLACESFIXTURE_H
#define HERD_TEST_PLACESFIXTURE_H

/* An index of places made in memory, for the tests of searching and answering. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../src/places/local.h"

struct placesfixture {
    struct herd_builder builder;
    void *memory; /* the file's bytes */
    size_t length;
    struct herd_places_index index;
};

void placesfixture_init(struct placesfixture *fixture);
void placesfixture_finish(struct placesfixture *fixture);
/* Adds a locality in CA, US. */
void placesfixture_add(struct placesfixture *fixture, const char *id, const char *name, int32_t latitude_e7,
                       int32_t longitude_e7, uint32_t population);
/* Writes the file's bytes and opens them, source `geonames`. */
void placesfixture_build(struct placesfixture *fixture);
void placesfixture_build_as(struct placesfixture *fixture, struct herd_text source, struct herd_text attribution);

/* The live bytes are those of `expected`. */
void placesfixture_expect(const struct herd_buffer *buffer, const char *expected);

#endif
