/* SPDX-License-Identifier: MIT */
/* The line clients of this server: what the configuration says of them, and whom they ask. */
#include "local.h"

static struct herd_clients_options options_of(const struct herd_config *config)
{
    return (struct herd_clients_options){.line_bytes_max = config->limits.line_bytes_max,
                                         .line_timeout_ms = config->limits.line_timeout_ms,
                                         .line_quiet_ms = config->protocol.line_quiet_ms,
                                         .idle_timeout_ms = config->limits.idle_timeout_ms,
                                         .write_stall_ms = config->limits.write_stall_ms,
                                         .output_pause_bytes = config->limits.output_pause_bytes,
                                         .output_resume_bytes = config->limits.output_resume_bytes,
                                         .whatsat_per_connection_max = config->limits.whatsat_per_connection_max,
                                         .lines_per_turn_max = config->limits.lines_per_turn_max,
                                         .wire_bytes_per_s_max = config->log.wire_bytes_per_s_max,
                                         .close_after_reply = config->protocol.close_after_reply};
}

static void hear(void *owner)
{
    struct server *server = owner;

    herd_peers_hear(server->peers);
}

static void on_gone(void *owner)
{
    server_drain_step(owner);
}

void clients_open(struct server *server)
{
    const struct herd_clients_options options = options_of(server->config);
    const struct herd_clients_port port = {.owner = server, .hear = hear, .on_gone = on_gone};

    herd_clients_open(&server->clients, &server->loop, &server->core, &options, &port);
    herd_loop_on_phase(&server->loop, HERD_PHASE_COMMANDS, herd_clients_answer, &server->clients);
}

void clients_configure(struct server *server)
{
    const struct herd_clients_options options = options_of(server->config);

    herd_clients_configure(&server->clients, &options);
}
