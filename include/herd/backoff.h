/* SPDX-License-Identifier: MIT */
#ifndef HERD_BACKOFF_H
#define HERD_BACKOFF_H

/*
 * Back-off with decorrelated jitter (M. Brooker, "Exponential Backoff And
 * Jitter", 2015): next = min(max, uniform(base, 3 * previous)).
 */

#include <stdint.h>

#include "herd/random.h"

struct herd_backoff {
    uint32_t base_ms;
    uint32_t max_ms;
    uint32_t previous_ms;
};

void herd_backoff_init(struct herd_backoff *backoff, uint32_t base_ms, uint32_t max_ms);
/* How long to wait before the next try, base_ms to max_ms. */
uint32_t herd_backoff_next_ms(struct herd_backoff *backoff, struct herd_random *random);
void herd_backoff_reset(struct herd_backoff *backoff);

#endif
