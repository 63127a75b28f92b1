/* SPDX-License-Identifier: MIT */
/* What is wrong with a configuration, a line each: for standard error while a server starts, for the log while it runs.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "herd/messages.h"
#include "herd/tell.h"

void herd_messages_begin(struct herd_messages *messages)
{
    *messages = (struct herd_messages){0};
    messages->out = open_memstream(&messages->bytes, &messages->size);
    if (messages->out != NULL) return;
    herd_tell(HERD_LOG_ERROR, "%s", strerror(errno)); /* it needs memory only */
    exit(EX_OSERR);
}

static struct herd_text end(struct herd_messages *messages)
{
    fclose(messages->out);
    messages->out = NULL;
    return (struct herd_text){messages->bytes, messages->size};
}

void herd_messages_drop(struct herd_messages *messages)
{
    end(messages);
    free(messages->bytes);
}

void herd_messages_tell(struct herd_messages *messages, const char *program)
{
    herd_tell_lines(program, end(messages));
    free(messages->bytes);
}

/* The length of `file:line` at the line's start, or 0. */
static size_t place_length(struct herd_text line)
{
    size_t at;

    for (at = 0; at < line.length; at++) {
        size_t digit = at + 1;
        if (line.bytes[at] != ':') continue;
        while (digit < line.length && line.bytes[digit] >= '0' && line.bytes[digit] <= '9')
            digit++;
        if (digit > at + 1 && digit + 1 < line.length && line.bytes[digit] == ':' && line.bytes[digit + 1] == ' ')
            return digit;
    }
    return 0;
}

/* Takes off the word that says so. */
static bool is_warning(struct herd_text *line)
{
    static const char word[] = "warning: ";
    size_t length = sizeof word - 1;

    if (line->length < length || memcmp(line->bytes, word, length) != 0) return false;
    *line = (struct herd_text){line->bytes + length, line->length - length};
    return true;
}

/* The line's place, taken off it; or none. */
static struct herd_text take_place(struct herd_text *line)
{
    struct herd_text place = {line->bytes, place_length(*line)};

    if (place.length > 0) *line = (struct herd_text){line->bytes + place.length + 2, line->length - place.length - 2};
    return place;
}

static void log_line(enum herd_log_level level, const char *event, struct herd_text line)
{
    struct herd_text place = take_place(&line);
    bool warning = is_warning(&line);
    struct herd_log_event log;

    if ((warning && level == HERD_LOG_ERROR) || !herd_log_begin(&log, level, event)) return;
    if (place.length > 0) herd_log_text(&log, "place", place);
    herd_log_text(&log, "msg", line);
    herd_log_end(&log);
}

void herd_messages_log(struct herd_messages *messages, enum herd_log_level level, const char *event)
{
    struct herd_text rest = end(messages);

    while (rest.length > 0) {
        const char *lf = memchr(rest.bytes, '\n', rest.length);
        size_t length = lf != NULL ? (size_t)(lf - rest.bytes) : rest.length;
        log_line(level, event, (struct herd_text){rest.bytes, length});
        if (lf != NULL) length++;
        rest = (struct herd_text){rest.bytes + length, rest.length - length};
    }
    free(messages->bytes);
}
