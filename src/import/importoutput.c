/* SPDX-License-Identifier: MIT */
/*
 * The file that an import makes. It is written beside the one that it replaces,
 * synced, opened and checked as a server would, and takes its name in one step.
 *
 *     places.idx            what servers have; the target, where a link was named
 *     places.idx.PID.new    locked (flock) by the import that writes it
 *
 * An import that ends, by a signal that one sends to end it, too, removes what it
 * has begun. What one left that was killed has no lock any more, by which the
 * next import knows it. The lock is not the file's before it is taken, nor the
 * file still there then: so the name is made again where it is gone.
 */
#include "herd/importoutput.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/indexfile.h"
#include "herd/memory.h"
#include "herd/path.h"
#include "herd/text.h"

#define SUFFIX ".new"
#define SUFFIX_BYTES_MAX 32

static const int endings[] = {SIGINT, SIGTERM, SIGHUP};
#define ENDING_COUNT (sizeof(endings) / sizeof(endings[0]))

/* What a signal removes before it ends the program. */
static const char *volatile doomed;

static void end_by_signal(int number)
{
    const char *path = doomed;
    if (path != NULL) unlink(path);
    raise(number); /* its action is the default again */
}

/* A signal that is ignored stays so. */
static void catch_endings(const char *path)
{
    struct sigaction action = {.sa_handler = end_by_signal, .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
    struct sigaction before;
    sigemptyset(&action.sa_mask);
    doomed = path;
    for (size_t i = 0; i < ENDING_COUNT; i++)
        if (sigaction(endings[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
            sigaction(endings[i], &action, NULL);
}

static void release_endings(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    struct sigaction before;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ENDING_COUNT; i++)
        if (sigaction(endings[i], NULL, &before) == 0 && before.sa_handler == end_by_signal)
            sigaction(endings[i], &action, NULL);
    doomed = NULL;
}

static int refuse(const struct herd_import_output *output, int code, const char *problem, const char *reason)
{
    fprintf(output->messages, "%s: %s%s\n", output->given, problem, reason);
    return code;
}

/* The path, or what a link at it leads to; NULL where that is nothing. */
static char *resolve(const char *path)
{
    struct stat status;
    if (lstat(path, &status) != 0 || !S_ISLNK(status.st_mode)) return herd_string_copy(path);
    char *target = realpath(path, NULL);
    char *copy = target == NULL ? NULL : herd_string_copy(target);
    free(target);
    return copy;
}

int herd_import_output_init(struct herd_import_output *output, const char *path, FILE *messages)
{
    struct stat status;
    *output = (struct herd_import_output){.given = path, .path = resolve(path), .messages = messages};
    if (output->path == NULL) return refuse(output, EX_CANTCREAT, "is a symbolic link that leads nowhere", "");
    size_t size = strlen(output->path) + SUFFIX_BYTES_MAX;
    output->new_path = herd_memory_allocate(size);
    snprintf(output->new_path, size, "%s.%ld" SUFFIX, output->path, (long)getpid());
    if (stat(output->path, &status) != 0) return 0; /* making it will tell what else is wrong */
    if (!S_ISREG(status.st_mode)) return refuse(output, EX_CANTCREAT, "is not a file that could be replaced", "");
    output->there = true;
    output->device = status.st_dev;
    output->inode = status.st_ino;
    output->mode = status.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO);
    output->owner = status.st_uid;
    output->group = status.st_gid;
    return 0;
}

bool herd_import_output_is(const struct herd_import_output *output, FILE *file)
{
    struct stat status;
    return output->there && fstat(fileno(file), &status) == 0 && status.st_dev == output->device &&
           status.st_ino == output->inode;
}

/* `places.idx.123.new` beside `places.idx`. */
static bool is_leftover(const char *name, const char *base)
{
    size_t length = strlen(base);
    if (strncmp(name, base, length) != 0 || name[length] != '.') return false;
    const char *at = name + length + 1;
    if (!isdigit((unsigned char)*at)) return false;
    while (isdigit((unsigned char)*at))
        at++;
    return strcmp(at, SUFFIX) == 0;
}

/* Removes it unless an import holds it. Whatever cannot be removed may stay: it is not needed. */
static void clear_leftover(int folder, const char *name)
{
    struct stat status;
    int descriptor = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0) return;
    if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        unlinkat(folder, name, 0);
    close(descriptor);
}

static void clear_leftovers(const struct herd_import_output *output)
{
    const char *slash = strrchr(output->path, '/');
    const char *base = slash == NULL ? output->path : slash + 1;
    int descriptor = herd_path_open_parent(output->path);
    DIR *folder = descriptor < 0 ? NULL : fdopendir(descriptor);
    if (folder == NULL) {
        if (descriptor >= 0) close(descriptor);
        return;
    }
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        if (is_leftover(entry->d_name, base)) clear_leftover(dirfd(folder), entry->d_name);
    closedir(folder);
}

/* An empty file of that name that is locked by this process: its descriptor, or a negative errno. */
static int make_locked(const char *path)
{
    for (;;) {
        struct stat status = {.st_nlink = 0};
        int descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0666);
        if (descriptor < 0) return -errno;
        int error = 0;
        if (flock(descriptor, LOCK_EX | LOCK_NB) != 0 || ftruncate(descriptor, 0) != 0 ||
            fstat(descriptor, &status) != 0)
            error = -errno;
        if (error == 0 && status.st_nlink > 0) return descriptor;
        close(descriptor);
        if (error != 0) return error;
    }
}

