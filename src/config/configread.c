/* SPDX-License-Identifier: MIT */
/*
 * From libconfig's settings to the struct: every setting is looked up in the
 * table of options and stored by its row. What is wrong is told and left at
 * its default, so that everything wrong is told in one go. Servers come before
 * links, whatever their order in the file, since links name servers.
 */
#include "local.h"

#include <errno.h>
#include <libconfig.h>

#include "herd/memory.h"

#define PLACE_MAX 32
#define NEAR_BYTES_MAX 60 /* of the line where the parser gave up */

struct reader {
    struct herd_config *config;
    struct config_report *report;
};

static int line_of(const config_setting_t *setting)
{
    return (int)config_setting_source_line(setting);
}

static void print_key(const struct reader *r, const char *group, const char *name)
{
    fprintf(r->report->out, "%s%s%s", group, *group == '\0' ? "" : ".", name);
}

/* `place` is the group as people write it: `servers[0]` where the table says `servers`. */
static void unknown_key(struct reader *r, const config_setting_t *setting, const char *group, const char *place)
{
    const char *name = config_setting_name(setting);
    config_report_begin_error(r->report, line_of(setting));
    fputs("unknown key ", r->report->out);
    config_report_quote(r->report, name);
    if (*place != '\0') fprintf(r->report->out, " in %s", place);
    config_report_suggest(r->report, option_suggest(group, name));
    config_report_end(r->report);
}

/* `place`.key must be ... */
static void refuse_value(struct reader *r, const config_setting_t *setting, const struct option *option,
                         const char *place, const char *value)
{
    config_report_begin_error(r->report, line_of(setting));
    print_key(r, place, option_name(option));
    fputs(" must be ", r->report->out);
    option_print_kind(option, r->report->out);
    if (value != NULL) {
        fputs(", not ", r->report->out);
        config_report_quote(r->report, value);
    }
    bool one_of = value != NULL && option->words != NULL;
    size_t count = 0;
    while (one_of && option->words[count] != NULL)
        count++;
    if (one_of) config_report_suggest(r->report, herd_suggest(value, option->words, count));
    config_report_end(r->report);
}

static bool is_sequence(const config_setting_t *setting)
{
    return config_setting_is_list(setting) || config_setting_is_array(setting);
}

static void read_strings(struct reader *r, const config_setting_t *setting, const struct option *option,
                         const char *place)
{
    int count = is_sequence(setting) ? config_setting_length(setting) : -1;
    const char **strings = count <= 0 ? NULL : herd_memory_allocate_zeroed((size_t)count, sizeof(*strings));
    const char *wrong = NULL;
    bool valid = count >= 0;
    for (int i = 0; i < count; i++) {
        strings[i] = config_setting_get_string_elem(setting, i);
        valid = valid && strings[i] != NULL;
    }
    if (valid) valid = option_set_strings(option, r->config, strings, (unsigned)count) == 0;
    for (int i = 0; !valid && option->words != NULL && wrong == NULL && i < count; i++) {
        bool known = strings[i] == NULL;
        for (unsigned w = 0; !known && option->words[w] != NULL; w++)
            known = strcmp(option->words[w], strings[i]) == 0;
        if (!known) wrong = strings[i];
    }
    if (!valid) refuse_value(r, setting, option, place, wrong);
    herd_memory_free(strings);
}

static void read_scalar(struct reader *r, const config_setting_t *setting, const struct option *option,
                        const char *place, void *base)
{
    int error = -EINVAL;
    const char *string = NULL;
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_INT:
        error = option_set_number(option, base, config_setting_get_int(setting));
        break;
    case CONFIG_TYPE_INT64:
        error = option_set_number(option, base, config_setting_get_int64(setting));
        break;
    case CONFIG_TYPE_BOOL:
        error = option_set_flag(option, base, config_setting_get_bool(setting) != 0);
        break;
    case CONFIG_TYPE_STRING:
        string = config_setting_get_string(setting);
        if (option->type != OPTION_NUMBER && option->type != OPTION_FLAG)
            error = option_set_string(option, base, string);
        break;
    default:
        break;
    }
    if (error != 0) refuse_value(r, setting, option, place, string);
}

