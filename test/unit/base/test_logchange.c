/* SPDX-License-Identifier: MIT */
/* Other options while the log is open: prepared, then put in force or dropped. */
#include <dirent.h>
#include <limits.h>

#include "logfixture.h"

static char *path_of(struct world *world, const char *name, char ret_path[PATH_MAX])
{
    snprintf(ret_path, PATH_MAX, "%s/%s", world->directory, name);
    return ret_path;
}

static struct herd_log_options options_of(const char *path)
{
    return (struct herd_log_options){.path = path, .level = HERD_LOG_INFO, .wire = true, HERD_LOG_DEFAULTS};
}

static void change_to(const struct herd_log_options *options)
{
    struct herd_log_change *change = NULL;
    assert_int_equal(herd_log_prepare(options, &change), 0);
    herd_log_commit(change);
}

static unsigned count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned count = 0;
    assert_non_null(directory);
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

static void say(const char *name)
{
    herd_log_message(HERD_LOG_INFO, name, "x");
}

static void what_follows_goes_to_another_file(void **state)
{
    struct world *world = *state;
    char other[PATH_MAX];
    open_file_log(world, HERD_LOG_INFO, false, 0);
    say("before");
    struct herd_log_options options = options_of(path_of(world, "old", other));
    change_to(&options);
    say("after");
    herd_log_watch(); /* it is the file of that name that is looked at now */
    herd_log_close();
    const char *text = read_file(world, other);
    assert_int_equal(count_of(text, "event=after"), 1);
    assert_null(strstr(text, "log_reopened"));
    assert_null(strstr(read_file(world, world->path), "event=after"));
}

/* As logrotate has it: moved away, then told to open anew. */
static void the_same_name_is_opened_anew(void **state)
{
    struct world *world = *state;
    char old[PATH_MAX];
    open_file_log(world, HERD_LOG_INFO, false, 0);
    assert_int_equal(rename(world->path, path_of(world, "old", old)), 0);
    struct herd_log_options options = options_of(world->path);
    change_to(&options);
    say("after");
    herd_log_close();
    assert_int_equal(count_of(read_file(world, world->path), "event=after"), 1);
    assert_null(strstr(read_file(world, old), "event=after"));
}

/* The writer is in the middle of it all the while: each line is there once, whole. */
static void no_line_is_lost(void **state)
{
    enum { ROUNDS = 200, LINES = 50 };
    struct world *world = *state;
    char other[PATH_MAX];
    open_file_log(world, HERD_LOG_INFO, true, 0);
    path_of(world, "old", other);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct herd_log_options options = options_of(round % 2 == 0 ? other : world->path);
        wire_lines(LINES);
        herd_log_turn();
        wire_lines(LINES);
        change_to(&options);
    }
    assert_int_equal(herd_log_dropped(), 0);
    herd_log_close();
    unsigned lines = count_of(read_file(world, world->path), "event=out i=49\n");
    unsigned starts = count_of(read_file(world, world->path), "\nts=");
    lines += count_of(read_file(world, other), "event=out i=49\n");
    starts += count_of(read_file(world, other), "\nts=");
    assert_int_equal(lines, 2 * ROUNDS);
    assert_int_equal(starts, 2 * ROUNDS * LINES - 2); /* of each file the first begins at its start */
}

static void a_file_that_cannot_be_opened_changes_nothing(void **state)
{
    struct world *world = *state;
    char other[PATH_MAX];
    open_file_log(world, HERD_LOG_INFO, true, 0);
    unsigned descriptors = count_descriptors();
    struct herd_log_options options = options_of(path_of(world, "none/log", other));
    struct herd_log_change *change = NULL;
    options.level = HERD_LOG_ERROR;
    options.wire = false;
    assert_int_equal(herd_log_prepare(&options, &change), -ENOENT);
    assert_null(change);
    say("after");
    assert_true(herd_log_wire_on());
    assert_int_equal(count_descriptors(), descriptors);
    herd_log_close();
    assert_int_equal(count_of(read_file(world, world->path), "event=after"), 1);
}

static void what_is_dropped_changes_nothing(void **state)
{
    struct world *world = *state;
    char other[PATH_MAX];
    open_file_log(world, HERD_LOG_INFO, true, 0);
    unsigned descriptors = count_descriptors();
    struct herd_log_options options = options_of(path_of(world, "old", other));
    struct herd_log_change *change = NULL;
    options.level = HERD_LOG_ERROR;
    assert_int_equal(herd_log_prepare(&options, &change), 0);
    herd_log_discard(change);
    herd_log_discard(NULL);
    say("after");
    assert_int_equal(count_descriptors(), descriptors);
    herd_log_close();
    assert_int_equal(count_of(read_file(world, world->path), "event=after"), 1);
    assert_string_equal(read_file(world, other), "");
}

