/* SPDX-License-Identifier: MIT */
#ifndef HERD_CORE_H
#define HERD_CORE_H

/*
 * The one door: reports go in here and questions go out, whoever brings them.
 * It has the store, the flood and the journal, and asks the places service.
 * Logic without sockets or a loop: what it needs of one is behind a port of
 * three calls.
 *
 *     report   batch -> accept -> store, queued for all who follow
 *                              -> reply, whose bytes are the journal's, too
 *     question ask -> record, live -> places: at hand, or a ticket that waits
 *     a turn's end         the flood is pumped by who has its links; then
 *                          herd_core_write: the journal, and who waits for it
 *     once a second        herd_core_tick: expiry, the journal's rewrite, in
 *                          slices of which herd_core_step does the next
 *
 * With a journal that is `synced` a reply must not go out before what it says
 * is on the disk: who writes replies embeds a herd_core_wait, whose owner is
 * told when they may go. All of a turn wait for one fdatasync.
 *
 *     wait --> fresh --end of turn: has a position--> waiting --durable--> on_durable
 *
 * A journal that fails: `written` serves on from memory and has it written
 * anew; `synced` cannot keep its promise, which on_journal is told, and nobody
 * gets a reply that is not true.
 */

#include <assert.h>

#include "herd/batch.h"
#include "herd/flood.h"
#include "herd/journal.h"
#include "herd/places.h"
#include "herd/reply.h"
#include "herd/times.h"

struct herd_core_replay; /* private to core */

/* What a report may be refused for, and how long it lives. */
struct herd_core_limits {
    uint32_t clients_max;
    uint32_t max_future_s;               /* a time later than it was received by more; 0: any */
    uint32_t new_clients_per_second_max; /* of one who brings them; 0: any number */
    uint32_t ttl_s;                      /* 0: for ever */
};

/* What it asks of who drives it. */
struct herd_core_port {
    void *owner;
    /* There is something for the end of this turn: pump the flood, then herd_core_write. Often; cheap. */
    void (*at_end)(void *owner);
    /* herd_core_step in the next turn, once. */
    void (*soon)(void *owner);
    /* From the journal's own thread: herd_core_woken, on the loop. */
    void (*wake)(void *owner);
    /* The journal's state changed, and was logged. `broken`: it has promised `synced` and cannot keep it; then it may
     * be closed in this call. */
    void (*on_journal)(void *owner, bool broken);
    /* A question waits: the places service may have something to send. */
    void (*on_asked)(void *owner);
};

struct herd_core_options {
    struct herd_text herd, name;      /* views of what outlives the core, as are all names */
    const struct herd_text *names;    /* of all servers of the herd */
    unsigned name_count;              /* at most HERD_NAMES_MAX */
    unsigned slot_count;              /* of the store; one of them is for the journal */
    struct herd_siphash_key hash_key; /* secret, from the system's randomness, as are these: */
    uint64_t incarnation;             /* not 0 */
    uint64_t seed;
    struct herd_core_limits limits;
    struct herd_core_port port;
};

struct herd_core_counts {
    uint64_t iamat;
    uint64_t stale; /* of those, older than what is stored */
    uint64_t whatsat;
    uint64_t refused_clients; /* clients_max */
    uint64_t refused_future;  /* max_future_s */
    uint64_t refused_new;     /* new_clients_per_second_max */
    uint64_t expired;         /* records that the sweep has forgotten */
};
extern const struct herd_counter_table herd_core_counters; /* of struct herd_core_counts */
extern const struct herd_counter_table herd_core_times;    /* of struct herd_core */

/* What one who brings reports may do, and what it did of that. Zeroed at first; a fact of its session. */
struct herd_core_grant {
    bool judged;                /* its reports may be refused for a limit; herd_core_judges says who must be */
    uint32_t new_clients;       /* brought in this second: */
    int64_t new_clients_second; /* of the wall clock */
};

/* One whose replies wait until they are durable. Embedded; stays where it is until it was told or has left. */
struct herd_core_wait {
    struct herd_list_node node; /* herd_core.fresh or .waiting */
    uint64_t position;          /* of the journal, that is waited for; 0: none, or not known before the turn's end */
    /* It is durable. May leave, or wait again. */
    void (*on_durable)(struct herd_core_wait *wait);
};

struct herd_core {
    struct herd_store store;
    struct herd_flood flood;
    struct herd_places *places; /* whom new questions go to: who opens it sets it, before the first */
    struct herd_at_start at_start;
    struct herd_core_limits limits;
    struct herd_core_port port;
    struct herd_core_counts counts;
    struct herd_skews skews; /* our clock less a report's time, of the last of a turn that was news */
    int64_t skew_ns;         /* which that was, until the end of the turn */
    bool skew_known;
    /* journalwork.c */
    struct herd_journal *journal;  /* NULL: none */
    unsigned journal_slot;         /* in the store; HERD_SLOT_NONE: no journal */
    bool synced;                   /* what was promised */
    enum herd_journal_state state; /* as last logged, and its error */
    int error;
    struct herd_list_node fresh;     /* waits of this turn */
    struct herd_list_node waiting;   /* those of earlier turns, by position */
    uint32_t rewrite_cursor;         /* in the store's records; 0: nothing is being written anew */
    struct herd_core_replay *replay; /* while it is opened */
    /* expiry.c */
    uint32_t expiry_cursor;
    uint32_t expiry_left; /* records still to be looked at in this second */
};

