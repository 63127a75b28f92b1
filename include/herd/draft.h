/* SPDX-License-Identifier: MIT */
#ifndef HERD_DRAFT_H
#define HERD_DRAFT_H

/*
 * A place as an import reads it, before it is in any index: one record of an
 * input becomes one draft, or a problem in words that show the offending value.
 *
 *     record --read_tsv, read_csv or read_geojson--> draft --check--> PLACE
 */

#include <stdint.h>

#include "herd/buffer.h"
#include "herd/placesindex.h"

/*
 * Zeroed at first; the buffers are used again for the next record. `types` are
 * words with commas between, `vicinity` may be empty; so may `id`, which is
 * then made by the builder.
 */
struct herd_draft {
    struct herd_buffer id;
    struct herd_buffer name;
    struct herd_buffer vicinity;
    struct herd_buffer types;
    struct herd_buffer problem; /* of a BAD one: a sentence of printable characters */
    int32_t latitude_e7;
    int32_t longitude_e7;
    uint32_t population; /* what is more than fits is the most that does */
};

enum herd_draft_result {
    HERD_DRAFT_PLACE,
    HERD_DRAFT_NOTHING, /* a header */
    HERD_DRAFT_UNNAMED,
    HERD_DRAFT_BAD, /* the draft's problem says why */
};

#define HERD_DRAFT_ID_MAX 128
#define HERD_DRAFT_NAME_MAX 1024
#define HERD_DRAFT_VICINITY_MAX 255

void herd_draft_clear(struct herd_draft *draft);
void herd_draft_finish(struct herd_draft *draft);
/* It is BAD: `problem`, and after `: ` the value in quotes, or what fits of it, with `?` for what cannot be shown. */
enum herd_draft_result herd_draft_refuse(struct herd_draft *draft, const char *problem, struct herd_text value);
/* Degrees in decimal, `[+-]D+(.D+)?`, rounded to 1e-7: 0, or -EINVAL also beyond `degrees_max`. */
int herd_draft_parse_degrees(struct herd_text text, int32_t degrees_max, int32_t *ret_e7);
/* A whole number, also as `1000.0` or `1e6`: 0, or -EINVAL. Empty is 0; more than fits is UINT32_MAX. */
int herd_draft_parse_population(struct herd_text text, uint32_t *ret_population);
/* The types of a GeoNames feature code, and those of some other source's word for a kind of place. */
void herd_draft_set_feature(struct herd_draft *draft, struct herd_text code);
void herd_draft_set_kind(struct herd_draft *draft, struct herd_text kind);
/* `CA, US`, `New South Wales, AU`: admin1 where it is no code with digits, then the country. */
void herd_draft_set_region(struct herd_draft *draft, struct herd_text admin1, struct herd_text country);
/* Whether it can be an id: printable ASCII without blanks, `"` and `\`, at most HERD_DRAFT_ID_MAX bytes. */
bool herd_draft_id_valid(struct herd_text id);
/* Checks id and name (UTF-8, lengths), and makes control bytes blanks. */
enum herd_draft_result herd_draft_check(struct herd_draft *draft);
/* What an index is to hold of it: views of the draft. */
struct herd_places_place herd_draft_place(const struct herd_draft *draft);

#define HERD_TABLE_COLUMNS_MAX 64
enum herd_csv_column {
    HERD_CSV_NAME,
    HERD_CSV_LATITUDE,
    HERD_CSV_LONGITUDE,
    HERD_CSV_ID,
    HERD_CSV_TYPE,
    HERD_CSV_COUNTRY,
    HERD_CSV_ADMIN1,
    HERD_CSV_POPULATION,
    HERD_CSV_COLUMNS,
};

/* What a CSV file's header said. Zeroed: no header yet. */
struct herd_csv {
    unsigned column_count;
    unsigned columns[HERD_CSV_COLUMNS]; /* 1 + which one it is in a record; 0: it is not there */
    struct herd_buffer text;            /* the record's fields without quotes, each with a NUL after it */
};

/* Each reads one record into a cleared draft. */
enum herd_draft_result herd_draft_read_tsv(struct herd_draft *draft, struct herd_text line);
enum herd_draft_result herd_draft_read_csv(struct herd_draft *draft, struct herd_csv *csv, struct herd_text record);
enum herd_draft_result herd_draft_read_geojson(struct herd_draft *draft, struct herd_text line);

/* Whether the bytes are UTF-8: no form longer than needed, no surrogate. */
bool herd_utf8_valid(struct herd_text text);

#endif
