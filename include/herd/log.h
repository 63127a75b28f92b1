/* SPDX-License-Identifier: MIT */
#ifndef HERD_LOG_H
#define HERD_LOG_H

/*
 * The log: one event a line, logfmt, everything foreign escaped.
 *
 *     ts=2018-03-02T21:18:54.918963997Z level=info server=Goloman event=link_up peer=Hands
 *
 * The sink is the process's one global. Events are formatted into memory by
 * the caller's thread (one thread only: the loop's) and written by a thread of
 * the sink's own, so that a full pipe or a slow disk never stops the loop.
 * When its memory is full an event is dropped and counted, and the count is
 * logged once there is room again.
 *
 * Where events go:
 *   file     everything, appended to `path` (created if missing, mode 0640)
 *   console  everything but wire lines, to standard error; with `<N>` syslog
 *            priorities and everything, wire lines too, when standard error is
 *            the journal and there is no file
 * Before herd_log_open and after herd_log_close events go straight to standard error.
 */

#include <stdbool.h>
#include <stdint.h>

#include "herd/text.h"

struct herd_counter_table;

enum herd_log_level {
    HERD_LOG_ERROR,
    HERD_LOG_WARNING,
    HERD_LOG_INFO,
    HERD_LOG_DEBUG,
};

#define HERD_LOG_FIELD_BYTES_MIN 64 /* no field_bytes_max is below */
#define HERD_LOG_FIELD_BYTES_DEFAULT 256
#define HERD_LOG_EVENTS_PER_SECOND_DEFAULT 100
/* The limits of who has no configuration, as initialisers of herd_log_options. */
#define HERD_LOG_DEFAULTS                                                                                              \
    .field_bytes_max = HERD_LOG_FIELD_BYTES_DEFAULT, .events_per_second_max = HERD_LOG_EVENTS_PER_SECOND_DEFAULT

struct herd_log_options {
    const char *server;             /* value of server=, copied */
    const char *path;               /* the file, copied; NULL: none */
    enum herd_log_level level;      /* events above it are not made */
    bool wire;                      /* whether wire lines are made */
    bool console;                   /* events to standard error too */
    bool priorities;                /* `<N>` before each console line (journald) */
    size_t memory_max;              /* bytes waiting for the writer; 0: 8 MiB */
    uint32_t field_bytes_max;       /* of one text, before it is escaped */
    uint32_t events_per_second_max; /* of one name, wire lines exempt; at least 1 */
};

/* Opens the sink and starts its thread: 0 or a negative errno (the file's). */
int herd_log_open(const struct herd_log_options *options);
/* Writes what waits, ends the thread. Without an open sink: nothing. */
void herd_log_close(void);

/*
 * Other options for the open log, such as another file, level or limits, in
 * two steps. Preparing opens the file by its name, also where it is the one in
 * use (rotation), and changes nothing: 0, or the file's negative errno.
 * `server`, `console`, `priorities` and `memory_max` stay what they are.
 */
struct herd_log_change;
int herd_log_prepare(const struct herd_log_options *options, struct herd_log_change **ret_change);
/* Puts them in force and ends `change`. No line is lost: up to some of the last go to the old file, or to the new one.
 * It waits for the writer (2 s at most) only where there was a file and will be none. */
void herd_log_commit(struct herd_log_change *change);
/* Ends it with everything as it was. Takes NULL. */
void herd_log_discard(struct herd_log_change *change);
/* Closes the file and opens it by name again (log rotation); keeps the old one on failure: negative errno. */
int herd_log_reopen(void);
/*
 * Once a second. A file that somebody removed or moved away is opened anew by
 * its name, its directory made again, and that is logged (log_reopened); where
 * it cannot be (log_lost), or writing to it fails (log_failing), the console is
 * told why.
 */
void herd_log_watch(void);
/* Hands what was formatted to the writer; call once at the end of a loop turn. */
void herd_log_turn(void);
/* Events dropped since the sink was opened. */
uint64_t herd_log_dropped(void);
/* Events that were over events_per_second_max since the sink was opened. */
uint64_t herd_log_suppressed(void);
/* Both, for who walks tables of counters (herd/counters.h). */
struct herd_log_counts {
    uint64_t dropped;
    uint64_t suppressed;
};
extern const struct herd_counter_table herd_log_counters;
void herd_log_counts(struct herd_log_counts *ret_counts);

/* The sink's answers to herd_log_wire_on and herd_log_debug_on; written by the log alone. */
extern bool herd_log_wire, herd_log_debug;

/* Whether wire lines are wanted, to skip the work where not. */
static inline bool herd_log_wire_on(void)
{
    return herd_log_wire;
}

/* Whether events of level debug are wanted, likewise. */
static inline bool herd_log_debug_on(void)
{
    return herd_log_debug;
}

/* An event being written. Begin, add fields, end; nothing else in between. */
struct herd_log_event {
    char *out; /* NULL: this event is not wanted */
    size_t length;
    size_t capacity;
    size_t text_max; /* bytes of one text */
    enum herd_log_level level;
    bool wire;
};

/*
 * Starts an event. `name` is a literal such as "link_up". Events of one name
 * are limited to events_per_second_max, what is over it is counted and the
 * count logged as field suppressed= of the next one that passes. Returns false
 * where the event is not wanted, so that costly fields can be skipped; adding
 * fields is then harmless.
 */
bool herd_log_begin(struct herd_log_event *event, enum herd_log_level level, const char *name);
/* herd_log_begin_wire where wire lines are wanted. */
bool herd_log_begin_wanted_wire(struct herd_log_event *event, struct herd_text name);

/*
 * Starts a wire line: event=`name` ("in" or "out"), never rate limited. Up to
 * 16 wire lines of a turn have the time of the first of them; no line has an
 * earlier time than one before it, unless the clock was set.
 */
static inline bool herd_log_begin_wire(struct herd_log_event *event, const char *name)
{
    event->out = NULL;
    return herd_log_wire && herd_log_begin_wanted_wire(event, herd_text_of(name));
}

/*
 * A whole wire line: begins it, adds conn=`conn` and line=`line`, ends it; its
 * bytes. Each request has two of these, so it is one call. Only where wire
 * lines are wanted.
 */
size_t herd_log_wire_line(struct herd_text name, uint64_t conn, struct herd_text line);
/* At most field_bytes_max bytes of text, escaped, quoted where it holds a space or is empty; a longer one ends in
 * "...". */
void herd_log_text(struct herd_log_event *event, const char *key, struct herd_text value);
void herd_log_string(struct herd_log_event *event, const char *key, const char *value);
void herd_log_number(struct herd_log_event *event, const char *key, int64_t value);
/* Field error="text" of a negative errno. */
void herd_log_error(struct herd_log_event *event, int error);
void herd_log_end(struct herd_log_event *event);

/* The common case: an event with one text field msg=, printf style; at most 511 bytes of it. */
void herd_log_message(enum herd_log_level level, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * The escaper, for logs and terminals. Passes well-formed UTF-8 but writes
 * control bytes, 0x7f, backslash, double quote, malformed UTF-8 and U+0080 to
 * U+009F as \xHH, byte by byte. Stops before `capacity` would be passed (an
 * escape or a character is never cut). Returns the number of bytes written;
 * *ret_used, where not NULL, is how many bytes of text they stand for.
 */
size_t herd_escape(struct herd_text text, char *out, size_t capacity, size_t *ret_used);

#endif
