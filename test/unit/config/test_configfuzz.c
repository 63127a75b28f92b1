/* SPDX-License-Identifier: MIT */
/*
 * Broken files: every beginning of the example, and the example and the dump
 * of the built-in herd with one byte changed, removed or doubled. Whatever
 * comes, it is taken, or refused with a message; the sanitizers watch.
 */
#include "fixture.h"

static void try_bytes(const char *bytes, size_t length)
{
    write_bytes("herd.conf", bytes, length);
    struct loaded loaded = load("herd.conf");
    bool told = *loaded.messages != '\0' && loaded.messages[strlen(loaded.messages) - 1] == '\n';
    bool fine = loaded.code == 0 || (loaded.code == EX_CONFIG && told);
    if (!fine) fail_msg("code %d, messages:\n%s\nfor\n%.*s", loaded.code, loaded.messages, (int)length, bytes);
    if (loaded.code == 0) free(dump(&loaded.config));
    unload(&loaded);
}

static void beginnings(void **state)
{
    char *example = read_shipped(*state, "herd.conf.example");
    size_t length = strlen(example);
    for (size_t i = 0; i <= length; i++)
        try_bytes(example, i);
    herd_memory_free(example);
}

static const char replacements[] = {'\0', '\n', '"', '\\', '#', '/', '*', '(', ')', '{', '}', '[',
                                    ']',  ',',  ';', '=',  '-', '0', '9', 'L', 'x', '@', ' ', '\xff'};

enum { REPLACED, FLIPPED, REMOVED, DOUBLED, KINDS };

/* Writes the text with its byte `at` changed in the way of that kind; the length. */
static size_t change(const char *text, size_t length, size_t at, size_t turn, char *ret_bytes)
{
    memcpy(ret_bytes, text, length);
    switch (turn % KINDS) {
    case REPLACED:
        ret_bytes[at] = replacements[turn / KINDS % sizeof(replacements)];
        return length;
    case FLIPPED:
        ret_bytes[at] = (char)(text[at] ^ (1 << turn / KINDS % 8));
        return length;
    case REMOVED:
        memcpy(ret_bytes + at, text + at + 1, length - at - 1);
        return length - 1;
    default:
        memcpy(ret_bytes + at + 1, text + at, length - at);
        return length + 1;
    }
}

/* Each place is changed in `each` ways, in turn, so that all ways meet all kinds of places. */
static void mutate(const char *text, unsigned each)
{
    size_t length = strlen(text);
    char *bytes = herd_memory_allocate(length + 1);
    for (size_t turn = 0; turn < length * each; turn++)
        try_bytes(bytes, change(text, length, turn / each, turn, bytes));
    herd_memory_free(bytes);
}

static void changed_examples(void **state)
{
    char *example = read_shipped(*state, "herd.conf.example");
    mutate(example, 1);
    herd_memory_free(example);
}

static void changed_dumps(void **state)
{
    (void)state;
    struct loaded loaded = load(NULL);
    char *text = dump(&loaded.config);
    unload(&loaded);
    mutate(text, 2);
    free(text);
}

/* Lexical corners beside each other in all orders. */
static void pieces_in_any_order(void **state)
{
    (void)state;
    static const char *const pieces[] = {"a",  "=",  "\"s\"", "5000000000", "(",  ")",  "{",  "}",
                                         "[",  "]",  ",",     ";",          "/*", "*/", "\n", "@include \"x",
                                         "\"", "\\", ".5e",   "-",          "0x"};
    for (size_t i = 0; i < COUNT(pieces) * COUNT(pieces) * COUNT(pieces); i++) {
        char text[64];
        int length = snprintf(text, sizeof(text), "a=%s%s%s", pieces[i % COUNT(pieces)],
                              pieces[i / COUNT(pieces) % COUNT(pieces)], pieces[i / COUNT(pieces) / COUNT(pieces)]);
        try_bytes(text, (size_t)length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(beginnings, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(changed_examples, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(changed_dumps, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(pieces_in_any_order, enter_directory, leave_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
