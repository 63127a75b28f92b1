/* SPDX-License-Identifier: MIT */
/* Writing all anew, and being killed at every step of it. */
#include "journalfixture.h"

#include <errno.h>

static void write_records(struct fixture *fixture, unsigned first, unsigned end)
{
    for (unsigned i = first; i < end; i += 10) {
        fixture_append(fixture, i, i + 10 < end ? i + 10 : end);
        herd_journal_write(fixture->journal);
    }
}

static void older_segments_are_deleted_at_the_end(void **state)
{
    struct fixture *fixture = *state;
    struct herd_journal_counts counts;
    fixture->options.segment_bytes = 1000;
    fixture_open(fixture);
    for (unsigned i = 0; i < 10; i++)
        write_records(fixture, 0, 50);
    unsigned before = fixture_segments(fixture);
    assert_int_equal(herd_journal_rewrite_begin(fixture->journal), 0);
    assert_true(herd_journal_rewriting(fixture->journal));
    write_records(fixture, 0, 30);
    write_records(fixture, 60, 70); /* accepted meanwhile */
    write_records(fixture, 30, 60);
    assert_true(fixture_segments(fixture) > before);
    assert_int_equal(herd_journal_rewrite_end(fixture->journal), 0);
    fixture_wait_rewrites(fixture, 1);
    assert_int_equal(herd_journal_state(fixture->journal), HERD_JOURNAL_OK);
    herd_journal_counts(fixture->journal, &counts);
    assert_int_equal(counts.records, 70);
    assert_int_equal(counts.segments, fixture_segments(fixture));
    assert_true(counts.segments < before);
    write_records(fixture, 70, 80);
    fixture_reopen(fixture);
    fixture_expect(fixture, 0, 80);
    for (unsigned i = 0; i < 70; i++)
        assert_int_equal(fixture->seen[i], 1);
}

/* Records 0 to 39 are synced in the first segment, and written anew into the second. */
static void write_anew(struct fixture *fixture)
{
    fixture->options.interval_ms = 1000000; /* only the end of a rewrite syncs */
    fixture_open(fixture);
    write_records(fixture, 0, 40);
    assert_int_equal(herd_journal_rewrite_begin(fixture->journal), 0);
    write_records(fixture, 0, 40);
}

/* With `written`, too: a power cut while the new ones are not on the disk must find the older ones. */
static void older_segments_stay_until_the_new_are_synced(void **state)
{
    struct fixture *fixture = *state;
    FAULT(&fixture->faults, held, true);
    write_anew(fixture);
    assert_int_equal(herd_journal_rewrite_end(fixture->journal), 0);
    faultfiles_wait_held(&fixture->faults); /* the sealed one's */
    assert_int_equal(fixture_segments(fixture), 2);
    faultfiles_let_one(&fixture->faults); /* the new one's */
    assert_int_equal(fixture_segments(fixture), 2);
    FAULT(&fixture->faults, held, false);
    fixture_wait_rewrites(fixture, 1);
    assert_int_equal(fixture_segments(fixture), 1);
}

/* Nor may they go where the directory does not have the new ones for certain. */
static void older_segments_stay_where_the_directory_is_not_synced(void **state)
{
    struct fixture *fixture = *state;
    write_anew(fixture);
    FAULT(&fixture->faults, directory_error, -EIO);
    assert_int_equal(herd_journal_rewrite_end(fixture->journal), 0);
    fixture_wait_state(fixture, HERD_JOURNAL_FAILED);
    assert_int_equal(fixture_read_segment(fixture, "0000000001.journal").records, 40);
    fixture_expect(fixture, 0, 40);
}

static void an_end_without_a_beginning_is_refused(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    assert_false(herd_journal_rewriting(fixture->journal));
    assert_int_equal(herd_journal_rewrite_end(fixture->journal), -ECANCELED);
}

