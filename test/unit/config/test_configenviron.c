/* SPDX-License-Identifier: MIT */
/* HERD_* variables go over the file. */
#include "../../../src/config/local.h"
#include "fixture.h"

static const struct {
    const char *variable, *value;
    int code;
    const char *messages;
} table[] = {
    {"HERD_LIMITS_CLIENTS_MAX", "0", EX_CONFIG,
     "HERD_LIMITS_CLIENTS_MAX must be a whole number from 1 to 100000000, not \"0\"\n"},
    {"HERD_LIMITS_CLIENTS_MAX", "1", 0, ""},
    {"HERD_LIMITS_CLIENTS_MAX", "100000000", 0, ""},
    {"HERD_LIMITS_CLIENTS_MAX", "100000001", EX_CONFIG,
     "HERD_LIMITS_CLIENTS_MAX must be a whole number from 1 to 100000000, not \"100000001\"\n"},
    {"HERD_LIMITS_CLIENTS_MAX", "4294967297", EX_CONFIG,
     "HERD_LIMITS_CLIENTS_MAX must be a whole number from 1 to 100000000, not \"4294967297\"\n"},
    {"HERD_LIMITS_CLIENTS_MAX", "99999999999999999999", EX_CONFIG,
     "HERD_LIMITS_CLIENTS_MAX must be a whole number from 1 to 100000000, not \"99999999999999999999\"\n"},
    {"HERD_LIMITS_CLIENTS_MAX", "-1", EX_CONFIG,
     "HERD_LIMITS_CLIENTS_MAX must be a whole number from 1 to 100000000, not \"-1\"\n"},
    {"HERD_LIMITS_CLIENTS_MAX", " 1", EX_CONFIG,
     "HERD_LIMITS_CLIENTS_MAX must be a whole number from 1 to 100000000, not \" 1\"\n"},
    {"HERD_LOG_WIRE", "true", 0, ""},
    {"HERD_LOG_WIRE", "0", 0, ""},
    {"HERD_LOG_WIRE", "yes", EX_CONFIG, "HERD_LOG_WIRE must be true or false, not \"yes\"\n"},
    {"HERD_LOG_LEVEL", "debug", 0, ""},
    {"HERD_LOG_LEVEL", "loud\n", EX_CONFIG,
     "HERD_LOG_LEVEL must be one of \"error\", \"warning\", \"info\", \"debug\", not \"loud\\x0a\"\n"},
    {"HERD_LOG_LEVEL", "", 0, ""}, /* as good as none */
    {"HERD_HERD", "a b", EX_CONFIG,
     "HERD_HERD must be a name: 1 to 64 of letters, digits, \".\", \"_\" and \"-\", not \"a b\"\n"},
    {"HERD_JOURNAL_DURABILITY", "synced", 0, ""},
    {"HERD_PLACES_LOCAL_RANK", "distance", 0, ""},
    {"HERD_PLACES_GOOGLE_URL", "http://192.0.2.1/", 0,
     "HERD_PLACES_GOOGLE_URL: warning: places.google.url: clients' places and the key travel unencrypted over "
     "http://\n"},
    {"HERD_LIMITS_OUTPUT_RESUME_BYTES", "65536", EX_CONFIG,
     "HERD_LIMITS_OUTPUT_RESUME_BYTES: limits.output_resume_bytes must be less than limits.output_pause_bytes, which "
     "is 65536\n"},
    {"HERD_CONFIG", "/none", 0, ""},
    {"HERD_TEST_ANYTHING", "x", 0, ""},
    {"HERDING", "x", 0, ""},
    {"HERD_LOG_LEVLE", "debug", 0,
     "warning: unknown environment variable \"HERD_LOG_LEVLE\" (did you mean \"HERD_LOG_LEVEL\"?)\n"},
    {"HERD_CONFG", "x", 0, "warning: unknown environment variable \"HERD_CONFG\" (did you mean \"HERD_CONFIG\"?)\n"},
    {"HERD_SOMETHING_ELSE_ENTIRELY", "x", 0,
     "warning: unknown environment variable \"HERD_SOMETHING_ELSE_ENTIRELY\"\n"},
    {"HERD_PLACES_PROVIDERS", "local", 0,
     "warning: HERD_PLACES_PROVIDERS is not used: only the file can set places.providers\n"},
    {"HERD_SERVERS_NAME", "x", 0, "warning: HERD_SERVERS_NAME is not used: only the file can set servers.name\n"},
    {"HERD_LOG", "x", 0, "warning: HERD_LOG is not used: only the file can set log\n"},
};

