/* SPDX-License-Identifier: MIT */
/* Where a server listens: what is prepared takes the place of what there is, or leaves no trace. */
#include "serverfixture.h"

#include <sysexits.h>

static struct herd_config_change moved(enum herd_listening which)
{
    struct herd_config_change change = {.running_self = 0, .next_self = 0};

    change.listeners[which] = HERD_LISTENER_MOVED;
    return change;
}

/* The server's own with clients on another port. */
static struct herd_server_config at_port(const struct yard *yard, unsigned port, char *text, size_t size)
{
    struct herd_server_config self = *yard->server.self;

    snprintf(text, size, "127.0.0.1:%u", port);
    self.clients_listen.text = text;
    self.clients_listen.socket = loopback_storage(port);
    return self;
}

static void only_what_moves_is_opened(void **state)
{
    struct yard *yard = *state;
    struct server *server = &yard->server;
    struct herd_listener *listeners[DOORS] = {NULL};
    const struct herd_listener *peers = server->doors[DOOR_PEERS].listener;
    const struct herd_config_change change = moved(HERD_LISTENING_CLIENTS);
    char text[32];
    unsigned port;
    unsigned handles;
    int client;

    yard_settle(yard);
    handles = yard_handles(yard);
    close(plain_listen(1, &port));
    const struct herd_server_config self = at_port(yard, port, text, sizeof text);
    assert_int_equal(doors_prepare(server, server->config, &self, &change, stderr, listeners), 0);
    assert_non_null(listeners[DOOR_CLIENTS]);
    assert_null(listeners[DOOR_PEERS]);
    doors_commit(server, listeners);
    assert_null(listeners[DOOR_CLIENTS]);
    assert_ptr_equal(server->doors[DOOR_PEERS].listener, peers);
    client = plain_connect(port);
    UNTIL(server, server->clients.counts.sessions == 1);
    close(client);
    UNTIL(server, server->clients.counts.sessions == 0);
    assert_int_equal(yard_handles(yard), handles);
}

/* Also where the other one of the two was open already. */
static void what_is_abandoned_leaves_no_trace(void **state)
{
    struct yard *yard = *state;
    struct server *server = &yard->server;
    struct herd_listener *listeners[DOORS] = {NULL};
    struct herd_config_change change = moved(HERD_LISTENING_CLIENTS);
    struct herd_messages messages;
    char text[32];
    unsigned port;
    unsigned handles, descriptors;

    yard_settle(yard);
    handles = yard_handles(yard);
    descriptors = yard_descriptors();
    change.listeners[HERD_LISTENING_PEERS] = HERD_LISTENER_MOVED; /* to where it is: taken */
    close(plain_listen(1, &port));
    const struct herd_server_config self = at_port(yard, port, text, sizeof text);
    herd_messages_begin(&messages);
    assert_int_equal(doors_prepare(server, server->config, &self, &change, messages.out, listeners), EX_UNAVAILABLE);
    fflush(messages.out);
    assert_non_null(strstr(messages.bytes, "herd.conf:2: Goloman cannot listen for peers on 127.0.0.1:"));
    herd_messages_drop(&messages);
    assert_non_null(listeners[DOOR_CLIENTS]);
    doors_abandon(listeners);
    assert_null(listeners[DOOR_CLIENTS]);
    assert_int_equal(yard_handles(yard), handles);
    assert_int_equal(yard_descriptors(), descriptors);
}

/* Who connected to the old address a moment ago is answered there. */
static void who_waits_at_the_old_one_is_answered(void **state)
{
    struct yard *yard = *state;
    struct server *server = &yard->server;
    struct herd_listener *listeners[DOORS] = {NULL};
    const struct herd_config_change change = moved(HERD_LISTENING_CLIENTS);
    char text[32];
    unsigned port;
    int client;

    close(plain_listen(1, &port));
    const struct herd_server_config self = at_port(yard, port, text, sizeof text);
    assert_int_equal(doors_prepare(server, server->config, &self, &change, stderr, listeners), 0);
    client = plain_connect(yard->ports[YARD_CLIENTS]);
    plain_send(client, "IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1400794645.392014450\n");
    doors_commit(server, listeners);
    yard_expect(yard, client, "AT Goloman ");
    close(client);
}

/* Each kind has its own, and the clients' are half of what the system allows at most. */
static void limits_are_in_force(void **state)
{
    struct yard *yard = *state;
    struct server *server = &yard->server;
    struct herd_listener *listeners[DOORS] = {NULL};

    server->config->limits.connections_max = 9;
    server->config->limits.connections_per_address_max = 3;
    server->config->limits.accepts_per_turn_max = 2;
    server->config->limits.keepalive_s = 77;
    doors_commit(server, listeners);
    assert_int_equal(server->doors[DOOR_CLIENTS].admit.limits.connections_max, 9);
    assert_int_equal(server->doors[DOOR_CLIENTS].admit.limits.per_address_max, 3);
    assert_int_equal(server->doors[DOOR_CLIENTS].listener->options.accepts_per_turn_max, 2);
    assert_int_equal(server->doors[DOOR_CLIENTS].listener->options.keepalive_s, 77);
    assert_int_equal(server->doors[DOOR_PEERS].admit.limits.connections_max, herd_peers_connections_max(server->peers));
    assert_int_equal(server->doors[DOOR_PEERS].admit.limits.per_address_max, 0);
    server->config->limits.connections_max = 1000000;
    doors_commit(server, listeners);
    assert_int_equal(server->doors[DOOR_CLIENTS].admit.limits.connections_max, server->descriptors_max / 2);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, yard_setup, yard_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_what_moves_is_opened),
        TEST(what_is_abandoned_leaves_no_trace),
        TEST(who_waits_at_the_old_one_is_answered),
        TEST(limits_are_in_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
