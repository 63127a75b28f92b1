/* SPDX-License-Identifier: MIT */
/* Files in, values or messages out. Every message is compared to the letter, with its file and line. */
#include "fixture.h"

#include <arpa/inet.h>

static const struct {
    const char *text, *messages;
} bad[] = {
    {"", "herd.conf: missing required key \"servers\"\n"},
    {"servers = 5;", "herd.conf:1: servers must be a list of groups ( { ... }, { ... } )\n"},
    {"servers = { };", "herd.conf:1: servers must be a list of groups ( { ... }, { ... } )\n"},
    {"servers = ( );", "herd.conf:1: servers is empty\n"},
    {"\nservers = (\n5,\n\"x\" );", "herd.conf:3: servers[0] must be a group { name = \"...\"; ... }\n"
                                    "herd.conf:4: servers[1] must be a group { name = \"...\"; ... }\n"},
    {"servers = ( { } );", "herd.conf:1: missing required key \"name\" in servers[0]\n"
                           "herd.conf:1: missing required key \"clients\" in servers[0]\n"
                           "herd.conf:1: missing required key \"peers\" in servers[0]\n"},
    {"servers = (\n{ name = \"A\"; clients = \"127.0.0.1:1\";\npeers = \"127.0.0.1:2\";\npears = \"\"; } );",
     "herd.conf:4: unknown key \"pears\" in servers[0] (did you mean \"peers\"?)\n"},
    {"servers = (\n{ name = \"A B\"; clients = \"localhost:1\";\npeers = \"127.0.0.1\"; web = \"127.0.0.1:0\"; } );",
     "herd.conf:2: servers[0].name must be a name: 1 to 64 of letters, digits, \".\", \"_\" and \"-\", not \"A B\"\n"
     "herd.conf:2: servers[0].clients must be a literal address and a port from 1 to 65535 such as "
     "\"127.0.0.1:12001\" or \"[::1]:12001\", not \"localhost:1\"\n"
     "herd.conf:3: servers[0].peers must be a literal address and a port from 1 to 65535 such as "
     "\"127.0.0.1:12001\" or \"[::1]:12001\", not \"127.0.0.1\"\n"
     "herd.conf:3: servers[0].web must be a literal address and a port from 1 to 65535 such as "
     "\"127.0.0.1:12001\" or \"[::1]:12001\", not \"127.0.0.1:0\"\n"},
    {ONE "links = 5;", "herd.conf:2: links must be a list of pairs of names ( [\"A\", \"B\"], ... )\n"},
    {TWO "xx = 1;", "herd.conf:2: unknown key \"xx\"\n"},
    {TWO "sevrers = 1;", "herd.conf:2: unknown key \"sevrers\" (did you mean \"servers\"?)\n"},
    {TWO "log = { wires = true; };", "herd.conf:2: unknown key \"wires\" in log (did you mean \"wire\"?)\n"},
    {TWO "log = 5;", "herd.conf:2: log must be a group { ... }\n"},
    {TWO "places = { local = { rnak = \"\"; }; };",
     "herd.conf:2: unknown key \"rnak\" in places.local (did you mean \"rank\"?)\n"},
    {TWO "log = { wire = 1; };", "herd.conf:2: log.wire must be true or false\n"},
    {TWO "log = { wire = \"true\"; };", "herd.conf:2: log.wire must be true or false, not \"true\"\n"},
    {TWO "log = {\n level = \"inf\";\n};",
     "herd.conf:3: log.level must be one of \"error\", \"warning\", \"info\", \"debug\", not \"inf\" (did you mean "
     "\"info\"?)\n"},
    {TWO "log = { level = 3; };",
     "herd.conf:2: log.level must be one of \"error\", \"warning\", \"info\", \"debug\"\n"},
    {TWO "log = { directory = \"\"; };",
     "herd.conf:2: log.directory must be the name of a file or directory in quotes, not \"\"\n"},
    {TWO "journal = { durability = \"written \"; };",
     "herd.conf:2: journal.durability must be one of \"none\", \"written\", \"synced\", not \"written \" (did you mean "
     "\"written\"?)\n"},
    {TWO "limits = { clients_max = 0; };",
     "herd.conf:2: limits.clients_max must be a whole number from 1 to 100000000\n"},
    {TWO "limits = { clients_max = 100000001; };",
     "herd.conf:2: limits.clients_max must be a whole number from 1 to 100000000\n"},
    {TWO "limits = { clients_max = -1L; };",
     "herd.conf:2: limits.clients_max must be a whole number from 1 to 100000000\n"},
    {TWO "limits = { clients_max = 1.5; };",
     "herd.conf:2: limits.clients_max must be a whole number from 1 to 100000000\n"},
    {TWO "limits = { clients_max = \"5\"; };",
     "herd.conf:2: limits.clients_max must be a whole number from 1 to 100000000, not \"5\"\n"},
    {TWO "limits = { clients_max = [5]; };",
     "herd.conf:2: limits.clients_max must be a whole number from 1 to 100000000\n"},
    {TWO "places = { providers = \"local\"; };",
     "herd.conf:2: places.providers must be a list of different ones of \"local\", \"google\", \"google_legacy\", "
     "\"overpass\"\n"},
    {TWO "places = { providers = [\"local\", \"goggle\"]; };",
     "herd.conf:2: places.providers must be a list of different ones of \"local\", \"google\", \"google_legacy\", "
     "\"overpass\", not \"goggle\" (did you mean \"google\"?)\n"},
    {TWO "places = { providers = [\"local\", \"local\"]; };",
     "herd.conf:2: places.providers must be a list of different ones of \"local\", \"google\", \"google_legacy\", "
     "\"overpass\"\n"},
    {TWO "places = { local = { indexes = (1, 2); }; };",
     "herd.conf:2: places.local.indexes must be a list of names of files in quotes\n"},
    {TWO "places = { google = { url = \"ftp://x\"; }; };",
     "herd.conf:2: places.google.url must be an https:// or http:// address without blanks, \"?\", \"#\" or \"@\", "
     "not \"ftp://x\"\n"},
    /* strangers' bytes in messages are escaped */
    {TWO "herd = \"a\x1b[2J\";",
     "herd.conf:2: herd must be a name: 1 to 64 of letters, digits, \".\", \"_\" and \"-\", not \"a\\x1b[2J\"\n"},
    /* what libconfig would take wrongly without a word */
    {TWO "limits = {\nclients_max = 5000000000; };",
     "herd.conf:3: 5000000000 does not fit in 32 bits: write 5000000000L\n"
     "herd.conf:3: limits.clients_max must be a whole number from 1 to 100000000\n"},
    {TWO "protocol = { ttl_s = 2147483648; };",
     "herd.conf:2: 2147483648 does not fit in 32 bits: write 2147483648L\n"
     "herd.conf:2: protocol.ttl_s must be a whole number from 0 to 2000000000\n"},
    {TWO "protocol = { ttl_s = 0x100000001; };", "herd.conf:2: 0x100000001 does not fit in 32 bits: write "
                                                 "0x100000001L\nherd.conf:2: protocol.ttl_s must be a whole number "
                                                 "from 0 to 2000000000\n"},
    {TWO "protocol = { ttl_s = 99999999999999999999; };",
     "herd.conf:2: 99999999999999999999 does not fit in 64 bits\n"
     "herd.conf:2: protocol.ttl_s must be a whole number from 0 to 2000000000\n"},
    {TWO "/* never\nclosed", "herd.conf:2: this comment is not closed\n"},
    {TWO "herd = \"x", "herd.conf:2: this string is not closed\n"},
    {TWO "herd = \"x\\x00\";", "herd.conf:2: \\x00 in a string\n"},
    {TWO "herd \"x\";",
     "herd.conf:2: a string where a name is expected: is a \"=\", \",\" or quote missing before it?\n"},
    {TWO "herd = 5 \"x\";",
     "herd.conf:2: a string where a name is expected: is a \"=\", \",\" or quote missing before it?\n"},
    {TWO "herd = ;", "herd.conf:2: syntax error at or before: herd = ;\n"},
    {TWO "\n\n  herd = \"x\" }\n", "herd.conf:4: syntax error at or before: herd = \"x\" }\n"},
    {TWO "herd = \"x\";\nherd = \"y\";", "herd.conf:3: duplicate setting name at or before: herd = \"y\";\n"},
    {TWO "herd = \"x\"; log = {", "herd.conf:3: syntax error\n"},
};

