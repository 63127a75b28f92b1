/* SPDX-License-Identifier: MIT */

/*
 * The loop of `herd bench`: one thread, one epoll.
 *
 * Closed loop: each connection sends `depth` requests in one write, waits for
 * all their replies and sends the next ones; a latency counts from the write.
 *
 * Open loop (a rate): request k is to be sent at start + k / rate, whatever the
 * server does, on the next connection that has room, and its latency counts
 * from that instant even where it had to wait for room. So a server that
 * stands still for a second shows in all the requests of that second.
 *
 * Failures are told where they happen and end the run; silence ends it after
 * the timeout.
 */

#include <errno.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/clock.h"
#include "herd/memory.h"
#include "local.h"

#define EVENTS 256
#define WAIT_MS 100

static int complain_system(const char *what)
{
    herd_complain("bench: %s: %s", what, herd_error_text(errno));
    return EX_OSERR;
}

static void read_clocks(struct bench *bench)
{
    bench->now_ns = herd_clock_monotonic_ns();
    bench_load_advance(&bench->load, herd_clock_wall_ns());
}

static bool issuing(const struct bench *bench)
{
    return bench->issued < bench->limit && bench->now_ns < bench->end_ns;
}

static bool open_loop(const struct bench *bench)
{
    return bench->options->rate > 0 && !bench->preloading;
}

static int refill(struct bench *bench, struct bench_client *client)
{
    if (open_loop(bench) || client->count > 0) return 0;
    for (unsigned i = 0; i < bench->options->depth && issuing(bench); i++)
        bench_client_issue(bench, client, bench->now_ns);
    return bench_client_flush(bench, client);
}

/* When the request of that number is due. */
static int64_t due_ns(const struct bench *bench, uint64_t number)
{
    uint64_t rate = bench->options->rate;
    return bench->start_ns + (int64_t)(number / rate) * HERD_NS_PER_S +
           (int64_t)(number % rate * (uint64_t)HERD_NS_PER_S / rate);
}

static struct bench_client *find_room(struct bench *bench)
{
    for (unsigned i = 0; i < bench->options->connections; i++) {
        struct bench_client *client = &bench->clients[bench->turn];
        bench->turn = (bench->turn + 1) % bench->options->connections;
        if (client->count < bench->options->depth) return client;
    }
    return NULL;
}

static int issue_due(struct bench *bench)
{
    uint64_t room = (uint64_t)bench->options->connections * bench->options->depth;
    while (issuing(bench)) {
        int64_t intended_ns = due_ns(bench, bench->issued);
        if (intended_ns > bench->now_ns) {
            struct itimerspec alarm = {
                .it_value = {.tv_sec = intended_ns / HERD_NS_PER_S, .tv_nsec = intended_ns % HERD_NS_PER_S}};
            timerfd_settime(bench->timer, TFD_TIMER_ABSTIME, &alarm, NULL);
            return 0;
        }
        struct bench_client *client = bench->issued - bench->answered < room ? find_room(bench) : NULL;
        if (client == NULL) return 0;
        bench_client_issue(bench, client, intended_ns);
        int code = bench_client_flush(bench, client);
        if (code != 0) return code;
    }
    return 0;
}

static int act(struct bench *bench, const struct epoll_event *event)
{
    struct bench_client *client = event->data.ptr;
    int code = 0;
    if (client == NULL) {
        uint64_t ticks;
        ssize_t ignored = read(bench->timer, &ticks, sizeof ticks);
        (void)ignored;
        return 0;
    }
    if ((event->events & EPOLLOUT) != 0) code = bench_client_flush(bench, client);
    if (code == 0 && (event->events & ~(uint32_t)EPOLLOUT) != 0) code = bench_client_read(bench, client);
    return code == 0 ? refill(bench, client) : code;
}

static int turn(struct bench *bench)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(bench->epoll, events, EVENTS, WAIT_MS);
    if (count < 0 && errno != EINTR) return complain_system("epoll_wait");
    read_clocks(bench);
    for (int i = 0; i < count; i++) {
        int code = act(bench, &events[i]);
        if (code != 0) return code;
        if (i % 16 == 15) read_clocks(bench);
    }
    if (bench->issued > bench->answered &&
        bench->now_ns - bench->moved_ns > bench->options->timeout_s * HERD_NS_PER_S) {
        herd_complain("bench: the server was silent for %u s", bench->options->timeout_s);
        return EX_UNAVAILABLE;
    }
    return open_loop(bench) ? issue_due(bench) : 0;
}

