/* SPDX-License-Identifier: MIT */

/* The ends of a stream: in order, at once, by the other side, by time. on_closed is the last call, and comes once. */

#include "netsession.h"

#define BIG ((size_t)8 * 1024 * 1024)

static void append_zeros(struct herd_stream *stream, size_t length)
{
    struct herd_buffer *out = herd_stream_out(stream);
    memset(herd_buffer_reserve(out, length), 0, length);
    herd_buffer_commit(out, length);
}

/* Fills what the kernel takes and more. */
static void block(struct server *server, struct session *session)
{
    append_zeros(&session->stream, BIG);
    UNTIL(&server->fixture, session->stream.flight != NULL);
    fixture_turn(&server->fixture, 5);
    assert_non_null(session->stream.flight);
}

static void test_half_close(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct session *session;
    struct received client = {.fd = server_connect(server, &session)};
    plain_send(client.fd, "question");
    shutdown(client.fd, SHUT_WR);
    UNTIL(&server->fixture, session->ends == 1);
    assert_true(session_has_read(session, "question"));
    fixture_turn(&server->fixture, 10);
    assert_int_equal(session->closes, 0); /* it may take its time */
    herd_buffer_append(herd_stream_out(&session->stream), HERD_TEXT("answer"));
    herd_stream_end(&session->stream, 60000);
    herd_stream_end(&session->stream, 1);
    assert_int_equal(session->closes, 0);
    UNTIL(&server->fixture, receive(&client) && client.ended && session->closes == 1);
    assert_int_equal(session->status, 0);
    assert_int_equal(client.length, 6);
    received_finish(&client);
    server_close(server);
}

static void test_end_writes_all_first(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct session *session;
    struct received client = {.fd = server_connect(server, &session)};
    block(server, session);
    herd_stream_end(&session->stream, 60000);
    fixture_turn(&server->fixture, 10);
    assert_int_equal(session->closes, 0);
    UNTIL(&server->fixture, receive(&client) && client.ended);
    assert_int_equal(client.length, BIG);
    assert_int_equal(session->drains, 0);
    plain_send(client.fd, "too late");
    fixture_turn(&server->fixture, 10);
    assert_int_equal(session->closes, 0); /* lingers */
    shutdown(client.fd, SHUT_WR);
    UNTIL(&server->fixture, session->closes == 1);
    assert_int_equal(session->status, 0);
    assert_int_equal(session->reads, 0);
    received_finish(&client);
    server_close(server);
}

/* The other side never closes: linger_ms ends it, in order. */
static void test_linger_runs_out(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct session *session;
    struct received client = {.fd = server_connect(server, &session)};
    herd_stream_pause(&session->stream); /* ending reads on all the same */
    herd_buffer_append(herd_stream_out(&session->stream), HERD_TEXT("last words"));
    herd_stream_end(&session->stream, 100);
    UNTIL(&server->fixture, receive(&client) && client.ended);
    UNTIL(&server->fixture, session->closes == 1);
    assert_int_equal(session->status, 0);
    assert_int_equal(client.length, 10);
    received_finish(&client);
    server_close(server);
}

static void test_no_linger(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct session *session;
    struct received client = {.fd = server_connect(server, &session)};
    herd_stream_end(&session->stream, 0);
    assert_int_equal(session->closes, 0); /* never inside the call */
    UNTIL(&server->fixture, session->closes == 1 && receive(&client) && client.ended);
    assert_int_equal(session->status, 0);
    received_finish(&client);
    server_close(server);
}

static void test_close_with_write_pending(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct session *session;
    int fd = server_connect(server, &session);
    block(server, session);
    append_zeros(&session->stream, 100);
    herd_stream_close(&session->stream, -EPROTO);
    herd_stream_close(&session->stream, 0);
    herd_stream_end(&session->stream, 0);
    herd_stream_pause(&session->stream);
    herd_stream_resume(&session->stream);
    assert_int_equal(session->closes, 0);
    UNTIL(&server->fixture, session->closes == 1);
    assert_int_equal(session->status, -EPROTO);
    assert_int_equal(session->drains, 0);
    fixture_turn(&server->fixture, 10);
    assert_int_equal(session->closes, 1);
    close(fd);
    server_close(server);
}

/* An owner that holds on to the output buffer for too long does no harm. */
static void test_close_while_writing(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct session *session;
    int fd = server_connect(server, &session);
    struct herd_buffer *out = herd_stream_out(&session->stream);
    herd_stream_close(&session->stream, 0);
    herd_buffer_append(out, HERD_TEXT("into the void"));
    UNTIL(&server->fixture, session->closes == 1);
    close(fd);
    server_close(server);
}

