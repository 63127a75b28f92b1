/* SPDX-License-Identifier: MIT */
#ifndef HERD_BATCH_H
#define HERD_BATCH_H

/*
 * Versions that are put into the store together, whoever brings them: clients
 * of this server or a neighbour. Finding records is mostly waiting for memory,
 * and many are found in hardly more time than one (herd_store_look_ahead).
 *
 *     add: version and text --> look ahead: all at once --> put: each in its order --> puts[]
 *
 * A batch owns nothing: what its versions view must stay until it was put and
 * its results were read. Several sources may share one, each its own run of it;
 * they are put in the order of the batch.
 */

#include "herd/store.h"

#define HERD_BATCH_MAX HERD_LOOK_AHEAD_MAX

struct herd_batch {
    struct herd_version versions[HERD_BATCH_MAX]; /* the first `count` */
    struct herd_text texts[HERD_BATCH_MAX];       /* what each was read from, without LF; for who reads the results */
    enum herd_put puts[HERD_BATCH_MAX];           /* what became of each that was put */
    unsigned count;
};

/* Who brings a run of versions, and when. */
struct herd_batch_source {
    bool learnt;    /* from a neighbour (herd_store_learn); else from a client of this server (herd_store_report) */
    unsigned from;  /* learnt: the slot that certainly has them, or HERD_SLOT_NONE */
    int64_t now_ns; /* wall clock: a record that has expired by then is forgotten first, so that its client is new */
    /* Asked before each is put: true, and it is HERD_PUT_REFUSED and the store not touched. NULL: nothing is refused.
     */
    bool (*refuses)(void *owner, const struct herd_version *version);
    void *owner;
};

/* Where the next version is to be read to; herd_batch_add makes it part of the batch. Not of one that is full. */
static inline struct herd_version *herd_batch_next(struct herd_batch *batch)
{
    return &batch->versions[batch->count];
}

/* The version that was read last is of the batch. Returns whether the batch is full. */
static inline bool herd_batch_add(struct herd_batch *batch, struct herd_text text)
{
    batch->texts[batch->count++] = text;
    return batch->count == HERD_BATCH_MAX;
}

/* All that are in it, before the first is put: finds their records, for herd_batch_put. */
static inline void herd_batch_look_ahead(struct herd_batch *batch, const struct herd_store *store)
{
    if (batch->count == 1)
        batch->versions[0].hash = 0; /* one alone is found as fast without */
    else
        herd_store_look_ahead(store, batch->versions, batch->count);
}
/* Offers versions `first` to before `end` to the store, in their order; what becomes of each is in `puts`. */
void herd_batch_put(struct herd_batch *batch, struct herd_store *store, unsigned first, unsigned end,
                    const struct herd_batch_source *source);

#endif
