/* SPDX-License-Identifier: MIT */
/* The broken cores by name. Each is one small change in store/ or flood/ (HERD_MUTANT), or here (incarnation-kept). */
#include "sim.h"

struct mutant {
    const char *name;
    const char *what;
};

static const struct mutant mutants[] = {
    [HERD_MUTANT_ECHO_BY_NAME] = {"echo-by-name", "a record is not sent to a server of the name it came from"},
    [HERD_MUTANT_ECHO_BY_VISITED] = {"echo-by-visited", "a record is not sent to a server that it has visited"},
    [HERD_MUTANT_ECHO_ALWAYS] = {"echo-always", "a record is sent back to where it came from"},
    [HERD_MUTANT_MARK_LARGEST_SENT] = {"mark-largest-sent", "MARK is the largest sequence number sent"},
    [HERD_MUTANT_MARK_DURING_SCAN] = {"mark-during-scan", "MARK is told before the connect scan has ended"},
    [HERD_MUTANT_MARK_ONE_POP_EARLY] = {"mark-one-pop-early", "MARK is told one pop before its barrier"},
    [HERD_MUTANT_INCARNATION_KEPT] = {"incarnation-kept", "a server that lost a tail keeps its incarnation"},
    [HERD_MUTANT_NO_RESCAN] = {"no-rescan", "the store is not scanned after a reconnect"},
    [HERD_MUTANT_ORDER_NO_LAST_TIE] = {"order-no-last-tie", "versions that differ in their time's text are equal"},
    [HERD_MUTANT_CANCEL_BY_NAME] = {"cancel-by-name", "late bytes of a dead run cancel what waits for the next"},
    [HERD_MUTANT_REQUEUE_LOST] = {"requeue-lost", "a change of a record whose entry was cancelled is not sent"},
    [HERD_MUTANT_DIGEST_KEEPS_OLD] = {"digest-keeps-old", "the digest keeps what was replaced"},
    [HERD_MUTANT_SLOT_EMPTIED_AT_ONCE] = {"slot-emptied-at-once", "a slot given back forgets its FIFO, not its links"},
    [HERD_MUTANT_DROP_KEEPS_QUEUED] = {"drop-keeps-queued", "what the next owner of a slot drops keeps its bit"},
    [HERD_MUTANT_FORGOTTEN_UNTOLD] = {"forgotten-untold", "a forgotten record is told to whom it waits for only"},
};

#define MUTANT_COUNT (sizeof mutants / sizeof mutants[0])

#ifdef HERD_MUTANTS
enum herd_mutant herd_mutant_chosen;

bool mutants_is(enum herd_mutant mutant)
{
    return herd_mutant_chosen == mutant;
}
#else
bool mutants_is(enum herd_mutant mutant)
{
    return mutant == HERD_MUTANT_NONE;
}
#endif

enum herd_mutant mutants_find(const char *name)
{
    size_t i;

    for (i = 1; i < MUTANT_COUNT; i++)
        if (strcmp(mutants[i].name, name) == 0) return (enum herd_mutant)i;
    return HERD_MUTANT_NONE;
}

void mutants_list(FILE *out)
{
    size_t i;

    for (i = 1; i < MUTANT_COUNT; i++)
        fprintf(out, "%-20s %s\n", mutants[i].name, mutants[i].what);
}
