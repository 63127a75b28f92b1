/* SPDX-License-Identifier: MIT */
/* Digests that have settled and differ: counted, answered with a rescan, and never in calm. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "herd/clock.h"
#include "rig.h"
#include "smallherd.h"

#define OTHER "0123456789abcdef0123456789abcdef"
#define ANOTHER "fedcba9876543210fedcba9876543210"
#define STEP_MS 100

static void hear(struct rig *rig, const char *digest)
{
    char line[128];

    snprintf(line, sizeof(line), "PONG 1500000000000000000 0 %s\n", digest);
    assert_int_equal(herd_outbound_receive(&rig->outbounds[0], herd_text_of(line), &rig->now, &rig->out), 0);
}

static void hear_ours(struct rig *rig)
{
    char digest[HERD_DIGEST_LENGTH + 1] = {0};

    herd_digest_format(herd_store_digest(&rig->store), digest);
    hear(rig, digest);
}

/* A tenth of a second in which the neighbour says `digest`; whether a divergence was found. */
static bool step(struct rig *rig, const char *digest)
{
    uint64_t before = rig->flood.counts.divergences;

    rig->now.monotonic_ms += STEP_MS;
    hear(rig, digest);
    assert_int_equal(herd_outbound_tick(&rig->outbounds[0], &rig->now, &rig->out), 0);
    return rig->flood.counts.divergences != before;
}

/* The same for so many seconds, with the pump running: how many divergences were found. */
static unsigned run(struct rig *rig, unsigned seconds, const char *digest)
{
    unsigned found = 0;

    for (unsigned i = 0; i < seconds * (1000 / STEP_MS); i++) {
        found += step(rig, digest);
        rig_pump(rig, 0);
        herd_buffer_clear(&rig->out);
    }
    return found;
}

static void start(struct rig *rig)
{
    rig_init(rig, 10);
    rig_report(rig, "kiwi", 1);
    rig_report(rig, "emu", 2);
    rig_dial(rig, 0, RIG_ONE, RIG_SELF " 2");
    rig_pump(rig, 0);
    herd_buffer_clear(&rig->out);
}

/* Ten seconds after the later of both has settled, give or take the pulse that looks; then everything is sent again. */
static void what_settled_and_differs_is_a_divergence(void **state)
{
    struct rig rig;
    int64_t since_ms;
    start(&rig);
    assert_int_equal(run(&rig, 5, ANOTHER), 0);
    since_ms = rig.now.monotonic_ms;
    while (!step(&rig, OTHER))
        assert_true(rig.now.monotonic_ms - since_ms < HERD_SETTLED_MS + 1300);
    assert_true(rig.now.monotonic_ms - since_ms >= HERD_SETTLED_MS);
    assert_int_equal(rig.outbounds[0].divergences, 1);
    assert_int_equal(rig.flood.counts.at_sent, 0); /* the claim had spared it all */
    rig_pump(&rig, 0);
    assert_int_equal(rig.flood.counts.at_sent, 2);
    rig_finish(&rig);
    (void)state;
}

/* Any change, on either side, starts the ten seconds anew. */
static void what_changes_has_not_settled(void **state)
{
    struct rig rig;
    start(&rig);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(run(&rig, 9, i % 2 == 0 ? OTHER : ANOTHER), 0);
    for (unsigned i = 0; i < 20; i++) {
        rig_report(&rig, "rhea", 10 + i);
        assert_int_equal(run(&rig, 9, OTHER), 0);
    }
    assert_int_equal(run(&rig, 12, OTHER), 1);
    rig_finish(&rig);
    (void)state;
}

static void no_divergence_where_they_agree_or_nothing_is_told(void **state)
{
    struct rig rig;
    start(&rig);
    for (unsigned i = 0; i < 2 * 3600; i++) {
        rig.now.monotonic_ms += 1000;
        hear_ours(&rig);
        assert_int_equal(herd_outbound_tick(&rig.outbounds[0], &rig.now, &rig.out), 0);
        herd_buffer_clear(&rig.out);
    }
    assert_int_equal(run(&rig, 3600, "-"), 0);
    assert_int_equal(rig.flood.counts.divergences, 0);
    rig_finish(&rig);
    (void)state;
}

/* What is still on its way explains the difference. */
static void no_divergence_while_something_is_left_to_send(void **state)
{
    struct rig rig;
    start(&rig);
    rig_report(&rig, "rhea", 3);
    for (unsigned i = 0; i < 600; i++)
        assert_false(step(&rig, OTHER));
    rig_pump(&rig, 0);
    assert_int_equal(run(&rig, 12, OTHER), 1);
    rig_finish(&rig);
    (void)state;
}

