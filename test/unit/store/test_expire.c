/* SPDX-License-Identifier: MIT */
/* Expiry, and with it what the digest and the count say of what is left. */
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

#define SECOND HERD_NS_PER_S
#define TTL (60 * SECOND)

static struct herd_version version_of(unsigned client, unsigned seconds, int64_t difference_ns, char name[24],
                                      char text[24])
{
    struct herd_version version;

    snprintf(name, 24, "client-%u", client);
    version = versions_at(herd_text_of(name), seconds, 1, text);
    version.difference_ns = difference_ns;
    return version;
}

static enum herd_put put(struct herd_store *store, unsigned client, unsigned seconds, int64_t difference_ns)
{
    char name[24];
    char text[24];
    struct herd_version version = version_of(client, seconds, difference_ns, name, text);

    return herd_store_learn(store, &version, HERD_SLOT_NONE);
}

static uint32_t find(struct herd_store *store, unsigned client)
{
    char name[24];

    snprintf(name, sizeof name, "client-%u", client);
    return herd_store_find(store, herd_text_of(name));
}

static void expire_all(struct herd_store *store, int64_t now_ns)
{
    uint32_t cursor = 1;

    while (herd_store_expire(store, now_ns, 7, &cursor))
        ;
}

static bool is_zero(const struct herd_digest *digest)
{
    return digest->low == 0 && digest->high == 0;
}

static void is_a_matter_of_the_version_alone(void **state)
{
    static const struct {
        int64_t ttl_ns;
        unsigned seconds;
        int64_t difference_ns;
        int64_t now_ns; /* expired from the next nanosecond on */
    } edges[] = {
        {TTL, 1000, 0, 1060 * SECOND},
        {TTL, 1000, 5, 1060 * SECOND + 5},
        {TTL, 1000, -5, 1060 * SECOND - 5},
        {TTL, 0, 0, TTL},
        {TTL, 0, -1000 * SECOND, -940 * SECOND}, /* received before 1970: somebody's clock */
        {1, 1000, 0, 1000 * SECOND + 1},
        {INT64_C(2000000000) * SECOND, 1000, 0, INT64_C(2000001000) * SECOND},
        {TTL, 4000000000, INT64_C(5000000000) * SECOND, INT64_C(9000000060) * SECOND},
    };
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        struct herd_store store;
        char name[24];
        char text[24];
        struct herd_version version = version_of(1, edges[i].seconds, edges[i].difference_ns, name, text);
        uint32_t cursor = 1;
        versions_store_init(&store, 0, 10);
        store.ttl_ns = edges[i].ttl_ns;
        assert_int_equal(herd_store_learn(&store, &version, HERD_SLOT_NONE), HERD_PUT_NEWER);
        for (int64_t more = -1; more <= 0; more++) {
            assert_false(herd_store_expired(&store, &version, edges[i].now_ns + more));
            assert_int_not_equal(herd_store_find_live(&store, version.report.client, edges[i].now_ns + more), 0);
            herd_store_expire(&store, edges[i].now_ns + more, 10, &cursor);
            cursor = 1;
        }
        assert_int_equal(herd_store_count(&store), 1);
        assert_true(herd_store_expired(&store, &version, edges[i].now_ns + 1));
        herd_store_expire(&store, edges[i].now_ns + 1, 10, &cursor);
        assert_int_equal(herd_store_count(&store), 0);
        herd_store_finish(&store);
    }
    (void)state;
}

static void nothing_expires_without_a_time_to_live(void **state)
{
    struct herd_store store;
    char name[24];
    char text[24];
    struct herd_version version = version_of(1, 0, 0, name, text);

    versions_store_init(&store, 0, 10);
    put(&store, 1, 0, 0);
    assert_false(herd_store_expired(&store, &version, INT64_MAX));
    expire_all(&store, INT64_MAX);
    assert_int_not_equal(herd_store_find_live(&store, version.report.client, INT64_MAX), 0);
    assert_int_equal(herd_store_count(&store), 1);
    herd_store_finish(&store);
    (void)state;
}

