/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "versions.h"

#define MANY 200000

static int setup(void **state)
{
    struct herd_store *store = calloc(1, sizeof(*store));
    if (store == NULL) return -1;
    versions_store_init(store, 2, 1000);
    *state = store;
    return 0;
}

static int teardown(void **state)
{
    herd_store_finish(*state);
    free(*state);
    return 0;
}

static void an_empty_store_knows_nobody(void **state)
{
    struct herd_store *store = *state;
    assert_int_equal(herd_store_count(store), 0);
    assert_int_equal(herd_store_find(store, HERD_TEXT("kiwi")), 0);
    herd_store_finish(NULL);
}

struct offer {
    bool learnt;
    const char *position;
    const char *time;
    int64_t difference_ns;
    uint8_t origin;
    enum herd_put put;
};

/* In order, of one client: what each does to what those before it left. */
static const struct offer offers[] = {
    {false, "+1+1", "100", 5, 1, HERD_PUT_NEWER},
    {false, "+1+1", "100", 5, 1, HERD_PUT_SAME},
    {false, "+1+1", "100", 9, 1, HERD_PUT_SAME}, /* a repeated line, received later */
    {false, "+1+1", "100", 9, 3, HERD_PUT_SAME}, /* wherever it came first */
    {false, "+1+1", "99.999999999", 5, 1, HERD_PUT_OLDER},
    {true, "+1+1", "99.999999999", 9000, 3, HERD_PUT_OLDER},
    {true, "+1+1", "100", 5, 1, HERD_PUT_SAME},
    {true, "+1+1", "100", 4, 3, HERD_PUT_OLDER},
    {true, "+1+1", "100", 5, 2, HERD_PUT_NEWER}, /* the same line taken by a server of a greater name */
    {true, "+1+1", "100", 5, 1, HERD_PUT_OLDER},
    {true, "+1+1", "100", 6, 1, HERD_PUT_NEWER}, /* received later */
    {true, "+1+1", "100", 7, 1, HERD_PUT_NEWER}, /* the same by the same server */
    {false, "+1+1", "100.0", 3, 3, HERD_PUT_OLDER},
    {false, "+1+1", "100.0", 7, 3, HERD_PUT_NEWER}, /* the same time in another text */
    {false, "+1+2", "100.0", 7, 3, HERD_PUT_NEWER}, /* then position bytes decide */
    {false, "+1+1", "100.0", 7, 3, HERD_PUT_OLDER},
    {true, "+1+2", "100.00", 7, 3, HERD_PUT_NEWER}, /* then the time's text */
    {true, "+0+0", "100.000000001", -9000, 1, HERD_PUT_NEWER},
    {true, "+0+0", "8999999999.999999999", INT64_C(-8999999999999999999), 1, HERD_PUT_NEWER},
    {false, "+0+0", "9000000000", 0, 1, HERD_PUT_NEWER},
};

/* The version's texts behind one another, as they are in a line. */
static void join(struct herd_report *report, char text[128])
{
    snprintf(text, 128, "%.*s %.*s %.*s", HERD_TEXT_ARGS(report->client), HERD_TEXT_ARGS(report->position),
             HERD_TEXT_ARGS(report->time));
    report->client.bytes = text;
    report->position.bytes = report->client.bytes + report->client.length + 1;
    report->time.bytes = report->position.bytes + report->position.length + 1;
    report->joined = true;
}

static void offer_all(struct herd_store *store, bool joined)
{
    struct herd_version kept = {.origin = 0};
    static char texts[sizeof(offers) / sizeof(offers[0])][128];
    uint64_t seq = 0;
    for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
        const struct offer *offer = &offers[i];
        struct herd_version version = versions_make(HERD_TEXT("kiwi"), offer->position, offer->time, offer->origin);
        version.difference_ns = offer->difference_ns;
        if (joined) join(&version.report, texts[i]);
        enum herd_put put =
            offer->learnt ? herd_store_learn(store, &version, HERD_SLOT_NONE) : herd_store_report(store, &version);
        if (put != offer->put) fail_msg("offer %zu: %d instead of %d", i, put, offer->put);
        if (put == HERD_PUT_NEWER) kept = version;
        seq += put == HERD_PUT_NEWER;
        struct herd_version stored;
        herd_store_view(store, herd_store_find(store, HERD_TEXT("kiwi")), &stored);
        versions_assert_equal(&stored, &kept);
        assert_true(store->seq == seq);
        assert_int_equal(herd_store_count(store), 1);
    }
}

static void the_newest_wins(void **state)
{
    offer_all(*state, false);
}

static void the_newest_wins_of_lines(void **state)
{
    offer_all(*state, true);
}

static void the_way_is_kept(void **state)
{
    struct herd_store *store = *state;
    struct herd_version version = versions_make(HERD_TEXT("kiwi"), "+1+1", "1", 1);
    struct herd_version stored;
    for (uint8_t count = 0; count <= HERD_WAY_MAX; count++) {
        version.report.time_ns++;
        version.way_count = count;
        for (uint8_t i = 0; i < count; i++)
            version.way[i] = (uint8_t)(1 + (i + count) % 3);
        assert_int_equal(herd_store_learn(store, &version, HERD_SLOT_NONE), HERD_PUT_NEWER);
        herd_store_view(store, 1, &stored);
        versions_assert_equal(&stored, &version);
    }
    version.report.time_ns++;
    version.way_count = 0;
    memset(version.way, HERD_NAME_UNKNOWN, sizeof(version.way));
    assert_int_equal(herd_store_report(store, &version), HERD_PUT_NEWER);
    herd_store_view(store, 1, &stored);
    assert_int_equal(stored.way_count, 0);
}

