/* SPDX-License-Identifier: MIT */

/*
 * Happy path: connect and timer start; connect answers; the timer closes; then
 * on_done(0) with a stream that reads.
 *
 * Else: the timer fires, the owner cancels, or connect fails, at once or
 * later: what came first decides the status, timer and stream close, and
 * on_done is called when the last of the callbacks under way has come. They
 * come in any order (libuv closes in reverse), so they are counted.
 */

#include "herd/dialler.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "local.h"

static void end_one(struct herd_dialler *dialler);

static void on_handle_closed(uv_handle_t *handle)
{
    end_one(handle->data);
}

static void close_stream(struct herd_dialler *dialler)
{
    dialler->stream->tcp.data = dialler;
    dialler->pending++;
    uv_close((uv_handle_t *)&dialler->stream->tcp, on_handle_closed);
}

static void decide(struct herd_dialler *dialler, int status)
{
    assert(status <= 0);
    if (dialler->decided) return;
    dialler->decided = true;
    dialler->status = status;
    uv_close((uv_handle_t *)&dialler->timer, on_handle_closed);
    if (status < 0) close_stream(dialler);
}

/* One callback came; the last one tells the owner. */
static void end_one(struct herd_dialler *dialler)
{
    assert(dialler->pending > 0);
    if (--dialler->pending > 0) return;
    assert(dialler->decided && dialler->stream->state == HERD_STREAM_NEW);
    if (dialler->status == 0) {
        (void)herd_stream_start(dialler->stream,
                                HERD_STREAM_KEEPALIVE_S); /* what fails here is told by the stream's on_closed */
    }
    dialler->on_done(dialler, dialler->status);
}

static void on_connected(uv_connect_t *request, int status)
{
    struct herd_dialler *dialler = HERD_CONTAINER(request, struct herd_dialler, connect);
    decide(dialler, status);
    end_one(dialler);
}

static void on_timeout(uv_timer_t *timer)
{
    decide(HERD_CONTAINER(timer, struct herd_dialler, timer), -ETIMEDOUT);
}

static int begin(struct herd_dialler *dialler, const struct sockaddr *address, const struct sockaddr *source)
{
    uv_tcp_t *tcp = &dialler->stream->tcp;
    if (source != NULL) {
        int error = uv_tcp_bind(tcp, source, 0);
        if (error < 0) return error;
    }
    int error = uv_tcp_connect(&dialler->connect, tcp, address, on_connected);
    if (error == 0) dialler->pending++;
    return error;
}

void herd_dialler_start(struct herd_dialler *dialler, struct herd_stream *stream, const struct sockaddr *address,
                        const struct sockaddr *source, uint32_t timeout_ms,
                        void (*on_done)(struct herd_dialler *dialler, int status), void *owner)
{
    assert(stream->state == HERD_STREAM_NEW && on_done != NULL);
    memset(dialler, 0, sizeof *dialler);
    dialler->stream = stream;
    dialler->on_done = on_done;
    dialler->owner = owner;
    dialler->pending = 1; /* the timer */
    uv_timer_init(&stream->loop->uv, &dialler->timer);
    dialler->timer.data = dialler;
    uv_tcp_init(&stream->loop->uv, &stream->tcp);
    uv_timer_start(&dialler->timer, on_timeout, timeout_ms, 0);
    int error = begin(dialler, address, source);
    if (error < 0) decide(dialler, error);
}

void herd_dialler_cancel(struct herd_dialler *dialler)
{
    if (dialler->pending == 0) return;
    if (!dialler->decided) {
        decide(dialler, -ECANCELED);
    } else if (dialler->status == 0) { /* connected, on_done not yet called */
        dialler->status = -ECANCELED;
        close_stream(dialler);
    }
}
