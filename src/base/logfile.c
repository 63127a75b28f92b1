/* SPDX-License-Identifier: MIT */
/*
 * Where the log goes: opened, changed while it runs, watched, closed.
 *
 * A change is in two steps. What can fail comes first and touches nothing: the
 * new file is opened, and where there was none its sink is made. Putting it in
 * force cannot fail: the new descriptor takes the old one's place, so that no
 * line is lost between them.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "herd/log.h"
#include "herd/memory.h"
#include "herd/path.h"
#include "local.h"

#define MEMORY_MAX_DEFAULT ((size_t)8 * 1024 * 1024)
#define FILE_MODE 0640
#define DIRECTORY_MODE 0750

struct herd_log_change {
    struct herd_log_options options; /* but for strings */
    char *path;                      /* NULL: no file */
    int fd;                          /* of `path`, -1: none, or the sink has it */
    struct herd_sink *file;          /* where there is no sink for a file yet */
};

/* ---- opening and closing ---- */

/* Not only regular files: a log may go to a device. A pipe without a reader must not stop the start or the loop. */
static int open_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, FILE_MODE);
    return fd < 0 ? -errno : fd;
}

static void set_server(const char *server)
{
    int length = snprintf(herd_log.server, sizeof(herd_log.server), " server=%.*s", HERD_LOG_SERVER_MAX, server);
    assert(length > 0 && (size_t)length < sizeof(herd_log.server));
    herd_log.server_length = (size_t)length;
}

static void set_limits(uint32_t field_bytes_max, uint32_t events_per_second_max)
{
    herd_log.text_max = field_bytes_max;
    herd_log.line_max = HERD_LOG_LINE_BYTES(field_bytes_max);
    herd_log.rates.per_second_max = events_per_second_max;
    herd_log.rates.suppressed = 0;
}

static void forget_settings(void)
{
    herd_memory_free(herd_log.path);
    herd_log.path = NULL;
    herd_log.open = herd_log.priorities = herd_log_wire = herd_log_debug = false;
    herd_log.level = HERD_LOG_INFO;
    herd_log.server_length = 0;
    set_limits(HERD_LOG_FIELD_BYTES_DEFAULT, HERD_LOG_EVENTS_PER_SECOND_DEFAULT);
}

static int open_sinks(const struct herd_log_options *options)
{
    size_t memory_max = options->memory_max == 0 ? MEMORY_MAX_DEFAULT : options->memory_max;
    herd_log.memory_max = memory_max;
    size_t line_max = HERD_LOG_LINE_BYTES(options->field_bytes_max);
    if (options->path != NULL) {
        int fd = open_file(options->path);
        if (fd < 0) return fd;
        int status = herd_sink_create(fd, true, memory_max, line_max, &herd_log.file);
        if (status != 0) return status;
    }
    if (!options->console) return 0;
    return herd_sink_create(STDERR_FILENO, false, memory_max, line_max, &herd_log.console);
}

static void close_sinks(void)
{
    herd_sink_destroy(herd_log.file);
    herd_sink_destroy(herd_log.console);
    herd_log.file = herd_log.console = NULL;
}

static void set_wire(bool wire)
{
    bool taker = herd_log.file != NULL || (herd_log.console != NULL && herd_log.priorities);
    herd_log_wire = wire && taker;
    herd_log.wire_head_uses = 0;
}

int herd_log_open(const struct herd_log_options *options)
{
    assert(!herd_log.open);
    assert(options->field_bytes_max >= HERD_LOG_FIELD_BYTES_MIN && options->events_per_second_max > 0);
    int status = open_sinks(options);
    if (status != 0) {
        close_sinks();
        return status;
    }
    if (options->path != NULL) herd_log.path = herd_string_copy(options->path);
    set_server(options->server);
    set_limits(options->field_bytes_max, options->events_per_second_max);
    herd_log.open = true;
    herd_log.level = options->level;
    herd_log.priorities = options->priorities;
    bool taker = herd_log.file != NULL || (herd_log.console != NULL && options->priorities);
    herd_log_wire = options->wire && taker;
    herd_log_debug = options->level >= HERD_LOG_DEBUG;
    herd_log.dropped_told = herd_log.wire_head_uses = 0;
    herd_log.told_ns = 0;
    herd_log.loss_told = herd_log.failure_told = 0;
    return 0;
}

void herd_log_close(void)
{
    if (!herd_log.open) return;
    herd_log_turn();
    close_sinks();
    forget_settings();
}

int herd_log_reopen(void)
{
    if (herd_log.file == NULL) return 0;
    int fd = open_file(herd_log.path);
    if (fd < 0) return fd;
    herd_sink_turn(herd_log.file);
    herd_sink_replace(herd_log.file, fd);
    return 0;
}

