/* SPDX-License-Identifier: MIT */
/*
 * The end of a schedule. A random connected part of the living heals: its
 * links work again, what leads out of it is cut. Some streams survive, with
 * what is in flight on them; some are half-open until their timers find out.
 * Then virtual time runs until nobody has anything left to say.
 */
#include "sim.h"

#define HEAL_LIMIT_MS 9999 /* silence 4 s and back-off 5 s; before agreement.c may repair anything */
#define ROUNDS_MAX 100000
#define CALM_UPDATES 3

static bool inside(const struct sim_world *world, uint32_t part, const struct sim_direction *direction)
{
    return (part >> direction->from & 1) != 0 && (part >> direction->to & 1) != 0 &&
           network_configured(world, direction);
}

/* -- Settling -- */

static bool move_pipe(struct sim_world *world, struct sim_direction *direction, struct sim_pipe *pipe)
{
    bool moved = false;

    if (pipe->lost) return false;
    if (herd_buffer_length(&pipe->forward) > 0 || (pipe->forward_ended && pipe->acceptor_open)) {
        network_forward(world, direction, pipe, SIZE_MAX);
        moved = true;
    }
    if (pipe->dialler_open && (herd_buffer_length(&pipe->backward) > 0 || pipe->backward_ended)) {
        network_backward(world, direction, pipe, SIZE_MAX);
        moved = true;
    }
    return moved;
}

static bool move(struct sim_world *world, struct sim_direction *direction)
{
    bool moved = false;
    unsigned i;

    while (network_pump(direction))
        moved = true;
    for (i = 0; i < SIM_PIPES_MAX; i++)
        if (move_pipe(world, direction, &direction->pipes[i])) moved = true;
    return moved;
}

static void move_all(struct sim_world *world, uint32_t part)
{
    bool moved = true;

    while (moved) {
        moved = false;
        for (unsigned i = 0; i < world->direction_count; i++)
            if (inside(world, part, &world->directions[i]) && move(world, &world->directions[i])) moved = true;
    }
}

static bool quiet(const struct sim_world *world, uint32_t part)
{
    unsigned i;

    for (i = 0; i < world->direction_count; i++) {
        const struct sim_direction *direction = &world->directions[i];
        if (!inside(world, part, direction)) continue;
        if (direction->current == NULL || !network_up(direction)) return false;
        if (direction->current->lost || !direction->current->acceptor_open) return false;
        if (herd_outbound_busy(&direction->link.outbound)) return false;
    }
    return true;
}

bool heal_settle(struct sim_world *world, uint32_t part, int64_t limit_ms)
{
    int64_t end_ms = world->now_ms + limit_ms;
    unsigned rounds;

    for (rounds = 0; rounds < ROUNDS_MAX; rounds++) {
        int64_t deadline_ms;
        move_all(world, part);
        if (quiet(world, part)) return true;
        deadline_ms = network_deadline(world, part);
        if (deadline_ms > end_ms) return false;
        if (deadline_ms > world->now_ms) world->now_ms = deadline_ms;
        if (world->mood.ttl_ns != 0) world_sweep(world);
        network_tick(world, part);
    }
    return false;
}

/* -- The part -- */

/* Somebody must live. */
static void revive(struct sim_world *world)
{
    bool everybody = sim_one_in(world, 2);
    bool any = false;
    unsigned i;

    for (i = 0; i < world->server_count; i++) {
        struct sim_server *server = &world->servers[i];
        bool last = i + 1 == world->server_count;
        if (!server->alive && ((last && !any) || (everybody && !sim_one_in(world, 4)))) {
            if (!server->journalled || sim_one_in(world, 2)) chronicle_tear(world, server);
            world_start(world, i);
        }
        any = any || server->alive;
    }
}

static uint32_t draw_part(struct sim_world *world)
{
    unsigned root = sim_pick(world, world->server_count);
    uint32_t part;
    bool grew = true;

    while (!world->servers[root].alive)
        root = (root + 1) % world->server_count;
    for (part = UINT32_C(1) << root; grew;) {
        grew = false;
        for (unsigned i = 0; i < world->direction_count; i++) {
            const struct sim_direction *direction = &world->directions[i];
            if (!network_configured(world, direction) || (part >> direction->from & 1) == 0 ||
                (part >> direction->to & 1) != 0)
                continue;
            if (!world->servers[direction->to].alive || sim_one_in(world, 12)) continue;
            part |= UINT32_C(1) << direction->to;
            grew = true;
        }
    }
    return part;
}

