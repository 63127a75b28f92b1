/* SPDX-License-Identifier: MIT */
/*
 * What an inbound session teaches: each AT line becomes a version. Versions
 * are offered to the store many at a time, as it is faster in looking up many
 * (herd_store_look_ahead), but before anything else of the session is read.
 */
#include "local.h"

#include <assert.h>

#include "herd/memory.h"

/* The slot that certainly has what this session sends: the sender's, while that very run of it is connected. */
static unsigned sender_slot(const struct herd_inbound *inbound)
{
    const struct herd_neighbour *neighbour = inbound->neighbour;
    bool same_run = neighbour->connected && neighbour->connected_incarnation == inbound->peer_incarnation;

    assert(neighbour->slot != HERD_SLOT_NONE); /* of a session that was live, which a neighbour outlives */
    if (HERD_MUTANT(ECHO_ALWAYS)) return HERD_SLOT_NONE;
    return same_run || HERD_MUTANT(ECHO_BY_NAME) ? neighbour->slot : HERD_SLOT_NONE;
}

/* The last seven of the servers it came through; one that the configuration does not name is left out. */
static void set_way(const struct herd_store *store, const struct herd_peer_at *at, struct herd_version *version)
{
    unsigned i = at->visited_count > HERD_WAY_MAX ? at->visited_count - HERD_WAY_MAX : 0;

    version->way_count = 0;
    memset(version->way, HERD_NAME_UNKNOWN, sizeof version->way);
    for (; i < at->visited_count; i++) {
        uint8_t number = herd_names_find(herd_store_names(store), at->visited[i]);
        if (number != HERD_NAME_UNKNOWN) version->way[version->way_count++] = number;
    }
}

/* What became of the version `i` that was read. */
static void note_put(struct herd_inbound *inbound, unsigned i)
{
    struct herd_flood *flood = inbound->flood;
    const struct herd_batch *learnt = &flood->learnt;

    switch (learnt->puts[i]) {
    case HERD_PUT_NEWER:
        flood->counts.at_newer++;
        if (flood->keep != NULL) flood->keep(flood->keeper, learnt->texts[i]);
        return;
    case HERD_PUT_FULL:
        flood->counts.at_full++;
        inbound->tainted = true;
        return;
    case HERD_PUT_SAME:
        if (HERD_MUTANT(CANCEL_BY_NAME)) herd_store_learn(flood->store, &learnt->versions[i], inbound->neighbour->slot);
        return;
    case HERD_PUT_OLDER:
    case HERD_PUT_REFUSED:
        return;
    }
}

/* By the origin's clock; what a version says of itself may be anything. */
static void record_delay(struct herd_flood *flood, const struct herd_version *version, int64_t now_ns)
{
    uint64_t received_ns = (uint64_t)version->report.time_ns + (uint64_t)version->difference_ns;

    herd_times_record(&flood->delays, (int64_t)((uint64_t)now_ns - received_ns));
}

void inbound_learn_read(struct herd_inbound *inbound, const struct herd_now *now)
{
    struct herd_flood *flood = inbound->flood;
    struct herd_batch *learnt = &flood->learnt;
    struct herd_batch_source source = {.learnt = true, .now_ns = now->wall_ns};
    unsigned i;

    if (learnt->count == 0) return;
    source.from = sender_slot(inbound);
    herd_batch_look_ahead(learnt, flood->store);
    herd_batch_put(learnt, flood->store, 0, learnt->count, &source);
    for (i = 0; i < learnt->count; i++)
        note_put(inbound, i);
    if (learnt->puts[learnt->count - 1] == HERD_PUT_NEWER)
        record_delay(flood, &learnt->versions[learnt->count - 1], now->wall_ns);
    learnt->count = 0;
}

/* The version just read is one to be learnt. */
static void keep_read(struct herd_inbound *inbound, const char *line, const struct herd_now *now)
{
    struct herd_flood *flood = inbound->flood;
    const struct herd_version *version = herd_batch_next(&flood->learnt);
    const struct herd_text *time = &version->report.time;

    if (herd_store_expired(flood->store, version, now->wall_ns)) {
        flood->counts.at_expired++;
        return;
    }
    /* Up to the end of the time: canonical, so that it is what would be written of the version. */
    if (herd_batch_add(&flood->learnt, (struct herd_text){line, (size_t)(time->bytes + time->length - line)}))
        inbound_learn_read(inbound, now);
}

