/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "herd/log.h"
#include "local.h"

#define MESSAGE_MAX 512
#define KEY_MAX ((size_t)64)
/* " key=", quotes, every byte escaped, dots: what a text may need. */
#define FIELD_MAX(text_max) (KEY_MAX + 4 + 4 * (text_max) + 3)

static void put(struct herd_log_event *event, const char *bytes, size_t length)
{
    memcpy(event->out + event->length, bytes, length);
    event->length += length;
}

/* ` key=`, where the event is wanted and has room for any field (and the LF). */
static bool put_key(struct herd_log_event *event, const char *key)
{
    if (event->out == NULL || event->capacity - event->length < FIELD_MAX(event->text_max) + 1) return false;
    char *at = event->out + event->length;
    *at++ = ' ';
    while (*key != '\0')
        *at++ = *key++;
    *at++ = '=';
    assert((size_t)(at - event->out) - event->length <= KEY_MAX + 2);
    event->length = (size_t)(at - event->out);
    return true;
}

/* A text cut to `max` bytes, not within a UTF-8 character where it has any. */
static struct herd_text shorten(struct herd_text value, size_t max)
{
    if (value.length <= max) return value;
    size_t length = max;
    while (length > max - 4 && ((unsigned char)value.bytes[length] & 0xc0) == 0x80)
        length--;
    return (struct herd_text){value.bytes, length};
}

static bool needs_quotes(struct herd_text value)
{
    if (value.length == 0) return true;
    return memchr(value.bytes, ' ', value.length) != NULL || memchr(value.bytes, '=', value.length) != NULL;
}

void log_put_text(struct herd_log_event *event, struct herd_text value)
{
    struct herd_text shown = shorten(value, event->text_max);
    bool quotes = needs_quotes(shown);
    if (quotes) put(event, "\"", 1);
    size_t used;
    event->length += herd_escape(shown, event->out + event->length, 4 * event->text_max, &used);
    assert(used == shown.length);
    if (shown.length < value.length) put(event, "...", 3);
    if (quotes) put(event, "\"", 1);
}

void herd_log_text(struct herd_log_event *event, const char *key, struct herd_text value)
{
    if (put_key(event, key)) log_put_text(event, value);
}

void herd_log_string(struct herd_log_event *event, const char *key, const char *value)
{
    if (event->out != NULL) herd_log_text(event, key, herd_text_of(value));
}

void log_put_number(struct herd_log_event *event, uint64_t value)
{
    size_t count = 1;
    for (uint64_t rest = value; rest >= 10; rest /= 10)
        count++;
    event->length += count;
    char *at = event->out + event->length;
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
}

void herd_log_number(struct herd_log_event *event, const char *key, int64_t value)
{
    if (!put_key(event, key)) return;
    if (value < 0) put(event, "-", 1);
    log_put_number(event, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void herd_log_error(struct herd_log_event *event, int error)
{
    if (event->out == NULL) return;
    char text[128];
    if (strerror_r(-error, text, sizeof(text)) != 0) snprintf(text, sizeof(text), "error %d", error);
    herd_log_string(event, "error", text);
}

void herd_log_message(enum herd_log_level level, const char *name, const char *format, ...)
{
    struct herd_log_event event;
    if (!herd_log_begin(&event, level, name)) return;
    char text[MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length < 0) text[0] = '\0';
    if (length >= MESSAGE_MAX) memcpy(text + MESSAGE_MAX - 4, "...", 4);
    herd_log_string(&event, "msg", text);
    herd_log_end(&event);
}
