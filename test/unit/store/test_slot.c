/* SPDX-License-Identifier: MIT */
/* Slots taken and given back, and those that are told of forgotten records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "herd/clock.h"
#include "versions.h"

#define TTL_S 60
#define CLIENTS 50

/* A store of three slots, none of them taken, whose records expire. */
static int setup(void **state)
{
    struct herd_store *store = calloc(1, sizeof(*store));
    if (store == NULL) return -1;
    versions_store_init(store, 3, 1000);
    for (unsigned slot = 0; slot < 3; slot++)
        herd_store_give_slot(store, slot);
    store->ttl_ns = TTL_S * HERD_NS_PER_S;
    *state = store;
    return 0;
}

static int teardown(void **state)
{
    herd_store_finish(*state);
    free(*state);
    return 0;
}

static uint32_t put(struct herd_store *store, const char *client, unsigned seconds)
{
    char text[24];
    struct herd_version version = versions_at(herd_text_of(client), seconds, 1, text);
    assert_int_equal(herd_store_learn(store, &version, HERD_SLOT_NONE), HERD_PUT_NEWER);
    return herd_store_find(store, version.report.client);
}

static void put_many(struct herd_store *store, unsigned seconds)
{
    char name[24];
    for (unsigned client = 0; client < CLIENTS; client++) {
        snprintf(name, sizeof(name), "client-%u", client);
        put(store, name, seconds);
    }
}

/* Forgets what was told before `seconds`. */
static void forget_before(struct herd_store *store, unsigned seconds)
{
    uint32_t cursor = 1;
    while (herd_store_expire(store, (int64_t)(seconds + TTL_S) * HERD_NS_PER_S, 7, &cursor))
        ;
}

static unsigned take(struct herd_store *store, unsigned flags)
{
    unsigned slot = herd_store_take_slot(store, flags);
    assert_int_not_equal(slot, HERD_SLOT_NONE);
    while (herd_store_drop(store, slot, 7))
        ;
    herd_store_activate(store, slot);
    return slot;
}

/* The next entry is of this client, forgotten or not; NULL: cancelled. */
static void assert_pops(struct herd_store *store, unsigned slot, const char *client, bool forgotten)
{
    struct herd_version version;
    uint32_t record = 77;
    assert_true(herd_store_pop(store, slot, &record));
    if (client == NULL) {
        assert_int_equal(record, 0);
        return;
    }
    assert_int_not_equal(record, 0);
    assert_int_equal(herd_store_forgotten(store, record), forgotten);
    herd_store_view(store, record, &version);
    assert_true(herd_text_equal(version.report.client, herd_text_of(client)));
    assert_true(herd_text_equal(version.report.position, HERD_TEXT(VERSIONS_POSITION)));
}

static void assert_empty(struct herd_store *store, unsigned slot)
{
    uint32_t record;
    assert_false(herd_store_pop(store, slot, &record));
    assert_int_equal(herd_store_queued(store, slot), 0);
}

static uint32_t texts(const struct herd_store *store)
{
    uint32_t live = 0;
    for (unsigned i = 0; i < HERD_TEXT_CLASSES; i++)
        live += store->texts[i].live;
    return live;
}

static void assert_memory(const struct herd_store *store, uint32_t records, uint32_t kept_texts)
{
    assert_int_equal(store->records.live, records);
    assert_int_equal(texts(store), kept_texts);
}

static void as_many_as_there_are(void **state)
{
    struct herd_store *store = *state;
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(herd_store_take_slot(store, 0), i);
    assert_int_equal(herd_store_take_slot(store, 0), HERD_SLOT_NONE);
    herd_store_give_slot(store, HERD_SLOT_NONE);
    assert_int_equal(herd_store_take_slot(store, 0), HERD_SLOT_NONE);
    herd_store_give_slot(store, 1);
    assert_int_equal(herd_store_take_slot(store, HERD_SLOT_TOLD_FORGOTTEN), 1);
    assert_int_equal(herd_store_take_slot(store, 0), HERD_SLOT_NONE);
}

