/* SPDX-License-Identifier: MIT */

/* Listeners: the limits, the port, running out of descriptors, closing with connections alive. */

#include "../../../src/net/local.h"
#include "netsession.h"

#include <sys/resource.h>

static void test_port_in_use(void **state)
{
    (void)state;
    struct fixture fixture;
    struct herd_listener listener;
    unsigned port;
    char address[56], expected[56];
    fixture_open(&fixture);
    int fd = plain_listen(1, &port);
    struct herd_admit admit;
    struct herd_listener_options options = {.address = loopback_storage(port),
                                            .admit = &admit,
                                            .on_connection = server_on_connection,
                                            HERD_LISTENER_DEFAULTS};
    assert_int_equal(herd_listener_open(&listener, &fixture.loop, &options), -EADDRINUSE);
    memset(&listener, 0xee, sizeof listener); /* nothing is open: it is ours again at once */
    close(fd);
    assert_int_equal(herd_listener_open(&listener, &fixture.loop, &options), 0);
    herd_listener_address(&listener, address, sizeof address);
    snprintf(expected, sizeof expected, "127.0.0.1:%u", port);
    assert_string_equal(address, expected);
    herd_listener_close(&listener);
    herd_listener_close(&listener);
    herd_listener_address(&listener, address, sizeof address);
    assert_string_equal(address, "-");
    fixture_close(&fixture);
}

static void test_foreign_address(void **state)
{
    (void)state;
    struct fixture fixture;
    struct herd_listener listener;
    struct sockaddr_in foreign = {.sin_family = AF_INET};
    assert_int_equal(inet_pton(AF_INET, "192.0.2.1", &foreign.sin_addr), 1);
    struct herd_admit admit;
    struct herd_listener_options options = {
        .admit = &admit, .on_connection = server_on_connection, HERD_LISTENER_DEFAULTS};
    memcpy(&options.address, &foreign, sizeof foreign);
    fixture_open(&fixture);
    assert_int_equal(herd_listener_open(&listener, &fixture.loop, &options), -EADDRNOTAVAIL);
    fixture_close(&fixture);
}

/* Whom the listener was asked to take. */
struct accepted {
    unsigned count;
    char from[56];
    bool loopback, keyed;
    unsigned char family;
};

static void keep_from(struct herd_listener *listener, void *owner)
{
    struct accepted *accepted = owner;
    const struct sockaddr *from = listener->accepted_from;
    unsigned char key[1 + sizeof(struct in6_addr)];
    accepted->count++;
    peername_format(from, accepted->from, sizeof accepted->from);
    accepted->loopback = peername_loopback(from);
    accepted->keyed = peername_key(from, key, sizeof key);
    accepted->family = key[0];
}

/* The wildcard of IPv6 takes both families, and whoever comes by IPv4 is that to all rules that look at addresses. */
static void test_both_families(void **state)
{
    (void)state;
    struct fixture fixture;
    struct herd_listener six, four;
    struct accepted accepted = {0};
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
    struct sockaddr_in any_four = {.sin_family = AF_INET};
    struct herd_admit admit;
    struct herd_listener_options options = {
        .admit = &admit, .on_connection = keep_from, .owner = &accepted, HERD_LISTENER_DEFAULTS};
    char address[56], expected[56];
    fixture_open(&fixture);
    memcpy(&options.address, &any, sizeof any);
    herd_admit_init(&admit, &(struct herd_admit_limits){.connections_max = 1});
    int error = herd_listener_open(&six, &fixture.loop, &options);
    if (error == 0) {
        herd_listener_start(&six);
        socklen_t length = sizeof any;
        assert_int_equal(getsockname(six.socket, (struct sockaddr *)&any, &length), 0);
        snprintf(expected, sizeof expected, "[::]:%u", ntohs(any.sin6_port));
        herd_listener_address(&six, address, sizeof address);
        assert_string_equal(address, expected);
        int client = plain_connect(ntohs(any.sin6_port)); /* by IPv4 */
        UNTIL(&fixture, accepted.count == 1);
        assert_memory_equal(accepted.from, "127.0.0.1:", strlen("127.0.0.1:"));
        assert_true(accepted.loopback);
        assert_true(accepted.keyed);
        assert_int_equal(accepted.family, 4);
        close(client);
        any_four.sin_port = any.sin6_port;
        memset(&options.address, 0, sizeof options.address);
        memcpy(&options.address, &any_four, sizeof any_four);
        assert_int_equal(herd_listener_open(&four, &fixture.loop, &options), -EADDRINUSE);
        herd_listener_close(&six);
    }
    fixture_close(&fixture);
    herd_admit_finish(&admit);
    if (error != 0) skip(); /* a machine without IPv6 */
}