/* There is no moment in which the file is there and a signal would leave it. */
static int make_caught(const char *path)
{
    sigset_t set;
    sigset_t before;
    sigemptyset(&set);
    for (size_t i = 0; i < ENDING_COUNT; i++)
        sigaddset(&set, endings[i]);
    sigprocmask(SIG_BLOCK, &set, &before);
    int descriptor = make_locked(path);
    if (descriptor >= 0) catch_endings(path);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return descriptor;
}

/* Whoever reads the old file can read the new one, nobody else: a server may be another account than who imports. */
static void keep_rights(const struct herd_import_output *output, int descriptor)
{
    if (!output->there || fchown(descriptor, output->owner, output->group) != 0) return; /* it stays as it was made */
    (void)fchmod(descriptor, output->mode);
}

int herd_import_output_begin(struct herd_import_output *output)
{
    clear_leftovers(output);
    int descriptor = make_caught(output->new_path);
    if (descriptor < 0) {
        fprintf(output->messages, "%s: cannot be made: %s\n", output->new_path, strerror(-descriptor));
        return EX_CANTCREAT;
    }
    keep_rights(output, descriptor);
    output->file = fdopen(descriptor, "wb");
    if (output->file != NULL) return 0;
    int code = refuse(output, EX_CANTCREAT, "cannot be made: ", strerror(errno));
    close(descriptor);
    unlink(output->new_path);
    release_endings();
    return code;
}

static int sync_file(FILE *file)
{
    return fflush(file) != 0 || fsync(fileno(file)) != 0 ? -errno : 0;
}

/* Whether what lies on the disk now opens. */
static int prove(const struct herd_import_output *output)
{
    struct herd_index_file file;
    struct herd_places_index index;
    int code = 0;
    if (herd_index_file_open(&file, output->new_path) != 0 || herd_index_file_read(&file, NULL, NULL, &index) != 0)
        code = refuse(output, EX_IOERR, "not replaced, as the new one cannot be used: ", file.problem);
    herd_index_file_finish(&file);
    return code;
}

/* Gives it its name, and syncs the folder, so that the name survives a power cut. */
static int place(const struct herd_import_output *output)
{
    if (rename(output->new_path, output->path) != 0) return -errno;
    int folder = herd_path_open_parent(output->path);
    if (folder < 0) return folder;
    int error = fsync(folder) != 0 ? -errno : 0;
    close(folder);
    return error;
}

int herd_import_output_end(struct herd_import_output *output, int error)
{
    if (error == 0) error = sync_file(output->file);
    int code = error == 0 ? prove(output) : 0;
    if (error == 0 && code == 0) error = place(output);
    if (error != 0) code = refuse(output, EX_IOERR, "cannot be written: ", strerror(-error));
    if (code != 0) unlink(output->new_path);
    fclose(output->file); /* after all: it holds the lock */
    output->file = NULL;
    release_endings();
    return code;
}

void herd_import_output_finish(struct herd_import_output *output)
{
    herd_memory_free(output->path);
    herd_memory_free(output->new_path);
}
