/* SPDX-License-Identifier: MIT */

/*
 * The servers of a configuration as children of one process in the foreground.
 *
 *                                  SIGHUP
 *                                  +--+
 *                                  v  |
 *   STARTING --all said READY=1--> UP-+-signal--> DRAINING --all have ended--> exit
 *       |                                            ^
 *       +-- a server failed before it was ready -----+
 *
 * Everything happens in one poll: signals (through a signalfd), what the
 * servers write and notify, and the time.
 *
 * Failures: a server that ends before it was ever ready ends the whole with
 * its code. One that ends later is started again after a pause that grows
 * (100 ms to 5 s); it is left alone when it says that its configuration or
 * command line is wrong (78, 64). Standard output that nobody reads any more
 * drains the herd; what it cannot take, as on a full disk, is dropped. A server that does not end is killed after 10 s,
 * or at once by a second signal.
 */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/clock.h"
#include "herd/memory.h"
#include "herd/random.h"
#include "herd/signals.h"
#include "local.h"

#define STABLE_MS 10000
#define SLOW_START_MS 10000
#define SAME_WISH_MS 250 /* wrappers such as timeout(1) send a signal to us and to our group */

static int64_t read_clock_ms(void)
{
    return herd_clock_monotonic_ns() / HERD_NS_PER_MS;
}

static unsigned count_in(const struct supervisor *supervisor, enum child_state state)
{
    unsigned count = 0;
    for (unsigned i = 0; i < supervisor->count; i++) {
        if (supervisor->children[i]->state == state) count++;
    }
    return count;
}

static void signal_all(const struct supervisor *supervisor, int signal)
{
    for (unsigned i = 0; i < supervisor->count; i++)
        child_signal(supervisor->children[i], signal);
}

/* Nothing is started any more, everything that runs is asked to end. */
static void drain(struct supervisor *supervisor)
{
    if (supervisor->state == SUPERVISOR_DRAINING) return;
    supervisor_move(supervisor, SUPERVISOR_DRAINING);
    supervisor->alarm_ms = supervisor->now_ms + DRAIN_MAX_MS;
    for (unsigned i = 0; i < supervisor->count; i++) {
        if (supervisor->children[i]->state == CHILD_RESTING) child_move(supervisor->children[i], CHILD_ENDED);
    }
    signal_all(supervisor, SIGTERM);
}

static void kill_all(struct supervisor *supervisor, const char *why)
{
    herd_output_say(&supervisor->output, "%s: killing what still runs", why);
    signal_all(supervisor, SIGKILL);
    supervisor->alarm_ms = INT64_MAX;
}

static void say_up(struct supervisor *supervisor)
{
    struct herd_buffer line = HERD_BUFFER_INIT;
    for (unsigned i = 0; i < supervisor->count; i++) {
        if (i > 0) herd_buffer_append(&line, HERD_TEXT(", "));
        herd_buffer_append(&line, herd_text_of(supervisor->children[i]->name));
        herd_buffer_append_byte(&line, ' ');
        herd_buffer_append(&line, herd_text_of(supervisor->children[i]->address));
    }
    char servers[32];
    herd_output_say(&supervisor->output, "%s %s up (%.*s)", up_count(supervisor->count, servers, sizeof servers),
                    supervisor->count == 1 ? "is" : "are", HERD_TEXT_ARGS(herd_buffer_text(&line)));
    herd_buffer_finish(&line);
}

static void on_ready(struct supervisor *supervisor, struct child *child)
{
    bool later = child->was_up || child->came;
    child_move(child, CHILD_UP);
    child->up_ms = supervisor->now_ms;
    if (later) herd_output_say(&supervisor->output, "%s is up%s", child->name, child->was_up ? " again" : "");
    child->was_up = true;
    if (child->reload_due) child_signal(child, SIGHUP);
    child->reload_due = false;
    if (supervisor->state != SUPERVISOR_STARTING || count_in(supervisor, CHILD_UP) < supervisor->count) return;
    supervisor_move(supervisor, SUPERVISOR_UP);
    supervisor->alarm_ms = INT64_MAX;
    say_up(supervisor);
    if (supervisor->ready_fd < 0) return;
    if (write(supervisor->ready_fd, "\n", 1) < 0) herd_complain("--ready-fd: %s", herd_error_text(errno));
    close(supervisor->ready_fd);
    supervisor->ready_fd = -1;
}

