/* SPDX-License-Identifier: MIT */
#ifndef HERD_BUILDER_H
#define HERD_BUILDER_H

/*
 * Makes an index of places (placesindex.h):
 *
 *     init --add, add ...--> all are there --settle--> their ids are final --index_write--> the file
 */

#include <stdint.h>
#include <stdio.h>

#include "herd/buffer.h"
#include "herd/placesindex.h"

#define HERD_BUILDER_PLACES_MAX UINT32_C(8000000)
#define HERD_BUILDER_TEXT_MAX (UINT32_C(1) << 30)
#define HERD_BUILDER_ID_MAX 255
#define HERD_BUILDER_NAME_MAX 65535
#define HERD_BUILDER_VICINITY_MAX 255

struct herd_index_point;

/* A set of whole numbers below its size. */
struct herd_builder_set {
    uint64_t *words;
    uint32_t size;
};

/* An index being made: places in the order of coming, sorted when it is written. */
struct herd_builder {
    struct herd_index_point *points; /* .record: offset in records */
    uint32_t point_count;
    uint32_t point_capacity;
    struct herd_buffer records;
    struct herd_buffer types;     /* the lists, one after the other */
    struct herd_buffer type_ends; /* uint32_t each */
    uint32_t type_count;
    uint32_t *type_slots;          /* hash table of numbers of lists + 1 */
    struct herd_builder_set given; /* ids that are numbers, of those that a made id might be */
    struct herd_builder_set made;  /* numbers that are ids because there was none */
    uint32_t clash_count;          /* numbers in both */
};

void herd_builder_init(struct herd_builder *builder);
void herd_builder_finish(struct herd_builder *builder);
/*
 * Adds a place, whose texts are copied and no longer than those limits; an empty
 * id becomes the place's number, or where some other place was given that one,
 * the next number that nobody has. NULL, or why it cannot be taken (a literal),
 * and nothing was added.
 */
const char *herd_builder_add(struct herd_builder *builder, const struct herd_places_place *place);
/* All places are there: made ids that were given to others, too, are made anew. */
void herd_builder_settle(struct herd_builder *builder);
/*
 * Writes the index of a settled builder: 0, or a negative errno. Leaves `file`
 * open and flushed. *ret_crowded: the places left out because they can never be
 * among the first HERD_BOUND_MAX of any answer, for they are on one spot with
 * so many others.
 */
int herd_index_write(const struct herd_builder *builder, struct herd_text source, struct herd_text attribution,
                     FILE *file, uint32_t *ret_crowded);

#endif
