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
    struct sink *file;               /* where there is no sink for a file yet */
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
    int length = snprintf(log_state.server, sizeof(log_state.server), " server=%.*s", LOG_SERVER_MAX, server);
    assert(length > 0 && (size_t)length < sizeof(log_state.server));
    log_state.server_length = (size_t)length;
}

static void set_limits(uint32_t field_bytes_max, uint32_t events_per_second_max)
{
    log_state.text_max = field_bytes_max;
    log_state.line_max = LOG_LINE_BYTES(field_bytes_max);
    log_state.rates.per_second_max = events_per_second_max;
    log_state.rates.suppressed = 0;
}

static void forget_settings(void)
{
    herd_memory_free(log_state.path);
    log_state.path = NULL;
    log_state.open = log_state.priorities = herd_log_wire = herd_log_debug = false;
    log_state.level = HERD_LOG_INFO;
    log_state.server_length = 0;
    set_limits(HERD_LOG_FIELD_BYTES_DEFAULT, HERD_LOG_EVENTS_PER_SECOND_DEFAULT);
}

static int open_sinks(const struct herd_log_options *options)
{
    size_t memory_max = options->memory_max == 0 ? MEMORY_MAX_DEFAULT : options->memory_max;
    log_state.memory_max = memory_max;
    size_t line_max = LOG_LINE_BYTES(options->field_bytes_max);
    if (options->path != NULL) {
        int fd = open_file(options->path);
        if (fd < 0) return fd;
        int status = sink_create(fd, true, memory_max, line_max, &log_state.file);
        if (status != 0) return status;
    }
    if (!options->console) return 0;
    return sink_create(STDERR_FILENO, false, memory_max, line_max, &log_state.console);
}

static void close_sinks(void)
{
    sink_destroy(log_state.file);
    sink_destroy(log_state.console);
    log_state.file = log_state.console = NULL;
}

static void set_wire(bool wire)
{
    bool taker = log_state.file != NULL || (log_state.console != NULL && log_state.priorities);
    herd_log_wire = wire && taker;
    log_state.wire_head_uses = 0;
}

int herd_log_open(const struct herd_log_options *options)
{
    assert(!log_state.open);
    assert(options->field_bytes_max >= HERD_LOG_FIELD_BYTES_MIN && options->events_per_second_max > 0);
    int status = open_sinks(options);
    if (status != 0) {
        close_sinks();
        return status;
    }
    if (options->path != NULL) log_state.path = herd_string_copy(options->path);
    set_server(options->server);
    set_limits(options->field_bytes_max, options->events_per_second_max);
    log_state.open = true;
    log_state.level = options->level;
    log_state.priorities = options->priorities;
    bool taker = log_state.file != NULL || (log_state.console != NULL && options->priorities);
    herd_log_wire = options->wire && taker;
    herd_log_debug = options->level >= HERD_LOG_DEBUG;
    log_state.dropped_told = log_state.wire_head_uses = 0;
    log_state.told_ns = 0;
    log_state.loss_told = log_state.failure_told = 0;
    return 0;
}

void herd_log_close(void)
{
    if (!log_state.open) return;
    herd_log_turn();
    close_sinks();
    forget_settings();
}

int herd_log_reopen(void)
{
    if (log_state.file == NULL) return 0;
    int fd = open_file(log_state.path);
    if (fd < 0) return fd;
    sink_turn(log_state.file);
    sink_replace(log_state.file, fd);
    return 0;
}

/* ---- changing ---- */

/* What is put into force later has to be there: the file's sink, where there is none. */
static int make_sink(struct herd_log_change *change)
{
    if (change->fd < 0 || log_state.file != NULL) return 0;
    size_t line_max = LOG_LINE_BYTES(change->options.field_bytes_max);
    int fd = change->fd;
    change->fd = -1; /* the sink's, whatever comes of it */
    return sink_create(fd, true, log_state.memory_max, line_max, &change->file);
}

int herd_log_prepare(const struct herd_log_options *options, struct herd_log_change **ret_change)
{
    assert(log_state.open);
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
    sink_destroy(change->file);
    herd_memory_free(change->path);
    herd_memory_free(change);
}

/* The file, after what was logged until now is on its way to the old one. */
static void take_file(struct herd_log_change *change)
{
    if (log_state.file != NULL && change->fd >= 0) {
        sink_replace(log_state.file, change->fd);
        change->fd = -1;
    } else {
        assert(log_state.file == NULL || change->path == NULL);
        sink_destroy(log_state.file);
        log_state.file = change->file;
        change->file = NULL;
    }
    herd_memory_free(log_state.path);
    log_state.path = change->path;
    change->path = NULL;
    log_state.loss_told = log_state.failure_told = 0;
}

void herd_log_commit(struct herd_log_change *change)
{
    const struct herd_log_options *options = &change->options;
    assert(log_state.open);
    herd_log_turn();
    take_file(change);
    size_t line_max = LOG_LINE_BYTES(options->field_bytes_max);
    if (log_state.file != NULL) sink_set_line_max(log_state.file, line_max);
    if (log_state.console != NULL) sink_set_line_max(log_state.console, line_max);
    log_state.text_max = options->field_bytes_max;
    log_state.line_max = line_max;
    log_state.rates.per_second_max = options->events_per_second_max;
    log_state.level = options->level;
    set_wire(options->wire);
    herd_log_discard(change);
}

/* ---- watching the file ---- */

static int reopen_in_new_directory(void)
{
    char *directory = herd_string_copy(log_state.path);
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
    herd_log_string(&event, "path", log_state.path);
    if (error != 0) herd_log_error(&event, error);
    herd_log_end(&event);
}

static void follow_path(void)
{
    bool there = sink_is_at(log_state.file, log_state.path); /* it may have been put back */
    int error = there ? 0 : herd_log_reopen();
    if (error == -ENOENT) error = reopen_in_new_directory();
    if (error == 0 && !there) {
        say_of_file(HERD_LOG_INFO, "log_reopened", 0);
    } else if (error != 0 && error != log_state.loss_told) {
        say_of_file(HERD_LOG_ERROR, "log_lost", error);
    }
    log_state.loss_told = error;
}

void herd_log_watch(void)
{
    if (log_state.file == NULL) return;
    follow_path();
    int error = sink_error(log_state.file);
    if (error != 0 && error != log_state.failure_told) say_of_file(HERD_LOG_ERROR, "log_failing", error);
    log_state.failure_told = error;
}
