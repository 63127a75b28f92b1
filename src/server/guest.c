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

static struct herd_text name_of(const struct guest *guest)
{
    return guest->inbound.neighbour != NULL ? guest->inbound.neighbour->name : HERD_TEXT("?");
}

static void log_link(const struct guest *guest, const char *event, const char *reason)
{
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_INFO, event)) return;
    herd_log_text(&log, "peer", name_of(guest));
    herd_log_string(&log, "direction", "in");
    if (reason == NULL) herd_log_string(&log, "from", guest->address);
    if (reason != NULL) herd_log_string(&log, "reason", reason);
    if (guest->wire.unwritten > 0) herd_log_number(&log, "unwritten", (int64_t)guest->wire.unwritten);
    herd_log_end(&log);
}

static struct herd_wire_meter *wire_of(struct guest *guest)
{
    return guest->welcomed ? &guest->wire : &guest->server->stranger_wire;
}

static void log_lines(struct guest *guest, const struct herd_buffer *out, size_t before)
{
    struct herd_text lines = herd_buffer_text(out);

    lines.bytes += before;
    lines.length -= before;
    wirelog_peer(guest->server, wire_of(guest), NULL, "in", name_of(guest), lines);
}

/* A guest that was replaced was a dead stream of the same neighbour; its end is not the link's. */
static void drop_replaced(struct herd_inbound *inbound)
{
    struct guest *guest = HERD_CONTAINER(inbound, struct guest, inbound);

    guest->replaced = true;
    herd_inbound_stop(inbound);
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
    herd_lobby_dismiss(&guest->server->lobby, &guest->seat);
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
    struct herd_lobby *lobby = &guest->server->lobby;
    struct herd_lobby_seat *seat;

    while ((seat = herd_lobby_surplus(lobby, &guest->seat)) != NULL) {
        struct guest *other = HERD_CONTAINER(seat, struct guest, seat);
        if (!speaks_up(other)) dismiss(other);
    }
}

/* One that cannot be watched would not be heard in time, so it has to come again. */
static void watch(struct guest *guest)
{
    int error = herd_readiness_add(&guest->server->guests_readiness, &guest->stream);

    if (error < 0) end(guest, error);
}

/* This server's own stream to the guest's server. */
static struct dial *dial_of(const struct guest *guest)
{
    struct server *server = guest->server;
    unsigned i = 0;

    while (server->dials[i].outbound.neighbour != guest->inbound.neighbour)
        i++;
    assert(i < server->dial_count);
    return &server->dials[i];
}

static void became_live(struct guest *guest)
{
    struct server *server = guest->server;

    guest->welcomed = true;
    herd_lobby_leave(&server->lobby, &guest->seat);
    herd_list_remove(&guest->node);
    herd_list_append(&server->guests, &guest->node);
    watch(guest);
    log_link(guest, "link_up", NULL);
    if (guest->inbound.rival) dial_note_rival(dial_of(guest));
    dial_urge(dial_of(guest));
    server_peers_changed(server, 1);
}

/* What of the lines just taken was not stored although it should have been: malformed, or no room. */
static void log_dropped(const struct guest *guest, const struct herd_flood_counts *before)
{
    const struct herd_flood_counts *now = &guest->server->core.flood.counts;
    struct herd_log_event log;

    if (now->at_dropped == before->at_dropped && now->at_full == before->at_full) return;
    if (!herd_log_begin(&log, HERD_LOG_WARNING, "at_dropped")) return;
    herd_log_text(&log, "peer", name_of(guest));
    herd_log_number(&log, "malformed", (int64_t)(now->at_dropped - before->at_dropped));
    herd_log_number(&log, "no_room", (int64_t)(now->at_full - before->at_full));
    herd_log_end(&log);
}

static void on_read(struct herd_stream *stream, struct herd_text bytes)
{
    struct guest *guest = HERD_CONTAINER(stream, struct guest, stream);
    struct herd_now now = server_now(guest->server);
    struct herd_flood_counts counts = guest->server->core.flood.counts;
    struct herd_buffer *out = herd_stream_out(&guest->stream);
    size_t before = herd_buffer_length(out);
    int error;

    wirelog_peer(guest->server, wire_of(guest), &guest->inbound.framer, "in", name_of(guest), bytes);
    error = herd_inbound_receive(&guest->inbound, bytes, &now, out);
    log_lines(guest, out, before);
    log_dropped(guest, &counts);
    if (guest->inbound.replaced != NULL) drop_replaced(guest->inbound.replaced);
    guest->inbound.replaced = NULL;
    if (guest->inbound.state == HERD_PEER_PROVING && !guest->seat.greeted) {
        herd_lobby_greet(&guest->server->lobby, &guest->seat);
        make_room(guest);
    }
    if (!guest->welcomed && guest->inbound.state == HERD_PEER_LIVE) became_live(guest);
    herd_loop_mark(&guest->server->loop, HERD_PHASE_FLOOD);
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
        log_link(guest, guest->replaced ? "link_replaced" : "link_down", reason_of(guest, status));
    else
        strangers_log(guest, reason_of(guest, status));
}

