/* SPDX-License-Identifier: MIT */
#ifndef HERD_PEER_LOCAL_H
#define HERD_PEER_LOCAL_H

/*
 *     peers.c     all of them: start and end, who there is, the one timer, the flood
 *     peer.c      one neighbour: the port of its link, over the stream that is dialled
 *     guest.c     who connected: the lobby, and the sessions of neighbours
 *     peerlog.c   what is logged of links and strangers
 *     peerwire.c  wire lines of the log
 */

#include "herd/dialler.h"
#include "herd/link.h"
#include "herd/lobby.h"
#include "herd/log.h"
#include "herd/machine.h"
#include "herd/peers.h"
#include "herd/readiness.h"
#include "herd/stream.h"
#include "herd/tellings.h"
#include "herd/wiremeter.h"

enum peers_state { PEERS_WAITING, PEERS_DIALLING, PEERS_STOPPED, PEERS_CLOSED };

struct herd_peers {
    struct herd_loop *loop;
    struct herd_flood *flood;
    struct herd_peers_options options;
    struct herd_peers_events events;
    struct herd_peers_counts counts;
    enum peers_state state;
    uv_timer_t timer;                     /* the next deadline of peers and guests */
    struct herd_list_node peers;          /* in the order of adding */
    struct herd_list_node leaving;        /* were removed, their streams not closed yet */
    unsigned count;                       /* of `peers` */
    struct herd_list_node guests;         /* those that were welcomed */
    struct herd_list_node arrivals;       /* those that were not yet, oldest first */
    struct herd_lobby lobby;              /* where these wait */
    struct herd_readiness readiness;      /* of welcomed guests */
    struct herd_tellings strangers;       /* who was refused */
    struct herd_wire_meter stranger_wire; /* of all who were not welcomed yet */
};

struct herd_now peers_now(const struct herd_peers *peers);
/* A deadline may have come nearer: they are looked at in `in_ms` (at least 1) at the latest. */
void peers_wake(struct herd_peers *peers, uint64_t in_ms);
/* A stream has drained or is gone. The last that its callback does. */
void peers_changed(struct herd_peers *peers);

/* -- A neighbour -- */

struct peer {
    struct herd_list_node node; /* herd_peers.peers or .leaving */
    struct herd_peers *peers;
    bool leaving; /* was removed, and is freed when its stream is closed */
    struct herd_link link;
    struct sockaddr_storage address, from; /* as struct herd_peer_options */
    char told[64];                         /* why it cannot be reached, as last logged since it could */
    struct herd_tellings tellings;
    struct herd_dialler dialler;
    struct herd_stream stream;
    struct herd_wire_meter wire;
    struct herd_task task;
};

/* Dials with the next tick. */
struct peer *peer_create(struct herd_peers *peers, struct herd_neighbour *neighbour);
/* Its stream is closed. */
void peer_free(struct peer *peer);
static inline struct peer *peer_of(struct herd_link *link)
{
    return HERD_CONTAINER(link, struct peer, link);
}
/* Everything was told and taken by the kernel. */
bool peer_flushed(const struct peer *peer);
/* In order where it takes what is left at once. */
void peer_close(struct peer *peer);

/* -- Who connected -- */

struct guest {
    struct herd_stream stream;
    struct herd_admit_place place;
    struct herd_lobby_seat seat; /* until it is welcomed */
    struct herd_peers *peers;
    struct herd_list_node node; /* herd_peers.arrivals, then .guests */
    struct herd_inbound inbound;
    struct herd_wire_meter wire; /* once it is welcomed; before that herd_peers.stranger_wire */
    bool welcomed;
    bool replaced;
    char address[56];
};

static inline struct guest *guest_of(struct herd_inbound *inbound)
{
    return HERD_CONTAINER(inbound, struct guest, inbound);
}
static inline struct herd_text guest_name(const struct guest *guest)
{
    return guest->inbound.neighbour != NULL ? guest->inbound.neighbour->name : HERD_TEXT("?");
}
/* Its session is live: HERD_LINK_HEARD. */
void guest_welcomed(struct guest *guest);
/* A newer session took its place. */
void guest_replaced(struct guest *guest);
/* PINGs and ends what is due; monotonic ms of what is due next. */
int64_t guests_tick(struct herd_peers *peers, const struct herd_now *now);
/* Closes those that are of `neighbour`; NULL: all. */
void guests_close(struct herd_peers *peers, const struct herd_neighbour *neighbour);

/* -- The log -- */

void peerlog_told(struct peer *peer, enum herd_link_event event);
/* The link in: `link_up` with where it comes from, `link_down` or `link_replaced` with the reason. */
void peerlog_guest(const struct guest *guest, const char *event, const char *reason);
/* What of the lines just taken was not stored although it should have been: malformed, or no room. */
void peerlog_dropped(const struct guest *guest, const struct herd_flood_counts *before);
/* A guest ended before it was welcomed: said once in a minute for each address and reason. */
void peerlog_stranger(const struct guest *guest, const char *reason);

/*
 * Whole lines, where they are logged and the stream's meter allows it.
 * `framer`: which takes the input that `lines` is, next; NULL: they are output.
 * With the stream the line ends that it holds.
 */
void peerwire_lines(struct herd_peers *peers, struct herd_wire_meter *meter, const struct herd_framer *framer,
                    const char *direction, struct herd_text name, struct herd_text lines);
void peerwire_end(struct herd_peers *peers, struct herd_wire_meter *meter, const struct herd_framer *framer,
                  const char *direction, struct herd_text name);

#endif
