/* SPDX-License-Identifier: MIT */
/*
 * The dirty FIFOs. An entry is a link in the record; see herd/store.h for the
 * picture. Pushing is what every accepted change pays for every slot, so it
 * touches the record, the old tail and the queue's head, nothing else.
 */
#include "local.h"

#include <assert.h>

static void push(struct herd_store *store, unsigned slot, uint32_t handle, struct herd_record *record)
{
    struct herd_queue *queue = &store->queues[slot];

    if (HERD_MUTANT(REQUEUE_LOST) && record->next[slot] != 0) return;
    record->queued |= UINT32_C(1) << slot;
    if (record->next[slot] != 0) return;
    record->next[slot] = handle;
    if (queue->tail != 0)
        record_of(store, queue->tail)->next[slot] = handle;
    else
        queue->head = handle;
    queue->tail = handle;
    queue->length++;
}

void queue_push(struct herd_store *store, uint32_t handle, struct herd_record *record, uint32_t slots)
{
    for (; slots != 0; slots &= slots - 1)
        push(store, (unsigned)__builtin_ctz(slots), handle, record);
}

static uint32_t unlink_head(struct herd_store *store, unsigned slot)
{
    struct herd_queue *queue = &store->queues[slot];
    uint32_t handle = queue->head;
    struct herd_record *record = record_of(store, handle);

    assert(record->next[slot] != 0);
    if (handle == queue->tail) {
        assert(queue->length == 1 && record->next[slot] == handle);
        queue->head = queue->tail = 0;
    } else {
        queue->head = record->next[slot];
    }
    record->next[slot] = 0;
    queue->length--;
    return handle;
}

bool herd_store_pop_next(struct herd_store *store, unsigned slot, uint32_t *ret_record)
{
    uint32_t bit = UINT32_C(1) << slot;
    uint32_t handle;
    struct herd_record *record;

    if (store->queues[slot].head == 0) {
        assert(slot_taken(store, slot) && store->queues[slot].tail == 0 && store->queues[slot].length == 0);
        if (store->parting != 0) record_part(store, 0);
        return false;
    }
    handle = unlink_head(store, slot);
    record = record_of(store, handle);
    *ret_record = (record->queued & bit) != 0 ? handle : 0;
    record->queued &= ~bit;
    if (record->seq == 0) record_popped(store, handle, *ret_record != 0);
    return true;
}

bool queue_drop(struct herd_store *store, unsigned slot, uint32_t slice)
{
    assert((store->active_slots >> slot & 1) == 0);
    for (; slice > 0 && store->queues[slot].head != 0; slice--) {
        uint32_t handle = unlink_head(store, slot);
        struct herd_record *record = record_of(store, handle);
        if (!HERD_MUTANT(DROP_KEEPS_QUEUED)) record->queued &= ~(UINT32_C(1) << slot);
        if (record->seq == 0) record_popped(store, handle, false);
    }
    assert((store->queues[slot].head != 0) == (store->queues[slot].length > 0));
    return store->queues[slot].head != 0;
}

bool herd_store_drop(struct herd_store *store, unsigned slot, uint32_t slice)
{
    assert(slot_taken(store, slot));
    return queue_drop(store, slot, slice);
}

void herd_store_activate(struct herd_store *store, unsigned slot)
{
    assert(slot_taken(store, slot) && store->queues[slot].head == 0);
    store->active_slots |= UINT32_C(1) << slot;
}

void herd_store_deactivate(struct herd_store *store, unsigned slot)
{
    assert(slot_taken(store, slot));
    store->active_slots &= ~(UINT32_C(1) << slot);
}

bool herd_store_scan(struct herd_store *store, unsigned slot, uint64_t mark, uint32_t slice, uint32_t *cursor)
{
    uint32_t end = store->records.next;

    assert(slot_taken(store, slot) && *cursor >= 1);
    for (; slice > 0 && *cursor < end; slice--, (*cursor)++) {
        struct herd_record *record = record_of(store, *cursor);
        if (record->seq > mark) push(store, slot, *cursor, record);
    }
    return *cursor < end;
}
