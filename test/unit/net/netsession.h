/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEST_NETSESSION_H
#define HERD_TEST_NETSESSION_H

/* A server of the tests: a listener whose connections become sessions, which write down what happens to them. */

#include "netfixture.h"

#include <netinet/tcp.h>

#define SESSIONS_MAX 256

struct session {
    struct herd_stream stream;
    struct herd_admit_place place;
    struct herd_buffer read;
    bool echo;
    bool pause_on_read;
    unsigned reads;
    unsigned ends;
    unsigned drains;
    unsigned closes;
    int status;
};

struct server {
    struct fixture fixture;
    struct herd_admit admit;
    struct herd_listener listener;
    struct session sessions[SESSIONS_MAX];
    unsigned session_count;
    unsigned port;
    unsigned closes;
    bool decline;          /* takes no connection */
    bool close_on_connect; /* closes the listener from inside the callback */
};

static void session_on_read(struct herd_stream *stream, struct herd_text bytes)
{
    struct session *session = HERD_CONTAINER(stream, struct session, stream);
    session->reads++;
    herd_buffer_append(&session->read, bytes);
    if (session->echo) herd_buffer_append(herd_stream_out(stream), bytes);
    if (session->pause_on_read) herd_stream_pause(stream);
}

static void session_on_end(struct herd_stream *stream)
{
    HERD_CONTAINER(stream, struct session, stream)->ends++;
}

static void session_on_drained(struct herd_stream *stream)
{
    HERD_CONTAINER(stream, struct session, stream)->drains++;
}

static void session_on_closed(struct herd_stream *stream, int status)
{
    struct session *session = HERD_CONTAINER(stream, struct session, stream);
    session->closes++;
    session->status = status;
    herd_buffer_finish(&session->read);
    herd_admit_give(&session->place);
}

static const struct herd_stream_events session_events = {
    .on_read = session_on_read,
    .on_end = session_on_end,
    .on_drained = session_on_drained,
    .on_closed = session_on_closed,
};

static void server_on_connection(struct herd_listener *listener, void *owner)
{
    struct server *server = owner;
    if (server->close_on_connect) herd_listener_close(listener);
    if (server->decline) return;
    assert_true(server->session_count < SESSIONS_MAX);
    struct session *session = &server->sessions[server->session_count++];
    herd_stream_init(&session->stream, listener->loop, &session_events);
    assert_int_equal(herd_listener_accept(listener, &session->stream, &session->place), 0);
    struct herd_stream second;
    struct herd_admit_place place;
    herd_stream_init(&second, listener->loop, &session_events);
    assert_int_equal(herd_listener_accept(listener, &second, &place), -EAGAIN); /* there is one to take, no more */
}

static void server_on_closed(struct herd_listener *listener, void *owner)
{
    (void)listener;
    ((struct server *)owner)->closes++;
}

/* The rest of `options` is ours. */
static inline struct server *server_open_with(unsigned connections_max, struct herd_listener_options options)
{
    struct server *server = calloc(1, sizeof *server);
    assert_non_null(server);
    fixture_open(&server->fixture);
    herd_admit_init(&server->admit, &(struct herd_admit_limits){.connections_max = connections_max});
    options.admit = &server->admit;
    options.address = loopback_storage(0);
    options.on_connection = server_on_connection;
    options.on_closed = server_on_closed;
    options.owner = server;
    assert_int_equal(herd_listener_open(&server->listener, &server->fixture.loop, &options), 0);
    herd_listener_start(&server->listener);
    server->port = port_of_fd(server->listener.socket);
    return server;
}

static inline struct server *server_open(unsigned connections_max)
{
    return server_open_with(connections_max, (struct herd_listener_options){HERD_LISTENER_DEFAULTS});
}

static inline bool server_all_closed(const struct server *server)
{
    for (unsigned i = 0; i < server->session_count; i++)
        if (server->sessions[i].closes == 0) return false;
    return true;
}

static inline void server_close(struct server *server)
{
    herd_listener_close(&server->listener);
    for (unsigned i = 0; i < server->session_count; i++)
        herd_stream_close(&server->sessions[i].stream, 0);
    UNTIL(&server->fixture, server_all_closed(server) && server->closes > 0);
    for (unsigned i = 0; i < server->session_count; i++)
        assert_int_equal(server->sessions[i].closes, 1);
    assert_int_equal(server->closes, 1);
    herd_admit_finish(&server->admit);
    fixture_close(&server->fixture);
    free(server);
}

/* One client more: its socket, and its session in *ret_session. */
static inline int server_connect(struct server *server, struct session **ret_session)
{
    unsigned before = server->session_count;
    int fd = plain_connect(server->port);
    UNTIL(&server->fixture, server->session_count > before);
    *ret_session = &server->sessions[before];
    return fd;
}

/* After how many seconds of silence TCP asks whether the other side is there; 0: never. */
static inline unsigned keepalive_of(const struct herd_stream *stream)
{
    uv_os_fd_t fd;
    int on = 0, idle_s = 0;
    socklen_t length = sizeof on;
    assert_int_equal(uv_fileno((const uv_handle_t *)&stream->tcp, &fd), 0);
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &length), 0);
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, &length), 0);
    return on == 0 ? 0 : (unsigned)idle_s;
}

static inline bool session_has_read(const struct session *session, const char *string)
{
    return herd_text_equal(herd_buffer_text(&session->read), herd_text_of(string));
}

#endif
