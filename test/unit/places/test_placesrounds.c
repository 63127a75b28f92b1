/* SPDX-License-Identifier: MIT */
/* Every round in front of a provider ends, however many come while it is served. */
#include "askers.h"

#include "herd/memory.h"

#define NEWCOMERS 400

/* One question at once. */
static void open_queue(struct world *world)
{
    struct herd_places_options options = {HERD_PLACES_DEFAULTS};
    options.transfers_per_host_max = 1;
    askers_open_with(world, "g", options);
}

static void answer_one(struct world *world)
{
    struct herd_places_request *request = herd_places_next(world->places, world->now_ms);
    assert_non_null(request);
    askers_answer(world, request, 200, "{}");
}

/* Two others ask one question after the other, and never let the provider rest. */
static void who_has_two_is_not_starved(void **state)
{
    struct world *world = *state;
    struct herd_places_asker connections[3] = {{0}};
    struct asker askers[4] = {0}; /* the first two are of one connection */
    unsigned turn = 0;
    open_queue(world);
    for (; turn < 50 && askers[1].ready == 0; turn++) {
        for (unsigned i = turn == 0 ? 0 : 2; i < 4; i++) {
            if (askers[i].ticket.state == HERD_PLACES_WAITING) continue;
            herd_places_leave(&askers[i].ticket);
            world->connection = &connections[i < 2 ? 0 : i - 1];
            askers_ask_at(world, &askers[i], 4 * turn + i);
        }
        answer_one(world);
    }
    assert_int_equal(turn, 4); /* the first, one of each other, the second */
    for (unsigned i = 0; i < 4; i++)
        herd_places_leave(&askers[i].ticket);
}

/* Connections that ask once and are gone, two for each answer: who stays connected has its second turn, too. */
struct newcomers {
    struct herd_places_asker connections[NEWCOMERS];
    struct asker askers[NEWCOMERS];
};

static void who_stays_is_not_starved_by_who_comes(void **state)
{
    struct world *world = *state;
    struct newcomers *newcomers = herd_memory_allocate_zeroed(1, sizeof *newcomers);
    struct herd_places_asker connection = {0};
    struct asker first = {0};
    struct asker second = {0};
    unsigned come = 0;
    open_queue(world);
    world->connection = &connection;
    askers_ask_at(world, &first, 1000);
    answer_one(world);
    herd_places_leave(&first.ticket);
    askers_ask_at(world, &second, 1001);
    while (come < NEWCOMERS && second.ready == 0) {
        for (unsigned end = come + 2; come < end; come++) {
            world->connection = &newcomers->connections[come];
            askers_ask_at(world, &newcomers->askers[come], come);
        }
        answer_one(world);
    }
    assert_int_equal(second.ready, 1);
    for (unsigned i = 0; i < come; i++)
        herd_places_leave(&newcomers->askers[i].ticket);
    herd_places_leave(&second.ticket);
    herd_memory_free(newcomers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_has_two_is_not_starved, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(who_stays_is_not_starved_by_who_comes, askers_setup, askers_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
