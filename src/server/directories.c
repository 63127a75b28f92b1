/* SPDX-License-Identifier: MIT */
/* The directories that a server writes to. */
#include "local.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "herd/tell.h"

/* Under journald the journal keeps the log, unless a directory was named. */
static bool keeps_log(const struct herd_config *config)
{
    return herd_tell_is_journal() && config->log.directory == NULL && getenv("LOGS_DIRECTORY") == NULL;
}

int directory_open(const struct herd_config *config, const char *key, bool make, char **ret_path)
{
    bool log = strcmp(key, "log.directory") == 0;
    const char *configured = log ? config->log.directory : config->journal.directory;
    char *told = NULL;
    size_t size = 0;
    FILE *messages;
    int code;

    if (log && keeps_log(config)) {
        *ret_path = NULL;
        return 0;
    }
    messages = open_memstream(&told, &size);
    if (messages == NULL) {
        herd_tell(HERD_LOG_ERROR, "herd-server: %s", strerror(errno));
        return EX_OSERR;
    }
    code = herd_config_directory(configured, log ? "LOGS_DIRECTORY" : "STATE_DIRECTORY", make, messages, ret_path);
    fclose(messages);
    if (code != 0)
        herd_tell(HERD_LOG_ERROR, "herd-server: %s%.*s", herd_config_place(config, key), (int)strcspn(told, "\n"),
                  told);
    free(told);
    return code;
}
