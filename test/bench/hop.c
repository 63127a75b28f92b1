/* SPDX-License-Identifier: MIT */
/*
 * How long a report takes from one server to another.
 *
 *     hop FROM TO SAMPLES        two addresses of clients, such as 127.0.0.1:12001
 *
 * A sample: IAMAT at FROM; its reply; then the same WHATSAT at TO over and over,
 * one at a time, until TO answers with the very AT line of that reply. The time
 * is from sending the IAMAT to having that answer. Between samples there is a
 * pause, so that the herd is idle again.
 *
 * Prints one JSON object. Ends with 76 at a reply that cannot be right, with 69
 * where a server closes or stays without the news for SILENCE_S.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "herd/clock.h"
#include "herd/config.h"
#include "herd/histogram.h"

#define SILENCE_S 20
#define PAUSE_NS (2 * HERD_NS_PER_MS)
#define CLIENTS 100
#define REPLY_BYTES_MAX 4096

static _Noreturn void fail(int code, const char *what)
{
    fprintf(stderr, "hop: %s\n", what);
    exit(code);
}

static int dial(const char *text)
{
    struct sockaddr_storage address;
    struct timeval patience = {.tv_sec = SILENCE_S};
    int one = 1;
    if (herd_address_parse(text, &address) != 0) fail(EX_USAGE, "an address is HOST:PORT");
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t length = address.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, length) < 0) fail(EX_UNAVAILABLE, strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

static bool ends_with(const char *bytes, size_t length, const char *end)
{
    size_t size = strlen(end);
    return length >= size && memcmp(bytes + length - size, end, size) == 0;
}

/* Sends a line and reads its reply: one line, of a WHATSAT that is answered up to the empty one. The reply's first line
 * is in `ret_line`, with its LF. */
static void ask(int fd, const char *line, size_t length, bool whatsat, char ret_line[REPLY_BYTES_MAX])
{
    size_t got = 0;
    if (send(fd, line, length, MSG_NOSIGNAL) != (ssize_t)length) fail(EX_UNAVAILABLE, "a server takes nothing");
    do {
        ssize_t count = recv(fd, ret_line + got, REPLY_BYTES_MAX - 1 - got, 0);
        if (count <= 0) fail(EX_UNAVAILABLE, "a server closed or was silent");
        got += (size_t)count;
        if (got == REPLY_BYTES_MAX - 1) fail(EX_PROTOCOL, "a reply is too long");
    } while (!ends_with(ret_line, got, whatsat && ret_line[0] == 'A' ? "\n\n" : "\n"));
    ret_line[got] = '\0';
    ret_line[strcspn(ret_line, "\n") + 1] = '\0';
}

static int64_t sample(int from, int to, unsigned number)
{
    char report[REPLY_BYTES_MAX];
    char answer[REPLY_BYTES_MAX];
    char line[128];
    char question[128];
    int64_t wall_ns = herd_clock_wall_ns();
    int asked = snprintf(question, sizeof question, "WHATSAT hop%u.bench 0 0\n", number % CLIENTS);
    int length = snprintf(line, sizeof line, "IAMAT hop%u.bench +48.%06u+007.123456 %lld.%09lld\n", number % CLIENTS,
                          number % 1000000, (long long)(wall_ns / HERD_NS_PER_S), (long long)(wall_ns % HERD_NS_PER_S));
    int64_t start_ns = herd_clock_monotonic_ns();
    ask(from, line, (size_t)length, false, report);
    if (strncmp(report, "AT ", 3) != 0) fail(EX_PROTOCOL, "the IAMAT was refused");
    do {
        ask(to, question, (size_t)asked, true, answer);
        if (herd_clock_monotonic_ns() - start_ns > SILENCE_S * HERD_NS_PER_S) fail(EX_UNAVAILABLE, "the news got lost");
    } while (strcmp(answer, report) != 0);
    return herd_clock_monotonic_ns() - start_ns;
}

int main(int argc, char **argv)
{
    static struct herd_histogram histogram;
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    if (argc != 4) fail(EX_USAGE, "hop FROM TO SAMPLES");
    unsigned long samples = strtoul(argv[3], NULL, 10);
    int from = dial(argv[1]);
    int to = dial(argv[2]);
    herd_histogram_init(&histogram);
    for (unsigned i = 0; i < samples; i++) {
        herd_histogram_record(&histogram, (uint64_t)sample(from, to, i));
        nanosleep(&pause, NULL);
    }
    close(from);
    close(to);
    printf("{\"samples\": %lu, \"p50_us\": %.3f, \"p99_us\": %.3f, \"max_us\": %.3f}\n", samples,
           (double)herd_histogram_quantile(&histogram, 500000) / 1e3,
           (double)herd_histogram_quantile(&histogram, 990000) / 1e3, (double)histogram.max / 1e3);
    return EXIT_SUCCESS;
}
