/* SPDX-License-Identifier: MIT */

/*
 * How much CPU time another process has used. /proc/PID/task/TID/schedstat is
 * exact to the nanosecond; a kernel without it has clock ticks in
 * /proc/PID/stat.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "herd/clock.h"
#include "local.h"

/* A small file as a string: 0 or a negative errno. */
static int read_small(const char *path, char *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    ssize_t count = read(fd, out, size - 1);
    int status = count < 0 ? -errno : 0;
    close(fd);
    out[count > 0 ? count : 0] = '\0';
    return status;
}

static int64_t read_ticks(unsigned pid)
{
    char path[64];
    char text[1024];
    snprintf(path, sizeof path, "/proc/%u/stat", pid);
    int status = read_small(path, text, sizeof text);
    if (status < 0) return status;
    char *at = strrchr(text, ')'); /* the name before it may hold anything */
    for (int field = 2; at != NULL && field < 14; field++)
        at = strchr(at + 1, ' ');
    if (at == NULL) return -EINVAL;
    long long user = strtoll(at, &at, 10);
    long long system = strtoll(at, NULL, 10);
    return (user + system) * (HERD_NS_PER_S / sysconf(_SC_CLK_TCK));
}

int64_t bench_cpu_ns(unsigned pid)
{
    char path[512];
    char text[128];
    int64_t sum_ns = 0;
    snprintf(path, sizeof path, "/proc/%u/task", pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL) return -errno;
    for (struct dirent *task; (task = readdir(tasks)) != NULL;) {
        if (task->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "/proc/%u/task/%s/schedstat", pid, task->d_name);
        if (read_small(path, text, sizeof text) == 0) sum_ns += strtoll(text, NULL, 10);
    }
    closedir(tasks);
    return sum_ns > 0 ? sum_ns : read_ticks(pid);
}