/* What waited for one that is gone is not its successor's, and changes meanwhile are nobody's. */
static void the_next_owner_is_told_of_nothing_older(void **state)
{
    struct herd_store *store = *state;
    unsigned slot = take(store, HERD_SLOT_TOLD_FORGOTTEN);
    put_many(store, 100);
    put(store, "client-7", 101);
    forget_before(store, 101);
    herd_store_give_slot(store, slot);
    put(store, "kiwi", 200);
    assert_int_equal(herd_store_queued(store, slot), CLIENTS);
    assert_int_equal(take(store, 0), slot);
    assert_empty(store, slot);
    assert_memory(store, 2, 2);
    put(store, "kiwi", 201);
    put(store, "client-8", 201);
    assert_pops(store, slot, "kiwi", false);
    assert_pops(store, slot, "client-8", false);
    assert_empty(store, slot);
    put(store, "kiwi", 202);
    forget_before(store, 300); /* the flag went with the owner before */
    assert_pops(store, slot, NULL, false);
    assert_memory(store, 0, 0);
}

/* Where nobody takes it the sweep empties it, as many entries at once as it looks at records. */
static void a_slot_given_back_is_emptied_by_the_sweep(void **state)
{
    struct herd_store *store = *state;
    unsigned slots[2] = {take(store, 0), take(store, HERD_SLOT_TOLD_FORGOTTEN)};
    uint32_t cursor = 1;
    put_many(store, 100);
    forget_before(store, 101);
    assert_memory(store, CLIENTS, CLIENTS);
    herd_store_give_slot(store, slots[1]);
    herd_store_expire(store, 0, CLIENTS - 1, &cursor);
    assert_int_equal(herd_store_queued(store, slots[1]), 1);
    assert_memory(store, CLIENTS, 1);
    herd_store_expire(store, 0, 2, &cursor);
    assert_int_equal(herd_store_queued(store, slots[1]), 0);
    assert_int_equal(herd_store_queued(store, slots[0]), CLIENTS); /* that one has an owner */
    assert_memory(store, CLIENTS, 0);
    herd_store_give_slot(store, slots[0]);
    herd_store_expire(store, 0, CLIENTS, &cursor);
    assert_memory(store, 0, 0);
}

/* It comes at its place in the FIFO, with what was known of it, once. Who did not ask passes over it, as ever. */
static void who_asks_is_told_what_was_forgotten(void **state)
{
    struct herd_store *store = *state;
    unsigned plain = take(store, 0);
    unsigned told = take(store, HERD_SLOT_TOLD_FORGOTTEN);
    const struct herd_digest empty = *herd_store_digest(store);
    put(store, "a", 100);
    put(store, "b", 200);
    put(store, "c", 100);
    assert_pops(store, told, "a", false); /* so it is not queued when it is forgotten; c is */
    forget_before(store, 101);
    assert_int_equal(herd_store_count(store), 1);
    assert_int_equal(herd_store_find(store, HERD_TEXT("a")), 0);
    assert_pops(store, told, "b", false);
    assert_pops(store, told, "c", true);
    assert_pops(store, told, "a", true);
    assert_empty(store, told);
    assert_memory(store, 3, 1); /* linked where nobody asked */
    assert_pops(store, plain, NULL, false);
    assert_pops(store, plain, "b", false);
    assert_pops(store, plain, NULL, false);
    assert_empty(store, plain);
    assert_memory(store, 1, 1);
    forget_before(store, 201);
    assert_memory_equal(herd_store_digest(store), &empty, sizeof(empty));
    assert_pops(store, told, "b", true);
    assert_empty(store, told);
    assert_memory(store, 0, 0);
}

