/* SPDX-License-Identifier: MIT */
/*
 * Values of options: checked, then stored in the field that the option's row
 * names. A value that is refused leaves what was there.
 */
#include "local.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>

#include "herd/decimal.h"
#include "herd/memory.h"
#include "herd/name.h"

static void replace_string(char **field, const char *string)
{
    char *copy = herd_string_copy(string); /* first: it may be the field's own */
    herd_memory_free(*field);
    *field = copy;
}

/* The index of a word, or -1. */
static int word_index(const struct option *option, const char *string)
{
    for (int i = 0; option->words[i] != NULL; i++) {
        if (strcmp(option->words[i], string) == 0) return i;
    }
    return -1;
}

/* Neither blanks nor control bytes nor what would begin a query, a fragment or a user's name. */
static bool url_valid(const char *url)
{
    const char *host = NULL;
    if (strncmp(url, "https://", 8) == 0) host = url + 8;
    if (strncmp(url, "http://", 7) == 0) host = url + 7;
    if (host == NULL || *host == '\0' || *host == '/' || *host == ':') return false;
    for (const char *at = url; *at != '\0'; at++) {
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f) return false;
        if (strchr("?#@\"<>\\^`{|}", *at) != NULL) return false;
    }
    return true;
}

static int set_address(const struct option *option, struct herd_address *field, const char *string)
{
    struct sockaddr_storage socket;
    int error = herd_address_parse(string, &socket);
    if (error != 0 && option->type == OPTION_SOURCE) {
        char with_port[64];
        int length = snprintf(with_port, sizeof(with_port), strchr(string, ':') == NULL ? "%s:0" : "[%s]:0", string);
        if (length < (int)sizeof(with_port)) error = herd_address_parse(with_port, &socket);
    }
    if (error != 0) return error;
    bool four = socket.ss_family == AF_INET;
    in_port_t port = four ? ((struct sockaddr_in *)&socket)->sin_port : ((struct sockaddr_in6 *)&socket)->sin6_port;
    if ((port == 0) != (option->type == OPTION_SOURCE)) return -EINVAL;
    replace_string(&field->text, string);
    field->socket = socket;
    return 0;
}

int option_set_number(const struct option *option, void *base, int64_t number)
{
    if (option->type != OPTION_NUMBER) return -EINVAL;
    if (number < option->minimum || number > option->maximum) return -ERANGE;
    *(uint32_t *)option_field(base, option->offset) = (uint32_t)number;
    return 0;
}

int option_set_flag(const struct option *option, void *base, bool flag)
{
    if (option->type != OPTION_FLAG) return -EINVAL;
    *(bool *)option_field(base, option->offset) = flag;
    return 0;
}

static bool string_valid(const struct option *option, const char *string)
{
    switch (option->type) {
    case OPTION_WORD:
        return word_index(option, string) >= 0;
    case OPTION_NAME: /* names become names of files, too */
        return herd_name_valid(herd_text_of(string)) && strcmp(string, ".") != 0 && strcmp(string, "..") != 0;
    case OPTION_PATH:
        return *string != '\0';
    case OPTION_URL:
        return url_valid(string);
    case OPTION_GROUP:
    case OPTION_SERVERS:
    case OPTION_LINKS:
    case OPTION_FLAG:
    case OPTION_NUMBER:
    case OPTION_CHOICE:
    case OPTION_ADDRESS:
    case OPTION_SOURCE:
    case OPTION_WORDS:
    case OPTION_PATHS:
        break;
    }
    return false;
}

int option_set_string(const struct option *option, void *base, const char *string)
{
    void *field = option_field(base, option->offset);
    if (option->type == OPTION_ADDRESS || option->type == OPTION_SOURCE) return set_address(option, field, string);
    if (option->type == OPTION_CHOICE) {
        int index = word_index(option, string);
        if (index < 0) return -EINVAL;
        *(unsigned *)field = (unsigned)index;
        return 0;
    }
    if (!string_valid(option, string)) return -EINVAL;
    replace_string(field, string);
    return 0;
}

static void free_strings(char **strings, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        herd_memory_free(strings[i]);
    herd_memory_free(strings);
}

/* 0, or what is wrong with the element `index` of a list. */
static int element_check(const struct option *option, const char *const *strings, unsigned index)
{
    if (option->type == OPTION_PATHS) return *strings[index] == '\0' ? -EINVAL : 0;
    if (word_index(option, strings[index]) < 0) return -EINVAL;
    for (unsigned i = 0; i < index; i++) {
        if (strcmp(strings[i], strings[index]) == 0) return -EEXIST;
    }
    return 0;
}

