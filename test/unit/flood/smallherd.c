/* SPDX-License-Identifier: MIT */
#include "smallherd.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "herd/clock.h"

#define CLIENTS_MAX 1000

static const char *const names[SMALLHERD_MEMBERS] = {"Goloman", "Hands", "Holiday", "Welsh", "Wilkes"};

/* -- Streams -- */

static struct direction *direction_of(struct herd_link *link)
{
    return HERD_CONTAINER(link, struct direction, link);
}

/* What becomes of connecting and closing is decided where the link was called. */
static void port_connect(struct herd_link *link)
{
    assert_int_equal(link->state, HERD_LINK_CONNECTING);
}

static void port_close(struct herd_link *link, int status)
{
    fail_msg("the link to %.*s is closed: %d %s", HERD_TEXT_ARGS(link->neighbour->name), status,
             link->outbound.end.text);
}

static void port_drop(struct herd_link *link, struct herd_inbound *inbound)
{
    (void)inbound;
    fail_msg("a session of %.*s was replaced", HERD_TEXT_ARGS(link->neighbour->name));
}

static struct herd_buffer *port_out(struct herd_link *link)
{
    return &direction_of(link)->forward;
}

static void port_said(struct herd_link *link, struct herd_text lines)
{
    assert_int_equal(link->state, HERD_LINK_UP);
    assert_true(lines.length > 0);
}

static struct herd_buffer *port_room(struct herd_link *link, size_t *ret_bytes)
{
    struct direction *direction = direction_of(link);
    size_t queued = herd_buffer_length(&direction->forward);
    *ret_bytes = queued < direction->window ? direction->window - queued : 0;
    return &direction->forward;
}

static void port_pumped(struct herd_link *link, bool more)
{
    (void)link; /* it is pumped in every step */
    (void)more;
}

static void port_wake(struct herd_link *link)
{
    (void)link; /* as above */
}

