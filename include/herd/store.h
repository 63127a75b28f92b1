/* SPDX-License-Identifier: MIT */
#ifndef HERD_STORE_H
#define HERD_STORE_H

/*
 * The location store: one last-writer-wins register per client, and one dirty
 * FIFO per slot. A slot is whoever must learn of changes. Slots are taken and
 * given back at any time; how many there can be at once is fixed when the store
 * is made, as each costs every record four bytes. Who follows in which way:
 *
 *     neighbour  active while connected: scan above its mark, then pop as there is room
 *     journal    never active: scan and pop while it is written anew; what is
 *                accepted otherwise it is given as text, by who accepts it
 *     others     a live stream, a grid, another engine: scan everything, then pop
 *                at the end of each turn, HERD_SLOT_TOLD_FORGOTTEN
 *
 *     record    the newest version of one client, its texts kept verbatim; a
 *               server that the configuration names is a number in it, the name
 *               of any other origin one more text: so there is no table of such
 *               names that could be full
 *     seq       +1 for every change accepted here; each record has that of its
 *               last change
 *     FIFO      the records a slot has still to be told of, linked through the
 *               records themselves, each at most once: ten changes of one
 *               client cost one entry, and a slow slot costs no memory
 *     queued    a record's bit per slot: it is in the FIFO and really to be
 *               sent. An entry whose bit was cleared stays linked and is
 *               passed over when it comes up
 *
 *     record.next[slot]: 0 not linked, own handle at the tail, else the next
 *
 *     forgotten a record that expired is out of the table and the digest at once.
 *               A slot that wants to be told is told: until the last such slot
 *               has popped it the record keeps its text, and its seq is 0
 *
 *     digest    kept lazily: a record that changes leaves the sum, and joins it
 *               again when the digest is asked for, or when too many others
 *               have left; so one that changes often is not hashed each time
 *
 * Growing never pauses: records and texts live in slabs, the table splits one
 * bucket at a time. Nothing here knows the time, sockets or neighbours' names.
 */

#include <stdint.h>

#include "herd/command.h"
#include "herd/digest.h"
#include "herd/name.h"
#include "herd/siphash.h"
#include "herd/slab.h"
#include "herd/table.h"

#define HERD_SLOTS_MAX 32
#define HERD_SLOT_NONE HERD_SLOTS_MAX
#define HERD_WAY_MAX 7 /* servers visited before this one; with this one eight are told */

struct herd_record; /* private to the store */

/* One version of one client's location. */
struct herd_version {
    struct herd_report report;
    uint32_t hash;              /* of the client, 0: not known yet; with the next two the store's own business */
    uint32_t handle;            /* where herd_store_look_ahead has found the client */
    struct herd_record *record; /* the same; NULL: nowhere */
    int64_t difference_ns;      /* origin's receive time less report.time_ns; the sum fits 64 bits */
    struct herd_text foreign;   /* the origin's name where it has no number; nothing otherwise, and not looked at */
    uint8_t origin;             /* number of the server that took it from the client; HERD_NAME_UNKNOWN: foreign */
    uint8_t way_count;
    uint8_t way[HERD_WAY_MAX]; /* servers it came through, the last one told this one, then zeros; for tracing only */
};

/* The name of the server that took it from the client: a view of what the version views, or of `names`. */
static inline struct herd_text herd_version_origin(const struct herd_names *names, const struct herd_version *version)
{
    return version->origin != HERD_NAME_UNKNOWN ? herd_names_text(names, version->origin) : version->foreign;
}

/* Sets who took it from the client, by number where the name has one; otherwise views the name, which is valid. */
static inline void herd_version_set_origin(const struct herd_names *names, struct herd_text name,
                                           struct herd_version *version)
{
    version->origin = herd_names_find(names, name);
    version->foreign = name;
}

enum herd_put {
    HERD_PUT_NEWER,   /* stored, sequence number given, queued */
    HERD_PUT_SAME,    /* the stored version is this one */
    HERD_PUT_OLDER,   /* the stored version is greater */
    HERD_PUT_FULL,    /* a new client, and no room for one */
    HERD_PUT_REFUSED, /* not offered: who brought it may not (herd_batch_put) */
};

#define HERD_LOOK_AHEAD_MAX 32   /* at once */
#define HERD_UNSUMMED_MAX 16384u /* a power of two; hashing so many takes a millisecond, none of them in the cache */

