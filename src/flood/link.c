/* SPDX-License-Identifier: MIT */
#include "herd/link.h"

#include <assert.h>
#include <errno.h>

#include "herd/clock.h"
#include "herd/memory.h"
#include "local.h"

static const struct herd_machine machine = {
    .name = "link",
    .states = {[HERD_LINK_IDLE] = {"idle", HERD_TO(HERD_LINK_CONNECTING)},
               [HERD_LINK_CONNECTING] = {"connecting",
                                         HERD_TO(HERD_LINK_UP) | HERD_TO(HERD_LINK_CLOSING) | HERD_TO(HERD_LINK_IDLE)},
               [HERD_LINK_UP] = {"up", HERD_TO(HERD_LINK_CLOSING) | HERD_TO(HERD_LINK_IDLE)},
               [HERD_LINK_CLOSING] = {"closing", HERD_TO(HERD_LINK_IDLE)}}};

static void move(struct herd_link *link, enum herd_link_state state)
{
    herd_machine_move_named(&machine, &link->state, state, link->neighbour->name);
}

void herd_link_init(struct herd_link *link, struct herd_flood *flood, struct herd_neighbour *neighbour,
                    const struct herd_link_port *port, int64_t now_ms)
{
    assert(neighbour->link == NULL);
    memset(link, 0, sizeof *link);
    link->port = port;
    link->flood = flood;
    link->neighbour = neighbour;
    link->state = HERD_LINK_IDLE;
    neighbour->link = link;
    herd_outbound_init(&link->outbound, flood, neighbour);
    herd_redial_init(&link->redial, now_ms);
}

void herd_link_finish(struct herd_link *link)
{
    assert(link->state == HERD_LINK_IDLE && !link->connected);
    assert(link->neighbour->link == link);
    link->neighbour->link = NULL;
    herd_outbound_finish(&link->outbound);
}

/* Tells the driver what was appended to the stream since it was `before` bytes long. */
static void said(struct herd_link *link, const struct herd_buffer *out, size_t before)
{
    struct herd_text lines = herd_buffer_text(out);

    assert(lines.length >= before);
    lines.bytes += before;
    lines.length -= before;
    if (lines.length > 0) link->port->said(link, lines);
}

/* -- Time -- */

int64_t herd_link_deadline(const struct herd_link *link)
{
    if (link->state == HERD_LINK_IDLE) return link->stopped ? INT64_MAX : link->redial.at_ms;
    return link->state == HERD_LINK_UP ? herd_outbound_deadline(&link->outbound) : INT64_MAX;
}

void herd_link_dial(struct herd_link *link)
{
    assert(!link->stopped && !link->connected);
    move(link, HERD_LINK_CONNECTING);
    herd_redial_dialled(&link->redial);
    link->port->tell(link, HERD_LINK_DIALLING);
    link->port->connect(link);
}

static void tick_stream(struct herd_link *link, const struct herd_now *now)
{
    struct herd_buffer *out = link->port->out(link);
    size_t before = herd_buffer_length(out);
    uint64_t divergences = link->outbound.divergences;

    assert(link->state == HERD_LINK_UP && link->connected);
    if (herd_outbound_tick(&link->outbound, now, out) < 0) {
        herd_link_close(link, -ETIMEDOUT);
        return;
    }
    said(link, out, before);
    if (link->outbound.divergences != divergences) link->port->tell(link, HERD_LINK_DIVERGED);
}

void herd_link_tick(struct herd_link *link, const struct herd_now *now)
{
    if (now->monotonic_ms < herd_link_deadline(link)) return;
    if (link->state == HERD_LINK_IDLE)
        herd_link_dial(link);
    else
        tick_stream(link, now);
}

/* -- The stream -- */

void herd_link_connected(struct herd_link *link, const struct herd_now *now)
{
    struct herd_buffer *out;
    size_t before;

    assert(link->state != HERD_LINK_IDLE && !link->connected);
    link->connected = true;
    if (link->state == HERD_LINK_CLOSING) {
        link->port->close(link, -ECANCELED);
        return;
    }
    move(link, HERD_LINK_UP);
    if (link->stopped) {
        herd_link_close(link, -ECANCELED);
        return;
    }
    out = link->port->out(link);
    before = herd_buffer_length(out);
    herd_outbound_start(&link->outbound, now, out);
    said(link, out, before);
    link->port->wake(link);
}

static void became_live(struct herd_link *link, int64_t now_ms)
{
    assert(link->connected && !link->welcomed && link->neighbour->connected);
    link->welcomed = true;
    link->failures = 0;
    herd_redial_welcomed(&link->redial, now_ms);
    link->port->tell(link, HERD_LINK_WELCOMED);
    link->port->wake(link);
}

static void note_clock(struct herd_link *link)
{
    int64_t offset_ms = link->outbound.clock_offset_ns / HERD_NS_PER_MS;
    int64_t distance_ms = offset_ms < 0 ? -offset_ms : offset_ms;

    if (link->outbound.state != HERD_PEER_LIVE) return;
    if (link->clock_far ? distance_ms >= HERD_LINK_CLOCK_NEAR_MS : distance_ms < HERD_LINK_CLOCK_FAR_MS) return;
    link->clock_far = !link->clock_far;
    link->port->tell(link, link->clock_far ? HERD_LINK_CLOCK_FAR : HERD_LINK_CLOCK_NEAR);
}

