/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "versions.h"

#define SLOTS 3

/* Records are numbered in the order of their first coming, so client n is record n. */
struct world {
    struct herd_store store;
    unsigned seconds;
};

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    if (world == NULL) return -1;
    versions_store_init(&world->store, SLOTS, 100000);
    for (unsigned slot = 0; slot < SLOTS; slot++)
        herd_store_activate(&world->store, slot);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    herd_store_finish(&world->store);
    free(world);
    return 0;
}

static enum herd_put put(struct world *world, unsigned client, unsigned seconds, unsigned from)
{
    char name[24];
    char text[24];
    snprintf(name, sizeof(name), "%u", client);
    struct herd_version version = versions_at(herd_text_of(name), seconds, 1, text);
    return herd_store_learn(&world->store, &version, from);
}

static void change(struct world *world, unsigned client, unsigned from)
{
    assert_int_equal(put(world, client, ++world->seconds, from), HERD_PUT_NEWER);
}

/* The next entries of a slot are those given, 0 for a cancelled one; then -1. */
static void assert_pops(struct world *world, unsigned slot, const int *expected)
{
    uint32_t record;
    for (; *expected >= 0; expected++) {
        assert_true(herd_store_pop(&world->store, slot, &record));
        assert_int_equal(record, *expected);
    }
}

static void assert_empty(struct world *world, unsigned slot)
{
    uint32_t record;
    assert_int_equal(herd_store_queued(&world->store, slot), 0);
    assert_false(herd_store_pop(&world->store, slot, &record));
}

static void entries_come_in_the_order_of_their_first_change(void **state)
{
    struct world *world = *state;
    static const unsigned changes[] = {1, 2, 3, 2, 1, 1, 4, 3};
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
        change(world, changes[i], HERD_SLOT_NONE);
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        assert_int_equal(herd_store_queued(&world->store, slot), 4);
        assert_pops(world, slot, (const int[]){1, 2, 3, 4, -1});
        assert_empty(world, slot);
    }
    change(world, 2, HERD_SLOT_NONE); /* an emptied FIFO starts anew */
    change(world, 1, HERD_SLOT_NONE);
    assert_pops(world, 1, (const int[]){2, 1, -1});
    assert_empty(world, 1);
}

/* An entry taken while others wait goes to the end when it changes again. */
static void a_sent_record_queues_again_at_the_end(void **state)
{
    struct world *world = *state;
    change(world, 1, HERD_SLOT_NONE);
    change(world, 2, HERD_SLOT_NONE);
    assert_pops(world, 0, (const int[]){1, -1});
    change(world, 1, HERD_SLOT_NONE);
    assert_pops(world, 0, (const int[]){2, 1, -1});
    assert_empty(world, 0);
    assert_pops(world, 1, (const int[]){1, 2, -1}); /* to the others it is still the same first entry */
    assert_empty(world, 1);
}

static void who_taught_it_is_not_told(void **state)
{
    struct world *world = *state;
    change(world, 1, 1);
    change(world, 2, HERD_SLOT_NONE);
    assert_pops(world, 0, (const int[]){1, 2, -1});
    assert_pops(world, 1, (const int[]){2, -1});
    assert_pops(world, 2, (const int[]){1, 2, -1});
    for (unsigned slot = 0; slot < SLOTS; slot++)
        assert_empty(world, slot);
}

static void an_echo_cancels_what_waits_and_stays_linked(void **state)
{
    struct world *world = *state;
    change(world, 1, HERD_SLOT_NONE);
    change(world, 2, HERD_SLOT_NONE);
    change(world, 3, HERD_SLOT_NONE);
    assert_int_equal(put(world, 2, 2, 1), HERD_PUT_SAME);
    for (unsigned slot = 0; slot < SLOTS; slot++)
        assert_int_equal(herd_store_queued(&world->store, slot), 3);
    assert_pops(world, 0, (const int[]){1, 2, 3, -1});
    assert_pops(world, 1, (const int[]){1, 0, 3, -1});
    assert_empty(world, 1);
}

/* A version that wins over what waits for its sender cancels that too; one that loses does not. */
static void only_who_has_the_newest_is_cancelled(void **state)
{
    struct world *world = *state;
    assert_int_equal(put(world, 1, 10, HERD_SLOT_NONE), HERD_PUT_NEWER);
    assert_int_equal(put(world, 1, 9, 0), HERD_PUT_OLDER);
    assert_int_equal(put(world, 1, 11, 1), HERD_PUT_NEWER);
    assert_int_equal(put(world, 1, 10, 2), HERD_PUT_OLDER);
    assert_pops(world, 0, (const int[]){1, -1});
    assert_pops(world, 1, (const int[]){0, -1});
    assert_pops(world, 2, (const int[]){1, -1});
}

static void a_cancelled_entry_queues_again_in_its_place(void **state)
{
    struct world *world = *state;
    change(world, 1, HERD_SLOT_NONE);
    change(world, 2, HERD_SLOT_NONE);
    assert_int_equal(put(world, 1, 1, 0), HERD_PUT_SAME);
    change(world, 1, HERD_SLOT_NONE);
    assert_int_equal(herd_store_queued(&world->store, 0), 2);
    assert_pops(world, 0, (const int[]){1, 2, -1});
    assert_empty(world, 0);

    change(world, 3, HERD_SLOT_NONE); /* the only entry: its link is to itself */
    assert_int_equal(put(world, 3, world->seconds, 0), HERD_PUT_SAME);
    change(world, 3, HERD_SLOT_NONE);
    change(world, 4, HERD_SLOT_NONE);
    assert_pops(world, 0, (const int[]){3, 4, -1});
    assert_empty(world, 0);
}