/* Five of each of 100 clients: 500 lines, some 40 kB. */
static void it_is_wanted_when_dead_lines_outweigh_the_live(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.segment_bytes = 20000;
    fixture_open(fixture);
    write_records(fixture, 0, 100);
    assert_false(herd_journal_tick(fixture->journal, 1000, 1)); /* small files are left alone */
    for (unsigned i = 0; i < 4; i++)
        write_records(fixture, 0, 100);
    assert_false(herd_journal_tick(fixture->journal, 2000, 125));
    assert_true(herd_journal_tick(fixture->journal, 3000, 124));
    assert_false(herd_journal_tick(fixture->journal, 4000, 100)); /* asked for, and not begun */
    assert_false(herd_journal_tick(fixture->journal, 12999, 100));
    assert_true(herd_journal_tick(fixture->journal, 13000, 100));
    assert_int_equal(herd_journal_rewrite_begin(fixture->journal), 0);
    write_records(fixture, 0, 100);
    assert_false(herd_journal_tick(fixture->journal, 60000, 100));
    assert_int_equal(herd_journal_rewrite_end(fixture->journal), 0);
    fixture_wait_rewrites(fixture, 1);
    assert_false(herd_journal_tick(fixture->journal, 70000, 100));
}

/* Each restart leaves a file. */
static void it_is_wanted_when_there_are_many_files(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < 64; i++) {
        fixture_open(fixture);
        assert_false(herd_journal_tick(fixture->journal, 0, 1000));
        write_records(fixture, i, i + 1);
        fixture_close(fixture);
    }
    fixture_open(fixture);
    assert_true(herd_journal_tick(fixture->journal, 0, 1000));
    assert_int_equal(herd_journal_rewrite_begin(fixture->journal), 0);
    write_records(fixture, 0, 64);
    assert_int_equal(herd_journal_rewrite_end(fixture->journal), 0);
    fixture_wait_rewrites(fixture, 1);
    assert_int_equal(fixture_segments(fixture), 1);
}

/* ---- killed ---- */

/* What was acknowledged of records 0 to 79: the first so many. */
static unsigned acknowledged(struct fixture *fixture, const uint64_t positions[8], unsigned so_far)
{
    uint64_t durable = herd_journal_durable(fixture->journal);
    faultfiles_lock(&fixture->faults);
    bool dead = fixture->faults.dead;
    faultfiles_unlock(&fixture->faults);
    if (dead) return so_far;
    unsigned count = 0;
    while (count < 8 && positions[count] <= durable)
        count++;
    return count * 10 > so_far ? count * 10 : so_far;
}

static void add_ten(struct fixture *fixture, unsigned first, uint64_t positions[8], unsigned *acks)
{
    fixture_append(fixture, first, first + 10);
    herd_journal_write(fixture->journal);
    positions[first / 10] = herd_journal_position(fixture->journal);
    *acks = acknowledged(fixture, positions, *acks);
}

static bool is_rewriting(struct fixture *fixture)
{
    return fixture->journal->rewrite != REWRITE_IDLE;
}

static bool is_behind(struct fixture *fixture)
{
    return herd_journal_durable(fixture->journal) < herd_journal_position(fixture->journal);
}

/* Or until the journal is no longer good. */
static void wait_while(struct fixture *fixture, bool (*holds)(struct fixture *fixture))
{
    for (;;) {
        unsigned count = fixture_synced_count(fixture);
        if (herd_journal_state(fixture->journal) != HERD_JOURNAL_OK || !holds(fixture)) return;
        fixture_wait_synced(fixture, count);
    }
}

/* As a server would, with its rewrite; returns how many records were acknowledged before it died. */
static unsigned live(struct fixture *fixture)
{
    uint64_t positions[8];
    unsigned acks = 0;
    memset(positions, 0xff, sizeof positions);
    if (fixture_try_open(fixture) != 0) return 0;
    for (unsigned i = 0; i < 40; i += 10)
        add_ten(fixture, i, positions, &acks);
    bool begun = herd_journal_rewrite_begin(fixture->journal) == 0;
    for (unsigned i = 0; begun && i < 40; i += 10) {
        fixture_append(fixture, i, i + 10);
        herd_journal_write(fixture->journal);
        if (i == 10) add_ten(fixture, 40, positions, &acks);
        if (i == 20) add_ten(fixture, 50, positions, &acks);
    }
    if (begun) herd_journal_rewrite_end(fixture->journal);
    add_ten(fixture, 60, positions, &acks);
    wait_while(fixture, is_rewriting);
    add_ten(fixture, 70, positions, &acks);
    wait_while(fixture, is_behind);
    return acknowledged(fixture, positions, acks);
}

