/* SPDX-License-Identifier: MIT */
#ifndef HERD_STORE_LOCAL_H
#define HERD_STORE_LOCAL_H

#include "herd/mutant.h"
#include "herd/store.h"

/*
 * A record is as small as its facts allow: at a million clients every eight
 * bytes here are eight megabytes. Its texts lie behind one another in an item
 * of the text slab whose class follows from their lengths.
 */
struct herd_record {
    struct herd_table_node node; /* herd_store.table */
    int64_t time_ns;
    int64_t difference_ns;
    uint64_t seq; /* 0: the item is not in use, or was forgotten and is still linked */
    uint32_t text;
    uint32_t queued; /* bit per slot */
    uint16_t client_length;
    uint8_t position_length;
    uint8_t time_length;
    uint8_t origin;
    uint8_t way[HERD_WAY_MAX]; /* 0 at the end where fewer */
    uint32_t next[];           /* per slot */
};

static inline struct herd_record *record_of(const struct herd_store *store, uint32_t handle)
{
    return herd_slab_item(&store->records, handle);
}

/* recordtext.c: the bytes of a record's client, position and time, in this order. */
const char *record_text(const struct herd_store *store, const struct herd_record *record);
void record_text_set(struct herd_store *store, struct herd_record *record, const struct herd_report *report);

/* digesting.c: the record's hash, to be added or taken back. */
void record_digest(const struct herd_store *store, uint32_t handle, struct herd_digest *ret_hash);

/* expire.c: gives the item of a forgotten record back once no FIFO holds it. */
void record_release(struct herd_store *store, uint32_t handle);

/* recordtext.c: gives the text back. */
void record_text_drop(struct herd_store *store, struct herd_record *record);

/* queue.c: queues a record for every active slot but those in the bit set `except`. */
void queue_push_all(struct herd_store *store, uint32_t handle, uint32_t except);

#endif