/* What has expired is not found, makes room for an older time, and what was not asked for stays. */
static void looking_forgets_what_has_expired(void **state)
{
    struct herd_store store;

    versions_store_init(&store, 0, 10);
    store.ttl_ns = TTL;
    put(&store, 1, 100, 0);
    put(&store, 2, 100, 0);
    assert_int_equal(herd_store_find_live(&store, HERD_TEXT("client-1"), 160 * SECOND), 1);
    assert_int_equal(herd_store_find_live(&store, HERD_TEXT("client-3"), 160 * SECOND), 0);
    assert_int_equal(put(&store, 1, 99, 0), HERD_PUT_OLDER);
    assert_int_equal(herd_store_find_live(&store, HERD_TEXT("client-1"), 161 * SECOND), 0);
    assert_int_equal(herd_store_count(&store), 1);
    assert_int_equal(put(&store, 1, 99, 70 * SECOND), HERD_PUT_NEWER);
    assert_int_not_equal(herd_store_find_live(&store, HERD_TEXT("client-1"), 161 * SECOND), 0);
    assert_int_not_equal(find(&store, 2), 0);
    herd_store_finish(&store);
    (void)state;
}

/* The item waits for the last FIFO, is not sent, and the client may come back as another record meanwhile. */
static void a_linked_record_stays_until_it_is_popped(void **state)
{
    struct herd_store store;
    uint32_t record = 77;
    uint32_t old;

    versions_store_init(&store, 2, 10);
    store.ttl_ns = TTL;
    herd_store_activate(&store, 0);
    herd_store_activate(&store, 1);
    put(&store, 1, 100, 0);
    old = find(&store, 1);
    expire_all(&store, 161 * SECOND);
    assert_int_equal(find(&store, 1), 0);
    assert_int_equal(store.records.live, 1);
    assert_int_equal(herd_store_queued(&store, 0), 1);
    put(&store, 1, 200, 0);
    assert_int_not_equal(find(&store, 1), old);
    assert_true(herd_store_pop(&store, 0, &record));
    assert_int_equal(record, 0); /* counts as a pop, and is passed over */
    assert_int_equal(store.records.live, 2);
    assert_true(herd_store_pop(&store, 0, &record));
    assert_int_equal(record, find(&store, 1));
    assert_true(herd_store_pop(&store, 1, &record));
    assert_int_equal(record, 0);
    assert_int_equal(store.records.live, 1);
    put(&store, 2, 200, 0);
    assert_int_equal(find(&store, 2), old); /* used again */
    herd_store_finish(&store);
    (void)state;
}

static void a_dropped_fifo_frees_what_was_forgotten(void **state)
{
    struct herd_store store;

    versions_store_init(&store, 1, 100);
    store.ttl_ns = TTL;
    herd_store_activate(&store, 0);
    for (unsigned client = 0; client < 50; client++)
        put(&store, client, 100, 0);
    expire_all(&store, 161 * SECOND);
    assert_int_equal(store.records.live, 50);
    herd_store_deactivate(&store, 0);
    assert_true(herd_store_drop(&store, 0, 49));
    assert_int_equal(store.records.live, 1);
    assert_false(herd_store_drop(&store, 0, 49));
    assert_int_equal(store.records.live, 0);
    herd_store_finish(&store);
    (void)state;
}

static void memory_is_used_again(void **state)
{
    struct herd_store store;
    uint32_t highest = 0;

    versions_store_init(&store, 0, 1000);
    store.ttl_ns = TTL;
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned client = 0; client < 1000; client++)
            assert_int_equal(put(&store, round * 1000 + client, round * 100, 0), HERD_PUT_NEWER);
        if (round == 0) highest = store.records.next;
        assert_int_equal(store.records.next, highest);
        expire_all(&store, (round * 100 + 61) * SECOND);
        assert_int_equal(herd_store_count(&store), 0);
        assert_int_equal(store.records.live, 0);
        for (size_t i = 0; i < HERD_TEXT_CLASSES; i++)
            assert_int_equal(store.texts[i].live, 0);
        assert_true(is_zero(herd_store_digest(&store)));
    }
    herd_store_finish(&store);
    (void)state;
}

