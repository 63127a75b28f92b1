/* SPDX-License-Identifier: MIT */
#ifndef HERD_TOOL_LOCAL_H
#define HERD_TOOL_LOCAL_H

/*
 * What the files of the program `herd` share. Exit codes are those of
 * sysexits.h; what people should know goes to standard error as `herd: ...`.
 *
 * A command gets its own name as argv[0] and returns the exit code.
 */

#include <stdio.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "herd/backoff.h"
#include "herd/buffer.h"
#include "herd/config.h"
#include "herd/histogram.h"
#include "herd/random.h"

int herd_up_command(int argc, char **argv);
int herd_send_command(int argc, char **argv);
int herd_places_command(int argc, char **argv);
int herd_journal_command(int argc, char **argv);
int herd_bench_command(int argc, char **argv);

/* ---- complain.c ---- */

/* `herd: ` and the text and a newline to standard error. */
void herd_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* For getopt_long with opterr = 0 and a leading ':' in its options: says what is wrong with the option that it
 * stopped at, `result` is '?' or ':'. Returns EX_USAGE. */
int herd_complain_option(const char *command, int result, char **argv);
/* strerror with a small first letter; valid until the next call. `error` is positive or negative. */
const char *herd_error_text(int error);
/* Parses 1 to `max` in decimal: 0 or -EINVAL. */
int herd_count_parse(const char *text, unsigned max, unsigned *ret_count);
/* Loads the config as the servers do. Warnings are the servers' to tell: here only errors are. Exit code or 0. */
int herd_tool_load(const char *path, struct herd_config *ret_config);

/* ---- output.c: standard output that may fail for a while ---- */

struct herd_output {
    uint64_t dropped; /* lines, since it failed */
    bool torn;        /* a part of a line was written */
};

/* Writes whole lines, past stdio: 0, or -EPIPE where nobody reads any more. Lines that it does not take are dropped and
 * counted, which is told when it begins and when it is over. */
int herd_output_write(struct herd_output *output, struct herd_text lines);
/* `herd: ` and the text as a line: what is no error goes where the servers' lines go. That nobody reads shows with
 * their next one. */
