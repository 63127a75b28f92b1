/* SPDX-License-Identifier: MIT */
/*
 * Looking ahead. What a version touches is three links of a chain: the head of
 * its bucket, the record, the record's text; each is found in the one before.
 * So all versions take the first step, then all take the second, then the
 * third: by the time a step is taken, what it reads has mostly come.
 */
#include "local.h"

#include <assert.h>

#include "herd/memory.h"

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

/* Where looking for a version has come to: a record of the chain, or its end, which is false. */
static inline bool reach(const struct herd_store *store, struct herd_version *version, uint32_t handle)
{
    if (handle == 0) {
        version->record = NULL;
        return false;
    }
    version->handle = handle;
    version->record = record_of(store, handle);
    FETCH(version->record, store->records.item_size);
    return true;
}

/*
 * One step along the chains: where the record that was reached is the client's,
 * its text is fetched; where it is another's, the next one is. Returns how many
 * versions are still looked for, which are then the first ones.
 */
static unsigned step(const struct herd_store *store, struct herd_version **versions, unsigned count)
{
    unsigned left = 0;
    unsigned i;

    for (i = 0; i < count; i++) {
        struct herd_version *version = versions[i];
        const struct herd_record *record = version->record;
        if (record->node.hash == version->hash) {
            FETCH(record_text(store, record), (size_t)record->text_class * RECORD_TEXT_UNIT);
            continue;
        }
        versions[left] = version;
        left += reach(store, version, record->node.next);
    }
    return left;
}

void herd_store_look_ahead(const struct herd_store *store, struct herd_version *versions, unsigned count)
{
    HERD_UNINITIALIZED const uint32_t *heads[HERD_LOOK_AHEAD_MAX];
    HERD_UNINITIALIZED struct herd_version *wanted[HERD_LOOK_AHEAD_MAX];
    unsigned left = 0;
    unsigned i;

    assert(count <= HERD_LOOK_AHEAD_MAX);
    for (i = 0; i < count; i++) {
        versions[i].hash = store_hash(store, versions[i].report.client);
        heads[i] = herd_table_head(&store->table, versions[i].hash);
        __builtin_prefetch(heads[i], 1);
    }
    for (i = 0; i < count; i++) {
        wanted[left] = &versions[i];
        left += reach(store, &versions[i], *heads[i]);
    }
    for (i = 0; i < STEPS && left > 0; i++)
        left = step(store, wanted, left);
}
