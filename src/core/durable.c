/* SPDX-License-Identifier: MIT */
/* Who waits until something is on the disk. Positions only grow, so who has waited longest is first. */
#include "local.h"

#include <assert.h>

void durable_init(struct herd_core *core)
{
    herd_list_init(&core->fresh);
    herd_list_init(&core->waiting);
}

void herd_core_wait_init(struct herd_core_wait *wait, void (*on_durable)(struct herd_core_wait *wait))
{
    herd_list_init(&wait->node);
    wait->position = 0;
    wait->on_durable = on_durable;
}

void herd_core_wait_synced(struct herd_core *core, struct herd_core_wait *wait)
{
    assert(wait->on_durable != NULL && core->journal != NULL && core->synced);
    herd_core_wait_leave(wait); /* for what came before, which this is behind */
    herd_list_append(&core->fresh, &wait->node);
    core->port.at_end(core->port.owner);
}

void herd_core_wait_leave(struct herd_core_wait *wait)
{
    assert(wait->position == 0 || !herd_list_empty(&wait->node));
    herd_list_remove(&wait->node);
    wait->position = 0;
}

static struct herd_core_wait *first_of(const struct herd_list_node *list)
{
    return HERD_CONTAINER(list->next, struct herd_core_wait, node);
}

static struct herd_core_wait *last_of(const struct herd_list_node *list)
{
    return HERD_CONTAINER(list->previous, struct herd_core_wait, node);
}

void durable_set_positions(struct herd_core *core)
{
    while (!herd_list_empty(&core->fresh)) {
        struct herd_core_wait *wait = first_of(&core->fresh);
        assert(wait->position == 0);
        herd_list_remove(&wait->node);
        wait->position = herd_journal_position(core->journal);
        assert(herd_list_empty(&core->waiting) || last_of(&core->waiting)->position <= wait->position);
        herd_list_append(&core->waiting, &wait->node);
    }
}

void durable_tell(struct herd_core *core)
{
    uint64_t durable;

    if (herd_list_empty(&core->waiting)) return;
    if (core->journal == NULL) return; /* closed meanwhile: nothing becomes durable any more */
    durable = herd_journal_durable(core->journal);
    while (!herd_list_empty(&core->waiting)) {
        struct herd_core_wait *wait = first_of(&core->waiting);
        if (wait->position > durable) return;
        herd_core_wait_leave(wait);
        wait->on_durable(wait);
    }
}
