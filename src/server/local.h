/* SPDX-License-Identifier: MIT */
#ifndef HERD_SERVER_LOCAL_H
#define HERD_SERVER_LOCAL_H

/*
 * One server: where all rooms meet.
 *
 *     server --> clients    their connections (herd/clients.h), which ask the core (coreopen.c)
 *            --> dials      this server's streams to its neighbours (dial.c)
 *            --> guests     the neighbours' streams to this server (guest.c)
 *            --> search     the places service on the loop (herd/search.h)
 *
 * Everything points at the server, which outlives it all; a dial or guest is freed in its stream's on_closed and
 * nowhere else.
 */

#include <stdio.h>
#include <uv.h>

#include "herd/clients.h"
#include "herd/config.h"
#include "herd/dialler.h"
#include "herd/door.h"
#include "herd/limitwatch.h"
#include "herd/lobby.h"
#include "herd/log.h"
#include "herd/loop.h"
#include "herd/messages.h"
#include "herd/readiness.h"
#include "herd/reply.h"
#include "herd/search.h"
#include "herd/tellings.h"
#include "herd/times.h"
#include "herd/wiremeter.h"

struct server;

/* -- A stream to a neighbour --------------------------------------------- */

enum dial_state { DIAL_IDLE, DIAL_CONNECTING, DIAL_UP, DIAL_CLOSING };

struct dial {
    struct server *server;
    const struct herd_server_config *config;
    enum dial_state state;
    bool welcomed;     /* link_up was logged */
    bool clock_warned; /* its clock is far from ours, which was logged */
    char told[64];     /* why it cannot be reached, as last logged since it could */
    struct herd_tellings tellings;
    unsigned failures; /* to connect, running */
    int64_t rival_ms;  /* when two servers of its name were last logged; 0: never */
    struct herd_dialler dialler;
    struct herd_stream stream;
    struct herd_outbound outbound;
    struct herd_redial redial;
    struct herd_wire_meter wire;
    struct herd_task task;
};

void dial_init(struct dial *dial, struct server *server, const struct herd_server_config *config,
               struct herd_neighbour *neighbour);
void dial_finish(struct dial *dial);
/* Redials and ticks what is due; returns the monotonic ms of what is due next. */
int64_t dial_tick(struct dial *dial, const struct herd_now *now);
/* What may be flooded now, as far as the transport's window allows: false where there is nothing. */
bool dial_begin_pump(struct dial *dial, struct herd_pump *ret_pump);
/* Sends what was flooded. */
void dial_end_pump(struct dial *dial, const struct herd_pump *pump);
/* Another session of its name shows that two servers have it: logged, not more than once a minute. */
void dial_note_rival(struct dial *dial);
/* The neighbour's own session was welcomed: it is there. */
void dial_urge(struct dial *dial);
/* Everything was flooded and taken by the kernel. */
bool dial_flushed(const struct dial *dial);
void dial_close(struct dial *dial);

/* -- A neighbour's stream to this server ---------------------------------- */

struct guest {
    struct herd_stream stream;
    struct herd_admit_place place;
    struct herd_lobby_seat seat; /* until it is welcomed */
    struct server *server;
    struct herd_list_node node; /* server.arrivals, then server.guests */
    struct herd_inbound inbound;
    struct herd_wire_meter wire; /* once it is welcomed; before that the server's for strangers */
    bool welcomed;
    bool replaced;
    char address[56];
};

/* Before the first is accepted, when the dials are there: 0 or a negative errno; and after the last is gone. */
int guests_init(struct server *server, unsigned descriptors_max);
void guests_finish(struct server *server);
/* How many there may be at once. */
unsigned guests_max(const struct server *server);
void guest_accept(struct herd_listener *listener, void *owner);
/* As dial_tick, of all of them. */
int64_t guests_tick(struct server *server, const struct herd_now *now);
void guests_close(struct server *server);
/* Takes in what the neighbours have sent by now. */
void guests_hear(struct server *server);