struct herd_queue {
    uint32_t head;
    uint32_t tail;
    uint32_t length; /* linked entries, cancelled ones too */
};

#define HERD_TEXT_CLASSES ((HERD_REPORT_LENGTH_MAX + HERD_NAME_LENGTH_MAX) / 8 + 2) /* sizes of 8 bytes on by 8 */

struct herd_store {
    struct herd_names names; /* of the configuration's servers */
    struct herd_slab records;
    struct herd_table table;
    struct herd_siphash_key key;
    struct herd_slab texts[HERD_TEXT_CLASSES]; /* `<client> <position> <time>` of records, and a foreign origin */
    struct herd_queue queues[HERD_SLOTS_MAX];
    struct herd_digest sum; /* of the hashes of all records but those in `unsummed` */
    uint32_t unsummed[HERD_UNSUMMED_MAX];
    uint32_t unsummed_first; /* entries `first` to before `end`, modulo their number */
    uint32_t unsummed_end;
    struct herd_digest digest_key;              /* from the herd's name */
    uint64_t origin_hashes[HERD_NAMES_MAX + 1]; /* of servers' names, for the digest; 0: not known yet */
    int64_t ttl_ns;                             /* records expire so long after they were received; 0: never */
    uint64_t seq;
    uint32_t clients_max;    /* for clients of this server; neighbours' go to 110 % */
    uint32_t parting;        /* a forgotten record that was popped last: it goes with the next pop; 0: none */
    unsigned slot_count;     /* of every record: so many can be taken */
    uint32_t taken_slots;    /* bit per slot that has an owner */
    uint32_t active_slots;   /* of those, who is told of changes */
    uint32_t told_forgotten; /* of those that are taken, who is told of forgotten records, too */
};

/*
 * `key` should be secret (herd_random_system). slot_count <= HERD_SLOTS_MAX, for as many as will ever be taken at
 * once: fixed for the store's life.
 */
void herd_store_init(struct herd_store *store, const struct herd_siphash_key *key, unsigned slot_count,
                     uint32_t clients_max);
void herd_store_finish(struct herd_store *store);
/* The herd's name, which keys the digest. While the store is empty. */
void herd_store_set_herd(struct herd_store *store, struct herd_text herd);

/* Other limits from now on: `clients_max` does not make it smaller, `ttl_ns` 0: records live for ever. */
void herd_store_configure(struct herd_store *store, uint32_t clients_max, int64_t ttl_ns);
/* Gives a server's name a number, as long as there are numbers left: that, or HERD_NAME_UNKNOWN. */
static inline uint8_t herd_store_name(struct herd_store *store, struct herd_text name)
{
    return herd_names_add(&store->names, name);
}
/* The names that have numbers, for versions of this store. */
static inline const struct herd_names *herd_store_names(const struct herd_store *store)
{
    return &store->names;
}
/* How often it has changed: the greatest sequence number given. */
static inline uint64_t herd_store_seq(const struct herd_store *store)
{
    return store->seq;
}
/* Where a scan or a sweep from *cursor = 1 ends: records there are, and places of such as have gone. */
static inline uint32_t herd_store_cursor_end(const struct herd_store *store)
{
    return store->records.next;
}
/* The total order of versions of one client: < 0, 0, > 0. The greater one wins on every server. */
int herd_version_compare(const struct herd_names *names, const struct herd_version *a, const struct herd_version *b);

/* Clients known. */
uint32_t herd_store_count(const struct herd_store *store);
/* The record of a client, or 0. */
uint32_t herd_store_find(const struct herd_store *store, struct herd_text client);
/* The digest of all records, to be compared with that of another store; valid until the store is changed. */
const struct herd_digest *herd_store_digest(struct herd_store *store);
/* The newest version; its views are valid until the store is changed. */
void herd_store_view(const struct herd_store *store, uint32_t record, struct herd_version *ret_version);

/*
 * For many versions at once: looks for their clients, for herd_store_report or
 * herd_store_learn of this store, and has the processor fetch what those will
 * touch, so that the memory of one comes while the others are still being looked
 * for. Without it each waits for three pieces of memory, one after the other.
 * Sets `hash`, `handle` and `record`, which are right whatever changes meanwhile.
 */
void herd_store_look_ahead(const struct herd_store *store, struct herd_version *versions, unsigned count);

