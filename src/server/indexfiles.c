/* SPDX-License-Identifier: MIT */
/*
 * The indexes of places: has one worker read the files into memory and check
 * them, so that the loop never waits for the disk. Then the service has those
 * that are good, in the order of the configuration. Once a second the worker
 * looks whether the files are still what was read: they stay in use as they
 * were, and that a restart would find something else is logged.
 *
 * A file that cannot be opened stops the start, but that the one beside the
 * program may be missing. One that turns out damaged does not: it is logged and
 * left out, and where none is left WHATSAT says so.
 */
#include "local.h"

#include <assert.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/log.h"
#include "herd/memory.h"
#include "herd/path.h"
#include "herd/standard.h"
#include "herd/tell.h"

static bool cancelled(const void *worker)
{
    return herd_worker_cancelled(worker);
}

static void read_indexes(struct herd_worker *worker)
{
    struct server *server = worker->owner;
    struct placework *work = &server->placework;
    unsigned i;

    for (i = 0; i < work->file_count && !herd_worker_cancelled(worker); i++) {
        struct herd_places_index *index = &work->indexes[work->index_count];
        if (herd_index_file_read(&work->files[i], cancelled, worker, index) == 0) work->index_count++;
    }
}

static void say_unusable(const struct herd_index_file *file)
{
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_ERROR, "places_unusable")) return;
    herd_log_string(&log, "path", file->path);
    herd_log_string(&log, "reason", file->problem);
    herd_log_end(&log);
}

static void on_read(struct herd_worker *worker, int status)
{
    struct server *server = worker->owner;
    struct placework *work = &server->placework;
    unsigned i;

    for (i = 0; i < work->file_count && status == 0; i++)
        if (work->files[i].problem != NULL) say_unusable(&work->files[i]);
    herd_places_set_indexes(work->places, work->indexes, status == 0 ? work->index_count : 0);
    placework_pump(server);
}

static void look(struct herd_worker *worker)
{
    struct server *server = worker->owner;
    struct placework *work = &server->placework;
    unsigned i;

    for (i = 0; i < work->file_count && !herd_worker_cancelled(worker); i++)
        if (herd_index_file_look(&work->files[i])) work->changed |= 1u << i;
}

static void say_changed(const struct herd_index_file *file)
{
    static const char *const texts[] = {
        [HERD_INDEX_FILE_SAME] = "it is the file again that was there at the start",
        [HERD_INDEX_FILE_CHANGED] = "it is not what it was at the start, which stays in use; restart to take it",
        [HERD_INDEX_FILE_GONE] = "it is gone; what it held at the start stays in use until a restart",
    };
    static const char *const unused_texts[] = {
        [HERD_INDEX_FILE_SAME] = "it is the file again that was no good at the start",
        [HERD_INDEX_FILE_CHANGED] = "it is not what it was at the start, when it was left out; restart to take it",
        [HERD_INDEX_FILE_GONE] = "it is gone; it was left out at the start",
    };
    bool used = file->memory != NULL;
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_WARNING, "places_changed")) return;
    herd_log_string(&log, "path", file->path);
    herd_log_string(&log, "reason", used ? texts[file->news] : unused_texts[file->news]);
    herd_log_end(&log);
}

static void on_looked(struct herd_worker *worker, int status)
{
    struct server *server = worker->owner;
    struct placework *work = &server->placework;
    unsigned i;

    for (i = 0; i < work->file_count && status == 0; i++)
        if ((work->changed >> i & 1) != 0) say_changed(&work->files[i]);
    work->changed = 0;
}

void indexfiles_tick(struct server *server)
{
    struct placework *work = &server->placework;

    if (work->file_count > 0 && !work->worker.busy)
        herd_worker_start(&work->worker, &server->loop, look, on_looked, server);
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

static int add_file(struct placework *work, const char *path)
{
    _Static_assert(HERD_LOCAL_INDEXES_MAX <= 32, "placework.changed has a bit for each");
    assert(work->file_count < HERD_LOCAL_INDEXES_MAX);
    return herd_index_file_open(&work->files[work->file_count++], path);
}

static int refuse(const struct herd_config *config, const struct herd_index_file *file)
{
    herd_tell(HERD_LOG_ERROR, "herd-server: %scannot read the places index %s: %s",
              herd_config_place(config, "places.local.indexes"), file->path, file->problem);
    return EX_NOINPUT;
}

/* The one beside the program is the program's own affair. */
bool indexfiles_check(const struct herd_config *config)
{
    bool good = true;
    unsigned i;

    for (i = 0; i < config->places.local_index_count; i++) {
        struct herd_index_file file;
        struct herd_places_index index;
        int error = herd_index_file_open(&file, config->places.local_indexes[i]);
        if (error == 0) error = herd_index_file_read(&file, NULL, NULL, &index);
        if (error != 0) good = refuse(config, &file) == 0;
        herd_index_file_finish(&file);
    }
    return good;
}

static int add_configured(struct placework *work, const struct herd_config *config)
{
    unsigned i;

    for (i = 0; i < config->places.local_index_count; i++) {
        if (add_file(work, config->places.local_indexes[i]) != 0) return refuse(config, &work->files[i]);
    }
    return 0;
}

int indexfiles_open(struct server *server)
{
    struct placework *work = &server->placework;
    char *path;
    int error;

    if (server->config->places.local_index_count > 0) {
        int code = add_configured(work, server->config);
        if (code != 0) return code;
        error = 0;
    } else {
        path = beside_program();
        error = add_file(work, path);
        herd_memory_free(path);
        if (error != 0 && !herd_path_missing(error)) return refuse(server->config, &work->files[0]);
    }
    if (error == 0) {
        error = herd_worker_prepare();
        if (error < 0) {
            herd_tell(HERD_LOG_ERROR, "herd-server: cannot read the places index: %s", HERD_THREAD_ADVICE);
            return EX_OSERR;
        }
        herd_worker_start(&work->worker, &server->loop, read_indexes, on_read, server);
        return 0;
    }
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

    for (i = 0; i < work->file_count; i++)
        herd_index_file_finish(&work->files[i]);
}
