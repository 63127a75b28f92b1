/* SPDX-License-Identifier: MIT */
/*
 * The effective configuration in the file's own syntax, so that it can be
 * loaded again, and the table of options for --help. Files that hold secrets
 * are named; what is in them is not known here.
 */
#include "local.h"

#define INDENT 4

static void print_servers(const struct herd_config *config, FILE *out)
{
    fputs("servers = (\n", out);
    for (unsigned s = 0; s < config->server_count; s++) {
        fputs("    {", out);
        for (unsigned i = 0; i < option_count; i++) {
            if (!option_in_group(&option_table[i], "servers")) continue;
            const void *field = field_const(&config->servers[s], option_table[i].offset);
            bool set = option_table[i].type == OPTION_NAME || ((const struct herd_address *)field)->text != NULL;
            if (!set) continue;
            putc(' ', out);
            option_print(&option_table[i], &config->servers[s], out);
        }
        fprintf(out, " }%s\n", s + 1 < config->server_count ? "," : "");
    }
    fputs(");\n", out);
}

static void print_links(const struct herd_config *config, FILE *out)
{
    fputs("links = (\n", out);
    for (unsigned i = 0; i < config->link_count; i++) {
        fputs("    [", out);
        string_print(config->servers[config->links[i].a].name, out);
        fputs(", ", out);
        string_print(config->servers[config->links[i].b].name, out);
        fprintf(out, "]%s\n", i + 1 < config->link_count ? "," : "");
    }
    fputs(");\n", out);
}

static void print_group(const struct herd_config *config, const char *group, int depth, FILE *out)
{
    for (unsigned i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        if (!option_in_group(option, group)) continue;
        if (option->type == OPTION_SERVERS) {
            print_servers(config, out);
        } else if (option->type == OPTION_LINKS) {
            print_links(config, out);
        } else if (option->type == OPTION_GROUP) {
            fprintf(out, "%*s%s = {\n", depth * INDENT, "", option_name(option));
            print_group(config, option->key, depth + 1, out);
            fprintf(out, "%*s};\n", depth * INDENT, "");
        } else {
            fprintf(out, "%*s", depth * INDENT, "");
            if (!option_print(option, config, out)) fprintf(out, "# %s is not set", option_name(option));
            putc('\n', out);
        }
    }
}

void herd_config_dump(const struct herd_config *config, FILE *out)
{
    print_group(config, "", 0, out);
}

static void print_help(const struct option *option, FILE *out)
{
    fprintf(out, "  %s", option->key);
    if (option->type != OPTION_GROUP) {
        fputs(": ", out);
        option_print_kind(option, out);
    }
    if (option->required) fputs("; required", out);
    if (option->reload == RELOAD_UPWARDS) fputs("; a running server takes no less", out);
    if (option->reload == RELOAD_NEVER) fputs("; fixed while a server runs", out);
    if (option->initial != NULL) fprintf(out, "; default %s", option->initial);
    fprintf(out, "\n      %s", option->help);
    if (option_is_scalar(option)) {
        char variable[VARIABLE_MAX];
        option_variable(option, variable);
        fprintf(out, " [%s]", variable);
    }
    putc('\n', out);
}

void herd_config_help(FILE *out)
{
    fputs("Options of the configuration file (libconfig's syntax; `a.b` is b in the group a = { ... }), and the\n"
          "environment variable that goes over each where there is one:\n",
          out);
    for (unsigned i = 0; i < option_count; i++)
        print_help(&option_table[i], out);
}
