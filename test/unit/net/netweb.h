/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEST_NETWEB_H
#define HERD_TEST_NETWEB_H

/* A tiny HTTP server of the tests, on the loop of what is tested. The path of a request says how it behaves. */

#include "netfixture.h"

#define WEB_HELD_MAX 256

struct web_connection {
    struct herd_stream stream;
    struct herd_admit_place place;
    struct web *web;
    struct herd_buffer in;
    unsigned requests;
};

struct web {
    struct fixture *fixture;
    struct herd_admit admit;
    struct herd_listener listener;
    unsigned port;
    unsigned connections; /* ever */
    unsigned alive;
    unsigned requests;
    struct web_connection *held[WEB_HELD_MAX]; /* requests not answered yet */
    unsigned held_count;
    bool hold;         /* answer nothing before web_release */
    bool die_on_reuse; /* reset a connection at its second request */
    bool closed;
    char last[4096]; /* the last request, terminated */
};

static inline void web_answer(struct web_connection *connection, const char *text)
{
    herd_buffer_append(herd_stream_out(&connection->stream), herd_text_of(text));
}

static inline void web_fill(struct web_connection *connection, char byte, size_t count)
{
    struct herd_buffer *out = herd_stream_out(&connection->stream);
    memset(herd_buffer_reserve(out, count), byte, count);
    herd_buffer_commit(out, count);
}

static inline void web_reset(struct web_connection *connection)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    uv_os_fd_t fd;
    assert_int_equal(uv_fileno((uv_handle_t *)&connection->stream.tcp, &fd), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard), 0);
    herd_stream_close(&connection->stream, 0);
}

