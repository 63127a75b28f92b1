/* SPDX-License-Identifier: MIT */
/*
 * Forgetting. A record leaves the table, the digest and the texts at once. Its
 * item may still be linked in FIFOs: it stays until the last of them has
 * popped it, as a cancelled entry does.
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

void record_release(struct herd_store *store, uint32_t handle)
{
    if (!is_linked(store, record_of(store, handle))) herd_slab_give(&store->records, handle);
}

static void forget(struct herd_store *store, uint32_t handle)
{
    struct herd_record *record = record_of(store, handle);

    record_unsum(store, handle, record);
    herd_table_remove(&store->table, handle);
    record_text_drop(store, record);
    record->seq = 0;
    record->queued = 0;
    record_release(store, handle);
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

    for (; slice > 0 && *cursor < end; slice--, (*cursor)++)
        forget_expired(store, *cursor, now_ns);
    return *cursor < end;
}
