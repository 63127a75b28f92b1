/* SPDX-License-Identifier: MIT */
/*
 * When to dial again. Back-off forgets only after a session that stayed up: a
 * neighbour that accepts and dies at once is not a neighbour that is back.
 */
#include "herd/flood.h"

#include <assert.h>

#define URGED_NEVER (INT64_MIN / 2)

void herd_redial_init(struct herd_redial *redial, int64_t now_ms)
{
    herd_backoff_init(&redial->backoff, HERD_REDIAL_BASE_MS, HERD_REDIAL_MAX_MS);
    redial->at_ms = now_ms;
    redial->welcomed_ms = 0;
    redial->urged_ms = URGED_NEVER;
}

void herd_redial_dialled(struct herd_redial *redial)
{
    redial->at_ms = INT64_MAX;
}

void herd_redial_welcomed(struct herd_redial *redial, int64_t now_ms)
{
    assert(redial->at_ms == INT64_MAX && redial->welcomed_ms == 0);
    redial->welcomed_ms = now_ms;
}

void herd_redial_failed(struct herd_redial *redial, struct herd_random *random, int64_t now_ms)
{
    if (redial->welcomed_ms != 0 && now_ms - redial->welcomed_ms >= HERD_REDIAL_STABLE_MS)
        herd_backoff_reset(&redial->backoff);
    redial->welcomed_ms = 0;
    redial->at_ms = now_ms + herd_backoff_next_ms(&redial->backoff, random);
}

void herd_redial_urge(struct herd_redial *redial, int64_t now_ms)
{
    int64_t soonest_ms = redial->urged_ms + HERD_REDIAL_URGE_MS;

    if (redial->at_ms == INT64_MAX) return;
    if (soonest_ms < now_ms) soonest_ms = now_ms;
    if (redial->at_ms <= soonest_ms) return;
    redial->urged_ms = redial->at_ms = soonest_ms;
}
