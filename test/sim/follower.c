/* SPDX-License-Identifier: MIT */
/*
 * Somebody who follows a store: told of every change and of what was forgotten,
 * it must know what the store has whenever it was told of all. It comes, goes
 * and takes whatever slot is free, which a neighbour may have had before.
 */
#include "sim.h"

static bool is_client(unsigned client, struct herd_text name)
{
    return herd_text_equal(sim_client(client), name);
}

static void hear(const struct sim_world *world, struct sim_server *server, uint32_t record)
{
    struct herd_version version;
    unsigned client = 0;

    herd_store_view(&server->store, record, &version);
    while (!is_client(client, version.report.client))
        client++;
    oracle_note(world, &server->store.names, &version, &server->follower.known[client]);
    if (herd_store_forgotten(&server->store, record)) server->follower.known[client].known = false;
}

static void come(struct sim_server *server)
{
    struct sim_follower *follower = &server->follower;

    memset(follower, 0, sizeof *follower);
    follower->slot = herd_store_take_slot(&server->store, HERD_SLOT_TOLD_FORGOTTEN);
    follower->dropping = true;
    follower->cursor = 1;
}

static void go(struct sim_server *server)
{
    herd_store_give_slot(&server->store, server->follower.slot);
    server->follower.slot = HERD_SLOT_NONE;
}

/* Does at most so much of what comes next: false where nothing is left to do. */
static bool work(const struct sim_world *world, struct sim_server *server, uint32_t slice)
{
    struct sim_follower *follower = &server->follower;
    struct herd_store *store = &server->store;
    uint32_t record;

    if (follower->dropping) {
        follower->dropping = herd_store_drop(store, follower->slot, slice);
        if (!follower->dropping) herd_store_activate(store, follower->slot);
        return true;
    }
    if (follower->cursor != 0 && !herd_store_scan(store, follower->slot, 0, slice, &follower->cursor))
        follower->cursor = 0;
    for (; slice > 0; slice--) {
        if (!herd_store_pop(store, follower->slot, &record)) return follower->cursor != 0;
        if (record != 0) hear(world, server, record);
    }
    return true;
}

void follower_start(struct sim_world *world, struct sim_server *server)
{
    server->follower.slot = HERD_SLOT_NONE;
    if (world->followed) come(server);
}

void follower_step(struct sim_world *world, struct sim_server *server)
{
    if (server->follower.slot == HERD_SLOT_NONE) {
        if (sim_pick_aside(world, 4) == 0) come(server);
    } else if (sim_pick_aside(world, 32) == 0) {
        go(server);
    } else {
        work(world, server, 1 + sim_pick_aside(world, 8));
    }
}

/* Of slots that were given back, too. */
static bool any_queued(const struct herd_store *store)
{
    unsigned slot;

    for (slot = 0; slot < store->slot_count; slot++)
        if (herd_store_queued(store, slot) > 0) return true;
    return false;
}

static void check_memory(const struct sim_server *server, struct sim_verdict *verdict)
{
    const struct herd_store *store = &server->store;
    uint32_t texts = 0;
    unsigned i;

    if (any_queued(store)) return;
    for (i = 0; i < HERD_TEXT_CLASSES; i++)
        texts += store->texts[i].live;
    if (store->records.live != herd_store_count(store) || texts != herd_store_count(store))
        oracle_blame(verdict, "%.*s has %u records and %u texts of %u clients", HERD_TEXT_ARGS(server->name),
                     store->records.live, texts, herd_store_count(store));
}

void follower_check(struct sim_world *world, struct sim_server *server, struct sim_verdict *verdict)
{
    struct sim_best own;
    unsigned client;

    if (server->follower.slot == HERD_SLOT_NONE) come(server);
    while (work(world, server, 8))
        continue;
    for (client = 0; client < world->mood.client_count; client++) {
        oracle_look_up(world, server, client, &own);
        if (!oracle_same(world, &own, &server->follower.known[client]))
            oracle_blame(verdict, "who follows %.*s was told otherwise of %.*s", HERD_TEXT_ARGS(server->name),
                         HERD_TEXT_ARGS(sim_client(client)));
    }
    check_memory(server, verdict);
}