static void read_group(struct reader *r, const config_setting_t *setting, const char *group);

static void read_member(struct reader *r, const config_setting_t *setting, const char *group)
{
    const struct option *option = option_find(group, config_setting_name(setting));
    if (option == NULL) {
        unknown_key(r, setting, group, group);
        return;
    }
    r->report->option_lines[option - option_table] = line_of(setting);
    switch (option->type) {
    case OPTION_GROUP:
        if (config_setting_is_group(setting))
            read_group(r, setting, option->key);
        else
            refuse_value(r, setting, option, group, NULL);
        break;
    case OPTION_WORDS:
    case OPTION_PATHS:
        read_strings(r, setting, option, group);
        break;
    case OPTION_SERVERS:
    case OPTION_LINKS:
        break; /* read afterwards, in this order */
    case OPTION_FLAG:
    case OPTION_NUMBER:
    case OPTION_CHOICE:
    case OPTION_WORD:
    case OPTION_NAME:
    case OPTION_PATH:
    case OPTION_URL:
    case OPTION_ADDRESS:
    case OPTION_SOURCE:
        read_scalar(r, setting, option, group, r->config);
        break;
    }
}

static void read_group(struct reader *r, const config_setting_t *setting, const char *group)
{
    int count = config_setting_length(setting);
    for (int i = 0; i < count; i++)
        read_member(r, config_setting_get_elem(setting, (unsigned)i), group);
}

/* -- servers -- */

static void read_server(struct reader *r, const config_setting_t *setting, unsigned index)
{
    struct herd_server_config *server = &r->config->servers[index];
    char place[PLACE_MAX];
    snprintf(place, sizeof(place), "servers[%u]", index);
    server->line = line_of(setting);
    if (!config_setting_is_group(setting)) {
        config_report_error(r->report, server->line, "%s must be a group { name = \"...\"; ... }", place);
        return;
    }
    int count = config_setting_length(setting);
    for (int i = 0; i < count; i++) {
        const config_setting_t *member = config_setting_get_elem(setting, (unsigned)i);
        const struct option *option = option_find("servers", config_setting_name(member));
        if (option == NULL) {
            unknown_key(r, member, "servers", place);
            continue;
        }
        bool address = option->type == OPTION_ADDRESS || option->type == OPTION_SOURCE;
        read_scalar(r, member, option, place, server);
        if (address) ((struct herd_address *)option_field(server, option->offset))->line = line_of(member);
    }
    for (unsigned i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        if (!option->required || !option_in_group(option, "servers")) continue;
        if (config_setting_get_member(setting, option_name(option)) != NULL) continue;
        config_report_error(r->report, server->line, "missing required key \"%s\" in %s", option_name(option), place);
    }
}

static void read_servers(struct reader *r, const config_setting_t *root)
{
    const config_setting_t *setting = config_setting_get_member(root, "servers");
    if (setting == NULL) {
        config_report_error(r->report, CONFIG_LINE_NONE, "missing required key \"servers\"");
        return;
    }
    if (!is_sequence(setting)) {
        refuse_value(r, setting, option_find("", "servers"), "", NULL);
        return;
    }
    int count = config_setting_length(setting);
    if (count == 0) config_report_error(r->report, line_of(setting), "servers is empty");
    if (count > HERD_SERVERS_MAX) {
        config_report_error(r->report, line_of(setting), "%d servers, at most %d", count, HERD_SERVERS_MAX);
        count = HERD_SERVERS_MAX;
    }
    r->config->servers = herd_memory_allocate_zeroed((size_t)count + 1, sizeof(*r->config->servers));
    r->config->server_count = (unsigned)count;
    for (unsigned i = 0; i < (unsigned)count; i++)
        read_server(r, config_setting_get_elem(setting, i), i);
}

