/* SPDX-License-Identifier: MIT */

/*
 * Happy path: the poll says readable, accept4 gives a connection with its
 * address, the limits let it in, the owner takes it into a stream; on to the
 * next, at most accepts_per_turn_max, then the rest of the loop has its turn (the poll is level
 * triggered and comes back).
 *
 * At a limit: closed and counted; the address is known before the owner is
 * asked. The connection died in the backlog, or the network said so: counted,
 * on to the next. Out of descriptors or memory, or anything that would come
 * back at once: polling rests, see listener.h. The socket stays bound, so
 * nothing can take the port meanwhile.
 */

#include "herd/listener.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "herd/machine.h"
#include "local.h"

#define BACKLOG 4096
#define REST_MS_MIN 10
#define REST_MS_MAX 1000

static void on_readable(uv_poll_t *poll, int status, int events);

static const struct herd_machine listener_machine = {
    .name = "listener",
    .states = {
        [HERD_LISTENER_BOUND] = {"bound", HERD_TO(HERD_LISTENER_ACCEPTING) | HERD_TO(HERD_LISTENER_CLOSING)},
        [HERD_LISTENER_ACCEPTING] = {"accepting", HERD_TO(HERD_LISTENER_RESTING) | HERD_TO(HERD_LISTENER_CLOSING)},
        [HERD_LISTENER_RESTING] = {"resting", HERD_TO(HERD_LISTENER_ACCEPTING) | HERD_TO(HERD_LISTENER_CLOSING)},
        [HERD_LISTENER_CLOSING] = {"closing", 0}}};

/* In the log a listener is known by its descriptor. */
static void move(struct herd_listener *listener, enum herd_listener_state to)
{
    herd_machine_move(&listener_machine, &listener->state, to, (uint64_t)listener->socket);
}

/* Errors that accept(2) hands on from the connection or the network; the next one may be fine. */
static bool passing(int error)
{
    switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM: /* a firewall rule */
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case ETIMEDOUT:
        return true;
    default:
        return false;
    }
}

static void on_rested(uv_timer_t *timer)
{
    struct herd_listener *listener = HERD_CONTAINER(timer, struct herd_listener, timer);
    move(listener, HERD_LISTENER_ACCEPTING);
    listener->counts.relistens++;
    uv_poll_start(&listener->poll, UV_READABLE, on_readable);
}

static void rest(struct herd_listener *listener)
{
    move(listener, HERD_LISTENER_RESTING);
    unsigned doubled = 2 * listener->delay_ms;
    listener->delay_ms = doubled < REST_MS_MIN ? REST_MS_MIN : doubled > REST_MS_MAX ? REST_MS_MAX : doubled;
    uv_poll_stop(&listener->poll);
    uv_timer_start(&listener->timer, on_rested, listener->delay_ms, 0);
}

/* Asks the owner to take the connection; what nobody took is closed. */
static void offer(struct herd_listener *listener, int fd, const struct sockaddr *peer)
{
    const struct herd_listener_options *options = &listener->options;
    assert(listener->accepted < 0);
    if (herd_admit_take(options->admit, peer, &listener->place) < 0) {
        close(fd);
        return;
    }
    listener->accepted = fd;
    listener->accepted_from = peer;
    options->on_connection(listener, options->owner);
    listener->accepted_from = NULL;
    assert(listener->accepted < 0 || listener->place.admit == options->admit);
    if (listener->accepted < 0) return;
    herd_admit_give(&listener->place);
    close(listener->accepted);
    listener->accepted = -1;
}

/* Lets in who waits, `most` at most: whether nobody does any more. */
static bool let_in(struct herd_listener *listener, unsigned most)
{
    for (unsigned i = 0; i < most && listener->state == HERD_LISTENER_ACCEPTING; i++) {
        struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
        socklen_t length = sizeof peer;
        int fd = accept4(listener->socket, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            listener->delay_ms = 0;
            offer(listener, fd, (const struct sockaddr *)&peer);
            continue;
        }
        if (errno == EAGAIN) return true;
        listener->counts.failures++;
        if (!passing(errno)) rest(listener);
    }
    return false;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct herd_listener *listener = HERD_CONTAINER(poll, struct herd_listener, poll);
    (void)events;
    if (status < 0) { /* libuv stopped polling */
        listener->counts.failures++;
        rest(listener);
        return;
    }
    bool all = let_in(listener, listener->options.accepts_per_turn_max);
    if (!all && listener->state == HERD_LISTENER_ACCEPTING) listener->counts.full_turns++;
}