static void errors_are_told_with_their_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        expect(bad[i].text, EX_CONFIG, bad[i].messages);
}

static const char *const good[] = {
    ONE,
    TWO,
    TWO "herd = \"x\"; # a comment at the very end",
    TWO "herd : \"a\" \"b\" // two strings are one\n",
    TWO "/* 5000000000 */ // 5000000000\n# 5000000000\nsecret_file = \"5000000000\";",
    TWO "protocol = { ttl_s = 2000000000L; max_future_s = 0x10; };",
    TWO "protocol = { ttl_s = 2000000000, max_future_s = +5 }",
    TWO "places = { providers = (\"local\", \"google\"); google = { key_file = \"k\"; }; };",
    TWO "places = { local = { indexes = [\"a\", \"b\"]; rank = \"distance\"; }; };",
    TWO "limits = { clients_max = 1; line_bytes_max = 1048576; idle_timeout_ms = 0; };",
    TWO "journal = { durability = \"none\"; directory = \"/x y/\\\"z\"; };",
};

static void good_files_say_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        expect(good[i], 0, "");
}

static void values_arrive(void **state)
{
    (void)state;
    struct loaded loaded = load_text(
        "links = ( (\"B\", \"A\") );\n"
        "servers = (\n"
        "  { name = \"A\"; clients = \"192.0.2.1:12001\"; peers = \"127.0.0.1:12101\";\n"
        "    clients_listen = \"0.0.0.0:13001\"; clients_tls = \"[::]:13002\"; peer_source = \"127.0.1.1\"; },\n"
        "  { name = \"B\"; clients = \"[2001:db8::1]:1\"; peers = \"127.0.0.2:12101\";\n"
        "    web = \"[::1]:80\"; peer_source = \"127.0.1.2:0\"; } );\n"
        "herd = \"cows\"; secret_file = \"/s\";\n"
        "protocol = { close_after_reply = TRUE; max_future_s = 3; ttl_s = 4; };\n"
        "places = { providers = [\"google_legacy\", \"local\"]; timeout_ms = 5;\n"
        "  google_legacy = { url = \"http://[::1]:8080/x\"; key_file = \"/k\"; }; };\n"
        "journal = { directory = \"/j\"; durability = \"synced\"; };\n"
        "log = { directory = \"/l\"; level = \"debug\"; wire = false; };\n"
        "limits = { drain_timeout_ms = 7; };\n");
    assert_string_equal(loaded.messages, "");
    assert_int_equal(loaded.code, 0);
    const struct herd_config *config = &loaded.config;
    assert_string_equal(config->source, "herd.conf");
    assert_string_equal(config->herd, "cows");
    assert_int_equal(config->server_count, 2);
    const struct herd_server_config *a = &config->servers[0];
    assert_string_equal(a->clients_listen.text, "0.0.0.0:13001");
    assert_string_equal(a->peers_listen.text, "127.0.0.1:12101");
    assert_string_equal(a->clients_tls.text, "[::]:13002");
    assert_null(a->web.text);
    assert_int_equal(a->line, 3);
    assert_int_equal(a->clients_listen.line, 4);
    assert_string_equal(a->file, "herd.conf");
    const struct sockaddr_in *source = (const struct sockaddr_in *)&a->peer_source.socket;
    assert_int_equal(ntohl(source->sin_addr.s_addr), 0x7f000101);
    assert_int_equal(source->sin_port, 0);
    assert_int_equal(config->servers[1].web.socket.ss_family, AF_INET6);
    assert_int_equal(config->link_count, 1);
    assert_int_equal(config->links[0].a, 1);
    assert_int_equal(config->links[0].b, 0);
    assert_int_equal(config->links[0].line, 1);
    assert_true(config->protocol.close_after_reply);
    assert_int_equal(config->protocol.max_future_s, 3);
    assert_int_equal(config->protocol.ttl_s, 4);
    assert_int_equal(config->places.provider_count, 2);
    assert_string_equal(config->places.providers[0], "google_legacy");
    assert_string_equal(config->places.google_legacy_url, "http://[::1]:8080/x");
    assert_int_equal(config->places.timeout_ms, 5);
    assert_int_equal(config->journal.durability, HERD_DURABILITY_SYNCED);
    assert_string_equal(config->log.level, "debug");
    assert_false(config->log.wire);
    assert_int_equal(config->limits.drain_timeout_ms, 7);
    assert_int_equal(config->limits.line_bytes_max, 8192);
    unload(&loaded);
}