void herd_link_receive(struct herd_link *link, struct herd_text bytes, const struct herd_now *now)
{
    struct herd_buffer *out;
    size_t before;
    int error;

    if (link->state != HERD_LINK_UP) return;
    assert(link->connected);
    out = link->port->out(link);
    before = herd_buffer_length(out);
    error = herd_outbound_receive(&link->outbound, bytes, now, out);
    said(link, out, before);
    if (error < 0)
        herd_link_close(link, error);
    else if (!link->welcomed && link->outbound.state == HERD_PEER_LIVE)
        became_live(link, now->monotonic_ms);
    note_clock(link);
}

void herd_link_ended(struct herd_link *link)
{
    if (link->state == HERD_LINK_UP) herd_link_close(link, -ECONNRESET);
}

void herd_link_closed(struct herd_link *link, int status, const struct herd_now *now)
{
    enum herd_link_event event = link->welcomed ? HERD_LINK_DOWN : HERD_LINK_FAILED;

    assert(link->connected || !link->welcomed);
    herd_outbound_stop(&link->outbound);
    link->failures = link->connected ? 0 : link->failures + 1;
    link->status = status;
    link->connected = link->welcomed = false;
    move(link, HERD_LINK_IDLE);
    if (link->renewed)
        herd_redial_init(&link->redial, now->monotonic_ms);
    else
        herd_redial_failed(&link->redial, &link->flood->random, now->monotonic_ms);
    link->renewed = false;
    link->port->tell(link, event);
    link->port->wake(link);
}

/* -- Ending it -- */

void herd_link_close(struct herd_link *link, int status)
{
    if (link->state != HERD_LINK_UP && link->state != HERD_LINK_CONNECTING) return;
    herd_outbound_stop(&link->outbound);
    move(link, HERD_LINK_CLOSING);
    link->port->close(link, status);
}

void herd_link_stop(struct herd_link *link)
{
    link->stopped = true;
}

void herd_link_renew(struct herd_link *link, int64_t now_ms)
{
    assert(!link->stopped);
    link->failures = 0;
    if (link->state == HERD_LINK_IDLE) {
        herd_redial_init(&link->redial, now_ms);
        link->port->wake(link);
        return;
    }
    link->renewed = true;
    herd_link_close(link, -ECANCELED);
}

/* -- The flood -- */

bool herd_link_flushed(const struct herd_link *link)
{
    return link->state != HERD_LINK_UP || !herd_outbound_busy(&link->outbound);
}

static bool begin_pump(struct herd_link *link, struct herd_pump *ret_pump)
{
    struct herd_buffer *out;
    size_t room;

    if (herd_link_flushed(link)) return false;
    assert(link->connected && link->outbound.state == HERD_PEER_LIVE);
    out = link->port->room(link, &room);
    if (out == NULL) return false;
    *ret_pump = (struct herd_pump){.outbound = &link->outbound, .room = room, .out = out};
    return true;
}

void herd_link_pump(struct herd_link *const *links, unsigned count)
{
    HERD_UNINITIALIZED struct herd_pump pumps[HERD_SLOTS_MAX];
    HERD_UNINITIALIZED struct herd_link *pumped[HERD_SLOTS_MAX];
    unsigned pumped_count = 0;
    unsigned i;

    assert(count <= HERD_SLOTS_MAX);
    for (i = 0; i < count; i++)
        if (begin_pump(links[i], &pumps[pumped_count])) pumped[pumped_count++] = links[i];
    herd_flood_pump(pumps, pumped_count);
    for (i = 0; i < pumped_count; i++) {
        said(pumped[i], pumps[i].out, pumps[i].before);
        pumped[i]->port->pumped(pumped[i], pumps[i].more);
    }
}

/* -- The neighbour's sessions -- */

/* A stream of the neighbour that is dead and does not know it yet. */
static void drop_replaced(struct herd_link *link, struct herd_inbound *inbound)
{
    struct herd_inbound *replaced = inbound->replaced;

    inbound->replaced = NULL;
    if (replaced == NULL) return;
    assert(replaced != inbound && replaced->neighbour == link->neighbour);
    herd_inbound_stop(replaced);
    link->port->drop(link, replaced);
}

static void note_rival(struct herd_link *link, int64_t now_ms)
{
    if (link->rival_ms != 0 && now_ms - link->rival_ms < HERD_LINK_RIVAL_QUIET_MS) return;
    link->rival_ms = now_ms;
    link->port->tell(link, HERD_LINK_RIVAL);
}

/* It is certainly there. */
static void urge(struct herd_link *link, int64_t now_ms)
{
    if (link->state != HERD_LINK_IDLE || link->stopped) return;
    herd_redial_urge(&link->redial, now_ms);
    link->port->wake(link);
}

void herd_link_heard(struct herd_inbound *inbound, const struct herd_now *now)
{
    struct herd_link *link = inbound->neighbour != NULL ? inbound->neighbour->link : NULL;

    if (link == NULL) return;
    assert(link->neighbour == inbound->neighbour);
    drop_replaced(link, inbound);
    if (inbound->welcomed || inbound->state != HERD_PEER_LIVE) return;
    assert(link->neighbour->inbound == inbound);
    inbound->welcomed = true;
    link->port->tell(link, HERD_LINK_HEARD);
    if (inbound->rival) note_rival(link, now->monotonic_ms);
    urge(link, now->monotonic_ms);
}
