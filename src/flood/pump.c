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
#include "local.h"

#define POPS_PER_MARK 4096

static void append_record(struct herd_outbound *outbound, uint32_t record, struct herd_buffer *out)
{
    struct herd_flood *flood = outbound->flood;
    const struct herd_names *names = &flood->store->names;
    struct herd_version version;
    struct herd_peer_at at;
    unsigned i;

    herd_store_view(flood->store, record, &version);
    at.origin = herd_names_text(names, version.origin);
    at.difference_ns = version.difference_ns;
    at.report = version.report;
    for (i = 0; i < version.way_count; i++)
        at.visited[i] = herd_names_text(names, version.way[i]);
    at.visited[i] = flood->name;
    at.visited_count = i + 1;
    herd_peer_append_at(out, &at);
    flood->counts.at_sent++;
}

static void sample_barrier(struct herd_outbound *outbound)
{
    outbound->barrier_mark = outbound->flood->store->seq;
    outbound->barrier_left = herd_store_queued(outbound->flood->store, outbound->neighbour->slot);
}

/* An empty FIFO proves everything sent, what the neighbour itself taught and was never queued included. */
static bool all_sent(const struct herd_outbound *outbound)
{
    return outbound->work == HERD_OUTBOUND_FLOODING &&
           herd_store_queued(outbound->flood->store, outbound->neighbour->slot) == 0;
}

void outbound_tell_mark(struct herd_outbound *outbound, struct herd_buffer *out)
{
    if (all_sent(outbound)) outbound->pending_mark = outbound->flood->store->seq;
    if (outbound->pending_mark <= outbound->told_mark) return;
    outbound->told_mark = outbound->pending_mark;
    outbound->popped_since = 0;
    herd_peer_append_mark(out, outbound->told_mark);
    outbound->flood->counts.marks_sent++;
}

static void count_pop(struct herd_outbound *outbound)
{
    outbound->popped_since++;
    if (outbound->work != HERD_OUTBOUND_FLOODING || outbound->barrier_left == 0) return;
    if (--outbound->barrier_left > 0) return;
    outbound->pending_mark = outbound->barrier_mark;
    sample_barrier(outbound);
}

/* True where it stopped for the sake of the others in this turn: passing over cancelled entries takes no room. */
static bool emit(struct herd_outbound *outbound, size_t room, struct herd_buffer *out)
{
    struct herd_store *store = outbound->flood->store;
    unsigned slot = outbound->neighbour->slot;
    size_t before = herd_buffer_length(out);
    uint32_t passed = 0;
    uint32_t record;

    if (outbound->barrier_left == 0) sample_barrier(outbound);
    while (passed < HERD_SCAN_SLICE && herd_buffer_length(out) - before < room &&
           herd_store_pop(store, slot, &record)) {
        if (record != 0)
            append_record(outbound, record, out);
        else
            passed++;
        count_pop(outbound);
    }
    if (outbound->popped_since >= POPS_PER_MARK) outbound_tell_mark(outbound, out);
    return passed == HERD_SCAN_SLICE;
}

static void drop_slice(struct herd_outbound *outbound)
{
    struct herd_store *store = outbound->flood->store;

    if (herd_store_drop(store, outbound->neighbour->slot, HERD_SCAN_SLICE)) return;
    herd_store_activate(store, outbound->neighbour->slot);
    outbound->scan_cursor = 1;
    outbound->work = HERD_OUTBOUND_SCANNING;
}

static void scan_slice(struct herd_outbound *outbound)
{
    struct herd_store *store = outbound->flood->store;

    if (herd_store_scan(store, outbound->neighbour->slot, outbound->scan_mark, HERD_SCAN_SLICE, &outbound->scan_cursor))
        return;
    outbound->work = HERD_OUTBOUND_FLOODING;
    sample_barrier(outbound);
}

bool herd_outbound_pump(struct herd_outbound *outbound, size_t room, struct herd_buffer *out)
{
    if (outbound->state != HERD_PEER_LIVE) return false;
    if (outbound->work == HERD_OUTBOUND_DROPPING) drop_slice(outbound);
    if (outbound->work == HERD_OUTBOUND_SCANNING) scan_slice(outbound);
    if (outbound->work == HERD_OUTBOUND_DROPPING) return true;
    return emit(outbound, room, out) || outbound->work != HERD_OUTBOUND_FLOODING;
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
    if (outbound->work == HERD_OUTBOUND_SCANNING) queued += store->records.next - outbound->scan_cursor;
    return queued;
}