void herd_output_say(struct herd_output *output, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Tells how many were dropped where it is not over. */
void herd_output_end(const struct herd_output *output);

/* ---- printer.c: lines of several sources on one output, each after its source's name ---- */

#define HERD_PRINTER_LINE_MAX (64 * 1024)

struct herd_printer {
    const char *name;           /* NULL: bytes are written as they come */
    int width;                  /* names are padded to it */
    int colour;                 /* an SGR number, 0: none */
    struct herd_output *output; /* NULL: it has to take everything, its error is the caller's */
    struct herd_buffer held;
    struct herd_buffer ready; /* whole lines, with their names */
};

/* `index` chooses the colour, where standard output is to be coloured. */
void herd_printer_init(struct herd_printer *printer, const char *name, int width, unsigned index);
/* Writes whole lines to standard output, holds the rest; 0 or the negative errno of the output. */
int herd_printer_write(struct herd_printer *printer, struct herd_text bytes);
/* Writes a last line that has no LF, with one; frees. */
int herd_printer_finish(struct herd_printer *printer);
/* Whether to colour standard output: a terminal, and nobody said NO_COLOR. */
bool herd_printer_coloured(void);

/* ---- upchild.c: one server process of `herd up` ---- */

/*
 *   STARTING --READY=1--> UP --ended--> RESTING --due--> STARTING
 *      |                   |               |
 *      +---- ended, and not to be started again ----> ENDED
 */
enum herd_child_state {
    HERD_CHILD_RESTING, /* no process; the next is started when it is due */
    HERD_CHILD_STARTING,
    HERD_CHILD_UP,
    HERD_CHILD_ENDED, /* no process, and none will follow */
};

struct herd_child {
    const char *name;    /* the config's */
    const char *address; /* where clients reach it, the config's */
    struct herd_printer printer;
    struct herd_backoff backoff;
    enum herd_child_state state;
    bool was_up;        /* it said READY=1 once, so that a failure now is not one of the start */
    pid_t pid;          /* 0: no process */
    int output;         /* what it writes, -1: none */
    int notify;         /* where it says READY=1, a datagram socket for as long as the child */
    char notify_at[64]; /* its name for NOTIFY_SOCKET */
    int64_t due_ms;     /* RESTING: when the next process is started */
    int64_t up_ms;      /* UP: since when */
};

/* 0 or a negative errno. `width` and `index` are the printer's; `output` outlives the child. */
int herd_child_init(struct herd_child *child, const struct herd_server_config *server, int width, unsigned index,
                    struct herd_output *output);
void herd_child_finish(struct herd_child *child);
/* Starts `program --name NAME [--config config]`: 0 or a negative errno. It ends when this process does. */
int herd_child_start(struct herd_child *child, const char *program, const char *config);
/* Passes on what it wrote: 0, or -EPIPE where nobody reads it any more. */
int herd_child_pass(struct herd_child *child);
/* Whether it has just said READY=1. */
bool herd_child_ready(struct herd_child *child);
/* Its process has ended and was waited for: passes on what else it wrote. */
void herd_child_ended(struct herd_child *child);
void herd_child_signal(const struct herd_child *child, int signal);

/* ---- supervisor.c ---- */

/* Runs the servers until they are told to end: the exit code. `ready_fd`, where not -1, gets a newline once all are up
 * and is closed. */
int herd_supervisor_run(const struct herd_config *config, const char *program, int ready_fd);

/* ---- sendtarget.c: one server that `herd send` talks to ---- */

/*
 *   CONNECTING --> OPEN --all input sent--> ENDING (half-closed) --its FIN--> DONE
 *        |           |                        |
 *        +-----------+------------------------+--> FAILED (said why)
 */
enum herd_target_state {
    HERD_TARGET_CONNECTING,
    HERD_TARGET_OPEN,
    HERD_TARGET_ENDING,
    HERD_TARGET_DONE,
    HERD_TARGET_FAILED,
};

struct herd_target {
    char *label; /* for messages: `Welsh at 127.0.0.1:12004`, or an address alone */
    struct sockaddr_storage address;
    struct herd_printer printer;
    struct herd_buffer out;
    enum herd_target_state state;
    int socket;
    bool sent;     /* anything */
    bool received; /* anything */
    int64_t moved_ms;
};

/* Starts to connect. A failure is told and the state FAILED. */
void herd_target_connect(struct herd_target *target, int64_t now_ms);
/* What to poll its socket for, 0 where it is done or has failed. */
short herd_target_wants(const struct herd_target *target);
/* Acts on what poll said. `input_ended`: nothing will be appended to `out` any more. 0, or the negative errno of
 * standard output. */
int herd_target_act(struct herd_target *target, short events, bool input_ended, int64_t now_ms);
/* When it has been silent for too long, INT64_MAX where it may be. */
int64_t herd_target_deadline_ms(const struct herd_target *target, bool input_ended, unsigned timeout_s);
/* Gives up, saying so. */
void herd_target_expire(struct herd_target *target, unsigned timeout_s);
void herd_target_finish(struct herd_target *target);

/* ---- benchload.c: the lines that `herd bench` sends ---- */

#define HERD_BENCH_LINE_MAX 96
#define HERD_BENCH_CLIENTS_MAX 99999999 /* eight digits in their names */

struct herd_bench_options {
    const char *config_path;
    const char *to; /* NULL: the first server */
    unsigned connections;
    unsigned depth;   /* requests in flight on each connection */
    unsigned clients; /* distinct ones */
    bool zipf;
    bool preload;
    unsigned whatsat_percent;
    unsigned radius_km;
    unsigned bound;
    unsigned count;   /* of requests, 0: until the time is over */
    unsigned seconds; /* not looked at where there is a count */
    unsigned rate;    /* requests a second, 0: closed loop */
    unsigned timeout_s;
    unsigned pid; /* of the server, 0: not known */
    bool unchecked;
    bool json;
    bool help;
};

/* One request in flight: the line that was sent, what its reply is held against. */
struct herd_bench_request {
    int64_t intended_ns; /* when it was sent, with a rate when it was to be sent */
    bool whatsat;
    unsigned char length;      /* of the line with its LF */
    unsigned char client_at;   /* where its first field is ... */
    unsigned char client_last; /* ... and one after the field's end */
    char line[HERD_BENCH_LINE_MAX];
};

struct herd_bench_load {
    struct herd_random random;
    unsigned clients;
    unsigned whatsat_percent;
    uint32_t *draws; /* clients in the order of use, NULL: uniform */
    unsigned draw;   /* the next of them */
    int64_t time_ns; /* of the last IAMAT; every one has its own */
    int64_t second;  /* that `second_text` says */
    char second_text[16];
    char question[24]; /* ` RADIUS BOUND` LF */
    size_t question_length;
};

void herd_bench_load_init(struct herd_bench_load *load, const struct herd_bench_options *options);
void herd_bench_load_finish(struct herd_bench_load *load);
/* Times of IAMATs go on from here, where that is later. */
void herd_bench_load_advance(struct herd_bench_load *load, int64_t wall_ns);
/* Makes an IAMAT of that client. */
void herd_bench_load_report(struct herd_bench_load *load, unsigned client, struct herd_bench_request *ret_request);
/* Makes what comes next in the mix. */
void herd_bench_load_next(struct herd_bench_load *load, struct herd_bench_request *ret_request);

/* ---- benchcheck.c: whether a reply is the right one ---- */

enum herd_bench_verdict { HERD_BENCH_PART, HERD_BENCH_RIGHT, HERD_BENCH_WRONG };

struct herd_bench_checker {
    bool unchecked;          /* any line will do */
    struct herd_buffer head; /* `AT <server> `, learnt from the first IAMAT's reply */
};

/* Holds the first of `bytes` against the request; *ret_length is how many the reply has, where it is whole. */
enum herd_bench_verdict herd_bench_check(struct herd_bench_checker *checker, const struct herd_bench_request *request,
                                         struct herd_text bytes, size_t *ret_length);

/* ---- benchclient.c: one connection ---- */

struct herd_bench_client {
    int socket;
    bool writing;                    /* the socket took less than there was */
    struct herd_bench_request *ring; /* `depth` of them */
    unsigned first;
    unsigned count;
    struct herd_buffer out;
    struct herd_buffer held; /* the beginning of a reply */
};

/* What all connections share. */
struct herd_bench {
    const struct herd_bench_options *options;
    struct sockaddr_storage address;
    struct herd_bench_load load;
    struct herd_bench_checker checker;
    struct herd_histogram latencies; /* nanoseconds */
    struct herd_bench_client *clients;
    char *input; /* one read's bytes, HERD_BENCH_INPUT_BYTES of them */
    int epoll;
    int timer;
    unsigned turn; /* the connection whose turn it is, with a rate */
    bool preloading;
    uint64_t issued;
    uint64_t answered;
    uint64_t limit; /* nothing is issued beyond */
    int64_t now_ns;
    int64_t start_ns;
    int64_t end_ns; /* of issuing, INT64_MAX where the limit says */
    int64_t moved_ns;
};

#define HERD_BENCH_INPUT_BYTES (256 * 1024)

/* Connects: 0 or an exit code, told. */
int herd_bench_client_open(struct herd_bench *bench, struct herd_bench_client *client);
void herd_bench_client_close(struct herd_bench_client *client);
/* Queues the next request; there is room for it. */
void herd_bench_client_issue(struct herd_bench *bench, struct herd_bench_client *client, int64_t intended_ns);
/* Sends what is queued as far as it goes: 0 or an exit code, told. */
int herd_bench_client_flush(struct herd_bench *bench, struct herd_bench_client *client);
/* Reads and checks replies: 0 or an exit code, told. */
int herd_bench_client_read(struct herd_bench *bench, struct herd_bench_client *client);

/* ---- benchrun.c ---- */

struct herd_bench_result {
    double elapsed_s;
    double own_cpu_s;    /* the load's */
    double server_cpu_s; /* negative: not known */
};

/* Connects, loads where that is asked for, measures: 0 or an exit code, told. `bench` is zeroed but for options and
 * address. */
int herd_bench_run(struct herd_bench *bench, struct herd_bench_result *ret_result);
void herd_bench_finish(struct herd_bench *bench);

/* ---- benchcpu.c ---- */

/* CPU time that all threads of a process have used: nanoseconds, or a negative errno. */
int64_t herd_bench_cpu_ns(unsigned pid);

/* ---- benchreport.c ---- */

/* A line on standard error that is written over by the next, for people at a terminal. */
void herd_bench_progress(const struct herd_bench *bench);
/* Takes that line away. */
void herd_bench_progress_end(void);
/* What was measured, to standard output. */
void herd_bench_report(const struct herd_bench *bench, const struct herd_bench_result *result);

#endif