/* Issues and waits until everything is answered. */
static int run_phase(struct bench *bench, bool preloading, uint64_t limit, unsigned seconds)
{
    int code = 0;
    bench->preloading = preloading;
    bench->issued = bench->answered = 0;
    bench->limit = limit;
    read_clocks(bench);
    bench->start_ns = bench->moved_ns = bench->now_ns;
    bench->end_ns = seconds > 0 ? bench->start_ns + seconds * HERD_NS_PER_S : INT64_MAX;
    for (unsigned i = 0; i < bench->options->connections && code == 0; i++)
        code = refill(bench, &bench->clients[i]);
    if (code == 0 && open_loop(bench)) code = issue_due(bench);
    int64_t told_ns = bench->start_ns;
    while (code == 0 && (issuing(bench) || bench->answered < bench->issued)) {
        /* An idle connection's moment is not silence. */
        if (bench->answered == bench->issued) bench->moved_ns = bench->now_ns;
        code = turn(bench);
        if (bench->now_ns - told_ns < HERD_NS_PER_S / 2) continue;
        told_ns = bench->now_ns;
        bench_progress(bench);
    }
    bench_progress_end();
    return code;
}

static int open_all(struct bench *bench)
{
    bench->epoll = epoll_create1(EPOLL_CLOEXEC);
    bench->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (bench->epoll < 0 || bench->timer < 0) return complain_system("cannot start");
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = NULL}};
    if (epoll_ctl(bench->epoll, EPOLL_CTL_ADD, bench->timer, &event) < 0) return complain_system("cannot start");
    for (unsigned i = 0; i < bench->options->connections; i++) {
        int code = bench_client_open(bench, &bench->clients[i]);
        if (code != 0) return code;
    }
    return 0;
}

static double own_cpu_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int measure(struct bench *bench, struct bench_result *result)
{
    const struct bench_options *options = bench->options;
    int64_t server_ns = options->pid > 0 ? bench_cpu_ns(options->pid) : -ENOENT;
    double own_s = own_cpu_s();
    int code = run_phase(bench, false, options->count > 0 ? options->count : UINT64_MAX,
                         options->count > 0 ? 0 : options->seconds);
    if (code != 0) return code;
    int64_t ended_ns = options->pid > 0 ? bench_cpu_ns(options->pid) : -ENOENT;
    result->elapsed_s = (double)(bench->now_ns - bench->start_ns) / 1e9;
    result->own_cpu_s = own_cpu_s() - own_s;
    result->server_cpu_s = server_ns >= 0 && ended_ns >= 0 ? (double)(ended_ns - server_ns) / 1e9 : -1;
    if (options->pid == 0 || result->server_cpu_s >= 0) return 0;
    herd_complain("bench: cannot read the CPU time of process %u", options->pid);
    return EX_NOINPUT;
}

int bench_run(struct bench *bench, struct bench_result *ret_result)
{
    const struct bench_options *options = bench->options;
    bench->epoll = bench->timer = -1;
    bench->checker.unchecked = options->unchecked;
    bench->input = herd_memory_allocate(BENCH_INPUT_BYTES);
    bench->clients = herd_memory_allocate_zeroed(options->connections, sizeof *bench->clients);
    for (unsigned i = 0; i < options->connections; i++)
        bench->clients[i].socket = -1;
    bench_load_init(&bench->load, options);
    herd_histogram_init(&bench->latencies);
    int code = open_all(bench);
    if (code == 0 && (options->preload || options->whatsat_percent > 0)) {
        code = run_phase(bench, true, options->clients, 0);
    }
    return code == 0 ? measure(bench, ret_result) : code;
}

void bench_finish(struct bench *bench)
{
    for (unsigned i = 0; bench->clients != NULL && i < bench->options->connections; i++)
        bench_client_close(&bench->clients[i]);
    if (bench->epoll >= 0) close(bench->epoll);
    if (bench->timer >= 0) close(bench->timer);
    bench_load_finish(&bench->load);
    herd_buffer_finish(&bench->checker.head);
    herd_memory_free(bench->clients);
    herd_memory_free(bench->input);
}
