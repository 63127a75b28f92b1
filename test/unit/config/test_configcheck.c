/* SPDX-License-Identifier: MIT */
/* Servers, addresses and links that cannot be together, and pairs of options. */
#include "fixture.h"

#define S(name, clients, peers) "{ name = \"" name "\"; clients = \"" clients "\"; peers = \"" peers "\"; "
#define L(host, port) "127.0.0." host ":" port

#define SIXTEEN                                                                                                        \
    "\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\", \"i\", \"j\", \"k\", \"l\", \"m\", \"n\", \"o\", \"p\""

static const struct {
    const char *text, *messages;
} bad[] = {
    /* names */
    {"servers = (\n" S("A", L("1", "1"), L("1", "2")) "},\n" S("A", L("1", "3"), L("1", "4")) "} );\n",
     "herd.conf:3: servers[1]: servers[0] is called \"A\" too\n"
     "herd.conf: the herd is not connected: no links lead from A to A\n"},
    {"servers = (" S("..", L("1", "1"), L("1", "2")) "} );\n",
     "herd.conf:1: servers[0].name must be a name: 1 to 64 of letters, digits, \".\", \"_\" and \"-\", not \"..\"\n"},
    /* addresses */
    {"servers = (\n" S("A", L("1", "1"), L("1", "1")) "} );\n",
     "herd.conf:2: servers[0].peers: 127.0.0.1:1 is taken by clients of the same server\n"},
    {"servers = (\n" S("A", L("1", "1"), L("1", "2")) "},\n" S("B", L("1", "2"),
                                                               L("1", "3")) "} );\n"
                                                                            "links = ([\"A\", \"B\"]);",
     "herd.conf:3: servers[1].clients: 127.0.0.1:2 is taken by peers of A\n"},
    {"servers = (\n" S("A", L("1", "1"), L("1", "2")) "\nweb = \"[::ffff:127.0.0.1]:2\"; } );\n",
     "herd.conf:3: servers[0].web: [::ffff:127.0.0.1]:2 is an IPv4 address in the clothes of IPv6: write 127.0.0.1\n"},
    {"servers = (\n" S("A", L("1", "1"), L("1", "2")) "peer_source = \"::ffff:127.0.0.2\"; } );\n",
     "herd.conf:2: servers[0].peer_source: ::ffff:127.0.0.2 is an IPv4 address in the clothes of IPv6: write "
     "127.0.0.2\n"},
    {"servers = (\n" S("A", L("1", "1"),
                       L("1", "2")) "\nclients_listen = \"0.0.0.0:9\"; peers_listen = \"[::]:9\"; } );\n",
     "herd.conf:3: servers[0].peers_listen: [::]:9 is taken by clients_listen of the same server, 0.0.0.0:9\n"},
    {"servers = (\n" S("A", L("1", "1"), L("1", "2")) "\nweb = \"[::]:2\"; } );\n",
     "herd.conf:3: servers[0].web: [::]:2 is taken by peers of the same server, 127.0.0.1:2\n"},
    {"servers = (\n" S("A", L("1", "1"), L("1", "2")) "clients_listen = \"0.0.0.0:9\"; },\n" S(
         "B", L("1", "3"), L("1", "4")) "clients_listen = \"127.0.0.1:9\"; } );\nlinks = ([\"A\", \"B\"]);",
     "herd.conf:3: servers[1].clients_listen: 127.0.0.1:9 is taken by clients_listen of A, 0.0.0.0:9\n"},
    {"servers = (\n" S("A", L("1", "1"), L("1", "2")) "web = \"127.0.0.1:9\"; },\n" S(
         "B", L("1", "3"), L("1", "4")) "clients_tls = \"127.0.0.1:9\"; } );\nlinks = ([\"A\", \"B\"]);",
     "herd.conf:3: servers[1].clients_tls: 127.0.0.1:9 is taken by web of A\n"},
    {"servers = (\n" S("A", "0.0.0.0:1", "[::]:2") "} );\n",
     "herd.conf:2: servers[0].clients: 0.0.0.0:1 cannot be dialled: name the address that others dial here, and this "
     "one as clients_listen\n"
     "herd.conf:2: servers[0].peers: [::]:2 cannot be dialled: name the address that others dial here, and this one "
     "as peers_listen\n"},
    {"servers = (\n" S("A", L("1", "1"), L("1", "2")) "},\n" S("B", L("1", "3"),
                                                               "192.0.2.1:4") "} );\n"
                                                                              "links = ([\"A\", \"B\"]);",
     "herd.conf:3: servers[1].peers: 192.0.2.1:4 is not a loopback address: neighbours beyond one machine need "
     "secret_file\n"},
    {"servers = (\n" S("A", L("1", "1"), L("1", "2")) "peer_source = \"::1\"; },\n" S(
         "B", L("1", "3"), L("1", "4")) "} );\nlinks = ([\"A\", \"B\"]);",
     "herd.conf:2: servers[0].peer_source: ::1 cannot dial the neighbour at 127.0.0.1:4\n"},
    /* links */
    {TWO "x = 1;", "herd.conf:2: unknown key \"x\"\n"},
    {ONE "links = ( [\"A\", \"A\"] );", "herd.conf:2: links[0]: A is linked to itself\n"},
    {ONE "links = ( [\"A\", \"Aa\"] );", "herd.conf:2: links[0]: there is no server \"Aa\" (did you mean \"A\"?)\n"},
    {ONE "links = (\n [\"X\", \"YYYY\"] );", "herd.conf:3: links[0]: there is no server \"X\"\n"
                                             "herd.conf:3: links[0]: there is no server \"YYYY\"\n"},
    {ONE "links = ( [\"A\"], [\"A\", \"A\", \"A\"], \"A\", [1, 2] );",
     "herd.conf:2: links[0] must be a pair of names [\"A\", \"B\"]\n"
     "herd.conf:2: links[1] must be a pair of names [\"A\", \"B\"]\n"
     "herd.conf:2: links[2] must be a pair of names [\"A\", \"B\"]\n"
     "herd.conf:2: links[3] must be a pair of names [\"A\", \"B\"]\n"},
    {"servers = (" S("A", L("1", "1"), L("1", "2")) "}," S("B", L("1", "3"), L("1", "4")) "} );\n"
                                                                                          "links = ([\"A\", \"B\"],\n"
                                                                                          "[\"B\", \"A\"]);",
     "herd.conf:3: links[1]: B and A are linked by links[0] already\n"},
    {"servers = (" S("A", L("1", "1"), L("1", "2")) "}," S("B", L("1", "3"), L("1", "4")) "}," S(
         "C", L("1", "5"), L("1", "6")) "}," S("D", L("1", "7"), L("1", "8")) "} );\nlinks = ([\"B\", \"C\"]);",
     "herd.conf:2: the herd is not connected: no links lead from B to A and D\n"},
    /* pairs */
    {TWO "limits = { output_pause_bytes = 16384; };",
     "herd.conf: limits.output_resume_bytes must be less than limits.output_pause_bytes, which is 16384\n"},
    {TWO "limits = {\noutput_resume_bytes = 65536; };",
     "herd.conf:3: limits.output_resume_bytes must be less than limits.output_pause_bytes, which is 65536\n"},
    {TWO "limits = { provider_transfers_per_host_max = 65; };",
     "herd.conf:2: limits.provider_transfers_per_host_max must be at most limits.provider_transfers_max, which is "
     "64\n"},
    {TWO "places = {\nproviders = []; };", "herd.conf:3: places.providers names none\n"},
    {TWO "places = { providers = ( ); };", "herd.conf:2: places.providers names none\n"},
    {TWO "places = {\nproviders = [\"google\", \"google_legacy\"];\ngoogle = { key_file = \"k\"; }; };",
     "herd.conf:3: places.providers: \"google_legacy\" needs places.google_legacy.key_file\n"},
    {TWO "places = { providers = [\"overpass\"]; };",
     "herd.conf:2: places.providers: \"overpass\" needs places.overpass.url\n"},
    {TWO "places = { local = { indexes = [" SIXTEEN ", \"q\"]; }; };",
     "herd.conf:2: places.local.indexes names 17 files, at most 16\n"},
};

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        expect(bad[i].text, EX_CONFIG, bad[i].messages);
}

