/* SPDX-License-Identifier: MIT */
#ifndef HERD_STREAM_H
#define HERD_STREAM_H

/*
 * A TCP connection on a loop: reads into the loop's shared buffer, and
 * collects output that is written once at the end of the turn, with one
 * system call and no copy where the kernel takes it all.
 *
 *   OPEN --end--> ENDING: no more reading is reported; all output is written,
 *    |               then FIN
 *    |             LINGERING: input is discarded until the other side's FIN or
 *    |               `linger_ms`; then CLOSING
 *    +--close---> CLOSING: at once, from each of these; output is dropped
 *   CLOSING: handles close; on_closed is the last callback, the owner may free
 *
 * The owner embeds the stream and frees it in on_closed, never before.
 * An idle stream owns no buffer memory; a write request exists only while
 * the kernel does not take all output at once:
 *
 *     owner -> out ---------- taken at once ----------> kernel
 *               \-- swapped --> flight -- uv_write --> kernel
 *
 * One flight at a time; `out` fills meanwhile and is the next. A stream reads
 * at most 256 KiB a turn, so that one fast sender does not hold up the others.
 */

#include <stdint.h>

#include "herd/buffer.h"
#include "herd/loop.h"

#define HERD_STREAM_KEEPALIVE_S 60 /* of neighbours, and of who has no configuration */

struct herd_stream;

struct herd_stream_events {
    /*
     * Bytes were read. They are valid only during the call, or with
     * herd_loop_keep until the phases run; the owner keeps what it does not use
     * by then. Never called while paused, nor before
     * herd_listener_accept or the dialler returned.
     */
    void (*on_read)(struct herd_stream *stream, struct herd_text bytes);
    /* The other side sent FIN. Writing goes on; the owner says herd_stream_end when it is done. */
    void (*on_end)(struct herd_stream *stream);
    /* What had to wait was taken by the kernel; what was appended meanwhile goes out at the end of this turn. May be
     * NULL. */
    void (*on_drained)(struct herd_stream *stream);
    /*
     * Closed: `status` is 0 where this side asked for it, or the negative
     * errno that ended it (-ECONNRESET, -ETIMEDOUT for a write that made no
     * progress, ...). The stream may be freed here.
     */
    void (*on_closed)(struct herd_stream *stream, int status);
};

enum herd_stream_state {
    HERD_STREAM_NEW,
    HERD_STREAM_OPEN,
    HERD_STREAM_ENDING,
    HERD_STREAM_LINGERING, /* FIN was sent */
    HERD_STREAM_CLOSING,
};

struct herd_flight; /* a write request and its bytes (net/ only) */

struct herd_stream {
    uv_tcp_t tcp;
    struct herd_loop *loop;
    const struct herd_stream_events *events;
    struct herd_list_node dirty_node;   /* herd_loop.dirty */
    struct herd_list_node blocked_node; /* herd_loop.blocked; in LINGERING herd_loop.lingering */
    struct herd_buffer out;             /* not yet given to the kernel */
    struct herd_flight *flight;         /* the one write in flight; NULL: none */
    size_t flight_left;                 /* its bytes left when the sweep last looked */
    uint64_t progress_ms;               /* loop time when output last moved; lingering: when FIN was sent */
    uint32_t stall_ms;                  /* the owner sets it: no progress for so long closes the stream; 0: never */
    uint32_t linger_ms;                 /* how long LINGERING waits for the other side's FIN */
    int status;
    enum herd_stream_state state;
    bool paused;
    bool held;
    bool read_ended; /* FIN was read */
};

/* Prepares the struct; opens nothing. Streams of peers are flushed by hand in the FLOOD phase as well. */
void herd_stream_init(struct herd_stream *stream, struct herd_loop *loop, const struct herd_stream_events *events);

/*
 * Opens the stream and starts reading: listener and dialler call it, once its
 * handle is connected. TCP keep-alive after `keepalive_s` (at most 32767) of
 * silence; 0: off. 0, or a negative errno and the stream is CLOSING.
 */
