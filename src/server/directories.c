/* SPDX-License-Identifier: MIT */
/* The directories that a server writes to. */
#include "local.h"

#include <stdlib.h>
#include <string.h>

#include "herd/tell.h"

/* Under journald the journal keeps the log, unless a directory was named. */
static bool keeps_log(const struct herd_config *config)
{
    return herd_tell_is_journal() && config->log.directory == NULL && getenv("LOGS_DIRECTORY") == NULL;
}

int directory_open(const struct herd_config *config, const char *key, bool make, FILE *messages, char **ret_path)
{
    bool log = strcmp(key, "log.directory") == 0;
    const char *configured = log ? config->log.directory : config->journal.directory;

    if (log && keeps_log(config)) {
        *ret_path = NULL;
        return 0;
    }
    return herd_config_directory(configured, log ? "LOGS_DIRECTORY" : "STATE_DIRECTORY", make,
                                 herd_config_place(config, key), messages, ret_path);
}
