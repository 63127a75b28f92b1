/* SPDX-License-Identifier: MIT */
/*
 * The import: records of the inputs become drafts, drafts become an index in
 * memory, the index becomes a file that takes the output's place in one step.
 * A reader that has the old file open keeps it.
 *
 * What can go wrong is told with file and line and leaves the output as it was:
 * an input that cannot be read (66), a line that cannot or too little that could
 * (65), an output that cannot be made (73) or written (74).
 */
#include "herd/placesimport.h"

#include <assert.h>
#include <errno.h>
#include <sysexits.h>

#include "herd/builder.h"
#include "herd/importoutput.h"
#include "herd/importrecords.h"
#include "herd/memory.h"
#include "herd/name.h"
#include "local.h"

#define READ_BYTES (64u << 10)
#define TABLE_RECORD_MAX (64u << 10)
#define GEOJSON_RECORD_MAX (64u << 20)
#define ATTRIBUTION_MAX 1024
#define RECORD_SEPARATOR '\x1e'

struct import {
    const struct herd_places_import_options *options;
    FILE *messages;
    struct herd_import_output output;
    struct herd_places_import_counts counts;
    struct herd_builder builder;
    struct herd_draft draft;
    struct herd_csv csv;
    struct herd_buffer first_bad; /* what was wrong with the first record that was passed over */
    const char *file;             /* being read */
    uint64_t line;                /* the first of the record */
};

int herd_places_format_parse(const char *name, enum herd_places_format *ret_format)
{
    static const struct {
        const char *name;
        enum herd_places_format format;
    } formats[] = {{"tsv", HERD_PLACES_TSV}, {"csv", HERD_PLACES_CSV}, {"geojsonseq", HERD_PLACES_GEOJSONSEQ}};
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (strcmp(name, formats[i].name) != 0) continue;
        *ret_format = formats[i].format;
        return 0;
    }
    return -EINVAL;
}

static enum herd_draft_result read_draft(struct import *import, struct herd_text text)
{
    switch (import->options->format) {
    case HERD_PLACES_TSV:
        return herd_draft_read_tsv(&import->draft, text);
    case HERD_PLACES_CSV:
        return herd_draft_read_csv(&import->draft, &import->csv, text);
    case HERD_PLACES_GEOJSONSEQ:
        return herd_draft_read_geojson(&import->draft, text);
    }
    assert(false);
    return HERD_DRAFT_BAD;
}

/* An RS before a feature, a CR after each line: neither belongs to it. */
static struct herd_text bare_record(const struct import *import, struct herd_text text)
{
    if (import->options->format == HERD_PLACES_GEOJSONSEQ) {
        for (; text.length > 0 && text.bytes[0] == RECORD_SEPARATOR; text.length--)
            text.bytes++;
    }
    if (text.length > 0 && text.bytes[text.length - 1] == '\r') text.length--;
    return text;
}

static void append_problem(const struct import *import, struct herd_text problem, struct herd_buffer *out)
{
    herd_buffer_append(out, herd_text_of(import->file));
    herd_buffer_append_byte(out, ':');
    herd_buffer_append_number(out, import->line);
    herd_buffer_append(out, HERD_TEXT(": "));
    herd_buffer_append(out, problem);
    herd_buffer_append_byte(out, '\n');
}

static int refuse_record(const struct import *import, struct herd_text problem)
{
    struct herd_buffer text = HERD_BUFFER_INIT;
    append_problem(import, problem, &text);
    fwrite(herd_buffer_text(&text).bytes, 1, herd_buffer_length(&text), import->messages);
    herd_buffer_finish(&text);
    return EX_DATAERR;
}

/* Nothing between the commas. */
static bool is_blank(struct herd_text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.bytes[i] != ',') return false;
    return true;
}

