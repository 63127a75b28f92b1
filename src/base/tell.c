/* SPDX-License-Identifier: MIT */
#include "herd/tell.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "herd/decimal.h"

#define WARNING "warning: "

bool herd_tell_is_journal(void)
{
    const char *variable = getenv("JOURNAL_STREAM");
    const char *colon = variable == NULL ? NULL : strchr(variable, ':');
    uint64_t device;
    uint64_t inode;
    struct stat status;
    if (colon == NULL) return false;
    struct herd_text before = {variable, (size_t)(colon - variable)};
    if (herd_number_parse(before, UINT64_MAX, &device) < 0) return false;
    if (herd_number_parse(herd_text_of(colon + 1), UINT64_MAX, &inode) < 0) return false;
    return fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

static const char *priority_of(enum herd_log_level level)
{
    static const char *const priorities[] = {"<3>", "<4>", "<6>", "<7>"};
    return herd_tell_is_journal() ? priorities[level] : "";
}

void herd_tell(enum herd_log_level level, const char *format, ...)
{
    va_list arguments;
    fputs(priority_of(level), stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

/* At its start, or behind the place that it is about. */
static bool is_warning(const char *line)
{
    return strncmp(line, WARNING, sizeof WARNING - 1) == 0 || strstr(line, ": " WARNING) != NULL;
}

void herd_tell_lines(const char *program, struct herd_text lines)
{
    while (lines.length > 0) {
        const char *end = memchr(lines.bytes, '\n', lines.length);
        size_t length = end != NULL ? (size_t)(end - lines.bytes) : lines.length;
        char line[4096];
        snprintf(line, sizeof line, "%.*s", (int)length, lines.bytes);
        herd_tell(is_warning(line) ? HERD_LOG_WARNING : HERD_LOG_ERROR, "%s: %s", program, line);
        if (end != NULL) length++;
        lines = (struct herd_text){lines.bytes + length, lines.length - length};
    }
}
