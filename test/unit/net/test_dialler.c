/* SPDX-License-Identifier: MIT */

/* The dialler: one on_done for every way a connection can come about or not. */

#include "netsession.h"

struct call {
    struct herd_dialler dialler;
    struct session session;
    struct fixture *fixture;
    unsigned dones;
    int status;
    unsigned again_port; /* dials this port inside on_done after a failure */
};

static void on_done(struct herd_dialler *dialler, int status)
{
    struct call *call = dialler->owner;
    call->dones++;
    call->status = status;
    if (status == 0 || call->again_port == 0) return;
    struct sockaddr_in address = loopback(call->again_port);
    call->again_port = 0;
    memset(&call->session.stream, 0xee, sizeof call->session.stream); /* it is the owner's again */
    memset(&call->dialler, 0xee, sizeof call->dialler);
    herd_stream_init(&call->session.stream, &call->fixture->loop, &session_events);
    herd_dialler_start(&call->dialler, &call->session.stream, (struct sockaddr *)&address, NULL, DEADLINE_MS, on_done,
                       call);
}

static void dial(struct fixture *fixture, struct call *call, unsigned port, const struct sockaddr_in *source,
                 uint32_t timeout_ms)
{
    struct sockaddr_in address = loopback(port);
    call->fixture = fixture;
    call->status = 1;
    herd_stream_init(&call->session.stream, &fixture->loop, &session_events);
    herd_dialler_start(&call->dialler, &call->session.stream, (struct sockaddr *)&address,
                       (const struct sockaddr *)source, timeout_ms, on_done, call);
    assert_int_equal(call->dones, 0); /* never before start returned */
}

static void hang_up(struct fixture *fixture, struct call *call)
{
    herd_stream_close(&call->session.stream, 0);
    UNTIL(fixture, call->session.closes == 1);
}

/* A port that nobody listens on: it was free a moment ago. */
static unsigned dead_port(void)
{
    unsigned port;
    close(plain_listen(1, &port));
    return port;
}

/* A listening socket whose backlog is full, so that the kernel ignores who connects. */
struct deaf {
    int listening;
    int fillers[8];
    unsigned port;
};