/* Client IDs that differ in one byte or in length only, NUL and bytes over 127 included. */
static void clients_are_told_apart_by_every_byte(void **state)
{
    struct herd_store *store = *state;
    static const struct herd_text clients[] = {
        HERD_TEXT_INIT("kiwi"),     HERD_TEXT_INIT("kiwi\0"), HERD_TEXT_INIT("kiwi\0\0"), HERD_TEXT_INIT("kiwi\0a"),
        HERD_TEXT_INIT("kiwi\0b"),  HERD_TEXT_INIT("Kiwi"),   HERD_TEXT_INIT("\0"),       HERD_TEXT_INIT("\xff"),
        HERD_TEXT_INIT("\xff\xfe"), HERD_TEXT_INIT("k\xc3"),  HERD_TEXT_INIT("?"),
    };
    size_t count = sizeof(clients) / sizeof(clients[0]);
    char text[24];
    for (size_t i = 0; i < count; i++) {
        struct herd_version version = versions_at(clients[i], (unsigned)i, 1, text);
        assert_int_equal(herd_store_report(store, &version), HERD_PUT_NEWER);
    }
    assert_int_equal(herd_store_count(store), count);
    for (size_t i = 0; i < count; i++) {
        struct herd_version stored;
        struct herd_version version = versions_at(clients[i], (unsigned)i, 1, text);
        herd_store_view(store, herd_store_find(store, clients[i]), &stored);
        versions_assert_equal(&stored, &version);
    }
}

static enum herd_put put_numbered(struct herd_store *store, unsigned number, unsigned seconds, bool learnt)
{
    char client[24];
    char text[24];
    snprintf(client, sizeof(client), "client-%u", number);
    struct herd_version version = versions_at(herd_text_of(client), seconds, 1, text);
    return learnt ? herd_store_learn(store, &version, HERD_SLOT_NONE) : herd_store_report(store, &version);
}

/* How many clients fit: of one's own, and with the neighbours' to 110 %. */
static const struct {
    uint32_t clients_max;
    unsigned own;
    unsigned all;
} limits[] = {{0, 0, 0}, {1, 1, 1}, {9, 9, 9}, {10, 10, 11}, {19, 19, 20}, {20, 20, 22}, {100, 100, 110}};

static void new_clients_are_refused_when_full(void **state)
{
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct herd_store store;
        versions_store_init(&store, 1, limits[i].clients_max);
        herd_store_activate(&store, 0);
        for (unsigned n = 0; n < limits[i].own; n++)
            assert_int_equal(put_numbered(&store, n, 5, false), HERD_PUT_NEWER);
        assert_int_equal(put_numbered(&store, limits[i].own, 5, false), HERD_PUT_FULL);
        for (unsigned n = limits[i].own; n < limits[i].all; n++)
            assert_int_equal(put_numbered(&store, n, 5, true), HERD_PUT_NEWER);
        assert_int_equal(put_numbered(&store, limits[i].all, 5, true), HERD_PUT_FULL);
        assert_int_equal(put_numbered(&store, limits[i].all, 5, false), HERD_PUT_FULL);

        assert_int_equal(herd_store_count(&store), limits[i].all);
        assert_int_equal(herd_store_queued(&store, 0), limits[i].all); /* refusing changed nothing */
        assert_true(store.seq == limits[i].all);
        for (unsigned n = 0; n < limits[i].all; n++) { /* who is known goes on moving */
            assert_int_equal(put_numbered(&store, n, 5, true), HERD_PUT_SAME);
            assert_int_equal(put_numbered(&store, n, 6, false), HERD_PUT_NEWER);
            assert_int_equal(put_numbered(&store, n, 7, true), HERD_PUT_NEWER);
        }
        herd_store_finish(&store);
    }
    (void)state;
}

static void holds_many_clients(void **state)
{
    struct herd_store store;
    versions_store_init(&store, 2, MANY);
    for (unsigned seconds = 1; seconds <= 2; seconds++)
        for (unsigned n = 0; n < MANY; n++)
            assert_int_equal(put_numbered(&store, n, seconds, n % 2 == 0), HERD_PUT_NEWER);
    assert_int_equal(herd_store_count(&store), MANY);
    for (unsigned n = 0; n < MANY; n++) {
        char client[24];
        struct herd_version stored;
        snprintf(client, sizeof(client), "client-%u", n);
        uint32_t record = herd_store_find(&store, herd_text_of(client));
        assert_int_not_equal(record, 0);
        herd_store_view(&store, record, &stored);
        assert_true(herd_text_equal(stored.report.client, herd_text_of(client)));
        assert_true(stored.report.time_ns == INT64_C(2000000000));
    }
    assert_int_equal(herd_store_find(&store, HERD_TEXT("client-200000")), 0);
    herd_store_finish(&store);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_store_knows_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(the_newest_wins, setup, teardown),
        cmocka_unit_test_setup_teardown(the_newest_wins_of_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(the_way_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(clients_are_told_apart_by_every_byte, setup, teardown),
        cmocka_unit_test(new_clients_are_refused_when_full),
        cmocka_unit_test(holds_many_clients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
