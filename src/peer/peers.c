/* SPDX-License-Identifier: MIT */
/*
 * All neighbours together. One timer has the next deadline of peers and guests;
 * at the end of a turn all links are pumped at once, as a line that is next for
 * several of them is made once.
 */
#include "local.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "herd/clock.h"
#include "herd/memory.h"

static const struct herd_machine machine = {
    .name = "peers",
    .states = {[PEERS_WAITING] = {"waiting", HERD_TO(PEERS_DIALLING) | HERD_TO(PEERS_STOPPED) | HERD_TO(PEERS_CLOSED)},
               [PEERS_DIALLING] = {"dialling", HERD_TO(PEERS_STOPPED) | HERD_TO(PEERS_CLOSED)},
               [PEERS_STOPPED] = {"stopped", HERD_TO(PEERS_CLOSED)},
               [PEERS_CLOSED] = {"closed", 0}}};

static void move(struct herd_peers *peers, enum peers_state state)
{
    herd_machine_move(&machine, &peers->state, state, 0);
}

struct herd_now peers_now(const struct herd_peers *peers)
{
    return (struct herd_now){.monotonic_ms = (int64_t)uv_now(&peers->loop->uv), .wall_ns = herd_clock_wall_ns()};
}

void peers_changed(struct herd_peers *peers)
{
    if (peers->events.on_change != NULL) peers->events.on_change(peers->events.owner);
}

static struct peer *peer_at(struct herd_list_node *node)
{
    return HERD_CONTAINER(node, struct peer, node);
}

/* -- Time -- */

static void on_timer(uv_timer_t *timer)
{
    struct herd_peers *peers = timer->data;
    struct herd_now now = peers_now(peers);
    int64_t next_ms;

    assert(peers->state != PEERS_CLOSED);
    next_ms = guests_tick(peers, &now);
    if (peers->state != PEERS_WAITING) {
        for (struct herd_list_node *node = peers->peers.next; node != &peers->peers; node = node->next) {
            struct herd_link *link = &peer_at(node)->link;
            herd_link_tick(link, &now);
            if (herd_link_deadline(link) < next_ms) next_ms = herd_link_deadline(link);
        }
    }
    if (next_ms == INT64_MAX) return;
    uv_timer_start(timer, on_timer, next_ms > now.monotonic_ms ? (uint64_t)(next_ms - now.monotonic_ms) : 1, 0);
}

void peers_wake(struct herd_peers *peers, uint64_t in_ms)
{
    assert(in_ms >= 1);
    if (peers->state == PEERS_CLOSED) return;
    if (uv_is_active((uv_handle_t *)&peers->timer) && uv_timer_get_due_in(&peers->timer) <= in_ms) return;
    uv_timer_start(&peers->timer, on_timer, in_ms, 0);
}

/* -- Start and end -- */

static void set_limits(struct herd_peers *peers, const struct herd_peers_options *options)
{
    peers->options = *options;
    herd_flood_configure(peers->flood, options->hello_bytes_max, options->line_bytes_max);
    peers->stranger_wire.bytes_max = herd_wire_strangers_max(options->wire_bytes_per_s_max);
}

static struct herd_lobby_limits lobby_limits(const struct herd_peers_options *options)
{
    return (struct herd_lobby_limits){.before_max = HERD_LOBBY_BEFORE_MAX,
                                      .strangers_max = options->strangers_max,
                                      .per_address_max = options->per_address_max};
}

int herd_peers_create(struct herd_loop *loop, struct herd_flood *flood, const struct herd_peers_options *options,
                      const struct herd_peers_events *events, struct herd_peers **ret_peers)
{
    struct herd_peers *peers = herd_memory_allocate_zeroed(1, sizeof *peers);
    const struct herd_lobby_limits limits = lobby_limits(options);
    int error = herd_readiness_init(&peers->readiness);

    if (error < 0) {
        herd_memory_free(peers);
        return error;
    }
    peers->loop = loop;
    peers->flood = flood;
    peers->events = *events;
    peers->state = PEERS_WAITING;
    herd_list_init(&peers->peers);
    herd_list_init(&peers->leaving);
    herd_list_init(&peers->guests);
    herd_list_init(&peers->arrivals);
    set_limits(peers, options);
    herd_lobby_init(&peers->lobby, &limits);
    herd_lobby_squeeze(&peers->lobby, options->guests_wanted_max);
    uv_timer_init(&loop->uv, &peers->timer);
    peers->timer.data = peers;
    *ret_peers = peers;
    return 0;
}

void herd_peers_start(struct herd_peers *peers)
{
    move(peers, PEERS_DIALLING);
    peers_wake(peers, 1);
}

