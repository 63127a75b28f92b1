/* SPDX-License-Identifier: MIT */
#ifndef HERD_JOURNAL_H
#define HERD_JOURNAL_H

/*
 * The journal: what one server accepted, in files of its own, so that a restart
 * finds it again (docs/journal.md). A caller with one thread, the loop, uses
 * it so:
 *
 *     open      takes the directory, hands out all versions that are in it
 *     append    each version accepted in this turn
 *     write     once a turn, before replies go out: one write(2)
 *     durable   which replies may go
 *     tick      once a second or so: whether it wants to be written anew
 *     close
 *
 * A position is a number of bytes ever appended. A reply that must not go
 * before what was appended up to now is durable waits until
 * herd_journal_durable() >= herd_journal_position() of that moment.
 *
 * A thread of its own does the fdatasync and tells by `on_synced` that durable
 * or state may have changed. Nothing else here calls back but open.
 *
 * States: OK until a disk is full (FULL) or an fsync or write fails (FAILED).
 * Then what is appended is dropped, and nothing but a rewrite brings it back:
 * tick asks for one, at once after a failure, and every 10 s. The state is OK
 * again when that is complete and synced. Files that somebody removes, moves
 * or cuts under the journal are such a failure, which tick sees; a directory
 * that is gone is made anew then.
 *
 * Every function but open takes NULL for a journal: there is none, nothing is
 * kept and everything counts as durable.
 */

#include <stdint.h>

#include "herd/counters.h"
#include "herd/journalread.h"
#include "herd/store.h"

enum herd_journal_durability {
    HERD_JOURNAL_WRITTEN, /* durable is what write(2) took; fdatasync every interval */
    HERD_JOURNAL_SYNCED,  /* durable is what fdatasync has done; one at a time, for all written before it began */
};

enum herd_journal_state {
    HERD_JOURNAL_OK,
    HERD_JOURNAL_FULL,   /* no room; WRITTEN: served from memory. SYNCED keeps its promise: nothing more is durable */
    HERD_JOURNAL_FAILED, /* as above after an error of a file; with SYNCED the process should end, non-zero */
};

#define HERD_JOURNAL_SEGMENT_BYTES_DEFAULT (UINT64_C(64) << 20)
#define HERD_JOURNAL_INTERVAL_MS_DEFAULT 1000
#define HERD_JOURNAL_PROBLEM_SIZE 512

struct herd_journal_options {
    const char *directory; /* this server's alone; made where missing (mode 0750), its parents are not */
    struct herd_text herd; /* names for the files' headers: files of another server are refused */
    struct herd_text server;
    enum herd_journal_durability durability;
    uint64_t segment_bytes; /* about where a new file begins; 0: the default */
    int64_t interval_ms;    /* WRITTEN: between two fdatasync; 0: the default */
    void *owner;
    /* During open, now and then: whether to give it up. May be NULL. */
    bool (*cancelled)(void *owner);
    /* During open: one version, often not the newest one of its client. `version` views memory that is void after the
     * call; its origin, way and way_count are empty, to be set by the callee: herd_version_set_origin. */
    void (*on_record)(void *owner, struct herd_text origin, struct herd_version *version);
    /* From the journal's thread, until close returns: look at durable and state again (uv_async_send). May be NULL. */
    void (*on_synced)(void *owner);
};

/* What open found. */
struct herd_journal_replay {
    struct herd_journal_sums sums;
    uint64_t segments;
    uint64_t missing; /* numbers between the first segment and the last that no file has */
};

struct herd_journal_counts {
    uint64_t bytes;    /* in files */
    uint64_t records;  /* in files */
    uint64_t segments; /* files */
    uint64_t appended; /* records, since open */
    uint64_t dropped;  /* of those: came while the state was not OK */
    uint64_t writes;
    uint64_t write_ns;     /* in all */
    uint64_t write_max_ns; /* the longest */
    uint64_t syncs;
    uint64_t sync_ns;
    uint64_t sync_max_ns;
    uint64_t errors;   /* of files: writes, syncs, opening a segment */
    uint64_t rewrites; /* completed */
    uint64_t state;    /* enum herd_journal_state */
};
extern const struct herd_counter_table herd_journal_counters;

struct herd_journal;

/*
 * Takes the directory, replays what is in it, oldest file first, opens a new
 * file for writing and starts the thread. Damaged and torn lines are passed
 * over and counted. No room for a new file is no error: the state is FULL.
 * Returns 0, or a negative errno with one line about it in ret_problem:
 *   -EWOULDBLOCK  another server has the directory
 *   -ECANCELED    `cancelled` said so; nothing was changed
 *   -EPROTO       a file of a newer format, or of another herd or server;
 *                 nothing was changed
 *   else          what a call on the directory or a file in it failed with
 * On failure on_record may have been called.
 */
int herd_journal_open(const struct herd_journal_options *options, char ret_problem[HERD_JOURNAL_PROBLEM_SIZE],
                      struct herd_journal **ret_journal);
/*
 * Writes, syncs, ends the thread and lets the directory go. Returns 0, or the
 * negative errno of what kept it from being complete (-EIO for an earlier
 * failure): something acknowledged in WRITTEN may be lost by a power cut.
 */
int herd_journal_close(struct herd_journal *journal);
/* Until close. Not of NULL. */
const struct herd_journal_replay *herd_journal_replayed(const struct herd_journal *journal);

/* Adds a version to the batch; `names` has its origin's number, where it has one. No system call. */
void herd_journal_append(struct herd_journal *journal, const struct herd_names *names,
                         const struct herd_version *version);
/* The same of a version whose AT line, without its LF, was written already. */
void herd_journal_append_line(struct herd_journal *journal, struct herd_text line);
/* Writes the batch, one write(2) as a rule. Returns the state, as it is afterwards. */
enum herd_journal_state herd_journal_write(struct herd_journal *journal);
/* How far was appended. */
uint64_t herd_journal_position(const struct herd_journal *journal);
/* How far it is as durable as promised; UINT64_MAX where nothing has to wait (no journal; WRITTEN and not OK). */
uint64_t herd_journal_durable(struct herd_journal *journal);
enum herd_journal_state herd_journal_state(struct herd_journal *journal);
/* The negative errno that the state is not OK for; 0 where it is. */
int herd_journal_error(const struct herd_journal *journal);
/* What of its files was lost under the journal, in words, where that is why the state is not OK; else NULL. */
const char *herd_journal_loss(const struct herd_journal *journal);
void herd_journal_counts(struct herd_journal *journal, struct herd_journal_counts *ret_counts);

/*
 * Rewriting, so that the files hold each client once. Where tick returns true:
 *   1. herd_journal_rewrite_begin
 *   2. append every record of the store, in slices, write after each; what is
 *      accepted meanwhile is appended as ever, in any order
 *   3. herd_journal_rewrite_end: when all that is synced the older files are
 *      deleted, by the thread
 * Between 2's slices herd_journal_rewriting must still be true: a failure ends
 * the rewrite, and tick asks again later. A crash at any moment loses nothing.
 */
/* Also sees whether the files are still there. `live` is how many records the store has. `now_ms` is monotonic. */
bool herd_journal_tick(struct herd_journal *journal, int64_t now_ms, uint64_t live);
/* 0, or a negative errno: no new file. */
int herd_journal_rewrite_begin(struct herd_journal *journal);
/* Between a begin and its end. */
bool herd_journal_rewriting(struct herd_journal *journal);
/* 0, or -ECANCELED where the rewrite has failed meanwhile. */
int herd_journal_rewrite_end(struct herd_journal *journal);

#endif
