/* SPDX-License-Identifier: MIT */
#ifndef HERD_BENCH_LOCAL_H
#define HERD_BENCH_LOCAL_H

/* What the files of `herd bench` share. */

#include <stdio.h>
#include <sys/socket.h>

#include "herd/bench.h"
#include "herd/buffer.h"
#include "herd/config.h"
#include "herd/console.h"
#include "herd/histogram.h"
#include "herd/random.h"

/* ---- benchload.c: the lines that `herd bench` sends ---- */

#define BENCH_LINE_MAX 96
#define BENCH_CLIENTS_MAX 99999999 /* eight digits in their names */

struct bench_options {
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
struct bench_request {
    int64_t intended_ns; /* when it was sent, with a rate when it was to be sent */
    bool whatsat;
    unsigned char length;      /* of the line with its LF */
    unsigned char client_at;   /* where its first field is ... */
    unsigned char client_last; /* ... and one after the field's end */
    char line[BENCH_LINE_MAX];
};

struct bench_load {
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

void bench_load_init(struct bench_load *load, const struct bench_options *options);
void bench_load_finish(struct bench_load *load);
/* Times of IAMATs go on from here, where that is later. */
void bench_load_advance(struct bench_load *load, int64_t wall_ns);
/* Makes an IAMAT of that client. */
void bench_load_report(struct bench_load *load, unsigned client, struct bench_request *ret_request);
/* Makes what comes next in the mix. */
void bench_load_next(struct bench_load *load, struct bench_request *ret_request);

/* ---- benchcheck.c: whether a reply is the right one ---- */

enum bench_verdict { BENCH_PART, BENCH_RIGHT, BENCH_WRONG };

struct bench_checker {
    bool unchecked;          /* any line will do */
    struct herd_buffer head; /* `AT <server> `, learnt from the first IAMAT's reply */
};

/* Holds the first of `bytes` against the request; *ret_length is how many the reply has, where it is whole. */
enum bench_verdict bench_check(struct bench_checker *checker, const struct bench_request *request,
                               struct herd_text bytes, size_t *ret_length);

/* ---- benchclient.c: one connection ---- */

struct bench_client {
    int socket;
    bool writing;               /* the socket took less than there was */
    struct bench_request *ring; /* `depth` of them */
    unsigned first;
    unsigned count;
    struct herd_buffer out;
    struct herd_buffer held; /* the beginning of a reply */
};

/* What all connections share. */
struct bench {
    const struct bench_options *options;
    struct sockaddr_storage address;
    struct bench_load load;
    struct bench_checker checker;
    struct herd_histogram latencies; /* nanoseconds */
    struct bench_client *clients;
    char *input; /* one read's bytes, BENCH_INPUT_BYTES of them */
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

#define BENCH_INPUT_BYTES (256 * 1024)

/* Connects: 0 or an exit code, told. */
int bench_client_open(struct bench *bench, struct bench_client *client);
void bench_client_close(struct bench_client *client);
/* Queues the next request; there is room for it. */
void bench_client_issue(struct bench *bench, struct bench_client *client, int64_t intended_ns);
/* Sends what is queued as far as it goes: 0 or an exit code, told. */
int bench_client_flush(struct bench *bench, struct bench_client *client);
/* Reads and checks replies: 0 or an exit code, told. */
int bench_client_read(struct bench *bench, struct bench_client *client);

/* ---- benchrun.c ---- */

struct bench_result {
    double elapsed_s;
    double own_cpu_s;    /* the load's */
    double server_cpu_s; /* negative: not known */
};

/* Connects, loads where that is asked for, measures: 0 or an exit code, told. `bench` is zeroed but for options and
 * address. */
int bench_run(struct bench *bench, struct bench_result *ret_result);
void bench_finish(struct bench *bench);

/* ---- benchcpu.c ---- */

/* CPU time that all threads of a process have used: nanoseconds, or a negative errno. */
int64_t bench_cpu_ns(unsigned pid);

/* ---- benchreport.c ---- */

/* A line on standard error that is written over by the next, for people at a terminal. */
void bench_progress(const struct bench *bench);
/* Takes that line away. */
void bench_progress_end(void);
/* What was measured, to standard output. */
void bench_report(const struct bench *bench, const struct bench_result *result);

#endif
