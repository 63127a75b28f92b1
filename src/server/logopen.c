/* SPDX-License-Identifier: MIT */
/* Where the log goes: to a file and standard error, or, where standard error is the journal, there alone. */
#include "local.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "herd/log.h"
#include "herd/memory.h"
#include "herd/standard.h"
#include "herd/tell.h"

static enum herd_log_level level_of(const char *word)
{
    static const char *const words[] = {"error", "warning", "info", "debug"};
    int i;

    for (i = 3; i > 0; i--)
        if (strcmp(words[i], word) == 0) return (enum herd_log_level)i;
    return HERD_LOG_ERROR;
}

static const char *reason_of(int error)
{
    if (error == -EAGAIN) return HERD_THREAD_ADVICE;
    return error == -ENXIO ? "it is a pipe that nobody reads" : strerror(-error);
}

/* The options, and the file's path for herd_memory_free: 0 or a sysexits code, told. */
static int options_of(const struct herd_config *config, const char *name, FILE *messages,
                      struct herd_log_options *ret_options, char **ret_path)
{
    struct herd_log_options options = {.server = name,
                                       .level = level_of(config->log.level),
                                       .wire = config->log.wire,
                                       .console = true,
                                       .priorities = herd_tell_is_journal(),
                                       .field_bytes_max = config->limits.log_field_bytes_max,
                                       .events_per_second_max = config->limits.log_events_per_second_max};
    char *directory = NULL;
    int code = directory_open(config, "log.directory", true, messages, &directory);

    if (code != 0) return code;
    *ret_path = NULL;
    if (directory != NULL) {
        size_t size = strlen(directory) + strlen(name) + sizeof "/.log";
        *ret_path = herd_memory_allocate(size);
        snprintf(*ret_path, size, "%s/%s.log", directory, name);
        options.path = *ret_path;
    }
    herd_memory_free(directory);
    *ret_options = options;
    return 0;
}

static int refuse(const struct herd_config *config, const char *path, int error, FILE *messages)
{
    fprintf(messages, "%scannot write the log %s: %s\n", herd_config_place(config, "log.directory"),
            path != NULL ? path : "", reason_of(error));
    return error == -EACCES || error == -EROFS ? EX_NOPERM : EX_OSERR;
}

int logopen(const struct herd_config *config, const char *name, FILE *messages)
{
    struct herd_log_options options;
    char *path;
    int code = options_of(config, name, messages, &options, &path);
    int error;

    if (code != 0) return code;
    error = herd_log_open(&options);
    if (error < 0) code = refuse(config, path, error, messages);
    herd_memory_free(path);
    return code;
}

int logopen_prepare(const struct herd_config *config, const char *name, FILE *messages,
                    struct herd_log_change **ret_change)
{
    struct herd_log_options options;
    char *path;
    int code = options_of(config, name, messages, &options, &path);
    int error;

    if (code != 0) return code;
    error = herd_log_prepare(&options, ret_change);
    if (error < 0) code = refuse(config, path, error, messages);
    herd_memory_free(path);
    return code;
}
