/* SPDX-License-Identifier: MIT */
/*
 * Questions at one session, whose output is looked at instead of sent. The seam
 * for memory is this file's own, and counts.
 */
#include "clientfixture.h"

#include <string.h>

#include "../countedmemory.h"

#define LOCATED "AT Goloman +0.000000000 kiwi +34.068930-118.445127 1.5\n"
#define NOTHING "{\n   \"html_attributions\" : [],\n   \"results\" : [],\n   \"status\" : \"ZERO_RESULTS\"\n}\n\n"

static void say(struct world *world, const char *line)
{
    answer_line(&world->sessions[0], herd_text_of(line));
}

static void expect(struct world *world, const char *expected)
{
    world_expect(&world->sessions[0], expected);
}

static void allocates_nothing_where_places_are_at_hand(void **state)
{
    struct world *world = *state;
    unsigned before;

    world_open_index(world);
    say(world, "IAMAT kiwi +34.068930-118.445127 1.5");
    expect(world, LOCATED);
    say(world, "WHATSAT kiwi 10 5"); /* from here on the output has its memory */
    expect(world, LOCATED NOTHING);
    before = allocations;
    for (unsigned i = 0; i < 100; i++) {
        say(world, i % 2 == 0 ? "WHATSAT kiwi 10 5" : "WHATSAT kiwi 50 20");
        expect(world, LOCATED NOTHING);
    }
    assert_int_equal(allocations, before);
}

static void keeps_the_order_of_what_waits(void **state)
{
    struct world *world = *state;

    say(world, "IAMAT kiwi +34.068930-118.445127 1.5");
    expect(world, LOCATED);
    say(world, "WHATSAT kiwi 10 5"); /* no index is known yet */
    say(world, "WHATSAT kiwi 10 1");
    say(world, "IAMAT kiwi +0+0 1.25");
    say(world, "WHATSAT nobody 10 5");
    assert_int_equal(world->sessions[0].pending_count, 2);
    expect(world, "");
    world_open_index(world);
    say(world, "WHATSAT kiwi 50 5"); /* at hand, but not its turn */
    assert_int_equal(world->sessions[0].pending_count, 3);
    expect(world, "");
    answer_pendings(&world->sessions[0]);
    assert_int_equal(world->sessions[0].pending_count, 0);
    assert_int_equal(world->sessions[0].held_bytes, 0);
    expect(world, LOCATED NOTHING LOCATED NOTHING "AT Goloman +0.250000000 kiwi +0+0 1.25\n"
                                                  "? WHATSAT nobody 10 5\n" LOCATED NOTHING);
}

static void leaves_what_waits(void **state)
{
    struct world *world = *state;

    say(world, "IAMAT kiwi +34.068930-118.445127 1.5");
    expect(world, LOCATED);
    say(world, "WHATSAT kiwi 10 5");
    answer_forget(&world->sessions[0]);
    world_open_index(world);
    expect(world, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(allocates_nothing_where_places_are_at_hand, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(keeps_the_order_of_what_waits, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(leaves_what_waits, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
