/* SPDX-License-Identifier: MIT */
/*
 * Who knows how it must end. The order of versions is written here once more,
 * from docs/protocol.md and not from the store, so that a mistake in one of
 * them shows.
 */
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>

void oracle_blame(struct sim_verdict *verdict, const char *format, ...)
{
    va_list arguments;

    if (verdict->diverged) return;
    verdict->diverged = true;
    va_start(arguments, format);
    vsnprintf(verdict->text, sizeof verdict->text, format, arguments);
    va_end(arguments);
}

static uint8_t number_of(const struct sim_world *world, struct herd_text name)
{
    unsigned i;

    for (i = 0; i < world->server_count; i++)
        if (herd_text_equal(world->servers[i].name, name)) break;
    return (uint8_t)i;
}

void oracle_note(const struct sim_world *world, const struct herd_names *names, const struct herd_version *version,
                 struct sim_best *ret_best)
{
    ret_best->known = true;
    ret_best->origin = number_of(world, herd_version_origin(names, version));
    ret_best->position_length = (uint8_t)version->report.position.length;
    ret_best->time_length = (uint8_t)version->report.time.length;
    ret_best->time_ns = version->report.time_ns;
    ret_best->difference_ns = version->difference_ns;
    memcpy(ret_best->position, version->report.position.bytes, ret_best->position_length);
    memcpy(ret_best->time, version->report.time.bytes, ret_best->time_length);
}

void oracle_look_up(const struct sim_world *world, const struct sim_server *server, unsigned client,
                    struct sim_best *ret_best)
{
    uint32_t record = herd_store_find(&server->store, sim_client(client));
    struct herd_version version;

    ret_best->known = false;
    if (record == 0) return;
    herd_store_view(&server->store, record, &version);
    oracle_note(world, &server->store.names, &version, ret_best);
}

static int compare_texts(const char *a, size_t a_length, const char *b, size_t b_length)
{
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);

    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

/* Time, time of receipt, name of the origin, position, text of the time. */
static int compare(const struct sim_world *world, const struct sim_best *a, const struct sim_best *b)
{
    struct herd_text a_name = world->servers[a->origin].name;
    struct herd_text b_name = world->servers[b->origin].name;
    int64_t a_received = a->time_ns + a->difference_ns;
    int64_t b_received = b->time_ns + b->difference_ns;
    int order;

    if (a->time_ns != b->time_ns) return a->time_ns < b->time_ns ? -1 : 1;
    if (a_received != b_received) return a_received < b_received ? -1 : 1;
    order = compare_texts(a_name.bytes, a_name.length, b_name.bytes, b_name.length);
    if (order == 0) order = compare_texts(a->position, a->position_length, b->position, b->position_length);
    if (order == 0) order = compare_texts(a->time, a->time_length, b->time, b->time_length);
    return order;
}

bool oracle_same(const struct sim_world *world, const struct sim_best *a, const struct sim_best *b)
{
    return a->known == b->known && (!a->known || compare(world, a, b) == 0);
}

void oracle_join(const struct sim_world *world, uint32_t part, struct sim_join *ret_join)
{
    unsigned client;
    unsigned i;

    for (client = 0; client < world->mood.client_count; client++) {
        struct sim_best *best = &ret_join->best[client];
        struct sim_best other;
        best->known = false;
        for (i = 0; i < world->server_count; i++) {
            if ((part >> i & 1) == 0) continue;
            oracle_look_up(world, &world->servers[i], client, &other);
            if (other.known && (!best->known || compare(world, &other, best) > 0)) *best = other;
        }
    }
}

/* -- Expiry -- */

/* All clocks are taken to where the latest is. Returns the oldest time of receipt that is still known. */
static int64_t expire_all(struct sim_world *world, uint32_t part, struct sim_join *join)
{
    int64_t latest_ns = INT64_MIN;
    unsigned i;

    for (i = 0; i < world->server_count; i++) {
        int64_t now_ns = world_now(world, &world->servers[i]).wall_ns;
        if ((part >> i & 1) != 0 && now_ns > latest_ns) latest_ns = now_ns;
    }
    for (i = 0; i < world->server_count; i++) {
        uint32_t cursor = 1;
        if ((part >> i & 1) != 0) herd_store_expire(&world->servers[i].store, latest_ns, UINT32_MAX, &cursor);
    }
    for (i = 0; i < world->mood.client_count; i++) {
        struct sim_best *best = &join->best[i];
        if (best->known && best->time_ns + best->difference_ns < latest_ns - world->mood.ttl_ns) best->known = false;
    }
    return latest_ns - world->mood.ttl_ns;
}

/* -- Checks -- */

static void sum(const struct sim_world *world, const struct sim_join *join, struct herd_digest key,
                struct herd_digest *ret_sum, uint32_t *ret_count)
{
    unsigned client;