/* What a dead run has in flight would be news after the join was noted: it is lost, its end perhaps unnoticed. */
static void settle_pipe(struct sim_world *world, struct sim_direction *direction, struct sim_pipe *pipe)
{
    bool patient = sim_one_in(world, 16);

    if (pipe->dialler_open && pipe->acceptor_open && !pipe->lost) return;
    pipe->lost = true;
    if (patient) return;
    if (pipe->dialler_open) network_leave(world, direction, true);
    if (pipe->acceptor_open) network_drop(pipe, true);
}

static void heal_direction(struct sim_world *world, struct sim_direction *direction, bool soon)
{
    unsigned i;

    direction->blocked = false;
    if (sim_one_in(world, 4)) network_cut(world, direction);
    for (i = 0; i < SIM_PIPES_MAX; i++)
        settle_pipe(world, direction, &direction->pipes[i]);
    if (soon && direction->current == NULL) direction->link.redial.at_ms = world->now_ms;
    direction->link.outbound.agreement.mine_since_ms = world->now_ms;
    direction->link.outbound.agreement.theirs_since_ms = world->now_ms;
}

static void heal(struct sim_world *world, uint32_t part)
{
    bool soon = !sim_one_in(world, 8);
    unsigned i;

    for (i = 0; i < world->direction_count; i++) {
        struct sim_direction *direction = &world->directions[i];
        if (inside(world, part, direction)) {
            heal_direction(world, direction, soon);
        } else {
            network_cut(world, direction);
            direction->blocked = true;
        }
    }
}

/* -- Judging -- */

struct tally {
    uint64_t lines;
    uint64_t divergences;
    unsigned servers;
    unsigned directions;
};

static struct tally count(const struct sim_world *world, uint32_t part)
{
    struct tally tally = {0};
    unsigned i;

    for (i = 0; i < world->server_count; i++) {
        if ((part >> i & 1) == 0) continue;
        tally.lines += world->servers[i].flood.counts.at_sent;
        tally.divergences += world->servers[i].flood.counts.divergences;
        tally.servers++;
    }
    for (i = 0; i < world->direction_count; i++)
        if (inside(world, part, &world->directions[i])) tally.directions++;
    return tally;
}

static unsigned draw_member(struct sim_world *world, uint32_t part)
{
    unsigned server = sim_pick(world, world->server_count);

    while ((part >> server & 1) == 0)
        server = (server + 1) % world->server_count;
    return server;
}

/* Nothing fails any more: an update costs at most 2E - N + 1 lines. */
static void judge_calm(struct sim_world *world, uint32_t part, struct sim_verdict *verdict)
{
    unsigned updates = CALM_UPDATES;

    while (updates-- > 0 && !verdict->diverged) {
        struct tally before = count(world, part);
        struct tally after;
        world_update(world, draw_member(world, part));
        if (!heal_settle(world, part, 0)) oracle_blame(verdict, "not quiet after an update in calm");
        after = count(world, part);
        if (after.lines - before.lines > before.directions - before.servers + 1)
            oracle_blame(verdict, "an update in calm took %u lines, in a part of %u servers and %u links",
                         (unsigned)(after.lines - before.lines), before.servers, before.directions / 2);
    }
}

void heal_and_judge(struct sim_world *world, struct sim_verdict *verdict)
{
    struct sim_join join;
    struct tally before;
    uint32_t part;

    verdict->diverged = false;
    revive(world);
    part = draw_part(world);
    heal(world, part);
    before = count(world, part);
    oracle_join(world, part, &join);
    if (!heal_settle(world, part, HEAL_LIMIT_MS)) oracle_blame(verdict, "not quiet within %d ms", HEAL_LIMIT_MS);
    oracle_check(world, part, &join, verdict);
    judge_calm(world, part, verdict);
    oracle_join(world, part, &join);
    oracle_check(world, part, &join, verdict);
    if (count(world, part).divergences != before.divergences && !world->mood.tight)
        oracle_blame(verdict, "a divergence was counted");
}