static inline void web_hello(struct web_connection *connection)
{
    web_answer(connection, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a=b\r\n\r\nhello");
}

static inline bool web_asked(const struct web *web, const char *path)
{
    const char *space = strchr(web->last, ' ');
    size_t length = strlen(path);
    return space != NULL && strncmp(space + 1, path, length) == 0 && strchr(" ?", space[1 + length]) != NULL;
}

static inline void web_hold(struct web_connection *connection)
{
    struct web *web = connection->web;
    assert_true(web->held_count < WEB_HELD_MAX);
    web->held[web->held_count++] = connection;
}

static inline void web_behave(struct web_connection *connection)
{
    struct web *web = connection->web;
    if (web_asked(web, "/chunked")) {
        web_answer(connection,
                   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n");
    } else if (web_asked(web, "/silent")) {
        return;
    } else if (web_asked(web, "/think")) { /* until web_release */
        web_hold(connection);
    } else if (web_asked(web, "/drip")) {
        web_answer(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nx");
    } else if (web_asked(web, "/announced")) { /* 1001 bytes and the length says so */
        web_answer(connection, "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n");
        web_fill(connection, 'x', 1001);
    } else if (web_asked(web, "/unannounced") || web_asked(web, "/thousand")) {
        web_answer(connection, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        web_fill(connection, 'x', web_asked(web, "/thousand") ? 1000 : 1001);
        herd_stream_end(&connection->stream, 1000);
    } else if (web_asked(web, "/garbage")) {
        web_answer(connection, "\x01\x02 what is this\n\n\n");
        herd_stream_end(&connection->stream, 1000);
    } else if (web_asked(web, "/headers")) { /* one header over 32 KiB in all */
        web_answer(connection, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
        for (unsigned i = 0; i < 33; i++) {
            web_answer(connection, "X-Long: ");
            web_fill(connection, 'x', 1024);
            web_answer(connection, "\r\n");
        }
        web_answer(connection, "\r\n");
    } else if (web_asked(web, "/redirect")) {
        web_answer(connection, "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 2\r\n\r\nno");
    } else if (web_asked(web, "/missing")) {
        web_answer(connection, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
    } else if (web_asked(web, "/reset")) {
        web_reset(connection);
    } else if (web_asked(web, "/cut")) {
        web_answer(connection, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        herd_stream_end(&connection->stream, 1000);
    } else {
        web_hello(connection);
    }
}

/* Whether a whole request is in `in`: its head, and the body that its length announces. */
static inline bool web_whole(struct herd_buffer *in)
{
    herd_buffer_append_byte(in, '\0');
    char *head = in->memory + in->start, *end = strstr(head, "\r\n\r\n");
    char *length = strstr(head, "Content-Length: ");
    herd_buffer_truncate(in, herd_buffer_length(in) - 1);
    if (end == NULL) return false;
    size_t body = length != NULL && length < end ? strtoul(length + 16, NULL, 10) : 0;
    return herd_buffer_length(in) >= (size_t)(end + 4 - head) + body;
}

static inline void web_on_read(struct herd_stream *stream, struct herd_text bytes)
{
    struct web_connection *connection = HERD_CONTAINER(stream, struct web_connection, stream);
    struct web *web = connection->web;
    herd_buffer_append(&connection->in, bytes);
    if (!web_whole(&connection->in)) return;
    snprintf(web->last, sizeof web->last, "%.*s", HERD_TEXT_ARGS(herd_buffer_text(&connection->in)));
    herd_buffer_clear(&connection->in);
    web->requests++;
    if (++connection->requests > 1 && web->die_on_reuse) {
        web_reset(connection);
    } else if (web->hold) {
        web_hold(connection);
    } else {
        web_behave(connection);
    }
}

static inline void web_on_end(struct herd_stream *stream)
{
    herd_stream_close(stream, 0);
}

static inline void web_on_closed(struct herd_stream *stream, int status)
{
    struct web_connection *connection = HERD_CONTAINER(stream, struct web_connection, stream);
    struct web *web = connection->web;
    (void)status;
    for (unsigned i = 0; i < web->held_count; i++)
        if (web->held[i] == connection) web->held[i--] = web->held[--web->held_count];
    web->alive--;
    herd_admit_give(&connection->place);
    herd_buffer_finish(&connection->in);
    free(connection);
}

static inline void web_on_connection(struct herd_listener *listener, void *owner)
{
    static const struct herd_stream_events events = {
        .on_read = web_on_read, .on_end = web_on_end, .on_closed = web_on_closed};
    struct web *web = owner;
    struct web_connection *connection = calloc(1, sizeof *connection);
    assert_non_null(connection);
    connection->web = web;
    herd_stream_init(&connection->stream, listener->loop, &events);
    assert_int_equal(herd_listener_accept(listener, &connection->stream, &connection->place), 0);
    web->connections++;
    web->alive++;
}

/* Answers what is held and holds no more. */
static inline void web_release(struct web *web)
{
    web->hold = false;
    while (web->held_count > 0)
        web_hello(web->held[--web->held_count]);
}

static inline void web_on_listener_closed(struct herd_listener *listener, void *owner)
{
    (void)listener;
    ((struct web *)owner)->closed = true;
}

/* On all of 127.0.0.0/8, so that there are several hosts. */
static inline void web_open(struct web *web, struct fixture *fixture)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    struct herd_listener_options options = {
        .admit = &web->admit,
        .on_connection = web_on_connection,
        .on_closed = web_on_listener_closed,
        .owner = web,
        HERD_LISTENER_DEFAULTS,
    };
    memset(web, 0, sizeof *web);
    memcpy(&options.address, &any, sizeof any);
    herd_admit_init(&web->admit, &(struct herd_admit_limits){.connections_max = 1000});
    web->fixture = fixture;
    assert_int_equal(herd_listener_open(&web->listener, &fixture->loop, &options), 0);
    herd_listener_start(&web->listener);
    web->port = port_of_fd(web->listener.socket);
}

/* Once the clients are gone. */
static inline void web_close(struct web *web)
{
    herd_listener_close(&web->listener);
    UNTIL(web->fixture, web->closed && web->alive == 0);
    herd_admit_finish(&web->admit);
}

#endif
