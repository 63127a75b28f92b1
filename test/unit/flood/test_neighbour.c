/* SPDX-License-Identifier: MIT */
/* Neighbours that come and go while sessions name them. */
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

#define HELLO "HELLO 1-1 herd Hands " RIG_ONE " -\n"

/* Stops what the rig has of a neighbour and gives it back. */
static void give(struct world *world, unsigned slot)
{
    herd_outbound_finish(&world->rig.outbounds[slot]);
    herd_flood_give_neighbour(&world->rig.flood, rig_neighbour(&world->rig, slot));
    assert_null(rig_neighbour(&world->rig, slot));
}

static void stop_inbound(struct world *world)
{
    herd_inbound_stop(&world->inbound);
}

/* As many as have slots. The name is the neighbour's own, whatever becomes of the one that was given. */
static void neighbours_are_found_by_name(void **state)
{
    struct world *world = *state;
    struct herd_flood *flood = &world->rig.flood;
    char name[] = "Welsh";
    struct herd_neighbour *welsh;
    herd_flood_give_neighbour(flood, NULL);
    assert_null(herd_flood_find(flood, HERD_TEXT("Welsh")));
    assert_null(herd_flood_take_neighbour(flood, herd_text_of(name)));
    give(world, 1);
    welsh = herd_flood_take_neighbour(flood, herd_text_of(name));
    assert_int_equal(welsh->slot, 1);
    memset(name, 'x', sizeof(name) - 1);
    assert_ptr_equal(herd_flood_find(flood, HERD_TEXT("Welsh")), welsh);
    assert_null(herd_flood_find(flood, herd_text_of(name)));
    assert_null(herd_flood_take_neighbour(flood, HERD_TEXT("Holiday")));
    herd_flood_give_neighbour(flood, welsh);
    assert_non_null(herd_flood_take_neighbour(flood, HERD_TEXT("Holiday")));
}

/* It said who it is, and is no neighbour any more by the time it could be welcomed. */
static void who_is_given_back_in_its_handshake_is_refused(void **state)
{
    struct world *world = *state;
    struct herd_inbound late;
    herd_inbound_init(&late, &world->rig.flood, true, &world->rig.now);
    assert_int_equal(rig_feed(&world->rig, &late, HELLO), 0);
    herd_buffer_clear(&world->rig.out);
    stop_inbound(world);
    give(world, 0);
    assert_int_equal(rig_feed(&world->rig, &late, "AUTH -\n"), -EPROTO);
    rig_assert_said(&world->rig, "REFUSE name not a neighbour of this server\n");
    assert_true(herd_text_equal(late.neighbour->name, HERD_TEXT("Hands"))); /* for who tells of it */
    herd_inbound_finish(&late);
    assert_true(herd_text_equal(world->inbound.neighbour->name, HERD_TEXT("Hands")));
    herd_inbound_init(&late, &world->rig.flood, true, &world->rig.now);
    assert_int_equal(rig_feed(&world->rig, &late, HELLO), -EPROTO);
    rig_assert_said(&world->rig, "REFUSE name not a neighbour of this server\n");
    herd_inbound_finish(&late);
}

/* One of the same name that comes later shares nothing with it: neither claim nor what was queued. */
static void the_same_name_again_is_another_neighbour(void **state)
{
    struct world *world = *state;
    struct rig *rig = &world->rig;
    struct herd_neighbour *again;
    rig->store.clients_max = 10;
    rig_dial(rig, 0, RIG_ONE, "- 0");
    rig_pump(rig, 0);
    rig_report(rig, "kiwi", 1);
    feed(world, "MARK 1\n");
    assert_true(rig_neighbour(rig, 0)->claimed);
    stop_inbound(world);
    give(world, 0);
    again = herd_flood_take_neighbour(&rig->flood, HERD_TEXT("Hands"));
    assert_ptr_not_equal(again, world->inbound.neighbour); /* which is kept for as long */
    assert_false(again->claimed);
    assert_int_equal(again->number, world->inbound.neighbour->number);
    assert_int_equal(herd_store_queued(&rig->store, again->slot), 1);
    herd_outbound_init(&rig->outbounds[0], &rig->flood, again);
    rig_report(rig, "lemon", 2);
    rig_dial(rig, 0, RIG_ONE, RIG_SELF " 1"); /* it has kiwi: so that is not told again, though it was queued */
    rig_pump(rig, 0);
    rig_assert_said(rig, "AT Goloman +0.000000000 lemon +1+1 2 Goloman\n");
}

