/* SPDX-License-Identifier: MIT */
#include "faultfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_S 20

void faultfiles_lock(struct faultfiles *faults)
{
    pthread_mutex_lock(&faults->mutex);
}

void faultfiles_unlock(struct faultfiles *faults)
{
    pthread_cond_broadcast(&faults->changed);
    pthread_mutex_unlock(&faults->mutex);
}

/* Waits for a change, at most until the deadline of the whole test. */
static void wait_changed(struct faultfiles *faults)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += DEADLINE_S;
    if (pthread_cond_timedwait(&faults->changed, &faults->mutex, &until) != 0) abort();
}

void faultfiles_wait_held(struct faultfiles *faults)
{
    faultfiles_lock(faults);
    while (faults->waiting == 0)
        wait_changed(faults);
    faultfiles_unlock(faults);
}

void faultfiles_let_one(struct faultfiles *faults)
{
    faultfiles_lock(faults);
    unsigned syncs = faults->syncs;
    faults->let = 1;
    pthread_cond_broadcast(&faults->changed);
    while (faults->syncs == syncs || faults->waiting == 0)
        wait_changed(faults);
    faultfiles_unlock(faults);
}

unsigned faultfiles_directory_syncs(struct faultfiles *faults, const char *path)
{
    struct stat status;
    unsigned count = 0;
    assert_int_equal(stat(path, &status), 0);
    faultfiles_lock(faults);
    for (unsigned i = 0; i < faults->directory_count; i++)
        count += faults->directories[i] == status.st_ino;
    faultfiles_unlock(faults);
    return count;
}

/* One call that changes something; false where the process is dead by now. */
static bool step(struct faultfiles *faults)
{
    if (faults->steps == 0) faults->dead = true;
    if (faults->steps > 0) faults->steps--;
    return !faults->dead;
}

static struct fault_file *find_fd(struct faultfiles *faults, int fd)
{
    for (unsigned i = 0; i < faults->file_count; i++) {
        if (faults->files[i].fd == fd) return &faults->files[i];
    }
    return NULL;
}

/* One that was opened for writing. */
static struct fault_file *of_fd(struct faultfiles *faults, int fd)
{
    struct fault_file *file = find_fd(faults, fd);
    if (file == NULL) abort();
    return file;
}

static int open_locked(struct faultfiles *faults, int directory, const char *name, int flags)
{
    if ((flags & O_CREAT) == 0) return faults->system.open(NULL, directory, name, flags);
    if (!step(faults)) return -EIO;
    if (faults->open_error != 0) return faults->open_error;
    int fd = faults->system.open(NULL, directory, name, flags);
    if (fd < 0) return fd;
    if (faults->file_count == FAULTFILES_MAX) abort();
    faults->files[faults->file_count++] = (struct fault_file){.number = herd_journal_segment_number(name), .fd = fd};
    return fd;
}

static int fault_open(void *owner, int directory, const char *name, int flags)
{
    faultfiles_lock(owner);
    int fd = open_locked(owner, directory, name, flags);
    faultfiles_unlock(owner);
    return fd;
}

static int64_t fault_read(void *owner, int fd, void *out, size_t size)
{
    struct faultfiles *faults = owner;
    return faults->system.read(NULL, fd, out, size);
}

/* The last write of a process that dies may have done half of it. */
static int64_t write_locked(struct faultfiles *faults, int fd, const void *bytes, size_t size)
{
    bool was_dead = faults->dead;
    bool dies = !step(faults);
    if (was_dead) return -EIO;
    if (dies) size /= 2;
    if (faults->write_error != 0 && !dies) return faults->write_error;
    if (faults->piece_max > 0 && size > faults->piece_max) size = faults->piece_max;
    if (faults->room >= 0 && size > (uint64_t)faults->room) size = (size_t)faults->room;
    if (size == 0) return dies ? -EIO : -ENOSPC;
    int64_t written = faults->system.write(NULL, fd, bytes, size);
    assert_true(written == (int64_t)size);
    of_fd(faults, fd)->size += size;
    if (faults->room >= 0) faults->room -= written;
    return dies ? -EIO : written;
}

static int64_t fault_write(void *owner, int fd, const void *bytes, size_t size)
{
    faultfiles_lock(owner);
    int64_t written = write_locked(owner, fd, bytes, size);
    faultfiles_unlock(owner);
    return written;
}

unsigned faultfiles_syncs(struct faultfiles *faults)
{
    faultfiles_lock(faults);
    unsigned syncs = faults->syncs;
    faultfiles_unlock(faults);
    return syncs;
}

