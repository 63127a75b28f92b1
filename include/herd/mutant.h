/* SPDX-License-Identifier: MIT */
#ifndef HERD_MUTANT_H
#define HERD_MUTANT_H

/*
 * Broken cores for the simulator (docs/simulation.md): mistakes that look
 * right, each of which it must catch. Only the simulator's own build of store/
 * and flood/ defines HERD_MUTANTS; everywhere else HERD_MUTANT(...) is a
 * constant 0 and nothing of this is compiled.
 */

enum herd_mutant {
    HERD_MUTANT_NONE,
    HERD_MUTANT_ECHO_BY_NAME,
    HERD_MUTANT_ECHO_BY_VISITED,
    HERD_MUTANT_ECHO_ALWAYS,
    HERD_MUTANT_MARK_LARGEST_SENT,
    HERD_MUTANT_MARK_DURING_SCAN,
    HERD_MUTANT_MARK_ONE_POP_EARLY,
    HERD_MUTANT_INCARNATION_KEPT,
    HERD_MUTANT_NO_RESCAN,
    HERD_MUTANT_ORDER_NO_LAST_TIE,
    HERD_MUTANT_CANCEL_BY_NAME,
    HERD_MUTANT_REQUEUE_LOST,
    HERD_MUTANT_DIGEST_KEEPS_OLD,
    HERD_MUTANT_SLOT_EMPTIED_AT_ONCE,
    HERD_MUTANT_DROP_KEEPS_QUEUED,
    HERD_MUTANT_FORGOTTEN_UNTOLD,
};

#ifdef HERD_MUTANTS
#include <stdint.h>

struct herd_store;

extern enum herd_mutant herd_mutant_chosen;
/* The sequence number of a record, which a sender has no business to know. */
uint64_t herd_mutant_seq(const struct herd_store *store, uint32_t record);
#define HERD_MUTANT(name) (herd_mutant_chosen == HERD_MUTANT_##name)
#else
#define HERD_MUTANT(name) 0
#endif

#endif
