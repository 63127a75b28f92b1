/* SPDX-License-Identifier: MIT */
/* The calls on files, as the system has them. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "herd/path.h"
#include "local.h"

#define SEGMENT_MODE 0640

static int open_file(void *owner, int directory, const char *name, int flags)
{
    (void)owner;
    return herd_path_open_file(directory, name, flags, SEGMENT_MODE);
}

static int64_t read_file(void *owner, int fd, void *out, size_t size)
{
    (void)owner;
    ssize_t got;
    do {
        got = read(fd, out, size);
    } while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

static int64_t write_file(void *owner, int fd, const void *bytes, size_t size)
{
    (void)owner;
    ssize_t written;
    do {
        written = write(fd, bytes, size);
    } while (written < 0 && errno == EINTR);
    return written < 0 ? -errno : written;
}

/* Not again after EINTR, either: what an interrupted sync has done nobody knows. */
static int sync_file(void *owner, int fd)
{
    (void)owner;
    return fdatasync(fd) == 0 ? 0 : -errno;
}

static int sync_directory(void *owner, int fd)
{
    (void)owner;
    return fsync(fd) == 0 ? 0 : -errno;
}

static int truncate_file(void *owner, int fd, uint64_t size)
{
    (void)owner;
    return ftruncate(fd, (off_t)size) == 0 ? 0 : -errno;
}

static int allocate_file(void *owner, int fd, uint64_t offset, uint64_t length)
{
    (void)owner;
    return fallocate(fd, FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)length) == 0 ? 0 : -errno;
}

static int write_back(void *owner, int fd, uint64_t offset, uint64_t length)
{
    (void)owner;
    return sync_file_range(fd, (off_t)offset, (off_t)length, SYNC_FILE_RANGE_WRITE) == 0 ? 0 : -errno;
}

static void forget_cached(void *owner, int fd, uint64_t length)
{
    (void)owner;
    posix_fadvise(fd, 0, (off_t)length, POSIX_FADV_DONTNEED);
}

static int remove_file(void *owner, int directory, const char *name)
{
    (void)owner;
    return unlinkat(directory, name, 0) == 0 ? 0 : -errno;
}

static int look_at(void *owner, int fd, const char *name, struct file_facts *ret_facts)
{
    (void)owner;
    struct stat status;
    if ((name == NULL ? fstat(fd, &status) : fstatat(fd, name, &status, 0)) != 0) return -errno;
    *ret_facts = (struct file_facts){
        .device = status.st_dev,
        .inode = status.st_ino,
        .size = (uint64_t)status.st_size,
        .links = status.st_nlink,
    };
    return 0;
}

static void close_file(void *owner, int fd)
{
    (void)owner;
    close(fd);
}

void journal_files_system(struct journal_files *ret_files)
{
    *ret_files = (struct journal_files){
        .open = open_file,
        .read = read_file,
        .write = write_file,
        .sync = sync_file,
        .sync_directory = sync_directory,
        .truncate = truncate_file,
        .allocate = allocate_file,
        .writeback = write_back,
        .forget = forget_cached,
        .remove = remove_file,
        .look = look_at,
        .close = close_file,
    };
}