static int fault_sync(void *owner, int fd)
{
    struct faultfiles *faults = owner;
    faultfiles_lock(faults);
    struct fault_file *file = of_fd(faults, fd);
    uint64_t size = file->size;
    int error = step(faults) ? faults->sync_error : -EIO;
    faults->syncs++;
    if (file->failed_at != 0) faults->synced_again = true;
    if (error != 0) file->failed_at = faults->syncs;
    faults->waiting++;
    pthread_cond_broadcast(&faults->changed);
    while (faults->held && faults->let == 0)
        wait_changed(faults);
    if (faults->let > 0) faults->let--;
    faults->waiting--;
    if (error == 0) file->synced = size;
    faultfiles_unlock(faults);
    return error;
}

static int fault_sync_directory(void *owner, int fd)
{
    struct faultfiles *faults = owner;
    struct stat status;
    faultfiles_lock(faults);
    int error = step(faults) ? faults->directory_error : -EIO;
    if (error == 0 && fstat(fd, &status) == 0 && faults->directory_count < FAULTFILES_MAX)
        faults->directories[faults->directory_count++] = status.st_ino;
    for (unsigned i = 0; error == 0 && i < faults->file_count; i++)
        faults->files[i].listed = true;
    faultfiles_unlock(faults);
    return error;
}

static int fault_truncate(void *owner, int fd, uint64_t size)
{
    struct faultfiles *faults = owner;
    faultfiles_lock(faults);
    int error = step(faults) ? faults->system.truncate(NULL, fd, size) : -EIO;
    struct fault_file *file = find_fd(faults, fd);
    if (error == 0 && file != NULL) file->size = size;
    faultfiles_unlock(faults);
    return error;
}

static int fault_allocate(void *owner, int fd, uint64_t offset, uint64_t length)
{
    struct faultfiles *faults = owner;
    (void)fd, (void)offset, (void)length;
    faultfiles_lock(faults);
    int error = faults->room >= 0 ? -ENOSPC : 0;
    faultfiles_unlock(faults);
    return error;
}

static int fault_writeback(void *owner, int fd, uint64_t offset, uint64_t length)
{
    (void)owner, (void)fd, (void)offset, (void)length;
    return 0;
}

static void fault_forget(void *owner, int fd, uint64_t length)
{
    struct faultfiles *faults = owner;
    faults->system.forget(NULL, fd, length);
}

static int fault_remove(void *owner, int directory, const char *name)
{
    struct faultfiles *faults = owner;
    faultfiles_lock(faults);
    int error = step(faults) ? faults->system.remove(NULL, directory, name) : -EIO;
    faultfiles_unlock(faults);
    return error;
}

static int fault_look(void *owner, int fd, const char *name, struct file_facts *ret_facts)
{
    struct faultfiles *faults = owner;
    faultfiles_lock(faults);
    int error = faults->look_error;
    faultfiles_unlock(faults);
    return error != 0 ? error : faults->system.look(NULL, fd, name, ret_facts);
}

static void fault_close(void *owner, int fd)
{
    struct faultfiles *faults = owner;
    faultfiles_lock(faults);
    struct fault_file *file = find_fd(faults, fd);
    if (file != NULL) file->fd = -1;
    faults->system.close(NULL, fd);
    faultfiles_unlock(faults);
}

void faultfiles_init(struct faultfiles *faults)
{
    *faults = (struct faultfiles){.room = -1, .steps = -1};
    pthread_mutex_init(&faults->mutex, NULL);
    pthread_cond_init(&faults->changed, NULL);
    journal_files_system(&faults->system);
    faults->calls = (struct journal_files){
        .owner = faults,
        .open = fault_open,
        .read = fault_read,
        .write = fault_write,
        .sync = fault_sync,
        .sync_directory = fault_sync_directory,
        .truncate = fault_truncate,
        .allocate = fault_allocate,
        .writeback = fault_writeback,
        .forget = fault_forget,
        .remove = fault_remove,
        .look = fault_look,
        .close = fault_close,
    };
}

void faultfiles_finish(struct faultfiles *faults)
{
    pthread_cond_destroy(&faults->changed);
    pthread_mutex_destroy(&faults->mutex);
}

void faultfiles_note(struct faultfiles *faults, struct faultfiles_moment *ret_moment)
{
    faultfiles_lock(faults);
    memcpy(ret_moment->files, faults->files, sizeof ret_moment->files);
    ret_moment->file_count = faults->file_count;
    faultfiles_unlock(faults);
}

void faultfiles_cut_power(const struct faultfiles_moment *moment, const char *directory, enum power_cut how)
{
    for (unsigned i = 0; i < moment->file_count; i++) {
        const struct fault_file *file = &moment->files[i];
        char name[SEGMENT_NAME_SIZE];
        char path[512];
        struct stat status;
        segment_name(file->number, name);
        snprintf(path, sizeof path, "%s/%s", directory, name);
        if (stat(path, &status) != 0) continue; /* deleted: as if that had reached the disk at once */
        if (!file->listed) {
            assert_int_equal(unlink(path), 0);
            continue;
        }
        assert_int_equal(truncate(path, (off_t)file->synced), 0);
        if (how == POWER_CUT_ZEROS) assert_int_equal(truncate(path, status.st_size), 0);
    }
}