/* Dies at each step in turn, until it lives to the end. */
static void die_at_each_step(void **state, enum herd_journal_durability durability, const enum power_cut *cut)
{
    unsigned acks = 0;
    bool died = true;
    for (int64_t steps = 0; died; steps++) {
        struct fixture *fixture = *state;
        struct faultfiles_moment moment;
        fixture->options.durability = durability;
        fixture->options.segment_bytes = 1500;
        fixture->options.interval_ms = 1;
        fixture->faults.steps = steps;
        acks = live(fixture);
        fixture_close(fixture);
        died = fixture->faults.dead;
        faultfiles_note(&fixture->faults, &moment);
        if (died && cut != NULL) faultfiles_cut_power(&moment, fixture->directory, *cut);
        fixture_reopen(fixture);
        assert_in_range(fixture->seen_count, acks, 80);
        for (unsigned i = 0; i < acks; i++) {
            if (fixture->seen[i] == 0) fail_msg("killed at step %d: record %u of %u is lost", (int)steps, i, acks);
        }
        assert_int_equal(herd_journal_replayed(fixture->journal)->sums.damaged, 0);
        fixture_teardown(state);
        fixture_setup(state);
        assert_true(steps < 200);
    }
    assert_int_equal(acks, 80);
}

static void a_kill_at_any_step_loses_nothing_written(void **state)
{
    die_at_each_step(state, HERD_JOURNAL_WRITTEN, NULL);
}

static void a_kill_at_any_step_loses_nothing_synced(void **state)
{
    die_at_each_step(state, HERD_JOURNAL_SYNCED, NULL);
}

static void a_power_cut_at_any_step_loses_nothing_synced(void **state)
{
    enum power_cut how = POWER_CUT_DROPS;
    die_at_each_step(state, HERD_JOURNAL_SYNCED, &how);
}

/* ---- failing ---- */

/* Records 40 to 49 were accepted while it was OK, and are nowhere but in the new segment. */
static void a_disk_full_in_a_rewrite_keeps_what_was_accepted(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    write_records(fixture, 0, 40);
    assert_int_equal(herd_journal_rewrite_begin(fixture->journal), 0);
    write_records(fixture, 40, 50);
    write_records(fixture, 0, 10);
    FAULT(&fixture->faults, room, 100);
    write_records(fixture, 10, 20);
    assert_int_equal(herd_journal_state(fixture->journal), HERD_JOURNAL_FULL);
    assert_false(herd_journal_rewriting(fixture->journal));
    assert_int_equal(herd_journal_rewrite_end(fixture->journal), -ECANCELED);
    assert_int_equal(fixture_segments(fixture), 2);
    fixture_reopen(fixture);
    fixture_expect(fixture, 0, 50);
}

/* What only a rewrite that mends has written is given back to the disk, again and again. */
static void a_rewrite_that_mends_leaves_nothing_when_it_fails(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    write_records(fixture, 0, 40);
    FAULT(&fixture->faults, room, 0);
    write_records(fixture, 40, 50);
    for (unsigned i = 0; i < 5; i++) {
        FAULT(&fixture->faults, room, 1000);
        assert_int_equal(herd_journal_rewrite_begin(fixture->journal), 0);
        write_records(fixture, 0, 50);
        assert_false(herd_journal_rewriting(fixture->journal));
        assert_int_equal(fixture_segments(fixture), 1);
    }
    FAULT(&fixture->faults, room, -1);
    assert_int_equal(herd_journal_rewrite_begin(fixture->journal), 0);
    write_records(fixture, 0, 20);
    fixture_reopen(fixture); /* the end of it never came */
    fixture_expect(fixture, 0, 40);
    assert_int_equal(herd_journal_replayed(fixture->journal)->missing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(older_segments_are_deleted_at_the_end),
        FIXTURE_TEST(older_segments_stay_until_the_new_are_synced),
        FIXTURE_TEST(older_segments_stay_where_the_directory_is_not_synced),
        FIXTURE_TEST(an_end_without_a_beginning_is_refused),
        FIXTURE_TEST(it_is_wanted_when_dead_lines_outweigh_the_live),
        FIXTURE_TEST(it_is_wanted_when_there_are_many_files),
        FIXTURE_TEST(a_kill_at_any_step_loses_nothing_written),
        FIXTURE_TEST(a_kill_at_any_step_loses_nothing_synced),
        FIXTURE_TEST(a_power_cut_at_any_step_loses_nothing_synced),
        FIXTURE_TEST(a_disk_full_in_a_rewrite_keeps_what_was_accepted),
        FIXTURE_TEST(a_rewrite_that_mends_leaves_nothing_when_it_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
