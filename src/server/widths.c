/* SPDX-License-Identifier: MIT */
/*
 * Each number of the configuration, and what it is kept in or counted with:
 * rooms below do not know the configuration, so it is here that both are seen.
 * What is only compared with the configuration's own field needs no line.
 */
#include "herd/clock.h"
#include "herd/cut.h"
#include "herd/limits.h"
#include "local.h"

HERD_HOLDS(struct herd_clients_options, whatsat_per_connection_max, HERD_LIMIT_WHATSAT_PER_CONNECTION_MAX);
HERD_HOLDS(struct herd_clients_options, lines_per_turn_max, HERD_LIMIT_LINES_PER_TURN_MAX);
HERD_HOLDS(struct herd_clients_options, wire_bytes_per_s_max, HERD_LIMIT_WIRE_BYTES_PER_S_MAX);
HERD_HOLDS(struct herd_clients_options, line_timeout_ms, HERD_LIMIT_LINE_TIMEOUT_MS);
HERD_HOLDS(struct herd_clients_options, line_quiet_ms, HERD_LIMIT_LINE_QUIET_MS);
HERD_HOLDS(struct herd_clients_options, idle_timeout_ms, HERD_LIMIT_IDLE_TIMEOUT_MS);
HERD_HOLDS(struct herd_clients_options, write_stall_ms, HERD_LIMIT_WRITE_STALL_MS);
HERD_HOLDS(struct herd_core_limits, ttl_s, HERD_LIMIT_TTL_S);
HERD_HOLDS(struct herd_core_limits, max_future_s, HERD_LIMIT_MAX_FUTURE_S);
HERD_HOLDS(struct herd_core_limits, new_clients_per_second_max, HERD_LIMIT_NEW_CLIENTS_PER_SECOND_MAX);
HERD_HOLDS(struct herd_core_limits, clients_max, HERD_LIMIT_CLIENTS_MAX);
HERD_HOLDS(struct herd_core_grant, new_clients, HERD_LIMIT_NEW_CLIENTS_PER_SECOND_MAX);
HERD_HOLDS(struct herd_clients_options, output_pause_bytes, HERD_LIMIT_OUTPUT_PAUSE_BYTES);
HERD_HOLDS(struct herd_clients_options, line_bytes_max, HERD_LIMIT_LINE_BYTES_MAX);
HERD_HOLDS(struct herd_deadlines, limit_ms, HERD_LIMIT_LINE_TIMEOUT_MS);
HERD_HOLDS(struct herd_deadlines, limit_ms, HERD_LIMIT_LINE_QUIET_MS);
HERD_HOLDS(struct herd_deadlines, limit_ms, HERD_LIMIT_IDLE_TIMEOUT_MS);
HERD_HOLDS(struct herd_stream, stall_ms, HERD_LIMIT_WRITE_STALL_MS);
HERD_HOLDS(struct herd_peers_options, output_bytes_max, HERD_LIMIT_PEER_OUTPUT_BYTES_MAX);

HERD_HOLDS(struct herd_admit_limits, connections_max, HERD_LIMIT_CONNECTIONS_MAX);
HERD_HOLDS(struct herd_admit_limits, per_address_max, HERD_LIMIT_CONNECTIONS_PER_ADDRESS_MAX);
HERD_HOLDS(struct herd_listener_options, accepts_per_turn_max, HERD_LIMIT_ACCEPTS_PER_TURN_MAX);
HERD_HOLDS(struct herd_listener_options, keepalive_s, HERD_LIMIT_KEEPALIVE_S);
_Static_assert(HERD_LIMIT_KEEPALIVE_S <= INT16_MAX, "the kernel takes no more (tcp(7), TCP_KEEPIDLE)");
HERD_HOLDS(struct herd_clients_counts, sessions, HERD_LIMIT_CONNECTIONS_MAX);

HERD_HOLDS(struct herd_peers_options, strangers_max, HERD_LIMIT_PEER_STRANGERS_MAX);
HERD_HOLDS(struct herd_peers_options, per_address_max, HERD_LIMIT_PEER_STRANGERS_PER_ADDRESS_MAX);
HERD_HOLDS(struct herd_peers_options, hello_bytes_max, HERD_LIMIT_PEER_HELLO_BYTES_MAX);
HERD_HOLDS(struct herd_peers_options, line_bytes_max, HERD_LIMIT_PEER_LINE_BYTES_MAX);
_Static_assert(HERD_SERVERS_MAX <= HERD_NAMES_MAX, "every server of a configuration has a number");
_Static_assert(HERD_NEIGHBOURS_MAX + 1 <= HERD_SLOTS_MAX, "every neighbour has a slot, and the journal one");

HERD_HOLDS(struct herd_store, clients_max, HERD_LIMIT_CLIENTS_MAX);
_Static_assert(HERD_LIMIT_CLIENTS_MAX < UINT32_MAX / 11 * 10, "records have handles, a tenth more of them too");
_Static_assert(HERD_LIMIT_TTL_S <= INT64_MAX / HERD_NS_PER_S, "herd_store.ttl_ns holds it");
_Static_assert(HERD_LIMIT_MAX_FUTURE_S <= INT64_MAX / HERD_NS_PER_S, "so do times that are compared");

HERD_HOLDS(struct herd_log_options, field_bytes_max, HERD_LIMIT_LOG_FIELD_BYTES_MAX);
HERD_HOLDS(struct herd_wire_meter, bytes_max, HERD_LIMIT_WIRE_BYTES_PER_S_MAX);
HERD_HOLDS(struct herd_log_options, events_per_second_max, HERD_LIMIT_LOG_EVENTS_PER_SECOND_MAX);

HERD_HOLDS(struct herd_places_options, timeout_ms, HERD_LIMIT_PLACES_TIMEOUT_MS);
HERD_HOLDS(struct herd_places_options, body_bytes_max, HERD_LIMIT_PROVIDER_BYTES_MAX);
HERD_HOLDS(struct herd_places_options, depth_max, HERD_LIMIT_PROVIDER_DEPTH_MAX);
_Static_assert(HERD_LIMIT_PROVIDER_DEPTH_MAX <= HERD_CUT_DEPTH_MAX, "the scanner has a bit for each level");
HERD_HOLDS(struct herd_places_options, breaker_failures, HERD_LIMIT_PROVIDER_BREAKER_FAILURES);
HERD_HOLDS(struct herd_places_options, breaker_ms, HERD_LIMIT_PROVIDER_BREAKER_MS);
HERD_HOLDS(struct herd_places_options, transfers_max, HERD_LIMIT_PROVIDER_TRANSFERS_MAX);
HERD_HOLDS(struct herd_places_options, transfers_per_host_max, HERD_LIMIT_PROVIDER_TRANSFERS_PER_HOST_MAX);
HERD_HOLDS(struct herd_places_options, queue_max, HERD_LIMIT_PROVIDER_QUEUE_MAX);
HERD_HOLDS(struct herd_fetch_limits, connect_timeout_ms, HERD_LIMIT_PROVIDER_CONNECT_TIMEOUT_MS);
HERD_HOLDS(struct herd_fetch_limits, header_bytes_max, HERD_LIMIT_PROVIDER_HEADER_BYTES_MAX);
HERD_HOLDS(struct herd_fetch_limits, slow_bytes_per_second, HERD_LIMIT_PROVIDER_SLOW_BYTES_PER_SECOND);
HERD_HOLDS(struct herd_fetch_limits, slow_s, HERD_LIMIT_PROVIDER_SLOW_S);
