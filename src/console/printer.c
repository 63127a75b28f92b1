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

#include "herd/console.h"

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
    printer->output = NULL;
    herd_buffer_init(&printer->held);
    herd_buffer_init(&printer->ready);
}

static void put_name(struct herd_printer *printer)
{
    char colour[16] = "";
    int length = (int)strlen(printer->name);
    if (printer->colour != 0) snprintf(colour, sizeof colour, "\x1b[%dm", printer->colour);
    herd_buffer_append(&printer->ready, herd_text_of(colour));
    herd_buffer_append(&printer->ready, herd_text_of(printer->name));
    for (; length < printer->width; length++)
        herd_buffer_append_byte(&printer->ready, ' ');
    herd_buffer_append(&printer->ready, printer->colour != 0 ? HERD_TEXT(" |\x1b[0m ") : HERD_TEXT(" | "));
}

static void print_line(struct herd_printer *printer, struct herd_text line)
{
    put_name(printer);
    herd_buffer_append(&printer->ready, line);
    herd_buffer_append_byte(&printer->ready, '\n');
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

static int write_out(struct herd_text bytes)
{
    errno = 0;
    fwrite(bytes.bytes, 1, bytes.length, stdout);
    if (fflush(stdout) == 0 && !ferror(stdout)) return 0;
    return errno != 0 ? -errno : -EIO;
}

static int write_ready(struct herd_printer *printer)
{
    struct herd_text lines = herd_buffer_text(&printer->ready);
    int status = 0;
    if (lines.length > 0)
        status = printer->output != NULL ? herd_output_write(printer->output, lines) : write_out(lines);
    herd_buffer_clear(&printer->ready);
    return status;
}

int herd_printer_write(struct herd_printer *printer, struct herd_text bytes)
{
    if (printer->name == NULL) return write_out(bytes);
    herd_buffer_append(&printer->held, bytes);
    print_whole_lines(printer);
    if (herd_buffer_length(&printer->held) > HERD_PRINTER_LINE_MAX) {
        print_line(printer, herd_buffer_text(&printer->held));
        herd_buffer_clear(&printer->held);
    }
    return write_ready(printer);
}

int herd_printer_finish(struct herd_printer *printer)
{
    int status = 0;
    if (herd_buffer_length(&printer->held) > 0) {
        print_line(printer, herd_buffer_text(&printer->held));
        status = write_ready(printer);
    }
    herd_buffer_finish(&printer->held);
    herd_buffer_finish(&printer->ready);
    return status;
}
