/* SPDX-License-Identifier: MIT */
#include "herd/path.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../ownfolder.h"

#define SYNCS_MAX 8

static struct {
    char directory[OWN_FOLDER_SIZE];
    ino_t synced[SYNCS_MAX];
    unsigned sync_count;
} world;

/* In the system's place: which directories are synced. */
int fsync(int fd)
{
    struct stat status;
    assert_int_equal(fstat(fd, &status), 0);
    assert_true(S_ISDIR(status.st_mode) && world.sync_count < SYNCS_MAX);
    world.synced[world.sync_count++] = status.st_ino;
    return 0;
}

static int enter(void **state)
{
    (void)state;
    world.sync_count = 0;
    return own_folder(world.directory, "test-path") ? chdir(world.directory) : -1;
}

static int leave(void **state)
{
    (void)state;
    char command[OWN_FOLDER_SIZE + 32];
    snprintf(command, sizeof command, "rm -rf -- '%s'", world.directory);
    return chdir("/") != 0 ? -1 : system(command);
}

static ino_t inode_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return status.st_ino;
}

/* Whoever cannot see it does not know that nothing is there. */
static void only_two_errors_mean_that_nothing_is_there(void **state)
{
    (void)state;
    static const int others[] = {0, -EACCES, -EPERM, -ELOOP, -EIO, -ENAMETOOLONG, -ENOMEM, -ESTALE, -EMFILE};
    assert_true(herd_path_missing(-ENOENT) && herd_path_missing(-ENOTDIR));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(herd_path_missing(others[i]));
}

static void a_look_tells_why_it_failed(void **state)
{
    (void)state;
    char name[400];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(herd_path_look("."), 0);
    assert_int_equal(herd_path_look("nothing"), -ENOENT);
    assert_int_equal(herd_path_look("/dev/null/below"), -ENOTDIR);
    assert_int_equal(herd_path_look(name), -ENAMETOOLONG);
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(herd_path_look("loop"), 0);
    assert_int_equal(herd_path_look("loop/below"), -ELOOP);
    assert_int_equal(symlink("nothing", "dangling"), 0);
    assert_int_equal(herd_path_look("dangling"), 0);
    assert_int_equal(herd_path_look("dangling/below"), -ENOENT);
}

/* A power cut leaves a new directory where the one that it is in was synced. */
static void what_a_directory_was_made_in_is_synced(void **state)
{
    (void)state;
    char path[] = "a/b/c";
    assert_int_equal(herd_path_make(path, 0750), 0);
    assert_string_equal(path, "a/b/c");
    assert_int_equal(world.sync_count, 3);
    assert_int_equal(world.synced[0], inode_of("."));
    assert_int_equal(world.synced[1], inode_of("a"));
    assert_int_equal(world.synced[2], inode_of("a/b"));
    assert_int_equal(herd_path_make(path, 0750), 0); /* nothing was made */
    assert_int_equal(world.sync_count, 3);
}

static void what_cannot_be_made_says_why(void **state)
{
    (void)state;
    char below_a_file[] = "/dev/null/a/b";
    char loop[] = "loop/a";
    assert_int_equal(herd_path_make(below_a_file, 0750), -ENOTDIR);
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(herd_path_make(loop, 0750), -ELOOP);
    assert_int_equal(world.sync_count, 0);
}

static void the_parent_is_what_holds_the_name(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *parent;
    } rows[] = {{"name", "."}, {"./name", "."}, {"a/name", "a"}, {"a//", "."},
                {"a/b/", "a"}, {"/name", "/"},  {"/", "/"}};
    assert_int_equal(mkdir("a", 0700), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stat status;
        int fd = herd_path_open_parent(rows[i].path);
        assert_true(fd >= 0);
        assert_int_equal(fstat(fd, &status), 0);
        assert_int_equal(status.st_ino, inode_of(rows[i].parent));
        close(fd);
    }
    assert_int_equal(herd_path_open_parent("nothing/name"), -ENOENT);
}

/* None of these may be waited for, or read. */
static void only_regular_files_are_opened(void **state)
{
    static const struct {
        const char *path;
        int flags;
        const char *reason;
    } rows[] = {{"pipe", O_RDONLY, "Not a regular file"},
                {"pipe", O_WRONLY, "Not a regular file"},
                {"pipe", O_RDWR, "Not a regular file"},
                {"/dev/null", O_RDONLY, "Not a regular file"},
                {".", O_RDONLY, "Is a directory"},
                {".", O_RDWR | O_CREAT, "Is a directory"},
                {"none", O_RDONLY, "No such file or directory"}};
    (void)state;
    assert_int_equal(mkfifo("pipe", 0600), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int error = herd_path_open_file(AT_FDCWD, rows[i].path, rows[i].flags, 0600);
        assert_true(error < 0);
        assert_string_equal(herd_path_reason(error), rows[i].reason);
    }
    int fd = herd_path_open_file(AT_FDCWD, "new", O_RDWR | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
}

#define PATH_TEST(function) cmocka_unit_test_setup_teardown(function, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PATH_TEST(only_two_errors_mean_that_nothing_is_there), PATH_TEST(a_look_tells_why_it_failed),
        PATH_TEST(what_a_directory_was_made_in_is_synced),     PATH_TEST(what_cannot_be_made_says_why),
        PATH_TEST(the_parent_is_what_holds_the_name),          PATH_TEST(only_regular_files_are_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
