/* SPDX-License-Identifier: MIT */
/*
 * What MARK promises, against a neighbour that remembers only what it heard:
 * after MARK m, whatever it has not the newest version of has changed after m.
 * Random changes, echoes, narrow transports, cuts that lose what is in flight,
 * restarts of the neighbour, and bytes of its dead run that come late. At the
 * end it has everything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "herd/random.h"
#include "rig.h"

#define CLIENTS 9000 /* more than two slices of the scan */
#define HOT 40       /* of them these change, spread over all */
#define STEPS 6000

struct world {
    struct rig rig;
    struct herd_random random;
    unsigned current[CLIENTS]; /* seconds */
    uint64_t seqs[CLIENTS];
    char origins[CLIENTS][8];
    unsigned heard[CLIENTS]; /* by this run of the neighbour */
    uint64_t runs;           /* the incarnation of it */
    uint64_t mark;
    bool marked;
    struct herd_inbound inbound; /* of this run, or of the one before */
    uint64_t inbound_run;
};

static unsigned draw(struct world *world, unsigned bound)
{
    return (unsigned)herd_random_below(&world->random, bound);
}

static unsigned draw_hot(struct world *world)
{
    return draw(world, HOT) * (CLIENTS / HOT) + CLIENTS / HOT - 1;
}

static const char *run_text(uint64_t run, char text[17])
{
    snprintf(text, 17, "%016llx", (unsigned long long)run);
    return text;
}

static void report(struct world *world, unsigned client)
{
    char name[24];
    snprintf(name, sizeof(name), "c%u", client);
    rig_report(&world->rig, name, ++world->current[client]);
    world->seqs[client] = world->rig.store.seq;
    snprintf(world->origins[client], sizeof(world->origins[client]), "Goloman");
}

static void teach(struct world *world, const char *origin, unsigned client, unsigned seconds)
{
    char line[128];
    snprintf(line, sizeof(line), "AT %s +0.000000000 c%u +1+1 %u Hands\n", origin, client, seconds);
    assert_int_equal(rig_feed(&world->rig, &world->inbound, line), 0);
}

/* A client of the neighbour's: of its present run, or a late word of a dead one. */
static void learn_news(struct world *world)
{
    unsigned client = draw_hot(world);
    teach(world, "Hands", client, ++world->current[client]);
    world->seqs[client] = world->rig.store.seq;
    snprintf(world->origins[client], sizeof(world->origins[client]), "Hands");
    if (world->inbound_run == world->runs) world->heard[client] = world->current[client];
}

/* The neighbour repeats what it has. */
static void learn_echo(struct world *world)
{
    unsigned client = draw_hot(world);
    if (world->inbound_run != world->runs || world->heard[client] != world->current[client]) return;
    teach(world, world->origins[client], client, world->current[client]);
}

static void hear_mark(struct world *world, uint64_t mark)
{
    for (unsigned client = 0; client < CLIENTS; client++)
        if (world->heard[client] != world->current[client]) assert_true(world->seqs[client] > mark);
    world->mark = mark;
    world->marked = true;
}

static void hear(struct world *world, unsigned lines)
{
    char line[256];
    unsigned client;
    unsigned seconds;
    unsigned long long mark;
    while (lines-- > 0 && rig_take_line(&world->rig, line, sizeof(line))) {
        if (sscanf(line, "AT %*s %*s c%u %*s %u", &client, &seconds) == 2)
            world->heard[client] = seconds > world->heard[client] ? seconds : world->heard[client];
        else if (sscanf(line, "MARK %llu", &mark) == 1)
            hear_mark(world, mark);
        else
            assert_int_equal(strncmp(line, "PING ", 5), 0);
    }
}

static void accept_again(struct world *world)
{
    char text[17];
    struct herd_buffer out = world->rig.out; /* what the other stream has in flight stays */
    herd_buffer_init(&world->rig.out);
    herd_inbound_stop(&world->inbound);
    herd_inbound_finish(&world->inbound);
    rig_accept(&world->rig, &world->inbound, 0, run_text(world->runs, text));
    herd_buffer_finish(&world->rig.out);
    world->rig.out = out;
    world->inbound_run = world->runs;
}

/* The stream breaks with what is in flight, and is welcomed again with what was heard. */
static void reconnect(struct world *world)
{
    char text[17];
    char claim[64];
    snprintf(claim, sizeof(claim), RIG_SELF " %llu", (unsigned long long)world->mark);
    herd_outbound_stop(&world->rig.outbounds[0]);
    herd_buffer_clear(&world->rig.out);
    for (unsigned i = draw(world, 3); i > 0; i--)
        report(world, draw_hot(world));
    rig_dial(&world->rig, 0, run_text(world->runs, text), world->marked ? claim : "- 0");
}

/* The neighbour dies and comes back empty; its old stream to this server may live a little longer. */
static void restart(struct world *world)
{
    world->runs++;
    world->marked = false;
    memset(world->heard, 0, sizeof(world->heard));
    if (draw(world, 2) == 0) accept_again(world);
    reconnect(world);
}

static void step(struct world *world)
{
    struct herd_outbound *outbound = &world->rig.outbounds[0];
    unsigned choice = draw(world, 1000);
    if (choice < 2)
        restart(world);
    else if (choice < 10)
        reconnect(world);
    else if (choice < 15)
        accept_again(world);
    else if (choice < 300)
        report(world, draw_hot(world));
    else if (choice < 400)
        learn_news(world);
    else if (choice < 500)
        learn_echo(world);
    else if (choice < 550)
        herd_outbound_pump(outbound, 400000, &world->rig.out);
    else if (choice < 700)
        herd_outbound_pump(outbound, draw(world, 300), &world->rig.out);
    else if (choice < 800) {
        outbound->heard_ms = world->rig.now.monotonic_ms = outbound->pulse_ms;
        assert_int_equal(herd_outbound_tick(outbound, &world->rig.now, &world->rig.out), 0);
    } else if (choice < 820)
        hear(world, UINT32_MAX);
    else
        hear(world, draw(world, 10));
}

static void prepare(struct world *world, uint64_t seed)
{
    memset(world, 0, sizeof(*world));
    herd_random_init(&world->random, seed);
    rig_init(&world->rig, CLIENTS);
    for (unsigned client = 0; client < CLIENTS; client++)
        report(world, client);
    world->runs = world->inbound_run = 1;
    rig_accept(&world->rig, &world->inbound, 0, "0000000000000001");
    rig_dial(&world->rig, 0, "0000000000000001", "- 0");
}

static void mark_keeps_its_promise(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    for (uint64_t seed = 1; seed <= 8; seed++) {
        prepare(world, seed);
        for (int i = 0; i < STEPS; i++)
            step(world);
        rig_pump(&world->rig, 0);
        hear(world, UINT32_MAX);
        assert_memory_equal(world->heard, world->current, sizeof(world->current));
        world->rig.outbounds[0].heard_ms = world->rig.now.monotonic_ms = world->rig.outbounds[0].pulse_ms;
        assert_int_equal(herd_outbound_tick(&world->rig.outbounds[0], &world->rig.now, &world->rig.out), 0);
        hear(world, UINT32_MAX);
        assert_true(world->mark == world->rig.store.seq);
        herd_inbound_finish(&world->inbound);
        rig_finish(&world->rig);
    }
    free(world);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mark_keeps_its_promise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
