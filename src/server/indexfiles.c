/* SPDX-License-Identifier: MIT */
/*
 * The indexes of places: maps the files and has one worker check them, which
 * also reads their pages in, so that the loop never waits for the disk. Then the
 * service has those that are good, in the order of the configuration.
 *
 * A file that is configured and cannot be read stops the start. One that turns
 * out damaged does not: it is logged and left out, and where none is left
 * WHATSAT says so. The file beside the program may also be missing.
 */
#include "local.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/log.h"
#include "herd/memory.h"

static void check_indexes(struct herd_worker *worker)
{
    struct server *server = worker->owner;
    struct placework *work = &server->placework;
    unsigned i;

    for (i = 0; i < work->file_count && !herd_worker_cancelled(worker); i++) {
        struct indexfile *file = &work->files[i];
        struct herd_places_index *index = &work->indexes[work->index_count];
        if (herd_places_index_open(file->map, file->map_length, index, &file->problem) == 0) work->index_count++;
    }
}

static void say_unusable(const struct indexfile *file)
{
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_ERROR, "places_unusable")) return;
    herd_log_string(&log, "path", file->path);
    herd_log_string(&log, "reason", file->problem);
    herd_log_end(&log);
}

static void on_checked(struct herd_worker *worker, int status)
{
    struct server *server = worker->owner;
    struct placework *work = &server->placework;
    unsigned i;

    for (i = 0; i < work->file_count && status == 0; i++)
        if (work->files[i].problem != NULL) say_unusable(&work->files[i]);
    herd_places_set_indexes(work->places, work->indexes, status == 0 ? work->index_count : 0);
    placework_pump(server);
}

/* `<directory of the program>/../share/herd/places.idx`. */
static char *beside_program(void)
{
    static const char tail[] = "/../share/herd/places.idx";
    char *path = herd_memory_allocate(4096 + sizeof tail);
    ssize_t length = readlink("/proc/self/exe", path, 4096);
    char *slash;

    if (length <= 0) length = 0;
    path[length] = '\0';
    slash = strrchr(path, '/');
    if (slash == NULL) slash = path;
    memcpy(slash, tail, sizeof tail);
    return path;
}

static char *copy_string(const char *string)
{
    size_t size = strlen(string) + 1;

    return memcpy(herd_memory_allocate(size), string, size);
}

static int map_file(struct indexfile *file)
{
    struct stat status;
    int descriptor = open(file->path, O_RDONLY | O_CLOEXEC);
    int error = 0;

    if (descriptor < 0) return -errno;
    if (fstat(descriptor, &status) < 0)
        error = -errno;
    else if (!S_ISREG(status.st_mode) || status.st_size == 0)
        error = -EINVAL;
    if (error == 0) {
        void *map = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, descriptor, 0);
        if (map == MAP_FAILED) {
            error = -errno;
        } else {
            file->map = map;
            file->map_length = (size_t)status.st_size;
        }
    }
    close(descriptor);
    return error;
}

/* Takes the path: 0 or a negative errno. */
static int add_file(struct placework *work, char *path)
{
    struct indexfile *file = &work->files[work->file_count];

    assert(work->file_count < HERD_LOCAL_INDEXES_MAX);
    work->file_count++;
    *file = (struct indexfile){.path = path};
    return map_file(file);
}

static int add_configured(struct placework *work, const struct herd_config *config)
{
    unsigned i;

    for (i = 0; i < config->places.local_index_count; i++) {
        const char *path = config->places.local_indexes[i];
        int error = add_file(work, copy_string(path));
        if (error == 0) continue;
        fprintf(stderr, "herd-server: cannot read the places index %s: %s\n", path, strerror(-error));
        return EX_NOINPUT;
    }
    return 0;
}

int indexfiles_open(struct server *server)
{
    struct placework *work = &server->placework;
    int error = 0;

    if (server->config->places.local_index_count > 0) {
        int code = add_configured(work, server->config);
        if (code != 0) return code;
    } else {
        error = add_file(work, beside_program());
    }
    if (error == 0) {
        herd_worker_start(&work->worker, &server->loop, check_indexes, on_checked, server);
        return 0;
    }
    work->files[0].problem = strerror(-error);
    say_unusable(&work->files[0]);
    herd_places_set_indexes(work->places, NULL, 0);
    return 0;
}

void indexfiles_close(struct server *server)
{
    herd_worker_cancel(&server->placework.worker);
}

void indexfiles_finish(struct server *server)
{
    struct placework *work = &server->placework;
    unsigned i;

    for (i = 0; i < work->file_count; i++) {
        if (work->files[i].map != NULL) munmap(work->files[i].map, work->files[i].map_length);
        herd_memory_free(work->files[i].path);
    }
}
