/* SPDX-License-Identifier: MIT */

/*
 * Lines of several sources on one output. A line is written when it is whole,
 * so that two sources never share one; a source that writes very long lines
 * has them broken at HERD_PRINTER_LINE_MAX instead of being held for ever.
 * Without a name bytes pass as they are.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "local.h"

static const int colours[] = {36, 33, 32, 35, 34, 96, 93, 92, 95, 94};

bool herd_printer_coloured(void)
{
    const char *no = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    if (no != NULL && *no != '\0') return false;
    if (terminal == NULL || strcmp(terminal, "dumb") == 0) return false;
    return isatty(STDOUT_FILENO) == 1;
}

void herd_printer_init(struct herd_printer *printer, const char *name, int width, unsigned index)
{
    printer->name = name;
    printer->width = width;
    printer->colour = herd_printer_coloured() ? colours[index % (sizeof colours / sizeof colours[0])] : 0;
    herd_buffer_init(&printer->held);
}

static void print_line(const struct herd_printer *printer, struct herd_text line)
{
    if (printer->colour != 0) {
        fprintf(stdout, "\x1b[%dm%-*s |\x1b[0m ", printer->colour, printer->width, printer->name);
    } else {
        fprintf(stdout, "%-*s | ", printer->width, printer->name);
    }
    fwrite(line.bytes, 1, line.length, stdout);
    fputc('\n', stdout);
}

static void print_whole_lines(struct herd_printer *printer)
{
    for (;;) {
        struct herd_text text = herd_buffer_text(&printer->held);
        const char *end = text.length == 0 ? NULL : memchr(text.bytes, '\n', text.length);
        if (end == NULL) return;
        print_line(printer, (struct herd_text){text.bytes, (size_t)(end - text.bytes)});
        herd_buffer_consume(&printer->held, (size_t)(end - text.bytes) + 1);
    }
}

static int flush_output(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) return 0;
    return errno != 0 ? -errno : -EIO;
}

int herd_printer_write(struct herd_printer *printer, struct herd_text bytes)
{
    if (printer->name == NULL) {
        fwrite(bytes.bytes, 1, bytes.length, stdout);
        return flush_output();
    }
    herd_buffer_append(&printer->held, bytes);
    print_whole_lines(printer);
    if (herd_buffer_length(&printer->held) > HERD_PRINTER_LINE_MAX) {
        print_line(printer, herd_buffer_text(&printer->held));
        herd_buffer_clear(&printer->held);
    }
    return flush_output();
}

int herd_printer_finish(struct herd_printer *printer)
{
    int status = 0;
    if (herd_buffer_length(&printer->held) > 0) {
        print_line(printer, herd_buffer_text(&printer->held));
        status = flush_output();
    }
    herd_buffer_finish(&printer->held);
    return status;
}
