/* SPDX-License-Identifier: MIT */
/*
 * SIGUSR1: the state of the server to the log. Event `state` is the server,
 * `state_limits` says how often each limit has bitten, by its key in the
 * configuration, `state_places` the same of the providers, `state_journal` is
 * the journal, and each neighbour has a `state_peer`.
 */
#include "local.h"

#include "herd/log.h"

static void log_server(struct server *server)
{
    struct herd_listener_counts clients;
    char digest[HERD_DIGEST_LENGTH];
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_INFO, "state")) return;
    herd_digest_format(herd_store_digest(&server->store), digest);
    herd_door_counts(&server->clients, &clients);
    herd_log_number(&log, "clients", herd_store_count(&server->store));
    herd_log_text(&log, "digest", (struct herd_text){digest, sizeof digest});
    herd_log_number(&log, "expired", (int64_t)server->expiry.expired);
    herd_log_number(&log, "seq", (int64_t)server->store.seq);
    herd_log_number(&log, "connections", server->session_count);
    herd_log_number(&log, "connections_ever", (int64_t)server->counts.connections);
    herd_log_number(&log, "accept_failures", (int64_t)clients.failures);
    herd_log_number(&log, "iamat", (int64_t)server->counts.iamat);
    herd_log_number(&log, "stale", (int64_t)server->counts.stale);
    herd_log_number(&log, "whatsat", (int64_t)server->counts.whatsat);
    herd_log_number(&log, "invalid", (int64_t)server->counts.invalid);
    herd_log_number(&log, "http", (int64_t)server->counts.http);
    herd_log_number(&log, "at_sent", (int64_t)server->flood.counts.at_sent);
    herd_log_number(&log, "at_received", (int64_t)server->flood.counts.at_received);
    herd_log_number(&log, "at_newer", (int64_t)server->flood.counts.at_newer);
    herd_log_number(&log, "at_dropped", (int64_t)server->flood.counts.at_dropped);
    herd_log_number(&log, "at_full", (int64_t)server->flood.counts.at_full);
    herd_log_number(&log, "at_expired", (int64_t)server->flood.counts.at_expired);
    herd_log_number(&log, "peers_refused", (int64_t)server->flood.counts.refused);
    herd_log_number(&log, "proofs_failed", (int64_t)server->flood.counts.proofs_failed);
    herd_log_number(&log, "divergences", (int64_t)server->flood.counts.divergences);
    herd_log_number(&log, "rivals", (int64_t)server->flood.counts.rivals);
    herd_log_number(&log, "log_dropped", (int64_t)herd_log_dropped());
    herd_log_end(&log);
}

struct number {
    const char *key;
    uint64_t value;
};

static void log_numbers(const char *name, const struct number *numbers, size_t count)
{
    struct herd_log_event log;
    size_t i;

    if (!herd_log_begin(&log, HERD_LOG_INFO, name)) return;
    for (i = 0; i < count; i++)
        herd_log_number(&log, numbers[i].key, (int64_t)numbers[i].value);
    herd_log_end(&log);
}

static void log_limits(const struct server *server)
{
    const struct herd_admit_counts *clients = &server->clients.admit.counts;
    const struct herd_admit_counts *peers = &server->peers.admit.counts;
    const struct herd_lobby_counts *lobby = &server->lobby.counts;
    const struct server_counts *counts = &server->counts;
    struct herd_listener_counts by_clients, by_peers;

    herd_door_counts(&server->clients, &by_clients);
    herd_door_counts(&server->peers, &by_peers);
    const struct number numbers[] = {
        {"connections_max", clients->refused_connections},
        {"connections_per_address_max", clients->refused_address},
        {"peer_connections", peers->refused_connections},
        {"accepts_per_turn_max", by_clients.full_turns + by_peers.full_turns},
        {"clients_max", counts->refused_clients},
        {"new_clients_per_second_max", counts->refused_new},
        {"max_future_s", counts->refused_future},
        {"line_bytes_max", counts->lines_too_long},
        {"line_timeout_ms", counts->line_timeouts},
        {"line_quiet_ms", counts->lines_quiet},
        {"idle_timeout_ms", counts->idle_timeouts},
        {"strangers_evicted", lobby->neighbours + lobby->strangers + lobby->per_address},
        {"peer_strangers_max", lobby->strangers},
        {"peer_strangers_per_address_max", lobby->per_address},
        {"write_stall_ms", server->loop.stalls},
        {"output_pause_bytes", counts->output_pauses},
        {"whatsat_per_connection_max", counts->whatsat_pauses},
        {"lines_per_turn_max", counts->full_turns},
        {"wire_bytes_per_s_max", counts->wire_unwritten},
        {"log_events_per_second_max", herd_log_suppressed()},
    };

    log_numbers("state_limits", numbers, sizeof numbers / sizeof numbers[0]);
}

