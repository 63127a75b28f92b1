/* SPDX-License-Identifier: MIT */
#ifndef FLOODFIXTURE_H
#define FLOODFIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "rig.h"

/* A server, and a neighbour that floods to it. Included after cmocka.h. */
struct world {
    struct rig rig;
    struct herd_inbound inbound; /* of Hands, run one */
};

static inline int setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    if (world == NULL) return -1;
    rig_init(&world->rig, 1);
    rig_accept(&world->rig, &world->inbound, 0, RIG_ONE);
    *state = world;
    return 0;
}

static inline int teardown(void **state)
{
    struct world *world = *state;
    herd_inbound_finish(&world->inbound);
    rig_finish(&world->rig);
    free(world);
    return 0;
}

/* The configuration names these servers, too; words with one blank between. */
static inline void configure(struct world *world, const char *names)
{
    while (*names != '\0') {
        size_t length = strcspn(names, " ");
        herd_names_add(&world->rig.store.names, (struct herd_text){names, length});
        names += length + (names[length] == ' ');
    }
}

static inline void feed(struct world *world, const char *lines)
{
    assert_int_equal(rig_feed(&world->rig, &world->inbound, lines), 0);
    assert_int_equal(world->inbound.state, HERD_PEER_LIVE);
    rig_assert_said(&world->rig, ""); /* nothing in a flood is answered */
}

#endif
