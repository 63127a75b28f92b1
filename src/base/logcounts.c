/* SPDX-License-Identifier: MIT */
#include "herd/counters.h"
#include "herd/log.h"

void herd_log_counts(struct herd_log_counts *ret_counts)
{
    *ret_counts = (struct herd_log_counts){herd_log_dropped(), herd_log_suppressed()};
}

static const struct herd_counter log_rows[] = {
    {HERD_COUNTER_AT(struct herd_log_counts, dropped), HERD_COUNTER, "herd_log_dropped_total",
     "Lines of the log that were lost", "", "state", "log_dropped"},
    {HERD_COUNTER_AT(struct herd_log_counts, suppressed), HERD_COUNTER, HERD_COUNTER_REFUSED,
     "limit=\"log_events_per_second_max\"", "state_limits", "log_events_per_second_max"},
};
const struct herd_counter_table herd_log_counters = HERD_COUNTER_TABLE(log_rows);
