/* SPDX-License-Identifier: MIT */
/* Where the log goes: to a file and standard error, or, where standard error is the journal, there alone. */
#include "local.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/decimal.h"
#include "herd/log.h"
#include "herd/memory.h"
#include "herd/standard.h"

static enum herd_log_level level_of(const char *word)
{
    static const char *const words[] = {"error", "warning", "info", "debug"};
    int i;

    for (i = 3; i > 0; i--)
        if (strcmp(words[i], word) == 0) return (enum herd_log_level)i;
    return HERD_LOG_ERROR;
}

/* Whether standard error is the journal: JOURNAL_STREAM is inherited by whoever is started there (systemd.exec(5)). */
static bool under_journal(void)
{
    const char *variable = getenv("JOURNAL_STREAM");
    uint64_t device;
    uint64_t inode;
    struct stat status;

    const char *colon = variable == NULL ? NULL : strchr(variable, ':');
    if (colon == NULL) return false;
    struct herd_text before = {variable, (size_t)(colon - variable)};
    if (herd_number_parse(before, UINT64_MAX, &device) < 0) return false;
    if (herd_number_parse(herd_text_of(colon + 1), UINT64_MAX, &inode) < 0) return false;
    return fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

/* Under journald the journal keeps the log, unless a directory was named. */
static bool wants_file(const struct herd_config *config)
{
    return !under_journal() || config->log.directory != NULL || getenv("LOGS_DIRECTORY") != NULL;
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
                                       .priorities = under_journal(),
                                       .field_bytes_max = config->limits.log_field_bytes_max,
                                       .events_per_second_max = config->limits.log_events_per_second_max};
    char *directory = NULL;
    char *path = NULL;
    int code = 0;
    int error;

    if (wants_file(config)) {
        size_t size;
        code = herd_config_directory(config->log.directory, "LOGS_DIRECTORY", stderr, &directory);
        if (code != 0) return code;
        size = strlen(directory) + strlen(name) + sizeof "/.log";
        path = herd_memory_allocate(size);
        snprintf(path, size, "%s/%s.log", directory, name);
        options.path = path;
    }
    error = herd_log_open(&options);
    if (error < 0) {
        fprintf(stderr, "herd-server: cannot write the log %s: %s\n", path != NULL ? path : "", reason_of(error));
        code = error == -EACCES || error == -EROFS ? EX_NOPERM : EX_OSERR;
    }
    herd_memory_free(path);
    herd_memory_free(directory);
    return code;
}