static void level_wire_and_limits_change(void **state)
{
    struct world *world = *state;
    open_file_log(world, HERD_LOG_INFO, false, 0);
    herd_log_message(HERD_LOG_DEBUG, "fine", "x");
    wire_lines(1);
    struct herd_log_options options = options_of(world->path);
    options.level = HERD_LOG_DEBUG;
    options.events_per_second_max = 1;
    change_to(&options);
    herd_log_message(HERD_LOG_DEBUG, "finer", "x");
    herd_log_message(HERD_LOG_DEBUG, "finer", "x");
    wire_lines(1);
    options.level = HERD_LOG_WARNING;
    options.wire = false;
    change_to(&options);
    say("hidden");
    assert_false(herd_log_wire_on());
    herd_log_close();
    const char *text = read_file(world, world->path);
    assert_int_equal(count_of(text, "event=fine "), 0);
    assert_int_equal(count_of(text, "event=finer"), 1);
    assert_int_equal(count_of(text, "event=out"), 1);
    assert_int_equal(count_of(text, "event=hidden"), 0);
}

static void say_long(const char *bytes, size_t length)
{
    struct herd_log_event event;
    assert_true(herd_log_begin(&event, HERD_LOG_INFO, "long"));
    herd_log_text(&event, "text", (struct herd_text){bytes, length});
    herd_log_end(&event);
}

/* Texts as long as may be find room, whatever the memory of the log was made for; so do short ones afterwards. */
static void lines_become_longer_and_shorter(void **state)
{
    enum { LONG = 65536, LINES = 30 };
    struct world *world = *state;
    open_file_log(world, HERD_LOG_INFO, false, (size_t)64 * 1024 * 1024);
    char *bytes = malloc(LONG);
    assert_non_null(bytes);
    memset(bytes, '\\', LONG); /* escaped, four times as long */
    struct herd_log_options options = options_of(world->path);
    options.events_per_second_max = UINT32_MAX;
    for (unsigned round = 0; round < 4; round++) {
        options.field_bytes_max = round % 2 == 0 ? LONG : HERD_LOG_FIELD_BYTES_MIN;
        say("turn");
        change_to(&options);
        for (unsigned i = 0; i < LINES; i++)
            say_long(bytes, options.field_bytes_max);
    }
    assert_int_equal(herd_log_dropped(), 0);
    herd_log_close();
    free(bytes);
    const char *text = read_file(world, world->path);
    assert_int_equal(count_of(text, "event=long"), 4 * LINES);
    assert_int_equal(strlen(text) > (size_t)2 * LINES * 4 * LONG, 1);
    assert_null(strstr(text, "..."));
}

/* From standard error alone to a file, and back. */
static void a_file_comes_and_goes(void **state)
{
    struct world *world = *state;
    char console[PATH_MAX];
    int fd = open(path_of(world, "old", console), O_WRONLY | O_CREAT | O_APPEND, 0600);
    assert_true(fd >= 0);
    replace_stderr(world, fd);
    unsigned descriptors = count_descriptors();
    struct herd_log_options options = options_of(NULL);
    options.server = "Goloman";
    options.console = true;
    assert_int_equal(herd_log_open(&options), 0);
    assert_false(herd_log_wire_on());
    say("one");
    options.path = world->path;
    change_to(&options);
    assert_true(herd_log_wire_on());
    say("two");
    wire_lines(1);
    options.path = NULL;
    change_to(&options);
    assert_false(herd_log_wire_on());
    say("three");
    herd_log_close();
    assert_int_equal(count_descriptors(), descriptors);
    restore_stderr(world);
    const char *text = read_file(world, world->path);
    assert_int_equal(count_of(text, "event=two"), 1);
    assert_int_equal(count_of(text, "event=out"), 1);
    assert_int_equal(count_of(text, "\n"), 2);
    text = read_file(world, console);
    assert_int_equal(count_of(text, "\n"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(what_follows_goes_to_another_file),
        LOG_TEST(the_same_name_is_opened_anew),
        LOG_TEST(no_line_is_lost),
        LOG_TEST(a_file_that_cannot_be_opened_changes_nothing),
        LOG_TEST(what_is_dropped_changes_nothing),
        LOG_TEST(level_wire_and_limits_change),
        LOG_TEST(lines_become_longer_and_shorter),
        LOG_TEST(a_file_comes_and_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
