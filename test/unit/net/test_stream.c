/* SPDX-License-Identifier: MIT */

/* Streams: reading, writing, back-pressure. How they end is in test_streamend.c. */

#include "netsession.h"

#define BIG ((size_t)8 * 1024 * 1024)

/* A pattern in which every displaced byte shows. */
static char pattern(size_t i)
{
    return (char)((i * 2654435761u) >> 13);
}

static void append_pattern(struct herd_buffer *buffer, size_t from, size_t length)
{
    char *bytes = herd_buffer_reserve(buffer, length);
    for (size_t i = 0; i < length; i++)
        bytes[i] = pattern(from + i);
    herd_buffer_commit(buffer, length);
}

static void assert_pattern(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] != pattern(i)) fail_msg("byte %zu is wrong", i);
}

static void test_echo(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct session *session;
    struct received client = {.fd = server_connect(server, &session)};
    session->echo = true;
    for (unsigned round = 1; round <= 20; round++) {
        plain_send(client.fd, "0123456789");
        UNTIL(&server->fixture, receive(&client) && client.length == 10 * round);
        assert_memory_equal(client.bytes + 10 * (round - 1), "0123456789", 10);
    }
    assert_null(session->stream.out.memory); /* idle: owns nothing */
    assert_null(session->stream.flight);
    assert_true(server->fixture.loop.spare_count > 0);
    assert_int_equal(session->drains, 0); /* nothing ever had to wait */
    received_finish(&client);
    UNTIL(&server->fixture, session->ends == 1);
    server_close(server);
}

static void test_address(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct session *session;
    char expected[56], got[56];
    int fd = server_connect(server, &session);
    snprintf(expected, sizeof expected, "127.0.0.1:%u", port_of_fd(fd));
    herd_stream_address(&session->stream, got, sizeof got);
    assert_string_equal(got, expected);
    assert_true(herd_stream_from_loopback(&session->stream));
    assert_int_equal(herd_stream_set_user_timeout(&session->stream, 5000), 0);
    herd_stream_close(&session->stream, 0);
    herd_stream_address(&session->stream, got, sizeof got);
    assert_string_equal(got, "-");
    assert_false(herd_stream_from_loopback(&session->stream));
    close(fd);
    server_close(server);
}

static void flush_both(struct session *first, struct session *second)
{
    herd_stream_flush(&first->stream);
    herd_stream_flush(&second->stream);
}

/* Whoever gives it back last: what grew large goes to who asks for it, and to nobody else while there is smaller. */
static void test_large_memory(void **state)
{
    (void)state;
    const size_t large = 100000;
    struct server *server = server_open(10);
    struct session *much, *little;
    int fds[] = {server_connect(server, &much), server_connect(server, &little)};
    herd_buffer_reserve(herd_stream_out(&much->stream), large);
    herd_buffer_reserve(herd_stream_out(&little->stream), 1);
    for (unsigned round = 0; round < 4; round++) {
        if (round % 2 == 0)
            flush_both(much, little);
        else
            flush_both(little, much);
        assert_null(much->stream.out.memory);
        if (round < 2) assert_true(herd_stream_out(&little->stream)->capacity < large);
        assert_true(herd_stream_out_large(&much->stream)->capacity >= large);
        assert_true(herd_stream_out(&little->stream)->capacity < large);
    }
    flush_both(much, little);
    close(fds[0]);
    close(fds[1]);
    server_close(server);
}

static void test_flush_by_hand(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct session *session;
    struct received client = {.fd = server_connect(server, &session)};
    herd_buffer_append(herd_stream_out(&session->stream), HERD_TEXT("now"));
    assert_int_equal(herd_stream_queued(&session->stream), 3);
    herd_stream_flush(&session->stream);
    assert_int_equal(herd_stream_queued(&session->stream), 0);
    receive(&client); /* no turn of the loop between */
    assert_int_equal(client.length, 3);
    received_finish(&client);
    server_close(server);
}

static void test_one_write_a_turn(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct session *session;
    struct received client = {.fd = server_connect(server, &session)};
    for (unsigned i = 0; i < 1000; i++)
        herd_buffer_append(herd_stream_out(&session->stream), HERD_TEXT("x"));
    assert_int_equal(herd_stream_queued(&session->stream), 1000);
    receive(&client);
    assert_int_equal(client.length, 0);
    UNTIL(&server->fixture, receive(&client) && client.length > 0);
    assert_int_equal(client.length, 1000);
    received_finish(&client);
    server_close(server);
}