/* -- links -- */

static bool find_end(struct reader *r, const config_setting_t *setting, int end, int index, unsigned *ret_server)
{
    const char *name = config_setting_get_string_elem(setting, end);
    int server = herd_config_find_server(r->config, name);
    if (server >= 0) {
        *ret_server = (unsigned)server;
        return true;
    }
    const char *names[HERD_SERVERS_MAX];
    size_t count = 0;
    for (unsigned i = 0; i < r->config->server_count; i++) {
        if (r->config->servers[i].name != NULL) names[count++] = r->config->servers[i].name;
    }
    config_report_begin_error(r->report, line_of(setting));
    fprintf(r->report->out, "links[%d]: there is no server ", index);
    config_report_quote(r->report, name);
    config_report_suggest(r->report, herd_suggest(name, names, count));
    config_report_end(r->report);
    return false;
}

static void read_link(struct reader *r, const config_setting_t *setting, int index)
{
    bool pair = is_sequence(setting) && config_setting_length(setting) == 2 &&
                config_setting_get_string_elem(setting, 0) != NULL &&
                config_setting_get_string_elem(setting, 1) != NULL;
    if (!pair) {
        config_report_error(r->report, line_of(setting), "links[%d] must be a pair of names [\"A\", \"B\"]", index);
        return;
    }
    struct herd_link_config link = {.line = line_of(setting)};
    bool found_a = find_end(r, setting, 0, index, &link.a);
    bool found_b = find_end(r, setting, 1, index, &link.b);
    if (found_a && found_b) r->config->links[r->config->link_count++] = link;
}

static void read_links(struct reader *r, const config_setting_t *root)
{
    const config_setting_t *setting = config_setting_get_member(root, "links");
    if (setting == NULL) return; /* a herd of one needs none; the check of the graph tells others */
    if (!is_sequence(setting)) {
        refuse_value(r, setting, option_find("", "links"), "", NULL);
        return;
    }
    int count = config_setting_length(setting);
    r->config->links = herd_memory_allocate_zeroed((size_t)count + 1, sizeof(*r->config->links));
    for (int i = 0; i < count; i++)
        read_link(r, config_setting_get_elem(setting, (unsigned)i), i);
}

/* -- the whole -- */

static const char *line_start(const char *text, int line)
{
    while (line > 1 && *text != '\0')
        line -= *text++ == '\n';
    return text;
}

static void refuse_syntax(struct config_report *report, const struct source *source, const config_t *parsed)
{
    int line = config_error_line(parsed);
    const char *text = line_start(herd_buffer_text(&source->text).bytes, line);
    while (*text == ' ' || *text == '\t')
        text++;
    struct herd_text near = {text, strcspn(text, "\r\n")};
    if (near.length > NEAR_BYTES_MAX) near.length = NEAR_BYTES_MAX;
    config_report_begin_error(report, line);
    fputs(config_error_text(parsed), report->out);
    if (near.length > 0) fputs(" at or before: ", report->out);
    text_print(near, "\"", report->out);
    config_report_end(report);
}

bool config_read_all(struct herd_config *config, const struct source *source, struct config_report *report,
                     bool *ret_whole)
{
    struct reader r = {.config = config, .report = report};
    config_t parsed;
    config_init(&parsed);
    bool parses = config_read_string(&parsed, herd_buffer_text(&source->text).bytes) == CONFIG_TRUE;
    if (parses) {
        const config_setting_t *root = config_root_setting(&parsed);
        read_group(&r, root, "");
        unsigned errors = report->errors;
        read_servers(&r, root);
        read_links(&r, root);
        *ret_whole = errors == report->errors;
    } else {
        refuse_syntax(report, source, &parsed);
    }
    config_destroy(&parsed);
    return parses;
}
