/* SPDX-License-Identifier: MIT */
/*
 * Forgetting what has expired, a slice in each turn of the loop.
 *
 * The whole store is passed every few seconds, a part of it each second. It
 * need not be sooner, since an expired record is not found anyway; but not
 * much later, because neighbours compare their digests, and two servers that
 * forget one record ten seconds apart would look as if they disagreed.
 */
#include "local.h"

#include "herd/clock.h"
#include "herd/log.h"

#define SLICE 4096
#define PASS_SECONDS 5

/* For who looks closely: the level is debug. */
static void log_expired(const struct herd_store *store, uint32_t count)
{
    struct herd_log_event log;

    if (count == 0 || !herd_log_begin(&log, HERD_LOG_DEBUG, "expired")) return;
    herd_log_number(&log, "count", count);
    herd_log_number(&log, "clients", herd_store_count(store));
    herd_log_end(&log);
}

static void sweep_slice(struct herd_task *task)
{
    struct expiry *expiry = HERD_CONTAINER(task, struct expiry, task);
    struct herd_store *store = &expiry->server->store;
    uint32_t before = herd_store_count(store);
    bool more = herd_store_expire(store, herd_clock_wall_ns(), SLICE, &expiry->cursor);

    expiry->expired += before - herd_store_count(store);
    log_expired(store, before - herd_store_count(store));
    expiry->left = expiry->left > SLICE ? expiry->left - SLICE : 0;
    if (!more) expiry->cursor = 1;
    if (more && expiry->left > 0) herd_loop_soon(&expiry->server->loop, task);
}

void expiry_init(struct expiry *expiry, struct server *server)
{
    *expiry = (struct expiry){.server = server, .cursor = 1};
    herd_task_init(&expiry->task, sweep_slice);
    server->store.ttl_ns = (int64_t)server->config->protocol.ttl_s * HERD_NS_PER_S;
}

void expiry_sweep(struct expiry *expiry)
{
    const struct herd_store *store = &expiry->server->store;

    if (store->ttl_ns == 0 || expiry->server->state != SERVER_RUNNING) return;
    expiry->left = store->records.next / PASS_SECONDS + 1;
    herd_loop_soon(&expiry->server->loop, &expiry->task);
}

void expiry_stop(struct expiry *expiry)
{
    herd_task_cancel(&expiry->task);
}
