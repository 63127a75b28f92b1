/* SPDX-License-Identifier: MIT */
#ifndef HERD_ADMIT_H
#define HERD_ADMIT_H

/*
 * Who may connect: so many connections at once, and so many of one address, an
 * IPv4 address or an IPv6 /64 (one household has as many addresses as it
 * likes). An IPv4 address mapped into IPv6 is the IPv4 address. Loopback is
 * exempt from the limit for an address.
 *
 * Apart from who listens: several listeners may share one, and a connection
 * keeps its place when its listener is closed.
 */

#include <stdint.h>
#include <sys/socket.h>

#include "herd/counters.h"
#include "herd/siphash.h"
#include "herd/slab.h"
#include "herd/table.h"

struct herd_admit_limits {
    unsigned connections_max; /* at once */
    unsigned per_address_max; /* 0: no limit */
};

struct herd_admit_counts {
    uint64_t refused_connections; /* for connections_max */
    uint64_t refused_address;     /* for per_address_max */
    unsigned open;                /* now */
};
extern const struct herd_counter_table herd_admit_counters;

struct herd_admit {
    struct herd_admit_limits limits;
    struct herd_admit_counts counts;
    struct herd_slab addresses; /* those that have connections */
    struct herd_table table;    /* the same, by address */
    struct herd_siphash_key key;
};

/* One connection's place in the limits; embed it beside the stream. Zeroed: it has none. */
struct herd_admit_place {
    struct herd_admit *admit; /* NULL: none */
    uint32_t address;         /* handle in admit->addresses, 0 where exempt */
};

void herd_admit_init(struct herd_admit *admit, const struct herd_admit_limits *limits);
/* When every place was given back. */
void herd_admit_finish(struct herd_admit *admit);
/* Other limits from now on. Who is in stays, also where they are more than that. */
void herd_admit_configure(struct herd_admit *admit, const struct herd_admit_limits *limits);

/* One connection more, from `address`: 0 and *ret_place, or -EMFILE or -EUSERS, which is counted: one limit or the
 * other is reached. */
int herd_admit_take(struct herd_admit *admit, const struct sockaddr *address, struct herd_admit_place *ret_place);
/* One connection less, from the stream's on_closed. Harmless where it has no place. */
void herd_admit_give(struct herd_admit_place *place);

#endif
