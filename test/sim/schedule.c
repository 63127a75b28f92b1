/* SPDX-License-Identifier: MIT */
/* What happens in a schedule: steps drawn at random, each mood with weights of its own. */
#include "sim.h"

enum step {
    STEP_UPDATE,
    STEP_DELIVER,
    STEP_PUMP,
    STEP_TIME,
    STEP_CONNECT,
    STEP_CUT,
    STEP_LOSE,    /* the connection carries nothing any more, nobody is told */
    STEP_ONE_END, /* one end closes, the other is not told */
    STEP_BLOCK,
    STEP_UNBLOCK,
    STEP_CRASH,
    STEP_RESTART,
    STEP_JOURNAL,
    STEP_LINKS, /* one is removed, or added again */
    STEP_CLOCK,
    STEP_DRAMA,
    STEP_COUNT
};

#define MOODS 4
#define START_LIMIT_MS 10000

/* In the order of the steps; they add up to 1000. */
static const uint16_t weights[MOODS][STEP_COUNT] = {
    {110, 512, 100, 80, 70, 12, 6, 12, 8, 12, 8, 26, 30, 2, 9, 3},  /* a bad day */
    {160, 540, 130, 70, 40, 10, 2, 4, 2, 6, 4, 12, 16, 1, 2, 1},    /* a better one */
    {90, 470, 100, 70, 110, 14, 6, 14, 6, 10, 26, 60, 14, 2, 5, 3}, /* servers die */
    {110, 460, 100, 90, 90, 50, 16, 30, 14, 20, 2, 6, 6, 2, 2, 2},  /* links break */
};

void schedule_draw_mood(struct sim_world *world)
{
    static const uint32_t grains_ms[] = {1, 500, 5000};
    struct sim_mood *mood = &world->mood;
    unsigned kind = sim_pick(world, 16);

    memset(mood, 0, sizeof *mood);
    mood->weights = weights[sim_pick(world, MOODS)];
    mood->keyed = sim_one_in(world, 16);
    mood->directed = sim_one_in(world, 4);
    mood->scan_slice = 1 + sim_pick(world, 1 + sim_pick(world, 12));
    mood->pops_per_mark = 1 + sim_pick(world, 6);
    mood->client_count = 2 + sim_pick(world, SIM_CLIENTS_MAX - 1);
    mood->clients_max = 1000;
    mood->clock_grain_ns = grains_ms[sim_pick(world, 3)] * INT64_C(1000000);
    if (kind < 2) mood->ttl_ns = (2 + sim_pick(world, 6)) * INT64_C(1000000000);
    if (kind == 2) { /* just enough for all with what neighbours may have more */
        mood->client_count = SIM_CLIENTS_MAX;
        mood->clients_max = SIM_CLIENTS_MAX - 1;
    }
    if (kind == 3) {
        mood->tight = true;
        mood->client_count = SIM_CLIENTS_MAX;
        mood->clients_max = 5;
    }
}

static struct sim_server *any_alive(struct sim_world *world)
{
    unsigned from = sim_pick(world, world->server_count);
    unsigned i;

    for (i = 0; i < world->server_count; i++) {
        struct sim_server *server = &world->servers[(from + i) % world->server_count];
        if (server->alive) return server;
    }
    return NULL;
}

static struct sim_direction *any_direction(struct sim_world *world)
{
    return &world->directions[sim_pick(world, world->direction_count)];
}

static size_t draw_size(struct sim_world *world, size_t length)
{
    switch (sim_pick(world, 8)) {
    case 0:
        return 1 + sim_pick(world, 8);
    case 1:
    case 2:
    case 3:
        return 1 + sim_pick(world, (uint32_t)length + 1);
    default:
        return length + 1;
    }
}

static bool something_forward(const struct sim_pipe *pipe)
{
    if (pipe->lost) return false;
    return herd_buffer_length(&pipe->forward) > 0 || (pipe->forward_ended && pipe->acceptor_open);
}

static bool something_backward(const struct sim_pipe *pipe)
{
    if (pipe->lost || !pipe->dialler_open) return false;
    return herd_buffer_length(&pipe->backward) > 0 || pipe->backward_ended;
}

/* The connection itself, or, now and then, one that only the acceptor still knows. */
static struct sim_pipe *draw_pipe(struct sim_world *world, struct sim_direction *direction)
{
    if (direction->current != NULL && !sim_one_in(world, 4)) return direction->current;
    return &direction->pipes[sim_pick(world, SIM_PIPES_MAX)];
}

static bool deliver(struct sim_world *world, struct sim_direction *direction)
{
    struct sim_pipe *pipe = draw_pipe(world, direction);

    if (something_backward(pipe) && (sim_one_in(world, 2) || !something_forward(pipe))) {
        network_backward(world, direction, pipe, draw_size(world, herd_buffer_length(&pipe->backward)));
        if (!sim_one_in(world, 4)) network_pump(direction);
        return true;
    }
    if (!something_forward(pipe)) return false;
    network_forward(world, direction, pipe, draw_size(world, herd_buffer_length(&pipe->forward)));
    if (world->servers[direction->to].alive && !sim_one_in(world, 4))
        network_pump_server(world, &world->servers[direction->to]);
    return true;
}

static void step_deliver(struct sim_world *world)
{
    unsigned i = sim_pick(world, world->direction_count);
    unsigned tries;

    for (tries = 0; tries < 4; tries++) {
        if (deliver(world, &world->directions[i])) return;
        if (++i == world->direction_count) i = 0;
    }
}