/* It ended although nobody asked for it. */
static void on_failed(struct supervisor *supervisor, struct child *child, int status)
{
    char how[40];
    int code = up_code(status);
    up_describe(status, how, sizeof how);
    if (!child->was_up) {
        supervisor->code = code != 0 ? code : EX_SOFTWARE;
        child_move(child, CHILD_ENDED);
        herd_complain("%s could not start (%s), its own words are above; %s", child->name, how,
                      child->came ? "the others go on" : "ending the others");
        if (!child->came) drain(supervisor);
        return;
    }
    if (code == EX_USAGE || code == EX_CONFIG) {
        supervisor->code = code;
        child_move(child, CHILD_ENDED);
        herd_complain("%s ended (%s) and is not started again: its configuration is wrong", child->name, how);
        return;
    }
    if (child->state == CHILD_UP && supervisor->now_ms - child->up_ms >= STABLE_MS) {
        herd_backoff_reset(&child->backoff);
    }
    uint32_t pause_ms = herd_backoff_next_ms(&child->backoff, &supervisor->random);
    child_move(child, CHILD_RESTING);
    child->due_ms = supervisor->now_ms + pause_ms;
    herd_output_say(&supervisor->output, "%s ended (%s), starting it again in %" PRIu32 ".%" PRIu32 " s", child->name,
                    how, pause_ms / 1000, pause_ms % 1000 / 100);
}

static void on_ended(struct supervisor *supervisor, struct child *child, int status)
{
    if (supervisor->state != SUPERVISOR_DRAINING) {
        on_failed(supervisor, child, status);
        return;
    }
    bool interrupted = child->state == CHILD_STARTING && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM;
    child_move(child, CHILD_ENDED);
    if (status == 0 || interrupted) return; /* our SIGTERM may come before it has its handlers */
    char how[40];
    herd_complain("%s ended badly (%s)", child->name, up_describe(status, how, sizeof how));
    if (supervisor->code == 0) supervisor->code = up_code(status);
}

static void start_due(struct supervisor *supervisor)
{
    for (unsigned i = 0; i < supervisor->count; i++) {
        struct child *child = supervisor->children[i];
        if (child->state == CHILD_LEAVING && child->due_ms <= supervisor->now_ms) {
            herd_output_say(&supervisor->output, "%s does not end: killing it", child->name);
            child_signal(child, SIGKILL);
            child->due_ms = INT64_MAX;
        }
        if (child->state != CHILD_RESTING || child->due_ms > supervisor->now_ms) continue;
        int status = child_start(child, supervisor->program, supervisor->config->source);
        if (status == 0) continue;
        herd_complain("cannot start %s: %s", child->name, herd_error_text(status));
        if (child->was_up || child->came) {
            child->due_ms = supervisor->now_ms + herd_backoff_next_ms(&child->backoff, &supervisor->random);
        } else {
            supervisor->code = EX_OSERR;
            drain(supervisor);
        }
    }
}

/* Once it had a terminal and has none any more, it was in the foreground of somebody who has gone. */
static bool has_terminal(void)
{
    int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0) close(fd);
    return fd >= 0;
}

static void take_signals(struct supervisor *supervisor)
{
    int number;
    while ((number = herd_signals_take(supervisor->signals)) != 0) {
        if (number == SIGCHLD) continue;
        if (number == SIGUSR1) { /* one that is not ready would not know it yet */
            for (unsigned i = 0; i < supervisor->count; i++)
                if (supervisor->children[i]->state == CHILD_UP) child_signal(supervisor->children[i], SIGUSR1);
            continue;
        }
        if (number == SIGHUP && (!supervisor->terminal || has_terminal())) {
            supervisor->reload_due = true;
            continue;
        }
        if (supervisor->state == SUPERVISOR_DRAINING) {
            if (supervisor->now_ms - supervisor->told_ms >= SAME_WISH_MS) kill_all(supervisor, "a second signal");
            continue;
        }
        char servers[32];
        supervisor->told_ms = supervisor->now_ms;
        herd_output_say(&supervisor->output, "ending %s (a second signal kills)",
                        up_count(supervisor->count, servers, sizeof servers));
        drain(supervisor);
    }
}

/* NULL: an orphan, that came to us because we are process 1 or a subreaper. */
static struct child *find_child(const struct supervisor *supervisor, pid_t pid)
{
    for (unsigned i = 0; i < supervisor->count; i++) {
        if (supervisor->children[i]->pid == pid) return supervisor->children[i];
    }
    return NULL;
}

/* As in `herd up | head`. */
static void give_up(struct supervisor *supervisor)
{
    if (supervisor->state == SUPERVISOR_DRAINING) return;
    herd_complain("nobody reads standard output any more: ending the servers");
    drain(supervisor);
}

static void take_children(struct supervisor *supervisor)
{
    for (unsigned i = 0; i < supervisor->count; i++) {
        struct child *child = supervisor->children[i];
        if (child_pass(child) < 0) give_up(supervisor);
        if (child_ready(child)) on_ready(supervisor, child);
    }
    int status;
    pid_t pid;
    while ((pid = herd_signals_reap(&status)) != 0) {
        struct child *child = find_child(supervisor, pid);
        if (child == NULL) continue;
        child_ended(child);
        if (child->state == CHILD_LEAVING)
            supervisor_left(supervisor, child);
        else
            on_ended(supervisor, child, status);
    }
}