static void variables_are_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        setenv(table[i].variable, table[i].value, 1);
        expect(ONE, table[i].code, table[i].messages);
        struct loaded builtin = load(NULL);
        assert_int_equal(builtin.code, table[i].code);
        assert_string_equal(builtin.messages, table[i].messages);
        unload(&builtin);
        unsetenv(table[i].variable);
    }
}

static void variables_go_over_the_file(void **state)
{
    (void)state;
    setenv("HERD_LOG_LEVEL", "debug", 1);
    setenv("HERD_LOG_WIRE", "false", 1);
    setenv("HERD_SECRET_FILE", "/from/environment", 1);
    setenv("HERD_JOURNAL_DURABILITY", "none", 1);
    setenv("HERD_LIMITS_DRAIN_TIMEOUT_MS", "3500", 1);
    struct loaded loaded = load_text(TWO "log = { level = \"error\"; wire = true; }; secret_file = \"/from/file\";"
                                         "protocol = { ttl_s = 9; };");
    assert_string_equal(loaded.messages, "");
    assert_string_equal(loaded.config.log.level, "debug");
    assert_false(loaded.config.log.wire);
    assert_string_equal(loaded.config.secret_file, "/from/environment");
    assert_int_equal(loaded.config.journal.durability, HERD_DURABILITY_NONE);
    assert_int_equal(loaded.config.limits.drain_timeout_ms, 3500);
    assert_int_equal(loaded.config.protocol.ttl_s, 9);
    unload(&loaded);
    unsetenv("HERD_LOG_LEVEL");
    unsetenv("HERD_LOG_WIRE");
    unsetenv("HERD_SECRET_FILE");
    unsetenv("HERD_JOURNAL_DURABILITY");
    unsetenv("HERD_LIMITS_DRAIN_TIMEOUT_MS");
}

static void the_path_may_come_from_the_environment(void **state)
{
    (void)state;
    const char *installed = access("/etc/herd/herd.conf", F_OK) == 0 ? "/etc/herd/herd.conf" : NULL;
    const char *without = herd_config_default_path();
    assert_true(installed == NULL ? without == NULL : strcmp(without, installed) == 0);
    setenv("HERD_CONFIG", "/some/where", 1);
    assert_string_equal(herd_config_default_path(), "/some/where");
    setenv("HERD_CONFIG", "", 1);
    without = herd_config_default_path();
    assert_true(installed == NULL ? without == NULL : strcmp(without, installed) == 0);
    unsetenv("HERD_CONFIG");
}

/* What is there and cannot be read is not the same as nothing: loading it tells why. */
static void only_what_is_not_there_means_the_built_in_herd(void **state)
{
    (void)state;
    write_bytes("file", "", 0);
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_null(config_if_there("nothing"));
    assert_null(config_if_there("nothing/herd.conf"));
    assert_null(config_if_there("file/herd.conf"));
    assert_string_equal(config_if_there("file"), "file");
    assert_string_equal(config_if_there("loop"), "loop");
    assert_int_equal(symlink("nothing", "dangling"), 0);
    assert_string_equal(config_if_there("dangling"), "dangling");
    assert_string_equal(config_if_there("loop/herd.conf"), "loop/herd.conf");
    struct loaded loaded = load("loop/herd.conf");
    assert_int_equal(loaded.code, EX_NOINPUT);
    assert_string_equal(loaded.messages, "loop/herd.conf: Too many levels of symbolic links\n");
    unload(&loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(variables_are_checked, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(variables_go_over_the_file, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(the_path_may_come_from_the_environment, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(only_what_is_not_there_means_the_built_in_herd, enter_directory,
                                        leave_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
