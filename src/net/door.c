/* SPDX-License-Identifier: MIT */
#include "herd/door.h"

#include <assert.h>
#include <string.h>

#include "herd/memory.h"

void herd_door_init(struct herd_door *door, struct herd_loop *loop)
{
    memset(door, 0, sizeof *door);
    door->loop = loop;
    herd_admit_init(&door->admit, &(struct herd_admit_limits){0});
}

void herd_door_finish(struct herd_door *door)
{
    assert(door->listener == NULL);
    if (door->loop != NULL) herd_admit_finish(&door->admit);
}

static void on_closed(struct herd_listener *listener, void *owner)
{
    (void)owner;
    herd_memory_free(listener);
}

int herd_door_prepare(struct herd_door *door, const struct herd_listener_options *options,
                      struct herd_listener **ret_listener)
{
    struct herd_listener *listener = herd_memory_allocate(sizeof *listener);
    struct herd_listener_options all = *options;
    int error;

    all.admit = &door->admit;
    all.on_closed = on_closed;
    error = herd_listener_open(listener, door->loop, &all);
    if (error == 0)
        *ret_listener = listener;
    else
        herd_memory_free(listener);
    return error;
}

void herd_door_begin(struct herd_door *door, struct herd_listener *listener)
{
    assert(listener->options.admit == &door->admit && listener != door->listener);
    if (door->listener != NULL) herd_listener_empty(door->listener); /* they came while it listened */
    herd_door_close(door);
    door->listener = listener;
    herd_listener_start(listener);
}

void herd_door_abandon(struct herd_listener *listener)
{
    if (listener != NULL) herd_listener_close(listener);
}

void herd_door_close(struct herd_door *door)
{
    if (door->listener == NULL) return;
    herd_door_counts(door, &door->past);
    herd_listener_close(door->listener);
    door->listener = NULL;
}

void herd_door_counts(const struct herd_door *door, struct herd_listener_counts *ret_counts)
{
    struct herd_listener_counts sum = door->past;

    if (door->listener != NULL) {
        const struct herd_listener_counts *now = &door->listener->counts;
        sum.accepted += now->accepted;
        sum.failures += now->failures;
        sum.relistens += now->relistens;
        sum.full_turns += now->full_turns;
    }
    *ret_counts = sum;
}
