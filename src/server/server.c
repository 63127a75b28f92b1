/* SPDX-License-Identifier: MIT */
/*
 * A server's start and end, and its turn.
 *
 * Starting: store and flood, places, the two listeners, then the neighbours
 * are dialled. Any step that fails says why and leaves what is open to
 * server_finish. At the end of a turn in which something changed, the flood is
 * pumped into the peer streams before the replies of that turn go out: a
 * client that has its reply finds its location at the neighbours.
 */
#include "local.h"

#include <signal.h>
#include <stdio.h>
#include <sysexits.h>

#include "herd/clock.h"
#include "herd/log.h"
#include "herd/memory.h"
#include "herd/signals.h"
#include "herd/tell.h"

#define SWEEP_MS 1000

struct herd_now server_now(const struct server *server)
{
    return (struct herd_now){.monotonic_ms = (int64_t)uv_now(&server->loop.uv), .wall_ns = herd_clock_wall_ns()};
}

/* What is read when a timer is late waits as long as the timer did. */
static void record_loop_delay(struct server *server)
{
    struct server_times *times = &server->times;

    herd_times_record(&times->loop, (int64_t)uv_hrtime() - (int64_t)times->sweep_due_ms * HERD_NS_PER_MS);
    times->sweep_due_ms = uv_now(&server->loop.uv) + SWEEP_MS;
}

static void on_sweep(uv_timer_t *timer)
{
    struct server *server = timer->data;
    struct herd_now now = server_now(server);

    record_loop_delay(server);
    herd_log_watch();
    herd_core_tick(&server->core, &now);
    herd_search_tick(&server->search);
    limitlog_tick(server);
}

/* -- The end of a turn -------------------------------------------------------- */

static void flood_phase(void *owner)
{
    struct server *server = owner;

    herd_peers_flood(server->peers);
    herd_loop_mark(&server->loop, HERD_PHASE_JOURNAL);
    server_drain_step(server);
}

/* Replies are out. */
static void log_phase(void *owner)
{
    struct server *server = owner;

    herd_clients_flushed(&server->clients);
    herd_log_turn();
}

/* -- Signals -------------------------------------------------------------------- */

static void end_by(struct server *server, int number)
{
    if (server->state == SERVER_RUNNING) {
        herd_log_message(HERD_LOG_INFO, "stopping", "signal %d: draining", number);
        server_drain(server);
        return;
    }
    herd_log_message(HERD_LOG_WARNING, "stopping", "second signal: ending at once");
    herd_log_close();
    herd_signals_die(number);
}

/* Who is process 1 of a container is given the children of all who end there. */
static void reap(void)
{
    int status;

    while (herd_signals_reap(&status) != 0)
        continue;
}

static void on_signals(uv_poll_t *poll, int status, int events)
{
    struct server *server = poll->data;
    int number;

    (void)status;
    (void)events;
    while ((number = herd_signals_take(server->signals_descriptor)) != 0) {
        if (number == SIGCHLD)
            reap();
        else if (number == SIGUSR1)
            statelog(server);
        else if (number == SIGHUP)
            reload_begin(server);
        else
            end_by(server, number);
    }
}

static int start_signals(struct server *server)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGCHLD, 0};
    int error = server->signals_descriptor = herd_signals_open(numbers);

    if (error >= 0) error = uv_poll_init(&server->loop.uv, &server->signals, server->signals_descriptor);
    if (error < 0) return error;
    server->signals.data = server;
    uv_unref((uv_handle_t *)&server->signals);
    reap(); /* who ended before that */
    return uv_poll_start(&server->signals, UV_READABLE, on_signals);
}

/* -- Start ------------------------------------------------------------------------ */

static int start_core(struct server *server, unsigned slot_count)
{
    struct herd_messages messages;
    int code;

    core_open(server, slot_count);
    clients_open(server);
    herd_messages_begin(&messages);
    code = secret_load(server->config, messages.out, &server->core.flood.keys);
    herd_messages_tell(&messages, "herd-server");
    return code;
}

