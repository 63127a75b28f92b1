/* SPDX-License-Identifier: MIT */
#include "herd/counters.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "herd/times.h"

#define NS_PER_US 1000

uint64_t herd_counter_value(const struct herd_counter *row, const void *counts)
{
    const char *at = (const char *)counts + row->offset;
    if (row->kind == HERD_TIMES || row->kind == HERD_SKEWS) return 0;
    assert(row->width == sizeof(uint32_t) || row->width == sizeof(uint64_t));
    uint32_t narrow;
    uint64_t wide;
    if (row->width == sizeof wide) {
        memcpy(&wide, at, sizeof wide);
        return wide;
    }
    memcpy(&narrow, at, sizeof narrow);
    return narrow;
}

void herd_counters_walk(const struct herd_counter_source *sources, size_t count, void *owner,
                        void (*on_row)(void *owner, const struct herd_counter_source *source,
                                       const struct herd_counter *row, uint64_t value))
{
    for (const struct herd_counter_source *source = sources; source < sources + count; source++) {
        const struct herd_counter_table *table = source->table;
        for (const struct herd_counter *row = table->rows; row < table->rows + table->count; row++)
            on_row(owner, source, row, herd_counter_value(row, source->counts));
    }
}

/* The fields of one event of the state, while they are added up. */
struct fields {
    const char *event;
    unsigned count;
    struct {
        const char *key;
        int64_t value;
    } of[HERD_COUNTER_KEYS_MAX];
};

static int64_t shown(const struct herd_counter *row, uint64_t value)
{
    bool is_time = row->kind == HERD_COUNTER_NS || row->kind == HERD_GAUGE_NS;
    return is_time ? (int64_t)value / NS_PER_US : (int64_t)value;
}

static void add_up(void *owner, const struct herd_counter_source *source, const struct herd_counter *row,
                   uint64_t value)
{
    struct fields *fields = owner;
    (void)source;
    if (row->event == NULL || strcmp(row->event, fields->event) != 0) return;
    unsigned i = 0;
    while (i < fields->count && strcmp(fields->of[i].key, row->key) != 0)
        i++;
    if (i == fields->count) {
        assert(i < HERD_COUNTER_KEYS_MAX);
        fields->of[fields->count++].key = row->key;
    }
    fields->of[i].value += shown(row, value);
}

void herd_counters_log(const struct herd_counter_source *sources, size_t count, const char *event,
                       struct herd_log_event *log)
{
    struct fields fields = {.event = event};
    herd_counters_walk(sources, count, &fields, add_up);
    for (unsigned i = 0; i < fields.count; i++)
        herd_log_number(log, fields.of[i].key, fields.of[i].value);
}

static void log_times(const char *of, const char *side, const struct herd_times *times)
{
    struct herd_log_event log;
    char name[64];
    if (!herd_log_begin(&log, HERD_LOG_INFO, "state_times")) return;
    snprintf(name, sizeof name, "%s%s", of, side);
    herd_log_string(&log, "of", name);
    herd_times_log(times, &log);
    herd_log_end(&log);
}

static void log_row(void *owner, const struct herd_counter_source *source, const struct herd_counter *row,
                    uint64_t value)
{
    const void *at = (const char *)source->counts + row->offset;
    (void)owner;
    (void)value;
    if (row->kind == HERD_TIMES) log_times(row->key, "", at);
    if (row->kind != HERD_SKEWS) return;
    const struct herd_skews *skews = at;
    log_times(row->key, "_above", &skews->above);
    log_times(row->key, "_below", &skews->below);
}

void herd_counters_log_times(const struct herd_counter_source *sources, size_t count)
{
    herd_counters_walk(sources, count, NULL, log_row);
}
