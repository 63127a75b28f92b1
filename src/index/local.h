/* SPDX-License-Identifier: MIT */
#ifndef HERD_INDEX_LOCAL_H
#define HERD_INDEX_LOCAL_H

/*
 * What the files of this room share: the bytes of the index, the sphere and the
 * curve.
 *
 * An index file, in the byte order of the machine that made it; every section
 * starts at a multiple of 8, its length is one, and it follows the one before:
 *
 *     header    magic, byte order, version, counts, the table of sections
 *     ABOUT     two lengths (uint32), the source's bytes, the attribution's
 *     TYPES     where each list of types ends (uint32 each), then the lists
 *     GROUPS    the tree: the boxes of each node's children, level by level
 *     LEAVES    what the lowest nodes hold: 16 places along the curve, in floats for
 *               a first look and exactly
 *     RECORDS   a head and the texts of each place, what an answer needs
 *
 * The tree is packed: node i of the lowest level holds points 16 i to 16 i + 15,
 * node i of a higher level holds nodes 16 i to 16 i + 15 of the level below, so
 * there is not one pointer in it. Boxes are of x, y, z on the unit sphere:
 * there poles and the antimeridian are ordinary points. Each box comes with the
 * best prominence below it. A node's children lie axis by axis, so that all 16
 * are looked at with a few vector instructions.
 *
 *                    [ root ]                      one group: up to 16 boxes
 *            [ node ][ node ] ...                  groups
 *     [ leaf ][ leaf ] ...                         leaves: up to 16 points
 *     p p p p ... p                places, sorted by their place on the Hilbert curve
 */

#include <stdint.h>
#include <stdio.h>

#include "herd/buffer.h"
#include "herd/builder.h"
#include "herd/placesindex.h"
#include "herd/placesjson.h"
#include "herd/siphash.h"

#define INDEX_VERSION 1u
#define INDEX_BYTE_ORDER UINT32_C(0x01020304)
#define INDEX_FANOUT 16u
#define INDEX_LEVELS_MAX 8u
#define INDEX_PLACES_MAX (UINT32_C(1) << 31)
#define INDEX_MAGIC_LENGTH 8

enum index_section {
    INDEX_ABOUT,
    INDEX_TYPES,
    INDEX_GROUPS,
    INDEX_LEAVES,
    INDEX_RECORDS,
    INDEX_SECTIONS,
};

struct index_entry {
    uint64_t offset;
    uint64_t length;
    uint32_t checksum; /* CRC-32C of the section */
    uint32_t zero;
};

struct index_header {
    char magic[INDEX_MAGIC_LENGTH];
    uint32_t byte_order;
    uint32_t version;
    uint32_t header_bytes;
    uint32_t checksum; /* CRC-32C of the header with 0 here */
    uint64_t file_bytes;
    uint32_t place_count;
    uint32_t type_count;
    uint32_t fanout;
    uint32_t section_count;
    struct index_entry sections[INDEX_SECTIONS];
};

/* The children of a node of a higher level; those that there are not are zeros. */
struct index_group {
    float low[3][INDEX_FANOUT]; /* rounded outwards */
    float high[3][INDEX_FANOUT];
    float prominence[INDEX_FANOUT]; /* ln(1 + greatest population below), rounded up */
};

struct herd_index_point {
    int32_t latitude_e7;
    int32_t longitude_e7;
    uint32_t population;
    uint32_t record; /* offset in RECORDS */
};

/* The places of a node of the lowest level, side by side in memory because a search that sees one sees all. */
struct index_leaf {
    float at[3][INDEX_FANOUT];      /* on the unit sphere, rounded to nearest */
    float prominence[INDEX_FANOUT]; /* rounded up */
    struct herd_index_point points[INDEX_FANOUT];
};

/* Head of a record; the bytes of id, name and vicinity follow. Not aligned. */
struct index_record {
    uint8_t id_length;
    uint8_t vicinity_length;
    uint16_t name_length;
    uint16_t type; /* number of its list of types */
};

_Static_assert(sizeof(struct index_header) == HERD_PLACES_INDEX_HEAD, "no padding in the file's header");
_Static_assert(sizeof(struct index_group) == 448, "no padding in groups");
_Static_assert(sizeof(struct index_leaf) == 512, "no padding in leaves");
_Static_assert(sizeof(struct herd_index_point) == 16, "no padding in points");
_Static_assert(sizeof(struct index_record) == 6, "no padding in records");

/*
 * The levels of a tree over `place_count` points: fills ret_start with the first
 * node of each level and, after the last, the number of all; returns the number
 * of levels, 0 for no points.
 */
uint32_t index_levels(uint32_t place_count, uint32_t ret_start[INDEX_LEVELS_MAX + 1]);

/* What is wrong with a place of an index (NULL: nothing). Whoever makes an index asks the same as whoever opens it. */
const char *index_check_point(const struct herd_index_point *point, struct herd_places_section records,
                              uint32_t type_count);

/* x, y, z on the unit sphere of a coordinate in units of 1e-9 degree. */
void sphere_vector(int64_t latitude_e9, int64_t longitude_e9, double ret_vector[3]);
/* A point from which distances are measured, with the cosine and the sine of its latitude. */
struct sphere_origin {
    int64_t latitude_e9;
    int64_t longitude_e9;
    double cosine;
    double sine;
};

struct sphere_origin sphere_origin(int64_t latitude_e9, int64_t longitude_e9);
/*
 * Great-circle distance by the haversine formula, good to nanometres for near
 * points because differences are taken of whole numbers.
 */
double sphere_distance_m(const struct sphere_origin *origin, int32_t latitude_e7, int32_t longitude_e7);

/*
 * The place of a cell on the Hilbert curve through a cube of 2^bits cells a
 * side, bits 1 to 21.
 */
uint64_t hilbert_key(const uint32_t cell[3], unsigned bits);

/* Place `number` of an index, below place_count. */
static inline const struct herd_index_point *index_point_at(const struct herd_places_index *index, uint32_t number)
{
    const struct index_leaf *leaves = index->leaves.bytes;
    return &leaves[number / INDEX_FANOUT].points[number % INDEX_FANOUT];
}

/* The length of the record there, with its head; and its id. */
size_t builder_record_length(const struct herd_builder *builder, uint32_t offset);
struct herd_text builder_id(const struct herd_builder *builder, uint32_t offset);

/* The place of a point on the curve when it is sorted. */
struct index_key {
    uint64_t key;
    uint32_t number; /* in the order of coming */
};

/*
 * Of sorted keys, leaves out those of places that no search can find because of
 * others on the same spot; returns how many stay, in their order.
 */
uint32_t index_thin(const struct herd_builder *builder, struct index_key *keys, uint32_t count);

/* Orders ids: the shorter first, then by bytes; so numbers are in order of value. */
int place_id_compare(struct herd_text a, struct herd_text b);

#endif
