/* SPDX-License-Identifier: MIT */
/* Finding rows in the table of options. */
#include "local.h"

#include <assert.h>

const char *option_name(const struct option *option)
{
    const char *dot = strrchr(option->key, '.');
    return dot == NULL ? option->key : dot + 1;
}

bool option_in_group(const struct option *option, const char *group)
{
    const char *name = option_name(option);
    if (name == option->key) return *group == '\0';
    size_t length = (size_t)(name - option->key) - 1;
    return strlen(group) == length && memcmp(option->key, group, length) == 0;
}

const struct option *option_find(const char *group, const char *name)
{
    for (unsigned i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        if (option_in_group(option, group) && strcmp(option_name(option), name) == 0) return option;
    }
    return NULL;
}

bool option_is_scalar(const struct option *option)
{
    if (option_in_group(option, "servers")) return false;
    switch (option->type) {
    case OPTION_GROUP:
    case OPTION_SERVERS:
    case OPTION_LINKS:
    case OPTION_WORDS:
    case OPTION_PATHS:
        return false;
    case OPTION_FLAG:
    case OPTION_NUMBER:
    case OPTION_CHOICE:
    case OPTION_WORD:
    case OPTION_NAME:
    case OPTION_PATH:
    case OPTION_URL:
    case OPTION_ADDRESS:
    case OPTION_SOURCE:
        return true;
    }
    return false;
}

void option_variable(const struct option *option, char ret_variable[VARIABLE_MAX])
{
    int length = snprintf(ret_variable, VARIABLE_MAX, "HERD_%s", option->key);
    assert(length > 0 && length < VARIABLE_MAX);
    (void)length;
    for (char *at = ret_variable; *at != '\0'; at++) {
        if (*at == '.') *at = '_';
        if (*at >= 'a' && *at <= 'z') *at = (char)(*at - 'a' + 'A');
    }
}

const char *option_suggest(const char *group, const char *name)
{
    const char *names[OPTIONS_MAX];
    size_t count = 0;
    for (unsigned i = 0; i < option_count; i++) {
        if (option_in_group(&option_table[i], group)) names[count++] = option_name(&option_table[i]);
    }
    return herd_suggest(name, names, count);
}
