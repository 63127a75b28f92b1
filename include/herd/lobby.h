/* SPDX-License-Identifier: MIT */
#ifndef HERD_LOBBY_H
#define HERD_LOBBY_H

/*
 * Who may wait at the neighbours' address until it is known who they are, and
 * who goes when too many come. Pure: addresses in, decisions out.
 *
 *     a neighbour's host   before HELLO: places of its own, `before_max`; the oldest goes
 *          | HELLO
 *     neighbours' hosts    after HELLO: two places for each host that a neighbour may come from, for all
 *                          of them together; of the host that holds most the oldest goes
 *     everybody else       `strangers_max` places, `per_address_max` of them for one address; who has not said
 *                          HELLO goes, then of the address that holds most the oldest
 *
 * So nobody but a neighbour's own host can take a neighbour's places, and who
 * comes always gets one. Before HELLO they can be left soon: a neighbour
 * says it as soon as it is connected, however far away it is. After HELLO it
 * takes a round trip.
 *
 * Neighbours' hosts are compared whole; of strangers an IPv6 /64 is one
 * address. An IPv4 address mapped into IPv6 is the IPv4 address. Loopback is
 * exempt from per_address_max.
 *
 * Who is expected, and the limits, may change at any time: who waits keeps its
 * place, as what it was when it came.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "herd/counters.h"
#include "herd/list.h"

#define HERD_LOBBY_BEFORE_MAX 64

struct herd_lobby_limits {
    unsigned before_max;      /* places of each neighbour's host before HELLO, at least 1; HERD_LOBBY_BEFORE_MAX */
    unsigned strangers_max;   /* at least 1 */
    unsigned per_address_max; /* 0: no limit */
};

struct herd_lobby_host;

/* A place, embedded by its owner; zeroed: none. */
struct herd_lobby_seat {
    struct herd_list_node node; /* one of the lobby's lists, oldest first */
    struct herd_lobby_host *host;
    bool greeted; /* has said HELLO */
};

/* How many had to go, and for whose sake. */
struct herd_lobby_counts {
    uint64_t neighbours;  /* a neighbour's host was full */
    uint64_t strangers;   /* strangers_max */
    uint64_t per_address; /* per_address_max */
};
extern const struct herd_counter_table herd_lobby_counters;

struct herd_lobby {
    struct herd_lobby_limits limits;
    struct herd_lobby_counts counts;
    struct herd_list_node neighbour_hosts; /* that are expected, and those before of whom somebody still waits */
    struct herd_list_node stranger_hosts;  /* of whom somebody waits */
    unsigned expected_hosts;
    unsigned before_max;           /* as the limits have it, or squeezed */
    struct herd_list_node greeted; /* from neighbours' hosts, after HELLO */
    unsigned greeted_count;
    unsigned greeted_max;
    struct herd_list_node strangers;
    unsigned stranger_count;
};

void herd_lobby_init(struct herd_lobby *lobby, const struct herd_lobby_limits *limits);
/* Nobody is in it any more. Takes a zeroed one too. */
void herd_lobby_finish(struct herd_lobby *lobby);

/* Other limits; who is one too many by them goes when somebody else comes. */
void herd_lobby_configure(struct herd_lobby *lobby, const struct herd_lobby_limits *limits);

/* A neighbour that may come from `host` or from `source` (NULL: no other); ports do not matter. */
void herd_lobby_expect(struct herd_lobby *lobby, const struct sockaddr *host, const struct sockaddr *source);
/* It may no longer: the same addresses as it was expected with. */
void herd_lobby_forget(struct herd_lobby *lobby, const struct sockaddr *host, const struct sockaddr *source);
/*
 * Lowers before_max, to not less than 1, so that all places together are
 * `places_max` where that can be. Once more whenever limits or who is expected have changed.
 */
void herd_lobby_squeeze(struct herd_lobby *lobby, unsigned places_max);
/* All places together. */
unsigned herd_lobby_places(const struct herd_lobby *lobby);

/* Somebody came from `address`, and has a place even where there is none left. */
void herd_lobby_enter(struct herd_lobby *lobby, struct herd_lobby_seat *seat, const struct sockaddr *address);
/* It has said HELLO. Harmless where it has said so before or has no place. */
void herd_lobby_greet(struct herd_lobby *lobby, struct herd_lobby_seat *seat);
/*
 * Who is one too many since `seat` entered or said HELLO, never itself; NULL:
 * nobody. Who has not said HELLO may have sent it all the same: the owner
 * listens first, and where it has, asks again. Ask until there is nobody.
 */
struct herd_lobby_seat *herd_lobby_surplus(const struct herd_lobby *lobby, const struct herd_lobby_seat *seat);
/* It has to go: leaves, and is counted. */
void herd_lobby_dismiss(struct herd_lobby *lobby, struct herd_lobby_seat *seat);
/* It is gone, or was welcomed. Harmless where it has no place. */
void herd_lobby_leave(struct herd_lobby *lobby, struct herd_lobby_seat *seat);

#endif
