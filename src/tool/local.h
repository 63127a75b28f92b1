/* SPDX-License-Identifier: MIT */
#ifndef HERD_TOOL_LOCAL_H
#define HERD_TOOL_LOCAL_H

/*
 * What the files of the program `herd` share. Exit codes are those of
 * sysexits.h; what people should know goes to standard error as `herd: ...`.
 *
 * A command gets its own name as argv[0] and returns the exit code.
 */

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "herd/backoff.h"
#include "herd/bench.h"
#include "herd/config.h"
#include "herd/configchange.h"
#include "herd/console.h"
#include "herd/random.h"

int up_command(int argc, char **argv);
int send_command(int argc, char **argv);
int places_command(int argc, char **argv);
int journal_command(int argc, char **argv);

/* ---- upchild.c: one server process of `herd up` ---- */

/*
 *   RESTING --due--> STARTING --READY=1--> UP --ended--> RESTING
 *      |                |                   |
 *      +--- ended, and not to be started again ---> ENDED --reload--> RESTING
 *      +--- no more in the configuration ---> LEAVING --ended--> gone, or
 *                                             RESTING where it is back there
 */
enum child_state {
    CHILD_RESTING, /* no process; the next is started when it is due */
    CHILD_STARTING,
    CHILD_UP,
    CHILD_ENDED,   /* no process, and none will follow but by a reload */
    CHILD_LEAVING, /* told to end */
};

struct child {
    char *name;
    char *address; /* where clients reach it */
    struct herd_printer printer;
    struct herd_backoff backoff;
    enum child_state state;
    bool was_up;        /* it said READY=1 once, so that a failure now is not one of the start */
    bool came;          /* by a reload: its failure ends nobody else */
    bool reload_due;    /* STARTING: it may have read the file of before; LEAVING: it is back in the configuration */
    pid_t pid;          /* 0: no process */
    int output;         /* what it writes, -1: none */
    int notify;         /* where it says READY=1, a datagram socket for as long as the child */
    char notify_at[64]; /* its name for NOTIFY_SOCKET */
    int64_t due_ms;     /* RESTING: when the next process is started; LEAVING: when it is killed */
    int64_t up_ms;      /* UP: since when */
};

/* 0 or a negative errno. `width` and `index` are the printer's; `output` outlives the child. */
int child_init(struct child *child, const struct herd_server_config *server, int width, unsigned index,
               struct herd_output *output);
void child_finish(struct child *child);
/* As its table allows. */
void child_move(struct child *child, enum child_state to);
/* Starts `program --name NAME [--config config]`: 0 or a negative errno. It ends when this process does. */
int child_start(struct child *child, const char *program, const char *config);
/* Passes on what it wrote: 0, or -EPIPE where nobody reads it any more. */
int child_pass(struct child *child);
/* Whether it has just said READY=1. */
bool child_ready(struct child *child);
/* Its process has ended and was waited for: passes on what else it wrote. */
void child_ended(struct child *child);
void child_signal(const struct child *child, int signal);

/* ---- upreload.c: what becomes of the servers when the file has changed ---- */

/* Whether they may go over to `next`, each as it would say itself: 0, or 78 and why on `messages`. *ret_change has who
 * comes and who goes. */
int up_compare(const struct herd_config *running, const struct herd_config *next, FILE *messages,
               struct herd_config_change *ret_change);
/* Reads the file (NULL: the default) and compares: 0 with *ret_next and *ret_change, or an exit code, all of it told.
 */
int up_reload(const struct herd_config *running, const char *path, struct herd_config *ret_next,
              struct herd_config_change *ret_change);

/* ---- upwords.c: how `herd up` speaks ---- */

/* `five servers`; returns `out`. */
const char *up_count(unsigned count, char *out, size_t size);
/* What waitpid told, as shells have it: the exit code, or 128 and the signal's number. */
int up_code(int status);
/* `exit code 3`, `killed by signal 9`; returns `out`. */
const char *up_describe(int status, char *out, size_t size);

/* ---- supervisor.c ---- */

/* Runs the servers until they are told to end: the exit code. At SIGHUP `path` (NULL: the default) is read again, and
 * *config is exchanged for what it says. `ready_fd`, where not -1, gets a newline once all are up and is closed. */
int supervisor_run(struct herd_config *config, const char *path, const char *program, int ready_fd);

/* ---- sendtarget.c: one server that `herd send` talks to ---- */

/*
 *   CONNECTING --> OPEN --all input sent--> ENDING (half-closed) --its FIN--> DONE
 *        |           |                        |
 *        +-----------+------------------------+--> FAILED (said why)
 */
enum target_state {
    TARGET_CONNECTING,
    TARGET_OPEN,
    TARGET_ENDING,
    TARGET_DONE,
    TARGET_FAILED,
};

struct target {
    char *label; /* for messages: `Welsh at 127.0.0.1:12004`, or an address alone */
    struct sockaddr_storage address;
    struct herd_printer printer;
    struct herd_buffer out;
    enum target_state state;
    int socket;
    bool sent;     /* anything */
    bool received; /* anything */
    int64_t moved_ms;
};

/* Starts to connect. A failure is told and the state FAILED. */
void target_connect(struct target *target, int64_t now_ms);
/* What to poll its socket for, 0 where it is done or has failed. */
short target_wants(const struct target *target);
/* Acts on what poll said. `input_ended`: nothing will be appended to `out` any more. 0, or the negative errno of
 * standard output. */
int target_act(struct target *target, short events, bool input_ended, int64_t now_ms);
/* When it has been silent for too long, INT64_MAX where it may be. */
int64_t target_deadline_ms(const struct target *target, bool input_ended, unsigned timeout_s);
/* Gives up, saying so. */
void target_expire(struct target *target, unsigned timeout_s);
void target_finish(struct target *target);

/* Of it, for upchange.c. */
enum supervisor_state { SUPERVISOR_STARTING, SUPERVISOR_UP, SUPERVISOR_DRAINING };

#define DRAIN_MAX_MS 10000 /* for a server that was told to end */

struct supervisor {
    struct herd_config *config;
    const char *path; /* of its file, as it was asked for */
    const char *program;
    struct child **children;
    struct pollfd *polls; /* the signalfd, then output and notify of each child */
    unsigned count;
    unsigned colours; /* given out */
    bool terminal;    /* there was one at the start */
    bool reload_due;
    int signals;
    int ready_fd; /* -1: nobody waits for it */
    enum supervisor_state state;
    int code;
    int64_t now_ms;
    int64_t told_ms;  /* DRAINING: when the first signal came */
    int64_t alarm_ms; /* STARTING: when to say that it is slow; DRAINING: when to kill; else never */
    struct herd_random random;
    struct herd_output output;
};

/* ---- upchange.c: servers that come and go ---- */

/* As its table allows. */
void supervisor_move(struct supervisor *supervisor, enum supervisor_state to);
/* Adds a server that has no child yet: 0 or a negative errno. */
int supervisor_add(struct supervisor *supervisor, const struct herd_server_config *server, bool came);
/* Names of servers are as wide as the longest. */
void supervisor_align(struct supervisor *supervisor);
/* LEAVING and ended: it is gone, unless it came back into the configuration meanwhile. */
void supervisor_left(struct supervisor *supervisor, struct child *child);
/* SIGHUP: reads the file again; where it is in order servers come, go and are told. */
void supervisor_reload(struct supervisor *supervisor);

#endif