/* A name that had no number gets one: what is stored of it is still the same, and is told in the same words. */
static void what_was_foreign_stays_the_same_version(void **state)
{
    struct world *world = *state;
    struct rig *rig = &world->rig;
    struct herd_digest digest;
    struct herd_version version;
    struct herd_neighbour *welsh;
    rig->store.clients_max = 10;
    feed(world, "AT Welsh +0.500000000 kiwi +1+1 5 Hands\n");
    digest = *herd_store_digest(&rig->store);
    herd_store_view(&rig->store, herd_store_find(&rig->store, HERD_TEXT("kiwi")), &version);
    assert_int_equal(version.origin, HERD_NAME_UNKNOWN);
    give(world, 1);
    welsh = herd_flood_take_neighbour(&rig->flood, HERD_TEXT("Welsh"));
    assert_int_not_equal(welsh->number, HERD_NAME_UNKNOWN);
    assert_memory_equal(herd_store_digest(&rig->store), &digest, sizeof(digest));
    feed(world, "AT Welsh +0.500000000 kiwi +1+1 5 Hands\n");
    assert_int_equal(rig->flood.counts.at_newer, 1);
    feed(world, "AT Welsh +0.500000000 lemon +1+1 5 Hands\nAT Wales +0.500000000 kiwi +1+1 5 Hands\n");
    assert_int_equal(rig->flood.counts.at_newer, 2); /* the order is by the name */
    herd_store_view(&rig->store, herd_store_find(&rig->store, HERD_TEXT("lemon")), &version);
    assert_int_equal(version.origin, welsh->number);
    rig_dial(rig, 2, RIG_ONE, "- 0");
    rig_pump(rig, 2);
    rig_assert_said(rig, "AT Welsh +0.500000000 kiwi +1+1 5 Hands Goloman\n"
                         "AT Welsh +0.500000000 lemon +1+1 5 Hands Goloman\n");
}

/* Numbers have run out: a neighbour without one teaches and is told as any other. */
static void a_neighbour_needs_no_number(void **state)
{
    struct world *world = *state;
    struct rig *rig = &world->rig;
    struct herd_names *names = &rig->store.names;
    struct herd_neighbour *welsh;
    struct herd_version version;
    struct herd_inbound inbound;
    char name[24];
    rig->store.clients_max = 10;
    for (unsigned i = 0; names->count < HERD_NAMES_MAX; i++) {
        snprintf(name, sizeof(name), "n%u", i);
        herd_names_add(names, herd_text_of(name));
    }
    give(world, 1);
    welsh = herd_flood_take_neighbour(&rig->flood, HERD_TEXT("Welsh"));
    assert_int_equal(welsh->number, HERD_NAME_UNKNOWN);
    assert_int_equal(names->count, HERD_NAMES_MAX);
    herd_inbound_init(&inbound, &rig->flood, true, &rig->now);
    assert_int_equal(rig_feed(rig, &inbound, "HELLO 1-1 herd Welsh " RIG_TWO " -\nAUTH -\n"), 0);
    assert_int_equal(inbound.state, HERD_PEER_LIVE);
    assert_int_equal(rig_feed(rig, &inbound, "AT Welsh +0.500000000 kiwi +1+1 5 Welsh\n"), 0);
    herd_buffer_clear(&rig->out);
    herd_store_view(&rig->store, herd_store_find(&rig->store, HERD_TEXT("kiwi")), &version);
    assert_true(herd_text_equal(herd_version_origin(names, &version), HERD_TEXT("Welsh")));
    rig_dial(rig, 2, RIG_ONE, "- 0");
    rig_pump(rig, 2);
    rig_assert_said(rig, "AT Welsh +0.500000000 kiwi +1+1 5 Goloman\n"); /* the way names whom everybody knows */
    herd_inbound_finish(&inbound);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(neighbours_are_found_by_name),
        TEST(who_is_given_back_in_its_handshake_is_refused),
        TEST(the_same_name_again_is_another_neighbour),
        TEST(what_was_foreign_stays_the_same_version),
        TEST(a_neighbour_needs_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