static void includes_are_in_place(void **state)
{
    (void)state;
    assert_int_equal(mkdir("part", 0700), 0);
    write_bytes("part/all.conf", "@include \"two.conf\"\n", 20);
    write_bytes("part/two.conf", TWO, sizeof(TWO) - 1);
    expect("\n@include \"part/all.conf\" herd = \"x\";\n", 0, "");

    static const char wrong[] = "\nlog = {\n  level = \"loud\";\n};\nlimits = { clients_max = 3000000000; };";
    write_bytes("part/wrong.conf", wrong, sizeof(wrong) - 1);
    expect(TWO "# three\n  @include \"part/wrong.conf\" herd = \"a b\";\nx = 5;\n", EX_CONFIG,
           "part/wrong.conf:5: 3000000000 does not fit in 32 bits: write 3000000000L\n"
           "part/wrong.conf:3: log.level must be one of \"error\", \"warning\", \"info\", \"debug\", not \"loud\"\n"
           "part/wrong.conf:5: limits.clients_max must be a whole number from 1 to 100000000\n"
           "herd.conf:3: herd must be a name: 1 to 64 of letters, digits, \".\", \"_\" and \"-\", not \"a b\"\n"
           "herd.conf:4: unknown key \"x\"\n");

    struct loaded loaded = load_text("@include \"part/two.conf\"\n");
    assert_string_equal(loaded.config.servers[0].file, "part/two.conf");
    assert_int_equal(loaded.config.servers[0].line, 1);
    unload(&loaded);
}

