/* SPDX-License-Identifier: MIT */
/*
 * The core on this server's loop: what it asks for of a loop, the journal's
 * directory, and what is said where the journal cannot be used.
 */
#include "local.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "herd/clock.h"
#include "herd/memory.h"
#include "herd/random.h"
#include "herd/signals.h"
#include "herd/tell.h"

/* -- Its port ------------------------------------------------------------------- */

static void at_end(void *owner)
{
    struct server *server = owner;

    herd_loop_mark(&server->loop, HERD_PHASE_FLOOD);
}

static void soon(void *owner)
{
    struct server *server = owner;

    herd_loop_soon(&server->loop, &server->core_task);
}

static void run_step(struct herd_task *task)
{
    herd_core_step(&HERD_CONTAINER(task, struct server, core_task)->core, herd_clock_wall_ns());
}

static void wake(void *owner)
{
    struct server *server = owner;

    uv_async_send(&server->core_async);
}

static void on_async(uv_async_t *async)
{
    struct server *server = async->data;

    herd_core_woken(&server->core);
}

/* Nobody gets a reply that is not true: all are cut off, and the server ends. */
static void on_journal(void *owner, bool broken)
{
    struct server *server = owner;

    if (!broken) return;
    server->exit_code = EX_OSERR;
    herd_clients_cut_off(&server->clients, -EIO);
    if (server->state == SERVER_RUNNING) server_drain(server);
}

static void on_asked(void *owner)
{
    struct server *server = owner;

    herd_search_pump(&server->search);
}

/* -- Start and end ----------------------------------------------------------------- */

static struct herd_core_limits limits_of(const struct herd_config *config)
{
    return (struct herd_core_limits){.clients_max = config->limits.clients_max,
                                     .max_future_s = config->protocol.max_future_s,
                                     .new_clients_per_second_max = config->limits.new_clients_per_second_max,
                                     .ttl_s = config->protocol.ttl_s};
}

void core_open(struct server *server, unsigned slot_count)
{
    const struct herd_config *config = server->config;
    struct herd_text names[HERD_SERVERS_MAX];
    struct herd_core_options options = {.herd = server->herd,
                                        .name = server->name,
                                        .names = names,
                                        .name_count = config->server_count,
                                        .slot_count = slot_count,
                                        .limits = limits_of(config),
                                        .port = {.owner = server,
                                                 .at_end = at_end,
                                                 .soon = soon,
                                                 .wake = wake,
                                                 .on_journal = on_journal,
                                                 .on_asked = on_asked}};
    unsigned i;

    for (i = 0; i < config->server_count; i++)
        names[i] = herd_text_of(config->servers[i].name);
    herd_random_system(&options.hash_key, sizeof options.hash_key);
    herd_random_system(&options.seed, sizeof options.seed);
    while (options.incarnation == 0)
        herd_random_system(&options.incarnation, sizeof options.incarnation);
    herd_core_init(&server->core, &options);
    herd_task_init(&server->core_task, run_step);
}

void core_configure(struct server *server)
{
    const struct herd_core_limits limits = limits_of(server->config);
    unsigned i;

    herd_core_configure(&server->core, &limits);
    for (i = 0; i < server->config->server_count; i++) /* those who have one keep it */
        herd_core_name(&server->core, herd_text_of(server->config->servers[i].name));
}

/* A signal to end need not wait until all is read: nothing of it was changed. */
static bool cancelled(void *owner)
{
    static const int ending[] = {SIGTERM, SIGINT, 0};

    (void)owner;
    return herd_signals_waiting(ending);
}

static int say_no_room(const struct server *server, const char *directory, uint64_t refused)
{
    herd_tell(HERD_LOG_ERROR,
              "herd-server: %sthe journal of %s holds more than limits.clients_max = %lu allows (%llu records found no "
              "room): raise it, or move %s away",
              herd_config_place(server->config, "limits.clients_max"), server->self->name,
              (unsigned long)server->config->limits.clients_max, (unsigned long long)refused, directory);
    return EX_CONFIG;
}

static int say_problem(const struct server *server, int error, const char *problem)
{
    herd_tell(HERD_LOG_ERROR, "herd-server: %sthe journal of %s cannot be used: %s",
              herd_config_place(server->config, "journal.directory"), server->self->name, problem);
    if (error == -EWOULDBLOCK) return EX_UNAVAILABLE;
    if (error == -EPROTO) return EX_CONFIG;
    return error == -EACCES || error == -EPERM || error == -EROFS ? EX_NOPERM : EX_OSERR;
}

/* This server's own: *ret_directory is freed by the caller. */
static int find_directory(const struct server *server, char **ret_directory)
{
    char *parent = NULL;
    struct herd_messages messages;
    size_t size;
    int code;

    herd_messages_begin(&messages);
    code = directory_open(server->config, "journal.directory", true, messages.out, &parent);
    herd_messages_tell(&messages, "herd-server");

    if (code != 0) return code;
    size = strlen(parent) + server->name.length + sizeof "/";
    *ret_directory = herd_memory_allocate(size);
    snprintf(*ret_directory, size, "%s/%s", parent, server->self->name);
    herd_memory_free(parent);
    return 0;
}

static int open_in(struct server *server, const char *directory)
{
    struct herd_core_journal_options options = {.directory = directory,
                                                .synced = server->config->journal.durability == HERD_DURABILITY_SYNCED,
                                                .cancelled = cancelled};
    struct herd_core_journal_fault fault;
    int error = herd_core_open_journal(&server->core, &options, herd_clock_wall_ns(), &fault);

    if (error == 0 || error == -ECANCELED) return error;
    if (error == -EOVERFLOW) return say_no_room(server, directory, fault.refused);
    return say_problem(server, error, fault.problem);
}

int core_open_journal(struct server *server)
{
    char *directory = NULL;
    int code;

    if (server->config->journal.durability == HERD_DURABILITY_NONE) return 0;
    code = find_directory(server, &directory);
    if (code != 0) return code;
    uv_async_init(&server->loop.uv, &server->core_async, on_async);
    server->core_async.data = server;
    uv_unref((uv_handle_t *)&server->core_async);
    herd_loop_on_phase(&server->loop, HERD_PHASE_JOURNAL, herd_core_write, &server->core);
    code = open_in(server, directory);
    herd_memory_free(directory);
    return code;
}

/* The journal's thread may wake the loop until it has ended, so the handle goes last. */
void core_close(struct server *server)
{
    if (server->core_task.run == NULL) return; /* never opened */
    herd_task_cancel(&server->core_task);
    herd_core_close_journal(&server->core);
    if (server->core_async.loop != NULL) uv_close((uv_handle_t *)&server->core_async, NULL);
}
