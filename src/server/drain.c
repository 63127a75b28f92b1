/* SPDX-License-Identifier: MIT */
/*
 * Ending in order.
 *
 *     RUNNING --SIGTERM--> DRAINING --sessions gone--> FLUSHING --peers flushed--> CLOSING --> loop ends
 *
 * DRAINING: nothing new is accepted, WHATSATs in flight are finished, for at
 * most drain_timeout_ms; then they are answered without places. FLUSHING: what
 * was accepted goes out to the neighbours, for at most 0.8 s. CLOSING: every handle is closed, and the
 * loop ends because nothing is left on it. Each step is taken when the last of
 * its kind is gone, or by the drain timer.
 */
#include "local.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/log.h"
#include "herd/machine.h"
#include "herd/memory.h"
#include "herd/tell.h"

#define FLUSH_TIMEOUT_MS 800
#define GIVE_UP_MS 400 /* for taking the last answers */

static const struct herd_machine server_machine = {
    .name = "server",
    .states = {[SERVER_ABSENT] = {"absent", HERD_TO(SERVER_STARTING)},
               [SERVER_STARTING] = {"starting", HERD_TO(SERVER_RUNNING) | HERD_TO(SERVER_CLOSING)},
               [SERVER_RUNNING] = {"running", HERD_TO(SERVER_DRAINING) | HERD_TO(SERVER_CLOSING)},
               [SERVER_DRAINING] = {"draining", HERD_TO(SERVER_FLUSHING) | HERD_TO(SERVER_CLOSING)},
               [SERVER_FLUSHING] = {"flushing", HERD_TO(SERVER_CLOSING)},
               [SERVER_CLOSING] = {"closing", 0}}};

void server_move(struct server *server, enum server_state to)
{
    herd_machine_move(&server_machine, &server->state, to, 0);
}

static void close_handle(uv_handle_t *handle)
{
    if (handle->loop != NULL && !uv_is_closing(handle)) uv_close(handle, NULL);
}

static void start_closing(struct server *server)
{
    server_move(server, SERVER_CLOSING);
    if (server->peers != NULL) herd_peers_close(server->peers);
    herd_search_close(&server->search);
    core_close(server);
    herd_clients_close(&server->clients);
    close_handle((uv_handle_t *)&server->sweep_timer);
    close_handle((uv_handle_t *)&server->drain_timer);
    close_handle((uv_handle_t *)&server->signals);
}

static void on_flush_timeout(uv_timer_t *timer)
{
    start_closing(timer->data);
}

static void start_flushing(struct server *server)
{
    server_move(server, SERVER_FLUSHING);
    uv_timer_start(&server->drain_timer, on_flush_timeout, FLUSH_TIMEOUT_MS, 0);
    herd_loop_mark(&server->loop, HERD_PHASE_FLOOD);
}

static void on_drain_timeout(uv_timer_t *timer)
{
    struct server *server = timer->data;

    herd_log_message(HERD_LOG_WARNING, "stopping", "connections that did not finish in time: %u",
                     (unsigned)herd_clients_counts(&server->clients)->sessions);
    herd_clients_cut_off(&server->clients, 0);
}

/* Who still waits for a provider is told that none answered, and has a moment to take it. */
static void on_patience_timeout(uv_timer_t *timer)
{
    struct server *server = timer->data;

    herd_clients_give_up(&server->clients);
    uv_timer_start(timer, on_drain_timeout, GIVE_UP_MS, 0);
}

void server_drain(struct server *server)
{
    notify_stopping();
    server_move(server, SERVER_DRAINING);
    reload_cancel(server);
    doors_close(server);
    herd_peers_stop(server->peers);
    uv_timer_start(&server->drain_timer, on_patience_timeout, server->config->limits.drain_timeout_ms, 0);
    herd_clients_drain(&server->clients);
    server_drain_step(server);
}

void server_drain_step(struct server *server)
{
    if (server->state == SERVER_DRAINING && herd_clients_counts(&server->clients)->sessions == 0)
        start_flushing(server);
    if (server->state == SERVER_FLUSHING && herd_peers_flushed(server->peers)) start_closing(server);
}

static void forget_config(struct server *server)
{
    herd_config_finish(server->config);
    herd_memory_free(server->config);
    herd_memory_free(server->identity);
}

/* Everything on the loop, then the loop: 0 or a negative errno. */
static int close_all(struct server *server)
{
    if (server->state != SERVER_CLOSING) start_closing(server);
    herd_loop_run(&server->loop);
    herd_peers_destroy(server->peers);
    herd_door_finish(&server->doors[DOOR_CLIENTS]);
    herd_door_finish(&server->doors[DOOR_PEERS]);
    herd_search_finish(&server->search);
    herd_core_finish(&server->core);
    explicit_bzero(&server->core.flood.keys, sizeof server->core.flood.keys);
    return herd_loop_finish(&server->loop);
}

int server_finish(struct server *server)
{
    int error = server->state != SERVER_ABSENT ? close_all(server) : 0;

    forget_config(server);
    if (server->signals_descriptor >= 0) close(server->signals_descriptor);
    if (error == 0) return 0;
    herd_tell(HERD_LOG_ERROR, "herd-server: the loop did not end empty: %s", uv_strerror(error));
    return EX_SOFTWARE;
}
