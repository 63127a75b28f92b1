/* SPDX-License-Identifier: MIT */
#include "herd/batch.h"

#include <assert.h>

#include "local.h"

/* One alone is found as fast without. */
void herd_batch_look_ahead(struct herd_batch *batch, const struct herd_store *store)
{
    if (batch->count == 1)
        batch->versions[0].hash = 0;
    else
        herd_store_look_ahead(store, batch->versions, batch->count);
}

/* What comes before it is put: whether it may be. */
static bool admit(struct herd_store *store, const struct herd_version *version, const struct herd_batch_source *source)
{
    if (store->ttl_ns != 0) herd_store_find_live(store, version->report.client, source->now_ns);
    return source->refuses == NULL || !source->refuses(source->owner, version);
}

static inline enum herd_put put(struct herd_store *store, const struct herd_version *version,
                                const struct herd_batch_source *source)
{
    return source->learnt ? herd_store_learn(store, version, source->from) : herd_store_report(store, version);
}

void herd_batch_put(struct herd_batch *batch, struct herd_store *store, unsigned first, unsigned end,
                    const struct herd_batch_source *source)
{
    bool all = store->ttl_ns == 0 && source->refuses == NULL; /* nothing comes before */
    unsigned i;

    assert(first <= end && end <= batch->count);
    for (i = first; i < end; i++) {
        const struct herd_version *version = &batch->versions[i];
        batch->puts[i] = all || admit(store, version, source) ? put(store, version, source) : HERD_PUT_REFUSED;
    }
}
