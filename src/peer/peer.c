/* SPDX-License-Identifier: MIT */
/*
 * One neighbour over TCP: the port of its link. When to dial and what is said
 * is the link's (herd/link.h); here is only how, and how much the transport may
 * hold.
 */
#include "local.h"

#include <assert.h>
#include <errno.h>

#include "herd/memory.h"

#define DIAL_TIMEOUT_MS 2000
#define WRITE_STALL_MS 10000
#define LINGER_MS 200
#define SEND_BUFFER_BYTES (64 * 1024)

/* -- The stream -- */

static void on_read(struct herd_stream *stream, struct herd_text bytes)
{
    struct peer *peer = HERD_CONTAINER(stream, struct peer, stream);
    struct herd_now now = peers_now(peer->peers);

    if (!herd_link_up(&peer->link)) return;
    peerwire_lines(peer->peers, &peer->wire, &peer->link.outbound.framer, "out", herd_link_name(&peer->link), bytes);
    herd_link_receive(&peer->link, bytes, &now);
}

static void on_end(struct herd_stream *stream)
{
    herd_link_ended(&HERD_CONTAINER(stream, struct peer, stream)->link);
}

static void on_drained(struct herd_stream *stream)
{
    struct peer *peer = HERD_CONTAINER(stream, struct peer, stream);

    if (!herd_link_flushed(&peer->link)) herd_loop_mark(peer->peers->loop, HERD_PHASE_FLOOD);
    peers_changed(peer->peers);
}

/* The link has no stream any more. */
static void closed(struct peer *peer, int status)
{
    struct herd_peers *peers = peer->peers;
    struct herd_now now = peers_now(peers);

    herd_link_closed(&peer->link, status, &now);
    if (peer->leaving) peer_free(peer);
    peers_changed(peers);
}

static void on_closed(struct herd_stream *stream, int status)
{
    struct peer *peer = HERD_CONTAINER(stream, struct peer, stream);

    peerwire_end(peer->peers, &peer->wire, &peer->link.outbound.framer, "out", herd_link_name(&peer->link));
    closed(peer, status);
}

static const struct herd_stream_events events = {
    .on_read = on_read, .on_end = on_end, .on_drained = on_drained, .on_closed = on_closed};

/*
 * A neighbour that reads slowly must be seen to make progress, and should not
 * get what was true minutes ago: little waits in the kernel, the rest in the
 * FIFO, where it is replaced by what is newer. For the same reason there is no
 * TCP_USER_TIMEOUT: the kernel counts a window that is too small for what comes
 * next as bytes not acknowledged, and 20 s of it cut a neighbour that read
 * 20 KiB/s after a minute. That a neighbour is dead is told by its silence.
 */
static void keep_buffer_small(struct peer *peer)
{
    int bytes = SEND_BUFFER_BYTES;

    uv_send_buffer_size((uv_handle_t *)&peer->stream.tcp, &bytes);
}

static void on_dialled(struct herd_dialler *dialler, int status)
{
    struct peer *peer = HERD_CONTAINER(dialler, struct peer, dialler);
    struct herd_now now = peers_now(peer->peers);

    if (status < 0) {
        closed(peer, status);
        return;
    }
    assert(!peer->link.connected && herd_stream_queued(&peer->stream) == 0);
    keep_buffer_small(peer);
    herd_link_connected(&peer->link, &now);
}

/* -- The port -- */

static void port_connect(struct herd_link *link)
{
    struct peer *peer = peer_of(link);
    const struct sockaddr_storage *source = &peer->peers->options.source;

    assert(!peer->leaving);
    herd_stream_init(&peer->stream, peer->peers->loop, &events);
    peer->stream.stall_ms = WRITE_STALL_MS;
    herd_dialler_start(&peer->dialler, &peer->stream, (const struct sockaddr *)&peer->address,
                       source->ss_family == AF_UNSPEC ? NULL : (const struct sockaddr *)source, DIAL_TIMEOUT_MS,
                       on_dialled, peer);
}

static void port_close(struct herd_link *link, int status)
{
    struct peer *peer = peer_of(link);

    if (!link->connected)
        herd_dialler_cancel(&peer->dialler);
    else if (status == 0)
        herd_stream_end(&peer->stream, LINGER_MS);
    else
        herd_stream_close(&peer->stream, status);
}

