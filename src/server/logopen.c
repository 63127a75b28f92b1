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

int logopen(const struct herd_config *config, const char *name)
{
    struct herd_log_options options = {.server = name,
                                       .level = level_of(config->log.level),
                                       .wire = config->log.wire,
                                       .console = true,
                                       .priorities = herd_tell_is_journal(),
                                       .field_bytes_max = config->limits.log_field_bytes_max,
                                       .events_per_second_max = config->limits.log_events_per_second_max};
    char *directory = NULL;
    char *path = NULL;
    int code = 0;
    int error;

    code = directory_open(config, "log.directory", true, &directory);
    if (code != 0) return code;
    if (directory != NULL) {
        size_t size = strlen(directory) + strlen(name) + sizeof "/.log";
        path = herd_memory_allocate(size);
        snprintf(path, size, "%s/%s.log", directory, name);
        options.path = path;
    }
    error = herd_log_open(&options);
    if (error < 0) {
        herd_tell(HERD_LOG_ERROR, "herd-server: %scannot write the log %s: %s",
                  herd_config_place(config, "log.directory"), path != NULL ? path : "", reason_of(error));
        code = error == -EACCES || error == -EROFS ? EX_NOPERM : EX_OSERR;
    }
    herd_memory_free(path);
    herd_memory_free(directory);
    return code;
}
