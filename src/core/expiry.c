/* SPDX-License-Identifier: MIT */
/*
 * Forgetting what has expired, a slice in each turn.
 *
 * The whole store is passed every few seconds, a part of it each second. It
 * need not be sooner, since an expired record is not found anyway; but not
 * much later, because neighbours compare their digests, and two servers that
 * forget one record ten seconds apart would look as if they disagreed.
 */
#include "local.h"

#include <assert.h>

#include "herd/log.h"

#define SLICE 4096
#define PASS_SECONDS 5

/* For who looks closely: the level is debug. Followers that want to be told have it in their queues. */
static void note_expired(struct herd_core *core, uint32_t count)
{
    struct herd_log_event log;

    assert(count <= SLICE);
    if (count == 0) return;
    core->counts.expired += count;
    core->port.at_end(core->port.owner);
    if (!herd_log_begin(&log, HERD_LOG_DEBUG, "expired")) return;
    herd_log_number(&log, "count", count);
    herd_log_number(&log, "clients", herd_store_count(&core->store));
    herd_log_end(&log);
}

void expiry_begin(struct herd_core *core)
{
    if (core->limits.ttl_s == 0) return;
    core->expiry_left = herd_store_cursor_end(&core->store) / PASS_SECONDS + 1;
    core->port.soon(core->port.owner);
}

bool expiry_step(struct herd_core *core, int64_t now_ns)
{
    struct herd_store *store = &core->store;
    uint32_t before = herd_store_count(store);
    bool more;

    assert(core->expiry_cursor > 0);
    if (core->expiry_left == 0) return false;
    more = herd_store_expire(store, now_ns, SLICE, &core->expiry_cursor);
    note_expired(core, before - herd_store_count(store));
    core->expiry_left = more && core->expiry_left > SLICE ? core->expiry_left - SLICE : 0;
    if (!more) core->expiry_cursor = 1;
    return core->expiry_left > 0;
}