static void test_at_the_cap(void **state)
{
    (void)state;
    struct server *server = server_open(2);
    struct session *first, *second;
    int fd_first = server_connect(server, &first), fd_second = server_connect(server, &second);
    struct received third = {.fd = plain_connect(server->port)};
    UNTIL(&server->fixture, receive(&third) && (third.ended || third.reset));
    assert_int_equal(server->session_count, 2);
    assert_int_equal(server->admit.counts.refused_connections, 1);
    assert_int_equal(server->listener.counts.accepted, 2);
    assert_int_equal(server->admit.counts.open, 2);
    herd_stream_close(&first->stream, 0);
    UNTIL(&server->fixture, first->closes == 1);
    assert_int_equal(server->admit.counts.open, 1);
    int fd_fourth = server_connect(server, &first); /* there is room again */
    assert_int_equal(server->admit.counts.refused_connections, 1);
    received_finish(&third);
    close(fd_first);
    close(fd_second);
    close(fd_fourth);
    server_close(server);
}

static void test_declined_connection_is_closed(void **state)
{
    (void)state;
    struct server *server = server_open(2);
    server->decline = true;
    struct received client = {.fd = plain_connect(server->port)};
    UNTIL(&server->fixture, receive(&client) && (client.ended || client.reset));
    assert_int_equal(server->listener.counts.accepted, 0);
    assert_int_equal(server->admit.counts.open, 0);
    assert_int_equal(server->listener.accepted, -1);
    received_finish(&client);
    server_close(server);
}

/* Outside on_connection there is nothing to take. */
static void test_accept_out_of_turn(void **state)
{
    (void)state;
    struct server *server = server_open(2);
    struct session session = {.closes = 0};
    herd_stream_init(&session.stream, &server->fixture.loop, &session_events);
    assert_int_equal(herd_listener_accept(&server->listener, &session.stream, &session.place), -EAGAIN);
    herd_admit_give(&session.place); /* it has none: harmless */
    server_close(server);
}

static void test_accepts_per_turn(void **state)
{
    (void)state;
    enum { CLIENTS = 150 };
    struct server *server = server_open(1000);
    int fds[CLIENTS];
    for (unsigned i = 0; i < CLIENTS; i++)
        fds[i] = plain_connect(server->port);
    for (unsigned before = 0; before < CLIENTS; before = server->session_count) {
        UNTIL(&server->fixture, server->session_count > before);
        assert_true(server->session_count - before <= 64);
    }
    assert_int_equal(server->listener.counts.accepted, CLIENTS);
    for (unsigned i = 0; i < CLIENTS; i++)
        close(fds[i]);
    server_close(server);
}

/* With a small limit turn by turn: three, three, and the one that is left. */
static void test_accepts_per_turn_are_counted(void **state)
{
    (void)state;
    enum { CLIENTS = 7 };
    struct herd_listener_options options = {HERD_LISTENER_DEFAULTS};
    options.accepts_per_turn_max = 3;
    struct server *server = server_open_with(1000, options);
    int fds[CLIENTS];
    for (unsigned i = 0; i < CLIENTS; i++)
        fds[i] = plain_connect(server->port);
    UNTIL(&server->fixture, server->session_count > 0);
    assert_int_equal(server->session_count, 3);
    UNTIL(&server->fixture, server->session_count > 3);
    assert_int_equal(server->session_count, 6);
    UNTIL(&server->fixture, server->session_count > 6);
    assert_int_equal(server->session_count, 7);
    assert_int_equal(server->listener.counts.full_turns, 2);
    for (unsigned i = 0; i < CLIENTS; i++)
        close(fds[i]);
    server_close(server);
}

