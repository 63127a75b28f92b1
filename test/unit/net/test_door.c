/* SPDX-License-Identifier: MIT */

/* A kind of connections whose listener is exchanged while some of them live. */

#include "netfixture.h"

#include "herd/door.h"

enum { CLIENTS = 3 };

struct guest {
    struct herd_stream stream;
    struct herd_admit_place place;
};

struct house {
    struct fixture fixture;
    struct herd_door door;
    struct guest guests[CLIENTS];
    unsigned came, gone;
    char read[16];
};

static struct house house;

static void on_read(struct herd_stream *stream, struct herd_text bytes)
{
    (void)stream;
    assert_true(bytes.length < sizeof house.read);
    memcpy(house.read, bytes.bytes, bytes.length);
}

static void on_end(struct herd_stream *stream)
{
    herd_stream_close(stream, 0);
}

static void on_closed(struct herd_stream *stream, int status)
{
    (void)status;
    house.gone++;
    herd_admit_give(&HERD_CONTAINER(stream, struct guest, stream)->place);
}

static const struct herd_stream_events events = {.on_read = on_read, .on_end = on_end, .on_closed = on_closed};

static void on_connection(struct herd_listener *listener, void *owner)
{
    struct guest *guest = &house.guests[house.came++];
    assert_ptr_equal(owner, &house);
    herd_stream_init(&guest->stream, listener->loop, &events);
    assert_int_equal(herd_listener_accept(listener, &guest->stream, &guest->place), 0);
}

static struct herd_listener *prepare(unsigned *ret_port)
{
    struct herd_listener_options options = {
        .address = loopback_storage(0), .on_connection = on_connection, .owner = &house, HERD_LISTENER_DEFAULTS};
    struct herd_listener *listener;
    assert_int_equal(herd_door_prepare(&house.door, &options, &listener), 0);
    *ret_port = port_of_fd(listener->socket);
    return listener;
}

static int setup(void **state)
{
    (void)state;
    memset(&house, 0, sizeof house);
    fixture_open(&house.fixture);
    herd_door_init(&house.door, &house.fixture.loop);
    herd_admit_configure(&house.door.admit, &(struct herd_admit_limits){.connections_max = CLIENTS});
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    herd_door_close(&house.door);
    herd_door_close(&house.door);
    UNTIL(&house.fixture, house.gone == house.came);
    herd_door_finish(&house.door);
    fixture_close(&house.fixture);
    return 0;
}

static void test_exchanged(void **state)
{
    (void)state;
    struct herd_listener_counts counts;
    unsigned first_port, second_port;
    herd_door_begin(&house.door, prepare(&first_port));
    int first = plain_connect(first_port);
    UNTIL(&house.fixture, house.came == 1);
    herd_door_begin(&house.door, prepare(&second_port));
    int second = plain_connect(second_port);
    UNTIL(&house.fixture, house.came == 2);
    assert_int_equal(house.door.admit.counts.open, 2); /* the limits are one */
    herd_door_counts(&house.door, &counts);
    assert_int_equal(counts.accepted, 2);
    plain_send(first, "alive"); /* its listener is gone, it is not */
    UNTIL(&house.fixture, strcmp(house.read, "alive") == 0);
    close(first);
    close(second);
    UNTIL(&house.fixture, house.gone == 2);
    assert_int_equal(house.door.admit.counts.open, 0);
}

/* Until it begins it lets nobody in; who came to one that is abandoned is reset. */
static void test_abandoned(void **state)
{
    (void)state;
    unsigned old_port, new_port;
    herd_door_begin(&house.door, prepare(&old_port));
    struct herd_listener *listener = prepare(&new_port);
    struct received early = {.fd = plain_connect(new_port)};
    int client = plain_connect(old_port);
    UNTIL(&house.fixture, house.came == 1);
    herd_door_abandon(listener);
    herd_door_abandon(NULL);
    UNTIL(&house.fixture, receive(&early) && (early.ended || early.reset));
    assert_int_equal(house.came, 1);
    assert_int_equal(house.door.admit.counts.open, 1);
    received_finish(&early);
    close(client);
}

/* Who came before it began is let in then. */
static void test_waited(void **state)
{
    (void)state;
    unsigned port;
    struct herd_listener *listener = prepare(&port);
    int client = plain_connect(port);
    herd_door_begin(&house.door, listener);
    UNTIL(&house.fixture, house.came == 1);
    close(client);
}

/* Who came to the old one and was not let in yet, as one burst, is let in all the same. */
static void test_waited_at_the_old_one(void **state)
{
    (void)state;
    unsigned old_port, new_port;
    int clients[CLIENTS];
    herd_door_begin(&house.door, prepare(&old_port));
    for (unsigned i = 0; i < CLIENTS; i++)
        clients[i] = plain_connect(old_port);
    plain_send(clients[CLIENTS - 1], "last");
    herd_door_begin(&house.door, prepare(&new_port));
    assert_int_equal(house.came, CLIENTS);
    UNTIL(&house.fixture, strcmp(house.read, "last") == 0);
    for (unsigned i = 0; i < CLIENTS; i++)
        close(clients[i]);
}

static void test_port_taken(void **state)
{
    (void)state;
    unsigned port;
    int taken = plain_listen(1, &port);
    struct herd_listener_options options = {
        .address = loopback_storage(port), .on_connection = on_connection, .owner = &house, HERD_LISTENER_DEFAULTS};
    struct herd_listener *listener = NULL;
    assert_int_equal(herd_door_prepare(&house.door, &options, &listener), -EADDRINUSE);
    assert_null(listener);
    close(taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_exchanged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_abandoned, setup, teardown),
        cmocka_unit_test_setup_teardown(test_waited, setup, teardown),
        cmocka_unit_test_setup_teardown(test_waited_at_the_old_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_port_taken, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
