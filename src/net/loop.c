/* SPDX-License-Identifier: MIT */

/*
 * A turn of libuv's loop, and where ours hooks in:
 *
 *     timers -> pending -> idle (tasks) -> prepare (end of turn)
 *            -> poll: reads, writes, accepts -> check (end of turn) -> close callbacks
 *
 * What timers and tasks produced leaves in prepare, before the loop sleeps;
 * what I/O produced leaves in check. Close callbacks come after both: what
 * they produce leaves in the next prepare, or at the end of herd_loop_run
 * where there is no next turn.
 *
 * What goes wrong: a phase that marks an earlier one would be forgotten while
 * the loop sleeps, so the idle handle is started, which makes it turn again.
 */

#include <assert.h>
#include <signal.h>
#include <string.h>

#include "local.h"

#define SWEEP_MS_MIN 50 /* streams whose time is over within it are closed together */

static void flush_dirty(struct herd_loop *loop)
{
    while (!herd_list_empty(&loop->dirty))
        herd_stream_flush(HERD_CONTAINER(loop->dirty.next, struct herd_stream, dirty_node));
}

static void on_idle(uv_idle_t *handle)
{
    struct herd_loop *loop = HERD_CONTAINER(handle, struct herd_loop, idle);
    struct herd_list_node batch;
    herd_list_init(&batch);
    while (!herd_list_empty(&loop->tasks)) { /* what these start waits for the next turn */
        struct herd_list_node *node = loop->tasks.next;
        herd_list_remove(node);
        herd_list_append(&batch, node);
    }
    while (!herd_list_empty(&batch)) { /* a task may take another one back */
        struct herd_task *task = HERD_CONTAINER(batch.next, struct herd_task, node);
        herd_list_remove(&task->node);
        assert(task->run != NULL);
        task->run(task);
    }
    if (herd_list_empty(&loop->tasks)) uv_idle_stop(&loop->idle);
}

static void stay_awake(struct herd_loop *loop)
{
    if (!uv_is_closing((uv_handle_t *)&loop->idle)) uv_idle_start(&loop->idle, on_idle);
}

static void end_turn(struct herd_loop *loop)
{
    loop->reader = NULL;
    loop->kept = 0; /* nothing is read before the phases have run */
    herd_loop_mark(loop, HERD_PHASE_LOG);
    for (unsigned phase = 0; phase < HERD_PHASE_COUNT; phase++) {
        if ((loop->dirty_phases & 1u << phase) == 0) continue;
        loop->dirty_phases &= ~(1u << phase);
        if (loop->phases[phase] != NULL) loop->phases[phase](loop->phase_owners[phase]);
        if (phase == HERD_PHASE_REPLIES) flush_dirty(loop);
    }
    if (loop->dirty_phases != 0) stay_awake(loop);
}

static void on_check(uv_check_t *handle)
{
    struct herd_loop *loop = HERD_CONTAINER(handle, struct herd_loop, check);
    end_turn(loop);
    loop->turn++;
}

static void on_prepare(uv_prepare_t *handle)
{
    end_turn(HERD_CONTAINER(handle, struct herd_loop, prepare));
}

static void on_sweep(uv_timer_t *timer)
{
    struct herd_loop *loop = HERD_CONTAINER(timer, struct herd_loop, sweep);
    uint64_t next_ms = stream_sweep(loop);
    if (next_ms > 0) loop_sweep_in(loop, next_ms);
}

int herd_loop_init(struct herd_loop *loop)
{
    memset(loop, 0, sizeof *loop);
    int error = uv_loop_init(&loop->uv);
    if (error < 0) return error;
    signal(SIGPIPE, SIG_IGN);
    herd_list_init(&loop->tasks);
    herd_list_init(&loop->dirty);
    herd_list_init(&loop->blocked);
    herd_list_init(&loop->lingering);
    herd_buffer_init(&loop->dropped);
    uv_check_init(&loop->uv, &loop->check);
    uv_prepare_init(&loop->uv, &loop->prepare);
    uv_idle_init(&loop->uv, &loop->idle);
    uv_timer_init(&loop->uv, &loop->sweep);
    uv_unref((uv_handle_t *)&loop->check);
    uv_unref((uv_handle_t *)&loop->prepare);
    uv_unref((uv_handle_t *)&loop->sweep);
    uv_check_start(&loop->check, on_check);
    uv_prepare_start(&loop->prepare, on_prepare);
    loop->handles = 4;
    return 0;
}

void herd_loop_run(struct herd_loop *loop)
{
    do {
        uv_run(&loop->uv, UV_RUN_DEFAULT);
        end_turn(loop);
    } while (!loop->stopped && uv_loop_alive(&loop->uv));
    loop->stopped = false;
}

