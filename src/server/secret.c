/* SPDX-License-Identifier: MIT */
/*
 * The secret that the servers of a herd share: what neighbours prove with.
 *
 * It comes from the credential `secret` of systemd where an administrator has
 * one loaded that holds any (the unit as it comes loads none: what it is stays
 * fixed while a service runs), else from secret_file. One line is one secret;
 * while it is being changed there are two, of which the first signs. Only keys
 * derived from it stay in memory. It is in no message: those name the file and
 * the line.
 *
 * Reading puts nothing in force: keys are a value. Failures, all with the
 * file's name: it cannot be read (66), others may read it (77), a secret is too
 * short or there are too many (78).
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

#define SECRET_BYTES_MIN 32
#define FILE_BYTES_MAX 4096
#define DERIVED_FOR "herd-peer-1"
#define CREDENTIAL "secret"

struct secret_file {
    const char *path;
    const char *place; /* where it is named, for messages; or "" */
    bool from_systemd; /* which keeps others from reading it, whatever the mode says */
    FILE *messages;    /* or NULL: nobody wants to know */
    size_t length;
    char bytes[FILE_BYTES_MAX + 1];
};

static int complain(const struct secret_file *file, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int complain(const struct secret_file *file, int code, const char *format, ...)
{
    va_list arguments;

    if (file->messages == NULL) return code;
    fprintf(file->messages, "%ssecret %s: ", file->place, file->path);
    va_start(arguments, format);
    vfprintf(file->messages, format, arguments);
    va_end(arguments);
    putc('\n', file->messages);
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

/* Goes on past faults: each bad line is told. */
static int derive(const struct secret_file *file, struct herd_keys *keys)
{
    struct herd_text rest = {file->bytes, file->length};
    int code = 0;
    unsigned number;

    for (number = 1; rest.length > 0; number++) {
        struct herd_text line = next_line(&rest);
        if (line.length == 0) continue;
        if (line.length < SECRET_BYTES_MIN)
            code = complain(file, EX_CONFIG, "line %u has %zu bytes, a secret has at least %d", number, line.length,
                            SECRET_BYTES_MIN);
        else if (keys->count == HERD_KEYS_MAX)
            code = complain(file, EX_CONFIG, "line %u is one secret too many: %d at most", number, HERD_KEYS_MAX);
        else
            herd_hmac(line, HERD_TEXT(DERIVED_FOR), keys->keys[keys->count++]);
    }
    return code;
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

static int load(struct secret_file *file, struct herd_keys *keys)
{
    int code = read_file(file);

    if (code == 0) code = derive(file, keys);
    explicit_bzero(file->bytes, sizeof file->bytes);
    return code;
}

/* The path of systemd's credential: false where there can be none. */
static bool credential_path(char *ret_path, size_t size)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");

    if (directory == NULL || directory[0] != '/') return false;
    return snprintf(ret_path, size, "%s/" CREDENTIAL, directory) < (int)size;
}

/* Where there is one. */
static int load_credential(FILE *messages, struct herd_keys *keys)
{
    char path[4096];
    struct secret_file file = {.path = path, .place = "", .from_systemd = true, .messages = messages};

    if (!credential_path(path, sizeof path) || herd_path_missing(herd_path_look(path))) return 0;
    return load(&file, keys);
}

static int load_configured(const struct herd_config *config, FILE *messages, struct herd_keys *keys)
{
    struct secret_file file = {
        .path = config->secret_file, .place = herd_config_place(config, "secret_file"), .messages = messages};
    int code = load(&file, keys);

    return code == 0 && keys->count == 0 ? complain(&file, EX_CONFIG, "no secret is in it") : code;
}

int secret_load(const struct herd_config *config, FILE *messages, struct herd_keys *ret_keys)
{
    struct herd_keys keys = {.mac = mac, .fill = fill};
    int code = load_credential(messages, &keys);

    if (code == 0 && keys.count == 0 && config->secret_file != NULL) code = load_configured(config, messages, &keys);
    if (code == 0) *ret_keys = keys;
    explicit_bzero(&keys, sizeof keys);
    return code;
}

static bool same_keys(const struct herd_keys *one, const struct herd_keys *other)
{
    return one->count == other->count && memcmp(one->keys, other->keys, one->count * sizeof one->keys[0]) == 0;
}

static bool same_name(const char *one, const char *other)
{
    return one == other || (one != NULL && other != NULL && strcmp(one, other) == 0);
}

/* A file that cannot be read, for it is root's, says nothing: its name alone counts then. */
void secret_compare(const struct herd_config *running, const struct herd_config *next, FILE *messages)
{
    struct herd_keys credential = {.count = 0};
    struct herd_keys configured = {.count = 0};
    struct secret_file file = {
        .path = next->secret_file, .place = herd_config_place(next, "secret_file"), .messages = messages};
    bool other = !same_name(running->secret_file, next->secret_file);

    if (load_credential(NULL, &credential) == 0 && credential.count > 0) {
        if (next->secret_file == NULL)
            file.path = "(none)";
        else if (load_configured(next, NULL, &configured) == 0)
            other = other || !same_keys(&credential, &configured);
        if (other)
            complain(&file, 0,
                     "not taken: systemd's credential `" CREDENTIAL "` stays in force until the unit restarts");
    }
    explicit_bzero(&credential, sizeof credential);
    explicit_bzero(&configured, sizeof configured);
}
