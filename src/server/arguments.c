/* SPDX-License-Identifier: MIT */
/* The command line of herd-server. */
#include "local.h"

#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "herd/tell.h"

enum { OPTION_DUMP = 256, OPTION_AGAINST };

static const struct option options[] = {
    {"name", required_argument, NULL, 'n'},
    {"config", required_argument, NULL, 'c'},
    {"check-config", no_argument, NULL, 't'},
    {"dump-config", no_argument, NULL, OPTION_DUMP},
    {"against", required_argument, NULL, OPTION_AGAINST},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int take(struct arguments *arguments, int option)
{
    switch (option) {
    case 'n':
        arguments->name = optarg;
        return 0;
    case 'c':
        arguments->config = optarg;
        return 0;
    case 't':
        arguments->action = ACTION_CHECK;
        return 0;
    case OPTION_DUMP:
        arguments->action = ACTION_DUMP;
        return 0;
    case OPTION_AGAINST:
        arguments->against = optarg;
        return 0;
    case 'V':
        arguments->action = ACTION_VERSION;
        return 0;
    case 'h':
        arguments->action = ACTION_HELP;
        return 0;
    default: /* getopt has said why */
        fprintf(stderr, "Try 'herd-server --help'.\n");
        return EX_USAGE;
    }
}

int arguments_parse(int argc, char **argv, struct arguments *ret_arguments)
{
    struct arguments arguments = {.action = ACTION_RUN};
    int option;
    int code = 0;

    while (code == 0 && (option = getopt_long(argc, argv, "n:c:tVh", options, NULL)) != -1)
        code = take(&arguments, option);
    if (code != 0) return code;
    if (optind < argc) {
        herd_tell(HERD_LOG_ERROR, "herd-server: unexpected argument '%s' (try 'herd-server --help')", argv[optind]);
        return EX_USAGE;
    }
    if (arguments.action == ACTION_RUN && arguments.name == NULL) {
        herd_tell(HERD_LOG_ERROR, "herd-server: which server of the herd? Say --name NAME. (try 'herd-server --help')");
        return EX_USAGE;
    }
    if (arguments.against != NULL && arguments.action != ACTION_CHECK) {
        herd_tell(HERD_LOG_ERROR, "herd-server: --against goes with --check-config (try 'herd-server --help')");
        return EX_USAGE;
    }
    *ret_arguments = arguments;
    return 0;
}
