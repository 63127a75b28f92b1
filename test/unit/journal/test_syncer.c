/* SPDX-License-Identifier: MIT */
/* What the thread promises: what is synced when, what a power cut takes, what happens when a sync fails. */
#include "journalfixture.h"

#include <errno.h>

static void write_records(struct fixture *fixture, unsigned first, unsigned end)
{
    fixture_append(fixture, first, end);
    herd_journal_write(fixture->journal);
}

/* Waits until all that was written survives, as the disk sees it. */
static void wait_on_disk(struct fixture *fixture, unsigned file)
{
    for (;;) {
        unsigned syncs = faultfiles_syncs(&fixture->faults);
        struct faultfiles_moment moment;
        faultfiles_note(&fixture->faults, &moment);
        if (moment.files[file].synced == moment.files[file].size && moment.files[file].listed) return;
        fixture_wait_syncs(fixture, syncs);
    }
}

/* Ends the process, as far as files are concerned, and cuts the power; then opens what is left. */
static void cut_power(struct fixture *fixture, enum power_cut how)
{
    struct faultfiles_moment moment;
    FAULT(&fixture->faults, steps, 0);
    FAULT(&fixture->faults, held, false);
    fixture_close(fixture);
    faultfiles_note(&fixture->faults, &moment);
    faultfiles_cut_power(&moment, fixture->directory, how);
    fixture_reopen(fixture);
}

static void synced_waits_for_the_sync(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.durability = HERD_JOURNAL_SYNCED;
    FAULT(&fixture->faults, held, true);
    fixture_open(fixture);
    write_records(fixture, 0, 10);
    faultfiles_wait_held(&fixture->faults);
    assert_int_equal(herd_journal_durable(fixture->journal), 0);
    FAULT(&fixture->faults, held, false);
    fixture_wait_durable(fixture, herd_journal_position(fixture->journal));
    assert_int_equal(herd_journal_durable(fixture->journal), herd_journal_position(fixture->journal));
}

/* What is written while one sync lasts is one group for the next. */
static void a_group_is_one_sync(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.durability = HERD_JOURNAL_SYNCED;
    fixture_open(fixture);
    write_records(fixture, 0, 1);
    fixture_wait_durable(fixture, herd_journal_position(fixture->journal));
    FAULT(&fixture->faults, held, true);
    write_records(fixture, 1, 2);
    faultfiles_wait_held(&fixture->faults);
    unsigned syncs = faultfiles_syncs(&fixture->faults);
    for (unsigned i = 2; i < 50; i++)
        write_records(fixture, i, i + 1);
    FAULT(&fixture->faults, held, false);
    fixture_wait_durable(fixture, herd_journal_position(fixture->journal));
    assert_int_equal(faultfiles_syncs(&fixture->faults), syncs + 1);
}

/* The sync that lasts may have begun before it was written: only the next one counts. */
static void what_is_written_during_a_sync_waits_for_the_next(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.durability = HERD_JOURNAL_SYNCED;
    fixture_open(fixture);
    write_records(fixture, 0, 1);
    fixture_wait_durable(fixture, herd_journal_position(fixture->journal));
    FAULT(&fixture->faults, held, true);
    write_records(fixture, 1, 2);
    uint64_t before = herd_journal_position(fixture->journal);
    faultfiles_wait_held(&fixture->faults);
    write_records(fixture, 2, 3);
    faultfiles_let_one(&fixture->faults);
    assert_int_equal(herd_journal_durable(fixture->journal), before);
    FAULT(&fixture->faults, held, false);
    fixture_wait_durable(fixture, herd_journal_position(fixture->journal));
}

static void written_is_synced_every_interval(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.interval_ms = 1;
    fixture_open(fixture);
    for (unsigned i = 0; i < 5; i++) {
        write_records(fixture, i, i + 1);
        wait_on_disk(fixture, 0);
    }
}

