/* SPDX-License-Identifier: MIT */

/*
 * One server that `herd send` talks to: connects without waiting, writes what
 * is in `out`, half-closes after the last of it, reads until the server
 * closes.
 *
 * Failures are told once, in one line: it cannot be reached; the connection
 * breaks; the server closes it before it had all lines, or without any reply;
 * it is silent for longer than the time limit.
 */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include "herd/memory.h"
#include "local.h"

static void end(struct target *target, enum target_state state)
{
    if (target->socket >= 0) close(target->socket);
    target->socket = -1;
    target->state = state;
}

static void fail(struct target *target, const char *what)
{
    herd_complain("%s %s", target->label, what);
    end(target, TARGET_FAILED);
}

static void fail_to_reach(struct target *target, int error)
{
    herd_complain("cannot reach %s: %s", target->label, herd_error_text(error));
    end(target, TARGET_FAILED);
}

static void fail_midway(struct target *target, int error)
{
    herd_complain("lost the connection to %s: %s", target->label, herd_error_text(error));
    end(target, TARGET_FAILED);
}

void target_connect(struct target *target, int64_t now_ms)
{
    const struct sockaddr *address = (const struct sockaddr *)&target->address;
    socklen_t length = address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    target->moved_ms = now_ms;
    target->state = TARGET_CONNECTING;
    target->socket = socket(address->sa_family, SOCK_STREAM, 0);
    if (target->socket < 0 || fcntl(target->socket, F_SETFL, O_NONBLOCK) < 0 ||
        (connect(target->socket, address, length) < 0 && errno != EINPROGRESS)) {
        fail_to_reach(target, errno);
    }
}

short target_wants(const struct target *target)
{
    switch (target->state) {
    case TARGET_CONNECTING:
        return POLLOUT;
    case TARGET_OPEN:
        return (short)(herd_buffer_length(&target->out) > 0 ? POLLIN | POLLOUT : POLLIN);
    case TARGET_ENDING:
        return POLLIN;
    case TARGET_DONE:
    case TARGET_FAILED:
        break;
    }
    return 0;
}

static void finish_connecting(struct target *target)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(target->socket, SOL_SOCKET, SO_ERROR, &error, &length) < 0) error = errno;
    if (error != 0) {
        fail_to_reach(target, error);
    } else {
        target->state = TARGET_OPEN;
    }
}

static void write_some(struct target *target, int64_t now_ms)
{
    struct herd_text text = herd_buffer_text(&target->out);
    if (text.length == 0) return;
    ssize_t count = send(target->socket, text.bytes, text.length, MSG_NOSIGNAL);
    if (count > 0) {
        herd_buffer_consume(&target->out, (size_t)count);
        target->sent = true;
        target->moved_ms = now_ms;
    }
    /* A server that has closed may have said why: that is read first, and reading then finds the end. */
}

static void on_server_end(struct target *target)
{
    if (target->state != TARGET_ENDING) {
        fail(target, "closed the connection before it had everything");
    } else if (target->sent && !target->received) {
        fail(target, "closed the connection without a reply");
    } else {
        end(target, TARGET_DONE);
    }
}

static int read_some(struct target *target, int64_t now_ms)
{
    char bytes[16 * 1024];
    ssize_t count = recv(target->socket, bytes, sizeof bytes, 0);
    if (count < 0) {
        if (errno != EAGAIN && errno != EINTR) fail_midway(target, errno);
        return 0;
    }
    if (count == 0) {
        on_server_end(target);
        return 0;
    }
    target->received = true;
    target->moved_ms = now_ms;
    return herd_printer_write(&target->printer, (struct herd_text){bytes, (size_t)count});
}

int target_act(struct target *target, short events, bool input_ended, int64_t now_ms)
{
    if (target->state == TARGET_CONNECTING && (events & (POLLOUT | POLLERR | POLLHUP)) != 0) {
        finish_connecting(target);
    }
    if (target->state == TARGET_OPEN) write_some(target, now_ms);
    if (target->state == TARGET_OPEN && input_ended && herd_buffer_length(&target->out) == 0) {
        shutdown(target->socket, SHUT_WR);
        target->state = TARGET_ENDING;
        target->moved_ms = now_ms;
    }
    if ((target->state == TARGET_OPEN || target->state == TARGET_ENDING) &&
        (events & (POLLIN | POLLERR | POLLHUP)) != 0) {
        return read_some(target, now_ms);
    }
    return 0;
}

int64_t target_deadline_ms(const struct target *target, bool input_ended, unsigned timeout_s)
{
    if (target->state == TARGET_DONE || target->state == TARGET_FAILED) return INT64_MAX;
    bool idle = target->state == TARGET_OPEN && herd_buffer_length(&target->out) == 0 && !input_ended;
    return idle ? INT64_MAX : target->moved_ms + INT64_C(1000) * timeout_s;
}

void target_expire(struct target *target, unsigned timeout_s)
{
    if (target->state == TARGET_CONNECTING) {
        fail_to_reach(target, ETIMEDOUT);
        return;
    }
    herd_complain("%s was silent for %u s", target->label, timeout_s);
    end(target, TARGET_FAILED);
}

void target_finish(struct target *target)
{
    assert(target->socket < 0);
    herd_printer_finish(&target->printer);
    herd_buffer_finish(&target->out);
    herd_memory_free(target->label);
}
