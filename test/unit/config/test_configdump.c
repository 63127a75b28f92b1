/* SPDX-License-Identifier: MIT */
/* What is dumped can be loaded again and is the same. */
#include "fixture.h"

/* Loads a text, dumps it, loads the dump: the second dump is the first, and whole. */
static void goes_round(const char *text)
{
    struct loaded first = load_text(text);
    if (first.code != 0) fail_msg("%s", first.messages);
    char *first_dump = dump(&first.config);
    struct loaded second = load_text(first_dump);
    if (second.code != 0) fail_msg("%s%s", second.messages, first_dump);
    char *second_dump = dump(&second.config);
    assert_string_equal(second_dump, first_dump);
    assert_int_equal(second.config.server_count, first.config.server_count);
    assert_int_equal(second.config.link_count, first.config.link_count);
    assert_memory_equal(&second.config.limits, &first.config.limits, sizeof(first.config.limits));
    if (first.config.log.directory != NULL)
        assert_string_equal(second.config.log.directory, first.config.log.directory);
    unload(&first);
    unload(&second);
    free(first_dump);
    free(second_dump);
}

static const char *const texts[] = {
    ONE,
    TWO,
    TWO "log = { directory = \"/a \\\"quoted\\\" \\\\ back\\\\slash\"; level = \"error\"; wire = false; };",
    TWO "log = { directory = \"\\n\\t\\x01\\x7f\\x1b[2J\"; };",
    TWO "log = { directory = \"na\xc3\xafve \xe2\x82\xac \xf0\x9f\x90\x84\"; };",
    TWO "log = { directory = \"\xff\xc3(\xc2\x9b malformed\"; };",
    TWO "log = { directory = \"\\x41B\\xc3\\xa9\"; };",
    TWO "secret_file = \"\\\\\"; herd = \"-._\";",
    TWO "places = { local = { indexes = [\"a\", \"b \\\"\"]; rank = \"distance\"; }; };",
    TWO "places = { providers = [\"overpass\", \"local\"]; overpass = { url = \"http://127.0.0.1/\"; }; };",
    TWO "protocol = { close_after_reply = true; ttl_s = 2000000000; };",
    TWO "journal = { durability = \"synced\"; directory = \"j\"; };",
    TWO "limits = { output_pause_bytes = 1073741824; output_resume_bytes = 0; };",
    ("servers = ( { name = \"A\"; clients = \"[::1]:1\"; peers = \"192.0.2.1:2\"; clients_listen = \"[::]:1\";"
     " peers_listen = \"0.0.0.0:2\"; clients_tls = \"[::]:3\"; peer_source = \"192.0.2.1\"; web = \"127.0.0.1:4\"; } "
     ");"),
};

static void dumps_go_round(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        goes_round(texts[i]);
}

static void long_strings_go_round(void **state)
{
    (void)state;
    enum { LENGTH = 3000 };
    char directory[LENGTH + 1];
    memset(directory, '\x02', LENGTH); /* each one becomes four bytes */
    directory[LENGTH] = '\0';
    char *text = herd_memory_allocate(LENGTH + 1024);
    snprintf(text, LENGTH + 1024, TWO "log = { directory = \"%s\"; };", directory);
    goes_round(text);
    herd_memory_free(text);
}

static void strings_look_as_people_write_them(void **state)
{
    (void)state;
    struct loaded loaded = load_text(TWO "log = { directory = \"a\\\"b\\\\c\xc3\xa9\\x1b\"; };");
    char *text = dump(&loaded.config);
    assert_non_null(strstr(text, "    directory = \"a\\\"b\\\\c\xc3\xa9\\x1b\";\n"));
    unload(&loaded);
    free(text);
}

static void the_builtin_herd_goes_round(void **state)
{
    (void)state;
    struct loaded loaded = load(NULL);
    char *text = dump(&loaded.config);
    goes_round(text);
    unload(&loaded);
    free(text);
}

/* The file that is installed as an example is the built-in herd. */
static void the_example_is_the_builtin_herd(void **state)
{
    char *example = read_shipped(*state, "herd.conf.example");
    struct loaded shipped = load_text(example);
    assert_string_equal(shipped.messages, "");
    struct loaded builtin = load(NULL);
    char *shipped_dump = dump(&shipped.config);
    char *builtin_dump = dump(&builtin.config);
    assert_string_equal(shipped_dump, builtin_dump);
    free(shipped_dump);
    free(builtin_dump);
    unload(&shipped);
    unload(&builtin);
    herd_memory_free(example);
}

/* With the commented options made real it loads too, and differs only where it says that it is an example. */
static void the_example_with_all_options_loads(void **state)
{
    char *example = read_shipped(*state, "herd.conf.example");
    char *all = herd_memory_allocate(strlen(example) + 1);
    char *to = all;
    for (const char *line = example; *line != '\0';) {
        size_t length = strcspn(line, "\n") + 1;
        size_t indent = strspn(line, " ");
        bool option = strncmp(line + indent, "# ", 2) == 0 && line[indent + 2] >= 'a' && line[indent + 2] <= 'z';
        size_t name = option ? strspn(line + indent + 2, "abcdefghijklmnopqrstuvwxyz_") : 0;
        option = option && strncmp(line + indent + 2 + name, " = ", 3) == 0;
        bool real_example = strstr(line, "an example") != NULL && strstr(line, "an example") < line + length;
        size_t skip = option && !real_example ? indent + 2 : 0;
        memcpy(to, line + skip, length - skip);
        to += length - skip;
        line += length;
    }
    *to = '\0';
    assert_non_null(strstr(all, "\ndrain_timeout_ms = 3000;"));
    struct loaded shipped = load_text(all);
    if (shipped.code != 0) fail_msg("%s", shipped.messages);
    struct loaded builtin = load(NULL);
    char *shipped_dump = dump(&shipped.config);
    char *builtin_dump = dump(&builtin.config);
    assert_string_equal(shipped_dump, builtin_dump);
    free(shipped_dump);
    free(builtin_dump);
    unload(&shipped);
    unload(&builtin);
    herd_memory_free(example);
    herd_memory_free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(dumps_go_round, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(long_strings_go_round, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(strings_look_as_people_write_them, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(the_builtin_herd_goes_round, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(the_example_is_the_builtin_herd, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(the_example_with_all_options_loads, enter_directory, leave_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
