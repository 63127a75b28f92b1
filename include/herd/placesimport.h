/* SPDX-License-Identifier: MIT */
#ifndef HERD_PLACESIMPORT_H
#define HERD_PLACESIMPORT_H

/*
 * Makes an index file from tables of places. Reads and writes files with libc
 * and takes as long as it takes: for the tool, not for a server's loop.
 *
 * Formats (UTF-8, LF or CRLF):
 *   TSV         GeoNames' table: its 19 columns, or the 8 columns geonameid, name,
 *               latitude, longitude, feature code, country, admin1, population
 *   CSV         RFC 4180; a header names the columns in any order: name, lat, lon
 *               are needed; id, type, country, admin1, population are used; others
 *               are ignored
 *   GEOJSONSEQ  one GeoJSON Feature a line, with or without the RS byte of
 *               RFC 8142, with OpenStreetMap's tags as properties; a feature
 *               without name is passed over. Its id is its `id`, or the property
 *               `@id` (after the first letter of `@type`) or `id`
 *
 * A place without id gets its number in the import for one, or the next number
 * that nobody has.
 *
 * A bad line is refused with one message `file:line: text: "value"` and ends the
 * import with 65, unless skip_bad says to count it and go on; no places, or more
 * bad lines than places, are refused all the same unless allow_few says to take
 * that. At most 8,000,000 places and 1 GiB of their text are taken (so memory
 * stays under 2 GiB; a million places take about 150 MiB).
 *
 * The index is written to a file beside `output`, synced, opened as a server
 * opens it, and renamed over it; the folder is synced last. Where `output` is a
 * symbolic link, what it leads to is replaced. On any failure `output` is as it
 * was. SIGINT, SIGTERM and SIGHUP are caught while there is such a file, to
 * remove it; the next import into the same place removes what was left by one
 * that was killed.
 */

#include <stdint.h>
#include <stdio.h>

#include "herd/text.h"

enum herd_places_format { HERD_PLACES_TSV, HERD_PLACES_CSV, HERD_PLACES_GEOJSONSEQ };

struct herd_places_import_options {
    enum herd_places_format format;
    const char *source;      /* 1 to 64 of [A-Za-z0-9._-]: the prefix of place_id */
    const char *attribution; /* up to 1024 bytes of UTF-8 without control bytes; may be empty */
    const char *output;
    bool skip_bad;
    bool allow_few;
};

struct herd_places_import_counts {
    uint64_t lines;
    uint64_t places;
    uint64_t unnamed; /* passed over: no name */
    uint64_t bad;     /* lines passed over: not readable (skip_bad) */
    uint64_t crowded; /* of places: left out as no answer could hold them, for all that are on the same spot */
};

/* The format of that name (`tsv`, `csv`, `geojsonseq`): 0 or -EINVAL. */
int herd_places_format_parse(const char *name, enum herd_places_format *ret_format);

/*
 * Imports the inputs in order, `-` is standard input. Messages go to `messages`.
 * Returns a sysexits code: 0; 64 (source or attribution cannot be used, or the
 * output is an input), 65 (a bad line, too many places, too few), 66 (an input
 * cannot be read), 73 (the output cannot be made, or is something else than a
 * file), 74 (it could not be written).
 */
int herd_places_import(const struct herd_places_import_options *options, const char *const *inputs,
                       unsigned input_count, FILE *messages, struct herd_places_import_counts *ret_counts);

#endif
