/* SPDX-License-Identifier: MIT */

/*
 * One server process of `herd up`.
 *
 * It is started in a process group of its own, so that Ctrl-C on the terminal
 * reaches `herd up` alone, which then ends the servers in order: a server that
 * got the terminal's SIGINT and our SIGTERM would take the second for "at
 * once". When `herd up` dies without having ended it, the kernel sends it
 * SIGTERM (PR_SET_PDEATHSIG).
 *
 * Readiness is what the server itself says, READY=1 to NOTIFY_SOCKET as under
 * systemd. Connecting to its port would prove nothing: the port may be held
 * by another program, and then our server is about to fail.
 *
 * Failures: what prevents a start is the caller's to tell; a program that
 * cannot be executed ends with 69 after a line on its output.
 */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/machine.h"
#include "herd/memory.h"
#include "herd/random.h"
#include "local.h"

#define BACKOFF_BASE_MS 100
#define BACKOFF_MAX_MS 5000

static const struct herd_machine child_machine = {
    .name = "child",
    .states = {[CHILD_RESTING] = {"resting", HERD_TO(CHILD_STARTING) | HERD_TO(CHILD_ENDED) | HERD_TO(CHILD_LEAVING)},
               [CHILD_STARTING] = {"starting", HERD_TO(CHILD_UP) | HERD_TO(CHILD_RESTING) | HERD_TO(CHILD_ENDED) |
                                                   HERD_TO(CHILD_LEAVING)},
               [CHILD_UP] = {"up", HERD_TO(CHILD_RESTING) | HERD_TO(CHILD_ENDED) | HERD_TO(CHILD_LEAVING)},
               [CHILD_ENDED] = {"ended", HERD_TO(CHILD_RESTING) | HERD_TO(CHILD_LEAVING)},
               [CHILD_LEAVING] = {"leaving", HERD_TO(CHILD_RESTING)}}};

/* Without a process where it waits for one, or for nothing any more. */
void child_move(struct child *child, enum child_state to)
{
    herd_machine_move_named(&child_machine, &child->state, to, herd_text_of(child->name));
    assert(child->pid == 0 || (to != CHILD_RESTING && to != CHILD_ENDED));
    assert(child->pid > 0 || (to != CHILD_STARTING && to != CHILD_UP));
}

static int make_private(int fd)
{
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) return -errno;
    if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0) return -errno;
    return 0;
}

/* An abstract address needs no file, so there is none to clean up. */
static int open_notify(struct child *child)
{
    uint64_t salt;
    herd_random_system(&salt, sizeof salt);
    snprintf(child->notify_at, sizeof child->notify_at, "@herd-up-%ld-%016llx", (long)getpid(),
             (unsigned long long)salt);

    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(child->notify_at);
    memcpy(address.sun_path, child->notify_at, length);
    address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd < 0) return -errno;
    int status = make_private(fd);
    if (status == 0 &&
        bind(fd, (const struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0) {
        status = -errno;
    }
    if (status < 0) {
        close(fd);
        return status;
    }
    child->notify = fd;
    return 0;
}

int child_init(struct child *child, const struct herd_server_config *server, int width, unsigned index,
               struct herd_output *output)
{
    *child = (struct child){.name = herd_string_copy(server->name),
                            .address = herd_string_copy(server->clients.text),
                            .output = -1,
                            .notify = -1};
    herd_printer_init(&child->printer, child->name, width, index);
    child->printer.output = output;
    herd_backoff_init(&child->backoff, BACKOFF_BASE_MS, BACKOFF_MAX_MS);
    return open_notify(child);
}

void child_finish(struct child *child)
{
    assert(child->pid == 0);
    if (child->output >= 0) close(child->output);
    if (child->notify >= 0) close(child->notify);
    herd_printer_finish(&child->printer);
    herd_memory_free(child->name);
    herd_memory_free(child->address);
}

/* In the new process: never returns. */
_Noreturn static void become_server(const struct child *child, const char *program, const char *config, int output,
                                    pid_t parent)
{
    char name_option[] = "--name";
    char config_option[] = "--config";
    union {
        const char *in;
        char *out; /* execvp leaves its arguments alone, its type does not say so */
    } words[] = {{.in = program}, {.in = child->name}, {.in = config}};
    char *arguments[] = {words[0].out, name_option, words[1].out, config != NULL ? config_option : NULL,
                         words[2].out, NULL};

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(EX_UNAVAILABLE); /* it died before the line above */
    setenv("NOTIFY_SOCKET", child->notify_at, 1);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    static const int reset[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE, SIGXFSZ, SIGCHLD};
    for (size_t i = 0; i < sizeof reset / sizeof reset[0]; i++)
        signal(reset[i], SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(program, arguments);
    fprintf(stderr, "cannot run %s: %s\n", program, herd_error_text(errno));
    fflush(stderr);
    _exit(EX_UNAVAILABLE);
}

static void forget_notifications(const struct child *child)
{
    char bytes[64];
    while (recv(child->notify, bytes, sizeof bytes, 0) >= 0)
        continue;
}

int child_start(struct child *child, const char *program, const char *config)
{
    assert(child->pid == 0);
    forget_notifications(child);
    int ends[2];
    if (pipe(ends) < 0) return -errno;
    int status = make_private(ends[0]);
    if (status == 0 && fcntl(ends[1], F_SETFD, FD_CLOEXEC) < 0) status = -errno;
    fflush(NULL);
    pid_t parent = getpid();
    pid_t pid = status == 0 ? fork() : -1;
    if (pid == 0) {
        int nothing = open("/dev/null", O_RDONLY);
        if (nothing >= 0) dup2(nothing, STDIN_FILENO);
        if (nothing > STDERR_FILENO) close(nothing);
        become_server(child, program, config, ends[1], parent);
    }
    if (pid < 0 && status == 0) status = -errno;
    close(ends[1]);
    if (status < 0) {
        close(ends[0]);
        return status;
    }
    if (child->output >= 0) close(child->output);
    child->output = ends[0];
    child->pid = pid;
    child_move(child, CHILD_STARTING);
    return 0;
}

int child_pass(struct child *child)
{
    char bytes[16 * 1024];
    while (child->output >= 0) {
        ssize_t count = read(child->output, bytes, sizeof bytes);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return 0;
        if (count <= 0) {
            close(child->output);
            child->output = -1;
            return 0;
        }
        int status = herd_printer_write(&child->printer, (struct herd_text){bytes, (size_t)count});
        if (status < 0) return status;
    }
    return 0;
}

/* A message is lines of KEY=VALUE. */
static bool says_ready(const char *message)
{
    static const char ready[] = "READY=1";
    for (const char *line = message; line != NULL; line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        if (strncmp(line, ready, sizeof ready - 1) == 0 && strchr("\n", line[sizeof ready - 1]) != NULL) return true;
    }
    return false;
}

bool child_ready(struct child *child)
{
    char message[4096];
    ssize_t count;
    bool ready = false;
    while ((count = recv(child->notify, message, sizeof message - 1, 0)) >= 0) {
        message[count] = '\0';
        if (says_ready(message)) ready = true;
    }
    return ready && child->state == CHILD_STARTING;
}

void child_ended(struct child *child)
{
    child->pid = 0;
    child_pass(child);
}

void child_signal(const struct child *child, int signal)
{
    if (child->pid > 0) kill(child->pid, signal);
}