static void test_keepalive(void **state)
{
    (void)state;
    static const unsigned table[] = {0, 1, 7, 32767};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct herd_listener_options options = {HERD_LISTENER_DEFAULTS};
        options.keepalive_s = table[i];
        struct server *server = server_open_with(1, options);
        struct session *session;
        int fd = server_connect(server, &session);
        assert_int_equal(keepalive_of(&session->stream), table[i]);
        close(fd);
        server_close(server);
    }
}

static void test_close_inside_on_connection(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    server->close_on_connect = true;
    struct received first = {.fd = plain_connect(server->port)}, second = {.fd = plain_connect(server->port)};
    UNTIL(&server->fixture, server->closes == 1);
    assert_int_equal(server->session_count, 1); /* the one that was being offered; the other is refused */
    herd_buffer_append(herd_stream_out(&server->sessions[0].stream), HERD_TEXT("still here"));
    UNTIL(&server->fixture, receive(&first) && first.length == 10);
    UNTIL(&server->fixture, receive(&second) && (second.ended || second.reset));
    received_finish(&first);
    received_finish(&second);
    server_close(server);
}

/* Leaves room for `spare` descriptors; returns the limit that was. */
static struct rlimit limit_descriptors(unsigned spare)
{
    struct rlimit before, now;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    int lowest = dup(0);
    assert_true(lowest >= 0);
    close(lowest);
    now = before;
    now.rlim_cur = (rlim_t)lowest + spare;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
    return before;
}

/* The client waits in the backlog meanwhile, and is served when descriptors are back. */
static void test_out_of_descriptors(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct received client = {.fd = plain_connect(server->port)};
    struct rlimit before = limit_descriptors(0);
    const struct herd_listener_counts *counts = &server->listener.counts;
    UNTIL(&server->fixture, counts->failures >= 1);
    uint64_t begun = uv_hrtime();
    assert_int_equal(server->listener.delay_ms, 10);
    UNTIL(&server->fixture, counts->failures >= 4);
    /* 10, 20 and 40 ms have passed at least (less the clock's grain): it does not spin, and the loop goes on. */
    assert_true(uv_hrtime() - begun >= UINT64_C(60) * 1000000);
    assert_int_equal(server->listener.delay_ms, 80);
    assert_int_equal(counts->relistens, 3);
    assert_int_equal(counts->accepted, 0);
    assert_true(receive(&client) && !client.ended && !client.reset);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    UNTIL(&server->fixture, server->session_count == 1);
    assert_int_equal(server->listener.delay_ms, 0);
    server->sessions[0].echo = true;
    plain_send(client.fd, "hello");
    UNTIL(&server->fixture, receive(&client) && client.length == 5);
    received_finish(&client);
    server_close(server);
}

/* The longest rest is a second. */
static void test_rest_doubles_to_a_second(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    int fd = plain_connect(server->port);
    struct rlimit before = limit_descriptors(0);
    server->listener.delay_ms = 900;
    UNTIL(&server->fixture, server->listener.counts.failures == 1);
    assert_int_equal(server->listener.delay_ms, 1000);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    herd_listener_close(&server->listener); /* while it rests */
    close(fd);
    server_close(server);
}

/* A place may be released long after its listener is closed. */
static void test_connection_outlives_listener(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct session *session;
    struct received client = {.fd = server_connect(server, &session)};
    session->echo = true;
    herd_listener_close(&server->listener);
    assert_int_equal(server->closes, 0);
    UNTIL(&server->fixture, server->closes == 1);
    plain_send(client.fd, "alive");
    UNTIL(&server->fixture, receive(&client) && client.length == 5);
    assert_int_equal(server->admit.counts.open, 1);
    received_finish(&client);
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_port_in_use),
        cmocka_unit_test(test_foreign_address),
        cmocka_unit_test(test_both_families),
        cmocka_unit_test(test_at_the_cap),
        cmocka_unit_test(test_declined_connection_is_closed),
        cmocka_unit_test(test_accept_out_of_turn),
        cmocka_unit_test(test_accepts_per_turn),
        cmocka_unit_test(test_accepts_per_turn_are_counted),
        cmocka_unit_test(test_keepalive),
        cmocka_unit_test(test_close_inside_on_connection),
        cmocka_unit_test(test_out_of_descriptors),
        cmocka_unit_test(test_rest_doubles_to_a_second),
        cmocka_unit_test(test_connection_outlives_listener),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
