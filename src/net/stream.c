/* SPDX-License-Identifier: MIT */

/*
 * A stream's life and its reading; writing is in streamwrite.c.
 *
 * Happy path: herd_stream_start reads, on_read sees each piece, on_end the
 * other side's FIN; the owner answers with herd_stream_end; when the output
 * is out FIN is sent, and as the other side's is here already, the handle
 * closes.
 *
 * Else: the other side says nothing after our FIN: it is in `lingering` until
 * linger_ms is over, what it sends is read and thrown away (closing with
 * unread input would send a reset, which may eat our last reply on its way).
 * It resets: close with that status, from wherever the error shows up. It
 * reads nothing: it is in `blocked`, and the sweep closes it when its output
 * has not moved for stall_ms. Every end goes through herd_stream_close, whose
 * close callback is the last one: libuv cancels a write in flight before it.
 */

#include <assert.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "herd/machine.h"
#include "local.h"

_Static_assert(sizeof(struct herd_stream) <= 408, "ten thousand idle ones should be cheap");

#define READS_PER_TURN 4  /* of the whole read buffer: 256 KiB */
#define SWEEP_MS_MAX 1000 /* so that slow progress is seen */

static const struct herd_machine stream_machine = {
    .name = "stream",
    .states = {[HERD_STREAM_NEW] = {"new", HERD_TO(HERD_STREAM_OPEN)},
               [HERD_STREAM_OPEN] = {"open", HERD_TO(HERD_STREAM_ENDING) | HERD_TO(HERD_STREAM_CLOSING)},
               [HERD_STREAM_ENDING] = {"ending", HERD_TO(HERD_STREAM_LINGERING) | HERD_TO(HERD_STREAM_CLOSING)},
               [HERD_STREAM_LINGERING] = {"lingering", HERD_TO(HERD_STREAM_CLOSING)},
               [HERD_STREAM_CLOSING] = {"closing", 0}}};

/* In the log a stream is known by its descriptor. */
void stream_move(struct herd_stream *stream, enum herd_stream_state to)
{
    uv_os_fd_t fd = 0;
    if (herd_log_debug_on() && uv_fileno((const uv_handle_t *)&stream->tcp, &fd) < 0) fd = 0;
    herd_machine_move(&stream_machine, &stream->state, to, (uint64_t)fd);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct herd_stream *stream = HERD_CONTAINER(handle, struct herd_stream, tcp);
    assert(stream->flight == NULL && stream->state == HERD_STREAM_CLOSING);
    assert(herd_list_empty(&stream->dirty_node) && herd_list_empty(&stream->blocked_node));
    loop_return(stream->loop, &stream->out); /* the owner may have held on to it */
    stream->events->on_closed(stream, stream->status);
}

/*
 * The loop's one buffer for whoever reads. A stream that filled it READS_PER_TURN
 * times in this turn gets none: libuv then leaves its reading loop, and comes
 * back in the next turn.
 */
static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
    (void)suggested;
    struct herd_loop *loop = HERD_CONTAINER(handle, struct herd_stream, tcp)->loop;
    if (loop->reader != handle) loop->reader_count = 0;
    loop->reader = handle;
    *ret_buffer = uv_buf_init(NULL, 0);
    if (loop->reader_count++ < READS_PER_TURN)
        *ret_buffer = uv_buf_init(loop->read_memory + loop->kept, (unsigned)(HERD_LOOP_READ_BYTES - loop->kept));
}

static void read_end(struct herd_stream *stream)
{
    assert(!stream->read_ended);
    stream->read_ended = true;
    if (stream->state == HERD_STREAM_OPEN)
        stream->events->on_end(stream);
    else if (stream->state == HERD_STREAM_LINGERING)
        herd_stream_close(stream, 0);
}

static void on_some(uv_stream_t *handle, ssize_t count, const uv_buf_t *buffer)
{
    struct herd_stream *stream = HERD_CONTAINER(handle, struct herd_stream, tcp);
    if (count == 0 || count == UV_ENOBUFS || stream->state == HERD_STREAM_CLOSING) return;
    if (count == UV_EOF) {
        read_end(stream);
    } else if (count < 0) {
        herd_stream_close(stream, (int)count);
    } else if (stream->state == HERD_STREAM_OPEN) {
        assert(!stream->paused);
        stream->events->on_read(stream, (struct herd_text){buffer->base, (size_t)count});
    }
}

static int read_start(struct herd_stream *stream)
{
    return uv_read_start((uv_stream_t *)&stream->tcp, on_allocate, on_some);
}

void herd_stream_init(struct herd_stream *stream, struct herd_loop *loop, const struct herd_stream_events *events)
{
    assert(events->on_read != NULL && events->on_end != NULL && events->on_closed != NULL);
    memset(stream, 0, sizeof *stream);
    stream->loop = loop;
    stream->events = events;
    herd_list_init(&stream->dirty_node);
    herd_list_init(&stream->blocked_node);
    herd_buffer_init(&stream->out);
    stream->state = HERD_STREAM_NEW;
}

int herd_stream_start(struct herd_stream *stream, unsigned keepalive_s)
{
    stream_move(stream, HERD_STREAM_OPEN);
    /* Neither is worth refusing a connection for. */
    (void)uv_tcp_nodelay(&stream->tcp, 1);
    if (keepalive_s > 0) (void)uv_tcp_keepalive(&stream->tcp, 1, keepalive_s);
    int error = read_start(stream);
    if (error < 0) herd_stream_close(stream, error);
    return error;
}

