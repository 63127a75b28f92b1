/* SPDX-License-Identifier: MIT */
/* Who waits for the disk, for what, and when they are told. */
#include "corefixture.h"

static unsigned told; /* how many were, and who was the last */
static const struct herd_core_wait *told_last;

static void on_durable(struct herd_core_wait *wait)
{
    told++;
    told_last = wait;
}

static void init(struct herd_core_wait *waits, unsigned count)
{
    told = 0;
    told_last = NULL;
    for (unsigned i = 0; i < count; i++)
        herd_core_wait_init(&waits[i], on_durable);
}

static void until_told(struct corefixture *fixture, unsigned count)
{
    while (told < count)
        core_until_woken(fixture);
}

static void without_a_promise_nobody_waits(void **state)
{
    struct corefixture *fixture = *state;
    struct herd_core_wait wait;

    init(&wait, 1);
    core_report(fixture, "a", "1");
    assert_false(herd_core_wait(&fixture->core, &wait));
    assert_true(herd_list_empty(&wait.node));
}

static void what_is_only_written_is_not_waited_for(void **state)
{
    struct corefixture *fixture = *state;
    struct herd_core_wait wait;

    init(&wait, 1);
    fixture->core.synced = false;
    assert_false(herd_core_wait(&fixture->core, &wait));
}

/* All of a turn are told together, in their order, and stand still only when the turn is over. */
static void a_turn_is_told_when_it_is_durable(void **state)
{
    struct corefixture *fixture = *state;
    struct herd_core_wait waits[2];

    init(waits, 2);
    core_report(fixture, "a", "1");
    assert_true(herd_core_wait(&fixture->core, &waits[0]));
    core_report(fixture, "b", "1");
    assert_true(herd_core_wait(&fixture->core, &waits[1]));
    assert_false(herd_core_wait_stands(&waits[0]));
    assert_int_equal(fixture->ends, 4); /* for each report, and for each who waits */
    assert_int_equal(told, 0);
    herd_core_write(&fixture->core);
    until_told(fixture, 2);
    assert_ptr_equal(told_last, &waits[1]);
    assert_true(herd_list_empty(&waits[0].node));
    assert_false(herd_core_wait_stands(&waits[1]));
    assert_true(herd_journal_durable(fixture->core.journal) >= herd_journal_position(fixture->core.journal));
}

/* As if one turn's sync took long: who came later is not told with those before. */
static void a_later_turn_waits_for_its_own(void **state)
{
    struct corefixture *fixture = *state;
    struct herd_core_wait waits[2];

    init(waits, 2);
    core_report(fixture, "a", "1");
    herd_core_wait(&fixture->core, &waits[0]);
    herd_core_write(&fixture->core);
    core_report(fixture, "b", "1");
    herd_core_wait(&fixture->core, &waits[1]);
    until_told(fixture, 1);
    assert_ptr_equal(told_last, &waits[0]);
    assert_false(herd_core_wait_stands(&waits[1]));
    assert_int_equal(told, 1);
    herd_core_write(&fixture->core);
    until_told(fixture, 2);
}

/* Answered once more while it waits: it waits for the later one alone. */
static void who_waits_again_waits_for_the_last(void **state)
{
    struct corefixture *fixture = *state;
    struct herd_core_wait waits[2];

    init(waits, 2);
    core_report(fixture, "a", "1");
    herd_core_wait(&fixture->core, &waits[0]);
    herd_core_wait(&fixture->core, &waits[1]);
    herd_core_wait(&fixture->core, &waits[0]);
    herd_core_write(&fixture->core);
    until_told(fixture, 2);
    assert_ptr_equal(told_last, &waits[0]);
}

static void who_has_left_is_not_told(void **state)
{
    struct corefixture *fixture = *state;
    struct herd_core_wait waits[3];

    init(waits, 3);
    core_report(fixture, "a", "1");
    for (unsigned i = 0; i < 3; i++)
        herd_core_wait(&fixture->core, &waits[i]);
    herd_core_wait_leave(&waits[0]);
    herd_core_write(&fixture->core);
    herd_core_wait_leave(&waits[1]);
    until_told(fixture, 1);
    assert_ptr_equal(told_last, &waits[2]);
    assert_int_equal(told, 1);
    herd_core_wait_leave(&waits[2]); /* harmless */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_a_promise_nobody_waits, core_setup, core_teardown),
        cmocka_unit_test_setup_teardown(what_is_only_written_is_not_waited_for, core_setup_synced, core_teardown),
        cmocka_unit_test_setup_teardown(a_turn_is_told_when_it_is_durable, core_setup_synced, core_teardown),
        cmocka_unit_test_setup_teardown(a_later_turn_waits_for_its_own, core_setup_synced, core_teardown),
        cmocka_unit_test_setup_teardown(who_waits_again_waits_for_the_last, core_setup_synced, core_teardown),
        cmocka_unit_test_setup_teardown(who_has_left_is_not_told, core_setup_synced, core_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