/* A record that cannot be read is passed over where that is wanted; of a table without its header nothing can be. */
static int take_bad(struct import *import, const struct herd_record *record, struct herd_text text)
{
    bool header = import->options->format == HERD_PLACES_CSV && import->csv.column_count == 0;
    if (memchr(text.bytes, '\r', text.length) != NULL)
        herd_buffer_append(&import->draft.problem, HERD_TEXT("; it holds CR: if lines end with that alone, make it LF, "
                                                             "such as with `tr '\\r' '\\n'`"));
    struct herd_text problem = herd_buffer_text(&import->draft.problem);
    if (!import->options->skip_bad || (header && !record->too_long && !is_blank(text)))
        return refuse_record(import, problem);
    if (import->counts.bad == 0) append_problem(import, problem, &import->first_bad);
    import->counts.bad += record->lines;
    return 0;
}

static enum herd_draft_result judge_record(struct import *import, const struct herd_record *record,
                                           struct herd_text text)
{
    herd_draft_clear(&import->draft);
    if (record->too_long) {
        herd_buffer_append(&import->draft.problem, HERD_TEXT("the line is too long"));
        if (record->lines > 1)
            herd_buffer_append(&import->draft.problem, HERD_TEXT(": a quoted field has no end near"));
        return HERD_DRAFT_BAD;
    }
    enum herd_draft_result result = read_draft(import, text);
    return result == HERD_DRAFT_PLACE ? herd_draft_check(&import->draft) : result;
}

/* 0, or the exit code that ends the import. */
static int take_record(struct import *import, const struct herd_record *record)
{
    struct herd_text text = bare_record(import, record->text);
    if (text.length == 0 && !record->too_long) return 0;
    import->counts.lines += record->lines;
    switch (judge_record(import, record, text)) {
    case HERD_DRAFT_NOTHING:
        return 0;
    case HERD_DRAFT_UNNAMED:
        import->counts.unnamed++;
        return 0;
    case HERD_DRAFT_BAD:
        return take_bad(import, record, text);
    case HERD_DRAFT_PLACE:
        break;
    }
    const struct herd_places_place place = herd_draft_place(&import->draft);
    const char *problem = herd_builder_add(&import->builder, &place);
    if (problem != NULL) return refuse_record(import, herd_text_of(problem));
    import->counts.places++;
    return 0;
}

/* The line is that of the record while it is taken, and of the next one after. */
static int take_next(struct import *import, const struct herd_record *record)
{
    int code = take_record(import, record);
    import->line += record->lines;
    return code;
}

static int take_piece(struct import *import, struct herd_records *records, struct herd_text input)
{
    struct herd_record record;
    int code = 0;
    while (code == 0 && herd_records_next(records, &input, &record))
        code = take_next(import, &record);
    return code;
}

/* What a file begins with: something else than a table, or a byte order mark, which belongs to no line. */
static int take_start(struct import *import, struct herd_text *input)
{
    const char *problem = herd_records_sniff(*input, import->options->format);
    if (problem != NULL) {
        fprintf(import->messages, "%s: %s\n", import->file, problem);
        return EX_DATAERR;
    }
    *input = herd_text_skip_mark(*input);
    return 0;
}

static int read_records(struct import *import, FILE *file, struct herd_records *records)
{
    struct herd_record record;
    int code = 0;
    bool started = false;
    char *bytes = herd_memory_allocate(READ_BYTES);
    for (size_t length = 1; code == 0 && length > 0;) {
        length = fread(bytes, 1, READ_BYTES, file);
        struct herd_text input = {bytes, length};
        if (!started) code = take_start(import, &input);
        started = true;
        if (code == 0 && input.length > 0) code = take_piece(import, records, input);
    }
    herd_memory_free(bytes);
    if (code == 0 && ferror(file)) {
        fprintf(import->messages, "%s: cannot be read: %s\n", import->file, strerror(errno));
        return EX_NOINPUT;
    }
    if (code == 0 && herd_records_end(records, &record)) code = take_next(import, &record);
    return code;
}

