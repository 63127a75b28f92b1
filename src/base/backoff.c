/* SPDX-License-Identifier: MIT */
#include "herd/backoff.h"

#include <assert.h>

void herd_backoff_init(struct herd_backoff *backoff, uint32_t base_ms, uint32_t max_ms)
{
    assert(base_ms >= 1 && base_ms <= max_ms);
    *backoff = (struct herd_backoff){.base_ms = base_ms, .max_ms = max_ms, .previous_ms = base_ms};
}

uint32_t herd_backoff_next_ms(struct herd_backoff *backoff, struct herd_random *random)
{
    uint64_t highest = UINT64_C(3) * backoff->previous_ms;
    uint64_t drawn = backoff->base_ms + herd_random_below(random, highest - backoff->base_ms + 1);
    backoff->previous_ms = drawn < backoff->max_ms ? (uint32_t)drawn : backoff->max_ms;
    return backoff->previous_ms;
}

void herd_backoff_reset(struct herd_backoff *backoff)
{
    backoff->previous_ms = backoff->base_ms;
}
