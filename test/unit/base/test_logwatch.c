/* SPDX-License-Identifier: MIT */
/* What somebody does to the file of a running log. */
#include <limits.h>

#include "logfixture.h"

/* A log in `path`, and what it tells the console in the file `console` of the test's directory. */
static void open_watched(struct world *world, const char *path, char console[PATH_MAX])
{
    struct herd_log_options options = {
        .server = "Goloman", .path = path, .level = HERD_LOG_INFO, .console = true, HERD_LOG_DEFAULTS};
    snprintf(console, PATH_MAX, "%s/old", world->directory); /* removed with it */
    int fd = open(console, O_WRONLY | O_CREAT | O_APPEND, 0600);
    assert_true(fd >= 0);
    replace_stderr(world, fd);
    assert_int_equal(herd_log_open(&options), 0);
}

static void close_watched(struct world *world)
{
    herd_log_close();
    restore_stderr(world);
}

static void what_is_untouched_stays(void **state)
{
    struct world *world = *state;
    open_file_log(world, HERD_LOG_INFO, false, 0);
    for (unsigned i = 0; i < 3; i++) {
        herd_log_watch();
        herd_log_message(HERD_LOG_INFO, "event", "x");
        herd_log_turn();
    }
    herd_log_close();
    herd_log_watch(); /* without a log: nothing */
    const char *text = read_file(world, world->path);
    assert_int_equal(count_of(text, "event=event"), 3);
    assert_int_equal(count_of(text, "\n"), 3);
}

static void a_file_that_was_moved_is_opened_anew(void **state)
{
    struct world *world = *state;
    char old[PATH_MAX];
    snprintf(old, sizeof old, "%s/old", world->directory);
    open_file_log(world, HERD_LOG_INFO, false, 0);
    assert_int_equal(rename(world->path, old), 0);
    herd_log_watch();
    herd_log_message(HERD_LOG_INFO, "after", "x");
    herd_log_watch();
    herd_log_close();
    const char *text = read_file(world, world->path);
    assert_int_equal(count_of(text, "event=log_reopened"), 1);
    assert_int_equal(count_of(text, "event=after"), 1);
    assert_null(strstr(read_file(world, old), "event=after"));
}

/* As logrotate does with `create`: another file is there already. */
static void a_file_that_was_replaced_is_opened_anew(void **state)
{
    struct world *world = *state;
    char old[PATH_MAX];
    snprintf(old, sizeof old, "%s/old", world->directory);
    open_file_log(world, HERD_LOG_INFO, false, 0);
    assert_int_equal(rename(world->path, old), 0);
    int fd = open(world->path, O_WRONLY | O_CREAT | O_EXCL, 0640);
    assert_true(write(fd, "there\n", 6) == 6);
    close(fd);
    herd_log_watch();
    herd_log_close();
    const char *text = read_file(world, world->path);
    assert_int_equal(count_of(text, "there\nts="), 1);
    assert_int_equal(count_of(text, "event=log_reopened"), 1);
}

/* Written on where it is: a file that was cut is still the log. */
static void a_file_that_was_cut_goes_on(void **state)
{
    struct world *world = *state;
    open_file_log(world, HERD_LOG_INFO, false, 0);
    assert_int_equal(truncate(world->path, 0), 0);
    herd_log_watch();
    herd_log_message(HERD_LOG_INFO, "after", "x");
    herd_log_close();
    const char *text = read_file(world, world->path);
    assert_int_equal(count_of(text, "event=after"), 1);
    assert_null(strstr(text, "event=log_reopened"));
}

static void a_removed_directory_is_made_anew(void **state)
{
    struct world *world = *state;
    char command[2 * PATH_MAX];
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/a/b/log", world->directory);
    snprintf(command, sizeof command, "mkdir -p '%s/a/b'", world->directory);
    assert_int_equal(system(command), 0);
    struct herd_log_options options = {.server = "Goloman", .path = path, .level = HERD_LOG_INFO, HERD_LOG_DEFAULTS};
    assert_int_equal(herd_log_open(&options), 0);
    snprintf(command, sizeof command, "rm -r '%s/a'", world->directory);
    assert_int_equal(system(command), 0);
    herd_log_watch();
    herd_log_close();
    assert_int_equal(count_of(read_file(world, path), "event=log_reopened"), 1);
    assert_int_equal(system(command), 0);
}

