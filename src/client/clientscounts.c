/* SPDX-License-Identifier: MIT */
#include "herd/counters.h"

#include "local.h"

#define AT(field) HERD_COUNTER_AT(struct herd_clients_counts, field)

static const struct herd_counter clients_rows[] = {
    {AT(connections), HERD_COUNTER, "herd_connections_total", "Connections of clients, ever", "", "state",
     "connections_ever"},
    {AT(invalid), HERD_COUNTER, HERD_COUNTER_COMMANDS, "command=\"none\",result=\"invalid\"", "state", "invalid"},
    {AT(http), HERD_COUNTER, "herd_http_lines_total", "Of the invalid lines, those of HTTP", "", "state", "http"},
    {AT(lines_too_long), HERD_COUNTER, HERD_COUNTER_REFUSED, "limit=\"line_bytes_max\"", "state_limits",
     "line_bytes_max"},
    {AT(line_timeouts), HERD_COUNTER, HERD_COUNTER_REFUSED, "limit=\"line_timeout_ms\"", "state_limits",
     "line_timeout_ms"},
    {AT(lines_quiet), HERD_COUNTER, HERD_COUNTER_REFUSED, "limit=\"line_quiet_ms\"", "state_limits", "line_quiet_ms"},
    {AT(idle_timeouts), HERD_COUNTER, HERD_COUNTER_REFUSED, "limit=\"idle_timeout_ms\"", "state_limits",
     "idle_timeout_ms"},
    {AT(output_pauses), HERD_COUNTER, HERD_COUNTER_REFUSED, "limit=\"output_pause_bytes\"", "state_limits",
     "output_pause_bytes"},
    {AT(whatsat_pauses), HERD_COUNTER, HERD_COUNTER_REFUSED, "limit=\"whatsat_per_connection_max\"", "state_limits",
     "whatsat_per_connection_max"},
    {AT(full_turns), HERD_COUNTER, HERD_COUNTER_REFUSED, "limit=\"lines_per_turn_max\"", "state_limits",
     "lines_per_turn_max"},
    {AT(wire_unwritten), HERD_COUNTER, HERD_COUNTER_REFUSED, "limit=\"wire_bytes_per_s_max\"", "state_limits",
     "wire_bytes_per_s_max"},
    {AT(sessions), HERD_GAUGE, "herd_sessions", "Clients that are connected", "", "state", "connections"},
};
const struct herd_counter_table herd_clients_counters = HERD_COUNTER_TABLE(clients_rows);

static const struct herd_counter times_rows[] = {
    {HERD_COUNTER_AT(struct herd_clients, durations), HERD_TIMES, "herd_command_duration_seconds",
     "From reading a command to its reply's way out", "", "state_times", "command_duration"},
};
const struct herd_counter_table herd_clients_times = HERD_COUNTER_TABLE(times_rows);