static void rescans_back_off_from_a_minute_to_an_hour(void **state)
{
    static const unsigned gaps_s[] = {60, 120, 240, 480, 960, 1920, 3600, 3600, 3600};
    struct rig rig;
    int64_t last_ms;
    start(&rig);
    assert_int_equal(run(&rig, 12, OTHER), 1);
    while (rig.outbounds[0].agreement.rescan_ms > rig.now.monotonic_ms + 59000)
        run(&rig, 1, OTHER);
    last_ms = rig.outbounds[0].agreement.rescan_ms - HERD_RESCAN_MS_MIN;
    for (size_t i = 0; i < sizeof(gaps_s) / sizeof(gaps_s[0]); i++) {
        while (run(&rig, 1, OTHER) == 0)
            assert_true(rig.now.monotonic_ms - last_ms < (gaps_s[i] + 3) * 1000);
        assert_true(rig.now.monotonic_ms - last_ms >= gaps_s[i] * 1000);
        last_ms = rig.now.monotonic_ms - 1000;
    }
    rig_finish(&rig);
    (void)state;
}

static void agreeing_once_forgets_the_back_off(void **state)
{
    struct rig rig;
    start(&rig);
    assert_int_equal(run(&rig, 1000, OTHER), 5);
    for (unsigned i = 0; i < 12; i++) {
        rig.now.monotonic_ms += STEP_MS;
        hear_ours(&rig);
        assert_int_equal(herd_outbound_tick(&rig.outbounds[0], &rig.now, &rig.out), 0);
    }
    assert_int_equal(run(&rig, 12, OTHER), 1);
    assert_int_equal(run(&rig, 57, OTHER), 0);
    assert_int_equal(run(&rig, 5, OTHER), 1);
    rig_finish(&rig);
    (void)state;
}

static uint64_t divergences(const struct smallherd *herd)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < herd->member_count; i++)
        sum += herd->members[i].flood.counts.divergences;
    return sum;
}

static const struct pair chain[] = {{0, 1}, {1, 2}};

static void fill_herd(struct smallherd *herd)
{
    char client[16];

    smallherd_init(herd, 3, chain, 2, 11);
    smallherd_settle(herd, 5000);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(client, sizeof(client), "client-%u", i);
        smallherd_report(herd, i % 3, client, 1000 + i);
    }
    smallherd_settle(herd, 5000);
    smallherd_assert_equal(herd);
}

/* Five minutes of updates, then five of nothing: nobody finds fault. */
static void a_herd_in_calm_has_none(void **state)
{
    struct smallherd herd;
    fill_herd(&herd);
    for (unsigned i = 0; i < 100; i++) {
        smallherd_report(&herd, i % 3, "kiwi", 5000 + i);
        smallherd_run(&herd, 3000);
    }
    smallherd_run(&herd, 300000);
    assert_int_equal(divergences(&herd), 0);
    smallherd_finish(&herd);
    (void)state;
}

/* Damage that no core does itself: a record is gone, or was changed and nobody was told. */
static void a_damaged_store_is_healed(void **state)
{
    for (unsigned damage = 0; damage < 2; damage++) {
        struct smallherd herd;
        struct herd_store *store;
        fill_herd(&herd);
        store = &herd.members[2].store;
        if (damage == 0) {
            uint32_t cursor = herd_store_find(store, HERD_TEXT("client-50"));
            store->ttl_ns = 1;
            herd_store_expire(store, INT64_MAX, 1, &cursor);
            store->ttl_ns = 0;
            assert_int_equal(herd_store_count(store), 99);
        } else {
            uint32_t active = store->active_slots;
            store->active_slots = 0;
            smallherd_report(&herd, 2, "client-50", 7000);
            store->active_slots = active;
        }
        smallherd_run(&herd, HERD_SETTLED_MS - 1500);
        assert_int_equal(divergences(&herd), 0);
        smallherd_run(&herd, 15000);
        assert_in_range(divergences(&herd), 1, 4);
        smallherd_assert_equal(&herd);
        assert_int_equal(smallherd_seconds(&herd, 0, "client-50"), damage == 0 ? 1050 : 7000);
        assert_int_equal(smallherd_seconds(&herd, 2, "client-50"), damage == 0 ? 1050 : 7000);
        smallherd_finish(&herd);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_settled_and_differs_is_a_divergence),
        cmocka_unit_test(what_changes_has_not_settled),
        cmocka_unit_test(no_divergence_where_they_agree_or_nothing_is_told),
        cmocka_unit_test(no_divergence_while_something_is_left_to_send),
        cmocka_unit_test(rescans_back_off_from_a_minute_to_an_hour),
        cmocka_unit_test(agreeing_once_forgets_the_back_off),
        cmocka_unit_test(a_herd_in_calm_has_none),
        cmocka_unit_test(a_damaged_store_is_healed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
