/* SPDX-License-Identifier: MIT */
/*
 * SIGHUP: another configuration takes the place of the one in force, as a
 * whole or not at all.
 *
 *     IDLE --SIGHUP--> READING --> PREPARING --> READY --the turn is over--> IDLE
 *                          \             \
 *                           +-- a fault --+--> IDLE: told with file and line, and nothing has changed
 *
 * READING: a worker reads the file, checks it, compares it with what is in
 * force and reads the secret, so that a slow disk stops nobody. PREPARING:
 * whatever else can fail is made beside what there is: listeners are bound, the
 * log's file is opened, the keys and indexes of places are read. READY: between
 * two turns each room is given what is its, and none of that can fail; then
 * what was in force goes.
 *
 * A signal that comes meanwhile is one more reload after this one. A drain ends
 * what is under way.
 */
#include "local.h"

#include <stdio.h>
#include <string.h>

#include "herd/log.h"
#include "herd/machine.h"
#include "herd/memory.h"
#include "herd/standard.h"

#define ENDING "the server is ending\n"

static const struct herd_machine machine = {
    .name = "reload",
    .states = {[RELOAD_IDLE] = {"idle", HERD_TO(RELOAD_READING)},
               [RELOAD_READING] = {"reading", HERD_TO(RELOAD_PREPARING) | HERD_TO(RELOAD_IDLE)},
               [RELOAD_PREPARING] = {"preparing", HERD_TO(RELOAD_READY) | HERD_TO(RELOAD_IDLE)},
               [RELOAD_READY] = {"ready", HERD_TO(RELOAD_IDLE)}}};

static void move(struct reload *reload, enum reload_state state)
{
    herd_machine_move(&machine, &reload->state, state, 0);
}

static struct server *server_of(struct reload *reload)
{
    return HERD_CONTAINER(reload, struct server, reload);
}

/* -- The end, whatever came of it --------------------------------------------------- */

static void forget(struct reload *reload)
{
    doors_abandon(reload->doors);
    herd_log_discard(reload->log);
    reload->log = NULL;
    herd_search_abandon(&server_of(reload)->search);
    explicit_bzero(&reload->keys, sizeof reload->keys);
    if (reload->config != NULL) herd_config_finish(reload->config);
    herd_memory_free(reload->config);
    reload->config = NULL;
}

/* Where a signal came meanwhile, it begins once more. */
static void end(struct reload *reload)
{
    struct server *server = server_of(reload);
    bool again = reload->again;

    forget(reload);
    reload->again = false;
    move(reload, RELOAD_IDLE);
    if (server->state != SERVER_RUNNING) return;
    notify_ready(server->self->name, server->self->clients_listen.text);
    if (again) reload_begin(server);
}

/* What is in force stays so, as a whole. */
static void fail(struct reload *reload)
{
    herd_messages_log(&reload->messages, HERD_LOG_ERROR, "reload_failed");
    end(reload);
}

/* -- READING ---------------------------------------------------------------------------- */

static int read_config(struct reload *reload)
{
    const struct server *server = server_of(reload);
    const char *path = server->path != NULL ? server->path : herd_config_default_path();
    FILE *messages = reload->messages.out;
    int code;

    reload->config = herd_memory_allocate_zeroed(1, sizeof *reload->config);
    code = herd_config_load(path, messages, reload->config);
    if (code != 0) return code;
    code = herd_config_compare(server->config, reload->config, server->self->name, reload->neighbours_max, messages,
                               &reload->change);
    if (code == 0) code = secret_load(reload->config, messages, &reload->keys);
    if (code == 0) secret_compare(server->config, reload->config, messages);
    return code;
}

static void read_all(struct herd_worker *worker)
{
    struct reload *reload = worker->owner;

    reload->code = read_config(reload);
}

/* -- PREPARING --------------------------------------------------------------------------- */

static void on_searchable(void *owner, int code, struct herd_text messages)
{
    struct reload *reload = owner;

    if (code == 0) {
        move(reload, RELOAD_READY);
        herd_loop_soon(&server_of(reload)->loop, &reload->task);
        return;
    }
    fwrite(messages.bytes, 1, messages.length, reload->messages.out);
    fail(reload);
}

