/* SPDX-License-Identifier: MIT */
/*
 * Where this server listens: a door for each kind of connections, with its
 * limits. At start all of them are opened; a reload prepares another listener
 * where the address is another one, and leaves the others as they are.
 */
#include "local.h"

#include <stdio.h>
#include <sysexits.h>

static const struct herd_address *address_of(const struct herd_server_config *self, enum door which)
{
    return which == DOOR_CLIENTS ? &self->clients_listen : &self->peers_listen;
}

static struct herd_listener_options options_of(struct server *server, const struct herd_config *config,
                                               const struct herd_server_config *self, enum door which)
{
    struct herd_listener_options options = {.address = address_of(self, which)->socket,
                                            .accepts_per_turn_max = config->limits.accepts_per_turn_max,
                                            .keepalive_s = HERD_STREAM_KEEPALIVE_S,
                                            .on_connection = herd_peers_accept,
                                            .owner = server->peers};

    if (which == DOOR_PEERS) return options;
    options.keepalive_s = config->limits.keepalive_s;
    options.on_connection = herd_clients_accept;
    options.owner = &server->clients;
    return options;
}

static struct herd_admit_limits limits_of(const struct server *server, enum door which)
{
    const struct herd_config *config = server->config;
    unsigned half = server->descriptors_max / 2; /* the clients' share */

    if (which == DOOR_PEERS)
        return (struct herd_admit_limits){.connections_max = herd_peers_connections_max(server->peers)};
    return (struct herd_admit_limits){.connections_max =
                                          config->limits.connections_max < half ? config->limits.connections_max : half,
                                      .per_address_max = config->limits.connections_per_address_max};
}

static int prepare(struct server *server, const struct herd_config *config, const struct herd_server_config *self,
                   enum door which, FILE *messages, struct herd_listener **ret_listener)
{
    const struct herd_listener_options options = options_of(server, config, self, which);
    const struct herd_address *address = address_of(self, which);
    int error = herd_door_prepare(&server->doors[which], &options, ret_listener);

    if (error == 0) return 0;
    if (address->line > 0) fprintf(messages, "%s:%d: ", self->file, address->line);
    fprintf(messages, "%s cannot listen for %s on %s: %s\n", self->name, which == DOOR_CLIENTS ? "clients" : "peers",
            address->text, uv_strerror(error));
    return error == UV_EACCES ? EX_NOPERM : EX_UNAVAILABLE;
}

static bool moved(const struct herd_config_change *change, enum door which)
{
    enum herd_listening listening = which == DOOR_CLIENTS ? HERD_LISTENING_CLIENTS : HERD_LISTENING_PEERS;

    return change == NULL || change->listeners[listening] != HERD_LISTENER_SAME;
}

int doors_prepare(struct server *server, const struct herd_config *config, const struct herd_server_config *self,
                  const struct herd_config_change *change, FILE *messages, struct herd_listener *ret_listeners[DOORS])
{
    int code = 0;
    int i;

    for (i = 0; i < DOORS && code == 0; i++)
        if (moved(change, (enum door)i))
            code = prepare(server, config, self, (enum door)i, messages, &ret_listeners[i]);
    return code;
}

void doors_abandon(struct herd_listener *listeners[DOORS])
{
    int i;

    for (i = 0; i < DOORS; i++) {
        herd_door_abandon(listeners[i]);
        listeners[i] = NULL;
    }
}

void doors_commit(struct server *server, struct herd_listener *listeners[DOORS])
{
    int i;

    for (i = 0; i < DOORS; i++) {
        enum door which = (enum door)i;
        struct herd_door *door = &server->doors[i];
        const struct herd_admit_limits limits = limits_of(server, which);
        const struct herd_listener_options options = options_of(server, server->config, server->self, which);

        herd_admit_configure(&door->admit, &limits);
        if (listeners[i] != NULL)
            herd_door_begin(door, listeners[i]);
        else
            herd_listener_configure(door->listener, options.accepts_per_turn_max, options.keepalive_s);
        listeners[i] = NULL;
    }
}

void doors_close(struct server *server)
{
    int i;

    for (i = 0; i < DOORS; i++)
        herd_door_close(&server->doors[i]);
}
