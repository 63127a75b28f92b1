/* SPDX-License-Identifier: MIT */
#include "herd/path.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "herd/memory.h"

int herd_path_look(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 ? 0 : -errno;
}

#define NOT_REGULAR EMEDIUMTYPE /* no call on a file of a disk fails with it */

static int check_type(int fd)
{
    struct stat status;
    if (fstat(fd, &status) != 0) return -errno;
    if (S_ISREG(status.st_mode)) return 0;
    return S_ISDIR(status.st_mode) ? -EISDIR : -NOT_REGULAR;
}

int herd_path_open_file(int directory, const char *path, int flags, mode_t mode)
{
    int fd = openat(directory, path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, mode);
    if (fd < 0) return errno == ENXIO ? -NOT_REGULAR : -errno; /* a pipe that nobody reads, a socket, no such device */
    int error = check_type(fd);
    if (error == 0) return fd;
    close(fd);
    return error;
}

const char *herd_path_reason(int error)
{
    return error == -NOT_REGULAR ? "Not a regular file" : strerror(-error);
}

int herd_path_open_parent(const char *path)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    while (length > 0 && path[length - 1] != '/')
        length--;
    char *parent = herd_memory_allocate(length + 2);
    memcpy(parent, path, length);
    memcpy(parent + length, ".", 2);
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = -errno;
    herd_memory_free(parent);
    return fd < 0 ? error : fd;
}

/* A hint where it fails: there are file systems that cannot sync a directory, and directories that one may not read. */
static void sync_parent(const char *path)
{
    int fd = herd_path_open_parent(path);
    if (fd < 0) return;
    fsync(fd);
    close(fd);
}

/* That something is there already is fine, whatever it is: its use will tell. */
static int make(const char *path, mode_t mode)
{
    if (mkdir(path, mode) != 0) return errno == EEXIST || errno == EISDIR ? 0 : -errno;
    sync_parent(path);
    return 0;
}

/*
 * The whole path is tried first. A parent that may not be made may still be
 * there, hidden from us; only when the whole cannot be made is that the reason.
 */
int herd_path_make(char *path, mode_t mode)
{
    int error = make(path, mode);
    if (error != -ENOENT) return error;
    int parent_error = 0;
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        error = make(path, mode);
        *slash = '/';
        if (error != 0 && parent_error == 0) parent_error = error;
    }
    error = make(path, mode);
    return error != 0 && parent_error != 0 ? parent_error : error;
}
