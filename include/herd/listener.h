/* SPDX-License-Identifier: MIT */
#ifndef HERD_LISTENER_H
#define HERD_LISTENER_H

/*
 * A TCP listener that neither spins nor dies when descriptors run out, takes
 * a bounded number of connections a turn, and lets in whom the limits on
 * connections (admit.h) let in. At a limit it accepts and closes at once.
 *
 * The socket is polled and accept4(2) called here, not by libuv, whose own
 * loop closes whatever waits when descriptors run out, tells nobody, and may
 * never return. Out of descriptors: polling stops and starts again by timer,
 * 10 ms doubling to 1 s; who waits in the backlog is served then.
 */

#include "herd/admit.h"
#include "herd/counters.h"
#include "herd/loop.h"
#include "herd/stream.h"

struct herd_listener;

#define HERD_LISTENER_ACCEPTS_PER_TURN 64
/* What has no configuration, as initialisers of herd_listener_options. */
#define HERD_LISTENER_DEFAULTS                                                                                         \
    .accepts_per_turn_max = HERD_LISTENER_ACCEPTS_PER_TURN, .keepalive_s = HERD_STREAM_KEEPALIVE_S

struct herd_listener_options {
    struct sockaddr_storage address; /* port 0: the system picks one */
    struct herd_admit *admit;        /* whose limits these connections count in; outlives them */
    unsigned accepts_per_turn_max;   /* at least 1; then the rest of the loop has its turn */
    unsigned keepalive_s;            /* of its connections, see herd_stream_start */
    /*
     * A connection is there. The owner takes it with herd_listener_accept into
     * a stream of its own before it returns; what is not taken is closed.
     */
    void (*on_connection)(struct herd_listener *listener, void *owner);
    /*
     * The handles are closed, and the listener may be freed; may be NULL.
     */
    void (*on_closed)(struct herd_listener *listener, void *owner);
    void *owner;
};

struct herd_listener_counts {
    uint64_t accepted;
    uint64_t failures;   /* accept(2) failed */
    uint64_t relistens;  /* polled again after failures */
    uint64_t full_turns; /* ended by accepts_per_turn_max */
};
extern const struct herd_counter_table herd_listener_counters;

enum herd_listener_state {
    HERD_LISTENER_BOUND,     /* nobody is let in yet */
    HERD_LISTENER_ACCEPTING, /* the socket is polled */
    HERD_LISTENER_RESTING,   /* after a failure, the timer runs */
    HERD_LISTENER_CLOSING,
};

struct herd_listener {
    uv_poll_t poll;
    uv_timer_t timer; /* running while accepting rests after a failure */
    struct herd_loop *loop;
    struct herd_listener_options options;
    struct herd_listener_counts counts;
    int socket;
    int accepted;                         /* inside on_connection: what nobody took yet; else -1 */
    struct herd_admit_place place;        /* its place in the limits */
    const struct sockaddr *accepted_from; /* inside on_connection: the other side's address */
    unsigned handles;                     /* open handles; on_closed at 0 */
    unsigned delay_ms;                    /* of the last rest; 0 once accepting works */
    enum herd_listener_state state;
};

/*
 * Binds and listens (SO_REUSEADDR, backlog 4096): 0 or negative errno such as
 * -EADDRINUSE; then nothing is open and `listener` may be freed or used again
 * at once. Who connects waits until herd_listener_start.
 */
int herd_listener_open(struct herd_listener *listener, struct herd_loop *loop,
                       const struct herd_listener_options *options);
/* Connections are taken from now on. Once. */
void herd_listener_start(struct herd_listener *listener);
/* The address really bound (for port 0), as text in `out` of at least 56 bytes; `-` once closed. */
void herd_listener_address(const struct herd_listener *listener, char *out, size_t size);
/*
 * Inside on_connection: moves the connection into `stream` (initialised,
 * HERD_STREAM_NEW), sets TCP_NODELAY and keep-alive, starts reading; its place
 * is given back with herd_admit_give from the stream's on_closed. 0, or -EAGAIN
 * where there is none to take; the stream was never open then and may be freed.
 * What fails later is told by the stream's on_closed.
 */
int herd_listener_accept(struct herd_listener *listener, struct herd_stream *stream,
                         struct herd_admit_place *ret_place);
/* Other values of the two options that are no address; who is connected keeps what it has. */
void herd_listener_configure(struct herd_listener *listener, unsigned accepts_per_turn_max, unsigned keepalive_s);
/* Lets in who is connected and waits, as many as the backlog holds, by on_connection: before it is closed for another.
 */
void herd_listener_empty(struct herd_listener *listener);
/* Stops listening; connections stay. Once. on_closed follows, never before this returns. */
void herd_listener_close(struct herd_listener *listener);

#endif
