/* SPDX-License-Identifier: MIT */
#ifndef HERD_PEERS_H
#define HERD_PEERS_H

/*
 * The neighbours: drives the flood's links over TCP.
 *
 *     peer    a neighbour: its link, and the stream that this server dials
 *     guest   whoever connected at the neighbours' address; a neighbour once
 *             its session is welcomed, and a stranger where it came from an
 *             address that is no neighbour's
 *
 *     create -> start -> stop -> close -> (the loop ends) -> destroy
 *
 * Peers are added, removed and moved, and the options changed, at any time
 * before close, and none of these can fail once herd_peers_room has said that
 * there is room: they do not disturb other peers.
 */

#include "herd/counters.h"
#include "herd/flood.h"
#include "herd/listener.h"
#include "herd/loop.h"

/* Copied. */
struct herd_peers_options {
    struct sockaddr_storage source; /* that peers are dialled from; AF_UNSPEC: any */
    size_t output_bytes_max;        /* that wait in the transport of one stream */
    size_t hello_bytes_max;         /* a line before WELCOME */
    size_t line_bytes_max;          /* a line after it */
    unsigned strangers_max;         /* at least 1 */
    unsigned per_address_max;       /* strangers of one address; 0: no limit */
    unsigned guests_wanted_max;     /* places of those who were not welcomed, where that can be */
    uint32_t wire_bytes_per_s_max;  /* of one stream in the log; 0: no limit */
};

struct herd_peer_options {
    struct herd_text name;           /* copied */
    struct sockaddr_storage address; /* where it is dialled, and may come from */
    struct sockaddr_storage from;    /* where else it may come from; AF_UNSPEC: nowhere */
};

struct herd_peers_events {
    /* A stream has drained or is gone: what is waited for may have come. Not before a call returns that began it. */
    void (*on_change)(void *owner);
    void *owner;
};

struct herd_peers_counts {
    uint64_t wire_unwritten; /* lines, for wire_bytes_per_s_max */
};
extern const struct herd_counter_table herd_peers_counters;

/* One neighbour as it is now. */
struct herd_peer_standing {
    struct herd_text name;
    bool out_up;
    bool in_up;
    uint64_t lag;          /* records that it has still to be told */
    uint64_t queued_bytes; /* in the transport */
    uint64_t claim_mark;
    uint64_t divergences;
    int64_t clock_offset_ms;
};
extern const struct herd_counter_table herd_peer_counters; /* of herd_peer_standing */

struct herd_peers;
struct herd_lobby;

/*
 * 0 and *ret_peers, or a negative errno. `loop` and `flood` outlive it; the
 * flood's limits are set. Nobody is dialled before herd_peers_start.
 */
int herd_peers_create(struct herd_loop *loop, struct herd_flood *flood, const struct herd_peers_options *options,
                      const struct herd_peers_events *events, struct herd_peers **ret_peers);
/* After the loop has ended. Takes NULL. */
void herd_peers_destroy(struct herd_peers *peers);

void herd_peers_start(struct herd_peers *peers);
/* Nobody is dialled any more; streams that are up stay. */
void herd_peers_stop(struct herd_peers *peers);
/* Closes all streams, and its own handles. */
void herd_peers_close(struct herd_peers *peers);

/* Puts other options in force; streams that are there stay, but for ours to others where `source` is another: those are
 * made anew. */
void herd_peers_configure(struct herd_peers *peers, const struct herd_peers_options *options);
/* Other secrets: who is connected stays, whoever comes or is dialled has to prove one of these. */
void herd_peers_set_keys(struct herd_peers *peers, const struct herd_keys *keys);

/* How many peers may be added now; what is removed first gives room at once. */
unsigned herd_peers_room(const struct herd_peers *peers);
/* 0, or -ENOSPC. None has this name; one that had it may still be closing. */
int herd_peers_add(struct herd_peers *peers, const struct herd_peer_options *options);
/* Closes its streams. It is there. */
void herd_peers_remove(struct herd_peers *peers, struct herd_text name);
/* It is there, and is somewhere else from now on: dialled anew; sessions that it opened stay. */
void herd_peers_move(struct herd_peers *peers, const struct herd_peer_options *options);

/* herd_listener_options.on_connection, with the peers as its owner. */
void herd_peers_accept(struct herd_listener *listener, void *owner);
/* How many guests there may be at once; changes with peers and options. */
unsigned herd_peers_connections_max(const struct herd_peers *peers);

/* Phase FLOOD: tells all neighbours what has changed, as far as they take it. */
void herd_peers_flood(struct herd_peers *peers);
/* Takes in what the neighbours have sent by now. */
void herd_peers_hear(struct herd_peers *peers);
/* Whether everything was flooded and taken by the kernel. */
bool herd_peers_flushed(const struct herd_peers *peers);

const struct herd_peers_counts *herd_peers_counts(const struct herd_peers *peers);
/* Its limits and counts; of others who wait there. */
const struct herd_lobby *herd_peers_lobby(const struct herd_peers *peers);
/* Calls `on_peer` for each, in the order in which they were added. */
void herd_peers_each(const struct herd_peers *peers, void *owner,
                     void (*on_peer)(void *owner, const struct herd_peer_standing *standing));

#endif