/* The console is told once why; the log goes on when it can. */
static void a_file_that_cannot_be_opened_is_told_of(void **state)
{
    struct world *world = *state;
    char console[PATH_MAX];
    open_watched(world, world->path, console);
    assert_int_equal(unlink(world->path), 0);
    assert_int_equal(mkdir(world->path, 0700), 0);
    herd_log_watch();
    herd_log_watch();
    assert_int_equal(rmdir(world->path), 0);
    herd_log_watch();
    close_watched(world);
    const char *text = read_file(world, console);
    assert_int_equal(count_of(text, "event=log_lost"), 1);
    assert_int_equal(count_of(text, "Is a directory"), 1);
    assert_int_equal(count_of(text, "event=log_reopened"), 1);
    assert_int_equal(count_of(read_file(world, world->path), "event=log_reopened"), 1);
}

/* So that the next time is told of, too. */
static void a_file_that_was_put_back_is_as_before(void **state)
{
    struct world *world = *state;
    char console[PATH_MAX];
    char moved[PATH_MAX + 8];
    open_watched(world, world->path, console);
    snprintf(moved, sizeof moved, "%s.moved", world->path);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(rename(world->path, moved), 0);
        assert_int_equal(mkdir(world->path, 0700), 0);
        herd_log_watch();
        assert_int_equal(rmdir(world->path), 0);
        assert_int_equal(rename(moved, world->path), 0);
        herd_log_watch();
    }
    close_watched(world);
    assert_int_equal(count_of(read_file(world, console), "event=log_lost"), 2);
    assert_null(strstr(read_file(world, world->path), "event=log_reopened"));
}

/* Opening a pipe waits for its reader: not here. */
static void a_pipe_in_its_place_stops_nobody(void **state)
{
    struct world *world = *state;
    char console[PATH_MAX];
    open_watched(world, world->path, console);
    assert_int_equal(unlink(world->path), 0);
    assert_int_equal(mkfifo(world->path, 0600), 0);
    herd_log_watch();
    close_watched(world);
    assert_int_equal(count_of(read_file(world, console), "event=log_lost"), 1);
}

static void a_disk_that_is_full_is_told_of(void **state)
{
    struct world *world = *state;
    char console[PATH_MAX];
    open_watched(world, "/dev/full", console);
    herd_log_message(HERD_LOG_INFO, "event", "x");
    herd_log_turn();
    int64_t deadline = herd_clock_monotonic_ns() + 20 * HERD_NS_PER_S;
    while (herd_log_dropped() == 0)
        assert_true(herd_clock_monotonic_ns() < deadline);
    do { /* what is dropped is counted just before the reason is known */
        herd_log_watch();
        herd_log_turn();
        assert_true(herd_clock_monotonic_ns() < deadline);
    } while (strstr(read_file(world, console), "event=log_failing") == NULL);
    herd_log_watch();
    close_watched(world);
    const char *text = read_file(world, console);
    assert_int_equal(count_of(text, "event=log_failing"), 1);
    assert_non_null(strstr(text, "path=/dev/full error=\"No space left on device\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(what_is_untouched_stays),
        LOG_TEST(a_file_that_was_moved_is_opened_anew),
        LOG_TEST(a_file_that_was_replaced_is_opened_anew),
        LOG_TEST(a_file_that_was_cut_goes_on),
        LOG_TEST(a_removed_directory_is_made_anew),
        LOG_TEST(a_file_that_cannot_be_opened_is_told_of),
        LOG_TEST(a_file_that_was_put_back_is_as_before),
        LOG_TEST(a_pipe_in_its_place_stops_nobody),
        LOG_TEST(a_disk_that_is_full_is_told_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