static void on_closed(struct herd_stream *stream, int status)
{
    struct guest *guest = HERD_CONTAINER(stream, struct guest, stream);
    struct server *server = guest->server;

    wirelog_peer_end(server, wire_of(guest), &guest->inbound.framer, "in", name_of(guest));
    if (status == -ECONNRESET || status == -EPIPE) herd_inbound_left(&guest->inbound);
    herd_inbound_stop(&guest->inbound);
    herd_lobby_leave(&server->lobby, &guest->seat);
    log_end(guest, status);
    herd_list_remove(&guest->node);
    herd_inbound_finish(&guest->inbound);
    herd_admit_give(&guest->place);
    herd_memory_free(guest);
    server_drain_step(server);
}

static const struct herd_stream_events events = {.on_read = on_read, .on_end = on_end, .on_closed = on_closed};

/* The hosts that each neighbour may come from. */
static void expect_neighbours(struct server *server)
{
    unsigned i;

    for (i = 0; i < server->dial_count; i++) {
        const struct herd_server_config *config = server->dials[i].config;
        const struct herd_address *source = &config->peer_source;
        herd_lobby_expect(&server->lobby, (const struct sockaddr *)&config->peers.socket,
                          source->text != NULL ? (const struct sockaddr *)&source->socket : NULL);
    }
}

int guests_init(struct server *server, unsigned descriptors_max)
{
    const struct herd_lobby_limits limits = {.before_max = HERD_LOBBY_BEFORE_MAX,
                                             .strangers_max = server->config->limits.peer_strangers_max,
                                             .per_address_max = server->config->limits.peer_strangers_per_address_max};

    server->stranger_wire.bytes_max = herd_wire_strangers_max(server->config->log.wire_bytes_per_s_max);
    herd_lobby_init(&server->lobby, &limits);
    expect_neighbours(server);
    herd_lobby_squeeze(&server->lobby, descriptors_max / 4); /* clients have half of them */
    return herd_readiness_init(&server->guests_readiness);
}

void guests_finish(struct server *server)
{
    herd_lobby_finish(&server->lobby);
    herd_readiness_finish(&server->guests_readiness);
}

unsigned guests_max(const struct server *server)
{
    /* Each neighbour's session and one that it replaced, and whoever comes is let in before somebody has to go. */
    return herd_lobby_places(&server->lobby) + 2 * server->dial_count + 1;
}

void guest_accept(struct herd_listener *listener, void *owner)
{
    struct server *server = owner;
    struct guest *guest = herd_memory_allocate_zeroed(1, sizeof *guest);
    struct herd_now now = server_now(server);

    guest->server = server;
    herd_stream_init(&guest->stream, &server->loop, &events);
    guest->wire.bytes_max = server->config->log.wire_bytes_per_s_max;
    guest->stream.stall_ms = WRITE_STALL_MS;
    if (herd_listener_accept(listener, &guest->stream, &guest->place) < 0) {
        herd_memory_free(guest);
        return;
    }
    herd_stream_set_user_timeout(&guest->stream, USER_TIMEOUT_MS);
    herd_stream_address(&guest->stream, guest->address, sizeof guest->address);
    herd_inbound_init(&guest->inbound, &server->core.flood, herd_stream_from_loopback(&guest->stream), &now);
    herd_list_append(&server->arrivals, &guest->node);
    herd_lobby_enter(&server->lobby, &guest->seat, listener->accepted_from);
    make_room(guest);
    server_peers_changed(server, HERD_HANDSHAKE_MS);
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
static int64_t tick_arrivals(struct server *server, const struct herd_now *now)
{
    struct herd_list_node *node;

    for (node = server->arrivals.next; node != &server->arrivals; node = node->next) {
        int64_t due_ms = tick(HERD_CONTAINER(node, struct guest, node), now);
        if (due_ms != INT64_MAX) return due_ms;
    }
    return INT64_MAX;
}

int64_t guests_tick(struct server *server, const struct herd_now *now)
{
    int64_t next_ms = tick_arrivals(server, now);
    struct herd_list_node *node;

    for (node = server->guests.next; node != &server->guests; node = node->next) {
        int64_t due_ms = tick(HERD_CONTAINER(node, struct guest, node), now);
        if (due_ms < next_ms) next_ms = due_ms;
    }
    return next_ms;
}

/* Mostly nothing has come, and one call finds that out for all of them. */
void guests_hear(struct server *server)
{
    struct herd_list_node *node;

    if (herd_list_empty(&server->guests) || !herd_readiness_any(&server->guests_readiness)) return;
    for (node = server->guests.next; node != &server->guests; node = node->next)
        herd_stream_read_now(&HERD_CONTAINER(node, struct guest, node)->stream);
}

static void close_all(struct herd_list_node *list)
{
    struct herd_list_node *node;

    for (node = list->next; node != list; node = node->next)
        herd_stream_close(&HERD_CONTAINER(node, struct guest, node)->stream, 0);
}

void guests_close(struct server *server)
{
    close_all(&server->guests);
    close_all(&server->arrivals);
}
