/* SPDX-License-Identifier: MIT */
/* What somebody does to the files under a running journal. */
#include "journalfixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST "0000000001.journal"
#define SECOND "0000000002.journal"

static void path_of(const struct fixture *fixture, const char *name, char path[512])
{
    snprintf(path, 512, "%s/%s", fixture->directory, name);
}

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void run(const char *format, ...)
{
    char command[1200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    assert_int_equal(system(command), 0);
}

static void write_records(struct fixture *fixture, unsigned first, unsigned end)
{
    fixture_append(fixture, first, end);
    herd_journal_write(fixture->journal);
}

static void open_with_records(struct fixture *fixture, unsigned end)
{
    fixture_open(fixture);
    write_records(fixture, 0, end);
    assert_int_equal(herd_journal_state(fixture->journal), HERD_JOURNAL_OK);
}

/* Tick sees the loss, at once, and wants all written anew. */
static void expect_loss(struct fixture *fixture, int error, const char *loss)
{
    assert_true(herd_journal_tick(fixture->journal, 1000, 1));
    assert_int_equal(herd_journal_state(fixture->journal), HERD_JOURNAL_FAILED);
    assert_int_equal(herd_journal_error(fixture->journal), error);
    assert_string_equal(herd_journal_loss(fixture->journal), loss);
}

static void write_anew(struct fixture *fixture, unsigned end)
{
    assert_int_equal(herd_journal_rewrite_begin(fixture->journal), 0);
    write_records(fixture, 0, end);
    assert_false(herd_journal_tick(fixture->journal, 2000, 1));
    assert_int_equal(herd_journal_rewrite_end(fixture->journal), 0);
    fixture_wait_state(fixture, HERD_JOURNAL_OK);
    assert_null(herd_journal_loss(fixture->journal));
    assert_false(herd_journal_tick(fixture->journal, 3000, 1));
    assert_int_equal(herd_journal_state(fixture->journal), HERD_JOURNAL_OK);
}

/* Records 0 to 19 are written anew, and come back. */
static void expect_mended(struct fixture *fixture)
{
    write_anew(fixture, 20);
    fixture_reopen(fixture);
    fixture_expect(fixture, 0, 20);
}

static void what_is_untouched_is_no_loss(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.segment_bytes = 1000;
    fixture_open(fixture);
    for (unsigned i = 0; i < 50; i++) {
        write_records(fixture, i, i + 1);
        assert_false(herd_journal_tick(fixture->journal, 1000 + (int64_t)i, 50));
    }
    assert_int_equal(herd_journal_state(fixture->journal), HERD_JOURNAL_OK);
    fixture_reopen(fixture);
    assert_false(herd_journal_tick(fixture->journal, 1000, 50));
    assert_int_equal(herd_journal_state(fixture->journal), HERD_JOURNAL_OK);
}

static void a_removed_segment_is_written_anew(void **state)
{
    struct fixture *fixture = *state;
    char path[512];
    open_with_records(fixture, 20);
    path_of(fixture, FIRST, path);
    assert_int_equal(unlink(path), 0);
    expect_loss(fixture, -ESTALE, "a segment was removed");
    write_anew(fixture, 20);
    write_records(fixture, 20, 30);
    fixture_reopen(fixture);
    fixture_expect(fixture, 0, 30);
}

/* One that is written no more, too. */
static void a_removed_older_segment_is_written_anew(void **state)
{
    struct fixture *fixture = *state;
    char path[512];
    open_with_records(fixture, 20);
    fixture_reopen(fixture);
    assert_false(herd_journal_tick(fixture->journal, 500, 1));
    path_of(fixture, FIRST, path);
    assert_int_equal(unlink(path), 0);
    expect_loss(fixture, -ESTALE, "a segment was removed");
    expect_mended(fixture);
}

static void a_cut_segment_is_written_anew(void **state)
{
    struct fixture *fixture = *state;
    char path[512];
    open_with_records(fixture, 20);
    path_of(fixture, FIRST, path);
    assert_int_equal(truncate(path, 100), 0);
    expect_loss(fixture, -ESTALE, "a segment was cut");
    expect_mended(fixture);
}

/* As an editor saves a file. */
static void a_replaced_segment_is_written_anew(void **state)
{
    struct fixture *fixture = *state;
    char path[512];
    open_with_records(fixture, 20);
    path_of(fixture, FIRST, path);
    run("cp '%s' '%s.copy'", path, path);
    run("mv '%s.copy' '%s'", path, path);
    expect_loss(fixture, -ESTALE, "a segment was replaced");
    expect_mended(fixture);
}

static void a_removed_directory_is_made_anew(void **state)
{
    struct fixture *fixture = *state;
    open_with_records(fixture, 20);
    run("rm -r '%s'", fixture->directory);
    expect_loss(fixture, -ESTALE, "the directory was removed, moved or replaced");
    write_anew(fixture, 20);
    assert_int_equal(fixture_segments(fixture), 1);
    write_records(fixture, 20, 30);
    fixture_reopen(fixture);
    fixture_expect(fixture, 0, 30);
}

static void its_parents_are_made_anew_too(void **state)
{
    struct fixture *fixture = *state;
    char path[512];
    snprintf(path, sizeof path, "%s/a/b", fixture->parent);
    run("mkdir -p '%s'", path);
    snprintf(fixture->directory, sizeof fixture->directory, "%s/a/b/Goloman", fixture->parent);
    open_with_records(fixture, 20);
    run("rm -r '%s/a'", fixture->parent);
    expect_loss(fixture, -ESTALE, "the directory was removed, moved or replaced");
    expect_mended(fixture);
}

/* While it cannot be made the journal stays failed, and says why; it is tried again after ten seconds. */
static void a_directory_that_cannot_be_made_is_tried_again(void **state)
{
    struct fixture *fixture = *state;
    open_with_records(fixture, 20);
    run("mv '%s' '%s.old'", fixture->directory, fixture->directory);
    run("touch '%s'", fixture->directory);
    expect_loss(fixture, -ESTALE, "the directory was removed, moved or replaced");
    assert_int_equal(herd_journal_rewrite_begin(fixture->journal), -ENOTDIR);
    assert_int_equal(herd_journal_error(fixture->journal), -ENOTDIR);
    assert_int_equal(herd_journal_state(fixture->journal), HERD_JOURNAL_FAILED);
    run("rm '%s'", fixture->directory);
    assert_false(herd_journal_tick(fixture->journal, 10999, 1));
    assert_true(herd_journal_tick(fixture->journal, 11000, 1));
    expect_mended(fixture);
}

/* Whoever moved it away has all that was in it, and the lock of it. */
static void a_moved_directory_is_let_go(void **state)
{
    struct fixture *fixture = *state;
    struct herd_journal *other = NULL;
    char moved[300];
    snprintf(moved, sizeof moved, "%s/moved", fixture->parent);
    open_with_records(fixture, 20);
    run("mv '%s' '%s'", fixture->directory, moved);
    expect_loss(fixture, -ESTALE, "the directory was removed, moved or replaced");
    write_anew(fixture, 30);
    assert_int_equal(herd_journal_open(&fixture->options, fixture->problem, &other), -EWOULDBLOCK);
    struct herd_journal_options options = fixture->options;
    options.directory = moved;
    memset(fixture->seen, 0, sizeof fixture->seen);
    fixture->seen_count = 0;
    assert_int_equal(herd_journal_open(&options, fixture->problem, &other), 0);
    fixture_expect(fixture, 0, 20);
    assert_int_equal(herd_journal_close(other), 0);
    fixture_reopen(fixture);
    fixture_expect(fixture, 0, 30);
}

/* Two servers, after the directory was moved: the second one's files are not touched. */
static void another_server_s_directory_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    struct herd_journal *other = NULL;
    open_with_records(fixture, 20);
    run("mv '%s' '%s.old'", fixture->directory, fixture->directory);
    assert_int_equal(herd_journal_open(&fixture->options, fixture->problem, &other), 0);
    expect_loss(fixture, -ESTALE, "the directory was removed, moved or replaced");
    for (int64_t now_ms = 11000; now_ms <= 31000; now_ms += 10000) {
        assert_int_equal(herd_journal_rewrite_begin(fixture->journal), -EWOULDBLOCK);
        assert_string_equal(herd_journal_loss(fixture->journal), "another server has the directory");
        assert_int_equal(fixture_segments(fixture), 1);
        assert_true(herd_journal_tick(fixture->journal, now_ms, 1));
    }
    char text[64];
    struct herd_version version = fixture_version(fixture, 40, text);
    herd_journal_append(other, &fixture->names, &version);
    assert_int_equal(herd_journal_close(other), 0);
    write_anew(fixture, 20);
    assert_int_equal(fixture_segments(fixture), 2);
    fixture_reopen(fixture);
    assert_int_equal(fixture->seen_count, 21);
    assert_int_equal(fixture->seen[40], 1);
}