/* ---- changing ---- */

/* What is put into force later has to be there: the file's sink, where there is none. */
static int make_sink(struct herd_log_change *change)
{
    if (change->fd < 0 || herd_log.file != NULL) return 0;
    size_t line_max = HERD_LOG_LINE_BYTES(change->options.field_bytes_max);
    int fd = change->fd;
    change->fd = -1; /* the sink's, whatever comes of it */
    return herd_sink_create(fd, true, herd_log.memory_max, line_max, &change->file);
}

int herd_log_prepare(const struct herd_log_options *options, struct herd_log_change **ret_change)
{
    assert(herd_log.open);
    assert(options->field_bytes_max >= HERD_LOG_FIELD_BYTES_MIN && options->events_per_second_max > 0);
    struct herd_log_change *change = herd_memory_allocate_zeroed(1, sizeof(*change));
    change->options = *options;
    change->options.server = change->options.path = NULL; /* the caller's */
    change->fd = -1;
    int status = 0;
    if (options->path != NULL) {
        change->path = herd_string_copy(options->path);
        change->fd = open_file(options->path);
        status = change->fd < 0 ? change->fd : make_sink(change);
    }
    if (status != 0) {
        herd_log_discard(change);
        return status;
    }
    *ret_change = change;
    return 0;
}

void herd_log_discard(struct herd_log_change *change)
{
    if (change == NULL) return;
    if (change->fd >= 0) close(change->fd);
    herd_sink_destroy(change->file);
    herd_memory_free(change->path);
    herd_memory_free(change);
}

/* The file, after what was logged until now is on its way to the old one. */
static void take_file(struct herd_log_change *change)
{
    if (herd_log.file != NULL && change->fd >= 0) {
        herd_sink_replace(herd_log.file, change->fd);
        change->fd = -1;
    } else {
        assert(herd_log.file == NULL || change->path == NULL);
        herd_sink_destroy(herd_log.file);
        herd_log.file = change->file;
        change->file = NULL;
    }
    herd_memory_free(herd_log.path);
    herd_log.path = change->path;
    change->path = NULL;
    herd_log.loss_told = herd_log.failure_told = 0;
}

void herd_log_commit(struct herd_log_change *change)
{
    const struct herd_log_options *options = &change->options;
    assert(herd_log.open);
    herd_log_turn();
    take_file(change);
    size_t line_max = HERD_LOG_LINE_BYTES(options->field_bytes_max);
    if (herd_log.file != NULL) herd_sink_set_line_max(herd_log.file, line_max);
    if (herd_log.console != NULL) herd_sink_set_line_max(herd_log.console, line_max);
    herd_log.text_max = options->field_bytes_max;
    herd_log.line_max = line_max;
    herd_log.rates.per_second_max = options->events_per_second_max;
    herd_log.level = options->level;
    set_wire(options->wire);
    herd_log_discard(change);
}

/* ---- watching the file ---- */

static int reopen_in_new_directory(void)
{
    char *directory = herd_string_copy(herd_log.path);
    char *slash = strrchr(directory, '/');
    int error = slash == NULL ? 0 : -ENOENT;
    if (slash != NULL && slash != directory) {
        *slash = '\0';
        error = herd_path_make(directory, DIRECTORY_MODE);
    }
    herd_memory_free(directory);
    return error == 0 ? herd_log_reopen() : error;
}

static void say_of_file(enum herd_log_level level, const char *name, int error)
{
    struct herd_log_event event;
    if (!herd_log_begin(&event, level, name)) return;
    herd_log_string(&event, "path", herd_log.path);
    if (error != 0) herd_log_error(&event, error);
    herd_log_end(&event);
}

static void follow_path(void)
{
    bool there = herd_sink_is_at(herd_log.file, herd_log.path); /* it may have been put back */
    int error = there ? 0 : herd_log_reopen();
    if (error == -ENOENT) error = reopen_in_new_directory();
    if (error == 0 && !there) {
        say_of_file(HERD_LOG_INFO, "log_reopened", 0);
    } else if (error != 0 && error != herd_log.loss_told) {
        say_of_file(HERD_LOG_ERROR, "log_lost", error);
    }
    herd_log.loss_told = error;
}

void herd_log_watch(void)
{
    if (herd_log.file == NULL) return;
    follow_path();
    int error = herd_sink_error(herd_log.file);
    if (error != 0 && error != herd_log.failure_told) say_of_file(HERD_LOG_ERROR, "log_failing", error);
    herd_log.failure_told = error;
}
