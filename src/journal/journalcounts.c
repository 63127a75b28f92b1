/* SPDX-License-Identifier: MIT */
#include "herd/counters.h"
#include "herd/journal.h"

static const struct herd_counter journal_rows[] = {
    {HERD_COUNTER_AT(struct herd_journal_counts, state), HERD_GAUGE, "herd_journal_state",
     "0 works, 1 the disk is full, 2 the disk failed", "", "state_journal", "state"},
    {HERD_COUNTER_AT(struct herd_journal_counts, bytes), HERD_GAUGE, "herd_journal_bytes", "Bytes on the disk", "",
     "state_journal", "bytes"},
    {HERD_COUNTER_AT(struct herd_journal_counts, records), HERD_GAUGE, "herd_journal_records", "Records on the disk",
     "", "state_journal", "records"},
    {HERD_COUNTER_AT(struct herd_journal_counts, segments), HERD_GAUGE, "herd_journal_segments", "Files on the disk",
     "", "state_journal", "segments"},
    {HERD_COUNTER_AT(struct herd_journal_counts, appended), HERD_COUNTER, "herd_journal_appended_total",
     "Records given to the journal", "", "state_journal", "appended"},
    {HERD_COUNTER_AT(struct herd_journal_counts, dropped), HERD_COUNTER, "herd_journal_dropped_total",
     "Of these, what was not written", "", "state_journal", "dropped"},
    {HERD_COUNTER_AT(struct herd_journal_counts, writes), HERD_COUNTER, "herd_journal_writes_total",
     "Calls of write(2)", "", "state_journal", "writes"},
    {HERD_COUNTER_AT(struct herd_journal_counts, write_ns), HERD_COUNTER_NS, "herd_journal_write_seconds_total",
     "Time in these", "", NULL, NULL},
    {HERD_COUNTER_AT(struct herd_journal_counts, write_max_ns), HERD_GAUGE_NS, "herd_journal_write_seconds_max",
     "The longest of these", "", "state_journal", "write_max_us"},
    {HERD_COUNTER_AT(struct herd_journal_counts, syncs), HERD_COUNTER, "herd_journal_syncs_total",
     "Calls of fdatasync(2)", "", "state_journal", "syncs"},
    {HERD_COUNTER_AT(struct herd_journal_counts, sync_ns), HERD_COUNTER_NS, "herd_journal_sync_seconds_total",
     "Time in these", "", NULL, NULL},
    {HERD_COUNTER_AT(struct herd_journal_counts, sync_max_ns), HERD_GAUGE_NS, "herd_journal_sync_seconds_max",
     "The longest of these", "", "state_journal", "sync_max_us"},
    {HERD_COUNTER_AT(struct herd_journal_counts, errors), HERD_COUNTER, "herd_journal_errors_total",
     "Errors of the disk", "", "state_journal", "errors"},
    {HERD_COUNTER_AT(struct herd_journal_counts, rewrites), HERD_COUNTER, "herd_journal_rewrites_total",
     "How often everything was written anew", "", "state_journal", "rewrites"},
};
const struct herd_counter_table herd_journal_counters = HERD_COUNTER_TABLE(journal_rows);