/* Nothing is lost by it, so nothing is made of it. */
static void a_removed_lock_is_taken_anew(void **state)
{
    struct fixture *fixture = *state;
    struct herd_journal *other = NULL;
    char path[512];
    open_with_records(fixture, 20);
    path_of(fixture, "lock", path);
    assert_int_equal(unlink(path), 0);
    assert_false(herd_journal_tick(fixture->journal, 1000, 1));
    assert_int_equal(herd_journal_state(fixture->journal), HERD_JOURNAL_OK);
    assert_int_equal(herd_journal_open(&fixture->options, fixture->problem, &other), -EWOULDBLOCK);
}

/* But where another server was quicker, it has the directory. */
static void a_lock_that_another_has_is_a_loss(void **state)
{
    struct fixture *fixture = *state;
    struct herd_journal *other = NULL;
    char path[512];
    open_with_records(fixture, 20);
    path_of(fixture, "lock", path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(herd_journal_open(&fixture->options, fixture->problem, &other), 0);
    expect_loss(fixture, -EWOULDBLOCK, "another server has the directory");
    assert_int_equal(herd_journal_rewrite_begin(fixture->journal), -EWOULDBLOCK);
    assert_int_equal(fixture_segments(fixture), 2); /* its own one of before, and the other's */
    assert_int_equal(herd_journal_close(other), 0);
    expect_mended(fixture);
}

static void what_cannot_be_seen_is_no_loss(void **state)
{
    struct fixture *fixture = *state;
    open_with_records(fixture, 20);
    FAULT(&fixture->faults, look_error, -EACCES);
    assert_false(herd_journal_tick(fixture->journal, 1000, 1));
    FAULT(&fixture->faults, look_error, -EIO);
    assert_false(herd_journal_tick(fixture->journal, 2000, 1));
    assert_int_equal(herd_journal_state(fixture->journal), HERD_JOURNAL_OK);
}

/* While all is written anew the older ones have had their day; a loss among the new ones ends it. */
static void a_rewrite_watches_what_is_new(void **state)
{
    struct fixture *fixture = *state;
    char path[512];
    open_with_records(fixture, 20);
    assert_int_equal(herd_journal_rewrite_begin(fixture->journal), 0);
    path_of(fixture, FIRST, path);
    assert_int_equal(unlink(path), 0);
    assert_false(herd_journal_tick(fixture->journal, 1000, 1));
    assert_true(herd_journal_rewriting(fixture->journal));
    path_of(fixture, SECOND, path);
    assert_int_equal(unlink(path), 0);
    expect_loss(fixture, -ESTALE, "a segment was removed");
    assert_false(herd_journal_rewriting(fixture->journal));
    expect_mended(fixture);
}

/* The thread may not have come to it yet. */
static void a_loss_in_a_rewrite_spares_what_is_older(void **state)
{
    struct fixture *fixture = *state;
    char path[512];
    fixture->options.interval_ms = 1;
    open_with_records(fixture, 20);
    FAULT(&fixture->faults, held, true);
    assert_int_equal(herd_journal_rewrite_begin(fixture->journal), 0);
    faultfiles_wait_held(&fixture->faults);
    write_records(fixture, 0, 20);
    assert_int_equal(herd_journal_rewrite_end(fixture->journal), 0);
    path_of(fixture, SECOND, path);
    assert_int_equal(unlink(path), 0);
    expect_loss(fixture, -ESTALE, "a segment was removed");
    unsigned syncs = faultfiles_syncs(&fixture->faults);
    FAULT(&fixture->faults, held, false);
    fixture_wait_syncs(fixture, syncs);
    path_of(fixture, FIRST, path);
    assert_int_equal(access(path, F_OK), 0);
    expect_mended(fixture);
}

/* Somebody moves the directory and puts a copy in its place: the round that lasts deletes nothing of that. */
static void a_round_spares_a_directory_that_came_meanwhile(void **state)
{
    struct fixture *fixture = *state;
    char path[512];
    fixture->options.interval_ms = 1000000;
    open_with_records(fixture, 20);
    FAULT(&fixture->faults, held, true);
    assert_int_equal(herd_journal_rewrite_begin(fixture->journal), 0);
    write_records(fixture, 0, 20);
    assert_int_equal(herd_journal_rewrite_end(fixture->journal), 0);
    faultfiles_wait_held(&fixture->faults);
    run("mv '%s' '%s.old'", fixture->directory, fixture->directory);
    run("cp -r '%s.old' '%s'", fixture->directory, fixture->directory);
    expect_loss(fixture, -ESTALE, "the directory was removed, moved or replaced");
    assert_int_equal(herd_journal_rewrite_begin(fixture->journal), 0);
    FAULT(&fixture->faults, held, false);
    write_records(fixture, 0, 20);
    assert_int_equal(herd_journal_rewrite_end(fixture->journal), 0);
    fixture_wait_state(fixture, HERD_JOURNAL_OK);
    path_of(fixture, FIRST, path);
    assert_int_equal(access(path, F_OK), 0);
    fixture_reopen(fixture);
    fixture_expect(fixture, 0, 20);
}

static void the_end_tells_of_a_loss(void **state)
{
    struct fixture *fixture = *state;
    open_with_records(fixture, 20);
    run("rm -r '%s'", fixture->directory);
    assert_int_equal(fixture_close(fixture), -ESTALE);
}

/* A directory is only there for good when the one it is in was synced. */
static void the_directory_s_parent_is_synced(void **state)
{
    struct fixture *fixture = *state;
    open_with_records(fixture, 20);
    assert_int_equal(faultfiles_directory_syncs(&fixture->faults, fixture->parent), 1);
    run("rm -r '%s'", fixture->directory);
    expect_loss(fixture, -ESTALE, "the directory was removed, moved or replaced");
    write_anew(fixture, 20);
    assert_int_equal(faultfiles_directory_syncs(&fixture->faults, fixture->parent), 2);
    assert_true(faultfiles_directory_syncs(&fixture->faults, fixture->directory) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(what_is_untouched_is_no_loss),
        FIXTURE_TEST(a_removed_segment_is_written_anew),
        FIXTURE_TEST(a_removed_older_segment_is_written_anew),
        FIXTURE_TEST(a_cut_segment_is_written_anew),
        FIXTURE_TEST(a_replaced_segment_is_written_anew),
        FIXTURE_TEST(a_removed_directory_is_made_anew),
        FIXTURE_TEST(its_parents_are_made_anew_too),
        FIXTURE_TEST(a_directory_that_cannot_be_made_is_tried_again),
        FIXTURE_TEST(a_moved_directory_is_let_go),
        FIXTURE_TEST(another_server_s_directory_is_left_alone),
        FIXTURE_TEST(a_removed_lock_is_taken_anew),
        FIXTURE_TEST(a_lock_that_another_has_is_a_loss),
        FIXTURE_TEST(what_cannot_be_seen_is_no_loss),
        FIXTURE_TEST(a_rewrite_watches_what_is_new),
        FIXTURE_TEST(a_loss_in_a_rewrite_spares_what_is_older),
        FIXTURE_TEST(a_round_spares_a_directory_that_came_meanwhile),
        FIXTURE_TEST(the_end_tells_of_a_loss),
        FIXTURE_TEST(the_directory_s_parent_is_synced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
