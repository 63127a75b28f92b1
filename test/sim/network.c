/* SPDX-License-Identifier: MIT */
/*
 * Connections, as the server's driver and TCP make them, and break them:
 * bytes arrive in order, in pieces of any size, up to a point; then nothing,
 * or the news of the end, at one end only or at both.
 */
#include "sim.h"

#include "herd/list.h"

static bool in_part(uint32_t part, unsigned server)
{
    return (part >> server & 1) != 0;
}

static struct sim_pipe *free_pipe(struct sim_direction *direction)
{
    unsigned i;

    for (i = 0; i < SIM_PIPES_MAX; i++)
        if (!direction->pipes[i].dialler_open && !direction->pipes[i].acceptor_open) return &direction->pipes[i];
    return NULL;
}

static void open_pipe(struct sim_pipe *pipe)
{
    herd_buffer_clear(&pipe->forward);
    herd_buffer_clear(&pipe->backward);
    pipe->dialler_open = pipe->acceptor_open = true;
    pipe->lost = pipe->forward_ended = pipe->backward_ended = pipe->greeted = false;
}

void network_dial(struct sim_world *world, struct sim_direction *direction)
{
    struct sim_server *from = &world->servers[direction->from];
    struct sim_server *to = &world->servers[direction->to];
    struct sim_pipe *pipe = free_pipe(direction);
    struct herd_now now = world_now(world, from);
    struct herd_now now_there = world_now(world, to);

    if (direction->current != NULL || direction->removed || !from->alive) return;
    herd_redial_dialled(&direction->redial);
    if (direction->blocked || !to->alive || pipe == NULL) {
        herd_redial_failed(&direction->redial, &from->flood.random, world->now_ms);
        return;
    }
    open_pipe(pipe);
    direction->current = pipe;
    direction->welcomed = false;
    herd_outbound_start(&direction->outbound, &now, &pipe->forward);
    herd_inbound_init(&pipe->inbound, &to->flood, true, &now_there);
}

void network_leave(struct sim_world *world, struct sim_direction *direction, bool told)
{
    struct sim_pipe *pipe = direction->current;

    direction->current = NULL;
    pipe->dialler_open = false;
    pipe->forward_ended = told;
    herd_buffer_clear(&pipe->backward);
    herd_outbound_stop(&direction->outbound);
    herd_redial_failed(&direction->redial, &world->servers[direction->from].flood.random, world->now_ms);
}

void network_drop(struct sim_pipe *pipe, bool told)
{
    herd_inbound_stop(&pipe->inbound);
    herd_inbound_finish(&pipe->inbound);
    pipe->acceptor_open = false;
    pipe->backward_ended = told;
    herd_buffer_clear(&pipe->forward);
}

void network_cut(struct sim_world *world, struct sim_direction *direction)
{
    unsigned i;

    for (i = 0; i < SIM_PIPES_MAX; i++) {
        struct sim_pipe *pipe = &direction->pipes[i];
        if (pipe->dialler_open) network_leave(world, direction, true);
        if (pipe->acceptor_open) network_drop(pipe, true);
    }
}

/* What the server's driver does after its inbound end took bytes. */
static void after_inbound(struct sim_world *world, struct sim_direction *direction, struct sim_pipe *pipe, int error)
{
    struct herd_inbound *replaced = pipe->inbound.replaced;
    struct sim_direction *reverse = &world->directions[direction->reverse];

    if (replaced != NULL) {
        pipe->inbound.replaced = NULL;
        network_drop(HERD_CONTAINER(replaced, struct sim_pipe, inbound), true);
    }
    if (!pipe->greeted && pipe->inbound.state == HERD_PEER_LIVE) {
        pipe->greeted = true;
        if (reverse->current == NULL) herd_redial_urge(&reverse->redial, world->now_ms);
    }
    if (error < 0) network_drop(pipe, true);
    if (!pipe->dialler_open) herd_buffer_clear(&pipe->backward);
}

/* Nobody is there: the bytes vanish, and perhaps a reset comes back. */
static void forward_to_nobody(struct sim_world *world, struct sim_pipe *pipe)
{
    herd_buffer_clear(&pipe->forward);
    if (sim_one_in(world, 4)) pipe->backward_ended = true;
}

void network_forward(struct sim_world *world, struct sim_direction *direction, struct sim_pipe *pipe, size_t size)
{
    struct herd_now now = world_now(world, &world->servers[direction->to]);
    struct herd_text bytes = herd_buffer_text(&pipe->forward);
    int error;

    if (pipe->lost) return;
    if (!pipe->acceptor_open) {
        forward_to_nobody(world, pipe);
        return;
    }
    if (bytes.length == 0) {
        if (pipe->forward_ended) network_drop(pipe, false);
        return;
    }
    if (size < bytes.length) bytes.length = size;
    error = herd_inbound_receive(&pipe->inbound, bytes, &now, &pipe->backward);
    herd_buffer_consume(&pipe->forward, bytes.length);
    after_inbound(world, direction, pipe, error);
}

