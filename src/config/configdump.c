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
        for (unsigned i = 0; i < herd_option_count; i++) {
            if (!herd_option_in_group(&herd_options[i], "servers")) continue;
            const void *field = herd_field_const(&config->servers[s], herd_options[i].offset);
            bool set = herd_options[i].type == HERD_OPTION_NAME || ((const struct herd_address *)field)->text != NULL;
            if (!set) continue;
            putc(' ', out);
            herd_option_print(&herd_options[i], &config->servers[s], out);
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
        herd_string_print(config->servers[config->links[i].a].name, out);
        fputs(", ", out);
        herd_string_print(config->servers[config->links[i].b].name, out);
        fprintf(out, "]%s\n", i + 1 < config->link_count ? "," : "");
    }
    fputs(");\n", out);
}

static void print_group(const struct herd_config *config, const char *group, int depth, FILE *out)
{
    for (unsigned i = 0; i < herd_option_count; i++) {
        const struct herd_option *option = &herd_options[i];
        if (!herd_option_in_group(option, group)) continue;
        if (option->type == HERD_OPTION_SERVERS) {
            print_servers(config, out);
        } else if (option->type == HERD_OPTION_LINKS) {
            print_links(config, out);
        } else if (option->type == HERD_OPTION_GROUP) {
            fprintf(out, "%*s%s = {\n", depth * INDENT, "", herd_option_name(option));
            print_group(config, option->key, depth + 1, out);
            fprintf(out, "%*s};\n", depth * INDENT, "");
        } else {
            fprintf(out, "%*s", depth * INDENT, "");
            if (!herd_option_print(option, config, out)) fprintf(out, "# %s is not set", herd_option_name(option));
            putc('\n', out);
        }
    }
}

void herd_config_dump(const struct herd_config *config, FILE *out)
{
    print_group(config, "", 0, out);
}

static void print_help(const struct herd_option *option, FILE *out)
{
    fprintf(out, "  %s", option->key);
    if (option->type != HERD_OPTION_GROUP) {
        fputs(": ", out);
        herd_option_print_kind(option, out);
    }
    if (option->required) fputs("; required", out);
    if (option->reload == HERD_RELOAD_UPWARDS) fputs("; a running server takes no less", out);
    if (option->reload == HERD_RELOAD_NEVER) fputs("; fixed while a server runs", out);
    if (option->initial != NULL) fprintf(out, "; default %s", option->initial);
    fprintf(out, "\n      %s", option->help);
    if (herd_option_is_scalar(option)) {
        char variable[HERD_VARIABLE_MAX];
        herd_option_variable(option, variable);
        fprintf(out, " [%s]", variable);
    }
    putc('\n', out);
}

void herd_config_help(FILE *out)
{
    fputs("Options of the configuration file (libconfig's syntax; `a.b` is b in the group a = { ... }), and the\n"
          "environment variable that goes over each where there is one:\n",
          out);
    for (unsigned i = 0; i < herd_option_count; i++)
        print_help(&herd_options[i], out);
}
