/* SPDX-License-Identifier: MIT */
/*
 * The secret that the servers of a herd share: what neighbours prove with.
 *
 * It comes from the credential `secret` of systemd where an administrator has
 * one loaded that holds any (the unit as it comes loads none: what it is stays
 * fixed while a service runs), else from secret_file. One line is one secret; while it is being changed there are
 * two, of which the first signs. Only keys derived from it stay in memory. It
 * is in no message: those name the file and the line.
 *
 * Failures, all with the file's name: it cannot be read (66), others may read
 * it (77), a secret is too short or there are too many (78).
 */
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/hmac.h"
#include "herd/path.h"
#include "herd/random.h"
#include "herd/tell.h"

#define SECRET_BYTES_MIN 32
#define FILE_BYTES_MAX 4096
#define DERIVED_FOR "herd-peer-1"
#define CREDENTIAL "secret"

struct secret_file {
    const char *path;
    const char *place; /* where it is named, for messages; or "" */
    bool from_systemd; /* which keeps others from reading it, whatever the mode says */
    size_t length;
    char bytes[FILE_BYTES_MAX + 1];
};

static int complain(const struct secret_file *file, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int complain(const struct secret_file *file, int code, const char *format, ...)
{
    char reason[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    herd_tell(HERD_LOG_ERROR, "herd-server: %ssecret %s: %s", file->place, file->path, reason);
    return code;
}

static int check_mode(int descriptor, const struct secret_file *file)
{
    struct stat status;

    if (fstat(descriptor, &status) < 0) return complain(file, EX_NOINPUT, "%s", strerror(errno));
    if (file->from_systemd || (status.st_mode & (S_IRWXG | S_IRWXO)) == 0) return 0;
    return complain(file, EX_NOPERM, "others may use this file (mode %04o): chmod 600 it",
                    (unsigned)(status.st_mode & 07777));
}

static int read_all(int descriptor, struct secret_file *file)
{
    ssize_t got = 1;

    for (file->length = 0; got > 0 && file->length < sizeof file->bytes; file->length += (size_t)got) {
        got = read(descriptor, file->bytes + file->length, sizeof file->bytes - file->length);
        if (got < 0) return complain(file, EX_NOINPUT, "%s", strerror(errno));
    }
    if (file->length <= FILE_BYTES_MAX) return 0;
    return complain(file, EX_CONFIG, "more than %d bytes", FILE_BYTES_MAX);
}

static int read_file(struct secret_file *file)
{
    int descriptor = herd_path_open_file(AT_FDCWD, file->path, O_RDONLY, 0);
    int code;

    if (descriptor < 0) return complain(file, EX_NOINPUT, "%s", herd_path_reason(descriptor));
    code = check_mode(descriptor, file);
    if (code == 0) code = read_all(descriptor, file);
    close(descriptor);
    return code;
}

/* Takes the next line off `rest`, without its LF and the CRs before that. */
static struct herd_text next_line(struct herd_text *rest)
{
    const char *end = memchr(rest->bytes, '\n', rest->length);
    struct herd_text line = {rest->bytes, end != NULL ? (size_t)(end - rest->bytes) : rest->length};
    size_t used = line.length + (end != NULL ? 1 : 0);

    *rest = (struct herd_text){rest->bytes + used, rest->length - used};
    while (line.length > 0 && line.bytes[line.length - 1] == '\r')
        line.length--;
    return line;
}

static int derive(const struct secret_file *file, struct herd_keys *keys)
{
    struct herd_text rest = {file->bytes, file->length};
    unsigned number;

    for (number = 1; rest.length > 0; number++) {
        struct herd_text line = next_line(&rest);
        if (line.length == 0) continue;
        if (line.length < SECRET_BYTES_MIN)
            return complain(file, EX_CONFIG, "line %u has %zu bytes, a secret has at least %d", number, line.length,
                            SECRET_BYTES_MIN);
        if (keys->count == HERD_KEYS_MAX)
            return complain(file, EX_CONFIG, "line %u is one secret too many: %d at most", number, HERD_KEYS_MAX);
        herd_hmac(line, HERD_TEXT(DERIVED_FOR), keys->keys[keys->count++]);
    }
    return 0;
}

static void mac(const unsigned char key[HERD_KEY_BYTES], struct herd_text text, unsigned char ret_mac[HERD_KEY_BYTES])
{
    _Static_assert(HERD_KEY_BYTES == HERD_HMAC_BYTES, "a MAC is as long as a key");
    herd_hmac((struct herd_text){(const char *)key, HERD_KEY_BYTES}, text, ret_mac);
}

static void fill(void *owner, void *out, size_t length)
{
    (void)owner;
    herd_random_system(out, length);
}

static int load(const char *path, const char *place, bool from_systemd, struct herd_keys *keys)
{
    struct secret_file file = {.path = path, .place = place, .from_systemd = from_systemd};
    int code = read_file(&file);

    if (code == 0) code = derive(&file, keys);
    explicit_bzero(file.bytes, sizeof file.bytes);
    return code;
}

/* Systemd's credential, where there is one. */
static int load_credential(struct herd_keys *keys)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    char path[4096];

    if (directory == NULL || directory[0] != '/') return 0;
    if (snprintf(path, sizeof path, "%s/" CREDENTIAL, directory) >= (int)sizeof path)
        return complain(&(struct secret_file){.path = directory, .place = ""}, EX_NOINPUT, "%s",
                        strerror(ENAMETOOLONG));
    return herd_path_missing(herd_path_look(path)) ? 0 : load(path, "", true, keys);
}

static int load_configured(const struct herd_config *config, struct herd_keys *keys)
{
    struct secret_file file = {.path = config->secret_file, .place = herd_config_place(config, "secret_file")};
    int code = load(file.path, file.place, false, keys);

    return code == 0 && keys->count == 0 ? complain(&file, EX_CONFIG, "no secret is in it") : code;
}

int secret_load(const struct herd_config *config, struct herd_keys *ret_keys)
{
    struct herd_keys keys = {.mac = mac, .fill = fill};
    int code = load_credential(&keys);

    if (code == 0 && keys.count == 0 && config->secret_file != NULL) code = load_configured(config, &keys);
    if (code == 0) *ret_keys = keys;
    explicit_bzero(&keys, sizeof keys);
    return code;
}
