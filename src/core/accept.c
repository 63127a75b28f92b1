/* SPDX-License-Identifier: MIT */
/*
 * Accepting reports. Each is judged where its bringer must be, offered to the
 * store, and answered; what is new goes to the journal with the bytes of its
 * reply. All of a batch are put before the first of them is answered: what they
 * view is not the store's.
 */
#include "local.h"

#include <assert.h>

#include "herd/clock.h"

bool herd_core_judges(const struct herd_core *core)
{
    return core->limits.max_future_s != 0 || core->limits.new_clients_per_second_max != 0;
}

static void make_own(const struct herd_core *core, struct herd_version *ret_version)
{
    ret_version->hash = 0;
    ret_version->origin = core->flood.number;
    ret_version->way_count = 0;
    memset(ret_version->way, HERD_NAME_UNKNOWN, sizeof ret_version->way);
}

void herd_core_batch_init(const struct herd_core *core, struct herd_batch *ret_batch)
{
    unsigned i;

    ret_batch->count = 0;
    for (i = 0; i < HERD_BATCH_MAX; i++)
        make_own(core, &ret_batch->versions[i]);
}

/* -- Limits ------------------------------------------------------------------- */

/* Who brings a run of reports, and when they came. */
struct bringing {
    struct herd_core *core;
    struct herd_core_grant *grant;
    int64_t now_ns;
};

static bool too_far_ahead(const struct bringing *bringing, const struct herd_report *report)
{
    uint32_t limit_s = bringing->core->limits.max_future_s;

    return limit_s != 0 && report->time_ns - bringing->now_ns > (int64_t)limit_s * HERD_NS_PER_S;
}

/* So many new clients a second may be brought; what is known already costs nothing. */
static bool too_many_new(const struct bringing *bringing, struct herd_text client)
{
    uint32_t limit = bringing->core->limits.new_clients_per_second_max;
    struct herd_core_grant *grant = bringing->grant;
    int64_t second = bringing->now_ns / HERD_NS_PER_S;

    if (limit == 0 || herd_store_find(&bringing->core->store, client) != 0) return false;
    if (grant->new_clients_second != second) grant->new_clients = 0;
    grant->new_clients_second = second;
    return grant->new_clients++ >= limit;
}

/* The limits that refuse a well-formed report; each is counted. */
static bool refuses(void *owner, const struct herd_version *version)
{
    struct bringing *bringing = owner;
    struct herd_core_counts *counts = &bringing->core->counts;

    if (too_far_ahead(bringing, &version->report)) {
        counts->refused_future++;
        return true;
    }
    if (too_many_new(bringing, version->report.client)) {
        counts->refused_new++;
        return true;
    }
    return false;
}

/* -- Replies ------------------------------------------------------------------ */

/* True where it was taken. */
static inline bool answer(struct herd_core *core, const struct herd_batch *batch, unsigned i, struct herd_buffer *out)
{
    const struct herd_version *version = &batch->versions[i];
    enum herd_put put = batch->puts[i];
    struct herd_text reply;

    if (put == HERD_PUT_FULL || put == HERD_PUT_REFUSED) {
        if (put == HERD_PUT_FULL) core->counts.refused_clients++;
        herd_reply_append_invalid(out, batch->texts[i]);
        return false;
    }
    reply = herd_reply_append_at_line(out, &core->at_start, version->difference_ns, &version->report);
    if (put == HERD_PUT_NEWER)
        herd_journal_append_line(core->journal, reply);
    else if (put == HERD_PUT_OLDER)
        core->counts.stale++;
    return true;
}

unsigned herd_core_accept(struct herd_core *core, struct herd_batch *batch, unsigned first, unsigned end,
                          struct herd_core_grant *grant, int64_t now_ns, struct herd_buffer *out)
{
    struct bringing bringing = {core, grant, now_ns};
    struct herd_batch_source source = {.now_ns = now_ns, .owner = &bringing};
    uint64_t seq = herd_store_seq(&core->store);
    unsigned taken = 0;
    unsigned i;

    assert(first < end && end <= batch->count);
    assert(batch->versions[first].origin == core->flood.number);
    assert(grant->judged || !herd_core_judges(core));
    if (grant->judged) source.refuses = refuses;
    herd_batch_put(batch, &core->store, first, end, &source);
    for (i = first; i < end; i++)
        taken += answer(core, batch, i, out);
    assert(core->counts.stale <= core->counts.iamat + taken);
    core->counts.iamat += taken;
    if (herd_store_seq(&core->store) == seq) return taken;
    core->skew_ns = batch->versions[end - 1].difference_ns;
    core->skew_known = true;
    core->port.at_end(core->port.owner);
    return taken;
}
