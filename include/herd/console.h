/* SPDX-License-Identifier: MIT */
#ifndef HERD_CONSOLE_H
#define HERD_CONSOLE_H

/*
 * How the commands of `herd` speak: exit codes are those of sysexits.h, what
 * people should know goes to standard error as `herd: ...`, and standard
 * output is shared by the lines of several servers.
 */

#include <stdio.h>

#include "herd/buffer.h"
#include "herd/config.h"

/* ---- complain.c ---- */

/* `herd: ` and the text and a newline to standard error. */
void herd_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* For getopt_long with opterr = 0 and a leading ':' in its options: says what is wrong with the option that it
 * stopped at, `result` is '?' or ':'. Returns EX_USAGE. */
int herd_complain_option(const char *command, int result, char **argv);
/* strerror with a small first letter; valid until the next call. `error` is positive or negative. */
const char *herd_error_text(int error);
/* Parses 1 to `max` in decimal: 0 or -EINVAL. */
int herd_count_parse(const char *text, unsigned max, unsigned *ret_count);
/* Loads the config as the servers do. Warnings are the servers' to tell: here only errors are. Exit code or 0. */
int herd_tool_load(const char *path, struct herd_config *ret_config);

/* ---- output.c: standard output that may fail for a while ---- */

struct herd_output {
    uint64_t dropped; /* lines, since it failed */
    bool torn;        /* a part of a line was written */
};

/* Writes whole lines, past stdio: 0, or -EPIPE where nobody reads any more. Lines that it does not take are dropped and
 * counted, which is told when it begins and when it is over. */
int herd_output_write(struct herd_output *output, struct herd_text lines);
/* `herd: ` and the text as a line: what is no error goes where the servers' lines go. That nobody reads shows with
 * their next one. */
void herd_output_say(struct herd_output *output, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Tells how many were dropped where it is not over. */
void herd_output_end(const struct herd_output *output);

/* ---- printer.c: lines of several sources on one output, each after its source's name ---- */

#define HERD_PRINTER_LINE_MAX (64 * 1024)

struct herd_printer {
    const char *name;           /* NULL: bytes are written as they come */
    int width;                  /* names are padded to it */
    int colour;                 /* an SGR number, 0: none */
    struct herd_output *output; /* NULL: it has to take everything, its error is the caller's */
    struct herd_buffer held;
    struct herd_buffer ready; /* whole lines, with their names */
};

/* `index` chooses the colour, where standard output is to be coloured. */
void herd_printer_init(struct herd_printer *printer, const char *name, int width, unsigned index);
/* Writes whole lines to standard output, holds the rest; 0 or the negative errno of the output. */
int herd_printer_write(struct herd_printer *printer, struct herd_text bytes);
/* Writes a last line that has no LF, with one; frees. */
int herd_printer_finish(struct herd_printer *printer);
/* Whether to colour standard output: a terminal, and nobody said NO_COLOR. */
bool herd_printer_coloured(void);

#endif