int herd_stream_start(struct herd_stream *stream, unsigned keepalive_s);

/*
 * TCP_USER_TIMEOUT: sent bytes that stay unacknowledged for so long end the
 * connection with -ETIMEDOUT. 0 or a negative errno. Not for a
 * stream whose other side may read slowly: a closed window counts, too.
 */
int herd_stream_set_user_timeout(struct herd_stream *stream, unsigned timeout_ms);

/*
 * The output buffer to append to; flushed at the end of this turn. Only in
 * OPEN (in any other state what is appended is dropped, so that owners need
 * not ask first).
 */
static inline struct herd_buffer *herd_stream_out(struct herd_stream *stream);
/* The same for an owner who is about to append much: lends it memory that was made large for such a one before. */
struct herd_buffer *herd_stream_out_large(struct herd_stream *stream);
/* Its first use in a turn, or in another state. */
struct herd_buffer *herd_stream_out_first(struct herd_stream *stream);
/* Bytes appended that the kernel has not taken. */
static inline size_t herd_stream_queued(const struct herd_stream *stream)
{
    if (stream->state != HERD_STREAM_OPEN && stream->state != HERD_STREAM_ENDING) return 0;
    return herd_buffer_length(&stream->out) + uv_stream_get_write_queue_size((const uv_stream_t *)&stream->tcp);
}
static inline struct herd_buffer *herd_stream_out(struct herd_stream *stream)
{
    bool ready = stream->state == HERD_STREAM_OPEN && !herd_list_empty(&stream->dirty_node);
    return ready ? &stream->out : herd_stream_out_first(stream);
}

/* Writes now what can be written without waiting. Does not call back; an error closes the stream. */
void herd_stream_flush(struct herd_stream *stream);

/*
 * Reads now what has arrived, one read buffer at most, and calls on_read with
 * it before this returns; nothing where none has, or where the stream would
 * not read. For an owner who must know what was sent before something else.
 * May be called inside another stream's on_read, whose bytes stay valid; not
 * inside the call that this makes.
 */
void herd_stream_read_now(struct herd_stream *stream);

/*
 * Keeps output from going out, also at the end of a turn, until it is
 * released; it collects meanwhile. Ending waits for the release, closing does not.
 */
void herd_stream_hold(struct herd_stream *stream);
void herd_stream_release(struct herd_stream *stream);

/* Whether it takes output that will be sent. */
static inline bool herd_stream_open(const struct herd_stream *stream)
{
    return stream->state == HERD_STREAM_OPEN;
}
/* Whether its owner paused it, or holds it. */
static inline bool herd_stream_paused(const struct herd_stream *stream)
{
    return stream->paused;
}
static inline bool herd_stream_held(const struct herd_stream *stream)
{
    return stream->held;
}
/* Whether the kernel has not taken all of what was given to it: on_drained will come, or the end. */
static inline bool herd_stream_blocked(const struct herd_stream *stream)
{
    return !herd_list_empty(&stream->blocked_node);
}
/* Stops and resumes reading (back-pressure). Resuming reads again in a later turn, never inside the call. */
void herd_stream_pause(struct herd_stream *stream);
void herd_stream_resume(struct herd_stream *stream);

/* Ends in order, see above. Once; later calls are harmless. Never calls back before it returns. */
void herd_stream_end(struct herd_stream *stream, uint32_t linger_ms);
/*
 * Ends at once, `status` is what on_closed is told. Harmless in CLOSING and,
 * as nothing is open, in NEW. Never calls back before it returns.
 */
void herd_stream_close(struct herd_stream *stream, int status);

/*
 * The other side's address as `127.0.0.1:4242` or `[::1]:4242`, in `out` of at
 * least 56 bytes; `-` where the connection is gone already, so ask at its start.
 */
void herd_stream_address(const struct herd_stream *stream, char *out, size_t size);
/* Whether the other side's address is a loopback one (127.0.0.0/8, ::1, or v4-mapped). */
bool herd_stream_from_loopback(const struct herd_stream *stream);

#endif