    *ret_sum = (struct herd_digest){0, 0};
    *ret_count = 0;
    for (client = 0; client < world->mood.client_count; client++) {
        const struct sim_best *best = &join->best[client];
        struct herd_digest origin;
        char text[256];
        int length;
        if (!best->known) continue;
        origin = herd_digest_hash(key, 0, 0, world->servers[best->origin].name);
        length = snprintf(text, sizeof text, "%.*s %.*s %.*s", HERD_TEXT_ARGS(sim_client(client)),
                          (int)best->position_length, best->position, (int)best->time_length, best->time);
        herd_digest_add(ret_sum, herd_digest_hash(key, (uint64_t)(best->time_ns + best->difference_ns), origin.low,
                                                  (struct herd_text){text, (size_t)length}));
        ++*ret_count;
    }
}

static void check_client(const struct sim_world *world, const struct sim_server *server, unsigned client,
                         const struct sim_best *best, struct sim_verdict *verdict)
{
    struct herd_text name = sim_client(client);
    struct sim_best own;

    oracle_look_up(world, server, client, &own);
    if (own.known != best->known)
        oracle_blame(verdict, "%.*s %s %.*s", HERD_TEXT_ARGS(server->name), own.known ? "invented" : "lacks",
                     HERD_TEXT_ARGS(name));
    else if (own.known && compare(world, &own, best) != 0)
        oracle_blame(verdict, "%.*s has another version of %.*s", HERD_TEXT_ARGS(server->name), HERD_TEXT_ARGS(name));
}

static void check_lag(const struct sim_world *world, uint32_t part, struct sim_verdict *verdict)
{
    unsigned i;

    for (i = 0; i < world->direction_count; i++) {
        const struct sim_direction *direction = &world->directions[i];
        if ((part >> direction->from & 1) == 0 || !network_up(direction)) continue;
        if (herd_outbound_lag(&direction->link.outbound) != 0)
            oracle_blame(verdict, "%.*s lags", HERD_TEXT_ARGS(world->servers[direction->from].name));
    }
}

static void check_server(const struct sim_world *world, struct sim_server *server, const struct sim_join *join,
                         struct sim_verdict *verdict)
{
    const struct herd_digest *own;
    struct herd_digest digest;
    uint32_t known;
    unsigned client;

    for (client = 0; client < world->mood.client_count; client++)
        check_client(world, server, client, &join->best[client], verdict);
    sum(world, join, server->store.digest_key, &digest, &known);
    if (herd_store_count(&server->store) != known)
        oracle_blame(verdict, "%.*s counts wrongly", HERD_TEXT_ARGS(server->name));
    own = herd_store_digest(&server->store);
    if (own->low != digest.low || own->high != digest.high)
        oracle_blame(verdict, "%.*s has another digest", HERD_TEXT_ARGS(server->name));
}

/* Where stores were full neighbours may know different clients, but of those that both know the same. */
static void check_tight(const struct sim_world *world, uint32_t part, struct sim_verdict *verdict)
{
    unsigned i;
    unsigned client;
    struct sim_best a;

    for (i = 0; i < world->direction_count; i++) {
        const struct sim_direction *direction = &world->directions[i];
        if ((part >> direction->from & part >> direction->to & 1) == 0 || !network_up(direction)) continue;
        for (client = 0; client < world->mood.client_count; client++) {
            oracle_look_up(world, &world->servers[direction->from], client, &a);
            if (a.known && herd_store_find(&world->servers[direction->to].store, sim_client(client)) != 0)
                check_client(world, &world->servers[direction->to], client, &a, verdict);
        }
    }
}

/* What a client was told is stored is stored, or something newer. */
static void check_accepted(const struct sim_world *world, const struct sim_server *server, int64_t oldest_ns,
                           struct sim_verdict *verdict)
{
    unsigned client;
    struct sim_best own;

    for (client = 0; client < world->mood.client_count; client++) {
        const struct sim_best *accepted = &server->accepted[client];
        if (!accepted->known || accepted->time_ns + accepted->difference_ns < oldest_ns) continue;
        oracle_look_up(world, server, client, &own);
        if (!own.known || compare(world, &own, accepted) < 0)
            oracle_blame(verdict, "%.*s forgot %.*s", HERD_TEXT_ARGS(server->name), HERD_TEXT_ARGS(sim_client(client)));
    }
}

void oracle_check(struct sim_world *world, uint32_t part, struct sim_join *join, struct sim_verdict *verdict)
{
    int64_t oldest_ns = world->mood.ttl_ns != 0 ? expire_all(world, part, join) : INT64_MIN;
    unsigned i;

    check_lag(world, part, verdict);
    for (i = 0; i < world->server_count; i++) {
        if ((part >> i & 1) == 0) continue;
        check_accepted(world, &world->servers[i], oldest_ns, verdict);
        if (world->followed) follower_check(world, &world->servers[i], verdict);
    }
    if (world->mood.tight) {
        check_tight(world, part, verdict);
        return;
    }
    for (i = 0; i < world->server_count; i++)
        if ((part >> i & 1) != 0) check_server(world, &world->servers[i], join, verdict);
}