static const struct {
    const char *text, *messages;
} taken[] = {
    /* one port on different hosts; behind different NATs the same listening address */
    {"servers = (" S("A", L("1", "1"), L("1", "2")) "}," S("B", L("2", "1"),
                                                           L("2", "2")) "} ); links = ([\"A\", \"B\"]);",
     ""},
    {"servers = (" S("A", "192.0.2.1:1", "192.0.2.1:2") "clients_listen = \"0.0.0.0:1\"; },"
                                                        "" S("B", "192.0.2.2:1",
                                                             "192.0.2.2:2") "clients_listen = \"0.0.0.0:1\"; } );\n"
                                                                            "links = ([\"A\", \"B\"]); secret_file = "
                                                                            "\"s\";",
     ""},
    {"servers = (" S("A", L("1", "1"), L("1", "2")) "web = \"[::1]:1\"; } );", ""},
    {"servers = (" S("A", L("1", "1"), "192.0.2.1:2") "} );", ""}, /* no neighbours, no secret */
    {"servers = (" S("A", L("1", "1"), L("1", "2")) "},\n" S("B", L("1", "3"), L("1", "4")) "}," S(
         "C", L("1", "5"), L("1", "6")) "}," S("D", L("1", "7"), L("1", "8")) "} );\n"
                                                                              "links = ([\"A\", \"B\"], [\"B\", \"C\"],"
                                                                              " [\"B\", \"D\"]);",
     "herd.conf:2: warning: if B is down, C and D are cut off\n"},
    {TWO "places = { google = { url = \"http://example.org:80/x\"; }; };",
     "herd.conf:2: warning: places.google.url: clients' places and the key travel unencrypted over http://\n"},
    {TWO "places = { google = { url = \"http://127.0.0.1:80/x\"; }; google_legacy = { url = \"http://[::1]/\"; };"
         " overpass = { url = \"http://localhost\"; }; };",
     ""},
    {TWO "places = { local = { indexes = [" SIXTEEN "]; }; };", ""},
};

