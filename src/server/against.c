/* SPDX-License-Identifier: MIT */
/*
 * --check-config --against: what a reload would do to a running server.
 *
 * What runs is known by a file: a copy that somebody kept, or the one that the
 * server itself keeps in $RUNTIME_DIRECTORY, where systemd gives it one: the
 * configuration in force, as --dump-config prints it, from its start or last
 * reload on. Without that directory there is none: what is written anywhere
 * else would outlive the server, and then lie.
 */
#include "local.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/configchange.h"
#include "herd/log.h"
#include "herd/memory.h"

static int compare(const struct herd_config *running, const char *path, const struct herd_config *next,
                   const char *name, FILE *messages, struct herd_config_change *ret_change)
{
    unsigned neighbours[HERD_NEIGHBOURS_MAX];
    unsigned room = 0;
    int self = name != NULL ? herd_config_find_server(running, name) : -1;

    if (name != NULL && self < 0) {
        fprintf(messages, "no server \"%s\" in %s\n", name, path);
        return EX_CONFIG;
    }
    if (self >= 0) room = herd_config_neighbours(running, (unsigned)self, neighbours) + HERD_NEIGHBOURS_SPARE;
    return herd_config_compare(running, next, name, room, messages, ret_change);
}

int against(const char *path, const struct herd_config *next, const char *name)
{
    struct herd_config running = {0};
    struct herd_config_change change;
    struct herd_messages messages;
    int code;

    herd_messages_begin(&messages);
    code = herd_config_load(path, messages.out, &running);
    if (code == 0) { /* what is odd about it is no news */
        herd_messages_drop(&messages);
        herd_messages_begin(&messages);
        code = compare(&running, path, next, name, messages.out, &change);
    }
    herd_messages_tell(&messages, "herd-server");
    if (code == 0) herd_config_change_print(&change, &running, next, stdout);
    herd_config_finish(&running);
    return code == 0 ? 0 : EX_CONFIG;
}

/* -- The server's own file --------------------------------------------------- */

/* Written beside it first, so that whoever reads it has all of it. */
static int keep(const struct herd_config *config, const char *path)
{
    size_t size = strlen(path) + sizeof ".new";
    char *fresh = herd_memory_allocate(size);
    FILE *file;
    int error = 0;

    snprintf(fresh, size, "%s.new", path);
    file = fopen(fresh, "we");
    if (file != NULL) {
        herd_config_dump(config, file);
        if (ferror(file)) error = -EIO;
        if (fclose(file) != 0) error = -errno;
    }
    if (file == NULL || (error == 0 && rename(fresh, path) != 0)) error = -errno;
    if (error != 0) unlink(fresh);
    herd_memory_free(fresh);
    return error;
}

void running_keep(const struct herd_config *config, const char *name)
{
    const char *directory = getenv("RUNTIME_DIRECTORY");
    struct herd_log_event log;
    size_t size;
    char *path;
    int error;

    if (directory == NULL || directory[0] != '/') return;
    size = strlen(directory) + strlen(name) + sizeof "/.running.conf";
    path = herd_memory_allocate(size);
    snprintf(path, size, "%.*s/%s.running.conf", (int)strcspn(directory, ":"), directory, name);
    error = keep(config, path);
    if (error != 0 && herd_log_begin(&log, HERD_LOG_WARNING, "running_unkept")) {
        herd_log_string(&log, "path", path);
        herd_log_error(&log, error);
        herd_log_end(&log);
    }
    herd_memory_free(path);
}
