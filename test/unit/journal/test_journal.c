/* SPDX-License-Identifier: MIT */
/* Open and close, what they say, and what a journal that is not there does. */
#include "journalfixture.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void what_is_written_comes_back(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_expect(fixture, 0, 0);
    for (unsigned i = 0; i < 100; i += 10) {
        fixture_append(fixture, i, i + 10);
        assert_int_equal(herd_journal_write(fixture->journal), HERD_JOURNAL_OK);
    }
    fixture_reopen(fixture);
    fixture_expect(fixture, 0, 100);
    fixture_append(fixture, 100, 150);
    fixture_reopen(fixture); /* close writes what was only appended */
    fixture_expect(fixture, 0, 150);
    assert_int_equal(fixture_segments(fixture), 3);
}

static void the_system_s_calls_do_it_too(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.durability = HERD_JOURNAL_SYNCED;
    fixture->options.segment_bytes = 2000;
    for (unsigned i = 0; i < 4; i++) {
        journal_files_system(&fixture->faults.calls);
        fixture_open(fixture);
        fixture_expect(fixture, 0, i * 100);
        for (unsigned n = 0; n < 100; n += 10) {
            fixture_append(fixture, i * 100 + n, i * 100 + n + 10);
            herd_journal_write(fixture->journal);
        }
        fixture_wait_durable(fixture, herd_journal_position(fixture->journal));
        assert_int_equal(fixture_close(fixture), 0);
    }
    assert_true(fixture_segments(fixture) > 8);
}

static void without_a_journal_everything_is_durable(void **state)
{
    struct fixture *fixture = *state;
    struct herd_journal_counts counts;
    fixture_append(fixture, 0, 3);
    assert_int_equal(herd_journal_write(NULL), HERD_JOURNAL_OK);
    assert_int_equal(herd_journal_position(NULL), 0);
    assert_true(herd_journal_durable(NULL) == UINT64_MAX);
    assert_int_equal(herd_journal_state(NULL), HERD_JOURNAL_OK);
    assert_int_equal(herd_journal_error(NULL), 0);
    assert_false(herd_journal_tick(NULL, 0, 0));
    assert_int_equal(herd_journal_rewrite_begin(NULL), 0);
    assert_false(herd_journal_rewriting(NULL));
    assert_int_equal(herd_journal_rewrite_end(NULL), 0);
    herd_journal_counts(NULL, &counts);
    assert_int_equal(counts.appended, 0);
    assert_int_equal(herd_journal_close(NULL), 0);
}

static void expect_problem(struct fixture *fixture, int error, const char *problem)
{
    assert_int_equal(fixture_try_open(fixture), error);
    assert_non_null(strstr(fixture->problem, problem));
    assert_non_null(strstr(fixture->problem, fixture->options.directory));
    assert_null(fixture->journal);
}

static void what_it_cannot_use_it_names(void **state)
{
    struct fixture *fixture = *state;
    char path[300];
    snprintf(path, sizeof path, "%s/no/such", fixture->parent);
    fixture->options.directory = path;
    expect_problem(fixture, -ENOENT, ": No such file or directory");
    fixture_write_file(fixture, "file", HERD_TEXT(""));
    snprintf(path, sizeof path, "%s/file", fixture->directory);
    expect_problem(fixture, -ENOTDIR, ": Not a directory");
    fixture->options.directory = fixture->directory;
    FAULT(&fixture->faults, open_error, -EACCES);
    expect_problem(fixture, -EACCES, "a new file in ");
    /* A segment that is a directory cannot be read. */
    FAULT(&fixture->faults, open_error, 0);
    snprintf(path, sizeof path, "%s/0000000005.journal", fixture->directory);
    assert_int_equal(mkdir(path, 0700), 0);
    expect_problem(fixture, -EISDIR, "/0000000005.journal: Is a directory");
    assert_int_equal(rmdir(path), 0);
    fixture_open(fixture);
}

static void one_server_has_a_directory(void **state)
{
    struct fixture *fixture = *state;
    struct herd_journal *second = NULL;
    char expected[HERD_JOURNAL_PROBLEM_SIZE];
    fixture_open(fixture);
    fixture_append(fixture, 0, 3);
    assert_int_equal(herd_journal_open(&fixture->options, fixture->problem, &second), -EWOULDBLOCK);
    assert_null(second);
    snprintf(expected, sizeof expected, "another server (process %ld) has the journal in %s", (long)getpid(),
             fixture->directory);
    assert_string_equal(fixture->problem, expected);
    fixture_reopen(fixture);
    fixture_expect(fixture, 0, 3);
}

static void it_counts(void **state)
{
    struct fixture *fixture = *state;
    struct herd_journal_counts counts;
    struct herd_buffer bytes = HERD_BUFFER_INIT;
    fixture_open(fixture);
    fixture_append(fixture, 0, 30);
    herd_journal_write(fixture->journal);
    assert_int_equal(herd_journal_write(fixture->journal), HERD_JOURNAL_OK); /* nothing to write: no call */
    herd_journal_counts(fixture->journal, &counts);
    assert_int_equal(counts.appended, 30);
    assert_int_equal(counts.records, 30);
    assert_int_equal(counts.writes, 1);
    assert_int_equal(counts.segments, 1);
    assert_int_equal(counts.dropped + counts.errors + counts.rewrites, 0);
    fixture_read_file(fixture, "0000000001.journal", &bytes);
    assert_int_equal(counts.bytes, herd_buffer_length(&bytes));
    fixture_reopen(fixture);
    herd_journal_counts(fixture->journal, &counts);
    assert_int_equal(counts.records, 30);
    assert_int_equal(counts.segments, 2);
    herd_buffer_finish(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(what_is_written_comes_back),
        FIXTURE_TEST(the_system_s_calls_do_it_too),
        FIXTURE_TEST(without_a_journal_everything_is_durable),
        FIXTURE_TEST(what_it_cannot_use_it_names),
        FIXTURE_TEST(one_server_has_a_directory),
        FIXTURE_TEST(it_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
