/* SPDX-License-Identifier: MIT */
/*
 * Limits that turn somebody away who did nothing wrong: the log warns when one
 * begins to (`limit_reached`) and when it no longer does (`limit_eased`). Each
 * is counted where it bites anyway; here the counts are looked at once a second.
 */
#include "local.h"

#include <unistd.h>

#include "herd/lobby.h"
#include "herd/log.h"
#include "herd/wiremeter.h"

struct limit {
    const char *key; /* in the configuration, or what there is in its place */
    uint64_t count;
    int64_t value;
};

static void log_limit(const struct limit *limit, enum herd_limit_news news, uint64_t bites)
{
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_WARNING, news == HERD_LIMIT_BEGAN ? "limit_reached" : "limit_eased")) return;
    herd_log_string(&log, "limit", limit->key);
    herd_log_number(&log, "value", limit->value);
    herd_log_number(&log, "refused", (int64_t)bites);
    herd_log_end(&log);
}

/* Accepting has rested so often, as descriptors ran out. */
static uint64_t rests(const struct server *server)
{
    struct herd_listener_counts clients, peers;

    herd_door_counts(&server->doors[DOOR_CLIENTS], &clients);
    herd_door_counts(&server->doors[DOOR_PEERS], &peers);
    return clients.relistens + peers.relistens;
}

void limitlog_tick(struct server *server)
{
    const struct herd_config *config = server->config;
    const struct herd_core_counts *core = &server->core.counts;
    const struct herd_admit *clients = &server->doors[DOOR_CLIENTS].admit;
    const struct herd_admit *peers = &server->doors[DOOR_PEERS].admit;
    const struct herd_lobby *lobby = herd_peers_lobby(server->peers);
    const struct limit limits[] = {
        {"limits.connections_max", clients->counts.refused_connections, clients->limits.connections_max},
        {"limits.connections_per_address_max", clients->counts.refused_address, clients->limits.per_address_max},
        {"limits.clients_max", core->refused_clients, config->limits.clients_max},
        {"limits.new_clients_per_second_max", core->refused_new, config->limits.new_clients_per_second_max},
        {"protocol.max_future_s", core->refused_future, config->protocol.max_future_s},
        {"limits.peer_strangers_max", lobby->counts.strangers, lobby->limits.strangers_max},
        {"limits.peer_strangers_per_address_max", lobby->counts.per_address, lobby->limits.per_address_max},
        {"peer_places", lobby->counts.neighbours, lobby->before_max},
        {"peer_connections", peers->counts.refused_connections, peers->limits.connections_max},
        {"descriptors", rests(server), sysconf(_SC_OPEN_MAX)},
        {"log.wire_bytes_per_s_max",
         herd_clients_counts(&server->clients)->wire_unwritten + herd_peers_counts(server->peers)->wire_unwritten,
         config->log.wire_bytes_per_s_max > 0 ? config->log.wire_bytes_per_s_max : herd_wire_strangers_max(0)},
        {"limits.provider_breaker_failures", herd_search_counts(&server->search)->left_alone,
         config->limits.provider_breaker_failures},
    };
    unsigned i;

    _Static_assert(sizeof limits / sizeof limits[0] == LIMITS_WATCHED, "each has a watch");
    for (i = 0; i < LIMITS_WATCHED; i++) {
        uint64_t bites;
        enum herd_limit_news news =
            herd_limit_look(&server->limits[i], limits[i].count, (int64_t)uv_now(&server->loop.uv), &bites);
        if (news != HERD_LIMIT_SAME) log_limit(&limits[i], news, bites);
    }
}