void herd_listener_empty(struct herd_listener *listener)
{
    (void)let_in(listener, BACKLOG);
}

static int bind_socket(const struct sockaddr_storage *address)
{
    bool ipv6 = address->ss_family == AF_INET6;
    socklen_t length = ipv6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    /* The wildcard takes both families; whose peer is of IPv4 is shown and counted as such (peername.c). */
    int only_ipv6 = !IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)address)->sin6_addr);
    int on = 1;
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0) goto fail;
    if (ipv6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_ipv6, sizeof only_ipv6) < 0) goto fail;
    if (bind(fd, (const struct sockaddr *)address, length) < 0) goto fail;
    if (listen(fd, BACKLOG) < 0) goto fail;
    return fd;
fail:;
    int error = -errno;
    close(fd);
    return error;
}

int herd_listener_open(struct herd_listener *listener, struct herd_loop *loop,
                       const struct herd_listener_options *options)
{
    assert(options->on_connection != NULL && options->admit != NULL && options->accepts_per_turn_max > 0);
    memset(listener, 0, sizeof *listener);
    int fd = bind_socket(&options->address);
    if (fd < 0) return fd;
    int error = uv_poll_init(&loop->uv, &listener->poll, fd);
    if (error < 0) {
        close(fd);
        return error;
    }
    uv_timer_init(&loop->uv, &listener->timer);
    listener->loop = loop;
    listener->options = *options;
    listener->socket = fd;
    listener->accepted = -1;
    listener->handles = 2;
    return 0;
}

void herd_listener_start(struct herd_listener *listener)
{
    move(listener, HERD_LISTENER_ACCEPTING);
    uv_poll_start(&listener->poll, UV_READABLE, on_readable);
}

void herd_listener_address(const struct herd_listener *listener, char *out, size_t size)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t length = sizeof address;
    if (listener->state == HERD_LISTENER_CLOSING ||
        getsockname(listener->socket, (struct sockaddr *)&address, &length) < 0)
        address.ss_family = AF_UNSPEC;
    peername_format((const struct sockaddr *)&address, out, size);
}

int herd_listener_accept(struct herd_listener *listener, struct herd_stream *stream, struct herd_admit_place *ret_place)
{
    if (listener->accepted < 0) return -EAGAIN;
    int fd = listener->accepted;
    listener->accepted = -1;
    *ret_place = listener->place;
    listener->place.admit = NULL;
    listener->counts.accepted++;
    uv_tcp_init(&stream->loop->uv, &stream->tcp);
    int error = uv_tcp_open(&stream->tcp, fd);
    if (error < 0) close(fd); /* the handle is there all the same and needs closing: start fails and does that */
    (void)herd_stream_start(stream, listener->options.keepalive_s);
    return 0;
}

void herd_listener_configure(struct herd_listener *listener, unsigned accepts_per_turn_max, unsigned keepalive_s)
{
    assert(accepts_per_turn_max > 0);
    listener->options.accepts_per_turn_max = accepts_per_turn_max;
    listener->options.keepalive_s = keepalive_s;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct herd_listener *listener = handle->data;
    assert(listener->handles > 0);
    if (--listener->handles > 0) return;
    if (listener->options.on_closed != NULL) listener->options.on_closed(listener, listener->options.owner);
}

void herd_listener_close(struct herd_listener *listener)
{
    if (listener->state == HERD_LISTENER_CLOSING) return;
    move(listener, HERD_LISTENER_CLOSING);
    listener->poll.data = listener->timer.data = listener;
    uv_close((uv_handle_t *)&listener->poll, on_handle_closed);
    uv_close((uv_handle_t *)&listener->timer, on_handle_closed);
    close(listener->socket); /* libuv has let go of it in uv_close */
}
