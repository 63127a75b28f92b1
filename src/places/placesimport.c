/* SPDX-License-Identifier: MIT */
/*
 * The import: lines of the inputs become drafts, drafts become an index in
 * memory, the index becomes a file beside the output, is synced, and takes the
 * output's name in one step. A reader that has the old file open keeps it.
 *
 * What can go wrong is told with file and line and leaves the output as it was:
 * an input that cannot be read (66), a line that cannot (65), an output that
 * cannot be made (73) or written (74).
 */
#include "herd/placesimport.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "herd/line.h"
#include "herd/memory.h"
#include "herd/name.h"
#include "local.h"

/* As in sysexits.h, which is not for this room. */
enum { EX_USAGE = 64, EX_DATAERR = 65, EX_NOINPUT = 66, EX_CANTCREAT = 73, EX_IOERR = 74 };

#define READ_BYTES (64u << 10)
#define TABLE_LINE_MAX (64u << 10)
#define GEOJSON_LINE_MAX (64u << 20)
#define ATTRIBUTION_MAX 1024
#define RECORD_SEPARATOR '\x1e'

struct import {
    const struct herd_places_import_options *options;
    FILE *messages;
    struct herd_places_import_counts counts;
    struct herd_builder builder;
    struct herd_draft draft;
    struct herd_csv csv;
    const char *file; /* being read */
    uint64_t line;
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

static enum herd_draft_result read_draft(struct import *import, struct herd_text line, const char **ret_problem)
{
    herd_draft_clear(&import->draft);
    switch (import->options->format) {
    case HERD_PLACES_TSV:
        return herd_draft_read_tsv(&import->draft, line, ret_problem);
    case HERD_PLACES_CSV:
        return herd_draft_read_csv(&import->draft, &import->csv, line, ret_problem);
    case HERD_PLACES_GEOJSONSEQ:
        return herd_draft_read_geojson(&import->draft, line, ret_problem);
    }
    assert(false);
    return HERD_DRAFT_BAD;
}

static int refuse_line(struct import *import, const char *problem)
{
    fprintf(import->messages, "%s:%llu: %s\n", import->file, (unsigned long long)import->line, problem);
    return EX_DATAERR;
}

/* A byte order mark before the first line, an RS before each, a CR after: none belongs to the line. */
static struct herd_text bare_line(const struct import *import, struct herd_text line)
{
    static const struct herd_text mark = HERD_TEXT_INIT("\xef\xbb\xbf");
    size_t skip = 0;
    if (import->line == 1 && line.length >= mark.length && memcmp(line.bytes, mark.bytes, mark.length) == 0)
        skip = mark.length;
    if (import->options->format == HERD_PLACES_GEOJSONSEQ)
        while (skip < line.length && line.bytes[skip] == RECORD_SEPARATOR)
            skip++;
    line = (struct herd_text){line.bytes + skip, line.length - skip};
    if (line.length > 0 && line.bytes[line.length - 1] == '\r') line.length--;
    return line;
}

/* 0, or the exit code that ends the import. */
static int take_line(struct import *import, struct herd_text line)
{
    const char *problem = NULL;
    import->line++;
    line = bare_line(import, line);
    if (line.length == 0) return 0;
    import->counts.lines++;
    bool header = import->options->format == HERD_PLACES_CSV && import->csv.column_count == 0;
    enum herd_draft_result result = read_draft(import, line, &problem);
    if (result == HERD_DRAFT_PLACE) result = herd_draft_check(&import->draft, &problem);
    switch (result) {
    case HERD_DRAFT_NOTHING:
        return 0;
    case HERD_DRAFT_UNNAMED:
        import->counts.unnamed++;
        return 0;
    case HERD_DRAFT_BAD:
        if (header || !import->options->skip_bad) return refuse_line(import, problem);
        import->counts.bad++;
        return 0;
    case HERD_DRAFT_PLACE:
        break;
    }
    problem = herd_builder_add(&import->builder, &import->draft);
    if (problem != NULL) return refuse_line(import, problem);
    import->counts.places++;
    return 0;
}

static int take_lines(struct import *import, struct herd_framer *framer, struct herd_text input)
{
    struct herd_text line;
    for (;;) {
        enum herd_line_status status = herd_framer_next(framer, &input, &line);
        if (status == HERD_LINE_NONE) return 0;
        if (status == HERD_LINE_TOO_LONG) {
            import->line++;
            return refuse_line(import, "the line is too long");
        }
        int code = take_line(import, line);
        if (code != 0) return code;
    }
}

static int read_input(struct import *import, FILE *file)
{
    bool tables = import->options->format != HERD_PLACES_GEOJSONSEQ;
    struct herd_framer framer;
    struct herd_text rest;
    int code = 0;
    herd_framer_init(&framer, tables ? TABLE_LINE_MAX : GEOJSON_LINE_MAX);
    char *bytes = herd_memory_allocate(READ_BYTES);
    for (size_t length = 1; code == 0 && length > 0;) {
        length = fread(bytes, 1, READ_BYTES, file);
        if (length > 0) code = take_lines(import, &framer, (struct herd_text){bytes, length});
    }
    if (code == 0 && ferror(file)) {
        fprintf(import->messages, "%s: cannot be read: %s\n", import->file, strerror(errno));
        code = EX_NOINPUT;
    }
    if (code == 0 && herd_framer_end(&framer, &rest)) code = take_line(import, rest);
    herd_memory_free(bytes);
    herd_framer_finish(&framer);
    return code;
}

static int take_input(struct import *import, const char *input)
{
    bool standard = strcmp(input, "-") == 0;
    FILE *file = standard ? stdin : fopen(input, "rb");
    import->file = standard ? "standard input" : input;
    import->line = 0;
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

/* Syncs the folder of a file, so that the new name survives a power cut. */
static int sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    char *folder = herd_memory_allocate(length + 2);
    memcpy(folder, length == 0 ? "." : path, length == 0 ? 1 : length);
    folder[length == 0 ? 1 : length] = '\0';
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    herd_memory_free(folder);
    if (descriptor < 0) return -errno;
    int error = fsync(descriptor) != 0 ? -errno : 0;
    close(descriptor);
    return error;
}

/* A new file's name beside the output, of this process alone; the caller frees it. */
static char *beside(const char *output)
{
    size_t size = strlen(output) + 32;
    char *path = herd_memory_allocate(size);
    snprintf(path, size, "%s.%ld.new", output, (long)getpid());
    return path;
}

static int write_file(const struct import *import, FILE *file)
{
    const struct herd_places_import_options *options = import->options;
    int error =
        herd_builder_write(&import->builder, herd_text_of(options->source), herd_text_of(options->attribution), file);
    if (error == 0 && fsync(fileno(file)) != 0) error = -errno;
    if (fclose(file) != 0 && error == 0) error = -errno;
    return error;
}

static int write_output(const struct import *import)
{
    const char *output = import->options->output;
    char *path = beside(output);
    int code = EX_IOERR;
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "wb");
    if (file == NULL) {
        fprintf(import->messages, "%s: cannot be made: %s\n", path, strerror(errno));
        code = EX_CANTCREAT;
        if (descriptor >= 0) close(descriptor);
        goto path;
    }
    int error = write_file(import, file);
    if (error == 0 && rename(path, output) != 0) error = -errno;
    if (error == 0) {
        error = sync_folder(output);
        if (error == 0) code = 0;
    } else {
        unlink(path);
    }
    if (error != 0) fprintf(import->messages, "%s: cannot be written: %s\n", output, strerror(-error));
path:
    herd_memory_free(path);
    return code;
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

int herd_places_import(const struct herd_places_import_options *options, const char *const *inputs,
                       unsigned input_count, FILE *messages, struct herd_places_import_counts *ret_counts)
{
    struct import import = {.options = options, .messages = messages};
    int code = check_options(options, messages);
    if (code != 0) return code;
    herd_builder_init(&import.builder);
    for (unsigned i = 0; i < input_count && code == 0; i++)
        code = take_input(&import, inputs[i]);
    if (code == 0) code = write_output(&import);
    *ret_counts = import.counts;
    herd_builder_finish(&import.builder);
    herd_draft_finish(&import.draft);
    herd_buffer_finish(&import.csv.text);
    return code;
}
