/* SPDX-License-Identifier: MIT */
/*
 * The dialling end: what it floods.
 *
 *     DROPPING --> SCANNING --> FLOODING
 *
 * DROPPING empties the FIFO of what an earlier session left, SCANNING queues
 * what the neighbour cannot claim to have, both in slices; from SCANNING on
 * lines are sent as far as there is room.
 *
 * MARK is a low watermark. Conflation leaves old sequence numbers waiting
 * behind newer ones, so the largest number sent proves nothing. Instead: note
 * the store's sequence number and the length of the FIFO; after so many pops
 * everything up to that number has been sent. None of it counts before the
 * scan has ended. A MARK is told when many lines went out since the last one,
 * and with the next PING otherwise: it only spares lines after a reconnect, so
 * it may be late.
 */
#include <assert.h>

#include "herd/memory.h"
#include "local.h"

/* The simulator's mutant goes on without a scan. */
#ifdef HERD_MUTANTS
#define AFTER_DROPPING (HERD_TO(HERD_OUTBOUND_SCANNING) | HERD_TO(HERD_OUTBOUND_FLOODING))
#else
#define AFTER_DROPPING HERD_TO(HERD_OUTBOUND_SCANNING)
#endif

static const struct herd_machine machine = {
    .name = "outbound",
    .states = {[HERD_OUTBOUND_DROPPING] = {"dropping", AFTER_DROPPING},
               [HERD_OUTBOUND_SCANNING] = {"scanning", HERD_TO(HERD_OUTBOUND_FLOODING)},
               [HERD_OUTBOUND_FLOODING] = {"flooding", HERD_TO(HERD_OUTBOUND_SCANNING)}}};

/* A session begins with dropping. */
static void move(struct herd_outbound *outbound, enum herd_outbound_work work)
{
    assert(outbound->state == HERD_PEER_LIVE);
    herd_machine_move_named(&machine, &outbound->work, work, outbound->neighbour->name);
}

static struct herd_peer_at at_of(const struct herd_flood *flood, const struct herd_version *version)
{
    const struct herd_names *names = herd_store_names(flood->store);
    HERD_UNINITIALIZED struct herd_peer_at at;
    unsigned i;

    at.origin = herd_version_origin(names, version);
    at.difference_ns = version->difference_ns;
    at.report = version->report;
    for (i = 0; i < version->way_count; i++)
        at.visited[i] = herd_names_text(names, version->way[i]);
    at.visited[i] = flood->name;
    at.visited_count = i + 1;
    return at;
}

/*
 * The first line of a route, or one that is too long to be kept, or whose origin is foreign. Apart, not to be in the
 * way of the others.
 */
__attribute__((noinline)) static struct herd_text append_first(struct herd_flood *flood, struct herd_known_route *known,
                                                               const struct herd_version *version,
                                                               struct herd_buffer *out)
{
    struct herd_peer_at at = at_of(flood, version);
    size_t before = herd_buffer_length(out);

    if (version->origin != HERD_NAME_UNKNOWN) {
        route_note(known, version);
        herd_route_make(&at, &known->route);
    }
    herd_peer_append_at(out, &at);
    return (struct herd_text){herd_buffer_text(out).bytes + before, herd_buffer_length(out) - before};
}

static struct herd_text append_version(struct herd_flood *flood, const struct herd_version *version,
                                       struct herd_buffer *out)
{
    uint64_t servers = 0;
    struct herd_known_route *known;

    _Static_assert(HERD_WAY_MAX < sizeof servers, "a byte for the origin is left");
    memcpy(&servers, version->way, sizeof version->way);
    servers = servers * HERD_NAMES_MAX + version->origin;
    known = &flood->routes[(servers * UINT64_C(0x9e3779b97f4a7c15) >> 56) % HERD_ROUTES_OUT];
    if (known->route.start_length != 0 && route_says(known, version))
        return herd_route_append(out, &known->route, version->difference_ns, &version->report);
    return append_first(flood, known, version, out);
}

static bool came_through(const struct herd_version *version, uint8_t server)
{
    return memchr(version->way, server, version->way_count) != NULL;
}

/* The record's AT line, empty where it is not to be sent. */
static struct herd_text append_record(struct herd_outbound *outbound, uint32_t record, struct herd_buffer *out)
{
    struct herd_flood *flood = outbound->flood;
    HERD_UNINITIALIZED struct herd_version version;

