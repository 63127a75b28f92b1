/* SPDX-License-Identifier: MIT */
/*
 * A journal of many clients through files of some megabytes, into a store. How
 * long that took is told, not judged: it depends on the machine.
 */
#include "journalfixture.h"

#include <stdio.h>

#include "herd/clock.h"

#ifndef CLIENTS
#define CLIENTS 20000
#endif

static void learn(void *owner, struct herd_text origin, struct herd_version *version)
{
    struct herd_store *store = owner;
    herd_version_set_origin(&store->names, origin, version);
    assert_int_equal(herd_store_learn(store, version, HERD_SLOT_NONE), HERD_PUT_NEWER);
}

static void write_clients(struct herd_journal *journal)
{
    struct herd_names names;
    herd_names_init(&names);
    uint8_t origin = herd_names_add(&names, HERD_TEXT("Goloman"));
    for (unsigned i = 0; i < CLIENTS; i++) {
        char client[32];
        int length = snprintf(client, sizeof client, "client-%07u.example.net", i);
        struct herd_version version = {
            .report = {.client = {client, (size_t)length},
                       .position = HERD_TEXT_INIT("+34.068930-118.445127"),
                       .time = HERD_TEXT_INIT("1520023934.918963997"),
                       .time_ns = INT64_C(1520023934918963997)},
            .difference_ns = 263873386,
            .origin = origin,
        };
        herd_journal_append(journal, &names, &version);
        if (i % 256 == 0) herd_journal_write(journal);
    }
    herd_names_finish(&names);
}

static void many_clients_come_back(void **state)
{
    struct fixture *fixture = *state;
    struct herd_siphash_key key = {1, 2};
    static struct herd_store store;
    herd_store_init(&store, &key, 6, CLIENTS);
    herd_names_add(&store.names, HERD_TEXT("Goloman"));
    journal_files_system(&fixture->faults.calls);
    fixture_open(fixture);
    write_clients(fixture->journal);
    assert_int_equal(fixture_close(fixture), 0);

    fixture->options.owner = &store;
    fixture->options.on_record = learn;
    fixture->options.on_synced = NULL;
    int64_t start_ns = herd_clock_monotonic_ns();
    fixture_open(fixture);
    int64_t taken_ns = herd_clock_monotonic_ns() - start_ns;
    printf("%u clients replayed in %lld ms\n", (unsigned)CLIENTS, (long long)(taken_ns / HERD_NS_PER_MS));
    assert_int_equal(herd_store_count(&store), CLIENTS);
    assert_int_equal(herd_journal_replayed(fixture->journal)->sums.records, CLIENTS);
    herd_store_finish(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(many_clients_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
