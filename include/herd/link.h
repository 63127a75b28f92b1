/* SPDX-License-Identifier: MIT */
#ifndef HERD_LINK_H
#define HERD_LINK_H

/*
 * The link to one neighbour: when to dial it, what is said on the stream that
 * was dialled, and what the sessions mean that the neighbour opened. A machine
 * without sockets, clocks or log: the server drives it over TCP (peer/), the
 * simulator over bytes in memory.
 *
 *     IDLE --due--> CONNECTING --connected--> UP --close--> CLOSING --closed--> IDLE
 *                       |                     |                                  ^
 *                       +---------------------+--------------closed--------------+
 *
 *     neighbour opens a session --bytes--> herd_inbound --herd_link_heard--> link
 *
 * The driver brings what happened (connected, bytes, closed, the time); the
 * link tells the driver what to do by its port, and what has come of it by
 * events. How to fail, what to log and how bytes travel is the driver's.
 */

#include "herd/clock.h"
#include "herd/flood.h"

enum herd_link_state {
    HERD_LINK_IDLE,       /* no stream; dials when herd_redial says so */
    HERD_LINK_CONNECTING, /* the port was told to connect */
    HERD_LINK_UP,         /* the stream is open, and the dialogue begun */
    HERD_LINK_CLOSING,    /* the port was told to close */
};

enum herd_link_event {
    HERD_LINK_DIALLING,   /* before the port is told to connect */
    HERD_LINK_WELCOMED,   /* our stream is live: there is something to pump */
    HERD_LINK_DOWN,       /* it was, and is closed: herd_link.status and outbound.end say why */
    HERD_LINK_FAILED,     /* it was closed, or not connected, before that; likewise */
    HERD_LINK_CLOCK_FAR,  /* the neighbour's clock is a second or more from ours; once */
    HERD_LINK_CLOCK_NEAR, /* and half a second at most again */
    HERD_LINK_DIVERGED,   /* the stores differ, everything is sent once more: there is something to pump */
    HERD_LINK_HEARD,      /* a session of the neighbour is live: neighbour->inbound */
    HERD_LINK_RIVAL,      /* such a session shows that two servers have its name; once a minute */
};

#define HERD_LINK_CLOCK_FAR_MS 1000
#define HERD_LINK_CLOCK_NEAR_MS 500 /* between the two nothing is told, so that it does not flutter */
#define HERD_LINK_RIVAL_QUIET_MS (60 * 1000)

struct herd_link;

/*
 * What the driver does for its links. None of these calls the link back before
 * it returns. All must be there.
 */
struct herd_link_port {
    /* Connects a stream: herd_link_connected or herd_link_closed follows. */
    void (*connect)(struct herd_link *link);
    /*
     * Closes it, or gives up connecting: herd_link_closed follows. `status` 0:
     * in order, after what was said; else at once, for that negative errno.
     */
    void (*close)(struct herd_link *link, int status);
    /* Closes the connection of a session of the neighbour, which is stopped: another one took its place. */
    void (*drop)(struct herd_link *link, struct herd_inbound *inbound);
    /* What the stream sends; what the link has appended to it, `lines` is a view of. */
    struct herd_buffer *(*out)(struct herd_link *link);
    void (*said)(struct herd_link *link, struct herd_text lines);
    /* Room for the flood in bytes, 0: none; and where it goes, NULL: the stream takes nothing any more. */
    struct herd_buffer *(*room)(struct herd_link *link, size_t *ret_bytes);
    /* It was pumped. `more`: once more next turn, there is more to do that does not wait for room. */
    void (*pumped)(struct herd_link *link, bool more);
    /* herd_link_deadline may have come nearer. */
    void (*wake)(struct herd_link *link);
    void (*tell)(struct herd_link *link, enum herd_link_event event);
};

struct herd_link {
    const struct herd_link_port *port;
    struct herd_flood *flood;
    struct herd_neighbour *neighbour;
    enum herd_link_state state;
    bool connected;    /* the stream was, which is not closed yet */
    bool welcomed;     /* and was live */
    bool stopped;      /* dials no more */
    bool renewed;      /* dials at once when the stream is closed */
    bool clock_far;    /* as last told */
    unsigned failures; /* to connect, running */
    int status;        /* of the stream that was closed last, as the driver gave it */
    int64_t rival_ms;  /* when RIVAL was told last; 0: never */
    struct herd_outbound outbound;
    struct herd_redial redial;
};

/* `neighbour` is one of `flood`'s that has no link yet. Dials at once, that is with the first tick. */
void herd_link_init(struct herd_link *link, struct herd_flood *flood, struct herd_neighbour *neighbour,
                    const struct herd_link_port *port, int64_t now_ms);
/* In IDLE. The neighbour stays. */
void herd_link_finish(struct herd_link *link);

/* Monotonic ms when tick must be called next; INT64_MAX: it waits for something else. */
int64_t herd_link_deadline(const struct herd_link *link);
/* Time passes: dials, PINGs, finds the neighbour silent. Earlier than the deadline is harmless. */
void herd_link_tick(struct herd_link *link, const struct herd_now *now);
/* Dials now, whatever herd_redial says. In IDLE, and not when stopped. */
void herd_link_dial(struct herd_link *link);

/* -- What happened to the stream -- */

/* CONNECTING or, where it was told to close meanwhile, CLOSING: the stream is open. */
void herd_link_connected(struct herd_link *link, const struct herd_now *now);
/* Bytes came; nothing but in UP. */
void herd_link_receive(struct herd_link *link, struct herd_text bytes, const struct herd_now *now);
/* The neighbour will send no more. */
void herd_link_ended(struct herd_link *link);
/* The stream is gone, or could not be connected: 0 or the negative errno. Not in IDLE. */
void herd_link_closed(struct herd_link *link, int status, const struct herd_now *now);

/* -- What the driver wants -- */

/* Floods as far as there is room; lines that are next for several of them, all of one flood, are made once. */
void herd_link_pump(struct herd_link *const *links, unsigned count);
/* Whether nothing is left to be told now. */
bool herd_link_flushed(const struct herd_link *link);
/* Dials no more; a stream that is up stays. */
void herd_link_stop(struct herd_link *link);
/* Ends the stream, or connecting, as port->close. */
void herd_link_close(struct herd_link *link, int status);
/* The neighbour is somewhere else: the stream is closed, and dialled anew as soon as it is. */
void herd_link_renew(struct herd_link *link, int64_t now_ms);

/* Who it leads to, as long as the link is there. */
static inline struct herd_text herd_link_name(const struct herd_link *link)
{
    return link->neighbour->name;
}
/* Whether the stream is open and was not told to close. */
static inline bool herd_link_up(const struct herd_link *link)
{
    return link->state == HERD_LINK_UP;
}
/* Neighbour's clock less ours, as its last pulse said. */
static inline int64_t herd_link_clock_offset_ms(const struct herd_link *link)
{
    return link->outbound.clock_offset_ns / HERD_NS_PER_MS;
}

/* -- What the neighbour's own sessions mean -- */

/*
 * After every herd_inbound_receive. A session that has become live takes the
 * place of an older one, which is dropped, and shows that the neighbour can be
 * dialled. Harmless where the session has named nobody.
 */
void herd_link_heard(struct herd_inbound *inbound, const struct herd_now *now);

#endif
