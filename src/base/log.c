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
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "herd/clock.h"
#include "herd/log.h"
#include "herd/word.h"
#include "local.h"

#define PRIORITY_LENGTH 3 /* "<6>" */
#define WIRE_HEAD_USES 16

bool herd_log_wire, herd_log_debug;

struct log_state log_state = {.level = HERD_LOG_INFO,
                              .second = INT64_MIN,
                              .rates = {.per_second_max = HERD_LOG_EVENTS_PER_SECOND_DEFAULT},
                              .text_max = HERD_LOG_FIELD_BYTES_DEFAULT,
                              .line_max = LOG_LINE_DEFAULT};

/* ---- telling what was dropped ---- */

uint64_t herd_log_dropped(void)
{
    uint64_t dropped = 0;
    if (log_state.file != NULL) dropped += sink_dropped(log_state.file);
    if (log_state.console != NULL) dropped += sink_dropped(log_state.console);
    return dropped;
}

uint64_t herd_log_suppressed(void)
{
    return log_state.rates.suppressed;
}

static void turn_sinks(void)
{
    if (log_state.file != NULL) sink_turn(log_state.file);
    if (log_state.console != NULL) sink_turn(log_state.console);
}

static bool sinks_ready(void)
{
    if (log_state.file != NULL && !sink_ready(log_state.file)) return false;
    return log_state.console == NULL || sink_ready(log_state.console);
}

static void tell_dropped(void)
{
    uint64_t dropped = herd_log_dropped();
    if (dropped == log_state.dropped_told || !sinks_ready()) return;
    int64_t now_ns = herd_clock_monotonic_ns();
    if (log_state.dropped_told > 0 && now_ns - log_state.told_ns < HERD_NS_PER_S) return;

    struct herd_log_event event;
    if (herd_log_begin(&event, HERD_LOG_ERROR, "log_dropped")) {
        herd_log_number(&event, "count", (int64_t)(dropped - log_state.dropped_told));
        herd_log_end(&event);
    }
    log_state.dropped_told = dropped;
    log_state.told_ns = now_ns;
    turn_sinks();
}

void herd_log_turn(void)
{
    log_state.wire_head_uses = 0;
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
    log_state.stamp_length = strftime(log_state.stamp, sizeof(log_state.stamp), "ts=%Y-%m-%dT%H:%M:%S.", &utc);
    log_state.second = second;
}

static void put_stamp(struct herd_log_event *event, int64_t now_ns)
{
    int64_t second = now_ns / HERD_NS_PER_S;
    uint32_t fraction = (uint32_t)(now_ns % HERD_NS_PER_S);
    if (second != log_state.second) set_second(second);
    put(event, log_state.stamp, log_state.stamp_length);
    char *digits = event->out + event->length;
    digits[0] = (char)('0' + fraction / 100000000);
    herd_word_store(herd_word_digits(fraction % 100000000), digits + 1);
    event->length += 9;
}

/* Where the line is written first: see the top of this file. */
static bool begin_line(struct herd_log_event *event)
{
    event->text_max = log_state.text_max;
    event->capacity = log_state.line_max - PRIORITY_LENGTH; /* the copy for the console has it before the line */
    if (log_state.file != NULL) {
        event->out = sink_reserve(log_state.file);
    } else if (log_state.console != NULL) {
        event->out = sink_reserve(log_state.console);
        if (log_state.priorities) put_priority(event, event->level);
    } else if (!log_state.open) {
        event->out = log_state.line;
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
    put(event, log_state.server, log_state.server_length);
    put(event, " event=", 7);
}

bool herd_log_begin(struct herd_log_event *event, enum herd_log_level level, const char *name)
{
    *event = (struct herd_log_event){.level = level};
    if (level > log_state.level) return false;
    int64_t now_ns = herd_clock_wall_ns();
    uint64_t suppressed;
    if (!log_rate_pass(&log_state.rates, name, now_ns, &suppressed)) return false;
    if (!begin_line(event)) return false;
    put_head(event, now_ns);
    put(event, name, strlen(name));
    log_state.wire_head_uses = 0;
    if (suppressed > 0) herd_log_number(event, "suppressed", (int64_t)suppressed);
    return true;
}

static void make_wire_head(void)
{
    struct herd_log_event head = {.out = log_state.wire_head, .level = HERD_LOG_INFO};
    put_head(&head, herd_clock_wall_ns());
    log_state.wire_head_length = head.length;
    log_state.wire_head_uses = WIRE_HEAD_USES;
}

bool herd_log_begin_wanted_wire(struct herd_log_event *event, struct herd_text name)
{
    *event = (struct herd_log_event){.level = HERD_LOG_INFO, .wire = true};
    if (!begin_line(event)) return false;
    if (log_state.wire_head_uses == 0) make_wire_head();
    log_state.wire_head_uses--;
    put(event, log_state.wire_head, log_state.wire_head_length);
    put(event, name.bytes, name.length);
    return true;
}

static void copy_to_console(const struct herd_log_event *line)
{
    struct herd_log_event copy = {.out = sink_reserve(log_state.console)};
    if (log_state.priorities) put_priority(&copy, line->level);
    put(&copy, line->out, line->length);
    sink_commit(log_state.console, copy.length);
}

void herd_log_end(struct herd_log_event *event)
{
    if (event->out == NULL) return;
    put(event, "\n", 1);
    assert(event->length <= event->capacity);
    if (log_state.file != NULL) {
        if (log_state.console != NULL && !event->wire) copy_to_console(event);
        sink_commit(log_state.file, event->length);
    } else if (log_state.console != NULL) {
        sink_commit(log_state.console, event->length);
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
    log_put_number(&event, conn);
    put(&event, " line=", 6);
    log_put_text(&event, line);
    herd_log_end(&event);
    return event.length;
}
