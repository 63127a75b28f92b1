/* SPDX-License-Identifier: MIT */

/*
 * A stream's writing. Happy path: at the end of the turn uv_try_write takes
 * all of `out`, whose memory goes back to the loop.
 *
 * Else: the kernel takes a part. The rest becomes the flight, one request for
 * libuv to finish, and the stream is in `blocked`; `out` fills meanwhile and
 * is written when the flight has landed. (libuv 1.44 finishes one request a
 * turn, so many small ones would be slow.) The write fails: the stream closes
 * with its error. The stream closes first: the flight owns its bytes, lands
 * with ECANCELED, and is freed then.
 */

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <sys/socket.h>

#include "herd/memory.h"
#include "local.h"

#define WRITE_BYTES_MAX (1u << 30) /* what fits every type on the way */
#define SWEEP_FIRST_MS 1000

struct herd_flight {
    uv_write_t request;
    struct herd_stream *stream;
    struct herd_buffer bytes;
};

static void set_blocked(struct herd_stream *stream)
{
    struct herd_loop *loop = stream->loop;
    stream->flight_left = uv_stream_get_write_queue_size((uv_stream_t *)&stream->tcp);
    stream->progress_ms = uv_now(&loop->uv);
    assert(stream->flight != NULL);
    if (!herd_list_empty(&stream->blocked_node)) return;
    herd_list_append(&loop->blocked, &stream->blocked_node);
    bool soon = stream->stall_ms > 0 && stream->stall_ms < SWEEP_FIRST_MS;
    loop_sweep_in(loop, soon ? stream->stall_ms : SWEEP_FIRST_MS);
}

/* All output is out. libuv need not know of the FIN: nothing is written through it any more. */
static void send_fin(struct herd_stream *stream)
{
    assert(stream->flight == NULL && stream->out.memory == NULL);
    uv_os_fd_t fd;
    int error = uv_fileno((const uv_handle_t *)&stream->tcp, &fd);
    if (error == 0 && shutdown(fd, SHUT_WR) < 0) error = -errno;
    if (error < 0 || stream->read_ended || stream->linger_ms == 0) {
        herd_stream_close(stream, error);
        return;
    }
    stream_move(stream, HERD_STREAM_LINGERING);
    stream->progress_ms = uv_now(&stream->loop->uv);
    herd_list_remove(&stream->blocked_node);
    herd_list_append(&stream->loop->lingering, &stream->blocked_node);
    loop_sweep_in(stream->loop, stream->linger_ms);
}

/* What collected meanwhile waits for its phase: the flood of this turn goes before the replies of this turn. */
static void write_at_turn_end(struct herd_stream *stream)
{
    if (herd_list_empty(&stream->dirty_node)) herd_list_append(&stream->loop->dirty, &stream->dirty_node);
    herd_loop_mark(stream->loop, HERD_PHASE_REPLIES);
}

static void on_landed(uv_write_t *request, int status)
{
    struct herd_flight *flight = HERD_CONTAINER(request, struct herd_flight, request);
    struct herd_stream *stream = flight->stream;
    assert(stream->flight == flight);
    stream->flight = NULL;
    loop_return(stream->loop, &flight->bytes);
    herd_memory_free(flight);
    if (stream->state == HERD_STREAM_CLOSING) return;
    if (status < 0) {
        herd_stream_close(stream, status);
        return;
    }
    herd_list_remove(&stream->blocked_node);
    write_at_turn_end(stream);
    if (stream->state == HERD_STREAM_OPEN && stream->events->on_drained != NULL) stream->events->on_drained(stream);
}

static int take_off(struct herd_stream *stream)
{
    assert(stream->flight == NULL);
    struct herd_flight *flight = herd_memory_allocate_zeroed(1, sizeof *flight);
    flight->stream = stream;
    flight->bytes = stream->out;
    herd_buffer_init(&stream->out);
    struct herd_text text = herd_buffer_text(&flight->bytes);
    uv_buf_t buffer = {.base = flight->bytes.memory + flight->bytes.start, .len = text.length};
    stream->flight = flight;
    int error = uv_write(&flight->request, (uv_stream_t *)&stream->tcp, &buffer, 1, on_landed);
    if (error == 0) return 0;
    stream->flight = NULL;
    loop_return(stream->loop, &flight->bytes);
    herd_memory_free(flight);
    return error;
}

/* Writes of `out` what the kernel takes at once: 0, or a negative errno. */
static int write_some(struct herd_stream *stream)
{
    size_t length = herd_buffer_length(&stream->out);
    if (length == 0) return 0;
    unsigned count = length < WRITE_BYTES_MAX ? (unsigned)length : WRITE_BYTES_MAX;
    uv_buf_t buffer = uv_buf_init(stream->out.memory + stream->out.start, count);
    int written = uv_try_write((uv_stream_t *)&stream->tcp, &buffer, 1);
    if (written == UV_EAGAIN) return 0;
    if (written < 0) return written;
    assert((size_t)written <= length);
    herd_buffer_consume(&stream->out, (size_t)written);
    return 0;
}

void stream_write(struct herd_stream *stream)
{
    assert(stream->flight == NULL && !stream->held && herd_list_empty(&stream->dirty_node));
    assert(stream->state == HERD_STREAM_OPEN || stream->state == HERD_STREAM_ENDING);
    int error = write_some(stream);
    if (error == 0 && herd_buffer_length(&stream->out) > 0) {
        error = take_off(stream);
        if (error == 0) {
            set_blocked(stream);
            return;
        }
    }
    if (error < 0) {
        herd_stream_close(stream, error);
        return;
    }
    loop_return(stream->loop, &stream->out);
    if (stream->state == HERD_STREAM_ENDING) send_fin(stream);
}

void herd_stream_flush(struct herd_stream *stream)
{
    herd_list_remove(&stream->dirty_node);
    if (stream->state != HERD_STREAM_OPEN && stream->state != HERD_STREAM_ENDING) return;
    if (stream->flight == NULL && !stream->held) stream_write(stream);
}

void herd_stream_hold(struct herd_stream *stream)
{
    stream->held = true;
}

void herd_stream_release(struct herd_stream *stream)
{
    stream->held = false;
    if (stream->state == HERD_STREAM_OPEN || stream->state == HERD_STREAM_ENDING) write_at_turn_end(stream);
}

static struct herd_buffer *dropped(struct herd_loop *loop)
{
    herd_buffer_clear(&loop->dropped);
    if (loop->dropped.capacity > HERD_LOOP_SPARE_BYTES_MAX) herd_buffer_finish(&loop->dropped);
    return &loop->dropped;
}

struct herd_buffer *herd_stream_out_first(struct herd_stream *stream)
{
    struct herd_loop *loop = stream->loop;
    if (stream->state != HERD_STREAM_OPEN) return dropped(loop);
    loop_lend(loop, &stream->out);
    if (herd_list_empty(&stream->dirty_node)) {
        herd_list_append(&loop->dirty, &stream->dirty_node);
        herd_loop_mark(loop, HERD_PHASE_REPLIES);
    }
    return &stream->out;
}

struct herd_buffer *herd_stream_out_large(struct herd_stream *stream)
{
    if (stream->state == HERD_STREAM_OPEN) loop_lend_largest(stream->loop, &stream->out);
    return herd_stream_out(stream);
}
