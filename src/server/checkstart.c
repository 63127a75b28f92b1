/* SPDX-License-Identifier: MIT */
/* What --check-config looks at beside the configuration: everything that a start would open. It goes on past faults. */
#include "local.h"

#include <sysexits.h>

#include "herd/memory.h"

static bool directory_good(const struct herd_config *config, const char *key, FILE *messages)
{
    char *path = NULL;
    bool good = directory_open(config, key, false, messages, &path) == 0;

    herd_memory_free(path);
    return good;
}

int checkstart(const struct herd_config *config, FILE *messages)
{
    struct search_settings settings;
    struct herd_keys keys = {0};
    bool good = secret_load(config, messages, &keys) == 0;

    explicit_bzero(&keys, sizeof keys);
    search_settings_read(config, &settings);
    good = herd_search_check(&settings.options, messages) == 0 && good;
    good = directory_good(config, "log.directory", messages) && good;
    if (config->journal.durability != HERD_DURABILITY_NONE)
        good = directory_good(config, "journal.directory", messages) && good;
    notbuilt(config, NULL);
    return good ? 0 : EX_CONFIG;
}
