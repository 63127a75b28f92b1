/* SPDX-License-Identifier: MIT */
#ifndef HERD_CLIENTS_H
#define HERD_CLIENTS_H

/*
 * Line clients: connections that send commands, a line each, and get their
 * replies in order.
 *
 *     listener -> session: reads, cuts into lines --IAMATs, collected--> core accept
 *                                                 \-- WHATSAT ---------> core ask
 *
 * Any number of listeners may bring connections. A session is freed when its
 * stream is closed and nowhere else; everything else here outlives them all.
 */

#include "herd/clock.h"
#include "herd/core.h"
#include "herd/deadline.h"
#include "herd/listener.h"
#include "herd/loop.h"
#include "herd/times.h"

struct herd_session; /* private to client */

struct herd_clients_options {
    uint32_t line_bytes_max;             /* at least 1 */
    uint32_t line_timeout_ms;            /* of an unfinished line, from its first byte; 0: none, as with the next two */
    uint32_t line_quiet_ms;              /* the same from its last byte */
    uint32_t idle_timeout_ms;            /* without any byte */
    uint32_t write_stall_ms;             /* without the client taking what is written; 0: none */
    uint32_t output_pause_bytes;         /* replies that wait to be taken, from which on nothing more is read, */
    uint32_t output_resume_bytes;        /* down to which it goes on */
    uint32_t whatsat_per_connection_max; /* that wait for their places at once; at least 1 */
    uint32_t lines_per_turn_max;         /* of one session in one turn of the loop; at least 1 */
    uint32_t wire_bytes_per_s_max;       /* of one session in the log; 0: any number */
    bool close_after_reply;              /* the first reply is the last one */
};

/* What they ask of who has them. */
struct herd_clients_port {
    void *owner;
    /* A question is about to be answered: take in what the neighbours have sent by now. Once after each read. */
    void (*hear)(void *owner);
    /* A session is gone. */
    void (*on_gone)(void *owner);
};

struct herd_clients_counts {
    uint64_t connections; /* ever */
    uint64_t invalid;
    uint64_t http; /* of those, HTTP */
    uint64_t line_timeouts, lines_quiet, lines_too_long, idle_timeouts;
    uint64_t output_pauses;  /* output_pause_bytes */
    uint64_t whatsat_pauses; /* whatsat_per_connection_max */
    uint64_t full_turns;     /* lines_per_turn_max */
    uint64_t wire_unwritten; /* lines, wire_bytes_per_s_max */
    uint64_t sessions;       /* now */
};
extern const struct herd_counter_table herd_clients_counters; /* of struct herd_clients_counts */
extern const struct herd_counter_table herd_clients_times;    /* of struct herd_clients */

/* Reports that were read and not answered yet (reports.c). */
struct herd_reports {
    struct herd_batch batch;                       /* what it views is in the loop's read buffer */
    struct herd_session *sessions[HERD_BATCH_MAX]; /* whose they are, in runs: */
    unsigned run_counts[HERD_BATCH_MAX];           /* so many are of the first, so many of the second ... */
    unsigned run_count;
};

struct herd_clients {
    struct herd_loop *loop;
    struct herd_core *core;
    struct herd_clients_options options;
    struct herd_clients_port port;
    struct herd_clients_counts counts;
    struct herd_times durations; /* from what was read to its reply's way out, of the last of a turn */
    int64_t answered_ns;         /* when that was read; 0: nothing was answered in this turn */
    struct herd_list_node sessions;
    struct herd_deadlines started, quiet; /* sessions with an unfinished line: from its first byte, from its last */
    struct herd_deadlines idle;           /* sessions, from their last activity */
    struct herd_reports reports;
};

/* Loop and core outlive it, which stays where it is. The loop's phase COMMANDS is to be herd_clients_answer. */
void herd_clients_open(struct herd_clients *clients, struct herd_loop *loop, struct herd_core *core,
                       const struct herd_clients_options *options, const struct herd_clients_port *port);
/*
 * Other options, and limits of the core, from now on, for those who are
 * connected, too: what has begun (a line, a silence) lasts as long as the new
 * ones say; replies that were written stay.
 */
void herd_clients_configure(struct herd_clients *clients, const struct herd_clients_options *options);
/* A listener's on_connection, whose owner is a struct herd_clients. */
void herd_clients_accept(struct herd_listener *listener, void *owner);
static inline const struct herd_clients_counts *herd_clients_counts(const struct herd_clients *clients)
{
    return &clients->counts;
}
/* Answers the reports that were collected in this turn: what runs in the loop's phase COMMANDS, of a struct
 * herd_clients. */
void herd_clients_answer(void *owner);
/* The replies of this turn are out: the loop's phase LOG. */
static inline void herd_clients_flushed(struct herd_clients *clients)
{
    if (clients->answered_ns == 0) return;
    herd_times_record(&clients->durations, herd_clock_wall_ns() - clients->answered_ns);
    clients->answered_ns = 0;
}

/* No more commands: each session ends when what it has asked is answered; on_gone tells of each. */
void herd_clients_drain(struct herd_clients *clients);
/* Who still waits for places is answered without them. */
void herd_clients_give_up(struct herd_clients *clients);
/* Cuts all off. None is gone before this returns. */
void herd_clients_cut_off(struct herd_clients *clients, int status);
/* Nothing here is due any more; before the loop ends. More than once is harmless. */
void herd_clients_close(struct herd_clients *clients);

#endif
