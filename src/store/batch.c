/* SPDX-License-Identifier: MIT */
#include "herd/batch.h"

#include <assert.h>

#include "local.h"

void herd_batch_look_ahead(struct herd_batch *batch, const struct herd_store *store)
{
    herd_store_look_ahead(store, batch->versions, batch->count);
}

static enum herd_put put(struct herd_store *store, const struct herd_version *version,
                         const struct herd_batch_source *source)
{
    if (store->ttl_ns != 0) herd_store_find_live(store, version->report.client, source->now_ns);
    if (source->refuses != NULL && source->refuses(source->owner, version)) return HERD_PUT_REFUSED;
    return source->learnt ? herd_store_learn(store, version, source->from) : herd_store_report(store, version);
}

void herd_batch_put(struct herd_batch *batch, struct herd_store *store, unsigned first, unsigned end,
                    const struct herd_batch_source *source)
{
    unsigned i;

    assert(first <= end && end <= batch->count);
    for (i = first; i < end; i++)
        batch->puts[i] = put(store, &batch->versions[i], source);
}
