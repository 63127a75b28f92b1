/* SPDX-License-Identifier: MIT */

/*
 * Standard output of what goes on without it. A full disk is no reason to end
 * a herd: lines that find no room are dropped and counted, which standard
 * error is told when it begins and when it is over. A line of which a part was
 * written is ended before the next one.
 *
 * Somebody who stops reading is another matter: that is the negative errno.
 */

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "herd/console.h"

static uint64_t count_lines(struct herd_text text)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < text.length; i++)
        lines += text.bytes[i] == '\n';
    return lines;
}

/* Takes off *text what was written: 0 where that is all of it, else a negative errno. */
static int write_all(struct herd_text *text)
{
    while (text->length > 0) {
        ssize_t written = write(STDOUT_FILENO, text->bytes, text->length);
        if (written >= 0) {
            text->bytes += written;
            text->length -= (size_t)written;
            continue;
        }
        if (errno == EINTR) continue;
        if (errno != EAGAIN) return -errno;
        struct pollfd wait = {.fd = STDOUT_FILENO, .events = POLLOUT};
        poll(&wait, 1, -1);
    }
    return 0;
}

static int write_lines(struct herd_output *output, struct herd_text *lines)
{
    struct herd_text end = HERD_TEXT("\n");
    int error = output->torn ? write_all(&end) : 0;
    if (error < 0) return error;
    size_t length = lines->length;
    output->torn = false;
    error = write_all(lines);
    output->torn = error < 0 && lines->length < length && lines->bytes[-1] != '\n';
    return error;
}

static void tell_over(struct herd_output *output)
{
    if (output->dropped == 0) return;
    herd_complain("standard output is written again, %" PRIu64 " line%s %s dropped", output->dropped,
                  output->dropped == 1 ? "" : "s", output->dropped == 1 ? "was" : "were");
    output->dropped = 0;
}

int herd_output_write(struct herd_output *output, struct herd_text lines)
{
    assert(lines.length == 0 || lines.bytes[lines.length - 1] == '\n');
    int error = write_lines(output, &lines);
    if (error == 0) tell_over(output);
    if (error == 0 || error == -EPIPE) return error;
    if (output->dropped == 0)
        herd_complain("standard output cannot be written, lines are dropped: %s", herd_error_text(error));
    output->dropped += count_lines(lines);
    return 0;
}

void herd_output_say(struct herd_output *output, const char *format, ...)
{
    char *line = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&line, &length);
    if (stream == NULL) return;
    va_list arguments;
    va_start(arguments, format);
    fputs("herd: ", stream);
    vfprintf(stream, format, arguments);
    fputc('\n', stream);
    va_end(arguments);
    if (fclose(stream) == 0) herd_output_write(output, (struct herd_text){line, length});
    free(line);
}

void herd_output_end(const struct herd_output *output)
{
    if (output->dropped == 0) return;
    herd_complain("standard output could not be written to the end, %" PRIu64 " line%s %s dropped", output->dropped,
                  output->dropped == 1 ? "" : "s", output->dropped == 1 ? "was" : "were");
}