    herd_store_view(flood->store, record, &version);
    if (HERD_MUTANT(ECHO_BY_VISITED) && came_through(&version, outbound->neighbour->number)) return HERD_TEXT("");
    flood->counts.at_sent++;
    return append_version(flood, &version, out);
}

static void sample_barrier(struct herd_outbound *outbound)
{
    outbound->barrier_mark = herd_store_seq(outbound->flood->store);
    outbound->barrier_left = herd_store_queued(outbound->flood->store, outbound->neighbour->slot);
    assert(outbound->barrier_mark >= outbound->pending_mark);
    if (HERD_MUTANT(MARK_ONE_POP_EARLY) && outbound->barrier_left > 1) outbound->barrier_left--;
}

/* An empty FIFO proves everything sent, what the neighbour itself taught and was never queued included. */
static bool all_sent(const struct herd_outbound *outbound)
{
    return (outbound->work == HERD_OUTBOUND_FLOODING || HERD_MUTANT(MARK_DURING_SCAN)) &&
           herd_store_queued(outbound->flood->store, outbound->neighbour->slot) == 0;
}

void outbound_tell_mark(struct herd_outbound *outbound, struct herd_buffer *out)
{
    if (all_sent(outbound)) outbound->pending_mark = herd_store_seq(outbound->flood->store);
    if (outbound->pending_mark <= outbound->told_mark) return;
    assert(outbound->pending_mark <= herd_store_seq(outbound->flood->store)); /* no more than there is */
    outbound->told_mark = outbound->pending_mark;
    outbound->popped_since = 0;
    herd_peer_append_mark(out, outbound->told_mark);
    outbound->flood->counts.marks_sent++;
}

static void count_pop(struct herd_outbound *outbound)
{
    outbound->popped_since++;
    if (outbound->work != HERD_OUTBOUND_FLOODING && !HERD_MUTANT(MARK_DURING_SCAN)) return;
    if (outbound->barrier_left == 0) return;
    if (--outbound->barrier_left > 0) return;
    outbound->pending_mark = outbound->barrier_mark;
    sample_barrier(outbound);
}

#ifdef HERD_MUTANTS
static void note_largest(struct herd_outbound *outbound, uint32_t record)
{
    uint64_t seq = herd_mutant_seq(outbound->flood->store, record);

    if (outbound->work == HERD_OUTBOUND_FLOODING && seq > outbound->pending_mark) outbound->pending_mark = seq;
}
#endif

static bool has_room(const struct herd_pump *pump)
{
    return pump->passed < pump->outbound->flood->scan_slice &&
           herd_buffer_length(pump->out) - pump->before < pump->room;
}

/* Takes the next entry of a FIFO: false where there is none, or no room. *ret_record as herd_store_pop has it. */
static bool take(struct herd_pump *pump, uint32_t *ret_record)
{
    struct herd_outbound *outbound = pump->outbound;

    if (!has_room(pump)) return false;
    if (!herd_store_pop(outbound->flood->store, outbound->neighbour->slot, ret_record)) return false;
    if (*ret_record == 0) pump->passed++;
    count_pop(outbound);
#ifdef HERD_MUTANTS
    if (*ret_record != 0 && HERD_MUTANT(MARK_LARGEST_SENT)) note_largest(outbound, *ret_record);
#endif
    return true;
}

static bool emits(const struct herd_outbound *outbound)
{
    return outbound->state == HERD_PEER_LIVE && outbound->work != HERD_OUTBOUND_DROPPING;
}

/* Gives a record's line also to those of whom it is the next. In calm all FIFOs are alike, and it is that of all. */
static void share(struct herd_pump *others, unsigned count, uint32_t record, struct herd_text line)
{
    unsigned i;

    for (i = 0; i < count; i++) {
        struct herd_outbound *outbound = others[i].outbound;
        uint32_t taken;
        if (!emits(outbound) || herd_store_head(outbound->flood->store, outbound->neighbour->slot) != record) continue;
        if (!take(&others[i], &taken) || taken == 0) continue;
        herd_buffer_append(others[i].out, line);
        outbound->flood->counts.at_sent++;
    }
}

