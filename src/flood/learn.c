/* SPDX-License-Identifier: MIT */
/* What an inbound session teaches: one AT line becomes a version, offered to the store. */
#include "local.h"

/* The slot that certainly has what this session sends: the sender's, while that very run of it is connected. */
static unsigned sender_slot(const struct herd_inbound *inbound)
{
    const struct herd_neighbour *neighbour = inbound->neighbour;
    bool same_run = neighbour->connected && neighbour->connected_incarnation == inbound->peer_incarnation;

    if (HERD_MUTANT(ECHO_ALWAYS)) return HERD_SLOT_NONE;
    return same_run || HERD_MUTANT(ECHO_BY_NAME) ? neighbour->slot : HERD_SLOT_NONE;
}

/* The last seven of the servers it came through; one whose name finds no room in the table is left out. */
static void set_way(struct herd_store *store, const struct herd_peer_at *at, struct herd_version *version)
{
    unsigned i = at->visited_count > HERD_WAY_MAX ? at->visited_count - HERD_WAY_MAX : 0;

    version->way_count = 0;
    memset(version->way, HERD_NAME_UNKNOWN, sizeof version->way);
    for (; i < at->visited_count; i++) {
        uint8_t number = herd_names_number(&store->names, at->visited[i]);
        if (number != HERD_NAME_UNKNOWN) version->way[version->way_count++] = number;
    }
}

bool inbound_learn(struct herd_inbound *inbound, struct herd_text rest, const struct herd_now *now)
{
    struct herd_flood *flood = inbound->flood;
    struct herd_version version;
    struct herd_peer_at at;
    enum herd_put put;

    flood->counts.at_received++;
    if (herd_peer_parse_at(rest, &at) < 0) {
        flood->counts.at_dropped++;
        return false;
    }
    version.report = at.report;
    version.hash = 0;
    version.difference_ns = at.difference_ns;
    if (herd_store_expired(flood->store, &version, now->wall_ns)) {
        flood->counts.at_expired++;
        return true;
    }
    if (flood->store->ttl_ns != 0) herd_store_find_live(flood->store, at.report.client, now->wall_ns);
    version.origin = herd_names_number(&flood->store->names, at.origin);
    set_way(flood->store, &at, &version);
    put = version.origin == HERD_NAME_UNKNOWN ? HERD_PUT_FULL
                                              : herd_store_learn(flood->store, &version, sender_slot(inbound));
    if (put == HERD_PUT_SAME && HERD_MUTANT(CANCEL_BY_NAME))
        herd_store_learn(flood->store, &version, inbound->neighbour->slot);
    if (put == HERD_PUT_NEWER) flood->counts.at_newer++;
    if (put == HERD_PUT_FULL) flood->counts.at_full++;
    return put != HERD_PUT_FULL;
}
