/* SPDX-License-Identifier: MIT */
#include "herd/deadline.h"

#include <assert.h>

static void on_timer(uv_timer_t *timer)
{
    struct herd_deadlines *deadlines = HERD_CONTAINER(timer, struct herd_deadlines, timer);
    uint64_t now_ms = uv_now(timer->loop);
    while (!herd_list_empty(&deadlines->running)) {
        struct herd_deadline *first = HERD_CONTAINER(deadlines->running.next, struct herd_deadline, node);
        assert(first->since_ms <= now_ms);
        uint64_t lasted_ms = now_ms - first->since_ms;
        if (lasted_ms < deadlines->limit_ms) {
            uv_timer_start(timer, on_timer, deadlines->limit_ms - lasted_ms, 0);
            return;
        }
        herd_deadline_stop(first);
        deadlines->on_over(first);
        if (uv_is_closing((uv_handle_t *)timer)) return;
    }
}

void herd_deadlines_init(struct herd_deadlines *deadlines, struct herd_loop *loop, uint64_t limit_ms,
                         void (*on_over)(struct herd_deadline *deadline))
{
    assert(on_over != NULL);
    uv_timer_init(&loop->uv, &deadlines->timer);
    herd_list_init(&deadlines->running);
    deadlines->limit_ms = limit_ms;
    deadlines->on_over = on_over;
}

void herd_deadlines_configure(struct herd_deadlines *deadlines, uint64_t limit_ms)
{
    deadlines->limit_ms = limit_ms;
    if (limit_ms == 0)
        while (!herd_list_empty(&deadlines->running))
            herd_deadline_stop(HERD_CONTAINER(deadlines->running.next, struct herd_deadline, node));
    if (uv_is_active((uv_handle_t *)&deadlines->timer)) uv_timer_start(&deadlines->timer, on_timer, 0, 0);
}

void herd_deadlines_close(struct herd_deadlines *deadlines)
{
    uv_handle_t *timer = (uv_handle_t *)&deadlines->timer;
    deadlines->limit_ms = 0;
    if (!uv_is_closing(timer)) uv_close(timer, NULL);
}

void herd_deadline_start_limited(struct herd_deadlines *deadlines, struct herd_deadline *deadline)
{
    uv_timer_t *timer = &deadlines->timer;
    assert(deadlines->limit_ms > 0 && !uv_is_closing((uv_handle_t *)timer));
    deadline->since_ms = uv_now(timer->loop);
    herd_list_remove(&deadline->node);
    herd_list_append(&deadlines->running, &deadline->node);
    if (!uv_is_active((uv_handle_t *)timer)) uv_timer_start(timer, on_timer, deadlines->limit_ms, 0);
}