/* The system's randomness is given; the flood's keys and the journal come later. Opens nothing that can fail. */
void herd_core_init(struct herd_core *core, const struct herd_core_options *options);
/* The journal is closed, and no session of the flood is left. */
void herd_core_finish(struct herd_core *core);
/* Other limits from now on; clients_max does not make the store smaller. Who brings reports looks at
 * herd_core_judges again. */
void herd_core_configure(struct herd_core *core, const struct herd_core_limits *limits);

/* A server of the herd that was not there at first: its name is a number from now on, as theirs are, while there are
 * numbers left; what is stored under it stays as it is. No batch has been read and not been put. */
void herd_core_name(struct herd_core *core, struct herd_text name);

/* -- Reports (accept.c) --------------------------------------------------------- */

/* Whether there is a limit that a report may be refused for. */
bool herd_core_judges(const struct herd_core *core);
/* A batch of reports to this server: all of its versions have what is alike in them, but report and difference. */
void herd_core_batch_init(const struct herd_core *core, struct herd_batch *ret_batch);
/*
 * The reports `first` to before `end` of a batch, which was looked ahead, in
 * their order; received at `now_ns`. Appends the reply to each, a line: that
 * it was taken, or its text as it came where it was not. Returns how many were
 * taken; puts[] says what became of each.
 */
unsigned herd_core_accept(struct herd_core *core, struct herd_batch *batch, unsigned first, unsigned end,
                          struct herd_core_grant *grant, int64_t now_ns, struct herd_buffer *out);
/* Before the first of a batch is accepted. */
static inline void herd_core_look_ahead(const struct herd_core *core, struct herd_batch *batch)
{
    assert(batch->count > 0 && batch->count <= HERD_BATCH_MAX);
    herd_batch_look_ahead(batch, &core->store);
}

/* -- Questions (ask.c) ------------------------------------------------------------ */

/*
 * Asks for the places around a client, with a ticket that the asker owns. 0,
 * and *ret_version views its record until the store is changed; -ENOENT: no
 * such client. The ticket is READY, or it has to wait and on_ready follows,
 * never before it was kept.
 */
int herd_core_ask(struct herd_core *core, const struct herd_question *question, const struct herd_now *now,
                  struct herd_places_ticket *ticket, struct herd_version *ret_version);
/* Appends the AT line with LF that says where the client is. */
void herd_core_append_location(const struct herd_core *core, const struct herd_version *version,
                               struct herd_buffer *out);
/* The ticket `from` (on the asker's stack, say) is not rendered at once: it is `to` from now on, and is asked for. */
void herd_core_keep(struct herd_core *core, struct herd_places_ticket *from, struct herd_places_ticket *to);
/* Of a ticket that is READY: appends the places, up to the end of the reply. */
void herd_core_render(struct herd_places_ticket *ticket, struct herd_buffer *out);
/* The asker is gone; or waits no longer: the ticket becomes ready, with `reason` (a literal) for want of places. */
void herd_core_leave(struct herd_places_ticket *ticket);
void herd_core_give_up(struct herd_places_ticket *ticket, const char *reason);

/* -- Durability (durable.c) ------------------------------------------------------- */

void herd_core_wait_init(struct herd_core_wait *wait, void (*on_durable)(struct herd_core_wait *wait));
/* What was accepted up to the end of this turn is waited for. False where nobody has to wait; then nobody does. */
static inline bool herd_core_wait(struct herd_core *core, struct herd_core_wait *wait);
/* The same where the journal is `synced`. */
void herd_core_wait_synced(struct herd_core *core, struct herd_core_wait *wait);
static inline bool herd_core_wait(struct herd_core *core, struct herd_core_wait *wait)
{
    if (core->journal == NULL || !core->synced) return false;
    herd_core_wait_synced(core, wait);
    return true;
}
/* Waits no longer, and is not told; harmless where it does not wait. */
void herd_core_wait_leave(struct herd_core_wait *wait);
/* Whether it waits for what was accepted in an earlier turn. */
static inline bool herd_core_wait_stands(const struct herd_core_wait *wait)
{
    return wait->position != 0;
}

/* -- The journal, and time ---------------------------------------------------------- */

struct herd_core_journal_options {
    const char *directory; /* this server's alone */
    bool synced;
    bool (*cancelled)(void *owner); /* during the call, now and then: whether to give up. May be NULL */
    void *owner;
};

/* Why there is no journal. */
struct herd_core_journal_fault {
    char problem[HERD_JOURNAL_PROBLEM_SIZE]; /* a line about it */
    uint64_t refused;                        /* -EOVERFLOW: records that found no room under clients_max */
};

/*
 * Replays what the directory has into the store, then all that is accepted is
 * written to it. 0, or as herd_journal_open, or -EOVERFLOW: going on without
 * those records would lose them for good when it is next written anew. `now_ns`
 * is wall clock: what has expired is left out.
 */
int herd_core_open_journal(struct herd_core *core, const struct herd_core_journal_options *options, int64_t now_ns,
                           struct herd_core_journal_fault *ret_fault);
/* Writes what there is; what is accepted later is kept nowhere. Harmless where there is none. */
void herd_core_close_journal(struct herd_core *core);
/* The end of a turn, after the flood and before replies: what runs in the loop's phase JOURNAL, of a struct herd_core.
 */
void herd_core_write(void *owner);
/* The journal's thread has woken somebody. */
void herd_core_woken(struct herd_core *core);
/* Once a second. */
void herd_core_tick(struct herd_core *core, const struct herd_now *now);
/* The next slice of what takes long. */
void herd_core_step(struct herd_core *core, int64_t now_ns);

#endif
