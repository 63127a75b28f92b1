/* SPDX-License-Identifier: MIT */
/* The secret as a value: read and checked, all faults told, nothing put in force. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../../src/server/local.h"
#include "../ownfolder.h"

#define ONE "11111111111111111111111111111111\n"
#define TWO "22222222222222222222222222222222\n"

struct folder {
    char path[OWN_FOLDER_SIZE];
    char secret[OWN_FOLDER_SIZE + 16]; /* named so that it can be a credential, too */
    struct herd_config config;
};

static int make_folder(void **state)
{
    static struct folder folder;

    if (!own_folder(folder.path, "secret")) return -1;
    snprintf(folder.secret, sizeof folder.secret, "%s/secret", folder.path);
    folder.config.secret_file = folder.secret;
    unsetenv("CREDENTIALS_DIRECTORY");
    *state = &folder;
    return 0;
}

static int remove_folder(void **state)
{
    struct folder *folder = *state;

    unlink(folder->secret);
    return rmdir(folder->path);
}

static void put(const struct folder *folder, const char *text, mode_t mode)
{
    FILE *file = fopen(folder->secret, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(folder->secret, mode), 0);
}

/* Loads; requires the code, and each of the words in what is told. */
static struct herd_keys load(const struct herd_config *config, int code, const char *first, const char *second)
{
    struct herd_messages messages;
    struct herd_keys keys = {.count = 77};

    herd_messages_begin(&messages);
    assert_int_equal(secret_load(config, messages.out, &keys), code);
    fclose(messages.out);
    if (first == NULL) assert_int_equal(messages.size, 0);
    if (first != NULL && strstr(messages.bytes, first) == NULL) fail_msg("%s", messages.bytes);
    if (second != NULL && strstr(messages.bytes, second) == NULL) fail_msg("%s", messages.bytes);
    if (code != 0) assert_int_equal(keys.count, 77); /* untouched */
    free(messages.bytes);
    return keys;
}

static void secrets_become_keys(void **state)
{
    struct folder *folder = *state;
    struct herd_keys both;
    struct herd_keys one;

    put(folder, ONE "\n" TWO, 0600);
    both = load(&folder->config, 0, NULL, NULL);
    put(folder, ONE, 0600);
    one = load(&folder->config, 0, NULL, NULL);
    assert_int_equal(both.count, 2);
    assert_int_equal(one.count, 1);
    assert_memory_equal(both.keys[0], one.keys[0], HERD_KEY_BYTES);
    assert_memory_not_equal(both.keys[1], one.keys[0], HERD_KEY_BYTES);
}

static void no_secret_is_a_value_too(void **state)
{
    struct herd_config config = {0};

    (void)state;
    assert_int_equal(load(&config, 0, NULL, NULL).count, 0);
}

static void every_bad_line_is_told(void **state)
{
    struct folder *folder = *state;

    put(folder, "short\n" ONE "shorter\n", 0600);
    load(&folder->config, EX_CONFIG, "line 1 has 5 bytes", "line 3 has 7 bytes");
    put(folder, ONE TWO ONE "short\n", 0600);
    load(&folder->config, EX_CONFIG, "line 3 is one secret too many", "line 4 has 5 bytes");
}

static void files_that_are_none_are_told(void **state)
{
    struct folder *folder = *state;

    load(&folder->config, EX_NOINPUT, folder->secret, "No such file");
    put(folder, "\n\r\n", 0600);
    load(&folder->config, EX_CONFIG, "no secret is in it", NULL);
    put(folder, ONE, 0640);
    load(&folder->config, EX_NOPERM, "others may use this file (mode 0640)", NULL);
    unlink(folder->secret);
    assert_int_equal(mkfifo(folder->secret, 0600), 0);
    load(&folder->config, EX_NOINPUT, folder->secret, NULL);
}

/* Whether a reload from one to the other is told that a credential stays. */
static bool outlasted(const struct herd_config *running, const struct herd_config *next)
{
    struct herd_messages messages;
    bool told;

    herd_messages_begin(&messages);
    secret_compare(running, next, messages.out);
    fflush(messages.out);
    told = messages.size > 0;
    herd_messages_drop(&messages);
    return told;
}

/* Systemd's goes over the file, whatever its mode; an empty one does not. That it stays is told where it matters. */
static void a_credential_wins(void **state)
{
    struct folder *folder = *state;
    struct herd_config config = {.secret_file = (char[]){"/there/is/none"}};
    struct herd_config other = {.secret_file = (char[]){"/there/is/another"}};

    assert_false(outlasted(&config, &other));
    setenv("CREDENTIALS_DIRECTORY", folder->path, 1);
    assert_false(outlasted(&config, &other));
    put(folder, ONE, 0644);
    assert_true(outlasted(&config, &other));
    assert_false(outlasted(&config, &config));
    assert_int_equal(load(&config, 0, NULL, NULL).count, 1);
    put(folder, "", 0600);
    assert_false(outlasted(&config, &other));
    load(&config, EX_NOINPUT, "/there/is/none", NULL);
}

#define SECRET_TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SECRET_TEST(secrets_become_keys),    SECRET_TEST(no_secret_is_a_value_too),
        SECRET_TEST(every_bad_line_is_told), SECRET_TEST(files_that_are_none_are_told),
        SECRET_TEST(a_credential_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
