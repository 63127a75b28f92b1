/* SPDX-License-Identifier: MIT */
/*
 * The environment: HERD_LOG_LEVEL=debug goes over `level` in group `log`, and
 * so for every option with one value that is not a server's. An empty variable
 * is as good as none. HERD_CONFIG is the path of the file, and variables that
 * begin with HERD_TEST_ belong to whoever runs the tests.
 *
 * A value that its option does not take is an error. A variable that stands
 * for nothing is a warning only: others may use names that begin alike.
 */
#include "local.h"

#include "herd/memory.h"

extern char **environ;

static const char prefix[] = "HERD_";
static const char path_variable[] = "HERD_CONFIG";
static const char test_prefix[] = "HERD_TEST_";

static bool starts_with(const char *string, const char *start)
{
    return strncmp(string, start, strlen(start)) == 0;
}

static void warn_unknown(const char *variable, struct config_report *report)
{
    char texts[OPTIONS_MAX][VARIABLE_MAX];
    const char *names[OPTIONS_MAX + 1];
    size_t count = 0;
    for (unsigned i = 0; i < option_count; i++) {
        if (!option_is_scalar(&option_table[i])) continue;
        option_variable(&option_table[i], texts[count]);
        names[count] = texts[count];
        count++;
    }
    names[count++] = path_variable;
    fputs("warning: unknown environment variable ", report->out);
    config_report_quote(report, variable);
    config_report_suggest(report, herd_suggest(variable, names, count));
    config_report_end(report);
}

static const struct option *find_variable(const char *variable)
{
    for (unsigned i = 0; i < option_count; i++) {
        char own[VARIABLE_MAX];
        option_variable(&option_table[i], own);
        if (strcmp(own, variable) == 0) return &option_table[i];
    }
    return NULL;
}

static void take(struct herd_config *config, const char *variable, const char *value, struct config_report *report)
{
    const struct option *option = find_variable(variable);
    if (option == NULL) {
        warn_unknown(variable, report);
        return;
    }
    if (!option_is_scalar(option)) {
        fprintf(report->out, "warning: %s is not used: only the file can set %s\n", variable, option->key);
        return;
    }
    report->option_lines[option - option_table] = CONFIG_LINE_ENVIRONMENT;
    if (option_set_text(option, config, value) == 0) return;
    report->errors++;
    fputs(variable, report->out);
    fputs(" must be ", report->out);
    option_print_kind(option, report->out);
    fputs(", not ", report->out);
    config_report_quote(report, value);
    config_report_end(report);
}

void config_read_environment(struct herd_config *config, struct config_report *report)
{
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        const char *equals = strchr(*entry, '=');
        if (equals == NULL || equals[1] == '\0' || !starts_with(*entry, prefix)) continue;
        if (starts_with(*entry, test_prefix)) continue;
        size_t length = (size_t)(equals - *entry);
        char *variable = herd_memory_allocate(length + 1);
        memcpy(variable, *entry, length);
        variable[length] = '\0';
        if (strcmp(variable, path_variable) != 0) take(config, variable, equals + 1, report);
        herd_memory_free(variable);
    }
}