/*
 * Offers what a client reported to this server. A report whose texts are the
 * stored ones is SAME wherever it came from first.
 */
enum herd_put herd_store_report(struct herd_store *store, const struct herd_version *version);

/*
 * Offers a version that a neighbour sent. `from` is the slot that certainly
 * has it (it is not told again, and what waits for it is cancelled), or
 * HERD_SLOT_NONE.
 */
enum herd_put herd_store_learn(struct herd_store *store, const struct herd_version *version, unsigned from);

/*
 * Expiry is a function of the version alone: received-at (time + difference)
 * plus ttl_ns lies before `now_ns`. No server needs to tell another of it, and
 * what expired cannot come back.
 */
bool herd_store_expired(const struct herd_store *store, const struct herd_version *version, int64_t now_ns);
/* As herd_store_find, but a record that has expired is forgotten and not found, though the sweep has yet to come by. */
uint32_t herd_store_find_live(struct herd_store *store, struct herd_text client, int64_t now_ns);
/* Forgets what has expired among the next `slice` records; false when there are no more. *cursor starts at 1. */
bool herd_store_expire(struct herd_store *store, int64_t now_ns, uint32_t slice, uint32_t *cursor);

#define HERD_SLOT_TOLD_FORGOTTEN 1u /* herd_store_pop gives forgotten records, too, each once */

/*
 * A slot of one's own until it is given back, not active: the first that is free; HERD_SLOT_NONE: none is. `flags`: 0
 * or HERD_SLOT_TOLD_FORGOTTEN. Of the FIFO of an earlier owner there may be left what herd_store_drop takes.
 */
unsigned herd_store_take_slot(struct herd_store *store, unsigned flags);
/* How many may be taken now. */
unsigned herd_store_free_slots(const struct herd_store *store);
/* Takes HERD_SLOT_NONE. What is queued there is dropped by the next owner, or bit by bit by herd_store_expire. */
void herd_store_give_slot(struct herd_store *store, unsigned slot);

/*
 * Starting a slot, so that it will be told of everything newer than a mark:
 *   1. herd_store_drop until it returns false: forgets what was queued before;
 *      the slot is not active then
 *   2. herd_store_activate: from now on changes are queued
 *   3. herd_store_scan until it returns false, from *cursor = 1
 * The first and the third are in slices, so that none takes long.
 */
bool herd_store_drop(struct herd_store *store, unsigned slot, uint32_t slice);
void herd_store_activate(struct herd_store *store, unsigned slot);
/* Queues the records with seq > mark among the next `slice`; false when there are no more. */
bool herd_store_scan(struct herd_store *store, unsigned slot, uint64_t mark, uint32_t slice, uint32_t *cursor);
/* Changes are no longer queued for it, until it is started again. */
void herd_store_deactivate(struct herd_store *store, unsigned slot);

/*
 * Takes the first entry off a FIFO: false where there is none. *ret_record is
 * the record to send as it is now, or 0 for an entry that was cancelled.
 *
 * A slot that is told of forgotten records gets those, too: herd_store_forgotten
 * says which they are, and herd_store_view what was last known of them; that is
 * right until the next pop or drop of any slot. A client that comes back is
 * another record, popped after the one that was forgotten. Who is told may never
 * have been told of the client before. What is not popped costs memory as long
 * as the slot is active: who cannot keep up should give it back.
 */
static inline bool herd_store_pop(struct herd_store *store, unsigned slot, uint32_t *ret_record);
/* The same where there may be something to do. */
bool herd_store_pop_next(struct herd_store *store, unsigned slot, uint32_t *ret_record);
static inline bool herd_store_pop(struct herd_store *store, unsigned slot, uint32_t *ret_record)
{
    if (store->queues[slot].head == 0 && store->parting == 0) return false;
    return herd_store_pop_next(store, slot, ret_record);
}
/* Whether a record that was popped is one that was forgotten. */
bool herd_store_forgotten(const struct herd_store *store, uint32_t record);
/* The first entry of a FIFO, cancelled or not; 0 where there is none. */
static inline uint32_t herd_store_head(const struct herd_store *store, unsigned slot)
{
    return store->queues[slot].head;
}
static inline uint32_t herd_store_queued(const struct herd_store *store, unsigned slot)
{
    return store->queues[slot].length;
}

#endif
