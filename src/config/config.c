/* SPDX-License-Identifier: MIT */
/*
 * The configuration as a value: made, found in, ended.
 *
 * Loading: defaults, then the file or the built-in herd, then the environment,
 * then the checks. It goes on past errors as far as what follows can still be
 * judged, and gives the value out only where there were none. A file that does
 * not parse ends it: nothing after that would be true.
 */
#include "local.h"

#include <assert.h>
#include <stdlib.h>
#include <sysexits.h>

#include "herd/memory.h"
#include "herd/path.h"

static const char default_path[] = "/etc/herd/herd.conf";

void config_begin(struct herd_config *config)
{
    *config = (struct herd_config){0};
    for (unsigned i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        if (option->initial == NULL) continue;
        int error = option_set_text(option, config, option->initial);
        assert(error == 0);
        (void)error;
    }
}

static void finish_options(void *base, bool servers)
{
    for (unsigned i = 0; i < option_count; i++) {
        if (option_in_group(&option_table[i], "servers") == servers) option_clear(&option_table[i], base);
    }
}

void herd_config_finish(struct herd_config *config)
{
    for (unsigned i = 0; i < config->server_count; i++) {
        finish_options(&config->servers[i], true);
        herd_memory_free(config->servers[i].file);
    }
    finish_options(config, false);
    for (unsigned i = 0; config->option_places != NULL && i < option_count; i++)
        herd_memory_free(config->option_places[i]);
    herd_memory_free(config->option_places);
    herd_memory_free(config->servers);
    herd_memory_free(config->links);
    herd_memory_free(config->source);
    *config = (struct herd_config){0};
}

static void copy_address(struct herd_address *to, const struct herd_address *from)
{
    if (to->text != NULL || from->text == NULL) return;
    *to = *from;
    to->text = herd_string_copy(from->text);
}

void config_fill_listen(struct herd_config *config)
{
    for (unsigned i = 0; i < config->server_count; i++) {
        struct herd_server_config *server = &config->servers[i];
        copy_address(&server->clients_listen, &server->clients);
        copy_address(&server->peers_listen, &server->peers);
    }
}

/* What herd_config_place tells. `source`: NULL for the built-in herd. */
static void note_places(struct herd_config *config, const int *lines, const struct source *source)
{
    config->option_places = herd_memory_allocate_zeroed(option_count, sizeof *config->option_places);
    for (unsigned i = 0; i < option_count; i++) {
        char variable[VARIABLE_MAX];
        int line = CONFIG_LINE_NONE;
        const char *from = NULL;
        if (lines[i] == CONFIG_LINE_ENVIRONMENT) {
            option_variable(&option_table[i], variable);
            from = variable;
        } else if (lines[i] != CONFIG_LINE_NONE && source != NULL) {
            from = source_file(source, lines[i], &line);
        }
        if (from == NULL) continue;
        size_t size = strlen(from) + 32;
        char *place = config->option_places[i] = herd_memory_allocate(size);
        if (line > 0)
            snprintf(place, size, "%s:%d: ", from, line);
        else
            snprintf(place, size, "%s: ", from);
    }
}

const char *herd_config_place(const struct herd_config *config, const char *key)
{
    for (unsigned i = 0; config->option_places != NULL && i < option_count; i++) {
        if (strcmp(option_table[i].key, key) == 0 && config->option_places[i] != NULL) return config->option_places[i];
    }
    return "";
}

/* From lines of the text to lines of the files. */
static void translate_lines(struct herd_config *config, const struct source *source)
{
    for (unsigned i = 0; i < config->server_count; i++) {
        struct herd_server_config *server = &config->servers[i];
        server->file = herd_string_copy(source_file(source, server->line, &server->line));
        for (unsigned o = 0; o < option_count; o++) {
            enum option_type type = option_table[o].type;
            if (type != OPTION_ADDRESS && type != OPTION_SOURCE) continue;
            struct herd_address *address = option_field(server, option_table[o].offset);
            source_file(source, address->line, &address->line);
        }
    }
    for (unsigned i = 0; i < config->link_count; i++)
        source_file(source, config->links[i].line, &config->links[i].line);
}

static int load_file(const char *path, struct config_report *report, struct herd_config *config)
{
    struct source source;
    int code = source_read(&source, path, report);
    if (code == 0) {
        config->source = herd_string_copy(path);
        bool whole = false;
        bool parses = config_read_all(config, &source, report, &whole);
        config_fill_listen(config);
        config_read_environment(config, report);
        if (parses) config_check(config, report);
        if (whole) config_check_graph(config, !config_has_builtin_shape(config), report);
        code = report->errors == 0 ? 0 : EX_CONFIG;
        translate_lines(config, &source);
        note_places(config, report->option_lines, &source);
    }
    source_finish(&source);
    report->source = NULL;
    return code;
}

/* Its shape is nobody's choice, so no warnings about that. */
static int load_builtin(struct config_report *report, struct herd_config *config)
{
    config_set_builtin(config);
    config_fill_listen(config);
    config_read_environment(config, report);
    config_check(config, report);
    config_check_graph(config, false, report);
    note_places(config, report->option_lines, NULL);
    return report->errors == 0 ? 0 : EX_CONFIG;
}

int herd_config_load(const char *path, FILE *messages, struct herd_config *ret_config)
{
    int option_lines[OPTIONS_MAX] = {0};
    struct config_report report = {.out = messages, .option_lines = option_lines};
    struct herd_config config;
    config_begin(&config);
    int code = path != NULL ? load_file(path, &report, &config) : load_builtin(&report, &config);
    assert((code == 0) == (report.errors == 0));
    if (code == 0)
        *ret_config = config;
    else
        herd_config_finish(&config);
    return code;
}

const char *config_if_there(const char *path)
{
    return herd_path_missing(herd_path_look(path)) ? NULL : path;
}

const char *herd_config_default_path(void)
{
    const char *path = getenv("HERD_CONFIG");
    if (path != NULL && *path != '\0') return path;
    return config_if_there(default_path);
}

int herd_config_find_server(const struct herd_config *config, const char *name)
{
    for (unsigned i = 0; i < config->server_count; i++) {
        if (config->servers[i].name != NULL && strcmp(config->servers[i].name, name) == 0) return (int)i;
    }
    return -1;
}

unsigned herd_config_neighbours(const struct herd_config *config, unsigned server,
                                unsigned ret_indices[HERD_NEIGHBOURS_MAX])
{
    assert(server < config->server_count);
    unsigned count = 0;
    for (unsigned i = 0; i < config->link_count; i++) {
        const struct herd_link_config *link = &config->links[i];
        if (link->a != server && link->b != server) continue;
        assert(count < HERD_NEIGHBOURS_MAX);
        ret_indices[count++] = link->a == server ? link->b : link->a;
    }
    return count;
}
