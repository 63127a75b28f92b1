/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEST_CONFIG_FIXTURE_H
#define HERD_TEST_CONFIG_FIXTURE_H

/*
 * What the tests of the configuration share: a directory of their own, which
 * is also the current one, so that messages name files as the tests do; texts
 * loaded as herd.conf; what was told, as a string.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include "herd/config.h"
#include "herd/memory.h"

#include "../ownfolder.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One server and two servers with their link, each on one line. */
#define ONE "servers = ( { name = \"A\"; clients = \"127.0.0.1:1\"; peers = \"127.0.0.1:2\"; } );\n"
#define TWO                                                                                                            \
    "servers = ( { name = \"A\"; clients = \"127.0.0.1:1\"; peers = \"127.0.0.1:2\"; },"                               \
    " { name = \"B\"; clients = \"127.0.0.1:3\"; peers = \"127.0.0.1:4\"; } ); links = ( [\"A\", \"B\"] );\n"

struct fixture {
    char start[512]; /* where CTest runs the test */
    char directory[OWN_FOLDER_SIZE];
};

struct loaded {
    int code;
    struct herd_config config; /* zeroed where code is not 0 */
    char *messages;            /* free(3) */
};

static inline int enter_directory(void **state)
{
    static struct fixture fixture;
    assert_non_null(getcwd(fixture.start, sizeof(fixture.start)));
    assert_true(own_folder(fixture.directory, "config"));
    assert_int_equal(chdir(fixture.directory), 0);
    *state = &fixture;
    return 0;
}

static inline int leave_directory(void **state)
{
    const struct fixture *fixture = *state;
    assert_int_equal(chdir(fixture->start), 0);
    char command[640];
    snprintf(command, sizeof(command), "rm -rf -- '%s'", fixture->directory);
    return system(command);
}

/* A file system that is careful waits for the disk where a file is cut and written anew; a new file waits for nothing.
 */
static inline void write_bytes(const char *path, const char *bytes, size_t length)
{
    unlink(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static inline struct loaded load(const char *path)
{
    struct loaded loaded = {0};
    size_t size = 0;
    FILE *messages = open_memstream(&loaded.messages, &size);
    assert_non_null(messages);
    loaded.code = herd_config_load(path, messages, &loaded.config);
    assert_int_equal(fclose(messages), 0);
    return loaded;
}

static inline struct loaded load_text(const char *text)
{
    write_bytes("herd.conf", text, strlen(text));
    return load("herd.conf");
}

static inline void unload(struct loaded *loaded)
{
    herd_config_finish(&loaded->config);
    free(loaded->messages);
}

/* Loads the text and requires exactly this code and these messages. */
static inline void expect(const char *text, int code, const char *messages)
{
    struct loaded loaded = load_text(text);
    if (loaded.code != code || strcmp(loaded.messages, messages) != 0) {
        fail_msg("for\n%s\nexpected %d\n%s\ngot %d\n%s", text, code, messages, loaded.code, loaded.messages);
    }
    unload(&loaded);
}

/* The dump of a configuration; free(3). */
static inline char *dump(const struct herd_config *config)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    herd_config_dump(config, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

/* A whole file of the tree, copied by the build to test/config; herd_memory_free. */
static inline char *read_shipped(const struct fixture *fixture, const char *name)
{
    char path[640];
    snprintf(path, sizeof(path), "%s/config/%s", fixture->start, name);
    FILE *file = fopen(path, "r");
    if (file == NULL) fail_msg("no %s: run this test by ctest", path);
    enum { SHIPPED_BYTES_MAX = 256 * 1024 };
    char *text = herd_memory_allocate(SHIPPED_BYTES_MAX);
    size_t length = fread(text, 1, SHIPPED_BYTES_MAX - 1, file);
    assert_true(length > 0 && length < SHIPPED_BYTES_MAX - 1);
    text[length] = '\0';
    fclose(file);
    return text;
}

#endif
