/* SPDX-License-Identifier: MIT */
/*
 * Expiry against a naive model with random operations: the model keeps every
 * version in an array and every FIFO as a list of lives (a client that expired
 * and came back is another life), and computes digest, count and what memory
 * must be in use anew each time. Slots change their owners, of whom some are
 * told of what was forgotten.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "herd/clock.h"
#include "herd/random.h"
#include "versions.h"

#define SLOTS 3
#define CLIENTS 20
#define STEPS 60000
#define TTL_SECONDS 50
#define LINE_MAX 4096

struct life {
    unsigned client;
    unsigned seconds;
    int64_t difference_ns;
    uint32_t record;
    bool over;
    bool gone; /* in try_sweep: to be over */
    bool wanted[SLOTS];
};

struct line {
    struct life *entries[LINE_MAX];
    unsigned length;
    bool owned;
    bool active;
    bool told; /* of forgotten records */
};

struct model {
    struct herd_store store;
    struct herd_random random;
    struct life lives[STEPS];
    unsigned life_count;
    struct life *present[CLIENTS];
    unsigned told;              /* of them, so many times somebody was */
    const struct life *parting; /* a forgotten one that was popped last */
    struct line lines[SLOTS];
    unsigned now; /* seconds */
    uint32_t cursor;
};

static unsigned draw(struct model *model, unsigned bound)
{
    return (unsigned)herd_random_below(&model->random, bound);
}

static struct herd_version version_of(const struct life *life, char name[24], char text[24])
{
    struct herd_version version;

    snprintf(name, 24, "%u", life->client);
    version = versions_at(herd_text_of(name), life->seconds, 1, text);
    version.difference_ns = life->difference_ns;
    return version;
}

static bool is_over(const struct model *model, const struct life *life)
{
    return (int64_t)life->seconds * HERD_NS_PER_S + life->difference_ns <
           ((int64_t)model->now - TTL_SECONDS) * HERD_NS_PER_S;
}

static bool is_linked(const struct line *line, const struct life *life)
{
    for (unsigned i = 0; i < line->length; i++)
        if (line->entries[i] == life) return true;
    return false;
}

static void push(struct model *model, unsigned slot, struct life *life)
{
    struct line *line = &model->lines[slot];

    life->wanted[slot] = true;
    if (is_linked(line, life)) return;
    assert_true(line->length < LINE_MAX);
    line->entries[line->length++] = life;
}

static struct life *take(struct model *model, unsigned slot, bool *ret_wanted)
{
    struct line *line = &model->lines[slot];
    struct life *life = line->entries[0];

    line->length--;
    for (unsigned i = 0; i < line->length; i++)
        line->entries[i] = line->entries[i + 1];
    *ret_wanted = life->wanted[slot];
    life->wanted[slot] = false;
    return life;
}

static void drop(struct model *model, unsigned slot, unsigned slice)
{
    bool ignored;

    while (slice-- > 0 && model->lines[slot].length > 0)
        take(model, slot, &ignored);
}

static void end_life(struct model *model, unsigned client)
{
    struct life *life = model->present[client];

    life->over = true;
    model->present[client] = NULL;
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        life->wanted[slot] = false;
        if (model->lines[slot].active && model->lines[slot].told) push(model, slot, life);
    }
}

static void try_change(struct model *model)
{
    unsigned client = draw(model, CLIENTS);
    struct life *life = model->present[client];
    char name[24];
    char text[24];
    struct herd_version version;

    if (life == NULL) {
        life = &model->lives[model->life_count++];
        life->client = client;
        life->seconds = model->now;
    } else {
        life->seconds += 1;
    }
    life->difference_ns = (int64_t)draw(model, 20) * HERD_NS_PER_S;
    version = version_of(life, name, text);
    assert_int_equal(herd_store_learn(&model->store, &version, HERD_SLOT_NONE), HERD_PUT_NEWER);
    model->present[client] = life;
    life->record = herd_store_find(&model->store, herd_text_of(name));
    for (unsigned slot = 0; slot < SLOTS; slot++)
        if (model->lines[slot].active) push(model, slot, life);
}

