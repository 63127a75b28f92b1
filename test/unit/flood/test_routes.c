/* SPDX-License-Identifier: MIT */
/* Lines by routes that an inbound session knows: read otherwise than others, with the same result. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "floodfixture.h"

/* Whether the session knows so many routes, and lines are really read by them: these have one whose way is wrong. */
static void assert_read_by_routes(struct world *world, unsigned count)
{
    const struct herd_store *store = &world->rig.store;
    struct herd_version version;
    assert_int_equal(world->inbound.route_count, count);
    for (unsigned i = 0; i < count; i++)
        world->inbound.routes[i].way[0] = world->rig.flood.number;
    feed(world, "AT server1 +0.500000000 kiwi +1+1 8000000000.000000000 w1 Hands\n");
    herd_store_view(store, herd_store_find(store, HERD_TEXT("kiwi")), &version);
    assert_int_equal(version.way[0], world->rig.flood.number);
}

static void configure_numbered(struct world *world)
{
    char names[32];
    for (unsigned i = 0; i < 40; i++) {
        snprintf(names, sizeof(names), "server%u w%u", i, i);
        configure(world, names);
    }
}

static void feed_route(struct world *world, unsigned origin, unsigned way, unsigned second)
{
    char line[128];
    snprintf(line, sizeof(line), "AT server%u +0.500000000 kiwi +1+1 %010u.000000000 w%u Hands\n", origin, second, way);
    feed(world, line);
    rig_pump(&world->rig, 2);
    snprintf(line, sizeof(line), "AT server%u +0.500000000 kiwi +1+1 %010u.000000000 w%u Hands Goloman\n", origin,
             second, way);
    rig_assert_said(&world->rig, line);
}

/* As many as are known, in any order: each line leaves with its own way. */
static void each_route_has_its_way(void **state)
{
    struct world *world = *state;
    configure_numbered(world);
    rig_dial(&world->rig, 2, RIG_ONE, "- 0");
    rig_pump(&world->rig, 2);
    for (unsigned i = 0; i < 1000; i++)
        feed_route(world, i * 7 % 5, i * 11 % 3, i);
    feed(world,
         "AT server1 +0.5 kiwi +1+1 5 w1 Hands\nAT server1 +0.500000000 kiwi +1+1 5 w1 Hands\n"); /* no new one */
    assert_int_equal(world->rig.flood.counts.at_newer, 1000);
    assert_read_by_routes(world, 15);
}

static void more_routes_than_are_known(void **state)
{
    struct world *world = *state;
    configure_numbered(world);
    rig_dial(&world->rig, 2, RIG_ONE, "- 0");
    rig_pump(&world->rig, 2);
    for (unsigned i = 0; i < 1000; i++)
        feed_route(world, i % 3 == 0 ? i * 7 % 40 : i % 2, i * 11 % 5, i);
    assert_int_equal(world->rig.flood.counts.at_newer, 1000);
}

/* A line of a known route is not longer than others may be. */
static void a_usual_line_has_its_limit(void **state)
{
    struct world *world = *state;
    const char *line = "AT A +0.500000000 kiwi +1+1 1520023934.918963997 Hands\n";
    configure(world, "A");
    feed(world, line);
    world->inbound.framer.limit = strlen(line) - 1;
    feed(world, line);
    world->inbound.framer.limit--;
    assert_int_equal(rig_feed(&world->rig, &world->inbound, line), -EPROTO);
    assert_int_equal(world->rig.flood.counts.at_received, 2);
}

/* Of which no route is kept: each line goes the long way, whole. */
static void a_way_too_long_for_a_route(void **state)
{
    struct world *world = *state;
    const char *way = "a-server-with-a-long-name-1 a-server-with-a-long-name-2 a-server-with-a-long-name-3 "
                      "a-server-with-a-long-name-4 a-server-with-a-long-name-5 Hands";
    char line[320];
    configure(world, "A");
    configure(world, way);
    rig_dial(&world->rig, 2, RIG_ONE, "- 0");
    rig_pump(&world->rig, 2);
    for (unsigned i = 0; i < 3; i++) {
        snprintf(line, sizeof(line), "AT A +0.500000000 kiwi +1+1 152002393%u.918963997 %s\n", i, way);
        feed(world, line);
        rig_pump(&world->rig, 2);
        snprintf(line, sizeof(line), "AT A +0.500000000 kiwi +1+1 152002393%u.918963997 %s Goloman\n", i, way);
        rig_assert_said(&world->rig, line);
    }
    assert_int_equal(world->inbound.route_count, 0);
}

/* The end of a line that has begun is no line, however it looks. */
static void what_has_begun_goes_on(void **state)
{
    struct world *world = *state;
    const char *line = "AT A +0.500000000 kiwi +1+1 1520023934.918963997 Hands\n";
    configure(world, "A");
    feed(world, line);
    feed(world, "NEWS");
    feed(world, line);
    assert_int_equal(world->rig.flood.counts.at_received, 1);
    assert_int_equal(world->rig.flood.counts.lines_skipped, 1);
    feed(world, line);
    assert_int_equal(world->rig.flood.counts.at_received, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_route_has_its_way, setup, teardown),
        cmocka_unit_test_setup_teardown(more_routes_than_are_known, setup, teardown),
        cmocka_unit_test_setup_teardown(a_usual_line_has_its_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(a_way_too_long_for_a_route, setup, teardown),
        cmocka_unit_test_setup_teardown(what_has_begun_goes_on, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
