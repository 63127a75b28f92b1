/* SPDX-License-Identifier: MIT */
/*
 * A neighbour's stream to this server: what it floods is offered to the store,
 * and queued there for the other neighbours. The stream reads a bounded part
 * in each turn, so a neighbour that sends a million lines does not keep the
 * clients waiting.
 */
#include "local.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "herd/log.h"
#include "herd/memory.h"

#define USER_TIMEOUT_MS 5000
#define WRITE_STALL_MS 10000
#define LINGER_MS 1000

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
    herd_log_end(&log);
}

static void log_lines(const struct guest *guest, const struct herd_buffer *out, size_t before)
{
    struct herd_text lines = herd_buffer_text(out);

    wirelog_peer("out", "in", name_of(guest), (struct herd_text){lines.bytes + before, lines.length - before});
}

/* A guest that was replaced was a dead stream of the same neighbour; its end is not the link's. */
static void drop_replaced(struct herd_inbound *inbound)
{
    struct guest *guest = HERD_CONTAINER(inbound, struct guest, inbound);

    guest->replaced = true;
    herd_inbound_stop(inbound);
    herd_stream_close(&guest->stream, -ECANCELED);
}

static void urge_dial(struct guest *guest)
{
    struct server *server = guest->server;

    dial_urge(&server->dials[guest->inbound.neighbour->slot]);
}

static void became_live(struct guest *guest)
{
    guest->welcomed = true;
    guest->server->unwelcomed--;
    log_link(guest, "link_up", NULL);
    if (guest->inbound.rival) dial_note_rival(&guest->server->dials[guest->inbound.neighbour->slot]);
    urge_dial(guest);
    server_peers_changed(guest->server);
}

static void end(struct guest *guest, int error)
{
    herd_inbound_stop(&guest->inbound);
    if (error == -EPROTO)
        herd_stream_end(&guest->stream, LINGER_MS); /* lets REFUSE arrive */
    else
        herd_stream_close(&guest->stream, error);
}

/* What of the lines just taken was not stored although it should have been: malformed, or no room. */
static void log_dropped(const struct guest *guest, const struct herd_flood_counts *before)
{
    const struct herd_flood_counts *now = &guest->server->flood.counts;
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
    struct herd_flood_counts counts = guest->server->flood.counts;
    struct herd_buffer *out = herd_stream_out(&guest->stream);
    size_t before = herd_buffer_length(out);
    int error;

    wirelog_peer("in", "in", name_of(guest), bytes);
    error = herd_inbound_receive(&guest->inbound, bytes, &now, out);
    log_lines(guest, out, before);
    log_dropped(guest, &counts);
    if (guest->inbound.replaced != NULL) drop_replaced(guest->inbound.replaced);
    guest->inbound.replaced = NULL;
    if (!guest->welcomed && guest->inbound.state == HERD_PEER_LIVE) became_live(guest);
    herd_loop_mark(&guest->server->loop, HERD_PHASE_FLOOD);
    if (error < 0) end(guest, error);
}

static void on_end(struct herd_stream *stream)
{
    end(HERD_CONTAINER(stream, struct guest, stream), -ECONNRESET);
}

static const char *reason_of(const struct guest *guest, int status)
{
    if (guest->inbound.end.text[0] != '\0') return guest->inbound.end.text;
    return status == 0 || status == -ECONNRESET ? "connection closed" : uv_strerror(status);
}

static void log_end(const struct guest *guest, int status)
{
    if (guest->replaced || guest->welcomed)
        log_link(guest, guest->replaced ? "link_replaced" : "link_down", reason_of(guest, status));
    else
        strangers_log(&guest->server->strangers, guest, reason_of(guest, status));
}

static void on_closed(struct herd_stream *stream, int status)
{
    struct guest *guest = HERD_CONTAINER(stream, struct guest, stream);
    struct server *server = guest->server;

    herd_inbound_stop(&guest->inbound);
    if (!guest->welcomed) server->unwelcomed--;
    log_end(guest, status);
    herd_list_remove(&guest->node);
    herd_inbound_finish(&guest->inbound);
    herd_listener_release(&guest->place);
    herd_memory_free(guest);
    server->guest_count--;
    server_drain_step(server);
}

static const struct herd_stream_events events = {.on_read = on_read, .on_end = on_end, .on_closed = on_closed};

/* The one that has had the longest time for its handshake. Its place is free at once: many may come in one turn. */
static void evict_stranger(struct server *server)
{
    struct herd_list_node *node;

    for (node = server->guests.next; node != &server->guests; node = node->next) {
        struct guest *guest = HERD_CONTAINER(node, struct guest, node);
        if (guest->welcomed || guest->stream.state != HERD_STREAM_OPEN) continue;
        server->counts.strangers_evicted++;
        herd_listener_release(&guest->place);
        end(guest, -ECONNABORTED);
        return;
    }
}

int guests_init(struct server *server)
{
    server->guests_epoll = epoll_create1(EPOLL_CLOEXEC);
    return server->guests_epoll < 0 ? -errno : 0;
}

void guests_finish(struct server *server)
{
    if (server->guests_epoll >= 0) close(server->guests_epoll);
    server->guests_epoll = -1;
}

/* Closing the socket ends it. One that cannot be watched would not be heard in time, so it has to come again. */
static void watch(struct guest *guest)
{
    struct epoll_event event = {.events = EPOLLIN};
    uv_os_fd_t socket;
    int error = uv_fileno((const uv_handle_t *)&guest->stream.tcp, &socket);

    if (error == 0 && epoll_ctl(guest->server->guests_epoll, EPOLL_CTL_ADD, socket, &event) < 0) error = -errno;
    if (error < 0) end(guest, error);
}

void guest_accept(struct herd_listener *listener, void *owner)
{
    struct server *server = owner;
    struct guest *guest = herd_memory_allocate_zeroed(1, sizeof *guest);
    struct herd_now now = server_now(server);

    guest->server = server;
    herd_stream_init(&guest->stream, &server->loop, &events);
    guest->stream.stall_ms = WRITE_STALL_MS;
    if (herd_listener_accept(listener, &guest->stream, &guest->place) < 0) {
        herd_memory_free(guest);
        return;
    }
    herd_stream_set_user_timeout(&guest->stream, USER_TIMEOUT_MS);
    herd_stream_address(&guest->stream, guest->address, sizeof guest->address);
    herd_inbound_init(&guest->inbound, &server->flood, herd_stream_from_loopback(&guest->stream), &now);
    herd_list_append(&server->guests, &guest->node);
    server->guest_count++;
    server->unwelcomed++;
    watch(guest);
    if (server->unwelcomed > GUEST_STRANGERS_MAX) evict_stranger(server);
    server_peers_changed(server);
}

int64_t guest_tick(struct guest *guest, const struct herd_now *now)
{
    struct herd_buffer *out = herd_stream_out(&guest->stream);
    size_t before = herd_buffer_length(out);
    int error = herd_inbound_tick(&guest->inbound, now, out);

    log_lines(guest, out, before);
    if (error < 0) end(guest, error);
    return herd_inbound_deadline(&guest->inbound);
}

/* Mostly nothing has come, and one call finds that out for all of them. */
void guests_hear(struct server *server)
{
    struct herd_list_node *node;
    struct epoll_event event;

    if (server->guest_count == 0 || epoll_wait(server->guests_epoll, &event, 1, 0) == 0) return;
    for (node = server->guests.next; node != &server->guests; node = node->next)
        herd_stream_read_now(&HERD_CONTAINER(node, struct guest, node)->stream);
}
