/* SPDX-License-Identifier: MIT */
/*
 * Servers: their graph, their runs, their clocks and their clients.
 *
 * Times of reports are few, half seconds apart and written in several ways,
 * so that every tie of the total order is met. One of the ways is the usual
 * one, in which lines are read and written by known routes. Where records expire the time
 * of receipt is the report's own: the order of versions and the order in which
 * they expire must be one, or what is known depends on who heard what first.
 */
#include "sim.h"

#include "herd/clock.h"
#include "herd/memory.h"

#define WALL_S INT64_C(1600000000)

static const char *const names[SIM_SERVERS_MAX] = {"Goloman", "Hands",  "Holiday", "Welsh",
                                                   "Wilkes",  "Alford", "Bolden"};

/* Pairs of the herd of docs/configuration.md. */
static const uint8_t five[6][2] = {{0, 1}, {0, 2}, {0, 4}, {1, 4}, {2, 3}, {2, 4}};

static void toy_mac(const unsigned char key[HERD_KEY_BYTES], struct herd_text text, unsigned char mac[HERD_KEY_BYTES])
{
    const struct herd_digest start = {key[0], key[1]};
    struct herd_digest hash = herd_digest_hash(start, 0, 0, text);

    memset(mac, 0, HERD_KEY_BYTES);
    memcpy(mac, &hash, sizeof hash);
}

static void fill(void *owner, void *out, size_t length)
{
    struct sim_world *world = owner;
    unsigned char *bytes = out;

    while (length-- > 0)
        *bytes++ = (unsigned char)herd_random_next(&world->random);
}

struct herd_now world_now(const struct sim_world *world, const struct sim_server *server)
{
    return (struct herd_now){world->now_ms,
                             WALL_S * HERD_NS_PER_S + world->now_ms * HERD_NS_PER_MS + server->clock_offset_ns};
}

/* -- Graphs -- */

static void add_direction(struct sim_world *world, unsigned from, unsigned to, unsigned reverse)
{
    struct sim_direction *direction = &world->directions[world->direction_count];
    struct sim_server *server = &world->servers[from];

    direction->from = (uint8_t)from;
    direction->to = (uint8_t)to;
    direction->reverse = (uint8_t)reverse;
    direction->removed = direction->blocked = false;
    direction->window = sim_one_in(world, 6) ? 1 + sim_pick(world, 150) : 4096;
    direction->current = NULL;
    server->out[server->out_count++] = (uint8_t)world->direction_count++;
}

static void add_link(struct sim_world *world, unsigned a, unsigned b)
{
    unsigned number = world->direction_count;

    add_direction(world, a, b, number + 1);
    add_direction(world, b, a, number);
}

static bool linked(const struct sim_world *world, unsigned a, unsigned b)
{
    unsigned i;

    for (i = 0; i < world->direction_count; i++)
        if (world->directions[i].from == a && world->directions[i].to == b) return true;
    return false;
}

/* A random tree, and some links more. */
static void draw_graph(struct sim_world *world)
{
    unsigned more = sim_pick(world, world->server_count);
    unsigned server;

    for (server = 1; server < world->server_count; server++)
        add_link(world, server, sim_pick(world, server));
    while (more-- > 0) {
        unsigned a = sim_pick(world, world->server_count);
        unsigned b = sim_pick(world, world->server_count);
        if (a != b && !linked(world, a, b)) add_link(world, a, b);
    }
}

static void draw_links(struct sim_world *world, const struct sim_options *options, uint64_t seed)
{
    bool fixed = seed % 2 == 0 && options->servers_min <= 5 && options->servers_max >= 5;
    unsigned i;

    world->server_count =
        fixed ? 5 : options->servers_min + sim_pick(world, options->servers_max - options->servers_min + 1);
    for (i = 0; i < world->server_count; i++) {
        world->servers[i].name = herd_text_of(names[i]);
        world->servers[i].out_count = 0;
    }
    world->direction_count = 0;
    for (i = 0; fixed && i < 6; i++)
        add_link(world, five[i][0], five[i][1]);
    if (!fixed) draw_graph(world);
}

/* -- Runs -- */

static uint64_t draw_incarnation(struct sim_world *world, const struct sim_server *server)
{
    if (mutants_is(HERD_MUTANT_INCARNATION_KEPT) && server->flood.incarnation != 0) return server->flood.incarnation;
    return herd_random_next(&world->random) | 1;
}

