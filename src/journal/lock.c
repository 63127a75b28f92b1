/* SPDX-License-Identifier: MIT */
/*
 * One server a directory: a lock on the file `lock` in it, which the kernel
 * takes back however the process ends. The file stays, with the number of the
 * process that had it last, for people.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "herd/path.h"
#include "local.h"

#define LOCK_MODE 0640

static void write_process(int fd)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0) return; /* nobody's harm: only a person reads it */
    ssize_t written = pwrite(fd, text, (size_t)length, 0);
    (void)written;
}

static int complain_taken(int fd, const char *path, char ret_problem[HERD_JOURNAL_PROBLEM_SIZE])
{
    char text[24];
    ssize_t length = pread(fd, text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    journal_problem(ret_problem, "another server%s%s%s has the journal in %s", text[0] == '\0' ? "" : " (process ",
                    text, text[0] == '\0' ? "" : ")", path);
    return -EWOULDBLOCK;
}

int lock_take(int directory, const char *path, char ret_problem[HERD_JOURNAL_PROBLEM_SIZE], int *ret_lock)
{
    int fd = herd_path_open_file(directory, LOCK_NAME, O_RDWR | O_CREAT, LOCK_MODE);
    int error = fd < 0 ? fd : 0;
    if (error == 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) error = -errno;
    if (error == 0) {
        write_process(fd);
        *ret_lock = fd;
        return 0;
    }
    if (error == -EWOULDBLOCK) {
        complain_taken(fd, path, ret_problem);
    } else {
        journal_problem(ret_problem, "%s/" LOCK_NAME ": %s", path, herd_path_reason(error));
    }
    if (fd >= 0) close(fd);
    return error;
}
