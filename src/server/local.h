/* SPDX-License-Identifier: MIT */
#ifndef HERD_SERVER_LOCAL_H
#define HERD_SERVER_LOCAL_H

/*
 * One server: where all rooms meet.
 *
 *     server --> clients    their connections (herd/clients.h), which ask the core (coreopen.c)
 *            --> peers      the neighbours (herd/peers.h, peersopen.c)
 *            --> search     the places service on the loop (herd/search.h)
 *
 * Everything points at the server, which outlives it all.
 */

#include <stdio.h>
#include <uv.h>

#include "herd/clients.h"
#include "herd/config.h"
#include "herd/configchange.h"
#include "herd/door.h"
#include "herd/limitwatch.h"
#include "herd/log.h"
#include "herd/loop.h"
#include "herd/messages.h"
#include "herd/peers.h"
#include "herd/reply.h"
#include "herd/search.h"
#include "herd/times.h"
#include "herd/wiremeter.h"
#include "herd/worker.h"

struct server;

/* secret.c: what neighbours prove with, read and checked; count 0: none. 0, or a sysexits code, faults on `messages`.
 */
int secret_load(const struct herd_config *config, FILE *messages, struct herd_keys *ret_keys);
/* Tells on `messages` where the next one's secret_file has another name, or other secrets, than are in force, and
 * systemd's credential stays so. */
void secret_compare(const struct herd_config *running, const struct herd_config *next, FILE *messages);

/* -- Places --------------------------------------------------------------- */

#define SEARCH_PROVIDERS_MAX 8

/* Options of the search with the memory that they point into, beside the configuration's. */
struct search_settings {
    struct herd_search_provider providers[SEARCH_PROVIDERS_MAX];
    struct herd_search_options options;
};

/* searchopen.c: what the configuration says of places; views of it. */
void search_settings_read(const struct herd_config *config, struct search_settings *ret_settings);
/* 0 or a sysexits code, said on standard error. */
int search_open(struct server *server);

/* -- The clients' sessions (clientsopen.c) ------------------------------------------ */

void clients_open(struct server *server);

/* -- The core on the loop (coreopen.c) ------------------------------------------- */

void core_open(struct server *server, unsigned slot_count);
/* Replays the journal, then all that is accepted goes there. 0, a sysexits code (said), or -ECANCELED: told to end. */
int core_open_journal(struct server *server);
/* Writes and syncs what there is; before the loop ends. */
void core_close(struct server *server);

/* -- The command line ------------------------------------------------------- */

enum action { ACTION_RUN, ACTION_CHECK, ACTION_DUMP, ACTION_VERSION, ACTION_HELP };

struct arguments {
    enum action action;
    const char *name, *config, *against; /* NULL: not given */
};

/* 0, or a sysexits code with the reason said. */
int arguments_parse(int argc, char **argv, struct arguments *ret_arguments);

/* -- Where it listens (doors.c) ------------------------------------------------------ */

enum door { DOOR_CLIENTS, DOOR_PEERS, DOORS };

/* Opens what `change` says is at another address, NULL: all; the others of ret_listeners stay NULL. 0, or a sysexits
 * code and why on `messages`; then abandon. */
int doors_prepare(struct server *server, const struct herd_config *config, const struct herd_server_config *self,
                  const struct herd_config_change *change, FILE *messages, struct herd_listener *ret_listeners[DOORS]);
void doors_abandon(struct herd_listener *listeners[DOORS]);
/* They take the place of those there are, and all have the limits of the configuration. Cannot fail. */
void doors_commit(struct server *server, struct herd_listener *listeners[DOORS]);
void doors_close(struct server *server);

/* -- Another configuration (reload.c) -------------------------------------------------- */

enum reload_state { RELOAD_IDLE, RELOAD_READING, RELOAD_PREPARING, RELOAD_READY };

struct reload {
    enum reload_state state;
    bool again;                       /* another signal has come */
    unsigned neighbours_max;          /* for which there is room */
    int code;                         /* of reading */
    struct herd_worker worker;        /* what follows is its while it reads: */
    struct herd_messages messages;    /* what is wrong */
    struct herd_config *config;       /* what was read; NULL: nothing */
    struct herd_config_change change; /* from what is in force */
    struct herd_keys keys;            /* of the secret */
    struct herd_log_change *log;      /* prepared, as are these; NULL: not */
    struct herd_listener *doors[DOORS];
    struct herd_task task; /* between two turns */
};

void reload_init(struct server *server);
/* SIGHUP. */
void reload_begin(struct server *server);
/* The server ends: nothing is changed any more. */
void reload_cancel(struct server *server);

/* -- The server ------------------------------------------------------------ */

