/* SPDX-License-Identifier: MIT */
/* The sweep: in slices that are asked for, and told to who drains what follows. */
#include "corefixture.h"

#include <stdio.h>

#include "herd/clock.h"

static const struct herd_now now = {1000, CORE_NOW_NS};

static void without_a_limit_nothing_is_swept(void **state)
{
    struct corefixture *fixture = *state;

    core_report(fixture, "a", "1");
    herd_core_tick(&fixture->core, &now);
    assert_int_equal(fixture->steps, 0);
    herd_core_step(&fixture->core, INT64_MAX / 2);
    assert_int_equal(herd_store_count(&fixture->core.store), 1);
}

static void what_has_expired_is_forgotten_and_told(void **state)
{
    struct corefixture *fixture = *state;
    int64_t second_later = CORE_NOW_NS + HERD_NS_PER_S;
    unsigned ends;

    herd_core_configure(&fixture->core, &(struct herd_core_limits){.clients_max = 3, .ttl_s = 1});
    core_report(fixture, "a", "1");
    core_report(fixture, "b", "1");
    ends = fixture->ends;
    herd_core_tick(&fixture->core, &now);
    assert_int_equal(fixture->steps, 1);
    herd_core_step(&fixture->core, second_later); /* to the nanosecond: not yet */
    assert_int_equal(fixture->core.counts.expired, 0);
    assert_int_equal(fixture->ends, ends);
    for (unsigned i = 0; i < 10 && herd_store_count(&fixture->core.store) > 0; i++) {
        herd_core_tick(&fixture->core, &now);
        herd_core_step(&fixture->core, second_later + 1);
    }
    assert_int_equal(herd_store_count(&fixture->core.store), 0);
    assert_int_equal(fixture->core.counts.expired, 2);
    assert_true(fixture->ends > ends);
}

/* A part of the store each second: the rest of this second's is asked for, and no more. */
static void a_large_store_is_swept_in_slices(void **state)
{
    struct corefixture *fixture = *state;
    const unsigned clients = 30000;
    char name[16];
    unsigned slices = 1;

    herd_core_configure(&fixture->core, &(struct herd_core_limits){.clients_max = clients, .ttl_s = 1});
    for (unsigned i = 0; i < clients; i++) {
        snprintf(name, sizeof name, "c%u", i);
        core_report(fixture, name, "1");
    }
    herd_core_tick(&fixture->core, &now);
    assert_int_equal(fixture->steps, 1);
    herd_core_step(&fixture->core, CORE_NOW_NS + 2 * HERD_NS_PER_S);
    assert_in_range(fixture->core.counts.expired, 1, clients / 2);
    for (; fixture->steps > slices; slices++)
        herd_core_step(&fixture->core, CORE_NOW_NS + 2 * HERD_NS_PER_S);
    assert_true(slices > 1);
    assert_in_range(fixture->core.counts.expired, clients / 5, clients / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_a_limit_nothing_is_swept, core_setup, core_teardown),
        cmocka_unit_test_setup_teardown(what_has_expired_is_forgotten_and_told, core_setup, core_teardown),
        cmocka_unit_test_setup_teardown(a_large_store_is_swept_in_slices, core_setup, core_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
