/* SPDX-License-Identifier: MIT */
/* Messages about the configuration: one line each, with the place that they are about. */
#include "local.h"

#include <assert.h>
#include <stdarg.h>

#include "herd/log.h"

#define QUOTE_BYTES_MAX 256

static void print_place(const struct herd_report *report, int line)
{
    if (report->source == NULL) return;
    int file_line = HERD_LINE_NONE;
    const char *file = herd_source_file(report->source, line, &file_line);
    if (file_line > 0)
        fprintf(report->out, "%s:%d: ", file, file_line);
    else
        fprintf(report->out, "%s: ", file);
}

void herd_report_begin_error(struct herd_report *report, int line)
{
    report->errors++;
    print_place(report, line);
}

void herd_report_begin_warning(struct herd_report *report, int line)
{
    print_place(report, line);
    fputs("warning: ", report->out);
}

static void begin_option(struct herd_report *report, const char *key, const char *severity)
{
    unsigned row = 0;
    while (row < herd_option_count && strcmp(herd_options[row].key, key) != 0)
        row++;
    assert(row < herd_option_count);
    int line = report->option_lines[row];
    if (line == HERD_LINE_ENVIRONMENT) {
        char variable[HERD_VARIABLE_MAX];
        herd_option_variable(&herd_options[row], variable);
        fprintf(report->out, "%s: ", variable);
    } else {
        print_place(report, line);
    }
    fprintf(report->out, "%s%s", severity, key);
}

void herd_report_begin_option(struct herd_report *report, const char *key)
{
    report->errors++;
    begin_option(report, key, "");
}

void herd_report_begin_option_warning(struct herd_report *report, const char *key)
{
    begin_option(report, key, "warning: ");
}

void herd_report_end(struct herd_report *report)
{
    putc('\n', report->out);
}

void herd_report_error(struct herd_report *report, int line, const char *format, ...)
{
    herd_report_begin_error(report, line);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(report->out, format, arguments);
    va_end(arguments);
    herd_report_end(report);
}

void herd_report_quote(const struct herd_report *report, const char *text)
{
    char escaped[QUOTE_BYTES_MAX];
    size_t used = 0;
    struct herd_text whole = herd_text_of(text);
    size_t length = herd_escape(whole, escaped, sizeof(escaped), &used);
    fprintf(report->out, "\"%.*s%s\"", (int)length, escaped, used < whole.length ? "..." : "");
}

void herd_report_suggest(const struct herd_report *report, const char *suggestion)
{
    if (suggestion != NULL) fprintf(report->out, " (did you mean \"%s\"?)", suggestion);
}
