/* SPDX-License-Identifier: MIT */
/*
 * The text that libconfig parses: the file with all its includes in place.
 *
 * The file is read whole, then copied lexeme by lexeme; at an include
 * directive the copying goes on in the named file (a relative name counts from
 * the directory of the file that includes it) and then comes back. Each time
 * the file or the line jumps a piece is noted, so that any line of the text
 * can be told as a line of a file.
 *
 * Doing this here and not in libconfig is what makes these clear: a file that
 * cannot be read is named, with its reason; a directory is not read (the
 * parser would end the process); an integer that libconfig would wrap, a
 * comment or string that is never closed and a NUL are told with their line; a
 * string where none can be is told before the parser meets it (it would leak).
 *
 * Bounds: 4 MiB of text, 256 files, 10 includes deep, brackets 64 deep.
 */
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/memory.h"
#include "herd/path.h"

#define TEXT_BYTES_MAX ((size_t)4 << 20)
#define FILES_MAX 256
#define DEPTH_MAX 10
#define BRACKETS_MAX 64

struct expansion {
    struct source *source;
    struct config_report *report;
    int line; /* of the text's end */
    bool broken;
    char brackets[BRACKETS_MAX]; /* the open ones */
    unsigned bracket_count;
    char before; /* the mark before, '"' for a string, 'w' for anything else */
};

static void expand_file(struct expansion *e, unsigned file, struct herd_text rest, unsigned depth);

/* -- files -- */

static int read_stream(FILE *stream, struct herd_buffer *ret_text)
{
    for (;;) {
        char *room = herd_buffer_reserve(ret_text, BUFSIZ);
        size_t got = fread(room, 1, BUFSIZ, stream);
        herd_buffer_commit(ret_text, got);
        if (herd_buffer_length(ret_text) > TEXT_BYTES_MAX) return -EFBIG;
        if (got < BUFSIZ) return ferror(stream) ? -EIO : 0;
    }
}

static int read_file(const char *path, struct herd_buffer *ret_text)
{
    int fd = herd_path_open_file(AT_FDCWD, path, O_RDONLY, 0);
    FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
    int error = fd < 0 ? fd : -errno;
    if (stream != NULL) {
        error = read_stream(stream, ret_text);
        fclose(stream);
    } else if (fd >= 0) {
        close(fd);
    }
    return error;
}

static unsigned add_file(struct source *source, const char *path)
{
    source->files = herd_memory_resize(source->files, (source->file_count + 1) * sizeof(*source->files));
    source->files[source->file_count] = herd_string_copy(path);
    return source->file_count++;
}

static void add_piece(struct source *source, int line, unsigned file, int file_line)
{
    source->pieces = herd_memory_resize(source->pieces, (source->piece_count + 1) * sizeof(*source->pieces));
    source->pieces[source->piece_count++] = (struct source_piece){line, file, file_line};
}

const char *source_file(const struct source *source, int line, int *ret_line)
{
    *ret_line = CONFIG_LINE_NONE;
    if (line <= 0 || source->piece_count == 0) return source->files[0];
    unsigned at = source->piece_count - 1;
    while (at > 0 && source->pieces[at].line > line)
        at--;
    const struct source_piece *piece = &source->pieces[at];
    *ret_line = piece->file_line + line - piece->line;
    return source->files[piece->file];
}

/* -- includes -- */

/* The path that a directive names, its escapes undone; from the directory of the file that includes it. */
static void include_path(const char *includer, struct herd_text directive, struct herd_buffer *ret_path)
{
    const char *quote = memchr(directive.bytes, '"', directive.length);
    size_t at = (size_t)(quote - directive.bytes) + 1;
    const char *slash = strrchr(includer, '/');
    if (directive.bytes[at] != '/' && slash != NULL)
        herd_buffer_append(ret_path, (struct herd_text){includer, (size_t)(slash - includer) + 1});
    for (; at + 1 < directive.length; at++) {
        if (directive.bytes[at] == '\\') at++;
        herd_buffer_append_byte(ret_path, directive.bytes[at]);
    }
    herd_buffer_append_byte(ret_path, '\0');
}

static void refuse_include(struct expansion *e, const char *path, const char *reason)
{
    e->broken = true;
    config_report_begin_error(e->report, e->line);
    fputs("cannot include ", e->report->out);
    config_report_quote(e->report, path);
    fprintf(e->report->out, ": %s", reason);
    config_report_end(e->report);
}

static void include(struct expansion *e, const char *path, unsigned depth)
{
    struct herd_buffer text = HERD_BUFFER_INIT;
    int error = depth >= DEPTH_MAX || e->source->file_count >= FILES_MAX ? -ELOOP : read_file(path, &text);
    if (error == -ELOOP)
        refuse_include(e, path, "more than 10 includes in each other, or more than 256 files in all");
    else if (error != 0)
        refuse_include(e, path, herd_path_reason(error));
    else
        expand_file(e, add_file(e->source, path), herd_text_skip_mark(herd_buffer_text(&text)), depth + 1);
    herd_buffer_finish(&text);
}

/* -- lexemes -- */

static void refuse(struct expansion *e, const char *reason)
{
    if (!e->broken) config_report_error(e->report, e->line, "%s", reason);
    e->broken = true; /* what follows would be read wrongly */
}

static void copy(struct expansion *e, struct herd_text text)
{
    for (size_t i = 0; i < text.length; i++)
        e->line += text.bytes[i] == '\n';
    herd_buffer_append(&e->source->text, text);
}

