/* SPDX-License-Identifier: MIT */
/*
 * What chance alone plays too rarely.
 *
 * Told again: a server takes a report, floods it and loses it; it comes back,
 * and in the same instant of its clock the client repeats the report with its
 * time written in another way.
 *
 * Half a link: one direction cannot be dialled for twelve seconds, while what
 * its acceptor lacks is nowhere on the way. The other direction's digests have
 * settled and differ: it counts a divergence and sends everything once more,
 * which is no use here, and no harm.
 *
 * Late bytes of a dead run, arriving after its successor was dialled (about
 * once in a million schedules):
 *
 *     1. a server `b` learns a record from `a` while its own stream to `a` is
 *        down; that stream comes up, and `b` sends the record: in flight
 *     2. `b` dies without a word, and comes back empty
 *     3. `a` dials the new run, and queues the record for it
 *     4. what was in flight arrives. `a` may not conclude that `b` has it
 */
#include "sim.h"

#define HALF_LINK_MS 12000

/* Dials, and carries the dialogue, to the end of the handshake. */
static bool bring_up(struct sim_world *world, struct sim_direction *direction)
{
    unsigned rounds;

    if (direction->current == NULL) network_dial(world, direction);
    for (rounds = 0; rounds < 8 && direction->current != NULL && !network_up(direction); rounds++) {
        network_forward(world, direction, direction->current, SIZE_MAX);
        if (direction->current != NULL) network_backward(world, direction, direction->current, SIZE_MAX);
    }
    return direction->current != NULL && network_up(direction) && !direction->current->lost;
}

static void carry_all(struct sim_world *world, struct sim_direction *direction)
{
    struct sim_pipe *pipe = direction->current;

    while (direction->current == pipe &&
           (herd_outbound_busy(&direction->link.outbound) || herd_buffer_length(&pipe->forward) > 0)) {
        network_pump(direction);
        network_forward(world, direction, pipe, SIZE_MAX);
        if (!pipe->acceptor_open) return;
    }
}

static bool possible(const struct sim_world *world, const struct sim_direction *direction)
{
    return network_configured(world, direction) && world->servers[direction->from].alive &&
           world->servers[direction->to].alive;
}

/* Queues everything without sending any of it. */
static void scan_only(struct sim_direction *direction)
{
    while (direction->link.outbound.work != HERD_OUTBOUND_FLOODING)
        herd_outbound_pump(&direction->link.outbound, 0, &direction->current->forward);
}

static void late_bytes(struct sim_world *world)
{
    struct sim_direction *to_b = &world->directions[sim_pick(world, world->direction_count)];
    struct sim_direction *to_a = &world->directions[to_b->reverse];
    struct sim_pipe *late;
    unsigned b = to_b->to;

    if (!possible(world, to_b)) return;
    to_a->blocked = to_b->blocked = false;
    network_cut(world, to_a);
    network_cut(world, to_b);
    if (!bring_up(world, to_b)) return;
    world_update(world, to_b->from);
    carry_all(world, to_b);
    if (!bring_up(world, to_a)) return;
    while (network_pump(to_a))
        continue;
    late = to_a->current;
    world_crash(world, b, false, true);
    chronicle_tear(world, &world->servers[b]);
    world_start(world, b);
    network_cut(world, to_b);
    if (!bring_up(world, to_b)) return;
    scan_only(to_b);
    network_forward(world, to_a, late, SIZE_MAX);
}

static void half_link(struct sim_world *world)
{
    struct sim_direction *direction = &world->directions[sim_pick(world, world->direction_count)];

    if (!possible(world, direction)) return;
    network_cut(world, direction);
    direction->blocked = true;
    world_update(world, direction->from);
    heal_settle(world, world_living(world), HALF_LINK_MS);
    direction->blocked = false;
}

static void told_again(struct sim_world *world)
{
    struct sim_direction *direction = &world->directions[sim_pick(world, world->direction_count)];
    struct sim_server *server = &world->servers[direction->from];
    int64_t clock_offset_ns = server->clock_offset_ns;

    if (!possible(world, direction) || !bring_up(world, direction)) return;
    world_update(world, direction->from);
    carry_all(world, direction);
    world_crash(world, direction->from, true, false);
    chronicle_tear(world, server);
    world_start(world, direction->from);
    server->clock_offset_ns = clock_offset_ns;
    world_update_again(world, direction->from);
}

void drama_play(struct sim_world *world)
{
    uint32_t drawn = sim_pick(world, 16);

    if (drawn == 0)
        half_link(world);
    else if (drawn < 4)
        told_again(world);
    else
        late_bytes(world);
}
