/* SPDX-License-Identifier: MIT */
/* The neighbours, from the configuration. */
#include "local.h"

#include <assert.h>

static struct herd_peers_options options_of(const struct server *server)
{
    const struct herd_config *config = server->config;
    struct herd_peers_options options = {.output_bytes_max = config->limits.peer_output_bytes_max,
                                         .hello_bytes_max = config->limits.peer_hello_bytes_max,
                                         .line_bytes_max = config->limits.peer_line_bytes_max,
                                         .strangers_max = config->limits.peer_strangers_max,
                                         .per_address_max = config->limits.peer_strangers_per_address_max,
                                         .guests_wanted_max =
                                             server->descriptors_max / 4, /* clients have half of them */
                                         .wire_bytes_per_s_max = config->log.wire_bytes_per_s_max};

    if (server->self->peer_source.text != NULL) options.source = server->self->peer_source.socket;
    return options;
}

static struct herd_peer_options peer_of(const struct herd_server_config *config)
{
    struct herd_peer_options options = {.name = herd_text_of(config->name), .address = config->peers.socket};

    if (config->peer_source.text != NULL) options.from = config->peer_source.socket;
    return options;
}

static void on_change(void *owner)
{
    server_drain_step(owner);
}

int peers_open(struct server *server)
{
    const struct herd_peers_options options = options_of(server);
    const struct herd_peers_events events = {.on_change = on_change, .owner = server};
    unsigned neighbours[HERD_NEIGHBOURS_MAX];
    unsigned count =
        herd_config_neighbours(server->config, (unsigned)(server->self - server->config->servers), neighbours);
    int error = herd_peers_create(&server->loop, &server->core.flood, &options, &events, &server->peers);

    for (unsigned i = 0; i < count && error == 0; i++) {
        const struct herd_peer_options peer = peer_of(&server->config->servers[neighbours[i]]);
        error = herd_peers_add(server->peers, &peer);
    }
    return error;
}

/* Who goes makes room for who comes. */
static void remove_gone(struct server *server, const struct herd_config *old, const struct herd_config_change *change)
{
    for (unsigned i = 0; i < change->neighbour_count; i++) {
        const struct herd_config_neighbour *neighbour = &change->neighbours[i];
        if (neighbour->change == HERD_NEIGHBOUR_REMOVED)
            herd_peers_remove(server->peers, herd_text_of(old->servers[neighbour->running].name));
    }
}

/* One that was there and may come from elsewhere now is expected there; its streams are not touched. */
static void change_others(struct server *server, const struct herd_config_change *change)
{
    for (unsigned i = 0; i < change->neighbour_count; i++) {
        const struct herd_config_neighbour *neighbour = &change->neighbours[i];
        if (neighbour->next < 0) continue;
        const struct herd_peer_options peer = peer_of(&server->config->servers[neighbour->next]);
        if (neighbour->change == HERD_NEIGHBOUR_ADDED) {
            int error = herd_peers_add(server->peers, &peer);
            assert(error == 0); /* herd_config_compare has seen that there is room */
            (void)error;
        } else if (neighbour->change == HERD_NEIGHBOUR_MOVED || neighbour->hosts_changed) {
            herd_peers_move(server->peers, &peer);
        }
    }
}

void peers_configure(struct server *server, const struct herd_config *old, const struct herd_config_change *change,
                     const struct herd_keys *keys)
{
    const struct herd_peers_options options = options_of(server);

    herd_peers_configure(server->peers, &options);
    herd_peers_set_keys(server->peers, keys);
    remove_gone(server, old, change);
    change_others(server, change);
}
