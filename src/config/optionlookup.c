/* SPDX-License-Identifier: MIT */
/* Finding rows in the table of options. */
#include "local.h"

#include <assert.h>

const char *herd_option_name(const struct herd_option *option)
{
    const char *dot = strrchr(option->key, '.');
    return dot == NULL ? option->key : dot + 1;
}

bool herd_option_in_group(const struct herd_option *option, const char *group)
{
    const char *name = herd_option_name(option);
    if (name == option->key) return *group == '\0';
    size_t length = (size_t)(name - option->key) - 1;
    return strlen(group) == length && memcmp(option->key, group, length) == 0;
}

const struct herd_option *herd_option_find(const char *group, const char *name)
{
    for (unsigned i = 0; i < herd_option_count; i++) {
        const struct herd_option *option = &herd_options[i];
        if (herd_option_in_group(option, group) && strcmp(herd_option_name(option), name) == 0) return option;
    }
    return NULL;
}

bool herd_option_is_scalar(const struct herd_option *option)
{
    if (herd_option_in_group(option, "servers")) return false;
    switch (option->type) {
    case HERD_OPTION_GROUP:
    case HERD_OPTION_SERVERS:
    case HERD_OPTION_LINKS:
    case HERD_OPTION_WORDS:
    case HERD_OPTION_PATHS:
        return false;
    case HERD_OPTION_FLAG:
    case HERD_OPTION_NUMBER:
    case HERD_OPTION_CHOICE:
    case HERD_OPTION_WORD:
    case HERD_OPTION_NAME:
    case HERD_OPTION_PATH:
    case HERD_OPTION_URL:
    case HERD_OPTION_ADDRESS:
    case HERD_OPTION_SOURCE:
        return true;
    }
    return false;
}

void herd_option_variable(const struct herd_option *option, char ret_variable[HERD_VARIABLE_MAX])
{
    int length = snprintf(ret_variable, HERD_VARIABLE_MAX, "HERD_%s", option->key);
    assert(length > 0 && length < HERD_VARIABLE_MAX);
    (void)length;
    for (char *at = ret_variable; *at != '\0'; at++) {
        if (*at == '.') *at = '_';
        if (*at >= 'a' && *at <= 'z') *at = (char)(*at - 'a' + 'A');
    }
}

const char *herd_option_suggest(const char *group, const char *name)
{
    const char *names[HERD_OPTIONS_MAX];
    size_t count = 0;
    for (unsigned i = 0; i < herd_option_count; i++) {
        if (herd_option_in_group(&herd_options[i], group)) names[count++] = herd_option_name(&herd_options[i]);
    }
    return herd_suggest(name, names, count);
}
