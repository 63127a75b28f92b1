/* SPDX-License-Identifier: MIT */
/* Messages about the configuration: one line each, with the place that they are about. */
#include "local.h"

#include <assert.h>
#include <stdarg.h>

#include "herd/log.h"

#define QUOTE_BYTES_MAX 256

static void print_place(const struct config_report *report, int line)
{
    if (report->source == NULL) return;
    int file_line = CONFIG_LINE_NONE;
    const char *file = source_file(report->source, line, &file_line);
    if (file_line > 0)
        fprintf(report->out, "%s:%d: ", file, file_line);
    else
        fprintf(report->out, "%s: ", file);
}

void config_report_begin_error(struct config_report *report, int line)
{
    report->errors++;
    print_place(report, line);
}

void config_report_begin_warning(struct config_report *report, int line)
{
    print_place(report, line);
    fputs("warning: ", report->out);
}

static void begin_option(struct config_report *report, const char *key, const char *severity)
{
    unsigned row = 0;
    while (row < option_count && strcmp(option_table[row].key, key) != 0)
        row++;
    assert(row < option_count);
    int line = report->option_lines[row];
    if (line == CONFIG_LINE_ENVIRONMENT) {
        char variable[VARIABLE_MAX];
        option_variable(&option_table[row], variable);
        fprintf(report->out, "%s: ", variable);
    } else {
        print_place(report, line);
    }
    fprintf(report->out, "%s%s", severity, key);
}

void config_report_begin_option(struct config_report *report, const char *key)
{
    report->errors++;
    begin_option(report, key, "");
}

void config_report_begin_option_warning(struct config_report *report, const char *key)
{
    begin_option(report, key, "warning: ");
}

void config_report_end(struct config_report *report)
{
    putc('\n', report->out);
}

void config_report_error(struct config_report *report, int line, const char *format, ...)
{
    config_report_begin_error(report, line);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(report->out, format, arguments);
    va_end(arguments);
    config_report_end(report);
}

void config_report_quote(const struct config_report *report, const char *text)
{
    char escaped[QUOTE_BYTES_MAX];
    size_t used = 0;
    struct herd_text whole = herd_text_of(text);
    size_t length = herd_escape(whole, escaped, sizeof(escaped), &used);
    fprintf(report->out, "\"%.*s%s\"", (int)length, escaped, used < whole.length ? "..." : "");
}

void config_report_suggest(const struct config_report *report, const char *suggestion)
{
    if (suggestion != NULL) fprintf(report->out, " (did you mean \"%s\"?)", suggestion);
}