static void draw_clock(struct sim_world *world, struct sim_server *server)
{
    static const int32_t offsets_ms[] = {0, 0, 0, 500, -500, 1000, -1000, 3000, -3000, 60000, -60000};
    uint32_t count = world->mood.ttl_ns != 0 ? 7 : sizeof offsets_ms / sizeof offsets_ms[0];

    server->clock_offset_ns = offsets_ms[sim_pick(world, count)] * HERD_NS_PER_MS;
}

static void name_servers(const struct sim_world *world, struct sim_server *server)
{
    unsigned i;

    for (i = 0; i < world->server_count && !world->strangers; i++)
        herd_names_add(&server->store.names, world->servers[i].name);
}

static void init_flood(struct sim_world *world, struct sim_server *server)
{
    struct herd_flood *flood = &server->flood;
    uint64_t incarnation = draw_incarnation(world, server);
    unsigned i;

    herd_flood_init(flood, &server->store, HERD_TEXT("herd"), server->name, incarnation,
                    herd_random_next(&world->random));
    flood->scan_slice = world->mood.scan_slice;
    flood->pops_per_mark = world->mood.pops_per_mark;
    flood->keep = chronicle_keep;
    flood->keeper = server;
    if (world->mood.keyed)
        flood->keys = (struct herd_keys){.count = 1, .keys = {{1, 2}}, .mac = toy_mac, .fill = fill, .owner = world};
    for (i = 0; i < server->out_count; i++) {
        struct sim_direction *direction = &world->directions[server->out[i]];
        if (!direction->removed) network_init(world, direction);
    }
}

void world_start(struct sim_world *world, unsigned number)
{
    static const struct herd_siphash_key key = {1, 2};
    struct sim_server *server = &world->servers[number];

    server->alive = true;
    memset(server->accepted, 0, sizeof server->accepted);
    draw_clock(world, server);
    herd_store_init(&server->store, &key, server->out_count + 1, world->mood.clients_max);
    server->store.ttl_ns = world->mood.ttl_ns;
    name_servers(world, server);
    init_flood(world, server);
    follower_start(world, server);
    chronicle_replay(world, server);
}

static void end_run(struct sim_world *world, struct sim_server *server)
{
    unsigned i;

    for (i = 0; i < server->out_count; i++) {
        struct sim_direction *direction = &world->directions[server->out[i]];
        if (!direction->removed) herd_link_finish(&direction->link);
    }
    herd_flood_finish(&server->flood);
    herd_store_finish(&server->store);
    server->alive = false;
}

void world_crash(struct sim_world *world, unsigned number, bool notice, bool flight)
{
    struct sim_server *server = &world->servers[number];
    unsigned i;
    unsigned k;

    if (server->journalled) chronicle_write(server);
    for (i = 0; i < server->out_count; i++) {
        struct sim_direction *out = &world->directions[server->out[i]];
        struct sim_direction *in = &world->directions[out->reverse];
        if (out->current != NULL && !flight) herd_buffer_clear(&out->current->forward);
        if (out->current != NULL) network_leave(world, out, notice);
        for (k = 0; k < SIM_PIPES_MAX; k++)
            if (in->pipes[k].acceptor_open) network_drop(&in->pipes[k], notice);
    }
    end_run(world, server);
}

void world_finish(struct sim_world *world)
{
    unsigned i;

    for (i = 0; i < world->server_count; i++)
        if (world->servers[i].alive) world_crash(world, i, true, false);
    for (i = 0; i < world->direction_count * SIM_PIPES_MAX; i++) {
        struct sim_pipe *pipe = &world->directions[i / SIM_PIPES_MAX].pipes[i % SIM_PIPES_MAX];
        pipe->dialler_open = pipe->acceptor_open = false;
        herd_buffer_clear(&pipe->forward);
        herd_buffer_clear(&pipe->backward);
    }
}

void world_free(struct sim_world *world)
{
    unsigned i;

    for (i = 0; i < SIM_DIRECTIONS_MAX * SIM_PIPES_MAX; i++) {
        struct sim_pipe *pipe = &world->directions[i / SIM_PIPES_MAX].pipes[i % SIM_PIPES_MAX];
        herd_buffer_finish(&pipe->forward);
        herd_buffer_finish(&pipe->backward);
    }
    for (i = 0; i < SIM_SERVERS_MAX; i++) {
        herd_buffer_finish(&world->servers[i].journal.lines);
        herd_buffer_finish(&world->servers[i].journal.waiting);
    }
    herd_memory_free(world);
}

uint32_t world_living(const struct sim_world *world)
{
    uint32_t part = 0;
    unsigned i;

    for (i = 0; i < world->server_count; i++)
        if (world->servers[i].alive) part |= UINT32_C(1) << i;
    return part;
}

