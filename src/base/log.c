/* SPDX-License-Identifier: MIT */
/*
 * The happy path of an event: begin finds out whether it is wanted, writes
 * the line's beginning straight into the memory of the file's sink, fields
 * are added there, end puts the LF and copies the line to the console's sink
 * where the console wants it too. Without a file the line is written into the
 * console's memory at once, without an open log into `line` and from there to
 * standard error.
 *
 * An event that is over the level or the rate has out == NULL, which every
 * later call looks at. What the sinks had to drop is told by herd_log_turn,
 * when lines get through again and at most once a second.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "herd/clock.h"
#include "herd/log.h"
#include "herd/memory.h"
#include "herd/path.h"
#include "herd/word.h"
#include "local.h"

#define MEMORY_MAX_DEFAULT ((size_t)8 * 1024 * 1024)
#define LINE_MAX_DEFAULT HERD_LOG_LINE_BYTES(HERD_LOG_FIELD_BYTES_DEFAULT)
#define FILE_MODE 0640
#define DIRECTORY_MODE 0750
#define SERVER_MAX 64
#define PRIORITY_LENGTH 3 /* "<6>" */
#define WIRE_HEAD_USES 16

bool herd_log_wire, herd_log_debug;

static struct {
    bool open;
    bool priorities;
    enum herd_log_level level;
    char *path;
    struct herd_sink *file;    /* NULL: none */
    struct herd_sink *console; /* NULL: none */
    struct herd_log_rates rates;
    size_t text_max; /* bytes of one text */
    size_t line_max; /* room of a line that this asks for */

    char server[SERVER_MAX + 10]; /* ` server=<name>` */
    size_t server_length;
    int64_t second; /* what `stamp` is for */
    char stamp[32]; /* `ts=2018-03-02T21:18:54.` */
    size_t stamp_length;
    char wire_head[192]; /* all of a wire line before its name */
    size_t wire_head_length;
    unsigned wire_head_uses; /* left; 0: it is to be made */

    uint64_t dropped_told; /* what the last log_dropped event knew of */
    int64_t told_ns;
    int loss_told;    /* why the file could not be opened anew, as last told; 0: it could */
    int failure_told; /* what writing to the file fails with, as last told */

    char line[LINE_MAX_DEFAULT]; /* an event while no sink is open */
} herd_log = {.level = HERD_LOG_INFO,
              .second = INT64_MIN,
              .rates = {.per_second_max = HERD_LOG_EVENTS_PER_SECOND_DEFAULT},
              .text_max = HERD_LOG_FIELD_BYTES_DEFAULT,
              .line_max = LINE_MAX_DEFAULT};

/* ---- opening and closing ---- */

/* Not only regular files: a log may go to a device. A pipe without a reader must not stop the start or the loop. */
static int open_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, FILE_MODE);
    return fd < 0 ? -errno : fd;
}

