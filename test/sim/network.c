/* SPDX-License-Identifier: MIT */
/*
 * The driver of the links: connections, as TCP makes and breaks them. What a
 * link asks for by its port is done when it has returned. Bytes arrive in order, in pieces of any size, up to a point;
 * then nothing, or the news of the end, at one end only or at both.
 */
#include "sim.h"

#include <errno.h>

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
    pipe->lost = pipe->forward_ended = pipe->backward_ended = false;
}

/* -- The port -- */

static struct sim_direction *direction_of(struct herd_link *link)
{
    return HERD_CONTAINER(link, struct sim_direction, link);
}

/* Seen by the link's state when it has returned. */
static void port_connect(struct herd_link *link)
{
    (void)link;
}

static void port_close(struct herd_link *link, int status)
{
    (void)link;
    (void)status;
}

static void port_drop(struct herd_link *link, struct herd_inbound *inbound)
{
    (void)link;
    network_drop(HERD_CONTAINER(inbound, struct sim_pipe, inbound), true);
}

static struct herd_buffer *port_out(struct herd_link *link)
{
    return &direction_of(link)->current->forward;
}

static void port_said(struct herd_link *link, struct herd_text lines)
{
    (void)link;
    (void)lines;
}

static struct herd_buffer *port_room(struct herd_link *link, size_t *ret_bytes)
{
    const struct sim_direction *direction = direction_of(link);
    size_t queued = herd_buffer_length(&direction->current->forward);

    *ret_bytes = queued < direction->window ? direction->window - queued : 0;
    return &direction->current->forward;
}

static void port_pumped(struct herd_link *link, bool more)
{
    direction_of(link)->more = more;
}

/* All timers are looked at whenever time passes. */
static void port_wake(struct herd_link *link)
{
    (void)link;
}

static void port_tell(struct herd_link *link, enum herd_link_event event)
{
    (void)link;
    (void)event;
}

static const struct herd_link_port port = {.connect = port_connect,
                                           .close = port_close,
                                           .drop = port_drop,
                                           .out = port_out,
                                           .said = port_said,
                                           .room = port_room,
                                           .pumped = port_pumped,
                                           .wake = port_wake,
                                           .tell = port_tell};

void network_init(struct sim_world *world, struct sim_direction *direction)
{
    struct herd_flood *flood = &world->servers[direction->from].flood;
    struct herd_neighbour *neighbour = herd_flood_take_neighbour(flood, world->servers[direction->to].name);

    herd_link_init(&direction->link, flood, neighbour, &port, world->now_ms);
}

/* -- Neighbours that come and go -- */

void network_add(struct sim_world *world, struct sim_direction *direction)
{
    if (!direction->removed) return;
    direction->removed = false;
    if (world->servers[direction->from].alive) network_init(world, direction);
}

/* Of the neighbour's sessions those that are live are closed; the others may be, or be refused in time. */
static void drop_sessions(struct sim_world *world, struct sim_direction *of_neighbour)
{
    unsigned i;

    for (i = 0; i < SIM_PIPES_MAX; i++) {
        struct sim_pipe *pipe = &of_neighbour->pipes[i];
        if (!pipe->acceptor_open) continue;
        if (pipe->inbound.state == HERD_PEER_LIVE || sim_pick_aside(world, 2) == 0) network_drop(pipe, true);
    }
}

void network_remove(struct sim_world *world, struct sim_direction *direction)
{
    struct herd_neighbour *neighbour = direction->link.neighbour;

    if (direction->removed) return;
    direction->removed = true;
    if (!world->servers[direction->from].alive) return;
    if (direction->current != NULL) network_leave(world, direction, sim_pick_aside(world, 2) == 0);
    drop_sessions(world, &world->directions[direction->reverse]);
    herd_link_finish(&direction->link);
    herd_flood_give_neighbour(&world->servers[direction->from].flood, neighbour);
}

/* -- Connections -- */

static void connect_pipe(struct sim_world *world, struct sim_direction *direction)
{
    struct sim_server *to = &world->servers[direction->to];
    struct sim_pipe *pipe = free_pipe(direction);
    struct herd_now now = world_now(world, &world->servers[direction->from]);
    struct herd_now now_there = world_now(world, to);

    if (direction->blocked || !to->alive || pipe == NULL) {
        herd_link_closed(&direction->link, -ECONNREFUSED, &now);
        return;
    }
    open_pipe(pipe);
    direction->current = pipe;
    herd_link_connected(&direction->link, &now);
    herd_inbound_init(&pipe->inbound, &to->flood, true, &now_there);
}

void network_dial(struct sim_world *world, struct sim_direction *direction)
{
    if (direction->current != NULL || direction->removed || !world->servers[direction->from].alive) return;
    herd_link_dial(&direction->link);
    connect_pipe(world, direction);
}

void network_leave(struct sim_world *world, struct sim_direction *direction, bool told)
{
    struct herd_now now = world_now(world, &world->servers[direction->from]);
    struct sim_pipe *pipe = direction->current;

    direction->current = NULL;
    pipe->dialler_open = false;
    pipe->forward_ended = told;
    herd_buffer_clear(&pipe->backward);
    herd_link_closed(&direction->link, -ECONNRESET, &now);
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
    herd_link_heard(&pipe->inbound, &now);
    if (error < 0) network_drop(pipe, true);
    if (!pipe->dialler_open) herd_buffer_clear(&pipe->backward);
}

void network_backward(struct sim_world *world, struct sim_direction *direction, struct sim_pipe *pipe, size_t size)
{
    struct herd_now now = world_now(world, &world->servers[direction->from]);
    struct herd_text bytes = herd_buffer_text(&pipe->backward);

    if (pipe->lost || !pipe->dialler_open) return;
    if (bytes.length == 0) {
        if (pipe->backward_ended) network_leave(world, direction, false);
        return;
    }
    if (size < bytes.length) bytes.length = size;
    herd_link_receive(&direction->link, bytes, &now);
    herd_buffer_consume(&pipe->backward, bytes.length);
    if (direction->link.state == HERD_LINK_CLOSING) network_leave(world, direction, true);
}

bool network_pump(struct sim_direction *direction)
{
    struct herd_link *link = &direction->link;

    direction->more = false;
    if (direction->current != NULL) herd_link_pump(&link, 1);
    return direction->more;
}

void network_pump_server(struct sim_world *world, const struct sim_server *server)
{
    struct herd_link *links[SIM_SERVERS_MAX];
    unsigned count = 0;
    unsigned i;

    for (i = 0; i < server->out_count; i++) {
        struct sim_direction *direction = &world->directions[server->out[i]];
        if (!direction->removed) links[count++] = &direction->link;
    }
    herd_link_pump(links, count);
}

/* -- Timers -- */

static void tick_dialler(struct sim_world *world, struct sim_direction *direction)
{
    struct herd_now now = world_now(world, &world->servers[direction->from]);

    if (direction->removed) return;
    herd_link_tick(&direction->link, &now);
    if (direction->link.state == HERD_LINK_CONNECTING) connect_pipe(world, direction);
    if (direction->link.state == HERD_LINK_CLOSING) network_leave(world, direction, true);
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
        soonest = earlier(soonest, herd_link_deadline(&direction->link));
        for (k = 0; k < SIM_PIPES_MAX; k++)
            if (direction->pipes[k].acceptor_open)
                soonest = earlier(soonest, herd_inbound_deadline(&direction->pipes[k].inbound));
    }
    return soonest;
}