/* -- Who was refused at the peers' address (strangers.c) ---------------------- */

/* Logs that a session ended before WELCOME, once in a minute for each address and reason. */
void strangers_log(const struct guest *guest, const char *reason);

/* secret.c: what neighbours prove with, read and checked; count 0: none. 0, or a sysexits code, faults on `messages`.
 */
int secret_load(const struct herd_config *config, FILE *messages, struct herd_keys *ret_keys);
bool secret_is_credential(void); /* of systemd's, which stays what it is whatever the file says */

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

/* -- The server ------------------------------------------------------------ */

#define SPARE_SLOTS 4 /* for a neighbour that a reload brings, a live stream, a grid, and one more */
#define LIMITS_WATCHED 12

enum server_state { SERVER_ABSENT, SERVER_STARTING, SERVER_RUNNING, SERVER_DRAINING, SERVER_FLUSHING, SERVER_CLOSING };

struct server_counts {
    uint64_t wire_unwritten; /* lines of neighbours, log.wire_bytes_per_s_max */
};
extern const struct herd_counter_table server_counters, server_timings; /* servercounts.c */

/* By how much the once-a-second timer was late. */
struct server_times {
    struct herd_times loop;
    uint64_t sweep_due_ms; /* when it is due, by the loop's clock */
};

struct server {
    struct herd_loop loop;
    const struct herd_config *config;
    const struct herd_server_config *self;
    enum server_state state;
    struct herd_text name;
    struct herd_core core;
    struct herd_task core_task; /* the next slice of what takes long */
    uv_async_t core_async;      /* the journal's thread has news */
    struct herd_door clients, peers;
    struct herd_clients line_clients;
    struct herd_list_node guests;           /* those that were welcomed */
    struct herd_list_node arrivals;         /* those that were not yet, oldest first */
    struct herd_lobby lobby;                /* where these wait */
    struct herd_readiness guests_readiness; /* of welcomed guests */
    struct dial *dials;
    unsigned dial_count;
    struct herd_search search;
    struct herd_tellings strangers;       /* who was refused at the peers' address */
    struct herd_wire_meter stranger_wire; /* of all who were not welcomed there yet */
    int exit_code;                        /* 0, or why the server ends by itself */
    uv_timer_t peer_timer;                /* the next deadline of dials and guests */
    uv_timer_t sweep_timer, drain_timer;  /* once a second; for the end */
    uv_poll_t signals;                    /* its descriptor is readable while a signal waits */
    int signals_descriptor;
    struct server_counts counts;
    struct server_times times;
    struct herd_limit_watch limits[LIMITS_WATCHED]; /* limitlog.c */
};

/* 0, a sysexits code (said), or -ECANCELED (told to end meanwhile); then server_finish is still due. */
int server_start(struct server *server, const struct herd_config *config, unsigned self, unsigned descriptors_max);
/* Runs until it was told to end. */
void server_run(struct server *server);
/* Frees everything: 0, or a sysexits code where the loop did not end empty. */
int server_finish(struct server *server);
struct herd_now server_now(const struct server *server);
/* A deadline of a dial or guest may have come nearer: they are looked at in `in_ms` (at least 1) at the latest. */
void server_peers_changed(struct server *server, uint64_t in_ms);
/* A session, a dial or a guest is gone, or has nothing left to do. */
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
/* wirelog.c: whole lines, where they are logged and the connection's meter allows it. `framer`: which takes the input
 * that `lines` is, next; NULL: they are output. With the stream the line ends that it holds. */
void wirelog_peer(struct server *server, struct herd_wire_meter *meter, const struct herd_framer *framer,
                  const char *direction, struct herd_text peer, struct herd_text lines);
void wirelog_peer_end(struct server *server, struct herd_wire_meter *meter, const struct herd_framer *framer,
                      const char *direction, struct herd_text peer);

#endif
