/* SPDX-License-Identifier: MIT */
/* Another configuration takes the place of the one in force, as a whole or not at all. */
#include "serverfixture.h"

#include <sys/stat.h>
#include <sysexits.h>

/* What a reload that is refused must not touch. */
struct before {
    const struct herd_config *config;
    const struct herd_server_config *self;
    const struct herd_listener *doors[DOORS];
    const struct herd_link *hands, *holiday;
    const struct herd_places *places;
    struct herd_keys keys;
    uint32_t line_bytes_max;
    unsigned handles, descriptors;
};

static struct before look(struct yard *yard)
{
    struct server *server = &yard->server;
    struct before before = {.config = server->config,
                            .self = server->self,
                            .doors = {server->doors[0].listener, server->doors[1].listener},
                            .hands = yard_find(yard, "Hands"),
                            .holiday = yard_find(yard, "Holiday"),
                            .places = server->core.places,
                            .keys = server->core.flood.keys,
                            .line_bytes_max = server->clients.options.line_bytes_max};

    before.handles = yard_handles(yard);
    before.descriptors = yard_descriptors();
    return before;
}

static void require_same(struct yard *yard, const struct before *before)
{
    struct before now = look(yard);

    assert_ptr_equal(now.config, before->config);
    assert_ptr_equal(now.self, before->self);
    assert_ptr_equal(now.doors[0], before->doors[0]);
    assert_ptr_equal(now.doors[1], before->doors[1]);
    assert_ptr_equal(now.hands, before->hands);
    assert_ptr_equal(now.holiday, before->holiday);
    assert_ptr_equal(now.places, before->places);
    assert_int_equal(now.keys.count, before->keys.count);
    assert_int_equal(now.line_bytes_max, before->line_bytes_max);
    assert_int_equal(now.handles, before->handles);
    assert_int_equal(now.descriptors, before->descriptors);
    assert_null(yard->server.reload.config);
    assert_null(yard->server.reload.log);
    assert_null(yard->server.reload.doors[0]);
    assert_null(yard->server.reload.doors[1]);
    assert_int_equal(yard->server.reload.keys.count, 0);
}

/* The worker's thread is there, too. */
static void settle(struct yard *yard)
{
    yard_settle(yard);
    yard_reload(yard);
}

static bool ended(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_PEEK) == 0;
}

static void the_same_file_changes_nothing_that_is_open(void **state)
{
    struct yard *yard = *state;
    struct before before;

    settle(yard);
    before = look(yard);
    yard_reload(yard);
    assert_ptr_not_equal(yard->server.config, before.config);
    assert_ptr_equal(yard->server.self, &yard->server.config->servers[0]);
    before.config = yard->server.config;
    before.self = yard->server.self;
    before.places = yard->server.core.places; /* read anew */
    require_same(yard, &before);
    assert_false(ended(yard->links[0]) || ended(yard->links[1]));
}

static void what_is_read_and_refused_changes_nothing(void **state)
{
    static const char *const faults[] = {"what is this",
                                         "nothing = 1;\n",
                                         "limits = { line_bytes_max = \"x\"; };\n",
                                         "limits = { clients_max = 1; line_bytes_max = 300; };\n",
                                         "herd = \"other\";\n",
                                         "secret_file = \"/nowhere/secret\";\nlimits = { line_bytes_max = 300; };\n"};
    struct yard *yard = *state;
    struct before before;

    settle(yard);
    before = look(yard);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        yard_write(yard, faults[i]);
        yard_reload(yard);
        require_same(yard, &before);
    }
}