static void a_slot_that_is_gone_costs_nothing_more(void **state)
{
    struct world *world = *state;
    for (unsigned client = 1; client <= 10; client++)
        change(world, client, HERD_SLOT_NONE);
    herd_store_deactivate(&world->store, 0);
    for (unsigned client = 1; client <= 20; client++)
        change(world, client, HERD_SLOT_NONE);
    assert_int_equal(herd_store_queued(&world->store, 0), 10);
    assert_int_equal(herd_store_queued(&world->store, 1), 20);

    assert_true(herd_store_drop(&world->store, 0, 4));
    assert_int_equal(herd_store_queued(&world->store, 0), 6);
    assert_true(herd_store_drop(&world->store, 0, 5));
    assert_false(herd_store_drop(&world->store, 0, 1)); /* the last one in a slice of its own */
    assert_false(herd_store_drop(&world->store, 0, 4));
    assert_empty(world, 0);

    herd_store_activate(&world->store, 0);
    change(world, 7, HERD_SLOT_NONE);
    assert_pops(world, 0, (const int[]){7, -1});
    assert_empty(world, 0);
}

static void a_scan_queues_what_is_newer_than_the_mark(void **state)
{
    struct world *world = *state;
    uint32_t cursor = 1;
    herd_store_deactivate(&world->store, 2);
    for (unsigned client = 1; client <= 10; client++) /* sequence numbers 1 to 10 */
        change(world, client, HERD_SLOT_NONE);
    change(world, 3, HERD_SLOT_NONE); /* 11 */
    assert_false(herd_store_drop(&world->store, 2, 100));
    herd_store_activate(&world->store, 2);
    change(world, 9, HERD_SLOT_NONE); /* 12, ahead of the scan: queued once */

    assert_true(herd_store_scan(&world->store, 2, 7, 4, &cursor));
    assert_int_equal(cursor, 5);
    assert_int_equal(herd_store_queued(&world->store, 2), 2);
    assert_true(herd_store_scan(&world->store, 2, 7, 5, &cursor));
    change(world, 11, HERD_SLOT_NONE); /* born during the scan */
    assert_true(herd_store_scan(&world->store, 2, 7, 1, &cursor));
    assert_false(herd_store_scan(&world->store, 2, 7, 1, &cursor));
    assert_false(herd_store_scan(&world->store, 2, 7, 1, &cursor));
    assert_pops(world, 2, (const int[]){9, 3, 8, 11, 10, -1});
    assert_empty(world, 2);
}

static void a_scan_of_an_empty_store_ends_at_once(void **state)
{
    struct world *world = *state;
    uint32_t cursor = 1;
    assert_false(herd_store_scan(&world->store, 0, 0, 4096, &cursor));
    assert_empty(world, 0);
}

static void the_last_slot_works(void **state)
{
    struct herd_store store;
    char text[24];
    uint32_t record;
    struct herd_version version = versions_at(HERD_TEXT("kiwi"), 1, 1, text);
    versions_store_init(&store, HERD_SLOTS_MAX, 10);
    for (unsigned slot = 0; slot < HERD_SLOTS_MAX; slot++)
        herd_store_activate(&store, slot);
    assert_int_equal(herd_store_learn(&store, &version, HERD_SLOTS_MAX - 1), HERD_PUT_NEWER);
    for (unsigned slot = 0; slot < HERD_SLOTS_MAX; slot++)
        assert_int_equal(herd_store_pop(&store, slot, &record), slot < HERD_SLOTS_MAX - 1);
    herd_store_deactivate(&store, HERD_SLOTS_MAX - 1);
    version = versions_at(HERD_TEXT("kiwi"), 2, 1, text);
    assert_int_equal(herd_store_report(&store, &version), HERD_PUT_NEWER);
    assert_int_equal(herd_store_queued(&store, 0), 1);
    assert_int_equal(herd_store_queued(&store, HERD_SLOTS_MAX - 1), 0);
    herd_store_finish(&store);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(entries_come_in_the_order_of_their_first_change, setup, teardown),
        cmocka_unit_test_setup_teardown(a_sent_record_queues_again_at_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(who_taught_it_is_not_told, setup, teardown),
        cmocka_unit_test_setup_teardown(an_echo_cancels_what_waits_and_stays_linked, setup, teardown),
        cmocka_unit_test_setup_teardown(only_who_has_the_newest_is_cancelled, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cancelled_entry_queues_again_in_its_place, setup, teardown),
        cmocka_unit_test_setup_teardown(a_slot_that_is_gone_costs_nothing_more, setup, teardown),
        cmocka_unit_test_setup_teardown(a_scan_queues_what_is_newer_than_the_mark, setup, teardown),
        cmocka_unit_test_setup_teardown(a_scan_of_an_empty_store_ends_at_once, setup, teardown),
        cmocka_unit_test(the_last_slot_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
