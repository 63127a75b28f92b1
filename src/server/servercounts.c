/* SPDX-License-Identifier: MIT */
/* The rows of what the server itself counts (herd/counters.h). */
#include "local.h"

#include "herd/counters.h"

static const struct herd_counter timing_rows[] = {
    {HERD_COUNTER_AT(struct server_times, loop), HERD_TIMES, "herd_loop_delay_seconds", "How late a timer was", "",
     "state_times", "loop_delay"},
};
const struct herd_counter_table server_timings = HERD_COUNTER_TABLE(timing_rows);