static unsigned known_count(const struct herd_inbound *inbound)
{
    return inbound->route_count < HERD_ROUTES_IN ? inbound->route_count : HERD_ROUTES_IN;
}

/*
 * Of a line that had to be read the long way, which one by a known route has as well where it is in an unusual form.
 * Foreign origins have no routes: there may be any number of them.
 */
static void know_route(struct herd_inbound *inbound, const struct herd_peer_at *at, const struct herd_version *version)
{
    struct herd_known_route *known = &inbound->routes[inbound->route_count % HERD_ROUTES_IN];
    struct herd_route route;
    unsigned i;

    assert(inbound->route_last < HERD_ROUTES_IN && version->way_count <= HERD_WAY_MAX);
    if (version->origin == HERD_NAME_UNKNOWN) return;
    for (i = 0; i < known_count(inbound); i++)
        if (route_says(&inbound->routes[i], version)) return;
    if (!herd_route_make(at, &route)) return;
    known->route = route;
    route_note(known, version);
    inbound->route_count++;
}

/* A route that begins like the line. Mostly it is the last one's. */
static const struct herd_known_route *find_start(struct herd_inbound *inbound, struct herd_text bytes)
{
    unsigned i;

    if (herd_route_begins(&inbound->routes[inbound->route_last].route, bytes))
        return &inbound->routes[inbound->route_last];
    for (i = 0; i < known_count(inbound); i++) {
        if (!herd_route_begins(&inbound->routes[i].route, bytes)) continue;
        inbound->route_last = i;
        return &inbound->routes[i];
    }
    return NULL;
}

/* The one with the same start that ends like the line, which has come to `at`. */
static const struct herd_known_route *find_end(struct herd_inbound *inbound, const struct herd_known_route *start,
                                               const char *at, const char *end)
{
    unsigned i;

    if (herd_route_ends(&start->route, at, end)) return start;
    for (i = 0; i < known_count(inbound); i++) {
        const struct herd_known_route *known = &inbound->routes[i];
        if (known->origin != start->origin || !herd_route_ends(&known->route, at, end)) continue;
        inbound->route_last = i;
        return known;
    }
    return NULL;
}

size_t inbound_read_usual(struct herd_inbound *inbound, struct herd_text bytes, const struct herd_now *now)
{
    struct herd_flood *flood = inbound->flood;
    struct herd_version *version = herd_batch_next(&flood->learnt);
    const struct herd_known_route *known = find_start(inbound, bytes);
    const char *stop;
    size_t length;

    if (known == NULL) return 0;
    stop = herd_route_scan(&known->route, bytes, &version->report, &version->difference_ns);
    if (stop == NULL) return 0;
    known = find_end(inbound, known, stop, bytes.bytes + bytes.length);
    if (known == NULL) return 0;
    length = (size_t)(stop - bytes.bytes) + known->route.end_length;
    if (length - 1 > inbound->framer.limit) return 0;
    version->origin = known->origin;
    version->way_count = known->way_count;
    memcpy(version->way, known->way, sizeof version->way);
    flood->counts.at_received++;
    keep_read(inbound, bytes.bytes, now);
    return length;
}

void inbound_read_at(struct herd_inbound *inbound, struct herd_text line, struct herd_text rest,
                     const struct herd_now *now)
{
    struct herd_flood *flood = inbound->flood;
    struct herd_version *version = herd_batch_next(&flood->learnt);
    HERD_UNINITIALIZED struct herd_peer_at at;

    flood->counts.at_received++;
    if (herd_peer_parse_at(rest, &at) < 0) {
        flood->counts.at_dropped++;
        inbound->tainted = true;
        return;
    }
    version->report = at.report;
    version->difference_ns = at.difference_ns;
    herd_version_set_origin(herd_store_names(flood->store), at.origin, version);
    set_way(flood->store, &at, version);
    know_route(inbound, &at, version);
    keep_read(inbound, line.bytes, now);
}
