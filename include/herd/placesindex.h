/* SPDX-License-Identifier: MIT */
#ifndef HERD_PLACESINDEX_H
#define HERD_PLACESINDEX_H

/*
 * The index of places: a read-only file in memory (read by indexfile.h), in
 * which "the nearest n within r" and "the most prominent n within r" are found
 * in microseconds without allocating. docs of the bytes: src/index/local.h.
 *
 *     memory, length --open (checks everything)--> struct herd_places_index
 *     indexes, query, scratch --search--> places of all of them, in order
 *
 * The index only points into the memory: who gave it keeps it there, unchanged,
 * and drops it when no query needs it any more. An index is shared freely
 * between threads; a scratch belongs to one search at a time.
 *
 * The earth is a sphere of the mean radius below; distances are along its
 * great circles, from exact coordinates.
 */

#include <stdint.h>

#include "herd/buffer.h"
#include "herd/command.h"

#define HERD_EARTH_RADIUS_M 6371008.8

enum herd_places_rank { HERD_PLACES_PROMINENCE, HERD_PLACES_DISTANCE };

struct herd_places_section {
    const void *bytes;
    size_t length;
};

struct herd_places_index {
    uint32_t place_count;
    uint32_t type_count;
    uint32_t level_count;
    uint32_t level_start[9]; /* first node of each level, lowest first; [level_count] is the number of nodes */
    struct herd_places_section groups;
    struct herd_places_section leaves;
    struct herd_places_section records;
    struct herd_places_section types;
    struct herd_text source;      /* prefix of every place_id: `geonames` */
    struct herd_text attribution; /* the credit to show */
};

/*
 * Opens an index that lies at `memory` (8-byte aligned). Checks the header,
 * every checksum, and every offset, so that no later search can read outside.
 * Reads all of it once: some milliseconds per 10 MB, for a worker thread.
 * Returns 0, or -EINVAL and a sentence (a literal) that says what is wrong: not
 * an index, of another version or byte order, cut short, damaged.
 */
int herd_places_index_open(const void *memory, size_t length, struct herd_places_index *ret_index,
                           const char **ret_problem);

#define HERD_PLACES_INDEX_HEAD 168
#define HERD_INDEX_MAGIC "\211HERDpx\n" /* the first bytes of each index */

/*
 * What is wrong with the beginning of a file of `length` bytes (NULL: nothing):
 * as many bytes at `head` (8-byte aligned) as that constant, or all of a shorter
 * file. So nothing need be read of what is no index, however long it is.
 */
const char *herd_places_index_check_head(const void *head, size_t length);

/* One place; the texts are views of the index's memory. */
struct herd_places_place {
    int32_t latitude_e7; /* 1e-7 degree */
    int32_t longitude_e7;
    uint32_t population; /* 0: unknown or none */
    struct herd_text id; /* without the source */
    struct herd_text name;
    struct herd_text vicinity; /* may be empty */
    struct herd_text types;    /* words separated by commas: `locality,political` */
};

/* Place `number`, below place_count. */
void herd_places_index_place(const struct herd_places_index *index, uint32_t number,
                             struct herd_places_place *ret_place);

struct herd_places_query {
    int64_t latitude_e9;  /* within +-90e9 */
    int64_t longitude_e9; /* within +-180e9 */
    double radius_m;      /* >= 0; a place exactly that far is within */
    enum herd_places_rank rank;
    unsigned bound; /* at most HERD_BOUND_MAX */
};

struct herd_places_found {
    const struct herd_places_index *index;
    uint32_t number; /* in that index */
    double distance_m;
    double cost; /* what results are ordered by: less is better */
};

#define HERD_PLACES_FRONTIER_MAX 1024

/* A node that a search has seen and not opened. */
struct herd_places_seen {
    double cost; /* no place below the node costs less */
    uint32_t node;
    uint32_t level;
};

/* What a search works in. Needs no initialisation. */
struct herd_places_scratch {
    struct herd_places_seen frontier[HERD_PLACES_FRONTIER_MAX];
    unsigned frontier_count;
    struct herd_places_found found[HERD_BOUND_MAX + 1];
    unsigned found_count;
    uint32_t nodes_visited; /* for tests and benchmarks */
};

/*
 * Finds the best min(bound, all) places within the radius, of `index_count`
 * indexes as if they were one; they are in scratch->found, best first, until its
 * next search. Returns how many.
 * DISTANCE: nearest first, ties by id. PROMINENCE: by ln(1 + population) - 4 d/r
 * (d/r is 0 for radius 0), greatest first, ties by distance, then id. Of equal
 * ids the source decides. Ids and sources are ordered by length, then by bytes:
 * numbers by value. So the order of the indexes does not matter, but where two
 * of one source have places with the same id at the same spot.
 */
unsigned herd_places_index_search(const struct herd_places_index *indexes, unsigned index_count,
                                  const struct herd_places_query *query, struct herd_places_scratch *scratch);

/*
 * Searches and appends the answer in the shape and bytes of the legacy Nearby
 * Search (docs/protocol.md), without a newline at its end. Status is
 * ZERO_RESULTS where no place lies within the radius, else OK, whatever the
 * bound. The credits are those of all the indexes, each once, whatever was found.
 */
void herd_places_index_answer(const struct herd_places_index *indexes, unsigned index_count,
                              const struct herd_places_query *query, struct herd_places_scratch *scratch,
                              struct herd_buffer *out);

#endif
