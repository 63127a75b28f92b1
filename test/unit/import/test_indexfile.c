/* SPDX-License-Identifier: MIT */
/* Whatever becomes of an index's file, no search sees it, and nobody waits for what never comes. */
#include "../../../src/import/local.h"
#include "../placesfixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "herd/indexfile.h"
#include "herd/memory.h"

#include "../ownfolder.h"

#define PLACES 40000 /* more than one piece */

struct shelf {
    struct placesfixture fixture;
    struct herd_index_file file;
    struct herd_places_index index;
    char folder[OWN_FOLDER_SIZE];
    char path[OWN_FOLDER_SIZE + 16];
    char other[OWN_FOLDER_SIZE + 16];
};

static void write_file(const char *path, const void *bytes, size_t length, int flags)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | flags, 0600);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, bytes, length), (ssize_t)length);
    close(descriptor);
}

static int setup(void **state)
{
    struct shelf *shelf = herd_memory_allocate_zeroed(1, sizeof(*shelf));
    assert_true(own_folder(shelf->folder, "index"));
    snprintf(shelf->path, sizeof(shelf->path), "%s/places.idx", shelf->folder);
    snprintf(shelf->other, sizeof(shelf->other), "%s/other.idx", shelf->folder);
    placesfixture_init(&shelf->fixture);
    for (unsigned i = 0; i < PLACES; i++)
        placesfixture_add(&shelf->fixture, "", "Westwood", 340561200 + (int32_t)i, -1184306300, i);
    placesfixture_build(&shelf->fixture);
    write_file(shelf->path, shelf->fixture.memory, shelf->fixture.length, O_TRUNC);
    *state = shelf;
    return 0;
}

static int teardown(void **state)
{
    struct shelf *shelf = *state;
    herd_index_file_finish(&shelf->file);
    herd_index_file_finish(&shelf->file); /* harmless */
    placesfixture_finish(&shelf->fixture);
    unlink(shelf->path);
    unlink(shelf->other);
    rmdir(shelf->folder);
    herd_memory_free(shelf);
    return 0;
}

static void open_file(struct shelf *shelf)
{
    assert_int_equal(herd_index_file_open(&shelf->file, shelf->path), 0);
}

static int read_file(struct shelf *shelf)
{
    return herd_index_file_read(&shelf->file, NULL, NULL, &shelf->index);
}

static void expect_whole(const struct shelf *shelf)
{
    assert_int_equal(shelf->index.place_count, PLACES);
    assert_memory_equal(shelf->file.memory, shelf->fixture.memory, shelf->fixture.length);
}

static void is_read_whole(void **state)
{
    struct shelf *shelf = *state;
    assert_true(shelf->fixture.length > (size_t)1 << 20);
    open_file(shelf);
    assert_int_equal(read_file(shelf), 0);
    assert_null(shelf->file.problem);
    assert_int_equal(shelf->file.descriptor, -1);
    expect_whole(shelf);
    assert_false(herd_index_file_look(&shelf->file));
    assert_int_equal(shelf->file.news, HERD_INDEX_FILE_SAME);
}

/* What a search reads is not what happens to the file: written over, then cut to nothing, then gone. */
static void nothing_shows_through(void **state)
{
    struct shelf *shelf = *state;
    open_file(shelf);
    assert_int_equal(read_file(shelf), 0);
    char *junk = herd_memory_allocate_zeroed(1, shelf->fixture.length);
    write_file(shelf->path, junk, shelf->fixture.length, 0);
    herd_memory_free(junk);
    expect_whole(shelf);
    assert_int_equal(truncate(shelf->path, 0), 0);
    expect_whole(shelf);
    assert_int_equal(unlink(shelf->path), 0);
    expect_whole(shelf);
}

enum mischief { CUT, GROW, OVERWRITE, REPLACE, GIVE_UP };

/* Asked before each piece; at the second it does what `mischief` says to the file. */
struct meddler {
    struct shelf *shelf;
    unsigned asked;
    enum mischief mischief;
};

static bool meddle(const void *owner)
{
    static const struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    struct meddler *meddler = *(struct meddler *const *)owner;
    struct shelf *shelf = meddler->shelf;
    if (++meddler->asked != 2) return false;
    switch (meddler->mischief) {
    case CUT:
        assert_int_equal(truncate(shelf->path, (off_t)shelf->fixture.length - 1), 0);
        return false;
    case GROW:
        write_file(shelf->path, "junk", 4, O_APPEND);
        return false;
    case OVERWRITE:
        assert_int_equal(truncate(shelf->path, 0), 0);
        assert_int_equal(truncate(shelf->path, (off_t)shelf->fixture.length), 0);
        assert_int_equal(utimensat(AT_FDCWD, shelf->path, long_ago, 0), 0); /* clocks of file systems may be coarse */
        return false;
    case REPLACE:
        write_file(shelf->other, "junk", 4, O_TRUNC);
        assert_int_equal(rename(shelf->other, shelf->path), 0);
        return false;
    case GIVE_UP:
        return true;
    }
    return false;
}

