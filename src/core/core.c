/* SPDX-License-Identifier: MIT */
#include "local.h"

#include <assert.h>

#include "herd/clock.h"

static void number_names(struct herd_core *core, const struct herd_core_options *options)
{
    unsigned i;

    assert(options->name_count <= HERD_NAMES_MAX);
    for (i = 0; i < options->name_count; i++)
        herd_store_name(&core->store, options->names[i]);
}

void herd_core_init(struct herd_core *core, const struct herd_core_options *options)
{
    assert(options->incarnation != 0 && options->slot_count > 0);
    memset(core, 0, sizeof *core);
    core->port = options->port;
    herd_at_start_make(options->name, &core->at_start);
    herd_store_init(&core->store, &options->hash_key, options->slot_count, options->limits.clients_max);
    number_names(core, options); /* before any name comes from elsewhere: the journal, neighbours */
    herd_flood_init(&core->flood, &core->store, options->herd, options->name, options->incarnation, options->seed);
    assert(core->flood.number != HERD_NAME_UNKNOWN); /* its own name is among them */
    core->journal_slot = HERD_SLOT_NONE;
    core->expiry_cursor = 1;
    durable_init(core);
    herd_core_configure(core, &options->limits);
}

void herd_core_finish(struct herd_core *core)
{
    assert(core->journal == NULL);
    assert(herd_list_empty(&core->waiting) && herd_list_empty(&core->fresh));
    herd_flood_finish(&core->flood);
    herd_store_finish(&core->store);
}

void herd_core_name(struct herd_core *core, struct herd_text name)
{
    herd_store_name(&core->store, name);
}

void herd_core_configure(struct herd_core *core, const struct herd_core_limits *limits)
{
    _Static_assert(UINT32_MAX <= INT64_MAX / HERD_NS_PER_S, "ttl_ns holds ttl_s");
    core->limits = *limits;
    herd_store_configure(&core->store, limits->clients_max, (int64_t)limits->ttl_s * HERD_NS_PER_S);
}

void herd_core_tick(struct herd_core *core, const struct herd_now *now)
{
    expiry_begin(core);
    journal_tick(core, now);
}

void herd_core_step(struct herd_core *core, int64_t now_ns)
{
    bool more = expiry_step(core, now_ns);

    assert(core->rewrite_cursor == 0 || core->journal != NULL);
    if (journal_step(core) || more) core->port.soon(core->port.owner);
}
