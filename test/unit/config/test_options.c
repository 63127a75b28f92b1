/* SPDX-License-Identifier: MIT */
/* The table of options against what people read: the help, the dump, the manual, the example. */
#include "fixture.h"

/* What the help says about one option, in the line `  key: kind; default ...` and the line after it. */
struct row {
    char key[64];
    char initial[128]; /* "" where there is none */
    char variable[64]; /* "" where there is none */
    bool group;
};

enum { ROWS_MAX = 128 };

static char *help_text(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    herd_config_help(out);
    assert_int_equal(fclose(out), 0);
    return text;
}

/* What stands between `before` and `after` in a line of the help. */
static void cut(const char *line, const char *before, const char *after, char *ret_text, size_t size)
{
    *ret_text = '\0';
    const char *end = line + strcspn(line, "\n");
    const char *start = strstr(line, before);
    if (start == NULL || start >= end) return;
    start += strlen(before);
    size_t length = strcspn(start, after);
    assert_true(length < size);
    memcpy(ret_text, start, length);
    ret_text[length] = '\0';
}

static unsigned read_help(struct row *rows)
{
    char *text = help_text();
    unsigned count = 0;
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
        if (strncmp(line, "  ", 2) != 0 || line[2] == ' ') continue;
        assert_true(count < ROWS_MAX);
        struct row *row = &rows[count++];
        cut(line, "  ", ":\n", row->key, sizeof(row->key));
        cut(line, "; default ", "\n", row->initial, sizeof(row->initial));
        row->group = line[2 + strlen(row->key)] == '\n';
        const char *help = line + strcspn(line, "\n") + 1;
        assert_memory_equal(help, "      ", 6);
        assert_true(help[6] != '\n' && help[6] != ' '); /* there is one */
        cut(help, " [HERD_", "]", row->variable, sizeof(row->variable));
    }
    free(text);
    assert_true(count > 60);
    return count;
}

static void keys_are_unique(void **state)
{
    (void)state;
    struct row rows[ROWS_MAX];
    unsigned count = read_help(rows);
    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (strcmp(rows[i].key, rows[j].key) == 0) fail_msg("%s twice", rows[i].key);
            bool same = *rows[i].variable != '\0' && strcmp(rows[i].variable, rows[j].variable) == 0;
            if (same) fail_msg("HERD_%s twice", rows[i].variable);
        }
    }
}

static bool contains(const char *text, const char *first, const char *second, const char *third, const char *fourth)
{
    char wanted[256];
    int length = snprintf(wanted, sizeof(wanted), "%s%s%s%s", first, second, third, fourth);
    assert_true(length > 0 && (size_t)length < sizeof(wanted));
    return strstr(text, wanted) != NULL;
}

/* Every option with a default is dumped with it. */
static void defaults_are_in_force(void **state)
{
    (void)state;
    struct row rows[ROWS_MAX];
    unsigned count = read_help(rows);
    struct loaded loaded = load(NULL);
    char *text = dump(&loaded.config);
    for (unsigned i = 0; i < count; i++) {
        if (rows[i].group || *rows[i].initial == '\0') continue;
        const char *dot = strrchr(rows[i].key, '.');
        const char *name = dot == NULL ? rows[i].key : dot + 1;
        bool found = contains(text, name, " = ", rows[i].initial, ";\n") ||
                     contains(text, name, " = \"", rows[i].initial, "\";\n") ||
                     contains(text, name, " = [\"", rows[i].initial, "\"];\n");
        if (!found) fail_msg("%s is not dumped as %s", rows[i].key, rows[i].initial);
    }
    free(text);
    unload(&loaded);
}

static void the_manual_has_every_key(void **state)
{
    char *manual = read_shipped(*state, "configuration.md");
    struct row rows[ROWS_MAX];
    unsigned count = read_help(rows);
    for (unsigned i = 0; i < count; i++) {
        if (rows[i].group) continue;
        if (!contains(manual, "\n| `", rows[i].key, "` |", "")) fail_msg("no row for %s", rows[i].key);
        char line[512];
        const char *row = strstr(manual, rows[i].key);
        while (strncmp(row - 4, "\n| `", 4) != 0 || row[strlen(rows[i].key)] != '`')
            row = strstr(row + 1, rows[i].key);
        size_t length = strcspn(row, "\n");
        if (length >= sizeof(line)) length = sizeof(line) - 1;
        memcpy(line, row, length);
        line[length] = '\0';
        bool said = *rows[i].initial == '\0' || contains(line, "| `", rows[i].initial, "` |", "");
        if (!said) fail_msg("%s: the default is %s", rows[i].key, rows[i].initial);
    }
    herd_memory_free(manual);
}

/* And the other way round: a row of the manual that is no option is gone. */
static void the_manual_has_no_other_key(void **state)
{
    char *manual = read_shipped(*state, "configuration.md");
    struct row rows[ROWS_MAX];
    unsigned count = read_help(rows);
    for (const char *at = strstr(manual, "\n| `"); at != NULL; at = strstr(at + 1, "\n| `")) {
        char key[64];
        cut(at + 1, "| `", "`", key, sizeof(key));
        bool known = false;
        for (unsigned i = 0; i < count; i++)
            known = known || strcmp(rows[i].key, key) == 0;
        if (!known) fail_msg("there is no %s", key);
    }
    herd_memory_free(manual);
}

static void the_example_has_every_key(void **state)
{
    char *example = read_shipped(*state, "herd.conf.example");
    struct row rows[ROWS_MAX];
    unsigned count = read_help(rows);
    for (unsigned i = 0; i < count; i++) {
        const char *dot = strrchr(rows[i].key, '.');
        const char *name = dot == NULL ? rows[i].key : dot + 1;
        if (!contains(example, " ", name, " = ", "") && !contains(example, "\n", name, " = ", ""))
            fail_msg("no %s", rows[i].key);
    }
    herd_memory_free(example);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_unique),
        cmocka_unit_test(defaults_are_in_force),
        cmocka_unit_test_setup_teardown(the_manual_has_every_key, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(the_manual_has_no_other_key, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(the_example_has_every_key, enter_directory, leave_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
