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
    herd_store_configure(store, clients_max, 0);
}

void herd_store_configure(struct herd_store *store, uint32_t clients_max, int64_t ttl_ns)
{
    assert(clients_max < UINT32_MAX / 11 * 10 && ttl_ns >= 0);
    store->clients_max = clients_max;
    store->ttl_ns = ttl_ns;
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

/* A client's record, and where its text is. */
struct found {
    struct herd_record *record; /* NULL: there is none */
    char *text;
    uint32_t handle;
};

/* Whether it is this client's; then *ret_found is filled in. */
static inline bool is_of(const struct herd_store *store, struct herd_record *record, struct herd_text client,
                         struct found *ret_found)
{
    if (record->client_length != client.length) return false;
    ret_found->text = record_text(store, record);
    ret_found->record = record;
    return herd_word_same(ret_found->text, client.bytes, client.length);
}

static void find(const struct herd_store *store, struct herd_text client, uint32_t hash, struct found *ret_found)
{
    uint32_t handle = herd_table_first(&store->table, hash);

    while (handle != 0) {
        struct herd_record *record = record_of(store, handle);
        ret_found->handle = handle;
        if (record->node.hash == hash && is_of(store, record, client, ret_found)) return;
        handle = record->node.next;
    }
    *ret_found = (struct found){NULL, NULL, 0};
}

/*
 * The same for a version. What looking ahead has found may have been forgotten
 * since, and even be another client's now, but its memory is still a record's.
 */
static inline void find_for(const struct herd_store *store, const struct herd_version *version, struct found *ret_found)
{
    struct herd_text client = version->report.client;

    if (version->hash == 0)
        find(store, client, store_hash(store, client), ret_found);
    else if (version->record != NULL && version->record->seq != 0 && is_of(store, version->record, client, ret_found))
        ret_found->handle = version->handle;
    else
        find(store, client, version->hash, ret_found);
}

uint32_t herd_store_find(const struct herd_store *store, struct herd_text client)
{
    HERD_UNINITIALIZED struct found found;

    find(store, client, store_hash(store, client), &found);
    return found.handle;
}

static void create(struct herd_store *store, const struct herd_version *version, struct found *ret_found)
{
    uint32_t hash = version->hash != 0 ? version->hash : store_hash(store, version->report.client);
    uint32_t handle = herd_slab_take(&store->records);

    assert(version->report.client.length >= 1 && version->report.client.length <= HERD_CLIENT_LENGTH_MAX);
    *ret_found = (struct found){record_of(store, handle), NULL, handle};
    memset(ret_found->record, 0, store->records.item_size);
    herd_table_insert(&store->table, hash, handle);
}

static inline void set(struct herd_store *store, const struct found *found, const struct herd_version *version)
{
    struct herd_record *record = found->record;

    record_unsum(store, found->handle, record);
    if (version->origin != HERD_NAME_UNKNOWN)
        record_text_set(store, record, found->text, &version->report, 0);
    else
        record_text_set_foreign(store, record, found->text, version);
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

static inline enum herd_put store_as(struct herd_store *store, const struct found *found,
                                     const struct herd_version *version, uint32_t except)
{
    set(store, found, version);
    queue_push_all(store, found->handle, found->record, except);
    return HERD_PUT_NEWER;
}

/* Of a slot that is taken: what waits for another owner's must not be cancelled. */
static uint32_t bit_of(const struct herd_store *store, unsigned slot)
{
    uint32_t bit = slot != HERD_SLOT_NONE ? UINT32_C(1) << slot : 0;

    assert((bit & ~store->taken_slots) == 0);
    return bit;
}

/* Of a report that is not newer by its time. */
static enum herd_put judge_report(const struct herd_store *store, const struct herd_version *version,
                                  const struct found *found)
{
    struct herd_version stored;

    assert(version->report.time_ns <= found->record->time_ns);
    if (version->report.time_ns < found->record->time_ns) return HERD_PUT_OLDER;
    herd_store_view(store, found->handle, &stored);
    if (repeats(&stored, &version->report)) return HERD_PUT_SAME;
    return herd_version_compare(&store->names, version, &stored) > 0 ? HERD_PUT_NEWER : HERD_PUT_OLDER;
}

enum herd_put herd_store_report(struct herd_store *store, const struct herd_version *version)
{
    HERD_UNINITIALIZED struct found found;
    enum herd_put put;

    find_for(store, version, &found);
    if (found.record == NULL) {
        if (store->table.count >= store->clients_max) return HERD_PUT_FULL;
        create(store, version, &found);
    } else if (version->report.time_ns <= found.record->time_ns) {
        put = judge_report(store, version, &found);
        if (put != HERD_PUT_NEWER) return put;
    }
    return store_as(store, &found, version, 0);
}

/* Whether it is what is stored, to the byte, as most of what neighbours repeat is. A foreign one is not looked at. */
static bool is_stored(const struct herd_version *version, const struct found *found)
{
    const struct herd_report *report = &version->report;
    const struct herd_record *record = found->record;

    return version->difference_ns == record->difference_ns && version->origin == record->origin &&
           version->origin != HERD_NAME_UNKNOWN && report->joined &&
           report->position.length == record->position_length && report->time.length == record->time_length &&
           herd_word_same(found->text, report->client.bytes, herd_report_length(report));
}

/* As herd_version_compare with what is stored: nearly always the times alone decide. */
static int compare_with(const struct herd_store *store, const struct herd_version *version, const struct found *found)
{
    struct herd_version stored;
    int64_t time_ns = found->record->time_ns;

    if (version->report.time_ns != time_ns) return version->report.time_ns < time_ns ? -1 : 1;
    if (is_stored(version, found)) return 0;
    herd_store_view(store, found->handle, &stored);
    return herd_version_compare(&store->names, version, &stored);
}

enum herd_put herd_store_learn(struct herd_store *store, const struct herd_version *version, unsigned from)
{
    uint32_t except = bit_of(store, from);
    HERD_UNINITIALIZED struct found found;
    int order;

    find_for(store, version, &found);
    if (found.record == NULL) {
        if (store->table.count >= (uint64_t)store->clients_max * 11 / 10) return HERD_PUT_FULL;
        create(store, version, &found);
        return store_as(store, &found, version, except);
    }
    order = compare_with(store, version, &found);
    if (order >= 0) found.record->queued &= ~except;
    if (order == 0) return HERD_PUT_SAME;
    if (order < 0) return HERD_PUT_OLDER;
    return store_as(store, &found, version, except);
}
