/* SPDX-License-Identifier: MIT */
#include "herd/counters.h"
#include "herd/flood.h"

static const struct herd_counter flood_rows[] = {
    {HERD_COUNTER_AT(struct herd_flood_counts, at_sent), HERD_COUNTER, "herd_flood_sent_total",
     "Reports sent to neighbours", "", "state", "at_sent"},
    {HERD_COUNTER_AT(struct herd_flood_counts, at_received), HERD_COUNTER, "herd_flood_received_total",
     "Reports that neighbours sent", "", "state", "at_received"},
    {HERD_COUNTER_AT(struct herd_flood_counts, at_newer), HERD_COUNTER, "herd_flood_news_total",
     "Of these, what was not known", "", "state", "at_newer"},
    {HERD_COUNTER_AT(struct herd_flood_counts, at_dropped), HERD_COUNTER, "herd_flood_dropped_total",
     "Of these, what was not taken", "reason=\"malformed\"", "state", "at_dropped"},
    {HERD_COUNTER_AT(struct herd_flood_counts, at_full), HERD_COUNTER, "herd_flood_dropped_total",
     "Of these, what was not taken", "reason=\"no_room\"", "state", "at_full"},
    {HERD_COUNTER_AT(struct herd_flood_counts, at_expired), HERD_COUNTER, "herd_flood_dropped_total",
     "Of these, what was not taken", "reason=\"expired\"", "state", "at_expired"},
    {HERD_COUNTER_AT(struct herd_flood_counts, lines_skipped), HERD_COUNTER, "herd_flood_skipped_total",
     "Lines of neighbours with a verb of a newer version", "", NULL, NULL},
    {HERD_COUNTER_AT(struct herd_flood_counts, marks_sent), HERD_COUNTER, "herd_flood_marks_total",
     "Marks sent to neighbours", "", NULL, NULL},
    {HERD_COUNTER_AT(struct herd_flood_counts, refused), HERD_COUNTER, "herd_peers_refused_total",
     "Neighbours or strangers refused", "", "state", "peers_refused"},
    {HERD_COUNTER_AT(struct herd_flood_counts, proofs_failed), HERD_COUNTER, "herd_proofs_failed_total",
     "Proofs of a secret that were wrong", "", "state", "proofs_failed"},
    {HERD_COUNTER_AT(struct herd_flood_counts, divergences), HERD_COUNTER, "herd_divergences_total",
     "How often a neighbour, all told, had another digest", "", "state", "divergences"},
    {HERD_COUNTER_AT(struct herd_flood_counts, rivals), HERD_COUNTER, "herd_rivals_total",
     "Sessions that show two servers of one name", "", "state", "rivals"},
};
const struct herd_counter_table herd_flood_counters = HERD_COUNTER_TABLE(flood_rows);

static const struct herd_counter times_rows[] = {
    {HERD_COUNTER_AT(struct herd_flood, delays), HERD_TIMES, "herd_replication_delay_seconds",
     "From a report's arrival at another server to its arrival here, by the two clocks", "", "state_times",
     "replication_delay"},
};
const struct herd_counter_table herd_flood_times = HERD_COUNTER_TABLE(times_rows);