void herd_loop_stop(struct herd_loop *loop)
{
    loop->stopped = true;
    uv_stop(&loop->uv);
}

static void on_own_closed(uv_handle_t *handle)
{
    struct herd_loop *loop = handle->data;
    assert(loop->handles > 0);
    loop->handles--;
}

static void close_own(struct herd_loop *loop, uv_handle_t *handle)
{
    if (uv_is_closing(handle)) return;
    handle->data = loop;
    uv_close(handle, on_own_closed);
}

int herd_loop_finish(struct herd_loop *loop)
{
    if (loop->handles > 0) {
        close_own(loop, (uv_handle_t *)&loop->check);
        close_own(loop, (uv_handle_t *)&loop->prepare);
        close_own(loop, (uv_handle_t *)&loop->idle);
        close_own(loop, (uv_handle_t *)&loop->sweep);
    }
    do /* a handle that others left open must not hold this up: no waiting */
        uv_run(&loop->uv, UV_RUN_NOWAIT);
    while (loop->handles > 0);
    assert(herd_list_empty(&loop->dirty) && herd_list_empty(&loop->blocked) && herd_list_empty(&loop->lingering));
    for (unsigned i = 0; i < loop->spare_count; i++)
        herd_buffer_finish(&loop->spares[i]);
    loop->spare_count = 0;
    herd_buffer_finish(&loop->dropped);
    return uv_loop_close(&loop->uv);
}

void herd_loop_on_phase(struct herd_loop *loop, enum herd_loop_phase phase, void (*run)(void *owner), void *owner)
{
    assert(phase < HERD_PHASE_COUNT);
    loop->phases[phase] = run;
    loop->phase_owners[phase] = owner;
}

void herd_loop_soon(struct herd_loop *loop, struct herd_task *task)
{
    assert(task->run != NULL);
    if (!herd_list_empty(&task->node)) return;
    herd_list_append(&loop->tasks, &task->node);
    stay_awake(loop);
}

void herd_task_init(struct herd_task *task, void (*run)(struct herd_task *task))
{
    herd_list_init(&task->node);
    task->run = run;
}

void herd_task_cancel(struct herd_task *task)
{
    herd_list_remove(&task->node); /* the idle handle stops itself when it finds nothing */
}

void loop_lend(struct herd_loop *loop, struct herd_buffer *buffer)
{
    if (buffer->memory != NULL || loop->spare_count == 0) return;
    *buffer = loop->spares[--loop->spare_count];
    assert(buffer->capacity <= loop->spare_bytes);
    loop->spare_bytes -= buffer->capacity;
}

void loop_lend_largest(struct herd_loop *loop, struct herd_buffer *buffer)
{
    if (buffer->memory != NULL || loop->spare_count == 0) return;
    *buffer = loop->spares[0];
    assert(buffer->capacity <= loop->spare_bytes);
    loop->spare_bytes -= buffer->capacity;
    memmove(loop->spares, loop->spares + 1, --loop->spare_count * sizeof *buffer);
}

/* In order, the largest first: nearly all that come are as small as the last one. */
static void add_spare(struct herd_loop *loop, const struct herd_buffer *buffer)
{
    assert(loop->spare_count < HERD_LOOP_SPARES && loop->spare_bytes <= HERD_LOOP_SPARE_BYTES_MAX);
    unsigned at = loop->spare_count++;
    for (; at > 0 && loop->spares[at - 1].capacity < buffer->capacity; at--)
        loop->spares[at] = loop->spares[at - 1];
    loop->spares[at] = *buffer;
}

void loop_return(struct herd_loop *loop, struct herd_buffer *buffer)
{
    if (buffer->memory == NULL) return;
    herd_buffer_clear(buffer);
    bool room = buffer->capacity <= HERD_LOOP_SPARE_BYTES_MAX - loop->spare_bytes;
    if (!room || loop->spare_count == HERD_LOOP_SPARES) {
        herd_buffer_finish(buffer);
        return;
    }
    loop->spare_bytes += buffer->capacity;
    add_spare(loop, buffer);
    herd_buffer_init(buffer);
}

void loop_sweep_in(struct herd_loop *loop, uint64_t delay_ms)
{
    if (delay_ms < SWEEP_MS_MIN) delay_ms = SWEEP_MS_MIN;
    if (uv_is_active((uv_handle_t *)&loop->sweep) && uv_timer_get_due_in(&loop->sweep) <= delay_ms) return;
    uv_timer_start(&loop->sweep, on_sweep, delay_ms, 0);
}