static void port_drop(struct herd_link *link, struct herd_inbound *inbound)
{
    assert(guest_of(inbound)->peers == peer_of(link)->peers && inbound->neighbour == link->neighbour);
    guest_replaced(guest_of(inbound));
}

static struct herd_buffer *port_out(struct herd_link *link)
{
    return herd_stream_out(&peer_of(link)->stream);
}

static void port_said(struct herd_link *link, struct herd_text lines)
{
    struct peer *peer = peer_of(link);

    peerwire_lines(peer->peers, &peer->wire, NULL, "out", herd_link_name(link), lines);
}

/* A stream that failed in this turn is told of by on_closed; until then all such have one buffer to drop things in. */
static struct herd_buffer *port_room(struct herd_link *link, size_t *ret_bytes)
{
    struct peer *peer = peer_of(link);
    size_t window = peer->peers->options.output_bytes_max;
    size_t queued = herd_stream_queued(&peer->stream);

    assert(link->connected);
    if (!herd_stream_open(&peer->stream)) return NULL;
    *ret_bytes = queued < window ? window - queued : 0;
    return herd_stream_out_large(&peer->stream);
}

static void port_pumped(struct herd_link *link, bool more)
{
    struct peer *peer = peer_of(link);

    if (more) herd_loop_soon(peer->peers->loop, &peer->task);
    herd_stream_flush(&peer->stream);
    /* Where the kernel took it all nobody will say that it drained. */
    if (herd_stream_queued(&peer->stream) == 0 && !herd_link_flushed(link))
        herd_loop_soon(peer->peers->loop, &peer->task);
}

static void port_wake(struct herd_link *link)
{
    peers_wake(peer_of(link)->peers, 1);
}

static void port_tell(struct herd_link *link, enum herd_link_event event)
{
    struct peer *peer = peer_of(link);
    struct herd_peers *peers = peer->peers;
    uint32_t wire_max = peers->options.wire_bytes_per_s_max;

    if (event == HERD_LINK_DIALLING) /* as a stranger until it is welcomed */
        peer->wire = (struct herd_wire_meter){.bytes_max = herd_wire_strangers_max(wire_max)};
    if (event == HERD_LINK_WELCOMED) peer->wire.bytes_max = wire_max;
    if (event == HERD_LINK_HEARD) guest_welcomed(guest_of(link->neighbour->inbound));
    peerlog_told(peer, event);
    if (event == HERD_LINK_WELCOMED || event == HERD_LINK_DIVERGED) herd_loop_mark(peers->loop, HERD_PHASE_FLOOD);
}

static const struct herd_link_port port = {.connect = port_connect,
                                           .close = port_close,
                                           .drop = port_drop,
                                           .out = port_out,
                                           .said = port_said,
                                           .room = port_room,
                                           .pumped = port_pumped,
                                           .wake = port_wake,
                                           .tell = port_tell};

/* -- The peer -- */

static void run_task(struct herd_task *task)
{
    herd_loop_mark(HERD_CONTAINER(task, struct peer, task)->peers->loop, HERD_PHASE_FLOOD);
}

struct peer *peer_create(struct herd_peers *peers, struct herd_neighbour *neighbour)
{
    struct peer *peer = herd_memory_allocate_zeroed(1, sizeof *peer);

    peer->peers = peers;
    herd_list_init(&peer->node);
    herd_task_init(&peer->task, run_task);
    herd_link_init(&peer->link, peers->flood, neighbour, &port, peers_now(peers).monotonic_ms);
    return peer;
}

void peer_free(struct peer *peer)
{
    assert(peer->link.state == HERD_LINK_IDLE);
    herd_list_remove(&peer->node);
    herd_task_cancel(&peer->task);
    herd_link_finish(&peer->link);
    herd_memory_free(peer);
}

bool peer_flushed(const struct peer *peer)
{
    if (!herd_link_up(&peer->link)) return true;
    return herd_link_flushed(&peer->link) && herd_stream_queued(&peer->stream) == 0;
}

void peer_close(struct peer *peer)
{
    herd_task_cancel(&peer->task);
    /* A neighbour that does not read would hold up the end until its write stalls. */
    herd_link_close(&peer->link, peer_flushed(peer) ? 0 : -ECANCELED);
}
