/* SPDX-License-Identifier: MIT */
/*
 * Whose slot is whose. A slot that was given back is not walked through then,
 * which could take long: what is linked in its FIFO stays until the next owner
 * drops it, as each owner does before it starts. Where records are forgotten
 * those links keep items from being used again, so there the sweep takes them
 * off as it goes.
 */
#include "local.h"

unsigned herd_store_take_slot(struct herd_store *store, unsigned flags)
{
    unsigned slot;

    assert((flags & ~HERD_SLOT_TOLD_FORGOTTEN) == 0);
    for (slot = 0; slot < store->slot_count; slot++) {
        if (slot_taken(store, slot)) continue;
        assert(((store->active_slots | store->told_forgotten) >> slot & 1) == 0);
        store->taken_slots |= UINT32_C(1) << slot;
        if ((flags & HERD_SLOT_TOLD_FORGOTTEN) != 0) store->told_forgotten |= UINT32_C(1) << slot;
        return slot;
    }
    return HERD_SLOT_NONE;
}

unsigned herd_store_free_slots(const struct herd_store *store)
{
    unsigned free_slots = 0;

    for (unsigned slot = 0; slot < store->slot_count; slot++)
        free_slots += (store->taken_slots >> slot & 1) == 0;
    return free_slots;
}

void herd_store_give_slot(struct herd_store *store, unsigned slot)
{
    uint32_t bit = UINT32_C(1) << slot % HERD_SLOTS_MAX;

    if (slot == HERD_SLOT_NONE) return;
    assert(slot_taken(store, slot));
    if (HERD_MUTANT(SLOT_EMPTIED_AT_ONCE)) store->queues[slot] = (struct herd_queue){0};
    store->taken_slots &= ~bit;
    store->active_slots &= ~bit;
    store->told_forgotten &= ~bit;
}

void slots_sweep(struct herd_store *store, uint32_t slice)
{
    unsigned slot;

    assert(((store->active_slots | store->told_forgotten) & ~store->taken_slots) == 0);
    for (slot = 0; slot < store->slot_count; slot++) {
        if (slot_taken(store, slot) || store->queues[slot].head == 0) continue;
        queue_drop(store, slot, slice);
        return;
    }
}
