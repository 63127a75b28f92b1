/* SPDX-License-Identifier: MIT */
#ifndef HERD_WORKER_H
#define HERD_WORKER_H

/*
 * One function run in a thread of libuv's pool, and a call on the loop when it
 * is through. For what would block the loop: reading a file in, asking
 * a file system.
 *
 * Between start and on_done the struct belongs to the worker: what `run` works
 * on is touched by nobody else, and the struct is not freed.
 */

#include <stdatomic.h>
#include <stdbool.h>

#include "herd/loop.h"

struct herd_worker {
    uv_work_t work;
    void (*run)(struct herd_worker *worker);
    void (*on_done)(struct herd_worker *worker, int status);
    void *owner;
    atomic_bool cancelled;
    bool busy;
};

/*
 * Right before a start: libuv makes the pool's threads with the first one, and
 * aborts where it cannot. 0, or the negative errno of making one; when it was 0
 * once for this loop nothing is done any more. The pool is of one thread: what
 * is run there waits for disks and takes turns.
 */
int herd_worker_prepare(struct herd_loop *loop);
/*
 * Runs `run` in another thread, then on_done on the loop, exactly once and
 * never before this returns: 0 where `run` ran to its end, -ECANCELED after
 * herd_worker_cancel, whether `run` was run, in part or not at all. The struct
 * may be freed or started again in on_done. A worker that is busy keeps the
 * loop alive.
 */
void herd_worker_start(struct herd_worker *worker, struct herd_loop *loop, void (*run)(struct herd_worker *worker),
                       void (*on_done)(struct herd_worker *worker, int status), void *owner);
/*
 * on_done(-ECANCELED) follows, as soon as `run` returns where it runs already.
 * Harmless when done, and in a zeroed struct that was never started.
 */
void herd_worker_cancel(struct herd_worker *worker);
/* For `run` to ask now and then, so that a long one ends early. */
bool herd_worker_cancelled(const struct herd_worker *worker);
/* Whether on_done is still to come; harmless in a zeroed struct. */
static inline bool herd_worker_busy(const struct herd_worker *worker)
{
    return worker->busy;
}

#endif
