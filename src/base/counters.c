/* SPDX-License-Identifier: MIT */
#include "herd/counters.h"

#include <assert.h>
#include <string.h>

#define NS_PER_US 1000

uint64_t herd_counter_value(const struct herd_counter *row, const void *counts)
{
    const char *at = (const char *)counts + row->offset;
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