static void ring(struct supervisor *supervisor)
{
    supervisor->alarm_ms = INT64_MAX;
    if (supervisor->state == SUPERVISOR_DRAINING) kill_all(supervisor, "ending takes too long");
    if (supervisor->state != SUPERVISOR_STARTING) return;
    for (unsigned i = 0; i < supervisor->count; i++) {
        const struct child *child = supervisor->children[i];
        if (child->state == CHILD_STARTING)
            herd_output_say(&supervisor->output, "still waiting for %s to be ready", child->name);
    }
}

static int until(const struct supervisor *supervisor)
{
    int64_t due_ms = supervisor->alarm_ms;
    for (unsigned i = 0; i < supervisor->count; i++) {
        const struct child *child = supervisor->children[i];
        bool waits = child->state == CHILD_RESTING || child->state == CHILD_LEAVING;
        if (waits && child->due_ms < due_ms) due_ms = child->due_ms;
    }
    if (due_ms == INT64_MAX) return -1;
    return due_ms > supervisor->now_ms ? (int)(due_ms - supervisor->now_ms) : 0;
}

static void wait_for_something(struct supervisor *supervisor)
{
    nfds_t used = 0;
    supervisor->polls[used++] = (struct pollfd){.fd = supervisor->signals, .events = POLLIN};
    for (unsigned i = 0; i < supervisor->count; i++) {
        supervisor->polls[used++] = (struct pollfd){.fd = supervisor->children[i]->output, .events = POLLIN};
        supervisor->polls[used++] = (struct pollfd){.fd = supervisor->children[i]->notify, .events = POLLIN};
    }
    poll(supervisor->polls, used, until(supervisor));
    supervisor->now_ms = read_clock_ms();
}

/* A signal that the caller told us to ignore (a shell's background job, nohup) stays ignored. */
static bool is_ignored(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static int open_signals(void)
{
    int held[6] = {SIGTERM, SIGCHLD, SIGUSR1};
    unsigned count = 3;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    if (!is_ignored(SIGINT)) held[count++] = SIGINT;
    if (!is_ignored(SIGHUP)) held[count++] = SIGHUP;
    return herd_signals_open(held);
}

/* ---- the whole ---- */

static int prepare(struct supervisor *supervisor)
{
    uint64_t seed;
    herd_random_system(&seed, sizeof seed);
    herd_random_init(&supervisor->random, seed);
    for (unsigned i = 0; i < supervisor->config->server_count; i++) {
        int status = supervisor_add(supervisor, &supervisor->config->servers[i], false);
        if (status < 0) return status;
    }
    supervisor_align(supervisor);
    supervisor->terminal = has_terminal();
    supervisor->signals = open_signals();
    return supervisor->signals < 0 ? supervisor->signals : 0;
}

static void supervise(struct supervisor *supervisor)
{
    supervisor->now_ms = read_clock_ms();
    supervisor->alarm_ms = supervisor->now_ms + SLOW_START_MS;
    for (;;) {
        if (supervisor->state == SUPERVISOR_UP && supervisor->reload_due) supervisor_reload(supervisor);
        if (supervisor->state != SUPERVISOR_DRAINING) start_due(supervisor);
        if (count_in(supervisor, CHILD_ENDED) == supervisor->count) return;
        wait_for_something(supervisor);
        take_signals(supervisor);
        take_children(supervisor);
        if (supervisor->alarm_ms <= supervisor->now_ms) ring(supervisor);
    }
}

static void finish(struct supervisor *supervisor)
{
    for (unsigned i = 0; i < supervisor->count; i++) {
        child_finish(supervisor->children[i]);
        herd_memory_free(supervisor->children[i]);
    }
    herd_output_end(&supervisor->output);
    if (supervisor->signals >= 0) close(supervisor->signals);
    herd_memory_free(supervisor->polls);
    herd_memory_free(supervisor->children);
}

int supervisor_run(struct herd_config *config, const char *path, const char *program, int ready_fd)
{
    struct supervisor supervisor = {
        .config = config, .path = path, .program = program, .signals = -1, .ready_fd = ready_fd};
    int status = prepare(&supervisor);
    if (status == 0) {
        supervise(&supervisor);
        if (supervisor.code == 0) herd_output_say(&supervisor.output, "all have ended");
    } else {
        herd_complain("%s", herd_error_text(status));
        supervisor.code = EX_OSERR;
    }
    finish(&supervisor);
    return supervisor.code;
}
