/* SPDX-License-Identifier: MIT */
/* With `synced` nothing is durable that went to a file which is lost by then, not even until the next tick. */
#include "journalfixture.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum harm { REMOVED, CUT };

#define CUT_BYTES 100

static void write_records(struct fixture *fixture, unsigned first, unsigned end)
{
    fixture_append(fixture, first, end);
    herd_journal_write(fixture->journal);
}

static void path_of(const struct fixture *fixture, unsigned segment, char path[512])
{
    snprintf(path, 512, "%s/%010u.journal", fixture->directory, segment);
}

static void do_harm(const struct fixture *fixture, unsigned segment, enum harm harm)
{
    char path[512];
    path_of(fixture, segment, path);
    assert_int_equal(harm == CUT ? truncate(path, CUT_BYTES) : unlink(path), 0);
}

/* What is durable stays what it was, and a cut file stays cut: whoever looks at its size sees it. */
static void expect_lost(struct fixture *fixture, unsigned segment, enum harm harm, uint64_t durable)
{
    char path[512];
    struct stat status;
    fixture_wait_state(fixture, HERD_JOURNAL_FAILED);
    assert_int_equal(herd_journal_error(fixture->journal), -ESTALE);
    assert_string_equal(herd_journal_loss(fixture->journal), "a segment was removed or cut");
    assert_int_equal(herd_journal_durable(fixture->journal), durable);
    path_of(fixture, segment, path);
    if (harm == REMOVED) return;
    assert_int_equal(stat(path, &status), 0);
    assert_in_range(status.st_size, CUT_BYTES, 999); /* what was written since is behind the cut */
}

static uint64_t open_with_durable(struct fixture *fixture, unsigned end)
{
    fixture->options.durability = HERD_JOURNAL_SYNCED;
    fixture->options.segment_bytes = 1000;
    fixture_open(fixture);
    write_records(fixture, 0, end);
    uint64_t position = herd_journal_position(fixture->journal);
    fixture_wait_durable(fixture, position);
    return position;
}

static void what_is_current(struct fixture *fixture, enum harm harm)
{
    uint64_t position = open_with_durable(fixture, 5);
    do_harm(fixture, 1, harm);
    write_records(fixture, 5, 10);
    expect_lost(fixture, 1, harm, position);
}

/* While it is synced the loop goes on in the next one: that it is not current any more does not mean that it was given
 * up. */
static void what_is_left_during_its_sync(struct fixture *fixture, enum harm harm)
{
    uint64_t position = open_with_durable(fixture, 5);
    FAULT(&fixture->faults, held, true);
    write_records(fixture, 5, 6);
    faultfiles_wait_held(&fixture->faults);
    do_harm(fixture, 1, harm);
    write_records(fixture, 6, 20);
    assert_int_equal(fixture_segments(fixture), harm == CUT ? 2 : 1);
    FAULT(&fixture->faults, held, false);
    expect_lost(fixture, 1, harm, position);
}

/* One that was filled while another sync lasted. */
static void what_is_full(struct fixture *fixture, enum harm harm)
{
    open_with_durable(fixture, 5);
    FAULT(&fixture->faults, held, true);
    write_records(fixture, 5, 6);
    uint64_t position = herd_journal_position(fixture->journal);
    faultfiles_wait_held(&fixture->faults);
    write_records(fixture, 6, 20);
    write_records(fixture, 20, 35);
    assert_int_equal(fixture_segments(fixture), 3);
    do_harm(fixture, 2, harm);
    FAULT(&fixture->faults, held, false);
    expect_lost(fixture, 2, harm, position);
}

static void a_removed_file_is_not_durable(void **state)
{
    what_is_current(*state, REMOVED);
}

static void a_cut_file_is_not_durable(void **state)
{
    what_is_current(*state, CUT);
}

static void a_file_removed_while_it_is_synced_is_not_durable(void **state)
{
    what_is_left_during_its_sync(*state, REMOVED);
}

static void a_file_cut_while_it_is_synced_is_not_durable(void **state)
{
    what_is_left_during_its_sync(*state, CUT);
}

static void a_full_file_that_was_removed_is_not_durable(void **state)
{
    what_is_full(*state, REMOVED);
}

static void a_full_file_that_was_cut_is_not_durable(void **state)
{
    what_is_full(*state, CUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_removed_file_is_not_durable),
        FIXTURE_TEST(a_cut_file_is_not_durable),
        FIXTURE_TEST(a_file_removed_while_it_is_synced_is_not_durable),
        FIXTURE_TEST(a_file_cut_while_it_is_synced_is_not_durable),
        FIXTURE_TEST(a_full_file_that_was_removed_is_not_durable),
        FIXTURE_TEST(a_full_file_that_was_cut_is_not_durable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
