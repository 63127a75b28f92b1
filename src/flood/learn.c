/* SPDX-License-Identifier: MIT */
/*
 * What an inbound session teaches: each AT line becomes a version. Versions
 * are offered to the store many at a time, as it is faster in looking up many
 * (herd_store_look_ahead), but before anything else of the session is read.
 */
#include "local.h"

#include "herd/memory.h"

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

static void learn(struct herd_inbound *inbound, const struct herd_version *version, struct herd_text text,
                  const struct herd_now *now)
{
    struct herd_flood *flood = inbound->flood;
    enum herd_put put;

    if (flood->store->ttl_ns != 0) herd_store_find_live(flood->store, version->report.client, now->wall_ns);
    put = version->origin == HERD_NAME_UNKNOWN ? HERD_PUT_FULL
                                               : herd_store_learn(flood->store, version, sender_slot(inbound));
    if (put == HERD_PUT_SAME && HERD_MUTANT(CANCEL_BY_NAME))
        herd_store_learn(flood->store, version, inbound->neighbour->slot);
    if (put == HERD_PUT_NEWER) {
        flood->counts.at_newer++;
        if (flood->keep != NULL) flood->keep(flood->keeper, text);
    }
    if (put != HERD_PUT_FULL) return;
    flood->counts.at_full++;
    inbound->tainted = true;
}

void inbound_learn_read(struct herd_inbound *inbound, const struct herd_now *now)
{
    struct herd_flood *flood = inbound->flood;
    unsigned i;

    if (flood->learnt_count == 0) return;
    herd_store_look_ahead(flood->store, flood->learnt, flood->learnt_count);
    for (i = 0; i < flood->learnt_count; i++)
        learn(inbound, &flood->learnt[i], flood->learnt_texts[i], now);
    flood->learnt_count = 0;
}

/* From the line's first byte to the end of the time: canonical, so that it is what would be written of the version. */
static struct herd_text text_of(struct herd_text line, const struct herd_report *report)
{
    return (struct herd_text){line.bytes, (size_t)(report->time.bytes + report->time.length - line.bytes)};
}

void inbound_read_at(struct herd_inbound *inbound, struct herd_text line, struct herd_text rest,
                     const struct herd_now *now)
{
    struct herd_flood *flood = inbound->flood;
    struct herd_version *version = &flood->learnt[flood->learnt_count];
    HERD_UNINITIALIZED struct herd_peer_at at;

    flood->counts.at_received++;
    if (herd_peer_parse_at(rest, &at) < 0) {
        flood->counts.at_dropped++;
        inbound->tainted = true;
        return;
    }
    version->report = at.report;
    version->difference_ns = at.difference_ns;
    if (herd_store_expired(flood->store, version, now->wall_ns)) {
        flood->counts.at_expired++;
        return;
    }
    version->origin = herd_names_number(&flood->store->names, at.origin);
    set_way(flood->store, &at, version);
    flood->learnt_texts[flood->learnt_count] = text_of(line, &at.report);
    if (++flood->learnt_count == HERD_LOOK_AHEAD_MAX) inbound_learn_read(inbound, now);
}