static int read_meddled(struct shelf *shelf, enum mischief mischief)
{
    struct meddler meddler = {.shelf = shelf, .mischief = mischief}, *pointer = &meddler;
    open_file(shelf);
    int error = herd_index_file_read(&shelf->file, meddle, &pointer, &shelf->index);
    assert_true(meddler.asked >= 2);
    return error;
}

static void changes_while_it_is_read(void **state)
{
    static const struct {
        enum mischief mischief;
        const char *problem; /* NULL: it is read as it was */
        enum herd_index_file_news news;
    } cases[] = {
        {CUT, "it changed while it was read", HERD_INDEX_FILE_CHANGED},
        {OVERWRITE, "it changed while it was read", HERD_INDEX_FILE_CHANGED},
        {GROW, NULL, HERD_INDEX_FILE_CHANGED},
        {REPLACE, NULL, HERD_INDEX_FILE_CHANGED},
    };
    struct shelf *shelf = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        write_file(shelf->path, shelf->fixture.memory, shelf->fixture.length, O_TRUNC);
        assert_int_equal(read_meddled(shelf, cases[i].mischief), cases[i].problem == NULL ? 0 : -EINVAL);
        if (cases[i].problem == NULL)
            expect_whole(shelf);
        else
            assert_string_equal(shelf->file.problem, cases[i].problem);
        assert_true(herd_index_file_look(&shelf->file));
        assert_int_equal(shelf->file.news, cases[i].news);
        herd_index_file_finish(&shelf->file);
    }
}

static void reading_is_given_up(void **state)
{
    struct shelf *shelf = *state;
    assert_int_equal(read_meddled(shelf, GIVE_UP), -ECANCELED);
    assert_null(shelf->file.memory);
}

static void refuses_what_is_no_index(void **state)
{
    static const struct {
        size_t length;
        const char *problem;
    } cases[] = {{0, "it is empty"}, {1, "it is not an index of places"}, {8000000, "it is not an index of places"}};
    struct shelf *shelf = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(truncate(shelf->path, 0), 0);
        assert_int_equal(truncate(shelf->path, (off_t)cases[i].length), 0);
        open_file(shelf);
        assert_int_equal(read_file(shelf), -EINVAL);
        assert_string_equal(shelf->file.problem, cases[i].problem);
        assert_null(shelf->file.memory);
        herd_index_file_finish(&shelf->file);
    }
    write_file(shelf->path, shelf->fixture.memory, 100, O_TRUNC);
    open_file(shelf);
    assert_int_equal(read_file(shelf), -EINVAL);
    assert_string_equal(shelf->file.problem, "it is cut short");
}

/* Opening waits for nobody. */
static void refuses_what_is_no_file(void **state)
{
    struct shelf *shelf = *state;
    assert_int_equal(unlink(shelf->path), 0);
    assert_int_equal(herd_index_file_open(&shelf->file, shelf->path), -ENOENT);
    assert_non_null(shelf->file.problem);
    assert_false(herd_index_file_look(&shelf->file)); /* it was not there, it is not there */
    herd_index_file_finish(&shelf->file);
    assert_int_equal(mkfifo(shelf->path, 0600), 0);
    assert_int_equal(herd_index_file_open(&shelf->file, shelf->path), -EMEDIUMTYPE);
    assert_string_equal(shelf->file.problem, "Not a regular file");
    herd_index_file_finish(&shelf->file);
    assert_int_equal(herd_index_file_open(&shelf->file, "/dev/zero"), -EMEDIUMTYPE);
    assert_string_equal(shelf->file.problem, "Not a regular file");
    herd_index_file_finish(&shelf->file);
    assert_int_equal(herd_index_file_open(&shelf->file, shelf->folder), -EISDIR);
    assert_string_equal(shelf->file.problem, "Is a directory");
}

static void expect_news(struct shelf *shelf, enum herd_index_file_news news)
{
    assert_true(herd_index_file_look(&shelf->file));
    assert_int_equal(shelf->file.news, news);
    assert_false(herd_index_file_look(&shelf->file)); /* told once */
}

static void tells_what_is_new(void **state)
{
    struct shelf *shelf = *state;
    open_file(shelf);
    assert_int_equal(read_file(shelf), 0);
    assert_int_equal(rename(shelf->path, shelf->other), 0);
    expect_news(shelf, HERD_INDEX_FILE_GONE);
    assert_int_equal(rename(shelf->other, shelf->path), 0);
    expect_news(shelf, HERD_INDEX_FILE_SAME);
    write_file(shelf->other, shelf->fixture.memory, shelf->fixture.length, 0);
    assert_int_equal(rename(shelf->other, shelf->path), 0);
    expect_news(shelf, HERD_INDEX_FILE_CHANGED);
    assert_int_equal(truncate(shelf->path, 3), 0);
    assert_false(herd_index_file_look(&shelf->file));
    assert_int_equal(unlink(shelf->path), 0);
    expect_news(shelf, HERD_INDEX_FILE_GONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_read_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_shows_through, setup, teardown),
        cmocka_unit_test_setup_teardown(changes_while_it_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(reading_is_given_up, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_index, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_file, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_what_is_new, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
