/* SPDX-License-Identifier: MIT */
#include "herd/admit.h"
#include "herd/counters.h"
#include "herd/fetch.h"
#include "herd/listener.h"
#include "herd/lobby.h"
#include "herd/loop.h"

#define EVICTED "herd_strangers_evicted_total", "Connections at the neighbours' address that had to go for others"

static const struct herd_counter listener_rows[] = {
    {HERD_COUNTER_AT(struct herd_listener_counts, accepted), HERD_COUNTER, "herd_accepted_total", "Connections taken",
     "", NULL, NULL},
    {HERD_COUNTER_AT(struct herd_listener_counts, failures), HERD_COUNTER, "herd_accept_failures_total",
     "Connections that the system could not give", "", "state", "accept_failures"},
    {HERD_COUNTER_AT(struct herd_listener_counts, relistens), HERD_COUNTER, "herd_accept_rests_total",
     "How often accepting went on after a failure", "", NULL, NULL},
    {HERD_COUNTER_AT(struct herd_listener_counts, full_turns), HERD_COUNTER, HERD_COUNTER_REFUSED,
     "limit=\"accepts_per_turn_max\"", "state_limits", "accepts_per_turn_max"},
};
const struct herd_counter_table herd_listener_counters = HERD_COUNTER_TABLE(listener_rows);

static const struct herd_counter admit_rows[] = {
    {HERD_COUNTER_AT(struct herd_admit_counts, open), HERD_GAUGE, "herd_connections", "Connections now", "", NULL,
     NULL},
    {HERD_COUNTER_AT(struct herd_admit_counts, refused_connections), HERD_COUNTER, HERD_COUNTER_REFUSED,
     "limit=\"connections_max\"", "state_limits", "connections_max"},
    {HERD_COUNTER_AT(struct herd_admit_counts, refused_address), HERD_COUNTER, HERD_COUNTER_REFUSED,
     "limit=\"connections_per_address_max\"", "state_limits", "connections_per_address_max"},
};
const struct herd_counter_table herd_admit_counters = HERD_COUNTER_TABLE(admit_rows);

static const struct herd_counter lobby_rows[] = {
    {HERD_COUNTER_AT(struct herd_lobby_counts, neighbours), HERD_COUNTER, EVICTED, "full=\"neighbour\"", "state_limits",
     "strangers_evicted"},
    {HERD_COUNTER_AT(struct herd_lobby_counts, strangers), HERD_COUNTER, EVICTED, "full=\"strangers\"", "state_limits",
     "strangers_evicted"},
    {HERD_COUNTER_AT(struct herd_lobby_counts, per_address), HERD_COUNTER, EVICTED, "full=\"address\"", "state_limits",
     "strangers_evicted"},
    {HERD_COUNTER_AT(struct herd_lobby_counts, strangers), HERD_COUNTER, HERD_COUNTER_REFUSED,
     "limit=\"peer_strangers_max\"", "state_limits", "peer_strangers_max"},
    {HERD_COUNTER_AT(struct herd_lobby_counts, per_address), HERD_COUNTER, HERD_COUNTER_REFUSED,
     "limit=\"peer_strangers_per_address_max\"", "state_limits", "peer_strangers_per_address_max"},
};
const struct herd_counter_table herd_lobby_counters = HERD_COUNTER_TABLE(lobby_rows);

static const struct herd_counter loop_rows[] = {
    {HERD_COUNTER_AT(struct herd_loop, stalls), HERD_COUNTER, HERD_COUNTER_REFUSED, "limit=\"write_stall_ms\"",
     "state_limits", "write_stall_ms"},
};
const struct herd_counter_table herd_loop_counters = HERD_COUNTER_TABLE(loop_rows);

static const struct herd_counter fetch_rows[] = {
    {HERD_COUNTER_AT(struct herd_fetch_counts, requests), HERD_COUNTER, "herd_fetches_total", "HTTP requests begun", "",
     NULL, NULL},
    {HERD_COUNTER_AT(struct herd_fetch_counts, timeouts), HERD_COUNTER, "herd_fetch_timeouts_total",
     "HTTP requests that took too long", "", "state_places", "timeouts"},
    {HERD_COUNTER_AT(struct herd_fetch_counts, too_big), HERD_COUNTER, HERD_COUNTER_REFUSED,
     "limit=\"provider_bytes_max\"", "state_places", "provider_bytes_max"},
    {HERD_COUNTER_AT(struct herd_fetch_counts, headers_too_big), HERD_COUNTER, HERD_COUNTER_REFUSED,
     "limit=\"provider_header_bytes_max\"", "state_places", "provider_header_bytes_max"},
};
const struct herd_counter_table herd_fetch_counters = HERD_COUNTER_TABLE(fetch_rows);
