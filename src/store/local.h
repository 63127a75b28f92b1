/* SPDX-License-Identifier: MIT */
#ifndef HERD_STORE_LOCAL_H
#define HERD_STORE_LOCAL_H

#include <assert.h>

#include "herd/mutant.h"
#include "herd/store.h"
#include "herd/word.h"

/*
 * A record is as small as its facts allow: at a million clients every eight
 * bytes here are eight megabytes. Its texts lie behind one another in an item
 * of the slab for texts of their length; last, without a blank before it, the
 * name of an origin that has no number.
 */
struct herd_record {
    struct herd_table_node node; /* herd_store.table */
    int64_t time_ns;
    int64_t difference_ns;
    uint64_t seq; /* 0: the item is not in use, or was forgotten and is still linked, or is herd_store.parting */
    uint32_t text;
    uint32_t queued; /* bit per slot */
    uint16_t client_length;
    uint8_t position_length;
    uint8_t time_length;
    uint8_t foreign_length; /* of the origin's name in the text; 0: it has a number */
    uint8_t origin;
    uint8_t way[HERD_WAY_MAX]; /* 0 at the end where fewer */
    bool unsummed;             /* its hash is not in herd_store.sum; it is in herd_store.unsummed */
    uint8_t text_class;        /* of herd_store.texts; 0: it has no text */
    uint32_t next[];           /* per slot */
};

_Static_assert(sizeof(struct herd_record) == 56, "at a million clients every eight bytes are eight megabytes");
_Static_assert(HERD_CLIENT_LENGTH_MAX <= UINT16_MAX, "client_length holds it");
_Static_assert(HERD_POSITION_LENGTH_MAX <= UINT8_MAX && HERD_TIME_LENGTH_MAX <= UINT8_MAX, "so do these");
_Static_assert(HERD_NAME_LENGTH_MAX <= UINT8_MAX, "and foreign_length");
_Static_assert(HERD_NAMES_MAX <= UINT8_MAX && HERD_SLOTS_MAX <= 32, "a byte for a server, a bit for a slot");

static inline struct herd_record *record_of(const struct herd_store *store, uint32_t handle)
{
    return herd_slab_item(&store->records, handle);
}

/* Of a client; never 0, which stands for one that is not known. */
static inline uint32_t store_hash(const struct herd_store *store, struct herd_text client)
{
    uint32_t hash = (uint32_t)herd_siphash(&store->key, client);

    return hash != 0 ? hash : 1;
}

#define RECORD_TEXT_UNIT 8

static inline unsigned record_class(size_t length)
{
    return (unsigned)((length + RECORD_TEXT_UNIT - 1) / RECORD_TEXT_UNIT);
}

/* Bytes of `<client> <position> <time>`, which a foreign origin's name follows. */
static inline size_t record_length(const struct herd_record *record)
{
    return (size_t)record->client_length + 1 + record->position_length + 1 + record->time_length;
}

/* Where they are. */
static inline char *record_text(const struct herd_store *store, const struct herd_record *record)
{
    return herd_slab_item(&store->texts[record->text_class], record->text);
}

/* recordtext.c: gives a record's text room for another length: where it is now. */
char *record_text_move(struct herd_store *store, struct herd_record *record, unsigned text_class);

static inline struct herd_text record_foreign(const struct herd_store *store, const struct herd_record *record)
{
    return (struct herd_text){record_text(store, record) + record_length(record), record->foreign_length};
}

/* Keeps a report's text, as a rule where the one before was: at `text`. Returns where it ends. */
static inline char *record_text_set(struct herd_store *store, struct herd_record *record, char *text,
                                    const struct herd_report *report, size_t foreign_length)
{
    unsigned text_class = record_class(herd_report_length(report) + foreign_length);

    if (text_class != record->text_class) text = record_text_move(store, record, text_class);
    record->client_length = (uint16_t)report->client.length;
    record->position_length = (uint8_t)report->position.length;
    record->time_length = (uint8_t)report->time.length;
    record->foreign_length = (uint8_t)foreign_length;
    assert(text != NULL); /* one that is new had none, so it was moved */
    return herd_report_write(report, text);
}

/* recordtext.c: the same of a version whose origin is foreign. Apart, not to be in the way of the others. */
void record_text_set_foreign(struct herd_store *store, struct herd_record *record, char *text,
                             const struct herd_version *version);

/* digesting.c: see record_unsum. */
void record_leave_sum(struct herd_store *store, uint32_t handle, struct herd_record *record);

/* The record is about to change, or is new: takes its hash out of the sum. */
static inline void record_unsum(struct herd_store *store, uint32_t handle, struct herd_record *record)
{
    if (!record->unsummed) record_leave_sum(store, handle, record);
}

/* expire.c: a forgotten record was taken off a FIFO; `viewed`: for its owner, who looks at it before the next one. */
void record_popped(struct herd_store *store, uint32_t handle, bool viewed);
/* The forgotten record that was looked at last may go; `next` is looked at now, or 0. */
void record_part(struct herd_store *store, uint32_t next);

/* slot.c: drops up to `slice` entries of the slots that were given back. */
void slots_sweep(struct herd_store *store, uint32_t slice);
/* Whether the slot has an owner. */
static inline bool slot_taken(const struct herd_store *store, unsigned slot)
{
    return slot < store->slot_count && (store->taken_slots >> slot & 1) != 0;
}

/* recordtext.c: gives the text back. */
void record_text_drop(struct herd_store *store, struct herd_record *record);

/* queue.c: takes up to `slice` entries off the FIFO of a slot that is not active; whether there are more. */
bool queue_drop(struct herd_store *store, unsigned slot, uint32_t slice);
/* Queues a record for every slot in the bit set `slots`. */
void queue_push(struct herd_store *store, uint32_t handle, struct herd_record *record, uint32_t slots);

/* Queues a record for every active slot but those in the bit set `except`. */
static inline void queue_push_all(struct herd_store *store, uint32_t handle, struct herd_record *record,
                                  uint32_t except)
{
    uint32_t slots = store->active_slots & ~except;

    if (slots != 0) queue_push(store, handle, record, slots);
}

#endif