/* Where nothing is written nothing is synced. */
static void idle_is_idle(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.durability = HERD_JOURNAL_SYNCED;
    fixture_open(fixture);
    write_records(fixture, 0, 1);
    fixture_wait_durable(fixture, herd_journal_position(fixture->journal));
    unsigned syncs = faultfiles_syncs(&fixture->faults);
    for (unsigned i = 0; i < 100; i++)
        herd_journal_write(fixture->journal);
    assert_int_equal(faultfiles_syncs(&fixture->faults), syncs);
}

/* After every few batches, of which some fill a segment: nothing that was durable is missing. */
static void a_power_cut_takes_nothing_that_is_synced(struct fixture *fixture, enum power_cut how)
{
    unsigned have = 0;
    fixture->options.durability = HERD_JOURNAL_SYNCED;
    fixture->options.segment_bytes = 700;
    fixture_open(fixture);
    for (unsigned batches = 1; batches <= 12; batches++) {
        for (unsigned i = 0; i < batches; i++)
            write_records(fixture, have + 2 * i, have + 2 * i + 2);
        have += 2 * batches;
        fixture_wait_durable(fixture, herd_journal_position(fixture->journal));
        FAULT(&fixture->faults, held, true);
        write_records(fixture, have, have + 5);
        cut_power(fixture, how);
        assert_true(fixture->seen_count >= have);
        fixture_expect(fixture, 0, fixture->seen_count);
        have = fixture->seen_count;
    }
}

static void synced_loses_nothing(void **state)
{
    a_power_cut_takes_nothing_that_is_synced(*state, POWER_CUT_DROPS);
}

static void synced_loses_nothing_when_files_end_in_zeros(void **state)
{
    a_power_cut_takes_nothing_that_is_synced(*state, POWER_CUT_ZEROS);
}

/* Everything that was synced before is there; what came after may be missing, from some record on. */
static void written_loses_what_came_after_the_last_sync(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.interval_ms = 1;
    fixture_open(fixture);
    write_records(fixture, 0, 100);
    wait_on_disk(fixture, 0);
    FAULT(&fixture->faults, held, true);
    write_records(fixture, 100, 150);
    faultfiles_wait_held(&fixture->faults);
    write_records(fixture, 150, 200);
    assert_int_equal(herd_journal_durable(fixture->journal), herd_journal_position(fixture->journal));
    cut_power(fixture, POWER_CUT_DROPS);
    assert_in_range(fixture->seen_count, 100, 150); /* the sync that lasted may have done its part */
    fixture_expect(fixture, 0, fixture->seen_count);
}

/* A kill takes nothing that was written, synced or not. */
static void written_loses_nothing_by_a_kill(void **state)
{
    struct fixture *fixture = *state;
    FAULT(&fixture->faults, held, true);
    fixture_open(fixture);
    write_records(fixture, 0, 100);
    FAULT(&fixture->faults, steps, 0);
    FAULT(&fixture->faults, held, false);
    fixture_reopen(fixture);
    fixture_expect(fixture, 0, 100);
}

static void a_failed_sync_is_mended_elsewhere(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.interval_ms = 1;
    fixture_open(fixture);
    FAULT(&fixture->faults, sync_error, -EIO);
    write_records(fixture, 0, 10);
    fixture_wait_state(fixture, HERD_JOURNAL_FAILED);
    assert_int_equal(herd_journal_error(fixture->journal), -EIO);
    assert_true(herd_journal_durable(fixture->journal) == UINT64_MAX);
    write_records(fixture, 10, 20);
    assert_true(herd_journal_tick(fixture->journal, 1000, 20));
    FAULT(&fixture->faults, sync_error, 0);
    assert_int_equal(herd_journal_rewrite_begin(fixture->journal), 0);
    assert_true(herd_journal_rewriting(fixture->journal));
    write_records(fixture, 0, 20);
    assert_int_equal(herd_journal_state(fixture->journal), HERD_JOURNAL_FAILED);
    assert_int_equal(herd_journal_rewrite_end(fixture->journal), 0);
    assert_false(herd_journal_rewriting(fixture->journal));
    fixture_wait_state(fixture, HERD_JOURNAL_OK);
    assert_int_equal(herd_journal_error(fixture->journal), 0);
    assert_int_equal(fixture_segments(fixture), 1);
    write_records(fixture, 20, 30);
    wait_on_disk(fixture, 1);
    assert_false(fixture->faults.synced_again);
    cut_power(fixture, POWER_CUT_DROPS);
    fixture_expect(fixture, 0, 30);
}

