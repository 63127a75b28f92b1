/* SPDX-License-Identifier: MIT */

/* The program `herd`: finds the command that the first argument names and lets it do the rest. */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/signals.h"
#include "herd/standard.h"
#include "local.h"

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
};

static const struct command commands[] = {
    {"up", up_command, "run all servers of a herd in the foreground"},
    {"send", send_command, "send lines to servers and print their replies"},
    {"bench", herd_bench_command, "load a server, check its replies, tell how fast they came"},
    {"places", places_command, "make an index of places, or ask one"},
    {"journal", journal_command, "show what is in a server's journal, or check it"},
};

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    }
    return NULL;
}

static void print_help(FILE *out)
{
    fputs("Usage: herd COMMAND [OPTION...] [ARGUMENT...]\n"
          "Run and use a herd of servers that flood the locations of moving things.\n\n",
          out);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
    }
    fputs("  help     this text, or that of a COMMAND\n\n"
          "  -h, --help      this text\n"
          "  -V, --version   the version\n\n"
          "Without a configuration it is the built-in herd of five servers on this machine.\n",
          out);
}

static int unknown_command(const char *name)
{
    const char *names[sizeof commands / sizeof commands[0]];
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        names[i] = commands[i].name;
    const char *meant = herd_suggest(name, names, sizeof names / sizeof names[0]);
    if (meant != NULL) {
        herd_complain("unknown command %s (did you mean %s?)", name, meant);
    } else {
        herd_complain("unknown command %s (see `herd help`)", name);
    }
    return EX_USAGE;
}

static int run_help(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stdout);
        return EX_OK;
    }
    const struct command *command = find_command(argv[1]);
    if (command == NULL) return unknown_command(argv[1]);
    char option[] = "--help";
    char *arguments[] = {argv[1], option, NULL};
    return command->run(2, arguments);
}

int main(int argc, char **argv)
{
    static const int held[] = {SIGUSR1, 0}; /* for servers: `herd up` hands it on, and it ends no command */
    herd_signals_begin(held);
    herd_standard_fill();
    if (argc < 2) {
        print_help(stderr);
        return EX_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "help") == 0) return herd_standard_end("herd", run_help(argc - 1, argv + 1));
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) return herd_standard_end("herd", run_help(1, argv));
    if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0) {
        puts("herd " HERD_VERSION);
        return herd_standard_end("herd", EX_OK);
    }
    const struct command *command = find_command(word);
    if (command == NULL) return unknown_command(word);
    return herd_standard_end("herd", command->run(argc - 1, argv + 1));
}
