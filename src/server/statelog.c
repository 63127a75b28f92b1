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

#include "herd/counters.h"
#include "herd/lobby.h"
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

    *state = (struct state){
        .standing = {.clients = herd_store_count(&server->core.store), .seq = herd_store_seq(&server->core.store)}};
    herd_log_counts(&state->log);
    add(state, &standing_counters, &state->standing);
    add(state, &herd_core_counters, &server->core.counts);
    add(state, &herd_clients_counters, herd_clients_counts(&server->clients));
    add(state, &herd_flood_counters, &server->core.flood.counts);
    herd_door_counts(&server->doors[DOOR_CLIENTS], &state->clients);
    herd_door_counts(&server->doors[DOOR_PEERS], &state->peers);
    add(state, &herd_listener_counters, &state->clients);
    add(state, &herd_admit_counters, &server->doors[DOOR_CLIENTS].admit.counts);
    add(state, &peers_counters, &state->peers);
    add(state, &peers_admit_counters, &server->doors[DOOR_PEERS].admit.counts);
    add(state, &herd_lobby_counters, &herd_peers_lobby(server->peers)->counts);
    add(state, &herd_peers_counters, herd_peers_counts(server->peers));
    add(state, &herd_loop_counters, &server->loop);
    add(state, &herd_places_counters, herd_search_counts(&server->search));
    add(state, &herd_fetch_counters, herd_search_fetch_counts(&server->search));
    herd_journal_counts(journal, &state->journal);
    if (journal != NULL) add(state, &herd_journal_counters, &state->journal);
    add(state, &herd_log_counters, &state->log);
    add(state, &herd_clients_times, &server->clients);
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

static void log_neighbour(void *owner, const struct herd_peer_standing *standing)
{
    const struct herd_counter_source source = {.table = &herd_peer_counters, .counts = standing};
    struct herd_log_event log;

    (void)owner;
    if (!herd_log_begin(&log, HERD_LOG_INFO, "state_peer")) return;
    herd_log_text(&log, "peer", standing->name);
    herd_log_string(&log, "out", standing->out_up ? "up" : "down");
    herd_log_string(&log, "in", standing->in_up ? "up" : "down");
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
    herd_peers_each(server->peers, NULL, log_neighbour);
}