/* While the disk keeps failing: once now, then every ten seconds, and never the same file. */
static void a_disk_that_keeps_failing_is_not_hammered(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.interval_ms = 1;
    fixture_open(fixture);
    FAULT(&fixture->faults, sync_error, -EIO);
    write_records(fixture, 0, 10);
    fixture_wait_state(fixture, HERD_JOURNAL_FAILED);
    for (int64_t now_ms = 1000; now_ms <= 41000; now_ms += 10000) {
        assert_true(herd_journal_tick(fixture->journal, now_ms, 10));
        assert_int_equal(herd_journal_rewrite_begin(fixture->journal), 0);
        write_records(fixture, 0, 10);
        int error = herd_journal_rewrite_end(fixture->journal);
        assert_true(error == 0 || error == -ECANCELED); /* a sync may have failed by then */
        for (;;) {
            unsigned count = fixture_synced_count(fixture);
            assert_false(herd_journal_tick(fixture->journal, now_ms + 9999, 10));
            if (fixture->journal->rewrite == REWRITE_IDLE) break;
            fixture_wait_synced(fixture, count);
        }
        assert_int_equal(herd_journal_state(fixture->journal), HERD_JOURNAL_FAILED);
    }
    assert_false(fixture->faults.synced_again);
    assert_int_equal(fixture_close(fixture), -EIO);
    fixture_reopen(fixture);
    fixture_expect(fixture, 0, 10);
}

static void synced_stops_where_a_sync_failed(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.durability = HERD_JOURNAL_SYNCED;
    fixture_open(fixture);
    write_records(fixture, 0, 10);
    uint64_t position = herd_journal_position(fixture->journal);
    fixture_wait_durable(fixture, position);
    FAULT(&fixture->faults, sync_error, -EIO);
    write_records(fixture, 10, 20);
    fixture_wait_state(fixture, HERD_JOURNAL_FAILED);
    write_records(fixture, 20, 30);
    FAULT(&fixture->faults, sync_error, 0);
    assert_int_equal(herd_journal_durable(fixture->journal), position);
    assert_int_equal(fixture_close(fixture), -EIO);
    assert_false(fixture->faults.synced_again);
}

/* A file that its directory does not know is lost with all that is in it. */
static void a_directory_that_cannot_be_synced_is_a_failure(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.durability = HERD_JOURNAL_SYNCED;
    FAULT(&fixture->faults, directory_error, -EIO);
    fixture_open(fixture);
    write_records(fixture, 0, 10);
    fixture_wait_state(fixture, HERD_JOURNAL_FAILED);
    assert_int_equal(herd_journal_durable(fixture->journal), 0);
}

static void the_last_sync_s_failure_is_close_s(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    write_records(fixture, 0, 10);
    FAULT(&fixture->faults, sync_error, -EIO);
    assert_int_equal(fixture_close(fixture), -EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(synced_waits_for_the_sync),
        FIXTURE_TEST(a_group_is_one_sync),
        FIXTURE_TEST(what_is_written_during_a_sync_waits_for_the_next),
        FIXTURE_TEST(written_is_synced_every_interval),
        FIXTURE_TEST(idle_is_idle),
        FIXTURE_TEST(synced_loses_nothing),
        FIXTURE_TEST(synced_loses_nothing_when_files_end_in_zeros),
        FIXTURE_TEST(written_loses_what_came_after_the_last_sync),
        FIXTURE_TEST(written_loses_nothing_by_a_kill),
        FIXTURE_TEST(a_failed_sync_is_mended_elsewhere),
        FIXTURE_TEST(a_disk_that_keeps_failing_is_not_hammered),
        FIXTURE_TEST(synced_stops_where_a_sync_failed),
        FIXTURE_TEST(a_directory_that_cannot_be_synced_is_a_failure),
        FIXTURE_TEST(the_last_sync_s_failure_is_close_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