static void set_server(const char *server)
{
    int length = snprintf(herd_log.server, sizeof(herd_log.server), " server=%.*s", SERVER_MAX, server);
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
    return herd_sink_replace(herd_log.file, fd);
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

/* ---- telling what was dropped ---- */

uint64_t herd_log_dropped(void)
{
    uint64_t dropped = 0;
    if (herd_log.file != NULL) dropped += herd_sink_dropped(herd_log.file);
    if (herd_log.console != NULL) dropped += herd_sink_dropped(herd_log.console);
    return dropped;
}

uint64_t herd_log_suppressed(void)
{
    return herd_log.rates.suppressed;
}

static void turn_sinks(void)
{
    if (herd_log.file != NULL) herd_sink_turn(herd_log.file);
    if (herd_log.console != NULL) herd_sink_turn(herd_log.console);
}

static bool sinks_ready(void)
{
    if (herd_log.file != NULL && !herd_sink_ready(herd_log.file)) return false;
    return herd_log.console == NULL || herd_sink_ready(herd_log.console);
}

static void tell_dropped(void)
{
    uint64_t dropped = herd_log_dropped();
    if (dropped == herd_log.dropped_told || !sinks_ready()) return;
    int64_t now_ns = herd_clock_monotonic_ns();
    if (herd_log.dropped_told > 0 && now_ns - herd_log.told_ns < HERD_NS_PER_S) return;

    struct herd_log_event event;
    if (herd_log_begin(&event, HERD_LOG_ERROR, "log_dropped")) {
        herd_log_number(&event, "count", (int64_t)(dropped - herd_log.dropped_told));
        herd_log_end(&event);
    }
    herd_log.dropped_told = dropped;
    herd_log.told_ns = now_ns;
    turn_sinks();
}

void herd_log_turn(void)
{
    herd_log.wire_head_uses = 0;
    turn_sinks();
    tell_dropped();
}

/* ---- events ---- */

static void put(struct herd_log_event *event, const char *bytes, size_t length)
{
    memcpy(event->out + event->length, bytes, length);
    event->length += length;
}

static void put_priority(struct herd_log_event *event, enum herd_log_level level)
{
    static const char priorities[][PRIORITY_LENGTH + 1] = {"<3>", "<4>", "<6>", "<7>"};
    put(event, priorities[level], PRIORITY_LENGTH);
}

static void set_second(int64_t second)
{
    time_t time = (time_t)second;
    struct tm utc = {0};
    gmtime_r(&time, &utc);
    herd_log.stamp_length = strftime(herd_log.stamp, sizeof(herd_log.stamp), "ts=%Y-%m-%dT%H:%M:%S.", &utc);
    herd_log.second = second;
}

static void put_stamp(struct herd_log_event *event, int64_t now_ns)
{
    int64_t second = now_ns / HERD_NS_PER_S;
    uint32_t fraction = (uint32_t)(now_ns % HERD_NS_PER_S);
    if (second != herd_log.second) set_second(second);
    put(event, herd_log.stamp, herd_log.stamp_length);
    char *digits = event->out + event->length;
    digits[0] = (char)('0' + fraction / 100000000);
    herd_word_store(herd_word_digits(fraction % 100000000), digits + 1);
    event->length += 9;
}

/* Where the line is written first: see the top of this file. */
static bool begin_line(struct herd_log_event *event)
{
    event->text_max = herd_log.text_max;
    event->capacity = herd_log.line_max - PRIORITY_LENGTH; /* the copy for the console has it before the line */
    if (herd_log.file != NULL) {
        event->out = herd_sink_reserve(herd_log.file);
    } else if (herd_log.console != NULL) {
        event->out = herd_sink_reserve(herd_log.console);
        if (herd_log.priorities) put_priority(event, event->level);
    } else if (!herd_log.open) {
        event->out = herd_log.line;
    }
    return event->out != NULL;
}

/* A line up to its name. */
static void put_head(struct herd_log_event *event, int64_t now_ns)
{
    static const struct herd_text words[] = {
        HERD_TEXT_INIT("Z level=error"),
        HERD_TEXT_INIT("Z level=warning"),
        HERD_TEXT_INIT("Z level=info"),
        HERD_TEXT_INIT("Z level=debug"),
    };
    struct herd_text word = words[event->level];
    put_stamp(event, now_ns);
    put(event, word.bytes, word.length);
    put(event, herd_log.server, herd_log.server_length);
    put(event, " event=", 7);
}

bool herd_log_begin(struct herd_log_event *event, enum herd_log_level level, const char *name)
{
    *event = (struct herd_log_event){.level = level};
    if (level > herd_log.level) return false;
    int64_t now_ns = herd_clock_wall_ns();
    uint64_t suppressed;
    if (!herd_log_rate_pass(&herd_log.rates, name, now_ns, &suppressed)) return false;
    if (!begin_line(event)) return false;
    put_head(event, now_ns);
    put(event, name, strlen(name));
    herd_log.wire_head_uses = 0;
    if (suppressed > 0) herd_log_number(event, "suppressed", (int64_t)suppressed);
    return true;
}

static void make_wire_head(void)
{
    struct herd_log_event head = {.out = herd_log.wire_head, .level = HERD_LOG_INFO};
    put_head(&head, herd_clock_wall_ns());
    herd_log.wire_head_length = head.length;
    herd_log.wire_head_uses = WIRE_HEAD_USES;
}

bool herd_log_begin_wanted_wire(struct herd_log_event *event, struct herd_text name)
{
    *event = (struct herd_log_event){.level = HERD_LOG_INFO, .wire = true};
    if (!begin_line(event)) return false;
    if (herd_log.wire_head_uses == 0) make_wire_head();
    herd_log.wire_head_uses--;
    put(event, herd_log.wire_head, herd_log.wire_head_length);
    put(event, name.bytes, name.length);
    return true;
}

static void copy_to_console(const struct herd_log_event *line)
{
    struct herd_log_event copy = {.out = herd_sink_reserve(herd_log.console)};
    if (herd_log.priorities) put_priority(&copy, line->level);
    put(&copy, line->out, line->length);
    herd_sink_commit(herd_log.console, copy.length);
}

void herd_log_end(struct herd_log_event *event)
{
    if (event->out == NULL) return;
    put(event, "\n", 1);
    assert(event->length <= event->capacity);
    if (herd_log.file != NULL) {
        if (herd_log.console != NULL && !event->wire) copy_to_console(event);
        herd_sink_commit(herd_log.file, event->length);
    } else if (herd_log.console != NULL) {
        herd_sink_commit(herd_log.console, event->length);
    } else {
        ssize_t written = write(STDERR_FILENO, event->out, event->length);
        (void)written; /* nowhere left to say so */
    }
    event->out = NULL;
}

size_t herd_log_wire_line(struct herd_text name, uint64_t conn, struct herd_text line)
{
    struct herd_log_event event;
    if (!herd_log_begin_wanted_wire(&event, name)) return 0;
    put(&event, " conn=", 6);
    herd_log_put_number(&event, conn);
    put(&event, " line=", 6);
    herd_log_put_text(&event, line);
    herd_log_end(&event);
    return event.length;
}