int herd_stream_set_user_timeout(struct herd_stream *stream, unsigned timeout_ms)
{
    uv_os_fd_t fd;
    int error = uv_fileno((const uv_handle_t *)&stream->tcp, &fd);
    if (error < 0) return error;
    return setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms) < 0 ? -errno : 0;
}

void herd_stream_pause(struct herd_stream *stream)
{
    if (stream->state != HERD_STREAM_OPEN || stream->paused) return;
    stream->paused = true;
    uv_read_stop((uv_stream_t *)&stream->tcp);
}

/* An end or an error is left for libuv to find. */
void herd_stream_read_now(struct herd_stream *stream)
{
    uv_os_fd_t fd;
    if (stream->state != HERD_STREAM_OPEN || stream->paused || stream->read_ended) return;
    if (uv_fileno((const uv_handle_t *)&stream->tcp, &fd) < 0) return;
    ssize_t count = recv(fd, stream->loop->now_memory, HERD_LOOP_READ_BYTES, MSG_DONTWAIT);
    if (count > 0) stream->events->on_read(stream, (struct herd_text){stream->loop->now_memory, (size_t)count});
}

/* After FIN there is nothing to read; libuv would report it a second time. */
static void read_again(struct herd_stream *stream)
{
    stream->paused = false;
    if (stream->read_ended) return;
    int error = read_start(stream);
    if (error < 0) herd_stream_close(stream, error);
}

void herd_stream_resume(struct herd_stream *stream)
{
    if (stream->state == HERD_STREAM_OPEN && stream->paused) read_again(stream);
}

void herd_stream_end(struct herd_stream *stream, uint32_t linger_ms)
{
    if (stream->state != HERD_STREAM_OPEN) return;
    (void)herd_stream_out(stream); /* the end of this turn finds out whether output is left */
    stream_move(stream, HERD_STREAM_ENDING);
    stream->linger_ms = linger_ms;
    if (stream->paused) read_again(stream);
}

void herd_stream_close(struct herd_stream *stream, int status)
{
    assert(status <= 0 && (stream->status == 0 || stream->state == HERD_STREAM_CLOSING));
    if (stream->state == HERD_STREAM_NEW || stream->state == HERD_STREAM_CLOSING) return;
    stream_move(stream, HERD_STREAM_CLOSING);
    stream->status = status;
    herd_list_remove(&stream->dirty_node);
    herd_list_remove(&stream->blocked_node);
    loop_return(stream->loop, &stream->out);
    uv_close((uv_handle_t *)&stream->tcp, on_handle_closed);
}

/* How long `stream` may go on waiting; 0: over. */
static uint64_t time_left(const struct herd_stream *stream, uint32_t limit_ms, uint64_t now_ms)
{
    assert(now_ms >= stream->progress_ms);
    uint64_t waited_ms = now_ms - stream->progress_ms;
    return waited_ms < limit_ms ? limit_ms - waited_ms : 0;
}

static uint64_t stall_left(struct herd_stream *stream, uint64_t now_ms)
{
    size_t left = uv_stream_get_write_queue_size((uv_stream_t *)&stream->tcp);
    if (left != stream->flight_left) stream->progress_ms = now_ms;
    stream->flight_left = left;
    return stream->stall_ms == 0 ? SWEEP_MS_MAX : time_left(stream, stream->stall_ms, now_ms);
}

uint64_t stream_sweep(struct herd_loop *loop)
{
    uint64_t now_ms = uv_now(&loop->uv);
    uint64_t next_ms = SWEEP_MS_MAX;
    for (struct herd_list_node *node = loop->blocked.next, *next; node != &loop->blocked; node = next) {
        next = node->next;
        struct herd_stream *stream = HERD_CONTAINER(node, struct herd_stream, blocked_node);
        assert(stream->flight != NULL);
        uint64_t left_ms = stall_left(stream, now_ms);
        if (left_ms == 0) {
            loop->stalls++;
            herd_stream_close(stream, -ETIMEDOUT);
        }
        if (left_ms > 0 && left_ms < next_ms) next_ms = left_ms;
    }
    for (struct herd_list_node *node = loop->lingering.next, *next; node != &loop->lingering; node = next) {
        next = node->next;
        struct herd_stream *stream = HERD_CONTAINER(node, struct herd_stream, blocked_node);
        assert(stream->state == HERD_STREAM_LINGERING);
        uint64_t left_ms = time_left(stream, stream->linger_ms, now_ms);
        if (left_ms == 0) herd_stream_close(stream, 0);
        if (left_ms > 0 && left_ms < next_ms) next_ms = left_ms;
    }
    return herd_list_empty(&loop->blocked) && herd_list_empty(&loop->lingering) ? 0 : next_ms;
}

static bool peer_address(const struct herd_stream *stream, struct sockaddr_storage *ret_address)
{
    int length = sizeof *ret_address;
    if (stream->state == HERD_STREAM_NEW || stream->state == HERD_STREAM_CLOSING) return false;
    return uv_tcp_getpeername(&stream->tcp, (struct sockaddr *)ret_address, &length) == 0;
}

void herd_stream_address(const struct herd_stream *stream, char *out, size_t size)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    if (!peer_address(stream, &address)) address.ss_family = AF_UNSPEC;
    peername_format((const struct sockaddr *)&address, out, size);
}

bool herd_stream_from_loopback(const struct herd_stream *stream)
{
    struct sockaddr_storage address;
    return peer_address(stream, &address) && peername_loopback((const struct sockaddr *)&address);
}