static void test_reset_by_peer(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct session *session;
    plain_reset(server_connect(server, &session));
    UNTIL(&server->fixture, session->closes == 1);
    assert_int_equal(session->status, -ECONNRESET);
    assert_int_equal(session->ends, 0);
    server_close(server);
}

/* Nobody reads, so only the write can find out. */
static void test_reset_seen_by_write(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct session *session;
    int fd = server_connect(server, &session);
    herd_stream_pause(&session->stream);
    plain_reset(fd);
    fixture_turn(&server->fixture, 5);
    assert_int_equal(session->closes, 0);
    append_zeros(&session->stream, 10);
    herd_stream_flush(&session->stream);
    assert_int_equal(session->closes, 0); /* flushing does not call back */
    UNTIL(&server->fixture, session->closes == 1);
    assert_true(session->status == -ECONNRESET || session->status == -EPIPE);
    server_close(server);
}

static void test_reset_while_blocked(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct session *session;
    int fd = server_connect(server, &session);
    herd_stream_pause(&session->stream);
    block(server, session);
    plain_reset(fd);
    UNTIL(&server->fixture, session->closes == 1);
    assert_true(session->status == -ECONNRESET || session->status == -EPIPE);
    server_close(server);
}

static void test_stall(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct session *session, *patient;
    int fd = server_connect(server, &session), fd_patient = server_connect(server, &patient);
    block(server, session);
    block(server, patient);         /* without a limit */
    session->stream.stall_ms = 100; /* not before both are blocked, which may take longer than that */
    UNTIL(&server->fixture, session->closes == 1);
    assert_int_equal(session->status, -ETIMEDOUT);
    assert_int_equal(patient->closes, 0);
    assert_int_equal(server->fixture.loop.stalls, 1);
    close(fd);
    close(fd_patient);
    server_close(server);
}

/* Half-read output is progress, though the one write is not done. */
static void test_slow_is_not_stalled(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct session *session;
    static char some[1 << 18];
    int small = 65536; /* else the kernel makes more and more room for a reader that reads */
    int fd = server_connect(server, &session);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    session->stream.stall_ms = 10000;
    block(server, session);
    size_t before = herd_stream_queued(&session->stream);
    UNTIL(&server->fixture,
          recv(fd, some, sizeof some, 0) != 0 && herd_stream_queued(&session->stream) + sizeof some < before);
    fixture_turn(&server->fixture, 5);
    assert_non_null(session->stream.flight);
    session->stream.progress_ms = 0; /* as though that had been long ago */
    UNTIL(&server->fixture, session->stream.progress_ms != 0 || session->closes > 0);
    assert_int_equal(session->closes, 0);
    close(fd);
    server_close(server);
}

static void test_stall_while_ending(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct session *session;
    int fd = server_connect(server, &session);
    block(server, session);
    session->stream.stall_ms = 100;
    herd_stream_end(&session->stream, 60000);
    UNTIL(&server->fixture, session->closes == 1);
    assert_int_equal(session->status, -ETIMEDOUT);
    close(fd);
    server_close(server);
}

static void test_new_stream_has_nothing_to_close(void **state)
{
    (void)state;
    struct fixture fixture;
    struct session session = {.closes = 0};
    fixture_open(&fixture);
    herd_stream_init(&session.stream, &fixture.loop, &session_events);
    herd_stream_close(&session.stream, 0);
    herd_stream_end(&session.stream, 0);
    herd_buffer_append(herd_stream_out(&session.stream), HERD_TEXT("dropped"));
    herd_stream_flush(&session.stream);
    fixture_turn(&fixture, 3);
    assert_int_equal(session.closes, 0);
    fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_half_close),
        cmocka_unit_test(test_end_writes_all_first),
        cmocka_unit_test(test_linger_runs_out),
        cmocka_unit_test(test_no_linger),
        cmocka_unit_test(test_close_with_write_pending),
        cmocka_unit_test(test_close_while_writing),
        cmocka_unit_test(test_reset_by_peer),
        cmocka_unit_test(test_reset_seen_by_write),
        cmocka_unit_test(test_reset_while_blocked),
        cmocka_unit_test(test_stall),
        cmocka_unit_test(test_slow_is_not_stalled),
        cmocka_unit_test(test_stall_while_ending),
        cmocka_unit_test(test_new_stream_has_nothing_to_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