void world_reset(struct sim_world *world, const struct sim_options *options, uint64_t seed)
{
    unsigned i;

    herd_random_init(&world->random, seed);
    world->now_ms = 1000;
    schedule_draw_mood(world);
    draw_links(world, options, seed);
    world->strangers = seed / 2 % 2 == 1;
    herd_random_init(&world->aside, ~seed);
    world->followed = sim_pick_aside(world, world->mood.ttl_ns != 0 ? 2 : 8) == 0;
    world->last.time = (struct herd_text){world->last_time, 0};
    for (i = 0; i < world->server_count; i++) {
        struct sim_server *server = &world->servers[i];
        server->journalled = sim_one_in(world, 2);
        server->flood.incarnation = 0;
        herd_buffer_clear(&server->journal.lines);
        herd_buffer_clear(&server->journal.waiting);
        world_start(world, i);
    }
}

/* -- Clients -- */

struct herd_text sim_client(unsigned number)
{
    static const char *const clients[SIM_CLIENTS_MAX] = {"kiwi.cs.ucla.edu", "a", "bb", "ccc", "dddd", "eeeee",
                                                         "\xc3\xa9tage-7",   "g", "h",  "i",   "j",    "kk"};
    return herd_text_of(clients[number]);
}

/* Half seconds since WALL_S, in one of three ways to write them. */
static void write_time(struct sim_world *world, int64_t halves, struct herd_report *report)
{
    static const char *const ways[2][3] = {{"", ".0", ".000000000"}, {".5", ".50", ".500000000"}};
    const char *way = ways[halves & 1][sim_pick(world, 3)];
    uint64_t seconds = (uint64_t)(WALL_S + halves / 2);
    size_t length = strlen(way);
    unsigned i;

    for (i = 10; i-- > 0; seconds /= 10)
        world->last_time[i] = (char)('0' + seconds % 10);
    memcpy(world->last_time + 10, way, length);
    report->time = (struct herd_text){world->last_time, 10 + length};
    report->time_ns = WALL_S * HERD_NS_PER_S + halves * (HERD_NS_PER_S / 2);
}

static void draw_report(struct sim_world *world, struct herd_report *report)
{
    static const char *const positions[4] = {"+34.068930-118.445127", "+27.5916+086.5640", "-0+0", "+12-118/"};
    int64_t halves = world->now_ms / 500 - (world->mood.ttl_ns != 0 ? 0 : (int64_t)sim_pick(world, 3));

    if (report->time.length > 0 && sim_one_in(world, 4)) /* the same again, perhaps to another server */
        halves = (report->time_ns - WALL_S * HERD_NS_PER_S) / (HERD_NS_PER_S / 2);
    else
        world->last_client = sim_pick(world, world->mood.client_count);
    report->client = sim_client(world->last_client);
    report->position = herd_text_of(positions[sim_pick(world, 4)]);
    write_time(world, halves < 0 ? 0 : halves, report);
}

static void take_report(struct sim_world *world, unsigned number)
{
    struct sim_server *server = &world->servers[number];
    int64_t received_ns = world_now(world, server).wall_ns;
    struct herd_version version = {.origin = server->flood.number, .way_count = 0};

    version.report = world->last;
    if (world->mood.ttl_ns == 0)
        version.difference_ns = received_ns - received_ns % world->mood.clock_grain_ns - version.report.time_ns;
    if (herd_store_expired(&server->store, &version, received_ns)) return;
    if (herd_store_report(&server->store, &version) != HERD_PUT_NEWER) return;
    chronicle_report(server, &version);
    oracle_look_up(world, server, world->last_client, &server->accepted[world->last_client]);
}

void world_update(struct sim_world *world, unsigned number)
{
    draw_report(world, &world->last);
    take_report(world, number);
}

void world_update_again(struct sim_world *world, unsigned number)
{
    struct herd_report *report = &world->last;

    if (report->time.length == 0) return;
    write_time(world, (report->time_ns - WALL_S * HERD_NS_PER_S) / (HERD_NS_PER_S / 2), report);
    take_report(world, number);
}

void world_sweep(struct sim_world *world)
{
    unsigned i;

    for (i = 0; i < world->server_count; i++) {
        uint32_t cursor = 1;
        struct sim_server *server = &world->servers[i];
        if (!server->alive) continue;
        while (herd_store_expire(&server->store, world_now(world, server).wall_ns, world->mood.scan_slice, &cursor))
            continue;
    }
}
