/* SPDX-License-Identifier: MIT */
#include "herd/batch.h"

#include <assert.h>

#include "local.h"

/* What comes before it is put: whether it may be. */
static bool admit(struct herd_store *store, const struct herd_version *version, const struct herd_batch_source *source)
{
    if (store->ttl_ns != 0) herd_store_find_live(store, version->report.client, source->now_ns);
    return source->refuses == NULL || !source->refuses(source->owner, version);
}

/* Two loops, and the one for neighbours apart: each has the whole of what the store does in it. */
__attribute__((noinline)) static void put_learnt(struct herd_batch *batch, struct herd_store *store, unsigned first,
                                                 unsigned end, const struct herd_batch_source *source, bool all)
{
    unsigned i;

    for (i = first; i < end; i++) {
        const struct herd_version *version = &batch->versions[i];
        bool may = all || admit(store, version, source);
        batch->puts[i] = may ? herd_store_learn(store, version, source->from) : HERD_PUT_REFUSED;
    }
}

void herd_batch_put(struct herd_batch *batch, struct herd_store *store, unsigned first, unsigned end,
                    const struct herd_batch_source *source)
{
    bool all = store->ttl_ns == 0 && source->refuses == NULL; /* nothing comes before */
    unsigned i;

    assert(first <= end && end <= batch->count);
    if (source->learnt) {
        put_learnt(batch, store, first, end, source, all);
        return;
    }
    for (i = first; i < end; i++) {
        const struct herd_version *version = &batch->versions[i];
        bool may = all || admit(store, version, source);
        batch->puts[i] = may ? herd_store_report(store, version) : HERD_PUT_REFUSED;
    }
}
