/* SPDX-License-Identifier: MIT */
/*
 *     CLOSED --so many failures running--> OPEN --time is up, one asks--> HALF_OPEN
 *        ^                                  ^                               |   |
 *        |                                  +------------failure------------+   |
 *        +------------------------------------success---------------------------+
 *
 * The jitter keeps many servers from trying a provider at the same moment.
 * Results of requests that were made before it opened may still come in: a
 * failure then tells nothing new, a success closes it.
 */
#include <assert.h>

#include "local.h"

_Static_assert(sizeof(((struct breaker *)0)->failures) == sizeof(((struct breaker *)0)->failures_max),
               "what is counted comes to its limit");

static const struct herd_machine breaker_machine = {
    .name = "breaker",
    .states = {[BREAKER_CLOSED] = {"closed", HERD_TO(BREAKER_OPEN)},
               [BREAKER_OPEN] = {"open", HERD_TO(BREAKER_HALF_OPEN) | HERD_TO(BREAKER_CLOSED)},
               [BREAKER_HALF_OPEN] = {"half_open", HERD_TO(BREAKER_OPEN) | HERD_TO(BREAKER_CLOSED)}}};

static void move(struct breaker *breaker, enum breaker_state state)
{
    herd_machine_move_named(&breaker_machine, &breaker->state, state, breaker->who);
}

void breaker_init(struct breaker *breaker, struct herd_text who, uint32_t failures_max, uint32_t open_ms)
{
    *breaker = (struct breaker){.state = BREAKER_CLOSED, .who = who, .failures_max = failures_max, .open_ms = open_ms};
}

bool breaker_try(struct breaker *breaker, int64_t now_ms)
{
    if (breaker->state == BREAKER_CLOSED) return true;
    if (breaker->state == BREAKER_HALF_OPEN || now_ms < breaker->until_ms) return false;
    move(breaker, BREAKER_HALF_OPEN);
    return true;
}

void breaker_succeed(struct breaker *breaker)
{
    if (breaker->state != BREAKER_CLOSED) move(breaker, BREAKER_CLOSED);
    breaker->failures = 0;
}

bool breaker_fail(struct breaker *breaker, int64_t now_ms, struct herd_random *random)
{
    if (breaker->state == BREAKER_OPEN || breaker->failures_max == 0) return false;
    breaker->failures++;
    if (breaker->state == BREAKER_CLOSED && breaker->failures < breaker->failures_max) return false;
    move(breaker, BREAKER_OPEN);
    uint32_t spread_ms = breaker->open_ms / 5;
    uint64_t jitter_ms = herd_random_below(random, (uint64_t)2 * spread_ms + 1);
    breaker->until_ms = now_ms + (int64_t)(breaker->open_ms - spread_ms + jitter_ms);
    return true;
}

void breaker_withdraw(struct breaker *breaker)
{
    /* until_ms is past: the next one that asks is the probe. */
    if (breaker->state == BREAKER_HALF_OPEN) move(breaker, BREAKER_OPEN);
}
