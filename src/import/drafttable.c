/* SPDX-License-Identifier: MIT */
/* Lines of tables: GeoNames' columns between tabs, and CSV with a header. */
#include <stdio.h>

#include "herd/draft.h"

#define GEONAMES_COLUMNS 19
#define TRIMMED_COLUMNS 8

/* Where the columns that we use are in GeoNames' table, and in the one that ships with the program. */
enum {
    COLUMN_ID,
    COLUMN_NAME,
    COLUMN_LATITUDE,
    COLUMN_LONGITUDE,
    COLUMN_FEATURE,
    COLUMN_COUNTRY,
    COLUMN_ADMIN1,
    COLUMN_POPULATION,
    COLUMNS
};

static const unsigned whole_table[COLUMNS] = {0, 1, 4, 5, 7, 8, 10, 14};
static const unsigned trimmed_table[COLUMNS] = {0, 1, 2, 3, 4, 5, 6, 7};

/* Splits at tabs; returns the number of columns, of which at most HERD_TABLE_COLUMNS_MAX are stored. */
static unsigned split_tabs(struct herd_text line, struct herd_text ret_fields[HERD_TABLE_COLUMNS_MAX])
{
    unsigned count = 0;
    for (;;) {
        const char *tab = memchr(line.bytes, '\t', line.length);
        size_t length = tab == NULL ? line.length : (size_t)(tab - line.bytes);
        if (count < HERD_TABLE_COLUMNS_MAX) ret_fields[count] = (struct herd_text){line.bytes, length};
        count++;
        if (tab == NULL) return count;
        line.bytes += length + 1;
        line.length -= length + 1;
    }
}

/* The numbers that every table has: PLACE, or BAD where one cannot be read. */
static enum herd_draft_result set_numbers(struct herd_draft *draft, struct herd_text latitude,
                                          struct herd_text longitude, struct herd_text population)
{
    if (herd_draft_parse_degrees(latitude, 90, &draft->latitude_e7) != 0)
        return herd_draft_refuse(draft, "the latitude is not a decimal number from -90 to 90", latitude);
    if (herd_draft_parse_degrees(longitude, 180, &draft->longitude_e7) != 0)
        return herd_draft_refuse(draft, "the longitude is not a decimal number from -180 to 180", longitude);
    if (herd_draft_parse_population(population, &draft->population) != 0)
        return herd_draft_refuse(draft, "the population is not a whole number", population);
    return HERD_DRAFT_PLACE;
}

enum herd_draft_result herd_draft_read_tsv(struct herd_draft *draft, struct herd_text line)
{
    struct herd_text fields[HERD_TABLE_COLUMNS_MAX];
    unsigned count = split_tabs(line, fields);
    if (count != GEONAMES_COLUMNS && count != TRIMMED_COLUMNS) {
        char problem[96];
        snprintf(problem, sizeof(problem), "it has %u columns, not the 19 of GeoNames or the 8 of the trimmed table",
                 count);
        return herd_draft_refuse(draft, problem, line);
    }
    const unsigned *table = count == GEONAMES_COLUMNS ? whole_table : trimmed_table;
    if (set_numbers(draft, fields[table[COLUMN_LATITUDE]], fields[table[COLUMN_LONGITUDE]],
                    fields[table[COLUMN_POPULATION]]) == HERD_DRAFT_BAD)
        return HERD_DRAFT_BAD;
    herd_buffer_append(&draft->id, fields[table[COLUMN_ID]]);
    herd_buffer_append(&draft->name, fields[table[COLUMN_NAME]]);
    herd_draft_set_feature(draft, fields[table[COLUMN_FEATURE]]);
    herd_draft_set_region(draft, fields[table[COLUMN_ADMIN1]], fields[table[COLUMN_COUNTRY]]);
    return HERD_DRAFT_PLACE;
}

/* A quoted field from after its opening quote, with `""` as one quote; returns what follows its closing one. */
static const char *take_quoted(const char *at, const char *end, struct herd_buffer *out)
{
    for (; at < end; at++) {
        if (*at == '"' && (at + 1 == end || at[1] != '"')) return at + 1;
        if (*at == '"') at++;
        herd_buffer_append_byte(out, *at);
    }
    return NULL;
}

/* Writes the fields into csv->text, a NUL after each; returns how many, 0 and why where it cannot be read. */
static unsigned split_commas(struct herd_csv *csv, struct herd_text line, const char **ret_problem)
{
    const char *at = line.bytes;
    const char *end = line.bytes + line.length;
    unsigned count = 0;
    herd_buffer_clear(&csv->text);
    for (;;) {
        if (at < end && *at == '"') {
            at = take_quoted(at + 1, end, &csv->text);
            *ret_problem = "a quoted field has no end";
            if (at == NULL) return 0;
            *ret_problem = "something follows a quoted field";
            if (at < end && *at != ',') return 0;
        }
        for (; at < end && *at != ','; at++)
            herd_buffer_append_byte(&csv->text, *at);
        herd_buffer_append_byte(&csv->text, '\0');
        count++;
        if (at == end) return count;
        at++;
    }
}