static int start_listeners(struct server *server)
{
    struct herd_listener *listeners[DOORS] = {NULL};
    struct herd_messages messages;
    int code;

    herd_messages_begin(&messages);
    code = doors_prepare(server, server->config, server->self, NULL, messages.out, listeners);
    herd_messages_tell(&messages, "herd-server");
    if (code == 0)
        doors_commit(server, listeners);
    else
        doors_abandon(listeners);
    return code;
}

static void start_timers(struct server *server)
{
    uv_timer_init(&server->loop.uv, &server->sweep_timer);
    uv_timer_init(&server->loop.uv, &server->drain_timer);
    server->sweep_timer.data = server->drain_timer.data = server;
    uv_timer_start(&server->sweep_timer, on_sweep, SWEEP_MS, SWEEP_MS);
    server->times.sweep_due_ms = uv_now(&server->loop.uv) + SWEEP_MS;
}

/* What never changes while it runs, kept apart from the configuration that names it, which does. */
static void keep_identity(struct server *server)
{
    struct herd_text name = herd_text_of(server->self->name);
    struct herd_text herd = herd_text_of(server->config->herd);

    server->identity = herd_memory_allocate(name.length + herd.length);
    memcpy(server->identity, name.bytes, name.length);
    memcpy(server->identity + name.length, herd.bytes, herd.length);
    server->name = (struct herd_text){server->identity, name.length};
    server->herd = (struct herd_text){server->identity + name.length, herd.length};
}

static void init(struct server *server, struct herd_config *config, const char *path, unsigned self)
{
    memset(server, 0, sizeof *server);
    server->config = herd_memory_allocate(sizeof *config);
    *server->config = *config;
    *config = (struct herd_config){0};
    config = server->config;
    server->path = path;
    server->self = &config->servers[self];
    keep_identity(server);
    server->state = SERVER_ABSENT;
    server->signals_descriptor = -1;
}

static int system_failure(const char *what, int error)
{
    herd_tell(HERD_LOG_ERROR, "herd-server: %s: %s", what, uv_strerror(error));
    return EX_OSERR;
}

/*
 * After the listeners are open, so that a second server of this name is told
 * of its port and not of the journal; before the loop runs, so that nobody is
 * answered from a store that is not complete. Who connects meanwhile waits.
 */
static int open_journal(struct server *server)
{
    int code = core_open_journal(server);

    if (code == 0) return 0;
    doors_close(server);
    return code;
}

/* One for each neighbour and one for the journal, and what is left to be taken while it runs. */
static unsigned slots_wanted(unsigned neighbours)
{
    unsigned slots = neighbours + 1 + HERD_NEIGHBOURS_SPARE;

    return slots < HERD_SLOTS_MAX ? slots : HERD_SLOTS_MAX;
}

int server_start(struct server *server, struct herd_config *config, const char *path, unsigned self,
                 unsigned descriptors_max)
{
    unsigned neighbours[HERD_NEIGHBOURS_MAX];
    unsigned count = herd_config_neighbours(config, self, neighbours);
    int code;

    init(server, config, path, self);
    server->descriptors_max = descriptors_max;
    code = herd_loop_init(&server->loop);
    if (code < 0) return system_failure("cannot make an event loop", code);
    server_move(server, SERVER_STARTING);
    herd_door_init(&server->doors[DOOR_CLIENTS], &server->loop);
    herd_door_init(&server->doors[DOOR_PEERS], &server->loop);
    reload_init(server);
    start_timers(server);
    code = start_core(server, slots_wanted(count));
    if (code != 0) return code;
    herd_loop_on_phase(&server->loop, HERD_PHASE_FLOOD, flood_phase, server);
    herd_loop_on_phase(&server->loop, HERD_PHASE_LOG, log_phase, server);
    code = start_signals(server);
    if (code < 0) return system_failure("cannot watch signals", code);
    code = search_open(server);
    if (code != 0) return code;
    code = peers_open(server);
    if (code < 0) return system_failure("cannot watch connections", code);
    code = start_listeners(server);
    if (code != 0) return code;
    code = open_journal(server);
    if (code != 0) return code;
    server_move(server, SERVER_RUNNING);
    herd_peers_start(server->peers);
    return 0;
}

void server_run(struct server *server)
{
    herd_loop_run(&server->loop);
}
