/* SPDX-License-Identifier: MIT */
/*
 * Forgetting. A record leaves the table and the digest at once, and the texts
 * unless a slot wants to be told: then its text stays until the last such slot
 * has popped it, whose queued bits are those that are left. Its item may still
 * be linked in FIFOs: it stays until the last of them has popped it, as a
 * cancelled entry does.
 */
#include "local.h"

static bool expired(const struct herd_store *store, int64_t received_ns, int64_t now_ns)
{
    return store->ttl_ns != 0 && received_ns < now_ns - store->ttl_ns;
}

bool herd_store_expired(const struct herd_store *store, const struct herd_version *version, int64_t now_ns)
{
    return expired(store, version->report.time_ns + version->difference_ns, now_ns);
}

static bool is_linked(const struct herd_store *store, const struct herd_record *record)
{
    unsigned slot;

    for (slot = 0; slot < store->slot_count; slot++)
        if (record->next[slot] != 0) return true;
    return false;
}

/* Gives back what of a forgotten record nobody needs any more. */
static void release(struct herd_store *store, uint32_t handle)
{
    struct herd_record *record = record_of(store, handle);
    bool linked = is_linked(store, record);

    assert(record->seq == 0 && handle != store->parting);
    assert(linked || record->queued == 0 || HERD_MUTANT(DROP_KEEPS_QUEUED)); /* what is queued is linked */
    if (record->queued == 0) record_text_drop(store, record);
    if (!linked) herd_slab_give(&store->records, handle);
}

void record_part(struct herd_store *store, uint32_t next)
{
    uint32_t before = store->parting;

    store->parting = next;
    if (before != 0 && before != next) release(store, before);
}

void record_popped(struct herd_store *store, uint32_t handle, bool viewed)
{
    assert(record_of(store, handle)->seq == 0);
    if (viewed)
        record_part(store, handle);
    else if (handle != store->parting)
        release(store, handle);
}

bool herd_store_forgotten(const struct herd_store *store, uint32_t record)
{
    assert(record != 0 && record < store->records.next);
    return record_of(store, record)->seq == 0;
}

static void forget(struct herd_store *store, uint32_t handle)
{
    struct herd_record *record = record_of(store, handle);
    uint32_t told = store->active_slots & store->told_forgotten;

    assert(record->seq != 0 && record->text_class != 0 && handle != store->parting);
    if (HERD_MUTANT(FORGOTTEN_UNTOLD)) told &= record->queued;
    record_unsum(store, handle, record);
    herd_table_remove(&store->table, handle);
    record->seq = 0;
    record->queued = 0;
    queue_push(store, handle, record, told);
    release(store, handle);
}

static void forget_expired(struct herd_store *store, uint32_t handle, int64_t now_ns)
{
    const struct herd_record *record = record_of(store, handle);

    if (record->seq != 0 && expired(store, record->time_ns + record->difference_ns, now_ns)) forget(store, handle);
}

uint32_t herd_store_find_live(struct herd_store *store, struct herd_text client, int64_t now_ns)
{
    uint32_t handle = herd_store_find(store, client);

    if (handle == 0 || store->ttl_ns == 0) return handle;
    forget_expired(store, handle, now_ns);
    return record_of(store, handle)->seq != 0 ? handle : 0;
}

bool herd_store_expire(struct herd_store *store, int64_t now_ns, uint32_t slice, uint32_t *cursor)
{
    uint32_t end = store->records.next;

    assert(*cursor >= 1);
    slots_sweep(store, slice);
    for (; slice > 0 && *cursor < end; slice--, (*cursor)++)
        forget_expired(store, *cursor, now_ns);
    return *cursor < end;
}