static void log_places(const struct server *server)
{
    const struct herd_places_counts *places = herd_places_counts(server->placework.places);
    struct herd_fetch_counts fetches = {0};

    if (server->placework.fetcher != NULL) fetches = *herd_fetcher_counts(server->placework.fetcher);
    const struct number numbers[] = {
        {"requests", places->wishes},
        {"failures", places->failures},
        {"timeouts", fetches.timeouts},
        {"provider_bytes_max", fetches.too_big},
        {"provider_header_bytes_max", fetches.headers_too_big},
        {"provider_depth_max", places->too_deep},
        {"provider_transfers_max", places->waited},
        {"provider_queue_max", places->queue_full},
        {"waited_too_long", places->late},
        {"provider_breaker_failures", places->breaker_opened},
        {"left_alone", places->left_alone},
    };

    log_numbers("state_places", numbers, sizeof numbers / sizeof numbers[0]);
}

static void log_journal(const struct server *server)
{
    struct herd_journal *journal = server->journalwork.journal;
    struct herd_journal_counts counts;

    if (journal == NULL) return;
    herd_journal_counts(journal, &counts);
    const struct number numbers[] = {
        {"state", (uint64_t)herd_journal_state(journal)}, /* 0 ok, 1 full, 2 failed */
        {"bytes", counts.bytes},
        {"records", counts.records},
        {"segments", counts.segments},
        {"appended", counts.appended},
        {"dropped", counts.dropped},
        {"writes", counts.writes},
        {"write_max_us", counts.write_max_ns / 1000},
        {"syncs", counts.syncs},
        {"sync_max_us", counts.sync_max_ns / 1000},
        {"errors", counts.errors},
        {"rewrites", counts.rewrites},
    };

    log_numbers("state_journal", numbers, sizeof numbers / sizeof numbers[0]);
}

static void log_neighbour(const struct dial *dial)
{
    const struct herd_neighbour *neighbour = dial->outbound.neighbour;
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_INFO, "state_peer")) return;
    herd_log_string(&log, "peer", dial->config->name);
    herd_log_string(&log, "out", neighbour->connected ? "up" : "down");
    herd_log_string(&log, "in", neighbour->inbound != NULL ? "up" : "down");
    herd_log_number(&log, "lag", (int64_t)herd_outbound_lag(&dial->outbound));
    herd_log_number(&log, "queued_bytes", (int64_t)(dial->state == DIAL_UP ? herd_stream_queued(&dial->stream) : 0));
    herd_log_number(&log, "claim_mark", neighbour->claimed ? (int64_t)neighbour->claim_mark : 0);
    herd_log_number(&log, "divergences", (int64_t)dial->outbound.divergences);
    herd_log_number(&log, "clock_offset_ms", dial->outbound.clock_offset_ns / 1000000);
    herd_log_end(&log);
}

void statelog(struct server *server)
{
    unsigned i;

    log_server(server);
    log_limits(server);
    log_places(server);
    log_journal(server);
    for (i = 0; i < server->dial_count; i++)
        log_neighbour(&server->dials[i]);
}
