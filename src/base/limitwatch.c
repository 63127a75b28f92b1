/* SPDX-License-Identifier: MIT */
#include "herd/limitwatch.h"

#include <assert.h>

static enum herd_limit_news begin(struct herd_limit_watch *watch, int64_t now_ms)
{
    watch->bitten_ms = now_ms;
    if (watch->biting || now_ms < watch->again_ms) return HERD_LIMIT_SAME;
    watch->biting = true;
    watch->again_ms = now_ms + HERD_LIMIT_AGAIN_MS;
    return HERD_LIMIT_BEGAN;
}

enum herd_limit_news herd_limit_look(struct herd_limit_watch *watch, uint64_t count, int64_t now_ms,
                                     uint64_t *ret_bites)
{
    assert(count >= watch->seen);
    bool bites = count != watch->seen;
    watch->seen = count;
    *ret_bites = count - watch->ended;
    if (bites) return begin(watch, now_ms);
    if (!watch->biting || now_ms - watch->bitten_ms < HERD_LIMIT_QUIET_MS) return HERD_LIMIT_SAME;
    watch->biting = false;
    watch->ended = count;
    return HERD_LIMIT_ENDED;
}
