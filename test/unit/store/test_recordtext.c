/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "herd/random.h"
#include "versions.h"

#define CLIENTS 40

/* Texts of one client, of any bytes and lengths: what the store keeps does not depend on their being valid. */
struct texts {
    char client[HERD_CLIENT_LENGTH_MAX];
    char position[HERD_POSITION_LENGTH_MAX];
    char time[HERD_TIME_LENGTH_MAX];
    char foreign[HERD_NAME_LENGTH_MAX];
    struct herd_version version;
};

static struct texts model[CLIENTS];

static struct herd_text fill(char *out, size_t length, size_t room, struct herd_random *random)
{
    assert_true(length <= room);
    for (size_t i = 0; i < length; i++)
        out[i] = (char)herd_random_next(random);
    return (struct herd_text){out, length};
}

/* Every text in use is the text of one record. */
static void assert_nothing_lost(const struct herd_store *store)
{
    uint32_t live = 0;
    for (size_t class = 0; class < HERD_TEXT_CLASSES; class ++)
        live += store->texts[class].live;
    assert_int_equal(live, herd_store_count(store));
}

static void assert_as_modelled(const struct herd_store *store, const struct texts *texts)
{
    struct herd_version stored;
    uint32_t record = herd_store_find(store, texts->version.report.client);
    assert_int_not_equal(record, 0);
    herd_store_view(store, record, &stored);
    versions_assert_equal(&stored, &texts->version);
}

static void change(struct herd_store *store, struct texts *texts, size_t position, size_t time,
                   struct herd_random *random)
{
    texts->version.report.position = fill(texts->position, position, sizeof(texts->position), random);
    texts->version.report.time = fill(texts->time, time, sizeof(texts->time), random);
    texts->version.report.time_ns++;
    texts->version.origin = texts->version.foreign.length == 0 ? 1 : HERD_NAME_UNKNOWN;
    assert_int_equal(herd_store_report(store, &texts->version), HERD_PUT_NEWER);
    assert_as_modelled(store, texts);
}

/* Longer, shorter, over every boundary of sizes, and back. */
static void one_text_takes_every_length(void **state)
{
    struct herd_store store;
    struct herd_random random;
    struct texts *texts = &model[0];
    herd_random_init(&random, 23);
    versions_store_init(&store, 1, CLIENTS);
    *texts = (struct texts){.version = {.origin = 1}};
    texts->version.report.client = fill(texts->client, 3, sizeof(texts->client), &random);
    for (size_t length = 3; length <= HERD_POSITION_LENGTH_MAX + HERD_TIME_LENGTH_MAX; length++)
        change(&store, texts, length - length / 3, length / 3, &random);
    for (size_t length = HERD_POSITION_LENGTH_MAX + HERD_TIME_LENGTH_MAX; length >= 3; length--)
        change(&store, texts, length - length / 3, length / 3, &random);
    assert_nothing_lost(&store);
    herd_store_finish(&store);
    (void)state;
}

static void the_longest_and_the_shortest_fit(void **state)
{
    struct herd_store store;
    struct herd_random random;
    herd_random_init(&random, 29);
    versions_store_init(&store, 1, CLIENTS);
    model[0] = model[1] = (struct texts){.version = {.origin = 1}};
    model[0].version.report.client = fill(model[0].client, HERD_CLIENT_LENGTH_MAX, sizeof(model[0].client), &random);
    model[1].version.report.client = fill(model[1].client, 1, sizeof(model[1].client), &random);
    for (int round = 0; round < 3; round++) {
        change(&store, &model[0], HERD_POSITION_LENGTH_MAX, HERD_TIME_LENGTH_MAX, &random);
        change(&store, &model[1], 4, 1, &random);
        assert_int_equal(store.texts[(HERD_REPORT_LENGTH_MAX + 7) / 8].live, 1);
        assert_int_equal(store.texts[1].live, 1);
        change(&store, &model[0], 4, 1, &random);
        change(&store, &model[1], HERD_POSITION_LENGTH_MAX, HERD_TIME_LENGTH_MAX, &random);
        assert_as_modelled(&store, &model[0]);
        assert_nothing_lost(&store);
    }
    model[0].version.foreign = fill(model[0].foreign, HERD_NAME_LENGTH_MAX, sizeof(model[0].foreign), &random);
    change(&store, &model[0], HERD_POSITION_LENGTH_MAX, HERD_TIME_LENGTH_MAX, &random);
    assert_int_equal(store.texts[(HERD_REPORT_LENGTH_MAX + HERD_NAME_LENGTH_MAX + 7) / 8].live, 1);
    herd_store_finish(&store);
    (void)state;
}

static void many_texts_of_random_lengths(void **state)
{
    struct herd_store store;
    struct herd_random random;
    herd_random_init(&random, 31);
    versions_store_init(&store, 1, CLIENTS);
    for (size_t i = 0; i < CLIENTS; i++) {
        model[i] = (struct texts){.version = {.origin = 1}};
        model[i].version.report.client = fill(model[i].client, 1 + i * 26, sizeof(model[i].client), &random);
    }
    for (int step = 0; step < 20000; step++) {
        struct texts *texts = &model[herd_random_below(&random, CLIENTS)];
        size_t foreign = step % 3 == 0 ? herd_random_below(&random, HERD_NAME_LENGTH_MAX + 1) : 0;
        texts->version.foreign = fill(texts->foreign, foreign, sizeof(texts->foreign), &random);
        change(&store, texts, 4 + herd_random_below(&random, HERD_POSITION_LENGTH_MAX - 3),
               1 + herd_random_below(&random, HERD_TIME_LENGTH_MAX), &random);
    }
    for (size_t i = 0; i < CLIENTS; i++)
        assert_as_modelled(&store, &model[i]);
    assert_nothing_lost(&store);
    herd_store_finish(&store);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_text_takes_every_length),
        cmocka_unit_test(the_longest_and_the_shortest_fit),
        cmocka_unit_test(many_texts_of_random_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
