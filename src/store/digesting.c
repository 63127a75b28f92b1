/* SPDX-License-Identifier: MIT */
/*
 * The digest. What of a record counts for it: receive time, origin's name, and
 * `<client> <position> <time>`.
 *
 * A record's hash is subtracted when it first changes and added when the
 * digest is asked for. Between the two the record is `unsummed` and changes
 * for free. The ring of unsummed records is short, so that adding them up is
 * no pause: who leaves the sum while it is full has the oldest ones join again.
 * A record that was forgotten meanwhile has nothing to add; its handle may
 * even be another record's, which is as good as any to be looked at.
 */
#include "local.h"

#define TOGETHER 32u /* records that are added up at once */

static uint64_t name_hash(const struct herd_store *store, struct herd_text name)
{
    return herd_digest_hash(store->digest_key, 0, 0, name).low;
}

/* Of the name, as its number is another one on every server, and on some it may have none. */
static uint64_t origin_hash(struct herd_store *store, const struct herd_record *record)
{
    uint64_t *known = &store->origin_hashes[record->origin];

    if (record->origin == HERD_NAME_UNKNOWN) return name_hash(store, record_foreign(store, record));
    if (*known == 0) *known = name_hash(store, herd_names_text(&store->names, record->origin));
    return *known;
}

static struct herd_digest hash_of(struct herd_store *store, const struct herd_record *record)
{
    struct herd_text text = {record_text(store, record), record_length(record)};
    uint64_t received_ns = (uint64_t)(record->time_ns + record->difference_ns);

    return herd_digest_hash(store->digest_key, received_ns, origin_hash(store, record), text);
}

static void join_sum(struct herd_store *store, struct herd_record *record)
{
    if (!record->unsummed) return;
    record->unsummed = false;
    if (record->seq != 0) herd_digest_add(&store->sum, hash_of(store, record));
}

static struct herd_record *at(const struct herd_store *store, uint32_t number)
{
    return record_of(store, store->unsummed[number % HERD_UNSUMMED_MAX]);
}

/* The oldest of the ring, `count` at once, so that what they need of memory comes together. */
static void join_oldest(struct herd_store *store, uint32_t count)
{
    uint32_t first = store->unsummed_first;
    uint32_t i;

    assert(count <= store->unsummed_end - first);
    for (i = 0; i < count; i++)
        __builtin_prefetch(at(store, first + i));
    for (i = 0; i < count; i++) {
        const struct herd_record *record = at(store, first + i);
        if (record->text_class == 0) continue; /* forgotten */
        __builtin_prefetch(record_text(store, record));
        __builtin_prefetch(record_text(store, record) + record_length(record) - 1);
    }
    for (i = 0; i < count; i++)
        join_sum(store, at(store, first + i));
    store->unsummed_first += count;
}

void record_leave_sum(struct herd_store *store, uint32_t handle, struct herd_record *record)
{
    if (record->seq != 0 && !HERD_MUTANT(DIGEST_KEEPS_OLD)) herd_digest_subtract(&store->sum, hash_of(store, record));
    if (store->unsummed_end - store->unsummed_first == HERD_UNSUMMED_MAX) join_oldest(store, TOGETHER);
    assert(store->unsummed_end - store->unsummed_first < HERD_UNSUMMED_MAX);
    store->unsummed[store->unsummed_end++ % HERD_UNSUMMED_MAX] = handle;
    record->unsummed = true;
}

const struct herd_digest *herd_store_digest(struct herd_store *store)
{
    while (store->unsummed_end - store->unsummed_first >= TOGETHER)
        join_oldest(store, TOGETHER);
    join_oldest(store, store->unsummed_end - store->unsummed_first);
    assert(store->unsummed_first == store->unsummed_end);
    return &store->sum;
}

void herd_store_set_herd(struct herd_store *store, struct herd_text herd)
{
    assert(store->table.count == 0);
    store->digest_key = herd_digest_key(herd);
    memset(store->origin_hashes, 0, sizeof store->origin_hashes);
}