/* The first of two doors was open already, and a log of its own was made. */
static void what_cannot_be_opened_changes_nothing(void **state)
{
    struct yard *yard = *state;
    struct before before;
    unsigned clients = yard->ports[YARD_CLIENTS];
    unsigned peers = yard->ports[YARD_PEERS];

    settle(yard);
    before = look(yard);
    close(plain_listen(1, &yard->ports[YARD_CLIENTS])); /* free */
    yard->ports[YARD_PEERS] = yard->ports[YARD_SPARE];  /* taken */
    yard_write(yard, "limits = { line_bytes_max = 300; };\n");
    yard_reload(yard);
    require_same(yard, &before);
    yard->ports[YARD_CLIENTS] = clients;
    yard->ports[YARD_PEERS] = peers;
    yard_write(yard, "log = { directory = \"/proc/nowhere\"; };\nlimits = { line_bytes_max = 300; };\n");
    yard_reload(yard);
    require_same(yard, &before);
}

static void what_a_worker_finds_changes_nothing(void **state)
{
    struct yard *yard = *state;
    struct before before;

    settle(yard);
    before = look(yard);
    close(plain_listen(1, &yard->ports[YARD_CLIENTS]));
    yard_write(yard, "places = { local = { indexes = [\"/nowhere/places.idx\"]; }; };\n"
                     "limits = { line_bytes_max = 300; };\n");
    yard_reload_until(yard, RELOAD_PREPARING);
    assert_non_null(yard->server.reload.doors[DOOR_CLIENTS]);
    UNTIL(&yard->server, yard->server.reload.state == RELOAD_IDLE);
    require_same(yard, &before);
}

static void put_secret(const struct yard *yard)
{
    char path[OWN_FOLDER_SIZE + 16];
    FILE *file;

    snprintf(path, sizeof path, "%s/secret", yard->folder);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs("11111111111111111111111111111111\n", file);
    fclose(file);
    assert_int_equal(chmod(path, 0600), 0);
}

static void limits_and_secret_are_in_force(void **state)
{
    struct yard *yard = *state;
    char more[OWN_FOLDER_SIZE + 200];

    put_secret(yard);
    snprintf(more, sizeof more,
             "secret_file = \"%s/secret\";\nlimits = { line_bytes_max = 300; connections_max = 7; };\n", yard->folder);
    yard_write(yard, more);
    yard_reload(yard);
    assert_int_equal(yard->server.clients.options.line_bytes_max, 300);
    assert_int_equal(yard->server.doors[DOOR_CLIENTS].admit.limits.connections_max, 7);
    assert_int_equal(yard->server.core.flood.keys.count, 1);
    assert_int_equal(yard->server.reload.keys.count, 0);
}