static void try_pop(struct model *model)
{
    unsigned slot = draw(model, SLOTS);
    uint32_t record = 77;
    const struct life *life;
    bool wanted;
    char name[24];
    char text[24];
    struct herd_version stored;
    struct herd_version expected;

    if (!model->lines[slot].owned) return;
    assert_int_equal(herd_store_pop(&model->store, slot, &record), model->lines[slot].length > 0);
    if (model->lines[slot].length == 0) {
        model->parting = NULL;
        return;
    }
    life = take(model, slot, &wanted);
    assert_int_equal(record != 0, wanted);
    if (record == 0) return;
    assert_int_equal(herd_store_forgotten(&model->store, record), life->over);
    if (life->over) {
        model->parting = life;
        model->told++;
    }
    herd_store_view(&model->store, record, &stored);
    expected = version_of(life, name, text);
    versions_assert_equal(&stored, &expected);
}

/* In the order of their records, as the sweep comes by them. */
static void end_gone(struct model *model)
{
    for (uint32_t record = 1; record < model->store.records.next; record++)
        for (unsigned client = 0; client < CLIENTS; client++) {
            const struct life *life = model->present[client];
            if (life != NULL && life->gone && life->record == record) end_life(model, client);
        }
}

/* Any slice: only who is over may go, and all of them are gone when the pass has come to its end. */
static void try_sweep(struct model *model)
{
    int64_t now_ns = (int64_t)model->now * HERD_NS_PER_S;
    bool whole = draw(model, 4) == 0;
    uint32_t slice = whole ? UINT32_MAX : 1 + draw(model, 9);
    char name[24];

    if (whole) model->cursor = 1;
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        if (model->lines[slot].owned || model->lines[slot].length == 0) continue;
        drop(model, slot, slice);
        break;
    }
    if (!herd_store_expire(&model->store, now_ns, slice, &model->cursor)) model->cursor = 1;
    for (unsigned client = 0; client < CLIENTS; client++) {
        if (model->present[client] == NULL) continue;
        snprintf(name, sizeof name, "%u", client);
        bool found = herd_store_find(&model->store, herd_text_of(name)) != 0;
        if (!found) assert_true(is_over(model, model->present[client]));
        if (whole) assert_int_equal(found, !is_over(model, model->present[client]));
        model->present[client]->gone = !found;
    }
    end_gone(model);
}

static void try_look(struct model *model)
{
    unsigned client = draw(model, CLIENTS);
    char name[24];
    uint32_t record;

    snprintf(name, sizeof name, "%u", client);
    record = herd_store_find_live(&model->store, herd_text_of(name), (int64_t)model->now * HERD_NS_PER_S);
    if (model->present[client] != NULL && is_over(model, model->present[client])) end_life(model, client);
    assert_int_equal(record != 0, model->present[client] != NULL);
}

/* An owner leaves, or one comes, who first drops what is there. */
static void try_own(struct model *model)
{
    unsigned slot = draw(model, SLOTS);
    struct line *line = &model->lines[slot];

    if (draw(model, 10) != 0) return;
    if (line->owned) {
        herd_store_give_slot(&model->store, slot);
        line->owned = line->active = false;
        return;
    }
    for (slot = 0; model->lines[slot].owned; slot++)
        continue;
    line = &model->lines[slot];
    line->owned = true;
    line->told = draw(model, 2) == 0;
    assert_int_equal(herd_store_take_slot(&model->store, line->told ? HERD_SLOT_TOLD_FORGOTTEN : 0), slot);
}

