/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEST_LOGFIXTURE_H
#define HERD_TEST_LOGFIXTURE_H

/* A log in a directory of its own, for the tests of the log. Each test program includes it once. */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "herd/buffer.h"
#include "herd/clock.h"
#include "herd/log.h"

#include "../ownfolder.h"

struct world {
    char directory[OWN_FOLDER_SIZE];
    char path[OWN_FOLDER_SIZE + 16];
    int stderr_before;
    struct herd_buffer text;
};

static inline int setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    if (world == NULL) return -1;
    if (!own_folder(world->directory, "test-log")) return -1;
    snprintf(world->path, sizeof(world->path), "%s/log", world->directory);
    world->stderr_before = -1;
    *state = world;
    return 0;
}

static inline int teardown(void **state)
{
    struct world *world = *state;
    char old[sizeof world->path];
    herd_log_close();
    snprintf(old, sizeof(old), "%s/old", world->directory);
    unlink(old);
    unlink(world->path);
    rmdir(world->directory);
    herd_buffer_finish(&world->text);
    free(world);
    return 0;
}

/* Standard error becomes `fd` until restore_stderr. */
static inline void replace_stderr(struct world *world, int fd)
{
    world->stderr_before = dup(STDERR_FILENO);
    dup2(fd, STDERR_FILENO);
    close(fd);
}

static inline void restore_stderr(struct world *world)
{
    dup2(world->stderr_before, STDERR_FILENO);
    close(world->stderr_before);
}

/* The whole file as a string that lives until the next call. */
static inline const char *read_file(struct world *world, const char *path)
{
    herd_buffer_clear(&world->text);
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t got;
    do {
        char *at = herd_buffer_reserve(&world->text, 65536);
        got = read(fd, at, 65536);
        if (got > 0) herd_buffer_commit(&world->text, (size_t)got);
    } while (got > 0);
    close(fd);
    herd_buffer_append_byte(&world->text, '\0');
    return herd_buffer_text(&world->text).bytes;
}

static inline unsigned count_of(const char *text, const char *word)
{
    unsigned count = 0;
    for (; (text = strstr(text, word)) != NULL; text++)
        count++;
    return count;
}

static inline void open_file_log(struct world *world, enum herd_log_level level, bool wire, size_t memory_max)
{
    struct herd_log_options options = {.server = "Goloman",
                                       .path = world->path,
                                       .level = level,
                                       .wire = wire,
                                       .memory_max = memory_max,
                                       HERD_LOG_DEFAULTS};
    assert_int_equal(herd_log_open(&options), 0);
}

static inline void wire_lines(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct herd_log_event event;
        herd_log_begin_wire(&event, "out");
        herd_log_number(&event, "i", i);
        herd_log_end(&event);
    }
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