static int read_input(struct import *import, FILE *file)
{
    struct herd_records records;
    bool tables = import->options->format != HERD_PLACES_GEOJSONSEQ;
    if (herd_import_output_is(&import->output, file)) {
        fprintf(import->messages, "%s: is the output, too\n", import->file);
        return EX_USAGE;
    }
    herd_records_init(&records, tables ? TABLE_RECORD_MAX : GEOJSON_RECORD_MAX,
                      import->options->format == HERD_PLACES_CSV);
    int code = read_records(import, file, &records);
    herd_records_finish(&records);
    return code;
}

static int take_input(struct import *import, const char *input)
{
    bool standard = strcmp(input, "-") == 0;
    FILE *file = standard ? stdin : fopen(input, "rb");
    import->file = standard ? "standard input" : input;
    import->line = 1;
    import->csv.column_count = 0;
    memset(import->csv.columns, 0, sizeof(import->csv.columns));
    if (file == NULL) {
        fprintf(import->messages, "%s: cannot be opened: %s\n", input, strerror(errno));
        return EX_NOINPUT;
    }
    int code = read_input(import, file);
    if (!standard) fclose(file);
    return code;
}

/* A download that failed, or a wrong format, is not to empty a herd. */
static int check_counts(const struct import *import)
{
    const struct herd_places_import_counts *counts = &import->counts;
    if (import->options->allow_few || (counts->places > 0 && counts->bad <= counts->places)) return 0;
    struct herd_text first = herd_buffer_text(&import->first_bad);
    fwrite(first.bytes, 1, first.length, import->messages);
    fprintf(import->messages,
            "%s: not made: %llu places were found, %llu bad lines and %llu places without a name (--allow-few takes "
            "that)\n",
            import->options->output, (unsigned long long)counts->places, (unsigned long long)counts->bad,
            (unsigned long long)counts->unnamed);
    return EX_DATAERR;
}

/* The builder's memory is given back before the file is checked, which takes some, too. */
static int write_output(struct import *import)
{
    const struct herd_places_import_options *options = import->options;
    uint32_t crowded = 0;
    int code = herd_import_output_begin(&import->output);
    if (code != 0) return code;
    herd_builder_settle(&import->builder);
    int error = herd_index_write(&import->builder, herd_text_of(options->source), herd_text_of(options->attribution),
                                 import->output.file, &crowded);
    import->counts.crowded = crowded;
    herd_builder_finish(&import->builder);
    return herd_import_output_end(&import->output, error);
}

static int check_options(const struct herd_places_import_options *options, FILE *messages)
{
    struct herd_text attribution = herd_text_of(options->attribution);
    if (!herd_name_valid(herd_text_of(options->source))) {
        fprintf(messages, "the source must be 1 to 64 of the characters A-Z a-z 0-9 . _ -\n");
        return EX_USAGE;
    }
    bool good = attribution.length <= ATTRIBUTION_MAX && herd_utf8_valid(attribution);
    for (size_t i = 0; i < attribution.length; i++)
        good = good && (unsigned char)attribution.bytes[i] >= 0x20 && attribution.bytes[i] != 0x7f;
    if (good) return 0;
    fprintf(messages, "the attribution must be at most 1024 bytes of UTF-8 without control characters\n");
    return EX_USAGE;
}

static int run(struct import *import, const char *const *inputs, unsigned input_count)
{
    int code = herd_import_output_init(&import->output, import->options->output, import->messages);
    for (unsigned i = 0; i < input_count && code == 0; i++)
        code = take_input(import, inputs[i]);
    if (code == 0) code = check_counts(import);
    return code == 0 ? write_output(import) : code;
}

int herd_places_import(const struct herd_places_import_options *options, const char *const *inputs,
                       unsigned input_count, FILE *messages, struct herd_places_import_counts *ret_counts)
{
    struct import import = {.options = options, .messages = messages};
    int code = check_options(options, messages);
    if (code != 0) return code;
    herd_builder_init(&import.builder);
    code = run(&import, inputs, input_count);
    *ret_counts = import.counts;
    herd_import_output_finish(&import.output);
    herd_builder_finish(&import.builder);
    herd_draft_finish(&import.draft);
    herd_buffer_finish(&import.csv.text);
    herd_buffer_finish(&import.first_bad);
    return code;
}