#define LIMITS_WATCHED 12

enum server_state { SERVER_ABSENT, SERVER_STARTING, SERVER_RUNNING, SERVER_DRAINING, SERVER_FLUSHING, SERVER_CLOSING };

/* By how much the once-a-second timer was late. */
struct server_times {
    struct herd_times loop;
    uint64_t sweep_due_ms; /* when it is due, by the loop's clock */
};
extern const struct herd_counter_table server_timings; /* servercounts.c */

struct server {
    struct herd_loop loop;
    struct herd_config *config; /* in force; of its own */
    const struct herd_server_config *self;
    const char *path; /* the configuration's, where one was named; else NULL */
    enum server_state state;
    struct herd_text name, herd;
    char *identity;           /* the memory of both */
    unsigned descriptors_max; /* that the system allows */
    struct herd_core core;
    struct herd_task core_task; /* the next slice of what takes long */
    uv_async_t core_async;      /* the journal's thread has news */
    struct herd_door doors[DOORS];
    struct herd_clients clients;
    struct herd_peers *peers; /* the neighbours; NULL: not yet */
    struct herd_search search;
    struct reload reload;
    int exit_code;                       /* 0, or why the server ends by itself */
    uv_timer_t sweep_timer, drain_timer; /* once a second; for the end */
    uv_poll_t signals;                   /* its descriptor is readable while a signal waits */
    int signals_descriptor;
    struct server_times times;
    struct herd_limit_watch limits[LIMITS_WATCHED]; /* limitlog.c */
};

/* 0, a sysexits code (said), or -ECANCELED (told to end meanwhile); then server_finish is still due. Takes what is in
 * `config`; `path` is where a reload reads it again, NULL: where nothing was said. */
int server_start(struct server *server, struct herd_config *config, const char *path, unsigned self,
                 unsigned descriptors_max);
/* Runs until it was told to end. */
void server_run(struct server *server);
/* Frees everything: 0, or a sysexits code where the loop did not end empty. */
int server_finish(struct server *server);
struct herd_now server_now(const struct server *server);
/* A session or a stream of a neighbour is gone, or has nothing left to do. */
void server_drain_step(struct server *server);
/* drain.c: from one state to the next; and SIGTERM's work. */
void server_move(struct server *server, enum server_state to);
void server_drain(struct server *server);

/* descriptors.c: raises the soft limit to the hard one; returns how many it allows then, or 0 and says why. */
unsigned descriptors_raise(void);
/* notify.c: tells systemd, where there is one. */
void notify_ready(const char *name, const char *clients);
void notify_reloading(void); /* until notify_ready */
void notify_stopping(void);
/* directories.c: what journal.directory or log.directory stands for, with `make` made where it is missing; *ret_path is
 * freed with herd_memory_free, NULL where journald keeps the log. 0, or a sysexits code and why on `messages`. */
int directory_open(const struct herd_config *config, const char *key, bool make, FILE *messages, char **ret_path);
/* logopen.c: opens the log of the server of that name, or prepares other options for it: 0, or a sysexits code and why.
 */
int logopen(const struct herd_config *config, const char *name, FILE *messages);
int logopen_prepare(const struct herd_config *config, const char *name, FILE *messages,
                    struct herd_log_change **ret_change);
/* SIGUSR1; and once a second, for limits that begin or cease to bite. */
void statelog(struct server *server);
void limitlog_tick(struct server *server);
/* notbuilt.c: logs what the configuration asks for and this version has not; `self` NULL: of all, to standard error. */
void notbuilt(const struct herd_config *config, const struct herd_server_config *self);
/* against.c: says what a reload of `next` does to the server `name` (NULL: to the herd) that runs with the
 * configuration in the file `path`: 0, or EX_CONFIG and why it would be refused. */
int against(const char *path, const struct herd_config *next, const char *name);
/* Writes $RUNTIME_DIRECTORY/<name>.running.conf, where there is such a directory: what is in force from now on. */
void running_keep(const struct herd_config *config, const char *name);
/* checkstart.c: opens what a start would open, changes nothing: 0 or EX_CONFIG, faults on `messages`. */
int checkstart(const struct herd_config *config, FILE *messages);
/* peersopen.c: the neighbours that the configuration names, and what of it is theirs. 0 or a negative errno. */
int peers_open(struct server *server);
/* A reload has changed the configuration from `old`: puts in force what of it is the neighbours', or the core's, or the
 * clients'. None can fail. */
void peers_configure(struct server *server, const struct herd_config *old, const struct herd_config_change *change,
                     const struct herd_keys *keys);
void core_configure(struct server *server);
void clients_configure(struct server *server);

#endif
