/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "herd/flood.h"

#define START 1000

struct world {
    struct herd_redial redial;
    struct herd_random random;
    int64_t now_ms;
};

static void begin(struct world *world, uint64_t seed)
{
    world->now_ms = START;
    herd_random_init(&world->random, seed);
    herd_redial_init(&world->redial, world->now_ms);
}

/* Dials when due and fails at once: how long it waits for the next. */
static int64_t fail_once(struct world *world)
{
    world->now_ms = world->redial.at_ms;
    herd_redial_dialled(&world->redial);
    assert_true(world->redial.at_ms == INT64_MAX);
    herd_redial_failed(&world->redial, &world->random, world->now_ms);
    return world->redial.at_ms - world->now_ms;
}

/* Dials when due, is welcomed, and fails after so long. */
static int64_t stay(struct world *world, int64_t up_ms)
{
    world->now_ms = world->redial.at_ms;
    herd_redial_dialled(&world->redial);
    herd_redial_welcomed(&world->redial, world->now_ms);
    world->now_ms += up_ms;
    herd_redial_failed(&world->redial, &world->random, world->now_ms);
    return world->redial.at_ms - world->now_ms;
}

/* Fails until the wait is as long as it gets. */
static void wear_out(struct world *world)
{
    for (int i = 0; fail_once(world) < HERD_REDIAL_MAX_MS; i++)
        assert_true(i < 1000);
}

static void dials_at_once_then_backs_off(void **state)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct world world;
        int64_t previous_ms = HERD_REDIAL_BASE_MS;
        begin(&world, seed);
        assert_true(world.redial.at_ms == START);
        for (int i = 0; i < 100; i++) {
            int64_t wait_ms = fail_once(&world);
            assert_in_range(wait_ms, HERD_REDIAL_BASE_MS, HERD_REDIAL_MAX_MS);
            assert_true(wait_ms <= 3 * previous_ms);
            previous_ms = wait_ms;
        }
    }
    (void)state;
}

static void only_a_stable_session_resets_the_wait(void **state)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct world world;
        begin(&world, seed);
        wear_out(&world);
        assert_true(stay(&world, HERD_REDIAL_STABLE_MS) <= 3 * HERD_REDIAL_BASE_MS);
    }
    int64_t longest_ms = 0;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct world world;
        int64_t wait_ms;
        begin(&world, seed);
        wear_out(&world);
        wait_ms = stay(&world, HERD_REDIAL_STABLE_MS - 1);
        if (wait_ms > longest_ms) longest_ms = wait_ms;
        fail_once(&world); /* a stable session long ago counts once: this one was never welcomed */
        assert_true(world.redial.welcomed_ms == 0);
    }
    assert_true(longest_ms > 3 * HERD_REDIAL_BASE_MS);
    (void)state;
}

static void urging_dials_now_but_at_most_once_a_second(void **state)
{
    struct world world;
    begin(&world, 5);
    wear_out(&world);
    int64_t urged_ms = world.now_ms + 10;
    herd_redial_urge(&world.redial, urged_ms);
    assert_true(world.redial.at_ms == urged_ms);

    world.redial.backoff.previous_ms = HERD_REDIAL_MAX_MS; /* a long wait follows */
    fail_once(&world);
    world.redial.at_ms = urged_ms + HERD_REDIAL_MAX_MS;
    herd_redial_urge(&world.redial, urged_ms + 1); /* too early: when the second is over */
    assert_true(world.redial.at_ms == urged_ms + HERD_REDIAL_URGE_MS);
    herd_redial_urge(&world.redial, urged_ms + 2);
    assert_true(world.redial.at_ms == urged_ms + HERD_REDIAL_URGE_MS);

    fail_once(&world);
    world.redial.at_ms = world.now_ms + HERD_REDIAL_MAX_MS;
    herd_redial_urge(&world.redial, world.now_ms + HERD_REDIAL_URGE_MS + 7);
    assert_true(world.redial.at_ms == world.now_ms + HERD_REDIAL_URGE_MS + 7);
    (void)state;
}

static void urging_never_delays_nor_disturbs(void **state)
{
    struct world world;
    begin(&world, 6);
    herd_redial_urge(&world.redial, START - 1); /* due sooner than urged */
    assert_true(world.redial.at_ms <= START);
    herd_redial_urge(&world.redial, START + 5000); /* overdue */
    assert_true(world.redial.at_ms <= START);
    herd_redial_dialled(&world.redial);
    herd_redial_urge(&world.redial, START + 5001); /* being dialled */
    assert_true(world.redial.at_ms == INT64_MAX);
    herd_redial_welcomed(&world.redial, START + 5002);
    herd_redial_urge(&world.redial, START + 9000); /* up */
    assert_true(world.redial.at_ms == INT64_MAX);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dials_at_once_then_backs_off),
        cmocka_unit_test(only_a_stable_session_resets_the_wait),
        cmocka_unit_test(urging_dials_now_but_at_most_once_a_second),
        cmocka_unit_test(urging_never_delays_nor_disturbs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
