/* SPDX-License-Identifier: MIT */
#include "herd/signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_SIGNALLED 128

static sigset_t set_of(const int *numbers)
{
    sigset_t set;
    sigemptyset(&set);
    for (; *numbers != 0; numbers++)
        sigaddset(&set, *numbers);
    return set;
}

void herd_signals_begin(const int *held)
{
    sigset_t set = set_of(held);
    signal(SIGXFSZ, SIG_IGN);
    sigprocmask(SIG_SETMASK, &set, NULL);
}

int herd_signals_open(const int *held)
{
    sigset_t set = set_of(held);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -errno;
    int descriptor = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int herd_signals_take(int descriptor)
{
    struct signalfd_siginfo info;
    return read(descriptor, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

bool herd_signals_waiting(const int *held)
{
    sigset_t pending;
    if (sigpending(&pending) != 0) return false;
    for (; *held != 0; held++)
        if (sigismember(&pending, *held) == 1) return true;
    return false;
}

void herd_signals_die(int number)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    signal(number, SIG_DFL);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &set, NULL); /* the end, but of process 1 */
    _exit(EXIT_SIGNALLED + number);
}

pid_t herd_signals_reap(int *ret_status)
{
    pid_t ended = waitpid(-1, ret_status, WNOHANG);
    return ended > 0 ? ended : 0;
}