static void step_update(struct sim_world *world)
{
    struct sim_server *server = any_alive(world);

    if (server == NULL) return;
    world_update(world, (unsigned)(server - world->servers));
    if (!sim_one_in(world, 4)) network_pump_server(world, server);
}

static void step_time(struct sim_world *world)
{
    uint32_t kind = sim_pick(world, 64);
    uint32_t most_ms = kind == 0 ? 5000 : kind < 8 ? 900 : 80;

    world->now_ms += 1 + sim_pick(world, most_ms);
    if (world->mood.ttl_ns != 0 && sim_one_in(world, 2)) world_sweep(world);
    network_tick(world, UINT32_MAX);
}

static void step_one_end(struct sim_world *world, struct sim_direction *direction)
{
    struct sim_pipe *pipe = direction->current;
    bool told = sim_one_in(world, 3);

    if (pipe == NULL) return;
    if (sim_one_in(world, 2)) {
        network_leave(world, direction, told);
    } else if (pipe->acceptor_open) {
        network_drop(pipe, told);
    }
}

/* A link, or one end of it: a server's administrator may be earlier than the other's. */
static void set_links(struct sim_world *world, bool removed)
{
    struct sim_direction *direction = any_direction(world);
    struct sim_direction *reverse = &world->directions[direction->reverse];
    bool one_end = sim_pick_aside(world, 3) == 0;

    if (removed) {
        network_remove(world, direction);
        if (!one_end) network_remove(world, reverse);
    } else {
        network_add(world, direction);
        if (!one_end) network_add(world, reverse);
    }
}

/* Somebody who follows a store does something. */
static void step_aside(struct sim_world *world)
{
    struct sim_server *server = &world->servers[sim_pick_aside(world, world->server_count)];

    if (world->followed && server->alive && sim_pick_aside(world, 3) == 0) follower_step(world, server);
}

static void step_connect(struct sim_world *world, struct sim_direction *direction)
{
    if (direction->current == NULL && world->servers[direction->from].alive) network_dial(world, direction);
}

static void step_crash(struct sim_world *world)
{
    struct sim_server *server = any_alive(world);

    bool notice = sim_one_in(world, 2);
    bool flight = sim_one_in(world, 2);

    if (server != NULL) world_crash(world, (unsigned)(server - world->servers), notice, flight);
}

static void step_restart(struct sim_world *world)
{
    unsigned number = sim_pick(world, world->server_count);
    struct sim_server *server = &world->servers[number];

    if (server->alive) return;
    if (!server->journalled || sim_one_in(world, 2)) chronicle_tear(world, server);
    world_start(world, number);
}

static void step_clock(struct sim_world *world)
{
    struct sim_server *server = any_alive(world);

    if (server != NULL && world->mood.ttl_ns == 0)
        server->clock_offset_ns += ((int64_t)sim_pick(world, 5) - 2) * INT64_C(500000000);
}

static void step_pump(struct sim_world *world)
{
    struct sim_direction *direction = any_direction(world);

    network_pump(direction);
}

static void step_journal(struct sim_world *world)
{
    struct sim_server *server = any_alive(world);

    if (server != NULL && server->journalled) chronicle_write(server);
}

static enum step draw_step(struct sim_world *world)
{
    uint32_t drawn = sim_pick(world, 1000);
    unsigned step = 0;

    if (drawn < (uint32_t)world->mood.weights[STEP_UPDATE] + world->mood.weights[STEP_DELIVER])
        return drawn < world->mood.weights[STEP_UPDATE] ? STEP_UPDATE : STEP_DELIVER;
    while (drawn >= world->mood.weights[step])
        drawn -= world->mood.weights[step++];
    return (enum step)step;
}

static void take_step(struct sim_world *world, enum step step)
{
    switch (step) {
    case STEP_UPDATE:
        step_update(world);
        break;
    case STEP_DELIVER:
        step_deliver(world);
        break;
    case STEP_PUMP:
        step_pump(world);
        break;
    case STEP_TIME:
        step_time(world);
        break;
    case STEP_CONNECT:
        step_connect(world, any_direction(world));
        break;
    case STEP_CUT:
        network_cut(world, any_direction(world));
        break;
    case STEP_LOSE: {
        struct sim_direction *direction = any_direction(world);
        if (direction->current != NULL) direction->current->lost = true;
        break;
    }
    case STEP_ONE_END:
        step_one_end(world, any_direction(world));
        break;
    case STEP_BLOCK:
        any_direction(world)->blocked = true;
        break;
    case STEP_UNBLOCK:
        any_direction(world)->blocked = false;
        break;
    case STEP_CRASH:
        step_crash(world);
        break;
    case STEP_RESTART:
        step_restart(world);
        break;
    case STEP_JOURNAL:
        step_journal(world);
        break;
    case STEP_LINKS:
        set_links(world, sim_one_in(world, 2));
        break;
    case STEP_CLOCK:
        step_clock(world);
        break;
    case STEP_DRAMA:
        if (world->mood.directed) drama_play(world);
        break;
    case STEP_COUNT:
        break;
    }
}

void schedule_run(struct sim_world *world, unsigned steps)
{
    if (sim_one_in(world, 8)) set_links(world, true);
    if (!sim_one_in(world, 4)) heal_settle(world, world_living(world), START_LIMIT_MS);
    while (steps-- > 0) {
        take_step(world, draw_step(world));
        step_aside(world);
    }
}
