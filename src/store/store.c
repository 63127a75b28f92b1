/* SPDX-License-Identifier: MIT */
/*
 * The store. Putting a version: find the client's record; a greater version
 * replaces what is there, gets the next sequence number and is queued for
 * every active slot. Anything else changes nothing, which is what ends the
 * flood.
 */
#include "local.h"

#include <assert.h>

#include "herd/memory.h"

#define RECORD_CHUNK_SHIFT 10 /* 1024 records a chunk */

static struct herd_table_node *locate(void *owner, uint32_t handle)
{
    struct herd_store *store = owner;

    return &record_of(store, handle)->node;
}

void herd_store_init(struct herd_store *store, const struct herd_siphash_key *key, unsigned slot_count,
                     uint32_t clients_max)
{
    assert(slot_count <= HERD_SLOTS_MAX);
    memset(store, 0, sizeof *store);
    herd_names_init(&store->names);
    herd_slab_init(&store->records, sizeof(struct herd_record) + slot_count * sizeof(uint32_t), RECORD_CHUNK_SHIFT);
    herd_table_init(&store->table, locate, store);
    store->key = *key;
    herd_store_set_herd(store, HERD_TEXT(""));
    store->slot_count = slot_count;
    store->clients_max = clients_max;
}

void herd_store_finish(struct herd_store *store)
{
    size_t i;

    if (store == NULL) return;
    for (i = 0; i < HERD_TEXT_CLASSES; i++)
        if (store->texts[i].item_size != 0) herd_slab_finish(&store->texts[i]);
    herd_table_finish(&store->table);
    herd_slab_finish(&store->records);
    herd_names_finish(&store->names);
}

uint32_t herd_store_count(const struct herd_store *store)
{
    return store->table.count;
}

static uint32_t hash_of(const struct herd_store *store, struct herd_text client)
{
    return (uint32_t)herd_siphash(&store->key, client);
}

static uint32_t find(const struct herd_store *store, struct herd_text client, uint32_t hash)
{
    uint32_t handle = herd_table_first(&store->table, hash);

    while (handle != 0) {
        const struct herd_record *record = record_of(store, handle);
        if (record->node.hash == hash && record->client_length == client.length &&
            memcmp(record_text(store, record), client.bytes, client.length) == 0)
            return handle;
        handle = record->node.next;
    }
    return 0;
}

uint32_t herd_store_find(const struct herd_store *store, struct herd_text client)
{
    return find(store, client, hash_of(store, client));
}

static uint32_t create(struct herd_store *store, uint32_t hash)
{
    uint32_t handle = herd_slab_take(&store->records);

    memset(record_of(store, handle), 0, store->records.item_size);
    herd_table_insert(&store->table, hash, handle);
    return handle;
}

static void set(struct herd_store *store, uint32_t handle, const struct herd_version *version)
{
    struct herd_record *record = record_of(store, handle);
    struct herd_digest hash;

    if (record->seq != 0 && !HERD_MUTANT(DIGEST_KEEPS_OLD)) {
        record_digest(store, handle, &hash);
        herd_digest_subtract(&store->digest, &hash);
    }
    record_text_set(store, record, &version->report);
    record->time_ns = version->report.time_ns;
    record->difference_ns = version->difference_ns;
    record->origin = version->origin;
    memset(record->way, HERD_NAME_UNKNOWN, sizeof record->way);
    memcpy(record->way, version->way, version->way_count);
    record->seq = ++store->seq;
    record_digest(store, handle, &hash);
    herd_digest_add(&store->digest, &hash);
}

/* Whether a client's report has the texts that are stored, whichever server it went to first. */
static bool repeats(const struct herd_version *stored, const struct herd_report *report)
{
    return stored->report.time_ns == report->time_ns && herd_text_equal(stored->report.time, report->time) &&
           herd_text_equal(stored->report.position, report->position);
}

static enum herd_put store_as(struct herd_store *store, uint32_t handle, const struct herd_version *version,
                              uint32_t except)
{
    set(store, handle, version);
    queue_push_all(store, handle, except);
    return HERD_PUT_NEWER;
}

enum herd_put herd_store_report(struct herd_store *store, const struct herd_version *version)
{
    uint32_t hash = hash_of(store, version->report.client);
    uint32_t handle = find(store, version->report.client, hash);
    struct herd_version stored;

    if (handle == 0) {
        if (store->table.count >= store->clients_max) return HERD_PUT_FULL;
        return store_as(store, create(store, hash), version, 0);
    }
    if (version->report.time_ns < record_of(store, handle)->time_ns) return HERD_PUT_OLDER;
    if (version->report.time_ns == record_of(store, handle)->time_ns) {
        herd_store_view(store, handle, &stored);
        if (repeats(&stored, &version->report)) return HERD_PUT_SAME;
        if (herd_version_compare(&store->names, version, &stored) <= 0) return HERD_PUT_OLDER;
    }
    return store_as(store, handle, version, 0);
}

enum herd_put herd_store_learn(struct herd_store *store, const struct herd_version *version, unsigned from)
{
    uint32_t except = from < store->slot_count ? UINT32_C(1) << from : 0;
    uint32_t hash = hash_of(store, version->report.client);
    uint32_t handle = find(store, version->report.client, hash);
    struct herd_version stored;
    int order;

    if (handle == 0) {
        if (store->table.count >= (uint64_t)store->clients_max * 11 / 10) return HERD_PUT_FULL;
        return store_as(store, create(store, hash), version, except);
    }
    herd_store_view(store, handle, &stored);
    order = herd_version_compare(&store->names, version, &stored);
    if (order == 0) {
        record_of(store, handle)->queued &= ~except;
        return HERD_PUT_SAME;
    }
    if (order < 0) return HERD_PUT_OLDER;
    record_of(store, handle)->queued &= ~except;
    return store_as(store, handle, version, except);
}
