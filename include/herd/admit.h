/* SPDX-License-Identifier: MIT */
#ifndef HERD_ADMIT_H
#define HERD_ADMIT_H

/*
 * How many connections each address has: an IPv4 address, or an IPv6 /64 (one
 * household has as many addresses as it likes). An IPv4 address mapped into
 * IPv6 is the IPv4 address. Loopback is exempt.
 */

#include <stdint.h>
#include <sys/socket.h>

#include "herd/siphash.h"
#include "herd/slab.h"
#include "herd/table.h"

struct herd_admit {
    struct herd_slab addresses; /* those that have connections */
    struct herd_table table;    /* the same, by address */
    struct herd_siphash_key key;
};

void herd_admit_init(struct herd_admit *admit);
void herd_admit_finish(struct herd_admit *admit);

/*
 * Counts one connection more from `address`: 0, and the handle to give back in
 * *ret_handle (0 where exempt), or -EUSERS where it has `per_address_max`
 * already. With per_address_max 0 everything is exempt.
 */
int herd_admit_take(struct herd_admit *admit, const struct sockaddr *address, unsigned per_address_max,
                    uint32_t *ret_handle);
/* One connection less. Handle 0: nothing. */
void herd_admit_give(struct herd_admit *admit, uint32_t handle);

#endif
