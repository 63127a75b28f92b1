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
#include "herd/word.h"

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

static uint32_t hash_for(const struct herd_store *store, const struct herd_version *version)
{
    return version->hash != 0 ? version->hash : store_hash(store, version->report.client);
}

/* The record of a client and its handle; NULL and 0 where there is none. */
static struct herd_record *find(const struct herd_store *store, struct herd_text client, uint32_t hash,
                                uint32_t *ret_handle)
{
    uint32_t handle = herd_table_first(&store->table, hash);

    while (handle != 0) {
        struct herd_record *record = record_of(store, handle);
        if (record->node.hash == hash && record->client_length == client.length &&
            herd_word_same(record_text(store, record), client.bytes, client.length)) {
            *ret_handle = handle;
            return record;
        }
        handle = record->node.next;
    }
    *ret_handle = 0;
    return NULL;
}

uint32_t herd_store_find(const struct herd_store *store, struct herd_text client)
{
    uint32_t handle;

    find(store, client, store_hash(store, client), &handle);
    return handle;
}

static struct herd_record *create(struct herd_store *store, uint32_t hash, uint32_t *ret_handle)
{
    uint32_t handle = herd_slab_take(&store->records);
    struct herd_record *record = record_of(store, handle);

    memset(record, 0, store->records.item_size);
    herd_table_insert(&store->table, hash, handle);
    *ret_handle = handle;
    return record;
}

static void set(struct herd_store *store, uint32_t handle, struct herd_record *record,
                const struct herd_version *version)
{
    record_unsum(store, handle, record);
    record_text_set(store, record, &version->report);
    record->time_ns = version->report.time_ns;
    record->difference_ns = version->difference_ns;
    record->origin = version->origin;
    memcpy(record->way, version->way, sizeof record->way);
    record->seq = ++store->seq;
}

/* Whether a client's report has the texts that are stored, whichever server it went to first. */
static bool repeats(const struct herd_version *stored, const struct herd_report *report)
{
    return stored->report.time_ns == report->time_ns && herd_text_equal(stored->report.time, report->time) &&
           herd_text_equal(stored->report.position, report->position);
}

static enum herd_put store_as(struct herd_store *store, struct herd_record *record, uint32_t handle,
                              const struct herd_version *version, uint32_t except)
{
    set(store, handle, record, version);
    queue_push_all(store, handle, record, except);
    return HERD_PUT_NEWER;
}

static uint32_t bit_of(const struct herd_store *store, unsigned slot)
{
    return slot < store->slot_count ? UINT32_C(1) << slot : 0;
}

/* Of a report that is not newer by its time. */
static enum herd_put judge_report(const struct herd_store *store, const struct herd_version *version,
                                  const struct herd_record *record, uint32_t handle)
{
    struct herd_version stored;

    if (version->report.time_ns < record->time_ns) return HERD_PUT_OLDER;
    herd_store_view(store, handle, &stored);
    if (repeats(&stored, &version->report)) return HERD_PUT_SAME;
    return herd_version_compare(&store->names, version, &stored) > 0 ? HERD_PUT_NEWER : HERD_PUT_OLDER;
}

enum herd_put herd_store_report(struct herd_store *store, const struct herd_version *version, unsigned told)
{
    uint32_t hash = hash_for(store, version);
    uint32_t handle;
    struct herd_record *record = find(store, version->report.client, hash, &handle);
    enum herd_put put;

    if (record == NULL) {
        if (store->table.count >= store->clients_max) return HERD_PUT_FULL;
        record = create(store, hash, &handle);
    } else if (version->report.time_ns <= record->time_ns) {
        put = judge_report(store, version, record, handle);
        if (put != HERD_PUT_NEWER) return put;
    }
    return store_as(store, record, handle, version, bit_of(store, told));
}

/* Whether it is what is stored, to the byte, as most of what neighbours repeat is. */
static bool is_stored(const struct herd_store *store, const struct herd_version *version,
                      const struct herd_record *record)
{
    const struct herd_report *report = &version->report;

    return version->difference_ns == record->difference_ns && version->origin == record->origin && report->joined &&
           report->position.length == record->position_length && report->time.length == record->time_length &&
           herd_word_same(record_text(store, record), report->client.bytes, herd_report_length(report));
}

/* As herd_version_compare with what is stored: nearly always the times alone decide. */
static int compare_with(const struct herd_store *store, const struct herd_version *version,
                        const struct herd_record *record, uint32_t handle)
{
    struct herd_version stored;

    if (version->report.time_ns != record->time_ns) return version->report.time_ns < record->time_ns ? -1 : 1;
    if (is_stored(store, version, record)) return 0;
    herd_store_view(store, handle, &stored);
    return herd_version_compare(&store->names, version, &stored);
}

enum herd_put herd_store_learn(struct herd_store *store, const struct herd_version *version, unsigned from)
{
    uint32_t except = bit_of(store, from);
    uint32_t hash = hash_for(store, version);
    uint32_t handle;
    struct herd_record *record = find(store, version->report.client, hash, &handle);
    int order;

    if (record == NULL) {
        if (store->table.count >= (uint64_t)store->clients_max * 11 / 10) return HERD_PUT_FULL;
        record = create(store, hash, &handle);
        return store_as(store, record, handle, version, except);
    }
    order = compare_with(store, version, record, handle);
    if (order >= 0) record->queued &= ~except;
    if (order == 0) return HERD_PUT_SAME;
    if (order < 0) return HERD_PUT_OLDER;
    return store_as(store, record, handle, version, except);
}
