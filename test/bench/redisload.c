/* SPDX-License-Identifier: MIT */
/*
 * The work of `herd bench` for a redis-server on 127.0.0.1: the same clients,
 * positions and times, in the same closed loop. What a herd does with
 *
 *     IAMAT <client> <latitude><longitude> <time>
 *
 * takes two commands there, both in the pipeline:
 *
 *     GEOADD herd <longitude> <latitude> <client>
 *     HSET client:<client> time <time> origin Goloman
 *
 * The replies are numbers of one digit: how many members (0, 1) and fields (0,
 * 2) are new. Each is checked, and at the end as many clients must have been new
 * to one command as to the other. A wrong reply ends it with 76, a connection
 * that fails with 69.
 */
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/clock.h"
#include "herd/memory.h"
#include "local.h"

#define EVENTS 256
#define INPUT_BYTES (64 * 1024)
#define REPLY_BYTES 4 /* `:N` CR LF */
#define SILENCE_MS 15000

struct connection {
    int socket;
    bool writing;
    bool second;      /* the reply to come is HSET's */
    unsigned waiting; /* updates without both replies */
    unsigned rest_length;
    char rest[REPLY_BYTES]; /* the beginning of a reply */
    int64_t sent_ns;
    struct herd_buffer out;
};

struct redisload {
    struct bench bench; /* what is reported, and the source of updates */
    struct connection *connections;
    unsigned port;
    int epoll;
    uint64_t new_members;
    uint64_t new_clients;
    char input[INPUT_BYTES];
};

static struct redisload load; /* its histogram is large */

static _Noreturn void fail(int code, const char *what)
{
    fprintf(stderr, "redisload: %s: %s\n", what, errno != 0 ? strerror(errno) : "");
    exit(code);
}

static void append_update(struct herd_buffer *out, const struct bench_request *request)
{
    const char *client = request->line + request->client_at;
    const char *latitude = request->line + request->client_last + 1;
    const char *longitude = latitude + 10;
    const char *time = longitude + 12;
    assert(request->client_last - request->client_at == 15);
    assert(request->line + request->length == time + 21);
    herd_buffer_append(out, HERD_TEXT("*5\r\n$6\r\nGEOADD\r\n$4\r\nherd\r\n$11\r\n"));
    herd_buffer_append(out, (struct herd_text){longitude, 11});
    herd_buffer_append(out, HERD_TEXT("\r\n$10\r\n"));
    herd_buffer_append(out, (struct herd_text){latitude, 10});
    herd_buffer_append(out, HERD_TEXT("\r\n$15\r\n"));
    herd_buffer_append(out, (struct herd_text){client, 15});
    herd_buffer_append(out, HERD_TEXT("\r\n*6\r\n$4\r\nHSET\r\n$22\r\nclient:"));
    herd_buffer_append(out, (struct herd_text){client, 15});
    herd_buffer_append(out, HERD_TEXT("\r\n$4\r\ntime\r\n$20\r\n"));
    herd_buffer_append(out, (struct herd_text){time, 20});
    herd_buffer_append(out, HERD_TEXT("\r\n$6\r\norigin\r\n$7\r\nGoloman\r\n"));
}

static void watch(struct connection *connection, int operation)
{
    struct epoll_event event = {.events = connection->writing ? EPOLLIN | EPOLLOUT : EPOLLIN,
                                .data = {.ptr = connection}};
    if (epoll_ctl(load.epoll, operation, connection->socket, &event) < 0) fail(EX_OSERR, "epoll_ctl");
}

static void flush(struct connection *connection)
{
    struct herd_text text = herd_buffer_text(&connection->out);
    ssize_t count = send(connection->socket, text.bytes, text.length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno != EAGAIN && errno != EINTR) fail(EX_UNAVAILABLE, "send");
    if (count > 0) herd_buffer_consume(&connection->out, (size_t)count);
    bool writing = herd_buffer_length(&connection->out) > 0;
    if (writing == connection->writing) return;
    connection->writing = writing;
    watch(connection, EPOLL_CTL_MOD);
}

static bool issuing(void)
{
    return load.bench.issued < load.bench.limit && load.bench.now_ns < load.bench.end_ns;
}

static void refill(struct connection *connection)
{
    struct bench_request request;
    while (connection->waiting < load.bench.options->depth && issuing()) {
        if (load.bench.preloading) {
            bench_load_report(&load.bench.load, (unsigned)load.bench.issued, &request);
        } else {
            bench_load_next(&load.bench.load, &request);
        }
        append_update(&connection->out, &request);
        connection->waiting++;
        load.bench.issued++;
    }
    connection->sent_ns = load.bench.now_ns;
    if (connection->waiting > 0) flush(connection);
}

static void take_reply(struct connection *connection, const char *reply)
{
    char most = connection->second ? '2' : '1';
    bool right = reply[0] == ':' && (reply[1] == '0' || reply[1] == most) && reply[2] == '\r' && reply[3] == '\n';
    errno = 0;
    if (!right || connection->waiting == 0) fail(EX_PROTOCOL, "a wrong reply");
    if (reply[1] != '0') *(connection->second ? &load.new_clients : &load.new_members) += 1;
    connection->second = !connection->second;
    if (connection->second) return;
    connection->waiting--;
    load.bench.answered++;
    if (!load.bench.preloading) {
        herd_histogram_record(&load.bench.latencies, (uint64_t)(load.bench.now_ns - connection->sent_ns));
    }
}

