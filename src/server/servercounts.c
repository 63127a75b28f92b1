/* SPDX-License-Identifier: MIT */
/* The rows of what the server itself counts (herd/counters.h). */
#include "local.h"

#include "herd/counters.h"

#define AT(field) HERD_COUNTER_AT(struct server_counts, field)

static const struct herd_counter server_rows[] = {
    {AT(wire_unwritten), HERD_COUNTER, HERD_COUNTER_REFUSED, "limit=\"wire_bytes_per_s_max\"", "state_limits",
     "wire_bytes_per_s_max"},
};
const struct herd_counter_table server_counters = HERD_COUNTER_TABLE(server_rows);

static const struct herd_counter timing_rows[] = {
    {HERD_COUNTER_AT(struct server_times, loop), HERD_TIMES, "herd_loop_delay_seconds", "How late a timer was", "",
     "state_times", "loop_delay"},
};
const struct herd_counter_table server_timings = HERD_COUNTER_TABLE(timing_rows);