static int prepare(struct reload *reload)
{
    struct server *server = server_of(reload);
    const struct herd_server_config *self = &reload->config->servers[reload->change.next_self];
    FILE *messages = reload->messages.out;
    struct search_settings settings;
    int code = logopen_prepare(reload->config, self->name, messages, &reload->log);

    if (code == 0) code = doors_prepare(server, reload->config, self, &reload->change, messages, reload->doors);
    if (code != 0) return code;
    search_settings_read(reload->config, &settings);
    return herd_search_prepare(&server->search, &settings.options, messages, on_searchable, reload);
}

static void on_read(struct herd_worker *worker, int status)
{
    struct reload *reload = worker->owner;

    if (status == 0 && reload->code == 0) {
        move(reload, RELOAD_PREPARING);
        if (prepare(reload) == 0) return;
    }
    if (status != 0) fputs(ENDING, reload->messages.out);
    fail(reload);
}

/* -- READY ------------------------------------------------------------------------------- */

static void log_changes(struct reload *reload)
{
    struct herd_messages changes;

    herd_messages_begin(&changes);
    herd_config_change_print(&reload->change, server_of(reload)->config, reload->config, changes.out);
    herd_messages_log(&changes, HERD_LOG_INFO, "reload_change");
}

static void log_reloaded(const struct server *server)
{
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_INFO, "reloaded")) return;
    herd_log_string(&log, "config", server->config->source != NULL ? server->config->source : "built-in");
    herd_log_end(&log);
}

/* Reports of this turn that wait for their answer have it first: they came under the old one. */
static void commit(struct server *server, struct reload *reload)
{
    struct herd_config *old = server->config;

    herd_clients_answer(&server->clients);
    server->config = reload->config;
    server->self = &server->config->servers[reload->change.next_self];
    herd_log_commit(reload->log);
    core_configure(server);
    clients_configure(server);
    peers_configure(server, old, &reload->change, &reload->keys);
    doors_commit(server, reload->doors); /* after the neighbours, who are let in by their number */
    herd_search_commit(&server->search);
    server->core.places = herd_search_places(&server->search);
    reload->log = NULL;
    reload->config = old; /* goes with the rest */
}

static void run_task(struct herd_task *task)
{
    struct reload *reload = HERD_CONTAINER(task, struct reload, task);
    struct server *server = server_of(reload);

    log_changes(reload);
    herd_messages_log(&reload->messages, HERD_LOG_WARNING, "reload_warning");
    commit(server, reload);
    log_reloaded(server);
    notbuilt(server->config, server->self);
    running_keep(server->config, server->self->name);
    end(reload);
}

/* -- From outside --------------------------------------------------------------------------- */

void reload_init(struct server *server)
{
    server->reload.state = RELOAD_IDLE;
    herd_task_init(&server->reload.task, run_task);
}

static unsigned neighbours_now(const struct server *server)
{
    unsigned ignored[HERD_NEIGHBOURS_MAX];

    return herd_config_neighbours(server->config, (unsigned)(server->self - server->config->servers), ignored);
}

void reload_begin(struct server *server)
{
    struct reload *reload = &server->reload;

    if (server->state != SERVER_RUNNING) {
        herd_log_message(HERD_LOG_ERROR, "reload_failed", "the server is ending");
        return;
    }
    if (reload->state != RELOAD_IDLE) {
        reload->again = true;
        return;
    }
    notify_reloading();
    herd_log_message(HERD_LOG_INFO, "reloading", "SIGHUP: the configuration is read");
    move(reload, RELOAD_READING);
    reload->neighbours_max = neighbours_now(server) + herd_peers_room(server->peers);
    herd_messages_begin(&reload->messages);
    if (herd_worker_prepare(&server->loop) == 0) {
        herd_worker_start(&reload->worker, &server->loop, read_all, on_read, reload);
        return;
    }
    fputs("cannot read the configuration: " HERD_THREAD_ADVICE "\n", reload->messages.out);
    fail(reload);
}

void reload_cancel(struct server *server)
{
    struct reload *reload = &server->reload;

    reload->again = false;
    switch (reload->state) {
    case RELOAD_IDLE:
        return;
    case RELOAD_READING: /* ends when the worker does */
        herd_worker_cancel(&reload->worker);
        break;
    case RELOAD_PREPARING:
    case RELOAD_READY:
        herd_task_cancel(&reload->task);
        fputs(ENDING, reload->messages.out);
        fail(reload);
        break;
    }
}