void network_backward(struct sim_world *world, struct sim_direction *direction, struct sim_pipe *pipe, size_t size)
{
    struct herd_now now = world_now(world, &world->servers[direction->from]);
    struct herd_text bytes = herd_buffer_text(&pipe->backward);
    int error;

    if (pipe->lost || !pipe->dialler_open) return;
    if (bytes.length == 0) {
        if (pipe->backward_ended) network_leave(world, direction, false);
        return;
    }
    if (size < bytes.length) bytes.length = size;
    error = herd_outbound_receive(&direction->outbound, bytes, &now, &pipe->forward);
    herd_buffer_consume(&pipe->backward, bytes.length);
    if (error < 0) {
        network_leave(world, direction, true);
    } else if (!direction->welcomed && network_up(direction)) {
        direction->welcomed = true;
        herd_redial_welcomed(&direction->redial, world->now_ms);
    }
}

/* False where there is nothing to pump. */
static bool prepare(struct sim_direction *direction, struct herd_pump *ret_pump)
{
    size_t queued;

    if (direction->current == NULL || !herd_outbound_busy(&direction->outbound)) return false;
    queued = herd_buffer_length(&direction->current->forward);
    *ret_pump = (struct herd_pump){.outbound = &direction->outbound,
                                   .room = queued < direction->window ? direction->window - queued : 0,
                                   .out = &direction->current->forward};
    return true;
}

bool network_pump(struct sim_direction *direction)
{
    struct herd_pump pump;

    if (!prepare(direction, &pump)) return false;
    herd_flood_pump(&pump, 1);
    return pump.more;
}

void network_pump_server(struct sim_world *world, const struct sim_server *server)
{
    struct herd_pump pumps[SIM_SERVERS_MAX];
    unsigned count = 0;
    unsigned i;

    for (i = 0; i < server->out_count; i++)
        if (prepare(&world->directions[server->out[i]], &pumps[count])) count++;
    herd_flood_pump(pumps, count);
}

/* -- Timers -- */

static void tick_dialler(struct sim_world *world, struct sim_direction *direction)
{
    struct herd_now now = world_now(world, &world->servers[direction->from]);

    if (direction->current == NULL) {
        if (world->now_ms >= direction->redial.at_ms) network_dial(world, direction);
        return;
    }
    if (herd_outbound_deadline(&direction->outbound) > world->now_ms) return;
    if (herd_outbound_tick(&direction->outbound, &now, &direction->current->forward) < 0)
        network_leave(world, direction, true);
}

static void tick_acceptor(struct sim_world *world, struct sim_direction *direction, struct sim_pipe *pipe)
{
    struct herd_now now = world_now(world, &world->servers[direction->to]);

    if (herd_inbound_deadline(&pipe->inbound) > world->now_ms) return;
    if (herd_inbound_tick(&pipe->inbound, &now, &pipe->backward) < 0) network_drop(pipe, true);
    if (!pipe->dialler_open) herd_buffer_clear(&pipe->backward);
}

void network_tick(struct sim_world *world, uint32_t part)
{
    unsigned i;
    unsigned k;

    for (i = 0; i < world->direction_count; i++) {
        struct sim_direction *direction = &world->directions[i];
        if (in_part(part, direction->from) && world->servers[direction->from].alive) tick_dialler(world, direction);
        if (!in_part(part, direction->to)) continue;
        for (k = 0; k < SIM_PIPES_MAX; k++)
            if (direction->pipes[k].acceptor_open) tick_acceptor(world, direction, &direction->pipes[k]);
    }
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t network_deadline(const struct sim_world *world, uint32_t part)
{
    int64_t soonest = INT64_MAX;
    unsigned i;
    unsigned k;

    for (i = 0; i < world->direction_count; i++) {
        const struct sim_direction *direction = &world->directions[i];
        if (!in_part(part, direction->from) || !in_part(part, direction->to) || direction->removed) continue;
        soonest = earlier(soonest, direction->current == NULL ? direction->redial.at_ms
                                                              : herd_outbound_deadline(&direction->outbound));
        for (k = 0; k < SIM_PIPES_MAX; k++)
            if (direction->pipes[k].acceptor_open)
                soonest = earlier(soonest, herd_inbound_deadline(&direction->pipes[k].inbound));
    }
    return soonest;
}