static void deaf_open(struct deaf *deaf)
{
    deaf->listening = plain_listen(0, &deaf->port);
    struct sockaddr_in address = loopback(deaf->port);
    for (unsigned i = 0; i < 8; i++) {
        deaf->fillers[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(fcntl(deaf->fillers[i], F_SETFL, O_NONBLOCK), 0);
        (void)connect(deaf->fillers[i], (struct sockaddr *)&address, sizeof address);
    }
}

static void deaf_close(struct deaf *deaf)
{
    for (unsigned i = 0; i < 8; i++)
        close(deaf->fillers[i]);
    close(deaf->listening);
}

static void test_connects(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct call call = {.dones = 0};
    dial(&server->fixture, &call, server->port, NULL, DEADLINE_MS);
    UNTIL(&server->fixture, call.dones == 1 && server->session_count == 1);
    assert_int_equal(call.status, 0);
    assert_int_equal(keepalive_of(&call.session.stream), 60);
    server->sessions[0].echo = true;
    herd_buffer_append(herd_stream_out(&call.session.stream), HERD_TEXT("hello"));
    UNTIL(&server->fixture, session_has_read(&call.session, "hello"));
    herd_dialler_cancel(&call.dialler); /* done: harmless */
    fixture_turn(&server->fixture, 5);
    assert_int_equal(call.dones, 1);
    assert_int_equal(call.session.closes, 0);
    hang_up(&server->fixture, &call);
    server_close(server);
}

static void test_source(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct call call = {.dones = 0};
    struct sockaddr_in source = {.sin_family = AF_INET};
    char address[56];
    assert_int_equal(inet_pton(AF_INET, "127.0.1.3", &source.sin_addr), 1);
    dial(&server->fixture, &call, server->port, &source, DEADLINE_MS);
    UNTIL(&server->fixture, call.dones == 1 && server->session_count == 1);
    assert_int_equal(call.status, 0);
    herd_stream_address(&server->sessions[0].stream, address, sizeof address);
    assert_memory_equal(address, "127.0.1.3:", 10);
    hang_up(&server->fixture, &call);
    server_close(server);
}

static void test_source_not_ours(void **state)
{
    (void)state;
    struct fixture fixture;
    struct call call = {.dones = 0};
    struct sockaddr_in source = {.sin_family = AF_INET};
    assert_int_equal(inet_pton(AF_INET, "192.0.2.1", &source.sin_addr), 1);
    fixture_open(&fixture);
    dial(&fixture, &call, dead_port(), &source, DEADLINE_MS);
    UNTIL(&fixture, call.dones == 1);
    assert_int_equal(call.status, -EADDRNOTAVAIL);
    assert_int_equal(call.session.closes, 0); /* never was open */
    fixture_close(&fixture);
}

static void test_refused_then_again(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct call refused = {.dones = 0}, again = {.again_port = server->port};
    dial(&server->fixture, &refused, dead_port(), NULL, DEADLINE_MS);
    dial(&server->fixture, &again, dead_port(), NULL, DEADLINE_MS);
    UNTIL(&server->fixture, refused.dones == 1 && again.dones == 2);
    assert_int_equal(refused.status, -ECONNREFUSED);
    assert_int_equal(refused.session.closes, 0);
    assert_int_equal(again.status, 0);
    hang_up(&server->fixture, &again);
    server_close(server);
}

static void test_timeout(void **state)
{
    (void)state;
    struct fixture fixture;
    struct deaf deaf;
    struct call call = {.dones = 0};
    fixture_open(&fixture);
    deaf_open(&deaf);
    dial(&fixture, &call, deaf.port, NULL, 50);
    UNTIL(&fixture, call.dones == 1);
    assert_int_equal(call.status, -ETIMEDOUT);
    assert_int_equal(call.session.closes, 0);
    fixture_turn(&fixture, 10);
    assert_int_equal(call.dones, 1);
    deaf_close(&deaf);
    fixture_close(&fixture);
}

static void test_cancel(void **state)
{
    (void)state;
    struct fixture fixture;
    struct deaf deaf;
    struct call at_once = {.dones = 0}, later = {.dones = 0};
    memset(&at_once.dialler, 0, sizeof at_once.dialler);
    herd_dialler_cancel(&at_once.dialler); /* never started: harmless */
    fixture_open(&fixture);
    deaf_open(&deaf);
    dial(&fixture, &at_once, deaf.port, NULL, DEADLINE_MS);
    dial(&fixture, &later, deaf.port, NULL, DEADLINE_MS);
    herd_dialler_cancel(&at_once.dialler);
    herd_dialler_cancel(&at_once.dialler);
    assert_int_equal(at_once.dones, 0);
    UNTIL(&fixture, at_once.dones == 1);
    assert_int_equal(at_once.status, -ECANCELED);
    assert_int_equal(later.dones, 0);
    herd_dialler_cancel(&later.dialler);
    UNTIL(&fixture, later.dones == 1);
    assert_int_equal(later.status, -ECANCELED);
    deaf_close(&deaf);
    fixture_close(&fixture);
}

static void on_check(uv_check_t *check)
{
    struct call *call = check->data;
    if (call->dialler.decided && call->dones == 0) herd_dialler_cancel(&call->dialler);
}

/* Connected already, but on_done has not come yet: cancelling wins. */
static void test_cancel_at_the_last_moment(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct call call = {.dones = 0};
    uv_check_t check; /* runs between the connection and the close callbacks */
    uv_check_init(&server->fixture.loop.uv, &check);
    check.data = &call;
    dial(&server->fixture, &call, server->port, NULL, DEADLINE_MS);
    uv_check_start(&check, on_check);
    UNTIL(&server->fixture, call.dones == 1);
    assert_int_equal(call.status, -ECANCELED);
    assert_int_equal(call.session.closes, 0);
    uv_close((uv_handle_t *)&check, NULL);
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connects),
        cmocka_unit_test(test_source),
        cmocka_unit_test(test_source_not_ours),
        cmocka_unit_test(test_refused_then_again),
        cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_cancel_at_the_last_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
