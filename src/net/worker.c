/* SPDX-License-Identifier: MIT */

/*
 * Happy path: a pool thread runs `run`, the loop hears of it, on_done.
 * Cancelled before a thread took it: libuv takes it back and reports so in a
 * later turn. Cancelled while it runs: it runs on to its end, or to where it
 * asks herd_worker_cancelled, and is reported as cancelled then.
 */

#include "herd/worker.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

static void *do_nothing(void *argument)
{
    return argument;
}

int herd_worker_prepare(struct herd_loop *loop)
{
    pthread_t thread;
    if (loop->workers) return 0;
    int error = pthread_create(&thread, NULL, do_nothing, NULL);
    if (error != 0) return -error;
    pthread_join(thread, NULL);
    if (setenv("UV_THREADPOOL_SIZE", "1", 1) < 0) return -errno;
    loop->workers = true;
    return 0;
}

static void on_thread(uv_work_t *work)
{
    struct herd_worker *worker = HERD_CONTAINER(work, struct herd_worker, work);
    worker->run(worker);
}

static void on_through(uv_work_t *work, int status)
{
    struct herd_worker *worker = HERD_CONTAINER(work, struct herd_worker, work);
    assert(worker->busy);
    if (herd_worker_cancelled(worker)) status = -ECANCELED;
    worker->busy = false;
    worker->on_done(worker, status);
}

void herd_worker_start(struct herd_worker *worker, struct herd_loop *loop, void (*run)(struct herd_worker *worker),
                       void (*on_done)(struct herd_worker *worker, int status), void *owner)
{
    assert(run != NULL && on_done != NULL);
    worker->run = run;
    worker->on_done = on_done;
    worker->owner = owner;
    atomic_init(&worker->cancelled, false);
    worker->busy = true;
    int error = uv_queue_work(&loop->uv, &worker->work, on_thread, on_through);
    assert(error == 0); /* it only fails without a function to run */
    (void)error;
}

void herd_worker_cancel(struct herd_worker *worker)
{
    if (!worker->busy) return;
    atomic_store(&worker->cancelled, true);
    (void)uv_cancel((uv_req_t *)&worker->work); /* UV_EBUSY: it runs */
}

bool herd_worker_cancelled(const struct herd_worker *worker)
{
    return atomic_load(&worker->cancelled);
}
