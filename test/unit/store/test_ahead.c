/* SPDX-License-Identifier: MIT */
/* Looking ahead changes nothing but the time it takes: also where what was found is another record by then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "herd/clock.h"
#include "herd/random.h"
#include "versions.h"

#define SECOND HERD_NS_PER_S

static void assert_stored(struct herd_store *store, const struct herd_version *version)
{
    struct herd_version stored;
    uint32_t handle = herd_store_find(store, version->report.client);

    assert_int_not_equal(handle, 0);
    herd_store_view(store, handle, &stored);
    assert_int_equal(herd_version_compare(&store->names, version, &stored), 0);
    assert_true(herd_text_equal(version->report.client, stored.report.client));
}

/* One that nobody knows, twice in one batch: the second finds what the first one made. */
static void a_new_client_twice(void **state)
{
    struct herd_store store;
    (void)state;
    versions_store_init(&store, 1, 10);
    struct herd_version versions[2] = {versions_make(HERD_TEXT("a"), "+1+1", "100", 1),
                                       versions_make(HERD_TEXT("a"), "+2+2", "101", 1)};
    herd_store_look_ahead(&store, versions, 2);
    assert_int_equal(herd_store_report(&store, &versions[0]), HERD_PUT_NEWER);
    assert_int_equal(herd_store_report(&store, &versions[1]), HERD_PUT_NEWER);
    assert_int_equal(herd_store_count(&store), 1);
    assert_stored(&store, &versions[1]);
    herd_store_finish(&store);
}

/* Its text is in another place once the first one has been stored. */
static void a_text_that_moves_meanwhile(void **state)
{
    struct herd_store store;
    (void)state;
    versions_store_init(&store, 1, 10);
    struct herd_version old = versions_make(HERD_TEXT("client"), "+1+1", "100", 1);
    herd_store_report(&store, &old);
    struct herd_version versions[2] = {
        versions_make(HERD_TEXT("client"), "+1.000000000000000000000000000001+1", "101", 1),
        versions_make(HERD_TEXT("client"), "+2+2", "102", 1)};
    herd_store_look_ahead(&store, versions, 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(herd_store_report(&store, &versions[i]), HERD_PUT_NEWER);
        assert_stored(&store, &versions[i]);
    }
    herd_store_finish(&store);
}

/* What was found is forgotten, and its record is another client's, before it is needed. */
static void a_record_that_is_anothers_meanwhile(void **state)
{
    struct herd_store store;
    uint32_t cursor = 1;
    (void)state;
    versions_store_init(&store, 1, 10);
    store.ttl_ns = 50 * SECOND;
    struct herd_version old = versions_make(HERD_TEXT("a"), "+1+1", "100", 1);
    herd_store_report(&store, &old);
    uint32_t handle = herd_store_find(&store, HERD_TEXT("a"));
    struct herd_version version = versions_make(HERD_TEXT("a"), "+1+1", "200", 1);
    herd_store_look_ahead(&store, &version, 1);
    herd_store_expire(&store, 200 * SECOND, 10, &cursor);
    struct herd_version other = versions_make(HERD_TEXT("b"), "+3+3", "300", 1);
    herd_store_report(&store, &other);
    assert_int_equal(herd_store_find(&store, HERD_TEXT("b")), handle);
    assert_int_equal(herd_store_report(&store, &version), HERD_PUT_NEWER);
    assert_int_equal(herd_store_count(&store), 2);
    assert_stored(&store, &version);
    assert_stored(&store, &other);
    herd_store_finish(&store);
}

static void make_name(struct herd_random *random, char name[24])
{
    snprintf(name, 24, "client-%u", (unsigned)herd_random_below(random, 500));
}

/* Batches of every size against a store that never looks ahead. */
static void batches_at_random(void **state)
{
    struct herd_store store, plain;
    struct herd_random random;
    (void)state;
    herd_random_init(&random, 61);
    versions_store_init(&store, 1, 400);
    versions_store_init(&plain, 1, 400);
    for (uint32_t batch = 0; batch < 3000; batch++) {
        char names[HERD_LOOK_AHEAD_MAX][24], times[HERD_LOOK_AHEAD_MAX][24];
        struct herd_version versions[HERD_LOOK_AHEAD_MAX];
        unsigned count = (unsigned)herd_random_below(&random, HERD_LOOK_AHEAD_MAX + 1);
        for (unsigned i = 0; i < count; i++) {
            make_name(&random, names[i]);
            versions[i] = versions_at(herd_text_of(names[i]), (unsigned)herd_random_below(&random, 1000), 1, times[i]);
        }
        herd_store_look_ahead(&store, versions, count);
        for (unsigned i = 0; i < count; i++) {
            struct herd_version alone = versions[i];
            alone.hash = 0;
            assert_int_equal(herd_store_report(&store, &versions[i]), herd_store_report(&plain, &alone));
        }
    }
    const struct herd_digest *one = herd_store_digest(&store);
    const struct herd_digest *other = herd_store_digest(&plain);
    assert_true(one->low == other->low && one->high == other->high);
    herd_store_finish(&store);
    herd_store_finish(&plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_client_twice),
        cmocka_unit_test(a_text_that_moves_meanwhile),
        cmocka_unit_test(a_record_that_is_anothers_meanwhile),
        cmocka_unit_test(batches_at_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
