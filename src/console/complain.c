/* SPDX-License-Identifier: MIT */

/* How the program speaks to people, and what its commands read alike. */

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "herd/console.h"
#include "herd/memory.h"
#include "herd/path.h"

void herd_complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    fputs("herd: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

int herd_complain_option(const char *command, int result, char **argv)
{
    const char *word = argv[optind - 1];
    if (result == ':') {
        herd_complain("%s: option %s needs a value (see `herd help %s`)", command, word, command);
    } else if (optopt == 0) {
        herd_complain("%s: unknown option %s (see `herd help %s`)", command, word, command);
    } else if (strncmp(word, "--", 2) == 0 && strchr(word, '=') != NULL) {
        herd_complain("%s: an option that takes no value: %s (see `herd help %s`)", command, word, command);
    } else {
        herd_complain("%s: unknown option -%c (see `herd help %s`)", command, optopt, command);
    }
    return EX_USAGE;
}

const char *herd_error_text(int error)
{
    static _Thread_local char text[128];
    snprintf(text, sizeof text, "%s", herd_path_reason(error < 0 ? error : -error));
    /* "Connection refused" becomes "connection refused"; "RPC struct is bad" stays. */
    if (isupper((unsigned char)text[0]) && islower((unsigned char)text[1])) {
        text[0] = (char)tolower((unsigned char)text[0]);
    }
    return text;
}

int herd_count_parse(const char *text, unsigned max, unsigned *ret_count)
{
    unsigned count = 0;
    if (*text == '\0' || strlen(text) > 9) return -EINVAL;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') return -EINVAL;
        count = 10 * count + (unsigned)(*text - '0');
    }
    if (count == 0 || count > max) return -EINVAL;
    *ret_count = count;
    return 0;
}

int herd_tool_load(const char *path, struct herd_config *ret_config)
{
    char *told = NULL;
    size_t length = 0;
    FILE *messages = open_memstream(&told, &length);
    if (messages == NULL) {
        herd_complain("%s", herd_error_text(errno));
        return EX_OSERR;
    }
    int code = herd_config_load(path != NULL ? path : herd_config_default_path(), messages, ret_config);
    fclose(messages);
    if (code != 0) fwrite(told, 1, length, stderr);
    free(told);
    return code;
}
