/* SPDX-License-Identifier: MIT */
/*
 * Directories for logs and state: found by the configuration or the
 * environment, made where they are missing, refused by name where they cannot
 * be used. Several servers may make the same one at the same moment.
 */
#include "local.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/memory.h"
#include "herd/path.h"

#define DIRECTORY_MODE 0750

/* `start` with `end` after it. */
static char *join(struct herd_text start, const char *end)
{
    size_t end_size = strlen(end) + 1;
    char *path = herd_memory_allocate(start.length + end_size);
    memcpy(path, start.bytes, start.length);
    memcpy(path + start.length, end, end_size);
    return path;
}

/* The value of a variable where it is an absolute path, as the standard for it demands; else NULL. */
static const char *absolute_variable(const char *name)
{
    const char *value = name == NULL ? NULL : getenv(name);
    return value != NULL && *value == '/' ? value : NULL;
}

static char *choose(const char *configured, const char *systemd_variable)
{
    if (configured != NULL) return herd_string_copy(configured);
    const char *value = absolute_variable(systemd_variable);
    if (value != NULL) return join((struct herd_text){value, strcspn(value, ":")}, "");
    value = absolute_variable("XDG_STATE_HOME");
    if (value != NULL) return join(herd_text_of(value), "/herd");
    value = absolute_variable("HOME");
    return value == NULL ? NULL : join(herd_text_of(value), "/.local/state/herd");
}

static int check(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) return -errno;
    if (!S_ISDIR(status.st_mode)) return -ENOTDIR;
    return access(path, W_OK | X_OK) == 0 ? 0 : -errno;
}

/* Where nothing is at the path: the nearest directory above it, in which it would be made. */
static int check_makeable(char *path)
{
    int error = check(path);
    char *slash = strrchr(path, '/');
    if (error != -ENOENT || slash == NULL) return error == -ENOENT ? check(".") : error;
    if (slash == path) return check("/");
    *slash = '\0';
    error = check_makeable(path);
    *slash = '/';
    return error;
}

int herd_config_directory(const char *configured, const char *systemd_variable, bool make, const char *place,
                          FILE *messages, char **ret_path)
{
    char *path = choose(configured, systemd_variable);
    if (path == NULL) {
        fprintf(messages,
                "%sno directory to write to: set log.directory and journal.directory in the configuration, or $%s, "
                "$XDG_STATE_HOME "
                "or $HOME\n",
                place, systemd_variable == NULL ? "STATE_DIRECTORY" : systemd_variable);
        return EX_OSERR;
    }
    int error = make ? herd_path_make(path, DIRECTORY_MODE) : check_makeable(path);
    if (error == 0 && make) error = check(path);
    if (error == 0) {
        *ret_path = path;
        return 0;
    }
    fprintf(messages, "%scannot use the directory ", place);
    string_print(path, messages);
    fprintf(messages, ": %s\n", strerror(-error));
    herd_memory_free(path);
    return error == -EACCES || error == -EPERM || error == -EROFS ? EX_NOPERM : EX_OSERR;
}
