/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEST_NETFIXTURE_H
#define HERD_TEST_NETFIXTURE_H

/*
 * What the tests of net/ share: a loop that is turned until something is true
 * (or the deadline is over, which fails the test), and plain sockets as the
 * other side. A tick wakes the loop, so that the test can look at its sockets.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "herd/dialler.h"
#include "herd/listener.h"
#include "herd/loop.h"
#include "herd/stream.h"

#define TICK_MS 2
#define DEADLINE_MS 60000

struct fixture {
    struct herd_loop loop;
    uv_timer_t tick;
};

static void fixture_on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static inline void fixture_open(struct fixture *fixture)
{
    assert_int_equal(herd_loop_init(&fixture->loop), 0);
    uv_timer_init(&fixture->loop.uv, &fixture->tick);
    uv_timer_start(&fixture->tick, fixture_on_tick, TICK_MS, TICK_MS);
}

/* Every test ends here: nothing may be left open. */
static inline void fixture_close(struct fixture *fixture)
{
    uv_close((uv_handle_t *)&fixture->tick, NULL);
    assert_int_equal(herd_loop_finish(&fixture->loop), 0);
}

/* Turns the loop until `condition` holds. */
#define UNTIL(fixture, condition)                                                                                      \
    do {                                                                                                               \
        uint64_t until_deadline = uv_hrtime() + (uint64_t)DEADLINE_MS * 1000000;                                       \
        while (!(condition)) {                                                                                         \
            if (uv_hrtime() > until_deadline) fail_msg("deadline over: %s", #condition);                               \
            uv_run(&(fixture)->loop.uv, UV_RUN_ONCE);                                                                  \
        }                                                                                                              \
    } while (0)

static inline void fixture_turn(struct fixture *fixture, unsigned times)
{
    while (times-- > 0)
        uv_run(&fixture->loop.uv, UV_RUN_NOWAIT);
}

static inline struct sockaddr_in loopback(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/* An address of either family, some port. */
static inline struct sockaddr_storage numeric_storage(const char *text)
{
    struct sockaddr_storage storage;
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(1)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(1)};
    memset(&storage, 0, sizeof storage);
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
        memcpy(&storage, &in, sizeof in);
    } else {
        assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
        memcpy(&storage, &in6, sizeof in6);
    }
    return storage;
}

static inline struct sockaddr_storage loopback_storage(unsigned port)
{
    struct sockaddr_storage storage;
    struct sockaddr_in address = loopback(port);
    memset(&storage, 0, sizeof storage);
    memcpy(&storage, &address, sizeof address);
    return storage;
}

static inline unsigned port_of_fd(int fd)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    return ntohs(address.sin_port);
}

/* A listening socket of the test's own, its port in *ret_port. */
static inline int plain_listen(int backlog, unsigned *ret_port)
{
    struct sockaddr_in address = loopback(0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, backlog), 0);
    *ret_port = port_of_fd(fd);
    return fd;
}

/* A connected, non-blocking client socket; the backlog answers, so this does not wait for the loop. */
static inline int plain_connect(unsigned port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static inline void plain_send(int fd, const char *string)
{
    assert_int_equal(send(fd, string, strlen(string), MSG_NOSIGNAL), (ssize_t)strlen(string));
}

/* Closes with a reset instead of FIN. */
static inline void plain_reset(int fd)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard), 0);
    close(fd);
}

/* What a plain socket has received: text so far, and how it ended. */
struct received {
    int fd;
    char *bytes;
    size_t length;
    size_t capacity;
    bool ended; /* FIN */
    bool reset;
};

/* Takes what is there without waiting; true, so that it can stand in a condition. */
static inline bool receive(struct received *received)
{
    for (;;) {
        if (received->capacity - received->length < 65536) {
            received->capacity = 2 * received->capacity + 65536;
            received->bytes = realloc(received->bytes, received->capacity);
            assert_non_null(received->bytes);
        }
        ssize_t count = recv(received->fd, received->bytes + received->length, 65536, 0);
        if (count == 0) received->ended = true;
        if (count < 0 && errno != EAGAIN) received->reset = true;
        if (count <= 0) return true;
        received->length += (size_t)count;
    }
}

static inline void received_finish(struct received *received)
{
    free(received->bytes);
    if (received->fd >= 0) close(received->fd);
}

#endif
