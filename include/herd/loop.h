/* SPDX-License-Identifier: MIT */
#ifndef HERD_LOOP_H
#define HERD_LOOP_H

/*
 * One libuv loop and what everything on it shares: the read buffer, the end
 * of a turn, tasks for the next turn.
 *
 * The end of a turn is where bursts batch by themselves. After the callbacks
 * of a turn, and again before the loop would sleep, the phases run in order:
 *
 *     COMMANDS  answer what was read and kept
 *     FLOOD     drain the dirty queues into the peer streams, flush those
 *     JOURNAL   write what was accepted in this turn
 *     REPLIES   flush every client stream that has output (done by the loop)
 *     LOG       hand the log to its writer (in every turn)
 */

#include <assert.h>
#include <stdint.h>
#include <uv.h>

#include "herd/buffer.h"
#include "herd/counters.h"
#include "herd/list.h"

enum herd_loop_phase {
    HERD_PHASE_COMMANDS,
    HERD_PHASE_FLOOD,
    HERD_PHASE_JOURNAL,
    HERD_PHASE_REPLIES,
    HERD_PHASE_LOG,
    HERD_PHASE_COUNT,
};

#define HERD_LOOP_READ_BYTES (64 * 1024)
#define HERD_LOOP_SPARES 64                           /* empty buffers kept for the next stream that writes */
#define HERD_LOOP_SPARE_BYTES_MAX (1024 * 1024)       /* all of them together */
#define HERD_LOOP_KEPT_MAX (HERD_LOOP_READ_BYTES / 2) /* so that as much is left for whoever reads next */

/* Something to do in the next turn of the loop, once. Embed it; it is in the loop's list while it waits. */
struct herd_task {
    struct herd_list_node node; /* herd_loop.tasks */
    void (*run)(struct herd_task *task);
};

struct herd_loop {
    uv_loop_t uv;
    uv_check_t check;     /* end of a turn, after I/O */
    uv_prepare_t prepare; /* the same, after timers */
    uv_idle_t idle;       /* active while tasks wait, so that the loop neither sleeps nor ends */
    uv_timer_t sweep;     /* runs while `blocked` or `lingering` holds a stream: stalls, lingering over */
    struct herd_list_node tasks;
    struct herd_list_node dirty;     /* streams with output to flush, by herd_stream.dirty_node */
    struct herd_list_node blocked;   /* streams whose output the kernel did not take, by blocked_node */
    struct herd_list_node lingering; /* streams that sent FIN and wait for the other side's, by blocked_node */
    void (*phases[HERD_PHASE_COUNT])(void *owner);
    void *phase_owners[HERD_PHASE_COUNT];
    unsigned dirty_phases; /* bit per phase that has something to do */
    unsigned handles;      /* its own that are open */
    uint32_t turn;         /* counts them: what tasks do and what is read after them is of the same one */
    uint64_t stalls;       /* streams closed because their output did not move */
    bool stopped;
    bool workers;                                /* there is a thread for them (worker.h) */
    struct herd_buffer spares[HERD_LOOP_SPARES]; /* empty, with memory, the largest first */
    unsigned spare_count;
    size_t spare_bytes;
    size_t kept;                            /* bytes of read_memory that somebody still wants */
    struct herd_buffer dropped;             /* takes what is written to a stream that is not open */
    const void *reader;                     /* the stream that read last in this turn, and */
    unsigned reader_count;                  /* how often: its budget */
    char read_memory[HERD_LOOP_READ_BYTES]; /* the one read buffer; a stream's on_read sees it */
    char now_memory[HERD_LOOP_READ_BYTES];  /* the same for herd_stream_read_now, inside such an on_read */
};
/* Of its own numbers. */
extern const struct herd_counter_table herd_loop_counters;

/*
 * 0 or a negative errno. Its own handles never keep the loop alive; a task
 * that waits does. Ignores SIGPIPE for the whole process: libuv and curl write
 * without MSG_NOSIGNAL.
 */
int herd_loop_init(struct herd_loop *loop);
/*
 * Runs until no handle of others is alive or herd_loop_stop. libuv counts a
 * stream as alive while it reads or has a write in flight, not while it is
 * merely paused.
 */
void herd_loop_run(struct herd_loop *loop);
void herd_loop_stop(struct herd_loop *loop);
/*
 * Closes its own handles, runs the loop until close callbacks are done, then
 * uv_loop_close: 0, or UV_EBUSY where somebody left a handle open (close it
 * and call again).
 */
int herd_loop_finish(struct herd_loop *loop);

/*
 * Sets what runs at the end of a turn in which herd_loop_mark was called for
 * the phase. One function per phase; that of REPLIES runs before the streams
 * are flushed. A phase may mark later ones, which run in the same turn, and
 * earlier ones, which run in the next; the loop does not sleep before that.
 */
void herd_loop_on_phase(struct herd_loop *loop, enum herd_loop_phase phase, void (*run)(void *owner), void *owner);
/* The phase has something to do at the end of this turn. Cheap, any number of times. */
static inline void herd_loop_mark(struct herd_loop *loop, enum herd_loop_phase phase)
{
    loop->dirty_phases |= 1u << phase;
}

/*
 * In a stream's on_read: bytes of the read buffer before `end` are still
 * wanted, until the phases run next. False where so many cannot be kept; then
 * nothing is, and whoever wants some has to be done with them now.
 */
static inline bool herd_loop_keep(struct herd_loop *loop, const char *end)
{
    assert(end >= loop->read_memory && end <= loop->read_memory + sizeof loop->read_memory);
    size_t kept = (size_t)(end - loop->read_memory);
    loop->kept = kept <= HERD_LOOP_KEPT_MAX ? kept : 0;
    return kept <= HERD_LOOP_KEPT_MAX;
}
/* The loop's clock, monotonic, as of the beginning of this turn. */
static inline uint64_t herd_loop_now_ms(const struct herd_loop *loop)
{
    return uv_now(&loop->uv);
}
/* Runs `task` in the next turn; a task that waits already is left where it is. */
void herd_loop_soon(struct herd_loop *loop, struct herd_task *task);
/* Takes a waiting task back; harmless where it does not wait. */
void herd_task_cancel(struct herd_task *task);
void herd_task_init(struct herd_task *task, void (*run)(struct herd_task *task));

#endif