/* The text goes with the last of those who asked, whoever that is, and however it is taken off. */
static void the_last_one_told_frees_it(void **state)
{
    struct herd_store *store = *state;
    unsigned first = take(store, HERD_SLOT_TOLD_FORGOTTEN);
    unsigned second = take(store, HERD_SLOT_TOLD_FORGOTTEN);
    put(store, "a", 100);
    forget_before(store, 101);
    assert_pops(store, first, "a", true);
    assert_empty(store, first);
    assert_memory(store, 1, 1);
    assert_pops(store, second, "a", true);
    assert_memory(store, 1, 1); /* being looked at */
    assert_empty(store, first);
    assert_memory(store, 0, 0);
    put(store, "b", 200);
    forget_before(store, 201);
    herd_store_deactivate(store, first);
    assert_pops(store, second, "b", true);
    assert_false(herd_store_drop(store, first, 1));
    assert_empty(store, second);
    assert_memory(store, 0, 0);
    put(store, "c", 300);
    forget_before(store, 301); /* one of them is not active: told nothing, though it was before */
    assert_pops(store, second, "c", true);
    put(store, "d", 400);
    assert_pops(store, second, "d", false);
    assert_empty(store, second);
    assert_memory(store, 1, 1);
}

/* What is being looked at stays as it is while the next ones are forgotten, come back and change. */
static void a_forgotten_record_can_be_looked_at_until_the_next_one(void **state)
{
    struct herd_store *store = *state;
    unsigned slot = take(store, HERD_SLOT_TOLD_FORGOTTEN);
    struct herd_version version;
    uint32_t record;
    put(store, "a", 100);
    put(store, "b", 100);
    forget_before(store, 101);
    assert_true(herd_store_pop(store, slot, &record));
    herd_store_view(store, record, &version);
    put(store, "a", 200);
    put(store, "x", 200);
    assert_true(herd_text_equal(version.report.client, HERD_TEXT("a")));
    assert_true(version.report.time_ns == 100 * HERD_NS_PER_S);
    assert_true(herd_store_forgotten(store, record));
    assert_pops(store, slot, "b", true);
    assert_pops(store, slot, "a", false); /* another record of the same client, after the one that was forgotten */
    assert_pops(store, slot, "x", false);
    assert_empty(store, slot);
    assert_memory(store, 2, 2);
}

/* A forgotten record that still has its text is nobody's: what was found by looking ahead is not taken for it. */
static void what_was_forgotten_since_looking_ahead_is_not_put_back(void **state)
{
    struct herd_store *store = *state;
    unsigned slot = take(store, HERD_SLOT_TOLD_FORGOTTEN);
    uint32_t old = put(store, "a", 100);
    char text[24];
    struct herd_version version = versions_at(HERD_TEXT("a"), 200, 1, text);
    herd_store_look_ahead(store, &version, 1);
    assert_int_equal(herd_store_find_live(store, HERD_TEXT("a"), (100 + TTL_S + 1) * HERD_NS_PER_S), 0);
    assert_int_equal(herd_store_learn(store, &version, HERD_SLOT_NONE), HERD_PUT_NEWER);
    assert_int_equal(herd_store_count(store), 1);
    assert_int_not_equal(herd_store_find(store, HERD_TEXT("a")), 0);
    assert_int_not_equal(herd_store_find(store, HERD_TEXT("a")), old);
    assert_pops(store, slot, "a", true);
    assert_pops(store, slot, "a", false);
    assert_empty(store, slot);
}

/* Given back without being started again, and while a record of it is being looked at. */
static void giving_back_in_the_middle(void **state)
{
    struct herd_store *store = *state;
    unsigned slot = take(store, HERD_SLOT_TOLD_FORGOTTEN);
    put_many(store, 100);
    forget_before(store, 101);
    assert_pops(store, slot, "client-0", true);
    herd_store_give_slot(store, slot);
    assert_int_equal(herd_store_take_slot(store, HERD_SLOT_TOLD_FORGOTTEN), slot);
    herd_store_give_slot(store, slot);
    assert_int_equal(take(store, HERD_SLOT_TOLD_FORGOTTEN), slot);
    put(store, "kiwi", 200);
    assert_pops(store, slot, "kiwi", false);
    assert_empty(store, slot);
    assert_memory(store, 1, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(as_many_as_there_are),
        TEST(the_next_owner_is_told_of_nothing_older),
        TEST(a_slot_given_back_is_emptied_by_the_sweep),
        TEST(who_asks_is_told_what_was_forgotten),
        TEST(the_last_one_told_frees_it),
        TEST(a_forgotten_record_can_be_looked_at_until_the_next_one),
        TEST(what_was_forgotten_since_looking_ahead_is_not_put_back),
        TEST(giving_back_in_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