void herd_peers_stop(struct herd_peers *peers)
{
    move(peers, PEERS_STOPPED);
    for (struct herd_list_node *node = peers->peers.next; node != &peers->peers; node = node->next)
        herd_link_stop(&peer_at(node)->link);
}

void herd_peers_close(struct herd_peers *peers)
{
    struct herd_list_node *node;

    move(peers, PEERS_CLOSED);
    for (node = peers->peers.next; node != &peers->peers; node = node->next)
        peer_close(peer_at(node));
    guests_close(peers, NULL);
    uv_close((uv_handle_t *)&peers->timer, NULL);
}

void herd_peers_destroy(struct herd_peers *peers)
{
    if (peers == NULL) return;
    assert(peers->state == PEERS_CLOSED);
    assert(herd_list_empty(&peers->leaving) && herd_list_empty(&peers->guests) && herd_list_empty(&peers->arrivals));
    while (!herd_list_empty(&peers->peers)) {
        struct peer *peer = peer_at(peers->peers.next);
        struct herd_neighbour *neighbour = peer->link.neighbour;
        peer_free(peer);
        herd_flood_give_neighbour(peers->flood, neighbour);
    }
    herd_lobby_finish(&peers->lobby);
    herd_readiness_finish(&peers->readiness);
    herd_memory_free(peers);
}

/* -- Options -- */

static bool same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* Our stream to it ends, and it is dialled anew where peers still are. */
static void renew(struct herd_peers *peers, struct peer *peer)
{
    peer->told[0] = '\0';
    if (peers->state == PEERS_STOPPED)
        peer_close(peer);
    else
        herd_link_renew(&peer->link, peers_now(peers).monotonic_ms);
}

void herd_peers_configure(struct herd_peers *peers, const struct herd_peers_options *options)
{
    const struct herd_lobby_limits limits = lobby_limits(options);
    bool moved = !same_address(&peers->options.source, &options->source);
    struct herd_list_node *node;

    set_limits(peers, options);
    herd_lobby_configure(&peers->lobby, &limits);
    herd_lobby_squeeze(&peers->lobby, options->guests_wanted_max);
    for (node = peers->peers.next; node != &peers->peers; node = node->next)
        if (peer_at(node)->link.welcomed) peer_at(node)->wire.bytes_max = options->wire_bytes_per_s_max;
    for (node = peers->guests.next; node != &peers->guests; node = node->next)
        HERD_CONTAINER(node, struct guest, node)->wire.bytes_max = options->wire_bytes_per_s_max;
    for (node = peers->peers.next; moved && node != &peers->peers; node = node->next)
        if (!peer_at(node)->leaving) renew(peers, peer_at(node));
}

void herd_peers_set_keys(struct herd_peers *peers, const struct herd_keys *keys)
{
    herd_flood_set_keys(peers->flood, keys);
}

/* -- Who there is -- */

static const struct sockaddr *from_of(const struct peer *peer)
{
    return peer->from.ss_family == AF_UNSPEC ? NULL : (const struct sockaddr *)&peer->from;
}

static void expect(struct herd_peers *peers, const struct peer *peer)
{
    herd_lobby_expect(&peers->lobby, (const struct sockaddr *)&peer->address, from_of(peer));
    herd_lobby_squeeze(&peers->lobby, peers->options.guests_wanted_max);
}

static void forget(struct herd_peers *peers, const struct peer *peer)
{
    herd_lobby_forget(&peers->lobby, (const struct sockaddr *)&peer->address, from_of(peer));
    herd_lobby_squeeze(&peers->lobby, peers->options.guests_wanted_max);
}

static struct peer *find(const struct herd_peers *peers, struct herd_text name)
{
    const struct herd_neighbour *neighbour = herd_flood_find(peers->flood, name);

    return neighbour == NULL || neighbour->link == NULL ? NULL : peer_of(neighbour->link);
}

unsigned herd_peers_room(const struct herd_peers *peers)
{
    return herd_store_free_slots(peers->flood->store);
}

int herd_peers_add(struct herd_peers *peers, const struct herd_peer_options *options)
{
    struct herd_neighbour *neighbour;
    struct peer *peer;

    assert(peers->state != PEERS_CLOSED && find(peers, options->name) == NULL);
    neighbour = herd_flood_take_neighbour(peers->flood, options->name);
    if (neighbour == NULL) return -ENOSPC;
    peer = peer_create(peers, neighbour);
    peer->address = options->address;
    peer->from = options->from;
    herd_list_append(&peers->peers, &peer->node);
    peers->count++;
    expect(peers, peer);
    if (peers->state == PEERS_STOPPED) herd_link_stop(&peer->link);
    if (peers->state == PEERS_DIALLING) peers_wake(peers, 1);
    return 0;
}

