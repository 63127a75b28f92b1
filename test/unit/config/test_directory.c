/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <limits.h>

/* What is told in a failure, or the path in success, in `out`; the code. */
static int choose(const char *configured, const char *variable, char *out, size_t size)
{
    char *messages = NULL;
    size_t messages_size = 0;
    FILE *stream = open_memstream(&messages, &messages_size);
    assert_non_null(stream);
    char *path = NULL;
    int code = herd_config_directory(configured, variable, true, "", stream, &path);
    assert_int_equal(fclose(stream), 0);
    snprintf(out, size, "%s", path == NULL ? messages : path);
    if (path != NULL) assert_string_equal(messages, "");
    herd_memory_free(path);
    free(messages);
    return code;
}

static int enter(void **state)
{
    unsetenv("LOGS_DIRECTORY");
    unsetenv("XDG_STATE_HOME");
    unsetenv("HOME");
    return enter_directory(state);
}

static void expect_directory(const char *configured, const char *expected)
{
    char got[1024];
    int code = choose(configured, "LOGS_DIRECTORY", got, sizeof(got));
    assert_string_equal(got, expected);
    assert_int_equal(code, 0);
    struct stat status;
    assert_int_equal(stat(expected, &status), 0);
    assert_true(S_ISDIR(status.st_mode));
}

static void missing_ones_are_made_with_their_parents(void **state)
{
    (void)state;
    umask(0);
    expect_directory("one", "one");
    expect_directory("one", "one"); /* it is there already */
    expect_directory("a/b/c", "a/b/c");
    expect_directory("a/b/d/", "a/b/d/");
    struct stat status;
    assert_int_equal(stat("a/b", &status), 0);
    assert_int_equal(status.st_mode & 07777, 0750);
    assert_int_equal(stat("a/b/c", &status), 0);
    assert_int_equal(status.st_mode & 07777, 0750);
}

static void the_environment_is_asked_in_order(void **state)
{
    const struct fixture *fixture = *state;
    char home[600], state_home[600], first[600], both[1300], expected[640];
    snprintf(home, sizeof(home), "%s/home", fixture->directory);
    snprintf(state_home, sizeof(state_home), "%s/state", fixture->directory);
    snprintf(first, sizeof(first), "%s/first", fixture->directory);
    snprintf(both, sizeof(both), "%s:%s/second", first, fixture->directory);

    setenv("HOME", home, 1);
    snprintf(expected, sizeof(expected), "%s/.local/state/herd", home);
    expect_directory(NULL, expected);

    setenv("XDG_STATE_HOME", "relative", 1); /* as good as none, by the standard */
    expect_directory(NULL, expected);
    setenv("XDG_STATE_HOME", state_home, 1);
    snprintf(expected, sizeof(expected), "%s/herd", state_home);
    expect_directory(NULL, expected);

    setenv("LOGS_DIRECTORY", both, 1);
    expect_directory(NULL, first);
    struct stat status;
    assert_int_equal(stat("second", &status), -1);
    expect_directory("configured", "configured");
}

static void nowhere_is_told(void **state)
{
    (void)state;
    char got[1024];
    assert_int_equal(choose(NULL, "LOGS_DIRECTORY", got, sizeof(got)), EX_OSERR);
    assert_string_equal(got,
                        "no directory to write to: set log.directory and journal.directory in the configuration, or "
                        "$LOGS_DIRECTORY, $XDG_STATE_HOME or $HOME\n");
    assert_int_equal(choose(NULL, NULL, got, sizeof(got)), EX_OSERR);
}

static void what_cannot_be_is_refused_by_name(void **state)
{
    (void)state;
    write_bytes("file", "", 0);
    char got[1024];
    assert_int_equal(choose("file/x/y", "LOGS_DIRECTORY", got, sizeof(got)), EX_OSERR);
    assert_string_equal(got, "cannot use the directory \"file/x/y\": Not a directory\n");
    assert_int_equal(choose("file", "LOGS_DIRECTORY", got, sizeof(got)), EX_OSERR);
    assert_string_equal(got, "cannot use the directory \"file\": Not a directory\n");
    char too_long[NAME_MAX + 4]; /* nobody can make that, root neither */
    snprintf(too_long, sizeof(too_long), "%0*d/x", NAME_MAX + 1, 0);
    assert_int_equal(choose(too_long, "LOGS_DIRECTORY", got, sizeof(got)), EX_OSERR);
    assert_int_equal(symlink("nothing", "dangling"), 0);
    assert_int_equal(choose("dangling", "LOGS_DIRECTORY", got, sizeof(got)), EX_OSERR);
    assert_string_equal(got, "cannot use the directory \"dangling\": No such file or directory\n");
}

static void what_may_not_be_is_77(void **state)
{
    (void)state;
    if (geteuid() == 0) skip(); /* root may write everywhere */
    char got[1024];
    assert_int_equal(mkdir("closed", 0500), 0);
    assert_int_equal(choose("closed", "LOGS_DIRECTORY", got, sizeof(got)), EX_NOPERM);
    assert_string_equal(got, "cannot use the directory \"closed\": Permission denied\n");
    assert_int_equal(choose("closed/x/y", "LOGS_DIRECTORY", got, sizeof(got)), EX_NOPERM);
    assert_string_equal(got, "cannot use the directory \"closed/x/y\": Permission denied\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(missing_ones_are_made_with_their_parents, enter, leave_directory),
        cmocka_unit_test_setup_teardown(the_environment_is_asked_in_order, enter, leave_directory),
        cmocka_unit_test_setup_teardown(nowhere_is_told, enter, leave_directory),
        cmocka_unit_test_setup_teardown(what_cannot_be_is_refused_by_name, enter, leave_directory),
        cmocka_unit_test_setup_teardown(what_may_not_be_is_77, enter, leave_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