static void take_integer(struct expansion *e, struct herd_text literal)
{
    enum integer_fit fit = integer_check(literal);
    if (fit == INTEGER_TOO_BIG) {
        config_report_error(e->report, e->line, "%.*s does not fit in 64 bits", HERD_TEXT_ARGS(literal));
        literal = literal.bytes[0] == '-' ? HERD_TEXT("-9223372036854775807L") : HERD_TEXT("9223372036854775807L");
    }
    if (fit == INTEGER_NEEDS_L) {
        config_report_error(e->report, e->line, "%.*s does not fit in 32 bits: write %.*sL", HERD_TEXT_ARGS(literal),
                            HERD_TEXT_ARGS(literal));
    }
    copy(e, literal);
    if (fit == INTEGER_NEEDS_L) copy(e, HERD_TEXT("L"));
    e->before = 'w';
}

static void take_mark(struct expansion *e, char mark)
{
    e->before = mark;
    if (strchr("([{", mark) != NULL) {
        if (e->bracket_count == BRACKETS_MAX) refuse(e, "more than 64 brackets in each other");
        if (e->bracket_count < BRACKETS_MAX) e->brackets[e->bracket_count++] = mark;
    }
    if (strchr(")]}", mark) != NULL && e->bracket_count > 0) e->bracket_count--;
}

/* Whether the grammar lets a string follow what came before; NUL in a string would cut it. */
static void take_string(struct expansion *e, struct herd_text string)
{
    char inside = e->bracket_count > 0 ? e->brackets[e->bracket_count - 1] : '{';
    bool expected = strchr("=:([\"", e->before) != NULL || (e->before == ',' && inside != '{');
    if (!expected) refuse(e, "a string where a name is expected: is a \"=\", \",\" or quote missing before it?");
    for (size_t i = 0; i + 3 < string.length; i++) {
        if (string.bytes[i] != '\\') continue;
        i++;
        bool nul = (string.bytes[i] == 'x' || string.bytes[i] == 'X') && memcmp(string.bytes + i + 1, "00", 2) == 0;
        if (nul) refuse(e, "\\x00 in a string");
    }
    e->before = '"';
}

static void take(struct expansion *e, enum lexeme_kind kind, struct herd_text text)
{
    if (kind == LEXEME_OPEN)
        refuse(e, text.bytes[0] == '/' ? "this comment is not closed" : "this string is not closed");
    if (kind == LEXEME_MARK) take_mark(e, text.bytes[0]);
    if (kind == LEXEME_STRING) take_string(e, text);
    if (kind == LEXEME_WORD) e->before = 'w';
    if (kind == LEXEME_INTEGER)
        take_integer(e, text);
    else
        copy(e, text);
}

static void expand_file(struct expansion *e, unsigned file, struct herd_text rest, unsigned depth)
{
    int text_line = e->line; /* line file_line of the file begins at line text_line of the text */
    int file_line = 1;
    bool line_start = true;
    add_piece(e->source, text_line, file, file_line);
    while (rest.length > 0 && herd_buffer_length(&e->source->text) <= TEXT_BYTES_MAX) {
        size_t length;
        enum lexeme_kind kind = lexeme_next(rest, line_start, &length);
        struct herd_text lexeme = {rest.bytes, length};
        if (kind == LEXEME_INCLUDE) {
            file_line += e->line - text_line;
            struct herd_buffer path = HERD_BUFFER_INIT;
            include_path(e->source->files[file], lexeme, &path);
            include(e, herd_buffer_text(&path).bytes, depth);
            herd_buffer_finish(&path);
            text_line = e->line;
            add_piece(e->source, text_line, file, file_line);
        } else {
            take(e, kind, lexeme);
        }
        line_start = rest.bytes[length - 1] == '\n';
        rest = (struct herd_text){rest.bytes + length, rest.length - length};
    }
    if (rest.length > 0) refuse(e, "more than 4 MiB of configuration");
    copy(e, HERD_TEXT("\n")); /* libconfig wants one after a comment */
}

int source_read(struct source *source, const char *path, struct config_report *report)
{
    *source = (struct source){0};
    report->source = source;
    add_file(source, path);
    struct herd_buffer text = HERD_BUFFER_INIT;
    int error = read_file(path, &text);
    if (error != 0) config_report_error(report, CONFIG_LINE_NONE, "%s", herd_path_reason(error));

    struct expansion e = {.source = source, .report = report, .line = 1, .before = 'w'};
    if (error == 0) expand_file(&e, 0, herd_text_skip_mark(herd_buffer_text(&text)), 0);
    herd_buffer_finish(&text);
    const char *nul = memchr(herd_buffer_text(&source->text).bytes, '\0', herd_buffer_length(&source->text));
    if (error == 0 && nul != NULL) {
        e.line = 1;
        for (const char *at = herd_buffer_text(&source->text).bytes; at < nul; at++)
            e.line += *at == '\n';
        refuse(&e, "a NUL byte: this is no text");
    }
    herd_buffer_append_byte(&source->text, '\0');
    if (error != 0) return EX_NOINPUT;
    return e.broken ? EX_CONFIG : 0;
}

void source_finish(struct source *source)
{
    for (unsigned i = 0; i < source->file_count; i++)
        herd_memory_free(source->files[i]);
    herd_memory_free(source->files);
    herd_memory_free(source->pieces);
    herd_buffer_finish(&source->text);
}
