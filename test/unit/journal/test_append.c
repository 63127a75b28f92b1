/* SPDX-License-Identifier: MIT */
/* Batches and the writes they become: short ones, a full disk, errors. */
#include "journalfixture.h"

#include <errno.h>

static void durable_is_what_was_written(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    assert_int_equal(herd_journal_position(fixture->journal), 0);
    assert_int_equal(herd_journal_durable(fixture->journal), 0);
    fixture_append(fixture, 0, 3);
    uint64_t position = herd_journal_position(fixture->journal);
    assert_true(position > 0);
    assert_int_equal(herd_journal_durable(fixture->journal), 0);
    herd_journal_write(fixture->journal);
    assert_int_equal(herd_journal_durable(fixture->journal), position);
    assert_int_equal(herd_journal_position(fixture->journal), position);
}

/* One write a turn, whatever is in it. */
static void a_batch_is_one_write(void **state)
{
    struct fixture *fixture = *state;
    struct herd_journal_counts counts;
    fixture_open(fixture);
    for (unsigned i = 0; i < 5; i++) {
        fixture_append(fixture, i * 700, (i + 1) * 700);
        herd_journal_write(fixture->journal);
    }
    herd_journal_counts(fixture->journal, &counts);
    assert_int_equal(counts.writes, 5);
}

static void short_writes_are_continued(void **state)
{
    static const size_t pieces[] = {1, 13, 100};
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < 3; i++) {
        FAULT(&fixture->faults, piece_max, pieces[i]);
        fixture_open(fixture);
        fixture_append(fixture, i * 20, i * 20 + 20);
        assert_int_equal(herd_journal_write(fixture->journal), HERD_JOURNAL_OK);
        fixture_reopen(fixture);
        fixture_expect(fixture, 0, i * 20 + 20);
        assert_int_equal(herd_journal_replayed(fixture->journal)->sums.torn, 0);
        fixture_close(fixture);
    }
}

/* Ten records in three batches on a disk with room for so many bytes. Returns how many were acknowledged. */
static unsigned fill(struct fixture *fixture, int64_t room)
{
    unsigned acknowledged = 0;
    FAULT(&fixture->faults, room, room);
    fixture_open(fixture);
    for (unsigned i = 0; i < 10; i += 4) {
        unsigned end = i + 4 < 10 ? i + 4 : 10;
        fixture_append(fixture, i, end);
        if (herd_journal_write(fixture->journal) != HERD_JOURNAL_OK) break;
        acknowledged = end;
    }
    return acknowledged;
}

/* What fits comes back, with no half line behind it. */
static void a_disk_full_at_any_byte_leaves_whole_lines(void **state)
{
    struct fixture *fixture = *state;
    unsigned acknowledged = 0;
    for (int64_t room = 0; acknowledged < 10; room++) {
        acknowledged = fill(fixture, room);
        bool full = acknowledged < 10;
        assert_int_equal(herd_journal_state(fixture->journal), full ? HERD_JOURNAL_FULL : HERD_JOURNAL_OK);
        assert_int_equal(herd_journal_error(fixture->journal), full ? -ENOSPC : 0);
        if (full) assert_true(herd_journal_durable(fixture->journal) == UINT64_MAX);
        assert_int_equal(fixture_close(fixture), full ? -ENOSPC : 0);
        struct herd_journal_sums sums = fixture_read_segment(fixture, "0000000001.journal");
        assert_int_equal(sums.torn + sums.damaged, 0);
        assert_true(fixture->seen_count >= acknowledged);
        fixture_expect(fixture, 0, fixture->seen_count);
        fixture_forget_files(fixture);
    }
}

static void append_all_again(struct fixture *fixture, unsigned end)
{
    assert_int_equal(herd_journal_rewrite_begin(fixture->journal), 0);
    fixture_append(fixture, 0, end);
    assert_int_equal(herd_journal_rewrite_end(fixture->journal), 0);
    fixture_wait_state(fixture, HERD_JOURNAL_OK);
}

static void a_full_disk_is_tried_every_ten_seconds(void **state)
{
    struct fixture *fixture = *state;
    struct herd_journal_counts counts;
    fill(fixture, 300);
    assert_int_equal(herd_journal_state(fixture->journal), HERD_JOURNAL_FULL);
    fixture_append(fixture, 10, 15);
    assert_false(herd_journal_tick(fixture->journal, 1000, 10));
    assert_false(herd_journal_tick(fixture->journal, 10999, 10));
    assert_true(herd_journal_tick(fixture->journal, 11000, 10));
    assert_int_equal(herd_journal_rewrite_begin(fixture->journal), -ENOSPC);
    assert_false(herd_journal_tick(fixture->journal, 20999, 10));
    assert_true(herd_journal_tick(fixture->journal, 21000, 10));
    FAULT(&fixture->faults, room, -1);
    append_all_again(fixture, 15);
    herd_journal_counts(fixture->journal, &counts);
    assert_true(counts.dropped >= 5);
    assert_int_equal(counts.segments, 1);
    assert_int_equal(fixture_segments(fixture), 1);
    fixture_append(fixture, 15, 20);
    assert_int_equal(herd_journal_write(fixture->journal), HERD_JOURNAL_OK);
    fixture_reopen(fixture);
    fixture_expect(fixture, 0, 20);
}

