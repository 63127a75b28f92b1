/* SPDX-License-Identifier: MIT */
#ifndef HERD_DEADLINE_H
#define HERD_DEADLINE_H

/*
 * Many things that may each last the same time: a list of them in the order in
 * which they began, and one timer. Starting and stopping cost a few stores;
 * the timer is set when nothing was due, is not touched by what starts or stops
 * meanwhile, and looks at the oldest alone when its time has come.
 *
 *     start --> [began first] ... [began last]
 *                    | limit_ms after it began
 *                    v
 *                 on_over
 *
 * Precise to a turn of the loop. The owner embeds a deadline in what lasts.
 */

#include <stdint.h>
#include <uv.h>

#include "herd/list.h"
#include "herd/loop.h"

struct herd_deadline {
    struct herd_list_node node; /* herd_deadlines.running */
    uint64_t since_ms;          /* loop time when it began */
};

struct herd_deadlines {
    uv_timer_t timer;
    struct herd_list_node running; /* who began first is first */
    uint64_t limit_ms;             /* 0: for ever, and nothing is ever in the list */
    /* Its time is over, and it runs no more; may be started again. */
    void (*on_over)(struct herd_deadline *deadline);
};

void herd_deadlines_init(struct herd_deadlines *deadlines, struct herd_loop *loop, uint64_t limit_ms,
                         void (*on_over)(struct herd_deadline *deadline));
/* Another limit, also for what began already. Calls back later, where it is over by now; with 0 nothing runs any more.
 */
void herd_deadlines_configure(struct herd_deadlines *deadlines, uint64_t limit_ms);
/* Nobody is told of anything from here on; `deadlines` must stay until the loop has ended. More than once is harmless.
 */
void herd_deadlines_close(struct herd_deadlines *deadlines);

static inline void herd_deadline_init(struct herd_deadline *deadline)
{
    herd_list_init(&deadline->node);
}

/* Whether it was started, and is neither over nor stopped. */
static inline bool herd_deadline_running(const struct herd_deadline *deadline)
{
    return !herd_list_empty(&deadline->node);
}

/* Harmless where it does not run. Before its owner goes. */
static inline void herd_deadline_stop(struct herd_deadline *deadline)
{
    herd_list_remove(&deadline->node);
}

/* From now on, also where it runs already. Never calls back before it returns. */
void herd_deadline_start_limited(struct herd_deadlines *deadlines, struct herd_deadline *deadline);
static inline void herd_deadline_start(struct herd_deadlines *deadlines, struct herd_deadline *deadline)
{
    if (deadlines->limit_ms != 0) herd_deadline_start_limited(deadlines, deadline);
}

#endif