static void port_tell(struct herd_link *link, enum herd_link_event event)
{
    (void)link;
    assert_int_not_equal(event, HERD_LINK_RIVAL);
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

static void connect_streams(struct smallherd *herd, struct direction *direction)
{
    herd_link_connected(&direction->link, &herd->now);
    herd_inbound_init(&direction->inbound, &herd->members[direction->to].flood, true, &herd->now);
}

static void break_streams(struct smallherd *herd, struct direction *direction)
{
    if (direction->link.state != HERD_LINK_UP) return;
    herd_link_closed(&direction->link, -ECONNRESET, &herd->now);
    herd_inbound_stop(&direction->inbound);
    herd_inbound_finish(&direction->inbound);
    herd_buffer_clear(&direction->forward);
    herd_buffer_clear(&direction->backward);
}

static void tick(struct smallherd *herd, struct direction *direction)
{
    herd_link_tick(&direction->link, &herd->now);
    if (direction->link.state != HERD_LINK_CONNECTING) return;
    if (herd->members[direction->to].alive && !direction->cut)
        connect_streams(herd, direction);
    else
        herd_link_closed(&direction->link, -ECONNREFUSED, &herd->now);
}

typedef int (*receiver)(struct smallherd *herd, struct direction *direction, struct herd_text bytes);

static int receive_forward(struct smallherd *herd, struct direction *direction, struct herd_text bytes)
{
    int error = herd_inbound_receive(&direction->inbound, bytes, &herd->now, &direction->backward);
    herd_link_heard(&direction->inbound, &herd->now);
    return error;
}

static int receive_backward(struct smallherd *herd, struct direction *direction, struct herd_text bytes)
{
    herd_link_receive(&direction->link, bytes, &herd->now);
    return 0;
}

static int deliver(struct smallherd *herd, struct direction *direction, struct herd_buffer *queue, receiver receive)
{
    size_t left = herd->rate;
    int error = 0;

    while (left > 0 && herd_buffer_length(queue) > 0 && error == 0) {
        struct herd_text piece = herd_buffer_text(queue);
        size_t most = piece.length < left ? piece.length : left;
        piece.length = 1 + (size_t)herd_random_below(&herd->random, most);
        error = receive(herd, direction, piece);
        herd_buffer_consume(queue, piece.length);
        left -= piece.length;
    }
    return error;
}

static void carry(struct smallherd *herd, struct direction *direction)
{
    struct herd_link *link = &direction->link;

    direction->window = herd->window;
    if (herd_inbound_tick(&direction->inbound, &herd->now, &direction->backward) < 0)
        fail_msg("%s: %s", herd->members[direction->to].name, direction->inbound.end.text);
    herd_link_pump(&link, 1);
    if (deliver(herd, direction, &direction->forward, receive_forward) < 0)
        fail_msg("%s: %s", herd->members[direction->to].name, direction->inbound.end.text);
    deliver(herd, direction, &direction->backward, receive_backward);
}

static void step(struct smallherd *herd)
{
    for (unsigned i = 0; i < herd->direction_count; i++) {
        struct direction *direction = &herd->directions[i];
        if (herd->members[direction->from].alive) tick(herd, direction);
        if (direction->link.state == HERD_LINK_UP) carry(herd, direction);
    }
    herd->now.monotonic_ms += SMALLHERD_STEP_MS;
    herd->now.wall_ns += SMALLHERD_STEP_MS * HERD_NS_PER_MS;
}

void smallherd_run(struct smallherd *herd, int64_t duration_ms)
{
    for (int64_t end_ms = herd->now.monotonic_ms + duration_ms; herd->now.monotonic_ms < end_ms;)
        step(herd);
}

static bool is_settled(const struct smallherd *herd)
{
    for (unsigned i = 0; i < herd->direction_count; i++) {
        const struct direction *direction = &herd->directions[i];
        if (!herd->members[direction->from].alive || !herd->members[direction->to].alive || direction->cut) continue;
        if (direction->link.outbound.state != HERD_PEER_LIVE) return false;
        if (!herd_link_flushed(&direction->link) || herd_buffer_length(&direction->forward) > 0) return false;
    }
    return true;
}

int64_t smallherd_settle(struct smallherd *herd, int64_t limit_ms)
{
    int64_t start_ms = herd->now.monotonic_ms;

    while (!is_settled(herd)) {
        assert_true(herd->now.monotonic_ms - start_ms < limit_ms);
        step(herd);
    }
    return herd->now.monotonic_ms - start_ms;
}

/* -- Members -- */

enum herd_put smallherd_report(struct smallherd *herd, unsigned member, const char *client, unsigned seconds)
{
    char time[24];
    struct herd_version version = {.origin = herd->members[member].flood.number, .difference_ns = -250000000};

    snprintf(time, sizeof(time), "%u", seconds);
    version.report = (struct herd_report){.client = herd_text_of(client),
                                          .position = HERD_TEXT("+34.068930-118.445127"),
                                          .time = herd_text_of(time),
                                          .time_ns = (int64_t)seconds * HERD_NS_PER_S};
    assert_true(herd->members[member].alive);
    return herd_store_report(&herd->members[member].store, &version);
}

void smallherd_crash(struct smallherd *herd, unsigned member)
{
    for (unsigned i = 0; i < herd->direction_count; i++)
        if (herd->directions[i].from == member || herd->directions[i].to == member)
            break_streams(herd, &herd->directions[i]);
    assert_true(herd->members[member].alive);
    herd->members[member].alive = false;
    for (unsigned i = 0; i < herd->direction_count; i++)
        if (herd->directions[i].from == member) herd_link_finish(&herd->directions[i].link);
    herd_flood_finish(&herd->members[member].flood);
    herd_store_finish(&herd->members[member].store);
}

void smallherd_start(struct smallherd *herd, unsigned number)
{
    struct member *member = &herd->members[number];
    struct herd_siphash_key key = {herd_random_next(&herd->random), herd_random_next(&herd->random)};
    unsigned slots = 0;

    assert_false(member->alive);
    for (unsigned i = 0; i < herd->direction_count; i++)
        slots += herd->directions[i].from == number;
    herd_store_init(&member->store, &key, slots, CLIENTS_MAX);
    herd_flood_init(&member->flood, &member->store, HERD_TEXT("herd"), herd_text_of(member->name),
                    herd_random_next(&herd->random) | 1, herd_random_next(&herd->random));
    for (unsigned i = 0; i < herd->direction_count; i++) {
        struct direction *direction = &herd->directions[i];
        if (direction->from != number) continue;
        herd_link_init(&direction->link, &member->flood,
                       herd_flood_take_neighbour(&member->flood, herd_text_of(names[direction->to])), &port,
                       herd->now.monotonic_ms);
    }
    member->alive = true;
}

static void set_cut(struct smallherd *herd, unsigned a, unsigned b, bool cut)
{
    for (unsigned i = 0; i < herd->direction_count; i++) {
        struct direction *direction = &herd->directions[i];
        if (direction->from + direction->to != a + b || (direction->from != a && direction->from != b)) continue;
        if (cut) break_streams(herd, direction);
        direction->cut = cut;
    }
}

void smallherd_cut(struct smallherd *herd, unsigned a, unsigned b)
{
    set_cut(herd, a, b, true);
}

void smallherd_heal(struct smallherd *herd, unsigned a, unsigned b)
{
    set_cut(herd, a, b, false);
}

void smallherd_init(struct smallherd *herd, unsigned member_count, const struct pair *links, unsigned link_count,
                    uint64_t seed)
{
    memset(herd, 0, sizeof(*herd));
    herd->member_count = member_count;
    herd->rate = herd->window = 256 * 1024;
    herd->now = (struct herd_now){.monotonic_ms = 5000, .wall_ns = INT64_C(1500000000) * HERD_NS_PER_S};
    herd_random_init(&herd->random, seed);
    for (unsigned i = 0; i < link_count; i++) {
        herd->directions[herd->direction_count++] = (struct direction){.from = links[i].a, .to = links[i].b};
        herd->directions[herd->direction_count++] = (struct direction){.from = links[i].b, .to = links[i].a};
    }
    for (unsigned i = 0; i < member_count; i++) {
        herd->members[i].name = names[i];
        smallherd_start(herd, i);
    }
}

void smallherd_finish(struct smallherd *herd)
{
    for (unsigned i = 0; i < herd->member_count; i++)
        if (herd->members[i].alive) smallherd_crash(herd, i);
    for (unsigned i = 0; i < herd->direction_count; i++) {
        herd_buffer_finish(&herd->directions[i].forward);
        herd_buffer_finish(&herd->directions[i].backward);
    }
}

/* -- What they know -- */

static void assert_same(const struct member *a, const struct member *b, uint32_t record)
{
    struct herd_version ours;
    struct herd_version theirs;
    uint32_t other;

    herd_store_view(&a->store, record, &ours);
    other = herd_store_find(&b->store, ours.report.client);
    if (other == 0) fail_msg("%s lacks what %s has", b->name, a->name);
    herd_store_view(&b->store, other, &theirs);
    assert_true(herd_text_equal(ours.report.position, theirs.report.position));
    assert_true(herd_text_equal(ours.report.time, theirs.report.time));
    assert_true(ours.report.time_ns == theirs.report.time_ns && ours.difference_ns == theirs.difference_ns);
    assert_true(
        herd_text_equal(herd_version_origin(&a->store.names, &ours), herd_version_origin(&b->store.names, &theirs)));
}

void smallherd_assert_equal(struct smallherd *herd)
{
    struct member *first = NULL;

    for (unsigned i = 0; i < herd->member_count; i++) {
        struct member *member = &herd->members[i];
        if (!member->alive) continue;
        if (first == NULL) first = member;
        assert_int_equal(herd_store_count(&member->store), herd_store_count(&first->store));
        const struct herd_digest *mine = herd_store_digest(&member->store);
        const struct herd_digest *theirs = herd_store_digest(&first->store);
        assert_true(mine->low == theirs->low && mine->high == theirs->high);
        for (uint32_t record = 1; record <= herd_store_count(&first->store); record++)
            assert_same(first, member, record);
    }
}

unsigned smallherd_seconds(const struct smallherd *herd, unsigned member, const char *client)
{
    const struct herd_store *store = &herd->members[member].store;
    uint32_t record = herd_store_find(store, herd_text_of(client));
    struct herd_version version;

    if (record == 0) return 0;
    herd_store_view(store, record, &version);
    return (unsigned)(version.report.time_ns / HERD_NS_PER_S);
}

uint64_t smallherd_lines(const struct smallherd *herd)
{
    uint64_t lines = 0;

    for (unsigned i = 0; i < herd->member_count; i++)
        if (herd->members[i].alive) lines += herd->members[i].flood.counts.at_sent;
    return lines;
}