/* No room already at the start: served from memory, and mended. */
static void a_disk_full_at_open_is_no_failure(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_append(fixture, 0, 5);
    assert_int_equal(fixture_close(fixture), 0);
    FAULT(&fixture->faults, room, 0);
    fixture_open(fixture);
    fixture_expect(fixture, 0, 5);
    assert_int_equal(herd_journal_state(fixture->journal), HERD_JOURNAL_FULL);
    fixture_append(fixture, 5, 9);
    assert_int_equal(herd_journal_write(fixture->journal), HERD_JOURNAL_FULL);
    FAULT(&fixture->faults, room, -1);
    append_all_again(fixture, 9);
    fixture_reopen(fixture);
    fixture_expect(fixture, 0, 9);
}

/* An error other than of room: at once, then every ten seconds. */
static void a_failed_write_is_mended_at_once(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_append(fixture, 0, 5);
    herd_journal_write(fixture->journal);
    FAULT(&fixture->faults, write_error, -EIO);
    fixture_append(fixture, 5, 9);
    assert_int_equal(herd_journal_write(fixture->journal), HERD_JOURNAL_FAILED);
    assert_int_equal(herd_journal_error(fixture->journal), -EIO);
    assert_true(herd_journal_durable(fixture->journal) == UINT64_MAX);
    assert_true(herd_journal_tick(fixture->journal, 5000, 9));
    assert_int_equal(herd_journal_rewrite_begin(fixture->journal), -EIO);
    assert_false(herd_journal_tick(fixture->journal, 14999, 9));
    assert_true(herd_journal_tick(fixture->journal, 15000, 9));
    FAULT(&fixture->faults, write_error, 0);
    append_all_again(fixture, 9);
    fixture_reopen(fixture);
    fixture_expect(fixture, 0, 9);
}

/* `synced` promises more: what was dropped is not durable before a rewrite has brought it. */
static void synced_keeps_its_promise_on_a_full_disk(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.durability = HERD_JOURNAL_SYNCED;
    fill(fixture, 300);
    fixture_append(fixture, 10, 12);
    uint64_t position = herd_journal_position(fixture->journal);
    assert_true(herd_journal_durable(fixture->journal) < position);
    FAULT(&fixture->faults, room, -1);
    assert_int_equal(herd_journal_rewrite_begin(fixture->journal), 0);
    fixture_append(fixture, 0, 12);
    unsigned syncs = faultfiles_syncs(&fixture->faults);
    herd_journal_write(fixture->journal);
    fixture_wait_syncs(fixture, syncs); /* one more does not do */
    assert_true(herd_journal_durable(fixture->journal) < position);
    assert_int_equal(herd_journal_rewrite_end(fixture->journal), 0);
    fixture_wait_durable(fixture, herd_journal_position(fixture->journal));
    assert_int_equal(herd_journal_state(fixture->journal), HERD_JOURNAL_OK);
}

static void a_large_segment_is_followed_by_the_next(void **state)
{
    struct fixture *fixture = *state;
    struct herd_journal_counts counts;
    fixture->options.segment_bytes = 1000;
    fixture_open(fixture);
    for (unsigned i = 0; i < 100; i++) {
        fixture_append(fixture, i, i + 1);
        herd_journal_write(fixture->journal);
    }
    herd_journal_counts(fixture->journal, &counts);
    assert_in_range(counts.segments, 6, 9);
    assert_int_equal(fixture_segments(fixture), counts.segments);
    fixture_append(fixture, 100, 200); /* more than one may hold */
    herd_journal_write(fixture->journal);
    fixture_reopen(fixture);
    fixture_expect(fixture, 0, 200);
}

/* While there can be no next one, the segment goes on. */
static void a_segment_that_cannot_end_goes_on(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.segment_bytes = 1000;
    fixture_open(fixture);
    FAULT(&fixture->faults, open_error, -EMFILE);
    for (unsigned i = 0; i < 100; i++) {
        fixture_append(fixture, i, i + 1);
        assert_int_equal(herd_journal_write(fixture->journal), HERD_JOURNAL_OK);
    }
    assert_int_equal(fixture_segments(fixture), 1);
    FAULT(&fixture->faults, open_error, 0);
    for (unsigned i = 100; i < 110; i++) {
        fixture_append(fixture, i, i + 1);
        herd_journal_write(fixture->journal);
    }
    assert_int_equal(fixture_segments(fixture), 2);
    fixture_reopen(fixture);
    fixture_expect(fixture, 0, 110);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(durable_is_what_was_written),
        FIXTURE_TEST(a_batch_is_one_write),
        FIXTURE_TEST(short_writes_are_continued),
        FIXTURE_TEST(a_disk_full_at_any_byte_leaves_whole_lines),
        FIXTURE_TEST(a_full_disk_is_tried_every_ten_seconds),
        FIXTURE_TEST(a_disk_full_at_open_is_no_failure),
        FIXTURE_TEST(a_failed_write_is_mended_at_once),
        FIXTURE_TEST(synced_keeps_its_promise_on_a_full_disk),
        FIXTURE_TEST(a_large_segment_is_followed_by_the_next),
        FIXTURE_TEST(a_segment_that_cannot_end_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
