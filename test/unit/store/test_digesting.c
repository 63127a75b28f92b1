/* SPDX-License-Identifier: MIT */
/* The digest is kept lazily: whatever changed, was forgotten or came meanwhile, it is the sum over the records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "herd/random.h"
#include "versions.h"

#define CLIENTS (3 * HERD_UNSUMMED_MAX)
#define SECOND INT64_C(1000000000)

struct model {
    struct herd_store store;
    uint32_t seconds[CLIENTS]; /* of each client's report; 0: none */
};

static void report(struct model *model, uint32_t client, uint32_t seconds)
{
    char name[16], time[16];
    snprintf(name, sizeof(name), "c%u", client);
    snprintf(time, sizeof(time), "%u", seconds);
    struct herd_version version = versions_make(herd_text_of(name), "+1+1", time, 1);
    if (client % 2 == 0) herd_store_look_ahead(&model->store, &version, 1);
    enum herd_put put = herd_store_report(&model->store, &version);
    assert_int_equal(put == HERD_PUT_NEWER, seconds > model->seconds[client]);
    if (put == HERD_PUT_NEWER) model->seconds[client] = seconds;
}

static void assert_digest(struct model *model)
{
    struct herd_digest sum = {0, 0};
    struct herd_digest key = model->store.digest_key;
    uint64_t origin = herd_digest_hash(key, 0, 0, HERD_TEXT("A")).low;
    for (uint32_t client = 0; client < CLIENTS; client++) {
        char text[64];
        if (model->seconds[client] == 0) continue;
        int length = snprintf(text, sizeof(text), "c%u +1+1 %u", client, model->seconds[client]);
        herd_digest_add(&sum, herd_digest_hash(key, (uint64_t)(model->seconds[client] * SECOND), origin,
                                               (struct herd_text){text, (size_t)length}));
    }
    const struct herd_digest *digest = herd_store_digest(&model->store);
    assert_true(digest->low == sum.low && digest->high == sum.high);
}

static struct model *create(void)
{
    struct model *model = calloc(1, sizeof(*model));
    assert_non_null(model);
    versions_store_init(&model->store, 1, CLIENTS);
    return model;
}

static void destroy(struct model *model)
{
    herd_store_finish(&model->store);
    free(model);
}

/* One more than the ring holds, many more, and the same few over and over. */
static void more_changes_than_the_ring_holds(void **state)
{
    struct model *model = create();
    (void)state;
    for (uint32_t client = 0; client < CLIENTS; client++)
        report(model, client, 100);
    assert_digest(model);
    for (uint32_t client = 0; client <= HERD_UNSUMMED_MAX; client++)
        report(model, client, 101);
    assert_digest(model);
    assert_digest(model);
    for (uint32_t round = 0; round < 1000; round++)
        report(model, round % 3, 102 + round);
    assert_digest(model);
    destroy(model);
}

static void changes_at_random(void **state)
{
    struct model *model = create();
    struct herd_random random;
    (void)state;
    herd_random_init(&random, 59);
    for (uint32_t step = 0; step < 4 * CLIENTS; step++) {
        uint32_t range = step % 2 == 0 ? CLIENTS : 100;
        report(model, (uint32_t)herd_random_below(&random, range), 1 + (uint32_t)herd_random_below(&random, 1000));
        if (herd_random_below(&random, CLIENTS / 8) == 0) assert_digest(model);
    }
    assert_digest(model);
    destroy(model);
}

/* Records that were forgotten while they were unsummed, and whose place others have taken. */
static void forgotten_while_changing(void **state)
{
    struct model *model = create();
    (void)state;
    model->store.ttl_ns = 50 * SECOND;
    for (uint32_t now = 100; now < 1000; now += 30) {
        for (uint32_t client = 0; client < 4000; client++)
            report(model, (client * 7 + now * 11) % CLIENTS, now);
        for (uint32_t cursor = 1; herd_store_expire(&model->store, now * SECOND, 500, &cursor);)
            ;
        for (uint32_t client = 0; client < CLIENTS; client++)
            if (model->seconds[client] + 50 < now) model->seconds[client] = 0;
        if (now % 400 == 0) assert_digest(model);
    }
    assert_digest(model);
    destroy(model);
}

/* Nothing but records without text is in the ring when it is full. */
static void a_ring_full_of_what_was_forgotten(void **state)
{
    struct model *model = create();
    uint32_t cursor = 1;
    (void)state;
    model->store.ttl_ns = 50 * SECOND;
    for (uint32_t client = 0; client < HERD_UNSUMMED_MAX; client++)
        report(model, client, 100);
    assert_digest(model);
    while (herd_store_expire(&model->store, 200 * SECOND, 1000, &cursor))
        ;
    memset(model->seconds, 0, sizeof(model->seconds));
    assert_int_equal(herd_store_count(&model->store), 0);
    for (uint32_t client = 0; client < 10; client++)
        report(model, client, 200);
    assert_digest(model);
    destroy(model);
}

/* One server's configuration names the origin, another's does not: what they hold is the same. */
static void an_origin_counts_by_its_name(void **state)
{
    struct model *known = create();
    struct model *foreign = create();
    struct herd_version version = versions_make(HERD_TEXT("kiwi"), "+1+1", "5", 0);
    struct herd_digest empty = *herd_store_digest(&foreign->store);
    (void)state;
    version.foreign = HERD_TEXT("D");
    assert_int_equal(herd_store_learn(&foreign->store, &version, HERD_SLOT_NONE), HERD_PUT_NEWER);
    version.origin = herd_names_add(&known->store.names, HERD_TEXT("D"));
    assert_int_equal(herd_store_learn(&known->store, &version, HERD_SLOT_NONE), HERD_PUT_NEWER);
    assert_memory_equal(herd_store_digest(&foreign->store), herd_store_digest(&known->store), sizeof(empty));
    foreign->store.ttl_ns = SECOND;
    assert_int_equal(herd_store_find_live(&foreign->store, HERD_TEXT("kiwi"), 7 * SECOND), 0);
    assert_memory_equal(herd_store_digest(&foreign->store), &empty, sizeof(empty));
    destroy(known);
    destroy(foreign);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_changes_than_the_ring_holds), cmocka_unit_test(changes_at_random),
        cmocka_unit_test(forgotten_while_changing),         cmocka_unit_test(a_ring_full_of_what_was_forgotten),
        cmocka_unit_test(an_origin_counts_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
