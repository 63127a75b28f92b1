/* SPDX-License-Identifier: MIT */
#ifndef RIG_H
#define RIG_H

/*
 * One server, Goloman of the herd "herd", whose neighbours are the test: it
 * writes their lines and reads what the server answers. Time stands still
 * unless the test moves it. Slots: 0 Hands, 1 Holiday, 2 Wilkes.
 */

#include "herd/flood.h"

#define RIG_NEIGHBOURS 3
#define RIG_SELF "00000000000000aa" /* incarnations */
#define RIG_ONE "00000000000000b1"
#define RIG_TWO "00000000000000b2"
#define RIG_DIGEST "*"            /* in what is expected: the digest of the server's store */
#define RIG_ALL ((size_t)1 << 30) /* room for everything */

struct rig {
    struct herd_store store;
    struct herd_flood flood;
    struct herd_now now;
    struct herd_outbound outbounds[RIG_NEIGHBOURS];
    struct herd_buffer out; /* what the server said since it was last looked at */
};

void rig_init(struct rig *rig, uint32_t clients_max);
void rig_finish(struct rig *rig);

const char *rig_name(unsigned slot);
struct herd_neighbour *rig_neighbour(struct rig *rig, unsigned slot);

/* The server's stream to a neighbour is welcomed by this run of it with this claim: "- 0" is none. */
void rig_dial(struct rig *rig, unsigned slot, const char *incarnation, const char *claim);
/* A session of this run of a neighbour is welcomed by the server. */
void rig_accept(struct rig *rig, struct herd_inbound *inbound, unsigned slot, const char *incarnation);
int rig_feed(struct rig *rig, struct herd_inbound *inbound, const char *lines);

/* A client of the server says where it is, at a time in seconds. */
void rig_report(struct rig *rig, const char *client, unsigned seconds);
/* Pumps a slot with room for all until there is no more to do. */
void rig_pump(struct rig *rig, unsigned slot);

/* What the server said since: exactly this. `expected` has a line feed after each line, and RIG_DIGEST for the digest.
 */
void rig_assert_said(struct rig *rig, const char *expected);
/* Takes the next line it said without its line feed: false where there is none. */
bool rig_take_line(struct rig *rig, char *line, size_t size);

#endif
