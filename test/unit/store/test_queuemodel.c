/* SPDX-License-Identifier: MIT */
/*
 * The FIFOs against a naive model of arrays, with random operations, while
 * slots change their owners: after each the lengths are equal, and what is
 * popped is what the model says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "herd/random.h"
#include "versions.h"

#define SLOTS 4
#define CLIENTS 30
#define STEPS 200000

struct line {
    unsigned entries[CLIENTS];
    unsigned length;
    bool wanted[CLIENTS + 1]; /* by record */
    bool owned;
    bool active;
    uint32_t cursor; /* of its scan; 0: ended */
    uint64_t mark;
};

struct model {
    struct herd_store store;
    struct herd_random random;
    unsigned records[CLIENTS]; /* of each client, 0: not known */
    unsigned count;
    unsigned seconds[CLIENTS + 1]; /* by record */
    uint64_t seqs[CLIENTS + 1];
    uint64_t seq;
    struct line lines[SLOTS];
};

static unsigned draw(struct model *model, unsigned bound)
{
    return (unsigned)herd_random_below(&model->random, bound);
}

static bool is_linked(const struct line *line, unsigned record)
{
    for (unsigned i = 0; i < line->length; i++)
        if (line->entries[i] == record) return true;
    return false;
}

static void push(struct line *line, unsigned record)
{
    if (!is_linked(line, record)) line->entries[line->length++] = record;
    line->wanted[record] = true;
}

static unsigned take(struct line *line)
{
    unsigned record = line->entries[0];
    unsigned sent = line->wanted[record] ? record : 0;
    line->length--;
    for (unsigned i = 0; i < line->length; i++)
        line->entries[i] = line->entries[i + 1];
    line->wanted[record] = false;
    return sent;
}

static enum herd_put offer(struct model *model, unsigned client, unsigned seconds, unsigned from)
{
    char name[24];
    char text[24];
    snprintf(name, sizeof(name), "%u", client);
    struct herd_version version = versions_at(herd_text_of(name), seconds, 1, text);
    return herd_store_learn(&model->store, &version, from);
}

static void try_change(struct model *model)
{
    unsigned client = draw(model, CLIENTS);
    unsigned from = draw(model, SLOTS + 1) == SLOTS ? HERD_SLOT_NONE : draw(model, SLOTS);
    if (from != HERD_SLOT_NONE && !model->lines[from].owned) from = HERD_SLOT_NONE;
    unsigned record = model->records[client];
    if (record == 0) record = model->records[client] = ++model->count;
    assert_int_equal(offer(model, client, ++model->seconds[record], from), HERD_PUT_NEWER);
    model->seqs[record] = ++model->seq;
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        if (slot == from)
            model->lines[slot].wanted[record] = false;
        else if (model->lines[slot].active)
            push(&model->lines[slot], record);
    }
}

/* The stored version again, or one before it, from a slot. */
static void try_echo(struct model *model)
{
    unsigned client = draw(model, CLIENTS);
    unsigned record = model->records[client];
    unsigned from = draw(model, SLOTS);
    unsigned age = draw(model, 2);
    if (record == 0 || !model->lines[from].owned) return;
    assert_int_equal(offer(model, client, model->seconds[record] - age, from),
                     age == 0 ? HERD_PUT_SAME : HERD_PUT_OLDER);
    if (age == 0) model->lines[from].wanted[record] = false;
}

static void try_pop(struct model *model)
{
    unsigned slot = draw(model, SLOTS);
    struct line *line = &model->lines[slot];
    uint32_t record = 77;
    if (!line->owned) return;
    bool popped = herd_store_pop(&model->store, slot, &record);
    assert_int_equal(popped, line->length > 0);
    if (popped) assert_int_equal(record, take(line));
}

static void try_drop(struct model *model)
{
    unsigned slot = draw(model, SLOTS);
    unsigned slice = 1 + draw(model, 5);
    struct line *line = &model->lines[slot];
    if (!line->owned || line->active) return;
    bool more = herd_store_drop(&model->store, slot, slice);
    for (unsigned i = 0; i < slice && line->length > 0; i++)
        take(line);
    assert_int_equal(more, line->length > 0);
}

static void try_switch(struct model *model)
{
    unsigned slot = draw(model, SLOTS);
    struct line *line = &model->lines[slot];
    if (line->active) {
        herd_store_deactivate(&model->store, slot);
        line->active = false;
    } else if (line->owned && line->length == 0) {
        herd_store_activate(&model->store, slot);
        line->active = true;
        line->cursor = 1;
        line->mark = herd_random_below(&model->random, model->seq + 1);
    }
}

/* Whoever comes is given the first slot that is free, with what its owner before has left there. */
static void try_own(struct model *model)
{
    unsigned slot = draw(model, SLOTS);
    if (model->lines[slot].owned) {
        herd_store_give_slot(&model->store, slot);
        model->lines[slot].owned = model->lines[slot].active = false;
        return;
    }
    for (slot = 0; model->lines[slot].owned; slot++)
        continue;
    assert_int_equal(herd_store_take_slot(&model->store, 0), slot);
    model->lines[slot].owned = true;
}

static void try_scan(struct model *model)
{
    unsigned slot = draw(model, SLOTS);
    unsigned slice = 1 + draw(model, 8);
    struct line *line = &model->lines[slot];
    uint32_t cursor = line->cursor;
    if (!line->active || cursor == 0) return;
    bool more = herd_store_scan(&model->store, slot, line->mark, slice, &line->cursor);
    for (; slice > 0 && cursor <= model->count; slice--, cursor++)
        if (model->seqs[cursor] > line->mark) push(line, cursor);
    assert_int_equal(line->cursor, cursor);
    assert_int_equal(more, cursor <= model->count);
    if (!more) line->cursor = 0;
}

static void agrees_with_naive_model(void **state)
{
    static void (*const operations[])(struct model *) = {try_change, try_change, try_echo, try_echo, try_pop,
                                                         try_pop,    try_drop,   try_scan, try_scan};
    struct model *model = calloc(1, sizeof(*model));
    assert_non_null(model);
    versions_store_init(&model->store, SLOTS, CLIENTS);
    herd_random_init(&model->random, 41);
    for (unsigned slot = 0; slot < SLOTS; slot++)
        model->lines[slot].owned = true;
    for (int step = 0; step < STEPS; step++) {
        unsigned choice = draw(model, 100);
        if (choice < 1)
            try_own(model);
        else if (choice < 4)
            try_switch(model);
        else
            operations[choice % (sizeof(operations) / sizeof(operations[0]))](model);
        for (unsigned slot = 0; slot < SLOTS; slot++)
            assert_int_equal(herd_store_queued(&model->store, slot), model->lines[slot].length);
        assert_true(model->store.seq == model->seq);
    }
    assert_int_equal(model->count, CLIENTS);
    herd_store_finish(&model->store);
    free(model);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_naive_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
