/* SPDX-License-Identifier: MIT */
#ifndef HERD_MACHINE_H
#define HERD_MACHINE_H

/*
 * What has states and moves from one to another only where that was meant: an
 * enum for the states, one table beside it that says what each is called and
 * what may follow it, and one function that moves.
 *
 *     enum door_state { DOOR_SHUT, DOOR_OPEN, DOOR_GONE };
 *
 *     static const struct herd_machine door_machine = {
 *         .name = "door",
 *         .states = {[DOOR_SHUT] = {"shut", HERD_TO(DOOR_OPEN) | HERD_TO(DOOR_GONE)},
 *                    [DOOR_OPEN] = {"open", HERD_TO(DOOR_SHUT)},
 *                    [DOOR_GONE] = {"gone", 0}}};
 *
 *     herd_machine_move(&door_machine, &door->state, DOOR_OPEN, door->number);
 *
 * A move that the table has not ends the process and says which it was: a
 * fault of ours, never of who sent something. At log level debug each move is
 * an event `moved`. Where that is off a move costs what the comparison does,
 * about as much as an assertion, so rooms without I/O use it as all others do.
 *
 * The first state is set by who makes the object, all later ones by a move. A
 * state that leads to itself is in its own row where that is meant. A bool is
 * for a fact that goes with any state; a fact that goes with one is a state.
 */

#include <stdbool.h>
#include <stdint.h>

#include "herd/log.h"
#include "herd/text.h"

#define HERD_MACHINE_STATES_MAX 16

/* The bit of a state in a row: it may follow. */
#define HERD_TO(state) (UINT32_C(1) << (state))

/* A row of the table; its place is the state's number. */
struct herd_machine_state {
    const char *name; /* a literal, in the log */
    uint32_t moves;   /* HERD_TO of each that may follow, joined by | */
};

struct herd_machine {
    const char *name; /* a literal, in the log */
    struct herd_machine_state states[HERD_MACHINE_STATES_MAX];
};

/* Whether the table has that move. */
static inline bool herd_machine_allows(const struct herd_machine *machine, unsigned from, unsigned to)
{
    return from < HERD_MACHINE_STATES_MAX && (machine->states[from].moves >> (to & 31) & 1) != 0;
}

/* Says which move was not allowed, and ends the process. */
_Noreturn void herd_machine_forbidden(const struct herd_machine *machine, unsigned from, unsigned to);
/* Logs a move as `moved`, of `id` where it is not 0, or of `who`. For the two functions below. */
void herd_machine_log(const struct herd_machine *machine, unsigned from, unsigned to, uint64_t id,
                      struct herd_text who);

/* Moves `*state`, which is of any enum, to `to`. `id` tells one machine from others of its kind; 0: there is one. */
static inline void herd_machine_move(const struct herd_machine *machine, unsigned *state, unsigned to, uint64_t id)
{
    unsigned from = *state;
    if (!herd_machine_allows(machine, from, to)) herd_machine_forbidden(machine, from, to);
    if (herd_log_debug_on()) herd_machine_log(machine, from, to, id, HERD_TEXT(""));
    *state = to;
}

/* The same where they are told apart by a name, a neighbour's say. */
static inline void herd_machine_move_named(const struct herd_machine *machine, unsigned *state, unsigned to,
                                           struct herd_text who)
{
    unsigned from = *state;
    if (!herd_machine_allows(machine, from, to)) herd_machine_forbidden(machine, from, to);
    if (herd_log_debug_on()) herd_machine_log(machine, from, to, 0, who);
    *state = to;
}

#endif
