/* SPDX-License-Identifier: MIT */

/*
 * One connection of `herd bench`.
 *
 *     ring: | answered | first: sent, reply awaited ... | free |     `depth` requests, around in a circle
 *
 * Any failure ends the run: a reply that is wrong (76), a server that closes
 * or cannot be reached (69).
 */

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/log.h"
#include "herd/memory.h"
#include "local.h"

static int complain_unreachable(int error)
{
    herd_complain("bench: cannot connect: %s", herd_error_text(error == EINPROGRESS ? ETIMEDOUT : error));
    return EX_UNAVAILABLE;
}

static int watch(const struct bench *bench, struct bench_client *client, int operation)
{
    struct epoll_event event = {.events = client->writing ? EPOLLIN | EPOLLOUT : EPOLLIN, .data = {.ptr = client}};
    return epoll_ctl(bench->epoll, operation, client->socket, &event);
}

int bench_client_open(struct bench *bench, struct bench_client *client)
{
    struct timeval patience = {.tv_sec = bench->options->timeout_s};
    int one = 1;
    socklen_t length = bench->address.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    client->ring = herd_memory_allocate_zeroed(bench->options->depth, sizeof *client->ring);
    client->socket = socket(bench->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->socket < 0) return complain_unreachable(errno);
    setsockopt(client->socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience); /* bounds connect, too */
    setsockopt(client->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(client->socket, (const struct sockaddr *)&bench->address, length) < 0) {
        return complain_unreachable(errno);
    }
    return watch(bench, client, EPOLL_CTL_ADD) < 0 ? complain_unreachable(errno) : 0;
}

void bench_client_close(struct bench_client *client)
{
    if (client->socket >= 0) close(client->socket);
    client->socket = -1;
    herd_memory_free(client->ring);
    herd_buffer_finish(&client->out);
    herd_buffer_finish(&client->held);
}

void bench_client_issue(struct bench *bench, struct bench_client *client, int64_t intended_ns)
{
    unsigned depth = bench->options->depth;
    assert(client->count < depth);
    unsigned at = client->first + client->count++;
    struct bench_request *request = &client->ring[at < depth ? at : at - depth];
    if (bench->preloading) {
        bench_load_report(&bench->load, (unsigned)bench->issued, request);
    } else {
        bench_load_next(&bench->load, request);
    }
    request->intended_ns = intended_ns;
    bench->issued++;
    herd_buffer_append(&client->out, (struct herd_text){request->line, request->length});
}

int bench_client_flush(struct bench *bench, struct bench_client *client)
{
    struct herd_text text = herd_buffer_text(&client->out);
    if (text.length > 0) {
        ssize_t count = send(client->socket, text.bytes, text.length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count > 0) herd_buffer_consume(&client->out, (size_t)count);
        if (count < 0 && errno != EAGAIN && errno != EINTR) {
            herd_complain("bench: the connection broke: %s", herd_error_text(errno));
            return EX_UNAVAILABLE;
        }
    }
    bool writing = herd_buffer_length(&client->out) > 0;
    if (writing == client->writing) return 0;
    client->writing = writing;
    watch(bench, client, EPOLL_CTL_MOD);
    return 0;
}

static int complain_wrong(const struct bench_request *request, struct herd_text bytes)
{
    char sent[4 * BENCH_LINE_MAX + 1];
    char got[1024];
    size_t length = herd_escape((struct herd_text){request->line, request->length - 1u}, sent, sizeof sent - 1, NULL);
    sent[length] = '\0';
    const char *end = memchr(bytes.bytes, '\n', bytes.length);
    if (end != NULL) bytes.length = (size_t)(end - bytes.bytes);
    length = herd_escape(bytes, got, sizeof got - 1, NULL);
    got[length] = '\0';
    herd_complain("bench: a wrong reply\n  to:  %s\n  got: %s", sent, got);
    return EX_PROTOCOL;
}

/* Takes whole replies off the front of *bytes. */
static int take_replies(struct bench *bench, struct bench_client *client, struct herd_text *bytes)
{
    while (bytes->length > 0) {
        if (client->count == 0) {
            herd_complain("bench: a reply to nothing");
            return EX_PROTOCOL;
        }
        const struct bench_request *request = &client->ring[client->first];
        size_t length = 0;
        enum bench_verdict verdict = bench_check(&bench->checker, request, *bytes, &length);
        if (verdict == BENCH_PART) return 0;
        if (verdict == BENCH_WRONG) return complain_wrong(request, *bytes);
        int64_t took_ns = bench->now_ns - request->intended_ns;
        if (!bench->preloading) herd_histogram_record(&bench->latencies, took_ns > 0 ? (uint64_t)took_ns : 0);
        bytes->bytes += length;
        bytes->length -= length;
        bench->answered++;
        client->count--;
        if (++client->first == bench->options->depth) client->first = 0;
    }
    return 0;
}

int bench_client_read(struct bench *bench, struct bench_client *client)
{
    ssize_t count = recv(client->socket, bench->input, BENCH_INPUT_BYTES, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (count <= 0) {
        herd_complain("bench: the server closed a connection%s%s", count < 0 ? ": " : "",
                      count < 0 ? herd_error_text(errno) : "");
        return EX_UNAVAILABLE;
    }
    bench->moved_ns = bench->now_ns;
    struct herd_text bytes = {bench->input, (size_t)count};
    if (herd_buffer_length(&client->held) == 0) {
        int code = take_replies(bench, client, &bytes);
        herd_buffer_append(&client->held, bytes);
        return code;
    }
    herd_buffer_append(&client->held, bytes);
    bytes = herd_buffer_text(&client->held);
    size_t before = bytes.length;
    int code = take_replies(bench, client, &bytes);
    herd_buffer_consume(&client->held, before - bytes.length);
    return code;
}
