/* SPDX-License-Identifier: MIT */
#ifndef HERD_LIMITWATCH_H
#define HERD_LIMITWATCH_H

/*
 * When a limit began to bite, and when it no longer does: whoever counts its
 * bites shows the count every second or so, and is told what to log.
 *
 *     still  -- it bites, and the last time that was told is a minute ago -->  biting   BEGAN
 *     biting -- no bite for ten seconds ------------------------------------>  still    ENDED
 *
 * Of bites within that minute nothing is told; they are part of the next
 * count that is. Pure: where nothing bites it costs a comparison.
 */

#include <stdbool.h>
#include <stdint.h>

#define HERD_LIMIT_QUIET_MS ((int64_t)10 * 1000) /* without a bite: it has ended */
#define HERD_LIMIT_AGAIN_MS ((int64_t)60 * 1000) /* from one BEGAN to the next, at least */

enum herd_limit_news { HERD_LIMIT_SAME, HERD_LIMIT_BEGAN, HERD_LIMIT_ENDED };

/* One limit; zeroed: has never bitten. */
struct herd_limit_watch {
    uint64_t seen;     /* its count when last looked at */
    uint64_t ended;    /* its count when its end was last told */
    int64_t bitten_ms; /* when the count was last seen to grow */
    int64_t again_ms;  /* no BEGAN is told before */
    bool biting;
};

/* `count`: its bites ever. *ret_bites, where there is news: how many since its end was last told. */
enum herd_limit_news herd_limit_look(struct herd_limit_watch *watch, uint64_t count, int64_t now_ms,
                                     uint64_t *ret_bites);

#endif