/* Whoever has changed it in its file would else wait for what does not come. */
static void a_credential_is_told_to_stay(void **state)
{
    struct yard *yard = *state;
    char more[600];

    put_secret(yard);
    yard_reload_until(yard, RELOAD_READY);
    fflush(yard->server.reload.messages.out);
    assert_null(strstr(yard->server.reload.messages.bytes, "credential"));
    UNTIL(&yard->server, yard->server.reload.state == RELOAD_IDLE);
    setenv("CREDENTIALS_DIRECTORY", yard->folder, 1);
    snprintf(more, sizeof more, "secret_file = \"%s/secret\";\n", yard->folder);
    yard_write(yard, more);
    yard_reload_until(yard, RELOAD_READY);
    fflush(yard->server.reload.messages.out);
    assert_non_null(strstr(yard->server.reload.messages.bytes, "systemd's credential"));
    UNTIL(&yard->server, yard->server.reload.state == RELOAD_IDLE);
    assert_int_equal(yard->server.core.flood.keys.count, 1);
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void one_neighbour_moves_and_another_stays(void **state)
{
    struct yard *yard = *state;
    struct herd_link *hands;
    struct herd_link *holiday;
    int moved;

    settle(yard);
    hands = yard_find(yard, "Hands");
    holiday = yard_find(yard, "Holiday");
    yard->ports[YARD_HOLIDAY] = yard->ports[YARD_SPARE];
    yard_write(yard, "");
    yard_reload(yard);
    UNTIL(&yard->server, ended(yard->links[1]));
    moved = yard_link(yard, YARD_SPARE);
    yard_expect(yard, moved, "HELLO ");
    assert_ptr_equal(yard_find(yard, "Hands"), hands);
    assert_ptr_equal(yard_find(yard, "Holiday"), holiday);
    assert_int_equal(hands->state, HERD_LINK_UP);
    assert_false(ended(yard->links[0]));
    close(moved);
}

/* While what there was of them is still closing. */
static void neighbours_go_and_come_again(void **state)
{
    struct yard *yard = *state;
    unsigned room;

    settle(yard);
    room = herd_peers_room(yard->server.peers);
    for (int i = 0; i < 5; i++) {
        yard_write_alone(yard);
        yard_reload(yard);
        assert_null(yard_find(yard, "Hands"));
        assert_int_equal(herd_peers_room(yard->server.peers), room + 2);
        yard_write(yard, "");
        yard_reload(yard);
        assert_non_null(yard_find(yard, "Hands"));
        assert_int_equal(herd_peers_room(yard->server.peers), room);
    }
    UNTIL(&yard->server, ended(yard->links[0]) && ended(yard->links[1]));
}

static void a_signal_meanwhile_is_one_reload_more(void **state)
{
    struct yard *yard = *state;
    const struct herd_config *first;

    reload_begin(&yard->server);
    reload_begin(&yard->server);
    yard_write(yard, "limits = { line_bytes_max = 301; };\n");
    reload_begin(&yard->server);
    first = yard->server.config;
    UNTIL(&yard->server, yard->server.config != first);
    assert_int_not_equal(yard->server.reload.state, RELOAD_IDLE);
    assert_false(yard->server.reload.again); /* all signals were one */
    UNTIL(&yard->server, yard->server.reload.state == RELOAD_IDLE);
    assert_int_equal(yard->server.clients.options.line_bytes_max, 301);
}

/* The server ends in each state of a reload that would change what is open. */
static void a_drain_ends_it(void **state, enum reload_state when)
{
    struct yard *yard = *state;
    const struct herd_config *before = yard->server.config;

    close(plain_listen(1, &yard->ports[YARD_CLIENTS]));
    yard_write(yard, "limits = { line_bytes_max = 300; };\n");
    yard_reload_until(yard, when);
    yard->server.reload.again = true;
    server_drain(&yard->server);
    assert_ptr_equal(yard->server.config, before);
    assert_false(yard->server.reload.again);
    assert_int_equal(yard_end(yard), 0);
    assert_int_equal(yard->server.reload.state, RELOAD_IDLE);
    assert_null(yard->server.reload.config);
    assert_int_equal(yard->server.reload.keys.count, 0);
}

static void a_drain_ends_reading(void **state)
{
    a_drain_ends_it(state, RELOAD_READING);
}

static void a_drain_ends_preparing(void **state)
{
    a_drain_ends_it(state, RELOAD_PREPARING);
}

static void a_drain_ends_what_is_ready(void **state)
{
    a_drain_ends_it(state, RELOAD_READY);
}

static void none_begins_in_a_drain(void **state)
{
    struct yard *yard = *state;

    server_drain(&yard->server);
    reload_begin(&yard->server);
    assert_int_equal(yard->server.reload.state, RELOAD_IDLE);
    assert_null(yard->server.reload.config);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, yard_setup, yard_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_same_file_changes_nothing_that_is_open),
        TEST(what_is_read_and_refused_changes_nothing),
        TEST(what_cannot_be_opened_changes_nothing),
        TEST(what_a_worker_finds_changes_nothing),
        TEST(limits_and_secret_are_in_force),
        TEST(a_credential_is_told_to_stay),
        TEST(one_neighbour_moves_and_another_stays),
        TEST(neighbours_go_and_come_again),
        TEST(a_signal_meanwhile_is_one_reload_more),
        TEST(a_drain_ends_reading),
        TEST(a_drain_ends_preparing),
        TEST(a_drain_ends_what_is_ready),
        TEST(none_begins_in_a_drain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
