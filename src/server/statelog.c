/* SPDX-License-Identifier: MIT */
/*
 * SIGUSR1: the state of the server to the log, made by a walk through the
 * tables of all who count (herd/counters.h). Event `state` is the server,
 * `state_limits` says how often each limit has bitten, by its key in the
 * configuration, `state_places` the same of the providers, `state_journal` is
 * the journal, `state_times` says how long one thing took, and each neighbour
 * has a `state_peer`.
 */
#include "local.h"

#include <assert.h>

#include "herd/clock.h"
#include "herd/counters.h"
#include "herd/log.h"

#define SOURCES_MAX 24

/* What is found by asking, and counted by nobody. */
struct standing {
    uint64_t clients;
    uint64_t seq;
};

#define AT(field) HERD_COUNTER_AT(struct standing, field)
static const struct herd_counter standing_rows[] = {
    {AT(clients), HERD_GAUGE, "herd_clients", "Clients that are known", "", "state", "clients"},
    {AT(seq), HERD_COUNTER, "herd_changes_total", "Changes of the store", "", "state", "seq"},
};
#undef AT
static const struct herd_counter_table standing_counters = HERD_COUNTER_TABLE(standing_rows);

/* Of the neighbours' listener: its limits have other names. */
static const struct herd_counter peers_rows[] = {
    {HERD_COUNTER_AT(struct herd_listener_counts, full_turns), HERD_COUNTER, HERD_COUNTER_REFUSED,
     "limit=\"peer_accepts_per_turn_max\"", "state_limits", "accepts_per_turn_max"},
};
static const struct herd_counter_table peers_counters = HERD_COUNTER_TABLE(peers_rows);

static const struct herd_counter peers_admit_rows[] = {
    {HERD_COUNTER_AT(struct herd_admit_counts, refused_connections), HERD_COUNTER, HERD_COUNTER_REFUSED,
     "limit=\"peer_connections\"", "state_limits", "peer_connections"},
};
static const struct herd_counter_table peers_admit_counters = HERD_COUNTER_TABLE(peers_admit_rows);

/* One neighbour. */
struct peer_standing {
    uint64_t lag;
    uint64_t queued_bytes;
    uint64_t claim_mark;
    uint64_t divergences;
    int64_t clock_offset_ms;
};

#define AT(field) HERD_COUNTER_AT(struct peer_standing, field)
static const struct herd_counter peer_rows[] = {
    {AT(lag), HERD_GAUGE, "herd_peer_lag_records", "Reports that a neighbour has still to be told", "", "state_peer",
     "lag"},
    {AT(queued_bytes), HERD_GAUGE, "herd_peer_queued_bytes", "Handed to a neighbour's connection and not yet sent", "",
     "state_peer", "queued_bytes"},
    {AT(claim_mark), HERD_GAUGE, "herd_peer_claim_mark", "How far a neighbour said it knows, when the link came up", "",
     "state_peer", "claim_mark"},
    {AT(divergences), HERD_COUNTER, "herd_peer_divergences_total", "How often a neighbour was told everything again",
     "", "state_peer", "divergences"},
    {AT(clock_offset_ms), HERD_GAUGE, "herd_peer_clock_offset_milliseconds", "A neighbour's clock less ours", "",
     "state_peer", "clock_offset_ms"},
};
#undef AT
static const struct herd_counter_table peer_counters = HERD_COUNTER_TABLE(peer_rows);

/* All that is counted, and what of it has to be fetched first. */
struct state {
    struct standing standing;
    struct herd_log_counts log;
    struct herd_journal_counts journal;
    struct herd_listener_counts clients, peers;
    struct herd_counter_source sources[SOURCES_MAX];
    size_t source_count;
};

static void add(struct state *state, const struct herd_counter_table *table, const void *counts)
{
    assert(state->source_count < SOURCES_MAX);
    state->sources[state->source_count++] = (struct herd_counter_source){.table = table, .counts = counts};
}

static void collect(struct server *server, struct state *state)
{
    struct herd_journal *journal = server->core.journal;

    *state =
        (struct state){.standing = {.clients = herd_store_count(&server->core.store), .seq = server->core.store.seq}};
    herd_log_counts(&state->log);
    add(state, &standing_counters, &state->standing);
    add(state, &herd_core_counters, &server->core.counts);
    add(state, &herd_clients_counters, &server->line_clients.counts);
    add(state, &server_counters, &server->counts);
    add(state, &herd_flood_counters, &server->core.flood.counts);
    herd_door_counts(&server->clients, &state->clients);
    herd_door_counts(&server->peers, &state->peers);
    add(state, &herd_listener_counters, &state->clients);
    add(state, &herd_admit_counters, &server->clients.admit.counts);
    add(state, &peers_counters, &state->peers);
    add(state, &peers_admit_counters, &server->peers.admit.counts);
    add(state, &herd_lobby_counters, &server->lobby.counts);
    add(state, &herd_loop_counters, &server->loop);
    add(state, &herd_places_counters, herd_search_counts(&server->search));
    add(state, &herd_fetch_counters, herd_search_fetch_counts(&server->search));
    herd_journal_counts(journal, &state->journal);
    if (journal != NULL) add(state, &herd_journal_counters, &state->journal);
    add(state, &herd_log_counters, &state->log);
    add(state, &herd_clients_times, &server->line_clients);
    add(state, &herd_core_times, &server->core);
    add(state, &herd_flood_times, &server->core.flood);
    add(state, &server_timings, &server->times);
}

static void log_server(struct server *server, const struct state *state)
{
    char digest[HERD_DIGEST_LENGTH];
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_INFO, "state")) return;
    herd_digest_format(herd_store_digest(&server->core.store), digest);
    herd_log_text(&log, "digest", (struct herd_text){digest, sizeof digest});
    herd_counters_log(state->sources, state->source_count, "state", &log);
    herd_log_end(&log);
}

/* An event that has nothing but numbers. */
static void log_numbers(const struct state *state, const char *name)
{
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_INFO, name)) return;
    herd_counters_log(state->sources, state->source_count, name, &log);
    herd_log_end(&log);
}

static void log_neighbour(const struct dial *dial)
{
    const struct herd_neighbour *neighbour = dial->outbound.neighbour;
    const struct peer_standing standing = {.lag = herd_outbound_lag(&dial->outbound),
                                           .queued_bytes =
                                               dial->state == DIAL_UP ? herd_stream_queued(&dial->stream) : 0,
                                           .claim_mark = neighbour->claimed ? neighbour->claim_mark : 0,
                                           .divergences = dial->outbound.divergences,
                                           .clock_offset_ms = dial->outbound.clock_offset_ns / HERD_NS_PER_MS};
    const struct herd_counter_source source = {.table = &peer_counters, .counts = &standing};
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_INFO, "state_peer")) return;
    herd_log_string(&log, "peer", dial->config->name);
    herd_log_string(&log, "out", neighbour->connected ? "up" : "down");
    herd_log_string(&log, "in", neighbour->inbound != NULL ? "up" : "down");
    herd_counters_log(&source, 1, "state_peer", &log);
    herd_log_end(&log);
}

void statelog(struct server *server)
{
    struct state state;

    collect(server, &state);
    log_server(server, &state);
    log_numbers(&state, "state_limits");
    log_numbers(&state, "state_places");
    if (server->core.journal != NULL) log_numbers(&state, "state_journal");
    herd_counters_log_times(state.sources, state.source_count);
    for (unsigned i = 0; i < server->dial_count; i++)
        log_neighbour(&server->dials[i]);
}