/* A reader that does not read at first gets every byte in order, what was added in the meantime too. */
static void test_big_output(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct session *session;
    struct received client = {.fd = server_connect(server, &session)};
    append_pattern(herd_stream_out(&session->stream), 0, BIG);
    UNTIL(&server->fixture, session->stream.flight != NULL);
    fixture_turn(&server->fixture, 20);
    assert_true(herd_stream_queued(&session->stream) > 0);
    assert_false(herd_list_empty(&session->stream.blocked_node));
    for (unsigned i = 0; i < 16; i++) {
        append_pattern(herd_stream_out(&session->stream), BIG + i * 100, 100);
        fixture_turn(&server->fixture, 1);
    }
    assert_int_equal(session->drains, 0);
    UNTIL(&server->fixture, receive(&client) && client.length == BIG + 1600);
    assert_pattern(client.bytes, client.length);
    UNTIL(&server->fixture, session->drains > 0);
    assert_int_equal(session->drains, 1);
    assert_int_equal(herd_stream_queued(&session->stream), 0);
    assert_null(session->stream.out.memory);
    assert_true(herd_list_empty(&session->stream.blocked_node));
    received_finish(&client);
    server_close(server);
}

static void test_pause_and_resume(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct session *session;
    int fd = server_connect(server, &session);
    herd_stream_pause(&session->stream);
    herd_stream_pause(&session->stream);
    plain_send(fd, "one");
    fixture_turn(&server->fixture, 20);
    assert_int_equal(session->reads, 0);
    herd_stream_resume(&session->stream);
    assert_int_equal(session->reads, 0); /* not inside the call */
    session->pause_on_read = true;
    UNTIL(&server->fixture, session_has_read(session, "one"));
    plain_send(fd, "two");
    shutdown(fd, SHUT_WR);
    fixture_turn(&server->fixture, 20);
    assert_int_equal(session->reads, 1);
    assert_int_equal(session->ends, 0); /* FIN waits behind what is not read */
    session->pause_on_read = false;
    herd_stream_resume(&session->stream);
    UNTIL(&server->fixture, session->ends > 0);
    assert_true(session_has_read(session, "onetwo"));
    herd_stream_pause(&session->stream);
    herd_stream_resume(&session->stream);
    fixture_turn(&server->fixture, 20);
    assert_int_equal(session->ends, 1); /* FIN is told once */
    close(fd);
    server_close(server);
}

/* However much is there, one turn reads 256 KiB of one stream. */
static void test_read_budget(void **state)
{
    (void)state;
    static char chunk[65536];
    struct server *server = server_open(10);
    struct session *session;
    int fd = server_connect(server, &session);
    size_t sent = 0;
    herd_stream_pause(&session->stream);
    for (ssize_t count; (count = send(fd, chunk, sizeof chunk, MSG_NOSIGNAL)) > 0;)
        sent += (size_t)count;
    if (sent <= (size_t)256 * 1024) skip(); /* a machine with small socket buffers */
    herd_stream_resume(&session->stream);
    for (size_t before = 0; before < sent; before = herd_buffer_length(&session->read)) {
        UNTIL(&server->fixture, herd_buffer_length(&session->read) > before);
        assert_true(herd_buffer_length(&session->read) - before <= (size_t)256 * 1024);
    }
    assert_int_equal(herd_buffer_length(&session->read), sent);
    close(fd);
    server_close(server);
}

/* Owners need not ask whether a stream is open before they write. */
static void test_output_when_not_open_is_dropped(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct session *session;
    struct received client = {.fd = server_connect(server, &session)};
    herd_buffer_append(herd_stream_out(&session->stream), HERD_TEXT("kept"));
    herd_stream_end(&session->stream, 60000);
    append_pattern(herd_stream_out(&session->stream), 0, 100000);
    herd_buffer_append(herd_stream_out(&session->stream), HERD_TEXT("dropped"));
    UNTIL(&server->fixture, receive(&client) && client.ended);
    assert_int_equal(client.length, 4);
    assert_memory_equal(client.bytes, "kept", 4);
    herd_stream_close(&session->stream, 0);
    herd_buffer_append(herd_stream_out(&session->stream), HERD_TEXT("dropped"));
    herd_stream_flush(&session->stream);
    assert_int_equal(herd_stream_queued(&session->stream), 0);
    received_finish(&client);
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_echo),
        cmocka_unit_test(test_address),
        cmocka_unit_test(test_large_memory),
        cmocka_unit_test(test_flush_by_hand),
        cmocka_unit_test(test_one_write_a_turn),
        cmocka_unit_test(test_big_output),
        cmocka_unit_test(test_pause_and_resume),
        cmocka_unit_test(test_read_budget),
        cmocka_unit_test(test_output_when_not_open_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