static struct herd_text next_field(struct herd_text *rest)
{
    const char *nul = memchr(rest->bytes, '\0', rest->length);
    size_t length = nul == NULL ? rest->length : (size_t)(nul - rest->bytes);
    struct herd_text field = {rest->bytes, length};
    rest->bytes += length + 1;
    rest->length -= length + 1;
    return field;
}

static enum herd_csv_column column_named(struct herd_text name)
{
    static const struct {
        struct herd_text name;
        enum herd_csv_column column;
    } known[] = {
        {HERD_TEXT_INIT("name"), HERD_CSV_NAME},
        {HERD_TEXT_INIT("lat"), HERD_CSV_LATITUDE},
        {HERD_TEXT_INIT("latitude"), HERD_CSV_LATITUDE},
        {HERD_TEXT_INIT("lon"), HERD_CSV_LONGITUDE},
        {HERD_TEXT_INIT("lng"), HERD_CSV_LONGITUDE},
        {HERD_TEXT_INIT("longitude"), HERD_CSV_LONGITUDE},
        {HERD_TEXT_INIT("id"), HERD_CSV_ID},
        {HERD_TEXT_INIT("type"), HERD_CSV_TYPE},
        {HERD_TEXT_INIT("country"), HERD_CSV_COUNTRY},
        {HERD_TEXT_INIT("admin1"), HERD_CSV_ADMIN1},
        {HERD_TEXT_INIT("population"), HERD_CSV_POPULATION},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (herd_text_equal(name, known[i].name)) return known[i].column;
    return HERD_CSV_COLUMNS;
}

/* The names of the columns as they were found, for a message. */
static enum herd_draft_result refuse_header(struct herd_draft *draft, struct herd_csv *csv, const char *problem)
{
    for (size_t i = csv->text.start; i + 1 < csv->text.end; i++)
        if (csv->text.memory[i] == '\0') csv->text.memory[i] = ',';
    herd_buffer_truncate(&csv->text, herd_buffer_length(&csv->text) - 1);
    memset(csv->columns, 0, sizeof(csv->columns));
    return herd_draft_refuse(draft, problem, herd_buffer_text(&csv->text));
}

static enum herd_draft_result read_header(struct herd_draft *draft, struct herd_csv *csv, unsigned count)
{
    struct herd_text rest = herd_buffer_text(&csv->text);
    for (unsigned i = 0; i < count; i++) {
        enum herd_csv_column column = column_named(next_field(&rest));
        if (column == HERD_CSV_COLUMNS) continue;
        if (csv->columns[column] != 0) return refuse_header(draft, csv, "the header names a column twice");
        csv->columns[column] = i + 1;
    }
    if (csv->columns[HERD_CSV_NAME] == 0 || csv->columns[HERD_CSV_LATITUDE] == 0 ||
        csv->columns[HERD_CSV_LONGITUDE] == 0)
        return refuse_header(draft, csv, "the header does not name the columns name, lat and lon");
    csv->column_count = count;
    return HERD_DRAFT_NOTHING;
}

static enum herd_draft_result refuse_count(struct herd_draft *draft, unsigned count, unsigned expected,
                                           struct herd_text record)
{
    char problem[64];
    snprintf(problem, sizeof(problem), "it has %u fields, the header %u", count, expected);
    return herd_draft_refuse(draft, problem, record);
}

enum herd_draft_result herd_draft_read_csv(struct herd_draft *draft, struct herd_csv *csv, struct herd_text record)
{
    struct herd_text fields[HERD_CSV_COLUMNS] = {{NULL, 0}};
    const char *problem = NULL;
    if (memchr(record.bytes, '\0', record.length) != NULL)
        return herd_draft_refuse(draft, "it holds a NUL byte", record);
    unsigned count = split_commas(csv, record, &problem);
    if (count == 0) return herd_draft_refuse(draft, problem, record);
    if (csv->column_count == 0 && memchr(record.bytes, '\r', record.length) != NULL)
        return herd_draft_refuse(draft, "more than a line is in the header", record);
    if (csv->column_count == 0) return read_header(draft, csv, count);
    if (count != csv->column_count) return refuse_count(draft, count, csv->column_count, record);
    struct herd_text rest = herd_buffer_text(&csv->text);
    for (unsigned i = 1; i <= count; i++) {
        struct herd_text field = next_field(&rest);
        for (unsigned column = 0; column < HERD_CSV_COLUMNS; column++)
            if (csv->columns[column] == i) fields[column] = field;
    }
    if (set_numbers(draft, fields[HERD_CSV_LATITUDE], fields[HERD_CSV_LONGITUDE], fields[HERD_CSV_POPULATION]) ==
        HERD_DRAFT_BAD)
        return HERD_DRAFT_BAD;
    herd_buffer_append(&draft->id, fields[HERD_CSV_ID]);
    herd_buffer_append(&draft->name, fields[HERD_CSV_NAME]);
    herd_draft_set_kind(draft, fields[HERD_CSV_TYPE]);
    herd_draft_set_region(draft, fields[HERD_CSV_ADMIN1], fields[HERD_CSV_COUNTRY]);
    return HERD_DRAFT_PLACE;
}
