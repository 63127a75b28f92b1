/* SPDX-License-Identifier: MIT */
/*
 * The ceiling: what a server on libuv can reach that does nothing but move
 * bytes. It answers every line with the same AT line, as long as that of
 * herd-server to `herd bench`, one write per read. It reads no field, stores
 * nothing and limits nothing.
 *
 * `ceiling` listens on a free port of 127.0.0.1, says `PORT` LF on standard
 * output and runs until it is killed.
 *
 * A reply that the socket does not take at once is copied and written when
 * there is room; a connection that fails is closed, other failures end it.
 */
#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#define READ_BYTES (64 * 1024)
#define REPLIES_MAX 1024 /* written at a time */

static const char reply[] = "AT Goloman +0.000123456 b00000001.bench +48.123456+007.123456 1795389315.860594549\n";
#define REPLY_LENGTH (sizeof reply - 1)

struct ceiling {
    uv_loop_t loop;
    uv_tcp_t listener;
    char input[READ_BYTES];
    char replies[REPLIES_MAX * REPLY_LENGTH];
};

struct rest {
    uv_write_t request;
    char bytes[];
};

static struct ceiling ceiling;

static void must(int status, const char *what)
{
    if (status >= 0) return;
    fprintf(stderr, "ceiling: %s: %s\n", what, uv_strerror(status));
    exit(EXIT_FAILURE);
}

static void *allocate(size_t size)
{
    void *memory = malloc(size);
    if (memory == NULL) abort();
    return memory;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

static void on_written(uv_write_t *request, int status)
{
    (void)status; /* reading finds a broken connection */
    free(request);
}

static void write_later(uv_stream_t *stream, const char *bytes, size_t length)
{
    struct rest *rest = allocate(sizeof *rest + length);
    memcpy(rest->bytes, bytes, length);
    uv_buf_t buffer = uv_buf_init(rest->bytes, (unsigned)length);
    if (uv_write(&rest->request, stream, &buffer, 1, on_written) < 0) free(rest);
}

static void answer(uv_stream_t *stream, size_t lines)
{
    while (lines > 0) {
        size_t now = lines < REPLIES_MAX ? lines : REPLIES_MAX;
        size_t length = now * REPLY_LENGTH;
        uv_buf_t buffer = uv_buf_init(ceiling.replies, (unsigned)length);
        int taken = uv_try_write(stream, &buffer, 1);
        if (taken < 0 && taken != UV_EAGAIN) return;
        size_t written = taken < 0 ? 0 : (size_t)taken;
        if (written < length) write_later(stream, ceiling.replies + written, length - written);
        lines -= now;
    }
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
    (void)handle;
    (void)suggested;
    *ret_buffer = uv_buf_init(ceiling.input, READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    if (count < 0) {
        uv_close((uv_handle_t *)stream, on_closed);
        return;
    }
    size_t lines = 0;
    const char *end = buffer->base + count;
    for (const char *at = buffer->base; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
        lines++;
    answer(stream, lines);
}

static void on_connection(uv_stream_t *listener, int status)
{
    must(status, "listen");
    uv_tcp_t *client = allocate(sizeof *client);
    must(uv_tcp_init(listener->loop, client), "uv_tcp_init");
    must(uv_accept(listener, (uv_stream_t *)client), "accept");
    must(uv_tcp_nodelay(client, 1), "uv_tcp_nodelay");
    must(uv_read_start((uv_stream_t *)client, on_allocate, on_read), "uv_read_start");
}

int main(void)
{
    struct sockaddr_in address;
    int length = sizeof address;
    for (size_t i = 0; i < REPLIES_MAX; i++)
        memcpy(ceiling.replies + i * REPLY_LENGTH, reply, REPLY_LENGTH);
    must(uv_loop_init(&ceiling.loop), "uv_loop_init");
    must(uv_ip4_addr("127.0.0.1", 0, &address), "uv_ip4_addr");
    must(uv_tcp_init(&ceiling.loop, &ceiling.listener), "uv_tcp_init");
    must(uv_tcp_bind(&ceiling.listener, (const struct sockaddr *)&address, 0), "bind");
    must(uv_listen((uv_stream_t *)&ceiling.listener, 4096, on_connection), "listen");
    must(uv_tcp_getsockname(&ceiling.listener, (struct sockaddr *)&address, &length), "getsockname");
    printf("%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return uv_run(&ceiling.loop, UV_RUN_DEFAULT);
}
