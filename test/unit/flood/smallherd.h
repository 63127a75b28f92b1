/* SPDX-License-Identifier: MIT */
#ifndef SMALLHERD_H
#define SMALLHERD_H

/*
 * A herd of up to five servers in memory, on virtual time. Every link has two
 * directions, each with both ends of the dialogue and a queue of bytes each
 * way:
 *
 *     from's outbound --forward--> to's inbound
 *                    <--backward--
 *
 * from's end is the link itself, driven over these queues. A step is ten
 * milliseconds: dial what is due, tick, pump, then deliver at most `rate` bytes each way, cut in pieces of random
 * length. A broken stream loses what is in flight, and both ends notice at once.
 */

#include "herd/link.h"

#define SMALLHERD_MEMBERS 5
#define SMALLHERD_STEP_MS 10

struct member {
    const char *name;
    bool alive;
    struct herd_store store;
    struct herd_flood flood;
};

struct direction {
    unsigned from;
    unsigned to;
    bool cut;      /* cannot be dialled */
    size_t window; /* as the herd's */
    struct herd_link link;
    struct herd_inbound inbound;
    struct herd_buffer forward;
    struct herd_buffer backward;
};

struct smallherd {
    struct member members[SMALLHERD_MEMBERS];
    unsigned member_count;
    struct direction directions[SMALLHERD_MEMBERS * (SMALLHERD_MEMBERS - 1)];
    unsigned direction_count;
    struct herd_random random;
    struct herd_now now;
    size_t rate;   /* bytes a step, of each way of each direction */
    size_t window; /* bytes in the transport at which a pump stops */
};

struct pair {
    unsigned a;
    unsigned b;
};

/* Everybody starts empty, at once. */
void smallherd_init(struct smallherd *herd, unsigned member_count, const struct pair *links, unsigned link_count,
                    uint64_t seed);
void smallherd_finish(struct smallherd *herd);

void smallherd_run(struct smallherd *herd, int64_t duration_ms);
/* Runs until everything that can be up is, and nothing is left to be sent: how long it took. Fails after `limit_ms`. */
int64_t smallherd_settle(struct smallherd *herd, int64_t limit_ms);

/* A client tells a member where it is. */
enum herd_put smallherd_report(struct smallherd *herd, unsigned member, const char *client, unsigned seconds);
/* Kills a member with all it knows; starts it again as a new run. */
void smallherd_crash(struct smallherd *herd, unsigned member);
void smallherd_start(struct smallherd *herd, unsigned member);
/* Breaks both directions between two members, or lets them be dialled again. */
void smallherd_cut(struct smallherd *herd, unsigned a, unsigned b);
void smallherd_heal(struct smallherd *herd, unsigned a, unsigned b);

/* All living members know the same: compared by what their views say, names as text. */
void smallherd_assert_equal(struct smallherd *herd);
/* The time in seconds that a member has of a client, 0: not known. */
unsigned smallherd_seconds(const struct smallherd *herd, unsigned member, const char *client);
/* AT lines sent by all living members in their lives. */
uint64_t smallherd_lines(const struct smallherd *herd);

#endif
