/* SPDX-License-Identifier: MIT */
#ifndef HERD_DIALLER_H
#define HERD_DIALLER_H

/* Connects a stream to an address, with the time limit that libuv has not. */

#include "herd/stream.h"

struct herd_dialler {
    uv_connect_t connect;
    uv_timer_t timer;
    struct herd_stream *stream;
    void (*on_done)(struct herd_dialler *dialler, int status);
    void *owner;
    int status;       /* what on_done will be told */
    unsigned pending; /* callbacks still to come */
    bool decided;
};

/*
 * Connects `stream` (initialised, HERD_STREAM_NEW; not in use until on_done)
 * from `source` (NULL: any address) to `address`. on_done is called exactly
 * once and never before this returns:
 *   0           the stream is OPEN and reads (TCP_NODELAY, keep-alive 60 s)
 *   -ETIMEDOUT  no answer in `timeout_ms`
 *   -ECANCELED  herd_dialler_cancel
 *   else        what connect said
 * After a failure the stream's handle is closed, its on_closed is not called,
 * and stream and dialler may be freed or used again inside on_done.
 * Never fails synchronously: a failure to begin arrives in on_done too.
 */
void herd_dialler_start(struct herd_dialler *dialler, struct herd_stream *stream, const struct sockaddr *address,
                        const struct sockaddr *source, uint32_t timeout_ms,
                        void (*on_done)(struct herd_dialler *dialler, int status), void *owner);
/* on_done(-ECANCELED) follows. Harmless when done, and in a zeroed struct that was never started. */
void herd_dialler_cancel(struct herd_dialler *dialler);

#endif