int option_set_strings(const struct option *option, void *base, const char *const *strings, unsigned count)
{
    if (option->type != OPTION_WORDS && option->type != OPTION_PATHS) return -EINVAL;
    for (unsigned i = 0; i < count; i++) {
        int error = element_check(option, strings, i);
        if (error != 0) return error;
    }
    char **copies = count == 0 ? NULL : herd_memory_allocate_zeroed(count, sizeof(*copies));
    for (unsigned i = 0; i < count; i++)
        copies[i] = herd_string_copy(strings[i]);
    char ***field = option_field(base, option->offset);
    unsigned *field_count = option_field(base, option->count_offset);
    free_strings(*field, *field_count);
    *field = copies;
    *field_count = count;
    return 0;
}

static int flag_parse(const char *text, bool *ret_flag)
{
    static const char *const words[] = {"false", "true", "0", "1"};
    for (unsigned i = 0; i < 4; i++) {
        if (strcmp(text, words[i]) != 0) continue;
        *ret_flag = i % 2 != 0;
        return 0;
    }
    return -EINVAL;
}

int option_set_text(const struct option *option, void *base, const char *text)
{
    if (option->type == OPTION_NUMBER) {
        uint64_t number;
        int error = herd_number_parse(herd_text_of(text), INT64_MAX, &number);
        return error != 0 ? error : option_set_number(option, base, (int64_t)number);
    }
    if (option->type == OPTION_FLAG) {
        bool flag;
        int error = flag_parse(text, &flag);
        return error != 0 ? error : option_set_flag(option, base, flag);
    }
    if (option->type == OPTION_WORDS || option->type == OPTION_PATHS) return option_set_strings(option, base, &text, 1);
    return option_set_string(option, base, text);
}

static bool same_strings(const struct option *option, const void *base, const void *other)
{
    unsigned count = *(const unsigned *)field_const(base, option->count_offset);
    if (count != *(const unsigned *)field_const(other, option->count_offset)) return false;
    char *const *strings = *(char **const *)field_const(base, option->offset);
    char *const *others = *(char **const *)field_const(other, option->offset);
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(strings[i], others[i]) != 0) return false;
    }
    return true;
}

static bool same_address(const struct herd_address *one, const struct herd_address *other)
{
    if (one->text == NULL || other->text == NULL) return one->text == other->text;
    return memcmp(&one->socket, &other->socket, sizeof(one->socket)) == 0; /* they were parsed into zeroes */
}

static bool same_string(const char *one, const char *other)
{
    if (one == NULL || other == NULL) return one == other;
    return strcmp(one, other) == 0;
}

bool option_equal(const struct option *option, const void *base, const void *other)
{
    const void *field = field_const(base, option->offset);
    const void *counterpart = field_const(other, option->offset);
    switch (option->type) {
    case OPTION_GROUP:
    case OPTION_SERVERS:
    case OPTION_LINKS:
        break; /* no values */
    case OPTION_FLAG:
        return *(const bool *)field == *(const bool *)counterpart;
    case OPTION_NUMBER:
        return *(const uint32_t *)field == *(const uint32_t *)counterpart;
    case OPTION_CHOICE:
        return *(const unsigned *)field == *(const unsigned *)counterpart;
    case OPTION_WORD:
    case OPTION_NAME:
    case OPTION_PATH:
    case OPTION_URL:
        return same_string(*(char *const *)field, *(char *const *)counterpart);
    case OPTION_ADDRESS:
    case OPTION_SOURCE:
        return same_address(field, counterpart);
    case OPTION_WORDS:
    case OPTION_PATHS:
        return same_strings(option, base, other);
    }
    return true;
}

void option_clear(const struct option *option, void *base)
{
    void *field = option_field(base, option->offset);
    switch (option->type) {
    case OPTION_WORD:
    case OPTION_NAME:
    case OPTION_PATH:
    case OPTION_URL:
        herd_memory_free(*(char **)field);
        *(char **)field = NULL;
        break;
    case OPTION_ADDRESS:
    case OPTION_SOURCE:
        herd_memory_free(((struct herd_address *)field)->text);
        *(struct herd_address *)field = (struct herd_address){0};
        break;
    case OPTION_WORDS:
    case OPTION_PATHS: {
        unsigned *count = option_field(base, option->count_offset);
        free_strings(*(char ***)field, *count);
        *(char ***)field = NULL;
        *count = 0;
        break;
    }
    case OPTION_GROUP:
    case OPTION_SERVERS:
    case OPTION_LINKS:
    case OPTION_FLAG:
    case OPTION_NUMBER:
    case OPTION_CHOICE:
        break; /* own nothing */
    }
}
