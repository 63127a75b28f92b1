/* SPDX-License-Identifier: MIT */
#ifndef HERD_COUNTERS_H
#define HERD_COUNTERS_H

/*
 * What is counted, described: whoever counts has a struct of plain integers
 * that are ++ where something happens, and beside it a table with a row for
 * each. A walk through such tables and their structs is all that a page of
 * metrics or the state in the log is made of; nobody lists counters by hand.
 *
 *     struct herd_flock_counts { uint64_t lambs; };     extern const struct herd_counter_table herd_flock_counters;
 *
 *     static const struct herd_counter rows[] = {
 *         {HERD_COUNTER_AT(struct herd_flock_counts, lambs), HERD_COUNTER, "herd_lambs_total", "Lambs ever born", "",
 *          "state", "lambs"},
 *     };
 *     const struct herd_counter_table herd_flock_counters = HERD_COUNTER_TABLE(rows);
 *
 * Names and labels are those of Prometheus: `herd_` first, base units, what
 * only grows ends in `_total`; `labels` is what stands between the braces. Rows
 * of one name are of one kind and say the same about it. A source adds labels
 * of its own where there are several of a kind. Never a client's id in a label.
 *
 * `event` and `key` are where the number is in the state that SIGUSR1 logs
 * (docs/operating.md); numbers of the same event and key are added up there.
 */

#include <stddef.h>
#include <stdint.h>

#include "herd/log.h"

#define HERD_COUNTER_KEYS_MAX 64 /* of one event */

enum herd_counter_kind {
    HERD_COUNTER,    /* only grows */
    HERD_COUNTER_NS, /* only grows, in nanoseconds: seconds as a metric, microseconds in the log */
    HERD_GAUGE,      /* as it is now; an int64_t, may be below 0 */
    HERD_GAUGE_NS,   /* likewise in nanoseconds */
    HERD_TIMES,      /* a struct herd_times: how long something took */
    HERD_SKEWS,      /* a struct herd_skews */
};

/* One row. All texts are literals. */
struct herd_counter {
    uint32_t offset; /* in the struct that is counted in */
    uint32_t width;  /* bytes of what is there: an integer of 4 (without sign) or 8, or as its kind says */
    enum herd_counter_kind kind;
    const char *name;
    const char *help;
    const char *labels; /* `limit="clients_max"`; "": none */
    const char *event;  /* of the state; NULL: it is not there */
    const char *key;    /* in that event */
};

/* A row's beginning: the place and the width of a field. */
#define HERD_COUNTER_AT(type, field) offsetof(type, field), sizeof(((type *)0)->field)

/* A name that several rooms have rows of, with its help. */
#define HERD_COUNTER_REFUSED "herd_refused_total", "How often a limit has bitten, by its key in the configuration"
#define HERD_COUNTER_COMMANDS "herd_commands_total", "Lines of clients, by command and what became of it"

struct herd_counter_table {
    const struct herd_counter *rows;
    size_t count;
};

#define HERD_COUNTER_TABLE(rows)                                                                                       \
    {                                                                                                                  \
        (rows), sizeof(rows) / sizeof((rows)[0])                                                                       \
    }

/* A table and a struct that is counted in. */
struct herd_counter_source {
    const struct herd_counter_table *table;
    const void *counts; /* the owner's */
    const char *labels; /* before those of each row, `peer="Hands"`; NULL: none; the owner's */
};

/* The number of a row, 0 of times: of counters without sign, of gauges as an int64_t. */
uint64_t herd_counter_value(const struct herd_counter *row, const void *counts);

/* Calls `on_row` for each row of each source, in their order; `value` as above. */
void herd_counters_walk(const struct herd_counter_source *sources, size_t count, void *owner,
                        void (*on_row)(void *owner, const struct herd_counter_source *source,
                                       const struct herd_counter *row, uint64_t value));

/* Adds to `log` a field for each key that the sources have of `event`, in the order in which they first come. */
void herd_counters_log(const struct herd_counter_source *sources, size_t count, const char *event,
                       struct herd_log_event *log);
/* Logs an event state_times for each row of times that there are: `of` is its key. Skews are two, *_above and *_below.
 */
void herd_counters_log_times(const struct herd_counter_source *sources, size_t count);

#endif