static void take_input(struct connection *connection)
{
    memcpy(load.input, connection->rest, connection->rest_length);
    ssize_t count = recv(connection->socket, load.input + connection->rest_length,
                         INPUT_BYTES - connection->rest_length, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) fail(EX_UNAVAILABLE, "the server closed a connection");
    size_t length = connection->rest_length + (size_t)count;
    size_t at = 0;
    for (; length - at >= REPLY_BYTES; at += REPLY_BYTES)
        take_reply(connection, load.input + at);
    connection->rest_length = (unsigned)(length - at);
    memcpy(connection->rest, load.input + at, connection->rest_length);
    if (connection->waiting == 0) refill(connection);
}

static void read_clocks(void)
{
    load.bench.now_ns = herd_clock_monotonic_ns();
    bench_load_advance(&load.bench.load, herd_clock_wall_ns());
}

static void run_phase(bool preloading, uint64_t limit, unsigned seconds)
{
    struct epoll_event events[EVENTS];
    load.bench.preloading = preloading;
    load.bench.issued = load.bench.answered = 0;
    load.bench.limit = limit;
    read_clocks();
    load.bench.start_ns = load.bench.now_ns;
    load.bench.end_ns = seconds > 0 ? load.bench.start_ns + seconds * HERD_NS_PER_S : INT64_MAX;
    for (unsigned i = 0; i < load.bench.options->connections; i++)
        refill(&load.connections[i]);
    while (issuing() || load.bench.answered < load.bench.issued) {
        int count = epoll_wait(load.epoll, events, EVENTS, SILENCE_MS);
        errno = count == 0 ? ETIMEDOUT : errno;
        if (count <= 0) fail(EX_UNAVAILABLE, "waiting for replies");
        read_clocks();
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if ((events[i].events & EPOLLOUT) != 0) flush(connection);
            if ((events[i].events & ~(uint32_t)EPOLLOUT) != 0) take_input(connection);
            if (i % 16 == 15) read_clocks();
        }
    }
}

static void connect_all(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)load.port)};
    int one = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    load.epoll = epoll_create1(EPOLL_CLOEXEC);
    load.connections = herd_memory_allocate_zeroed(load.bench.options->connections, sizeof *load.connections);
    for (unsigned i = 0; i < load.bench.options->connections; i++) {
        struct connection *connection = &load.connections[i];
        connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connection->socket < 0) fail(EX_OSERR, "socket");
        setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (connect(connection->socket, (const struct sockaddr *)&address, sizeof address) < 0) {
            fail(EX_UNAVAILABLE, "connect");
        }
        watch(connection, EPOLL_CTL_ADD);
    }
}

static double own_cpu_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void measure(void)
{
    const struct bench_options *options = load.bench.options;
    int64_t server_ns = bench_cpu_ns(options->pid);
    double own_s = own_cpu_s();
    run_phase(false, options->count > 0 ? options->count : UINT64_MAX, options->count > 0 ? 0 : options->seconds);
    struct bench_result result = {
        .elapsed_s = (double)(load.bench.now_ns - load.bench.start_ns) / 1e9,
        .own_cpu_s = own_cpu_s() - own_s,
        .server_cpu_s = (double)(bench_cpu_ns(options->pid) - server_ns) / 1e9,
    };
    errno = 0;
    if (load.new_members != load.new_clients) fail(EX_PROTOCOL, "GEOADD and HSET disagree on what was new");
    bench_report(&load.bench, &result);
}

static const struct option long_options[] = {
    {"port", required_argument, NULL, 'o'},
    {"pid", required_argument, NULL, 'i'},
    {"connections", required_argument, NULL, 'n'},
    {"depth", required_argument, NULL, 'd'},
    {"clients", required_argument, NULL, 'l'},
    {"count", required_argument, NULL, 'c'},
    {"seconds", required_argument, NULL, 's'},
    {"preload", no_argument, NULL, 'p'},
    {NULL, 0, NULL, 0},
};

static void parse_options(int argc, char **argv, struct bench_options *options)
{
    int option;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        unsigned value = optarg != NULL ? (unsigned)strtoul(optarg, NULL, 10) : 1;
        if (option == 'o') load.port = value;
        if (option == 'i') options->pid = value;
        if (option == 'n') options->connections = value;
        if (option == 'd') options->depth = value;
        if (option == 'l') options->clients = value;
        if (option == 'c') options->count = value;
        if (option == 's') options->seconds = value;
        if (option == 'p') options->preload = true;
        if (option == '?') exit(EX_USAGE);
    }
}

int main(int argc, char **argv)
{
    struct bench_options options = {.connections = 50, .depth = 1, .clients = 10000, .seconds = 5, .json = true};
    parse_options(argc, argv, &options);
    if (load.port == 0 || options.pid == 0 || options.clients == 0) {
        fputs("Usage: redisload --port PORT --pid PID [--connections N] [--depth N] [--clients N] [--preload]\n"
              "                 [--count N | --seconds N]\n",
              stderr);
        return EX_USAGE;
    }
    load.bench.options = &options;
    bench_load_init(&load.bench.load, &options);
    herd_histogram_init(&load.bench.latencies);
    connect_all();
    if (options.preload) run_phase(true, options.clients, 0);
    measure();
    for (unsigned i = 0; i < options.connections; i++) {
        close(load.connections[i].socket);
        herd_buffer_finish(&load.connections[i].out);
    }
    herd_memory_free(load.connections);
    bench_load_finish(&load.bench.load);
    return EXIT_SUCCESS;
}