void herd_peers_remove(struct herd_peers *peers, struct herd_text name)
{
    struct peer *peer = find(peers, name);
    struct herd_neighbour *neighbour;

    assert(peer != NULL && !peer->leaving && peers->count > 0);
    neighbour = peer->link.neighbour;
    herd_link_stop(&peer->link);
    guests_close(peers, neighbour);
    peer_close(peer);
    herd_flood_give_neighbour(peers->flood, neighbour);
    forget(peers, peer);
    herd_list_remove(&peer->node);
    peers->count--;
    peer->leaving = true;
    if (peer->link.state == HERD_LINK_IDLE)
        peer_free(peer);
    else
        herd_list_append(&peers->leaving, &peer->node);
}

void herd_peers_move(struct herd_peers *peers, const struct herd_peer_options *options)
{
    struct peer *peer = find(peers, options->name);
    bool moved;

    assert(peer != NULL && !peer->leaving);
    moved = !same_address(&peer->address, &options->address);
    forget(peers, peer);
    peer->address = options->address;
    peer->from = options->from;
    expect(peers, peer);
    if (moved) renew(peers, peer);
}

/* -- The flood -- */

void herd_peers_flood(struct herd_peers *peers)
{
    HERD_UNINITIALIZED struct herd_link *links[HERD_SLOTS_MAX];
    unsigned count = 0;

    for (struct herd_list_node *node = peers->peers.next; node != &peers->peers; node = node->next)
        links[count++] = &peer_at(node)->link;
    assert(count == peers->count && count <= HERD_SLOTS_MAX);
    herd_link_pump(links, count);
}

bool herd_peers_flushed(const struct herd_peers *peers)
{
    for (struct herd_list_node *node = peers->peers.next; node != &peers->peers; node = node->next)
        if (!peer_flushed(peer_at(node))) return false;
    return true;
}

/* -- What there is to be seen -- */

#define AT(field) HERD_COUNTER_AT(struct herd_peer_standing, field)
static const struct herd_counter peer_rows[] = {
    {AT(lag), HERD_GAUGE, "herd_peer_lag_records", "Reports that a neighbour has still to be told", "", "state_peer",
     "lag"},
    {AT(queued_bytes), HERD_GAUGE, "herd_peer_queued_bytes", "Handed to a neighbour's connection and not yet sent", "",
     "state_peer", "queued_bytes"},
    {AT(claim_mark), HERD_GAUGE, "herd_peer_claim_mark", "How far a neighbour said it knows, when the link came up", "",
     "state_peer", "claim_mark"},
    {AT(divergences), HERD_COUNTER, "herd_peer_divergences_total", "How often a neighbour was told everything again",
     "", "state_peer", "divergences"},
    {AT(clock_offset_ms), HERD_GAUGE, "herd_peer_clock_offset_milliseconds", "A neighbour's clock less ours", "",
     "state_peer", "clock_offset_ms"},
};
#undef AT
const struct herd_counter_table herd_peer_counters = HERD_COUNTER_TABLE(peer_rows);

static const struct herd_counter peers_rows[] = {
    {HERD_COUNTER_AT(struct herd_peers_counts, wire_unwritten), HERD_COUNTER, HERD_COUNTER_REFUSED,
     "limit=\"wire_bytes_per_s_max\"", "state_limits", "wire_bytes_per_s_max"},
};
const struct herd_counter_table herd_peers_counters = HERD_COUNTER_TABLE(peers_rows);

const struct herd_peers_counts *herd_peers_counts(const struct herd_peers *peers)
{
    return &peers->counts;
}

const struct herd_lobby *herd_peers_lobby(const struct herd_peers *peers)
{
    return &peers->lobby;
}

void herd_peers_each(const struct herd_peers *peers, void *owner,
                     void (*on_peer)(void *owner, const struct herd_peer_standing *standing))
{
    for (struct herd_list_node *node = peers->peers.next; node != &peers->peers; node = node->next) {
        const struct peer *peer = peer_at(node);
        const struct herd_neighbour *neighbour = peer->link.neighbour;
        const struct herd_outbound *outbound = &peer->link.outbound;
        const struct herd_peer_standing standing = {
            .name = neighbour->name,
            .out_up = neighbour->connected,
            .in_up = neighbour->inbound != NULL,
            .lag = herd_outbound_lag(outbound),
            .queued_bytes = herd_link_up(&peer->link) ? herd_stream_queued(&peer->stream) : 0,
            .claim_mark = neighbour->claimed ? neighbour->claim_mark : 0,
            .divergences = outbound->divergences,
            .clock_offset_ms = herd_link_clock_offset_ms(&peer->link)};
        on_peer(owner, &standing);
    }
}