static void what_can_be_is_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(taken); i++)
        expect(taken[i].text, 0, taken[i].messages);
}

/* A star of `leaves` around S0, as text; free(3). */
static char *make_star(unsigned leaves)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fputs("servers = (\n", out);
    for (unsigned i = 0; i <= leaves; i++) {
        fprintf(out, "{ name = \"S%u\"; clients = \"127.0.0.1:%u\"; peers = \"127.0.0.1:%u\"; }%s", i, 1000 + i,
                2000 + i, i < leaves ? "," : ");\nlinks = (\n");
    }
    for (unsigned i = 1; i <= leaves; i++)
        fprintf(out, "[\"S0\", \"S%u\"]%s\n", i, i < leaves ? "," : ");");
    assert_int_equal(fclose(out), 0);
    return text;
}

static void neighbours_are_bounded(void **state)
{
    (void)state;
    char *text = make_star(31);
    struct loaded loaded = load_text(text);
    assert_int_equal(loaded.code, 0);
    unsigned indices[HERD_NEIGHBOURS_MAX];
    assert_int_equal(herd_config_neighbours(&loaded.config, 0, indices), 31);
    assert_int_equal(indices[30], 31);
    assert_int_equal(herd_config_neighbours(&loaded.config, 5, indices), 1);
    assert_int_equal(indices[0], 0);
    unload(&loaded);
    free(text);

    text = make_star(32);
    loaded = load_text(text);
    assert_int_equal(loaded.code, EX_CONFIG);
    static const char message[] = "herd.conf:35: links[31]: S0 has more than 31 neighbours\n";
    assert_memory_equal(loaded.messages, message, sizeof(message) - 1);
    unload(&loaded);
    free(text);
}

static void servers_are_bounded(void **state)
{
    (void)state;
    char *text = make_star(128);
    struct loaded loaded = load_text(text);
    assert_int_equal(loaded.code, EX_CONFIG);
    assert_non_null(strstr(loaded.messages, "herd.conf:1: 129 servers, at most 128\n"));
    unload(&loaded);
    free(text);
}

/* The order of neighbours is that of links. */
static void the_builtin_herd_is_that_of_the_manual(void **state)
{
    (void)state;
    static const char *const names[] = {"Goloman", "Hands", "Holiday", "Welsh", "Wilkes"};
    static const struct {
        unsigned count, neighbours[4];
    } graph[] = {{3, {1, 2, 4}}, {2, {0, 4}}, {3, {0, 3, 4}}, {1, {2}}, {3, {0, 1, 2}}};
    struct loaded loaded = load(NULL);
    assert_int_equal(loaded.code, 0);
    assert_string_equal(loaded.messages, "");
    const struct herd_config *config = &loaded.config;
    assert_null(config->source);
    assert_int_equal(config->server_count, 5);
    assert_int_equal(config->link_count, 6);
    for (unsigned i = 0; i < 5; i++) {
        const struct herd_server_config *server = &config->servers[i];
        char text[3][32];
        for (unsigned k = 0; k < 3; k++)
            snprintf(text[k], sizeof(text[k]), "127.0.0.1:%u", 12001 + 100 * k + i);
        assert_string_equal(server->name, names[i]);
        assert_string_equal(server->clients.text, text[0]);
        assert_string_equal(server->clients_listen.text, text[0]);
        assert_string_equal(server->peers.text, text[1]);
        assert_string_equal(server->peers_listen.text, text[1]);
        assert_string_equal(server->web.text, text[2]);
        unsigned indices[HERD_NEIGHBOURS_MAX];
        assert_int_equal(herd_config_neighbours(config, i, indices), graph[i].count);
        assert_memory_equal(indices, graph[i].neighbours, graph[i].count * sizeof(indices[0]));
        assert_int_equal(herd_config_find_server(config, names[i]), i);
    }
    assert_int_equal(herd_config_find_server(config, "goloman"), -1);
    unload(&loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_cannot_be_is_refused, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(what_can_be_is_taken, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(neighbours_are_bounded, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(servers_are_bounded, enter_directory, leave_directory),
        cmocka_unit_test(the_builtin_herd_is_that_of_the_manual),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