static void try_start(struct model *model)
{
    unsigned slot = draw(model, SLOTS);
    unsigned slice = 1 + draw(model, 30);
    struct line *line = &model->lines[slot];

    if (!line->owned || line->active) return;
    drop(model, slot, slice);
    assert_int_equal(herd_store_drop(&model->store, slot, slice), line->length > 0);
    if (line->length > 0) return;
    herd_store_activate(&model->store, slot);
    line->active = true;
}

static void try_stop(struct model *model)
{
    unsigned slot = draw(model, SLOTS);

    if (!model->lines[slot].active || draw(model, 10) != 0) return;
    herd_store_deactivate(&model->store, slot);
    model->lines[slot].active = false;
}

/* Whether a life that is over still has its record, and its text. */
static bool keeps(const struct model *model, const struct life *life, bool *ret_text)
{
    bool linked = life == model->parting;

    *ret_text = life == model->parting;
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        linked = linked || is_linked(&model->lines[slot], life);
        *ret_text = *ret_text || life->wanted[slot];
    }
    return linked;
}

static void assert_memory(const struct model *model)
{
    const struct herd_store *store = &model->store;
    uint32_t records = 0;
    uint32_t texts = 0;

    for (unsigned i = 0; i < model->life_count; i++) {
        const struct life *life = &model->lives[i];
        bool text;
        if (!life->over || keeps(model, life, &text)) records++;
        if (!life->over || text) texts++;
    }
    assert_int_equal(store->records.live, records);
    for (size_t i = 0; i < HERD_TEXT_CLASSES; i++)
        texts -= store->texts[i].live;
    assert_int_equal(texts, 0);
}

static void try_wait(struct model *model)
{
    model->now += draw(model, 5);
}

static void assert_sums(struct model *model)
{
    struct herd_digest sum = {0, 0};
    unsigned count = 0;

    for (unsigned client = 0; client < CLIENTS; client++) {
        char name[24];
        char text[24];
        char joined[HERD_REPORT_LENGTH_MAX];
        struct herd_digest key = model->store.digest_key;
        struct herd_digest origin = herd_digest_hash(key, 0, 0, HERD_TEXT("A"));
        if (model->present[client] == NULL) continue;
        struct herd_version version = version_of(model->present[client], name, text);
        size_t length = (size_t)(herd_report_write(&version.report, joined) - joined);
        int64_t received_ns = version.report.time_ns + version.difference_ns;
        herd_digest_add(&sum,
                        herd_digest_hash(key, (uint64_t)received_ns, origin.low, (struct herd_text){joined, length}));
        count++;
    }
    assert_int_equal(herd_store_count(&model->store), count);
    const struct herd_digest *digest = herd_store_digest(&model->store);
    assert_true(sum.low == digest->low && sum.high == digest->high);
}

static void agrees_with_naive_model(void **state)
{
    static void (*const operations[])(struct model *) = {try_change, try_change, try_change, try_pop,
                                                         try_pop,    try_pop,    try_sweep,  try_look,
                                                         try_wait,   try_own,    try_start,  try_stop};
    struct model *model = calloc(1, sizeof(*model));
    assert_non_null(model);
    versions_store_init(&model->store, SLOTS, CLIENTS);
    model->store.ttl_ns = TTL_SECONDS * HERD_NS_PER_S;
    model->cursor = 1;
    model->now = 1000;
    for (unsigned slot = 0; slot < SLOTS; slot++)
        model->lines[slot].owned = true;
    herd_random_init(&model->random, 43);
    for (int step = 0; step < STEPS; step++) {
        operations[draw(model, sizeof(operations) / sizeof(operations[0]))](model);
        for (unsigned slot = 0; slot < SLOTS; slot++)
            assert_int_equal(herd_store_queued(&model->store, slot), model->lines[slot].length);
        assert_sums(model);
        if (step % 64 == 0) assert_memory(model);
    }
    assert_true(model->life_count > 100 * CLIENTS); /* all of them came and went many times */
    assert_true(model->told > 500);
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
