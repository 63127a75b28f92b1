/* SPDX-License-Identifier: MIT */
/*
 * A neighbour's stream to this server: what it floods is offered to the store,
 * and queued there for the other neighbours. The stream reads a bounded part
 * in each turn, so a neighbour that sends a million lines does not keep the
 * clients waiting.
 *
 * Until it is welcomed a guest is an arrival, and has a seat in the lobby; it
 * goes where the lobby says that others need the place. Arrivals may be
 * thousands a second, so they cost little: no timer is moved for them, and
 * whoever wants to know what neighbours have sent does not ask them.
 */
#include "local.h"

#include <assert.h>
#include <errno.h>

#include "herd/log.h"
#include "herd/memory.h"

#define USER_TIMEOUT_MS 5000
#define WRITE_STALL_MS 10000
#define LINGER_MS 1000
#define MADE_ROOM (-ECONNABORTED) /* the status of who had to go */

static struct herd_wire_meter *wire_of(struct guest *guest)
{
    return guest->welcomed ? &guest->wire : &guest->peers->stranger_wire;
}

static void log_lines(struct guest *guest, const struct herd_buffer *out, size_t before)
{
    struct herd_text lines = herd_buffer_text(out);

    lines.bytes += before;
    lines.length -= before;
    peerwire_lines(guest->peers, wire_of(guest), NULL, "in", guest_name(guest), lines);
}

/* It was a dead stream of the same neighbour; its end is not the link's. */
void guest_replaced(struct guest *guest)
{
    assert(guest->welcomed && guest->inbound.state == HERD_PEER_CLOSED);
    guest->replaced = true;
    herd_stream_close(&guest->stream, -ECANCELED);
}

static void end(struct guest *guest, int error)
{
    herd_inbound_stop(&guest->inbound);
    if (error == -EPROTO)
        herd_stream_end(&guest->stream, LINGER_MS); /* lets REFUSE arrive */
    else
        herd_stream_close(&guest->stream, error);
}

static void dismiss(struct guest *guest)
{
    assert(!guest->welcomed); /* who is in the lobby */
    herd_lobby_dismiss(&guest->peers->lobby, &guest->seat);
    herd_admit_give(&guest->place); /* at once: many may come in one turn */
    herd_inbound_stop(&guest->inbound);
    herd_stream_close(&guest->stream, MADE_ROOM); /* a REFUSE that was not sent yet goes, too */
}

/* So many may come in one turn that a neighbour's HELLO is here and was not read yet. */
static bool speaks_up(struct guest *guest)
{
    if (guest->seat.greeted) return false;
    herd_stream_read_now(&guest->stream);
    return guest->seat.greeted || guest->welcomed;
}

/* A guest came, or said HELLO: who is one too many for that goes. */
static void make_room(struct guest *guest)
{
    struct herd_lobby *lobby = &guest->peers->lobby;
    struct herd_lobby_seat *seat;

    while ((seat = herd_lobby_surplus(lobby, &guest->seat)) != NULL) {
        struct guest *other = HERD_CONTAINER(seat, struct guest, seat);
        if (!speaks_up(other)) dismiss(other);
    }
}

/* One that cannot be watched would not be heard in time, so it has to come again. */
static void watch(struct guest *guest)
{
    int error = herd_readiness_add(&guest->peers->readiness, &guest->stream);

    if (error < 0) end(guest, error);
}

void guest_welcomed(struct guest *guest)
{
    struct herd_peers *peers = guest->peers;

    assert(!guest->welcomed && guest->inbound.state == HERD_PEER_LIVE);
    assert(guest->inbound.neighbour->inbound == &guest->inbound);
    guest->welcomed = true;
    herd_lobby_leave(&peers->lobby, &guest->seat);
    herd_list_remove(&guest->node);
    herd_list_append(&peers->guests, &guest->node);
    watch(guest);
    peerlog_guest(guest, "link_up", NULL);
    peers_wake(peers, 1);
}

static void on_read(struct herd_stream *stream, struct herd_text bytes)
{
    struct guest *guest = HERD_CONTAINER(stream, struct guest, stream);
    struct herd_now now = peers_now(guest->peers);
    struct herd_flood_counts counts = guest->peers->flood->counts;
    struct herd_buffer *out = herd_stream_out(&guest->stream);
    size_t before = herd_buffer_length(out);
    int error;

    peerwire_lines(guest->peers, wire_of(guest), &guest->inbound.framer, "in", guest_name(guest), bytes);
    error = herd_inbound_receive(&guest->inbound, bytes, &now, out);
    log_lines(guest, out, before);
    peerlog_dropped(guest, &counts);
    if (guest->inbound.state == HERD_PEER_PROVING && !guest->seat.greeted) {
        herd_lobby_greet(&guest->peers->lobby, &guest->seat);
        make_room(guest);
    }
    herd_link_heard(&guest->inbound, &now);
    herd_loop_mark(guest->peers->loop, HERD_PHASE_FLOOD);
    if (error < 0) end(guest, error);
}

static void on_end(struct herd_stream *stream)
{
    struct guest *guest = HERD_CONTAINER(stream, struct guest, stream);

    herd_inbound_left(&guest->inbound);
    end(guest, -ECONNRESET);
}

static const char *reason_of(const struct guest *guest, int status)
{
    if (guest->replaced) return "a newer session of this neighbour took its place";
    if (guest->inbound.end.text[0] != '\0') return guest->inbound.end.text;
    if (status == MADE_ROOM) return "made room for others";
    if (status == -ECONNRESET) return "connection closed";
    return status == 0 ? "closed by us" : uv_strerror(status);
}