/* A scan passes what was forgotten, and sweeping passes what is not in use. */
static void scans_pass_over_what_was_forgotten(void **state)
{
    struct herd_store store;
    uint32_t cursor = 1;
    uint32_t record;

    versions_store_init(&store, 1, 100);
    store.ttl_ns = TTL;
    for (unsigned client = 0; client < 10; client++)
        put(&store, client, 100 + client, 0);
    expire_all(&store, 165 * SECOND);
    expire_all(&store, 165 * SECOND);
    assert_int_equal(herd_store_count(&store), 5);
    herd_store_activate(&store, 0);
    while (herd_store_scan(&store, 0, 0, 3, &cursor))
        ;
    assert_int_equal(herd_store_queued(&store, 0), 5);
    for (unsigned client = 5; client < 10; client++) {
        assert_true(herd_store_pop(&store, 0, &record));
        assert_int_equal(record, find(&store, client));
    }
    herd_store_finish(&store);
    (void)state;
}

static void the_digest_is_what_all_versions_compute(void **state)
{
    struct herd_store store;
    struct herd_version version =
        versions_make(HERD_TEXT("kiwi.cs.ucla.edu"), VERSIONS_POSITION, "1520023934.918963997", 1);
    char text[HERD_DIGEST_LENGTH + 1] = {0};

    versions_store_init(&store, 0, 10);
    herd_store_set_herd(&store, HERD_TEXT("herd"));
    version.difference_ns = -500;
    assert_int_equal(herd_store_learn(&store, &version, HERD_SLOT_NONE), HERD_PUT_NEWER);
    herd_digest_format(herd_store_digest(&store), text);
    assert_string_equal(text, "e926772fa8ecaa4c91951346ffe54405");
    herd_store_finish(&store);
    (void)state;
}

static void every_part_of_a_version_is_in_the_digest(void **state)
{
    const struct herd_version base = versions_make(HERD_TEXT("kiwi"), "+1+1", "100", 1);
    struct herd_version all[7] = {base, base, base, base, base, base, base};
    struct herd_digest digests[7];

    all[1].report.client = HERD_TEXT("kiwj");
    all[2].report.position = HERD_TEXT("+1+2");
    all[3].report.time = HERD_TEXT("100.000000001");
    all[3].report.time_ns++;
    all[3].difference_ns--; /* received at the same time */
    all[4].difference_ns++;
    all[5].origin = 2;
    for (size_t i = 0; i < 7; i++) {
        struct herd_store store;
        versions_store_init(&store, 0, 10);
        herd_store_set_herd(&store, i == 6 ? HERD_TEXT("flock") : HERD_TEXT("herd"));
        herd_store_learn(&store, &all[i], HERD_SLOT_NONE);
        digests[i] = *herd_store_digest(&store);
        for (size_t j = 0; j < i; j++)
            assert_true(digests[i].low != digests[j].low && digests[i].high != digests[j].high);
        herd_store_finish(&store);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_a_matter_of_the_version_alone),
        cmocka_unit_test(nothing_expires_without_a_time_to_live),
        cmocka_unit_test(looking_forgets_what_has_expired),
        cmocka_unit_test(a_linked_record_stays_until_it_is_popped),
        cmocka_unit_test(a_dropped_fifo_frees_what_was_forgotten),
        cmocka_unit_test(memory_is_used_again),
        cmocka_unit_test(scans_pass_over_what_was_forgotten),
        cmocka_unit_test(the_digest_is_what_all_versions_compute),
        cmocka_unit_test(every_part_of_a_version_is_in_the_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
