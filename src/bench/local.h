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