static void log_end(const struct guest *guest, int status)
{
    if (guest->replaced || guest->welcomed)
        peerlog_guest(guest, guest->replaced ? "link_replaced" : "link_down", reason_of(guest, status));
    else
        peerlog_stranger(guest, reason_of(guest, status));
}

static void on_closed(struct herd_stream *stream, int status)
{
    struct guest *guest = HERD_CONTAINER(stream, struct guest, stream);
    struct herd_peers *peers = guest->peers;

    assert(!guest->replaced || guest->welcomed);
    peerwire_end(peers, wire_of(guest), &guest->inbound.framer, "in", guest_name(guest));
    if (status == -ECONNRESET || status == -EPIPE) herd_inbound_left(&guest->inbound);
    herd_inbound_stop(&guest->inbound);
    herd_lobby_leave(&peers->lobby, &guest->seat);
    log_end(guest, status);
    herd_list_remove(&guest->node);
    herd_inbound_finish(&guest->inbound);
    herd_admit_give(&guest->place);
    herd_memory_free(guest);
    peers_changed(peers);
}

static const struct herd_stream_events events = {.on_read = on_read, .on_end = on_end, .on_closed = on_closed};

unsigned herd_peers_connections_max(const struct herd_peers *peers)
{
    assert(peers->count <= HERD_SLOTS_MAX);
    /* Each neighbour's session and one that it replaced, and whoever comes is let in before somebody has to go. */
    return herd_lobby_places(&peers->lobby) + 2 * peers->count + 1;
}

void herd_peers_accept(struct herd_listener *listener, void *owner)
{
    struct herd_peers *peers = owner;
    struct guest *guest = herd_memory_allocate_zeroed(1, sizeof *guest);
    struct herd_now now = peers_now(peers);

    guest->peers = peers;
    herd_stream_init(&guest->stream, peers->loop, &events);
    guest->wire.bytes_max = peers->options.wire_bytes_per_s_max;
    guest->stream.stall_ms = WRITE_STALL_MS;
    if (herd_listener_accept(listener, &guest->stream, &guest->place) < 0) {
        herd_memory_free(guest);
        return;
    }
    herd_stream_set_user_timeout(&guest->stream, USER_TIMEOUT_MS);
    herd_stream_address(&guest->stream, guest->address, sizeof guest->address);
    herd_inbound_init(&guest->inbound, peers->flood, herd_stream_from_loopback(&guest->stream), &now);
    assert(guest->inbound.state == HERD_PEER_GREETING);
    herd_list_append(&peers->arrivals, &guest->node);
    herd_lobby_enter(&peers->lobby, &guest->seat, listener->accepted_from);
    make_room(guest);
    peers_wake(peers, HERD_HANDSHAKE_MS);
}

static int64_t tick(struct guest *guest, const struct herd_now *now)
{
    struct herd_buffer *out = herd_stream_out(&guest->stream);
    size_t before = herd_buffer_length(out);
    int error = herd_inbound_tick(&guest->inbound, now, out);

    log_lines(guest, out, before);
    if (error < 0) end(guest, error);
    return herd_inbound_deadline(&guest->inbound);
}

/* All of them have the same time, so the first who is still waited for is the next whose time is over. */
static int64_t tick_arrivals(struct herd_peers *peers, const struct herd_now *now)
{
    struct herd_list_node *node;

    for (node = peers->arrivals.next; node != &peers->arrivals; node = node->next) {
        struct guest *guest = HERD_CONTAINER(node, struct guest, node);
        int64_t due_ms;
        assert(!guest->welcomed && guest->inbound.state != HERD_PEER_LIVE);
        due_ms = tick(guest, now);
        if (due_ms != INT64_MAX) return due_ms;
    }
    return INT64_MAX;
}

int64_t guests_tick(struct herd_peers *peers, const struct herd_now *now)
{
    int64_t next_ms = tick_arrivals(peers, now);
    struct herd_list_node *node;

    for (node = peers->guests.next; node != &peers->guests; node = node->next) {
        int64_t due_ms = tick(HERD_CONTAINER(node, struct guest, node), now);
        if (due_ms < next_ms) next_ms = due_ms;
    }
    return next_ms;
}

/* Mostly nothing has come, and one call finds that out for all of them. */
void herd_peers_hear(struct herd_peers *peers)
{
    struct herd_list_node *node;

    if (herd_list_empty(&peers->guests) || !herd_readiness_any(&peers->readiness)) return;
    for (node = peers->guests.next; node != &peers->guests; node = node->next)
        herd_stream_read_now(&HERD_CONTAINER(node, struct guest, node)->stream);
}

static void close_all(struct herd_list_node *list, const struct herd_neighbour *neighbour)
{
    for (struct herd_list_node *node = list->next; node != list; node = node->next) {
        struct guest *guest = HERD_CONTAINER(node, struct guest, node);
        if (neighbour != NULL && guest->inbound.neighbour != neighbour) continue;
        herd_inbound_stop(&guest->inbound);
        herd_stream_close(&guest->stream, 0);
    }
}

void guests_close(struct herd_peers *peers, const struct herd_neighbour *neighbour)
{
    close_all(&peers->guests, neighbour);
    close_all(&peers->arrivals, neighbour);
}
