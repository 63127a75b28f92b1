/* SPDX-License-Identifier: MIT */
/* Whether the servers of `herd up` may go over to another file, and how what happens to them is said. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../../src/tool/local.h"
#include "../ownfolder.h"

#define SERVER(name, port)                                                                                             \
    "{ name = \"" name "\"; clients = \"127.0.0.1:1" port "\"; peers = \"127.0.0.1:2" port "\"; }"
#define EIGHT                                                                                                          \
    "servers = (" SERVER("A", "1") "," SERVER("B", "2") "," SERVER("C", "3") "," SERVER("D", "4") "," SERVER(          \
        "E", "5") "," SERVER("F", "6") "," SERVER("G", "7") "," SERVER("H", "8") ");\n"
#define CHAIN "[\"A\",\"B\"], [\"B\",\"C\"], [\"C\",\"D\"], [\"D\",\"E\"], [\"E\",\"F\"], [\"F\",\"G\"], [\"G\",\"H\"]"

static struct herd_config load(const char *text)
{
    char folder[OWN_FOLDER_SIZE];
    char path[OWN_FOLDER_SIZE + 16];
    struct herd_config config = {0};

    assert_true(own_folder(folder, "upreload"));
    snprintf(path, sizeof path, "%s/herd.conf", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    int code = herd_config_load(path, stderr, &config);
    unlink(path);
    rmdir(folder);
    assert_int_equal(code, 0);
    return config;
}

/* Requires the code, and the words in what is told. */
static struct herd_config_change compare(const char *running, const char *next, int code, const char *words)
{
    struct herd_config before = load(running);
    struct herd_config after = load(next);
    struct herd_config_change change;
    char *told = NULL;
    size_t size = 0;
    FILE *messages = open_memstream(&told, &size);

    assert_non_null(messages);
    assert_int_equal(up_compare(&before, &after, messages, &change), code);
    fclose(messages);
    if (strstr(told, words) == NULL) fail_msg("%s", told);
    if (code == 0) assert_string_equal(told, "");
    free(told);
    herd_config_finish(&before);
    herd_config_finish(&after);
    return change;
}

static void servers_come_and_go(void **state)
{
    struct herd_config_change change;

    (void)state;
    change = compare("servers = (" SERVER("A", "1") "," SERVER("B", "2") "); links = ([\"A\",\"B\"]);",
                     "servers = (" SERVER("C", "3") "," SERVER("B", "2") "); links = ([\"C\",\"B\"]);", 0, "");
    assert_int_equal(change.came_count, 1);
    assert_int_equal(change.came[0], 0);
    assert_int_equal(change.went_count, 1);
    assert_int_equal(change.went[0], 0);
}

static void what_one_server_would_refuse_is_told_to_none(void **state)
{
    (void)state;
    compare("servers = (" SERVER("A", "1") ");", "herd = \"x\"; servers = (" SERVER("A", "1") ");", EX_CONFIG,
            "herd cannot change while the server runs (it is \"herd\")");
    compare(EIGHT "links = (" CHAIN ");", EIGHT "links = (" CHAIN ", [\"H\",\"A\"], [\"H\",\"B\"], [\"H\",\"C\"]);", 0,
            "");
    compare(EIGHT "links = (" CHAIN ");",
            EIGHT "links = (" CHAIN ", [\"H\",\"A\"], [\"H\",\"B\"], [\"H\",\"C\"], [\"H\",\"D\"], [\"H\",\"E\"]);",
            EX_CONFIG, "H has 6 neighbours, and has room for no more than 5");
}

static void ends_are_said_as_shells_have_them(void **state)
{
    char text[40];

    (void)state;
    assert_int_equal(up_code(3 << 8), 3);
    assert_string_equal(up_describe(3 << 8, text, sizeof text), "exit code 3");
    assert_int_equal(up_code(SIGKILL), 137);
    assert_string_equal(up_describe(SIGKILL, text, sizeof text), "killed by signal 9");
    assert_string_equal(up_count(1, text, sizeof text), "one server");
    assert_string_equal(up_count(12, text, sizeof text), "twelve servers");
    assert_string_equal(up_count(13, text, sizeof text), "13 servers");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_come_and_go),
        cmocka_unit_test(what_one_server_would_refuse_is_told_to_none),
        cmocka_unit_test(ends_are_said_as_shells_have_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
