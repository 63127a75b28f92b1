/* SPDX-License-Identifier: MIT */
/*
 * Looking ahead. What a version touches is three links of a chain: the head of
 * its bucket, the record, the record's text; each is found in the one before.
 * So all versions take the first step, then all take the second, then the
 * third: by the time a step is taken, what it reads has mostly come.
 */
#include "local.h"

#include <assert.h>

#define STEPS 3 /* of ten clients nine are among the first three of their chain */

/*
 * A record and its text are rarely longer than two of the processor's lines.
 * A macro, as gcc takes a function that does nothing but this for one that
 * does nothing, and drops its calls.
 */
#define FETCH(bytes, length)                                                                                           \
    do {                                                                                                               \
        __builtin_prefetch((const char *)(bytes), 1);                                                                  \
        __builtin_prefetch((const char *)(bytes) + (length)-1, 1);                                                     \
    } while (0)

/* One step along the chains: whose record has been reached has its text fetched, the others their next record. */
static void step(const struct herd_store *store, const struct herd_version *versions, unsigned count, uint32_t *handles)
{
    unsigned i;

    for (i = 0; i < count; i++) {
        const struct herd_record *record;
        if (handles[i] == 0) continue;
        record = record_of(store, handles[i]);
        if (record->node.hash == versions[i].hash) {
            handles[i] = 0;
            FETCH(record_text(store, record), record_length(record));
        } else {
            handles[i] = record->node.next;
            if (handles[i] != 0) FETCH(record_of(store, handles[i]), store->records.item_size);
        }
    }
}

void herd_store_look_ahead(const struct herd_store *store, struct herd_version *versions, unsigned count)
{
    uint32_t handles[HERD_LOOK_AHEAD_MAX];
    unsigned i;

    assert(count <= HERD_LOOK_AHEAD_MAX);
    for (i = 0; i < count; i++) {
        versions[i].hash = store_hash(store, versions[i].report.client);
        __builtin_prefetch(herd_table_head(&store->table, versions[i].hash), 1);
    }
    for (i = 0; i < count; i++) {
        handles[i] = herd_table_first(&store->table, versions[i].hash);
        if (handles[i] != 0) FETCH(record_of(store, handles[i]), store->records.item_size);
    }
    for (i = 0; i < STEPS; i++)
        step(store, versions, count, handles);
}