static void emit(struct herd_pump *pump, struct herd_pump *others, unsigned count)
{
    struct herd_outbound *outbound = pump->outbound;
    uint32_t record;

    while (take(pump, &record)) {
        struct herd_text line;
        if (record == 0) continue;
        line = append_record(outbound, record, pump->out);
        if (!HERD_MUTANT(ECHO_BY_VISITED)) share(others, count, record, line);
    }
    if (outbound->popped_since >= outbound->flood->pops_per_mark) outbound_tell_mark(outbound, pump->out);
    /* Where it stopped for the sake of the others in this turn: passing over cancelled entries takes no room. */
    pump->more = pump->passed >= outbound->flood->scan_slice;
}

static void drop_slice(struct herd_outbound *outbound)
{
    struct herd_store *store = outbound->flood->store;

    if (herd_store_drop(store, outbound->neighbour->slot, outbound->flood->scan_slice)) return;
    herd_store_activate(store, outbound->neighbour->slot);
    outbound->scan_cursor = 1;
    move(outbound, HERD_MUTANT(NO_RESCAN) ? HERD_OUTBOUND_FLOODING : HERD_OUTBOUND_SCANNING);
}

void outbound_rescan(struct herd_outbound *outbound)
{
    assert(outbound->work == HERD_OUTBOUND_FLOODING && outbound->neighbour->connected);
    outbound->scan_mark = 0;
    outbound->scan_cursor = 1;
    move(outbound, HERD_OUTBOUND_SCANNING);
}

static void scan_slice(struct herd_outbound *outbound)
{
    struct herd_store *store = outbound->flood->store;

    assert(outbound->scan_cursor >= 1 && outbound->scan_mark <= herd_store_seq(store));
    if (herd_store_scan(store, outbound->neighbour->slot, outbound->scan_mark, outbound->flood->scan_slice,
                        &outbound->scan_cursor))
        return;
    move(outbound, HERD_OUTBOUND_FLOODING);
    sample_barrier(outbound);
}

static void begin(struct herd_pump *pump)
{
    struct herd_outbound *outbound = pump->outbound;

    pump->before = herd_buffer_length(pump->out);
    pump->passed = 0;
    if (outbound->state != HERD_PEER_LIVE) return;
    assert(outbound->neighbour->connected && outbound->neighbour->slot != HERD_SLOT_NONE);
    if (outbound->work == HERD_OUTBOUND_DROPPING) drop_slice(outbound);
    if (outbound->work == HERD_OUTBOUND_SCANNING) scan_slice(outbound);
    if (emits(outbound) && outbound->barrier_left == 0) sample_barrier(outbound);
}

void herd_flood_pump(struct herd_pump *pumps, unsigned count)
{
    unsigned i;

    assert(count <= HERD_SLOTS_MAX);
    for (i = 0; i < count; i++) {
        assert(pumps[i].outbound->flood == pumps[0].outbound->flood);
        assert(i == 0 || pumps[i].out != pumps[i - 1].out); /* lines are copied from one to the other */
        begin(&pumps[i]);
    }
    for (i = 0; i < count; i++) {
        const struct herd_outbound *outbound = pumps[i].outbound;
        pumps[i].more = false;
        if (emits(outbound)) emit(&pumps[i], &pumps[i + 1], count - i - 1);
        if (outbound->state == HERD_PEER_LIVE && outbound->work != HERD_OUTBOUND_FLOODING) pumps[i].more = true;
    }
}

bool herd_outbound_pump(struct herd_outbound *outbound, size_t room, struct herd_buffer *out)
{
    struct herd_pump pump = {.outbound = outbound, .room = room, .out = out};

    herd_flood_pump(&pump, 1);
    return pump.more;
}

bool herd_outbound_busy(const struct herd_outbound *outbound)
{
    if (outbound->state != HERD_PEER_LIVE) return false;
    if (outbound->work != HERD_OUTBOUND_FLOODING) return true;
    return herd_store_queued(outbound->flood->store, outbound->neighbour->slot) > 0;
}

uint64_t herd_outbound_lag(const struct herd_outbound *outbound)
{
    const struct herd_store *store = outbound->flood->store;
    uint64_t queued = herd_store_queued(store, outbound->neighbour->slot);

    if (outbound->state != HERD_PEER_LIVE || outbound->work == HERD_OUTBOUND_DROPPING) return herd_store_count(store);
    if (outbound->work == HERD_OUTBOUND_SCANNING) queued += herd_store_cursor_end(store) - outbound->scan_cursor;
    return queued;
}
