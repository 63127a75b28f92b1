/* SPDX-License-Identifier: MIT */
/* Options as text: what a value must be, and a value in the file's syntax. */
#include "local.h"

#include "herd/log.h"

#define CHUNK 256

/* herd_escape writes \xHH for what a string in libconfig's syntax cannot hold, and for what a terminal should not see.
 * Quotes and backslashes it writes so, too; here they look as people write them. */
void text_print(struct herd_text text, const char *quote, FILE *out)
{
    while (text.length > 0) {
        size_t used = 1;
        if (*text.bytes == '"') {
            fputs(quote, out);
        } else if (*text.bytes == '\\') {
            fputs("\\\\", out);
        } else {
            size_t plain = 0;
            while (plain < text.length && text.bytes[plain] != '"' && text.bytes[plain] != '\\')
                plain++;
            char chunk[CHUNK];
            size_t length = herd_escape((struct herd_text){text.bytes, plain}, chunk, sizeof(chunk), &used);
            fwrite(chunk, 1, length, out);
        }
        text.bytes += used;
        text.length -= used;
    }
}

void string_print(const char *string, FILE *out)
{
    putc('"', out);
    text_print(herd_text_of(string), "\\\"", out);
    putc('"', out);
}

static void print_words(const struct option *option, FILE *out)
{
    for (unsigned i = 0; option->words[i] != NULL; i++)
        fprintf(out, "%s\"%s\"", i == 0 ? "" : ", ", option->words[i]);
}

void option_print_kind(const struct option *option, FILE *out)
{
    switch (option->type) {
    case OPTION_GROUP:
        fputs("a group { ... }", out);
        break;
    case OPTION_SERVERS:
        fputs("a list of groups ( { ... }, { ... } )", out);
        break;
    case OPTION_LINKS:
        fputs("a list of pairs of names ( [\"A\", \"B\"], ... )", out);
        break;
    case OPTION_FLAG:
        fputs("true or false", out);
        break;
    case OPTION_NUMBER:
        fprintf(out, "a whole number from %lu to %lu", (unsigned long)option->minimum, (unsigned long)option->maximum);
        break;
    case OPTION_CHOICE:
    case OPTION_WORD:
        fputs("one of ", out);
        print_words(option, out);
        break;
    case OPTION_NAME:
        fputs("a name: 1 to 64 of letters, digits, \".\", \"_\" and \"-\"", out);
        break;
    case OPTION_PATH:
        fputs("the name of a file or directory in quotes", out);
        break;
    case OPTION_URL:
        fputs("an https:// or http:// address without blanks, \"?\", \"#\" or \"@\"", out);
        break;
    case OPTION_ADDRESS:
        fputs("a literal address and a port from 1 to 65535 such as \"127.0.0.1:12001\" or \"[::1]:12001\"", out);
        break;
    case OPTION_SOURCE:
        fputs("a literal address without a port such as \"127.0.0.1\" or \"::1\"", out);
        break;
    case OPTION_WORDS:
        fputs("a list of different ones of ", out);
        print_words(option, out);
        break;
    case OPTION_PATHS:
        fputs("a list of names of files in quotes", out);
        break;
    }
}

static void print_list(char *const *strings, unsigned count, FILE *out)
{
    putc('[', out);
    for (unsigned i = 0; i < count; i++) {
        if (i > 0) fputs(", ", out);
        string_print(strings[i], out);
    }
    putc(']', out);
}

/* The value's string, or NULL where it is not set or no string. */
static const char *string_of(const struct option *option, const void *field)
{
    switch (option->type) {
    case OPTION_CHOICE:
        return option->words[*(const unsigned *)field];
    case OPTION_WORD:
    case OPTION_NAME:
    case OPTION_PATH:
    case OPTION_URL:
        return *(char *const *)field;
    case OPTION_ADDRESS:
    case OPTION_SOURCE:
        return ((const struct herd_address *)field)->text;
    case OPTION_GROUP:
    case OPTION_SERVERS:
    case OPTION_LINKS:
    case OPTION_FLAG:
    case OPTION_NUMBER:
    case OPTION_WORDS:
    case OPTION_PATHS:
        break;
    }
    return NULL;
}

/* Flags, numbers and lists always have a value. */
static bool is_set(const struct option *option, const void *field)
{
    bool always = option->type == OPTION_FLAG || option->type == OPTION_NUMBER || option->type == OPTION_WORDS ||
                  option->type == OPTION_PATHS;
    return always || string_of(option, field) != NULL;
}

bool option_print_value(const struct option *option, const void *base, FILE *out)
{
    const void *field = field_const(base, option->offset);
    if (!is_set(option, field)) return false;
    if (option->type == OPTION_FLAG) {
        fputs(*(const bool *)field ? "true" : "false", out);
    } else if (option->type == OPTION_NUMBER) {
        uint32_t number = *(const uint32_t *)field; /* beyond 31 bits the file needs the suffix */
        fprintf(out, "%lu%s", (unsigned long)number, number > INT32_MAX ? "L" : "");
    } else if (option->type == OPTION_WORDS || option->type == OPTION_PATHS) {
        print_list(*(char **const *)field, *(const unsigned *)field_const(base, option->count_offset), out);
    } else {
        string_print(string_of(option, field), out);
    }
    return true;
}

bool option_print(const struct option *option, const void *base, FILE *out)
{
    if (!is_set(option, field_const(base, option->offset))) return false;
    fprintf(out, "%s = ", option_name(option));
    option_print_value(option, base, out);
    putc(';', out);
    return true;
}
