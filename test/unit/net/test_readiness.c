/* SPDX-License-Identifier: MIT */

/* Whether any of many streams has something to read, asked without reading. */

#include "netsession.h"

#include <poll.h>

#include "herd/readiness.h"

/* Waits until the kernel has what the other side sent; the loop does not turn meanwhile. */
static void arrived(const struct session *session)
{
    uv_os_fd_t fd;
    assert_int_equal(uv_fileno((const uv_handle_t *)&session->stream.tcp, &fd), 0);
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&poll_fd, 1, DEADLINE_MS), 1);
}

static void test_any(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct herd_readiness readiness;
    struct session *first, *second;
    int first_fd = server_connect(server, &first);
    int second_fd = server_connect(server, &second);
    assert_int_equal(herd_readiness_init(&readiness), 0);
    assert_false(herd_readiness_any(&readiness));
    assert_int_equal(herd_readiness_add(&readiness, &first->stream), 0);
    plain_send(second_fd, "of one that is not in it");
    arrived(second);
    assert_false(herd_readiness_any(&readiness));
    assert_int_equal(herd_readiness_add(&readiness, &second->stream), 0);
    assert_true(herd_readiness_any(&readiness));
    assert_int_equal(second->reads, 0);
    herd_stream_read_now(&second->stream);
    assert_int_equal(second->reads, 1);
    assert_false(herd_readiness_any(&readiness));
    close(first_fd); /* an end is news, too */
    arrived(first);
    assert_true(herd_readiness_any(&readiness));
    UNTIL(&server->fixture, first->ends == 1);
    herd_readiness_finish(&readiness);
    herd_readiness_finish(&readiness);
    close(second_fd);
    server_close(server);
}

/* One that was closed has left by itself. */
static void test_closed(void **state)
{
    (void)state;
    struct server *server = server_open(10);
    struct herd_readiness readiness;
    struct session *session;
    int fd = server_connect(server, &session);
    assert_int_equal(herd_readiness_init(&readiness), 0);
    assert_int_equal(herd_readiness_add(&readiness, &session->stream), 0);
    assert_int_not_equal(herd_readiness_add(&readiness, &session->stream), 0);
    plain_send(fd, "unread");
    arrived(session);
    herd_stream_close(&session->stream, 0);
    UNTIL(&server->fixture, session->closes == 1);
    assert_false(herd_readiness_any(&readiness));
    herd_readiness_finish(&readiness);
    close(fd);
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any),
        cmocka_unit_test(test_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