static void broken_includes_are_named(void **state)
{
    const struct fixture *fixture = *state;
    expect(TWO "\n@include \"none.conf\"\n@include \"dir\"\n", EX_CONFIG,
           "herd.conf:3: cannot include \"none.conf\": No such file or directory\n"
           "herd.conf:4: cannot include \"dir\": No such file or directory\n");
    assert_int_equal(mkdir("dir", 0700), 0);
    expect(TWO "@include \"dir\"\n", EX_CONFIG, "herd.conf:2: cannot include \"dir\": Is a directory\n");
    char text[700];
    snprintf(text, sizeof(text), TWO "@include \"%s/none\"\n", fixture->directory);
    char messages[700];
    snprintf(messages, sizeof(messages), "herd.conf:2: cannot include \"%s/none\": No such file or directory\n",
             fixture->directory);
    expect(text, EX_CONFIG, messages);
    expect("@include \"herd.conf\"\n", EX_CONFIG,
           "herd.conf:1: cannot include \"herd.conf\": more than 10 includes in each other, or more than 256 files in "
           "all\n");
    expect("@include \"none", EX_CONFIG, "herd.conf:1: this string is not closed\n");
    expect("x = @include \"none\"", EX_CONFIG,
           "herd.conf:1: a string where a name is expected: is a \"=\", \",\" or quote missing before it?\n");
}

static void expect_unreadable(const char *path, const char *messages)
{
    struct loaded loaded = load(path);
    assert_string_equal(loaded.messages, messages);
    assert_int_equal(loaded.code, EX_NOINPUT);
    unload(&loaded);
}

static void unreadable_files_have_their_reason(void **state)
{
    (void)state;
    expect_unreadable("none.conf", "none.conf: No such file or directory\n");
    expect_unreadable(".", ".: Is a directory\n");
    write_bytes("plain", "", 0);
    expect_unreadable("plain/herd.conf", "plain/herd.conf: Not a directory\n");
}

static void texts_with_nul_are_refused(void **state)
{
    (void)state;
    static const char text[] = TWO "herd = \"x\0y\";\n";
    write_bytes("herd.conf", text, sizeof(text) - 1);
    struct loaded loaded = load("herd.conf");
    assert_string_equal(loaded.messages, "herd.conf:2: a NUL byte: this is no text\n");
    assert_int_equal(loaded.code, EX_CONFIG);
    unload(&loaded);
}

static void a_failure_leaves_the_value(void **state)
{
    (void)state;
    struct herd_config config = {.link_count = 77};
    FILE *messages = tmpfile();
    assert_non_null(messages);
    assert_int_equal(herd_config_load("none.conf", messages, &config), EX_NOINPUT);
    write_bytes("herd.conf", "x", 1);
    assert_int_equal(herd_config_load("herd.conf", messages, &config), EX_CONFIG);
    assert_int_equal(config.link_count, 77);
    fclose(messages);
}

static void brackets_are_bounded(void **state)
{
    (void)state;
    char text[sizeof("x = ") + 65];
    memcpy(text, "x = ", 4);
    memset(text + 4, '(', 65);
    text[4 + 65] = '\0';
    expect(text, EX_CONFIG, "herd.conf:1: more than 64 brackets in each other\n");
}

static void a_byte_order_mark_is_skipped(void **state)
{
    (void)state;
    struct loaded loaded = load_text("\xef\xbb\xbf" ONE);
    assert_int_equal(loaded.code, 0);
    assert_string_equal(loaded.messages, "");
    unload(&loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(errors_are_told_with_their_line, enter_directory, leave_directory),
        cmocka_unit_test(a_byte_order_mark_is_skipped),
        cmocka_unit_test_setup_teardown(good_files_say_nothing, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(values_arrive, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(includes_are_in_place, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(broken_includes_are_named, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(unreadable_files_have_their_reason, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(texts_with_nul_are_refused, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(a_failure_leaves_the_value, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(brackets_are_bounded, enter_directory, leave_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
