/* SPDX-License-Identifier: MIT */
/* The journal under a core: what is accepted comes back, and what is told when files go. */
#include "corefixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int open_journal(struct corefixture *fixture, bool synced, struct herd_core_journal_fault *ret_fault)
{
    const struct herd_core_journal_options options = {.directory = fixture->folder, .synced = synced};

    if (fixture->folder[0] == '\0') assert_true(own_folder(fixture->folder, "core"));
    return herd_core_open_journal(&fixture->core, &options, CORE_NOW_NS, ret_fault);
}

/* What `fixture` has accepted is read by another core, at the place of the first. */
static struct corefixture *again(void **state, struct corefixture *fixture)
{
    struct corefixture *other;

    core_setup(state);
    other = *state;
    memcpy(other->folder, fixture->folder, sizeof other->folder);
    fixture->folder[0] = '\0';
    *state = fixture;
    assert_int_equal(core_teardown(state), 0);
    *state = other;
    return other;
}

static void what_was_accepted_comes_back(void **state)
{
    struct corefixture *fixture = *state;
    struct herd_core_journal_fault fault;
    struct herd_version version;

    assert_int_equal(open_journal(fixture, false, &fault), 0);
    core_report(fixture, "a", "1");
    core_report(fixture, "b", "1");
    core_report(fixture, "a", "1.25");
    herd_core_write(&fixture->core);
    fixture = again(state, fixture);
    assert_int_equal(open_journal(fixture, true, &fault), 0);
    assert_int_equal(herd_store_count(&fixture->core.store), 2);
    herd_store_view(&fixture->core.store, herd_store_find(&fixture->core.store, HERD_TEXT("a")), &version);
    assert_int_equal(version.report.time_ns, INT64_C(1250000000));
    assert_int_equal(version.difference_ns, INT64_C(250000000));
    assert_int_equal(fixture->news, 0);
}

/* Going on without them would lose them. */
static void what_finds_no_room_is_a_fault(void **state)
{
    struct corefixture *fixture = *state;
    struct herd_core_journal_fault fault;

    assert_int_equal(open_journal(fixture, false, &fault), 0);
    core_report(fixture, "a", "1");
    core_report(fixture, "b", "1");
    core_report(fixture, "c", "1");
    fixture = again(state, fixture);
    herd_core_configure(&fixture->core, &(struct herd_core_limits){.clients_max = 1});
    assert_int_equal(open_journal(fixture, false, &fault), -EOVERFLOW);
    assert_int_equal(fault.refused, 2);
}

static void what_has_expired_is_left_out(void **state)
{
    struct corefixture *fixture = *state;
    struct herd_core_journal_fault fault;

    assert_int_equal(open_journal(fixture, false, &fault), 0);
    core_report(fixture, "a", "1");
    fixture = again(state, fixture);
    fixture->core.store.ttl_ns = 1;
    const struct herd_core_journal_options options = {.directory = fixture->folder};
    assert_int_equal(herd_core_open_journal(&fixture->core, &options, CORE_NOW_NS + 2, &fault), 0);
    assert_int_equal(herd_store_count(&fixture->core.store), 0);
}

static bool always(void *owner)
{
    (void)owner;
    return true;
}

static void reading_it_may_be_given_up(void **state)
{
    struct corefixture *fixture = *state;
    struct herd_core_journal_fault fault;
    struct herd_core_journal_options options = {.cancelled = always};

    assert_int_equal(open_journal(fixture, false, &fault), 0);
    core_report(fixture, "a", "1");
    fixture = again(state, fixture);
    options.directory = fixture->folder;
    assert_int_equal(herd_core_open_journal(&fixture->core, &options, CORE_NOW_NS, &fault), -ECANCELED);
    assert_null(fixture->core.journal);
}

static void remove_files(const struct corefixture *fixture)
{
    char command[OWN_FOLDER_SIZE + 20];

    snprintf(command, sizeof command, "rm '%s'/*", fixture->folder);
    assert_int_equal(system(command), 0);
}

static void tick(struct corefixture *fixture, int64_t monotonic_ms)
{
    const struct herd_now now = {monotonic_ms, CORE_NOW_NS};

    herd_core_tick(&fixture->core, &now);
}

/* The promise cannot be kept: said once, and to who has made it. */
static void files_that_go_break_the_promise(void **state)
{
    struct corefixture *fixture = *state;

    core_report(fixture, "a", "1");
    herd_core_write(&fixture->core);
    remove_files(fixture);
    tick(fixture, 2000);
    assert_int_equal(fixture->core.state, HERD_JOURNAL_FAILED);
    assert_true(fixture->news > 0);
    assert_true(fixture->broken);
}

static unsigned told;

static void on_durable(struct herd_core_wait *wait)
{
    (void)wait;
    told++;
}

/* As a server does that ends for it: nothing more is begun, and nobody is told that all is well. */
static void a_broken_one_may_be_closed_at_once(void **state)
{
    struct corefixture *fixture = *state;
    struct herd_core_wait wait;

    told = 0;
    herd_core_wait_init(&wait, on_durable);
    fixture->closes = true;
    core_report(fixture, "a", "1");
    remove_files(fixture);
    herd_core_wait(&fixture->core, &wait);
    tick(fixture, 2000);
    assert_true(fixture->broken);
    assert_null(fixture->core.journal);
    herd_core_step(&fixture->core, CORE_NOW_NS);
    herd_core_write(&fixture->core);
    herd_core_woken(&fixture->core);
    assert_int_equal(fixture->steps, 0);
    assert_int_equal(told, 0);
    herd_core_wait_leave(&wait);
}

/* Served on from memory; written anew in slices that are asked for, and complete then. */
static void files_that_go_are_written_anew(void **state)
{
    struct corefixture *fixture = *state;
    struct herd_core_journal_fault fault;
    struct herd_journal_counts counts;
    unsigned steps = 0;

    assert_int_equal(open_journal(fixture, false, &fault), 0);
    core_report(fixture, "a", "1");
    core_report(fixture, "b", "1");
    herd_core_write(&fixture->core);
    remove_files(fixture);
    tick(fixture, 2000);
    assert_true(fixture->news > 0);
    assert_false(fixture->broken);
    for (int64_t ms = 2001; fixture->steps == 0; ms++)
        tick(fixture, ms);
    for (; steps < fixture->steps; steps++)
        herd_core_step(&fixture->core, CORE_NOW_NS);
    while (fixture->core.state != HERD_JOURNAL_OK)
        core_until_woken(fixture);
    herd_journal_counts(fixture->core.journal, &counts);
    assert_int_equal(counts.records, 2); /* in files, whatever comes now */
    fixture = again(state, fixture);
    assert_int_equal(open_journal(fixture, false, &fault), 0);
    assert_int_equal(herd_store_count(&fixture->core.store), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_accepted_comes_back, core_setup, core_teardown),
        cmocka_unit_test_setup_teardown(what_finds_no_room_is_a_fault, core_setup, core_teardown),
        cmocka_unit_test_setup_teardown(what_has_expired_is_left_out, core_setup, core_teardown),
        cmocka_unit_test_setup_teardown(reading_it_may_be_given_up, core_setup, core_teardown),
        cmocka_unit_test_setup_teardown(files_that_go_break_the_promise, core_setup_synced, core_teardown),
        cmocka_unit_test_setup_teardown(a_broken_one_may_be_closed_at_once, core_setup_synced, core_teardown),
        cmocka_unit_test_setup_teardown(files_that_go_are_written_anew, core_setup, core_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
