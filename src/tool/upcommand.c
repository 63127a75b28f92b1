/* SPDX-License-Identifier: MIT */

/* `herd up`: its options, and where the program of the servers is. */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/memory.h"
#include "herd/signals.h"
#include "local.h"

static const char usage[] = "Usage: herd up [OPTION...]\n"
                            "Run all servers of a herd in the foreground. Each line that a server writes is\n"
                            "printed after its name. Ctrl-C or SIGTERM ends them in order, a second one at once;\n"
                            "SIGUSR1 is passed on to them. SIGHUP reads the configuration again: where it is in\n"
                            "order the servers get the signal, too, those that are new in it are started and those\n"
                            "that are gone from it are ended. Without its terminal `herd up` ends.\n"
                            "A server that fails at start ends the whole with its exit code; one that ends\n"
                            "later is started again.\n\n"
                            "  -c, --config FILE      the herd's configuration (default: $HERD_CONFIG,\n"
                            "                         /etc/herd/herd.conf, or the built-in herd of five)\n"
                            "      --server PROGRAM   run this as the server (default: herd-server beside herd)\n"
                            "      --ready-fd N       write a newline to descriptor N once all servers answer\n"
                            "  -h, --help             this text\n";

struct options {
    const char *config;
    const char *server;
    int ready_fd;
    bool help;
};

enum { OPTION_SERVER = 256, OPTION_READY_FD };

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"server", required_argument, NULL, OPTION_SERVER},
    {"ready-fd", required_argument, NULL, OPTION_READY_FD},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int take_ready_fd(struct options *options)
{
    unsigned number;
    if (herd_count_parse(optarg, INT_MAX / 2, &number) < 0 || fcntl((int)number, F_SETFD, FD_CLOEXEC) < 0) {
        herd_complain("up: --ready-fd %s is no open descriptor", optarg);
        return EX_USAGE;
    }
    options->ready_fd = (int)number;
    return 0;
}

static int parse_options(int argc, char **argv, struct options *options)
{
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":c:h", long_options, NULL)) != -1) {
        switch (option) {
        case 'c':
            options->config = optarg;
            break;
        case OPTION_SERVER:
            options->server = optarg;
            break;
        case OPTION_READY_FD:
            if (take_ready_fd(options) != 0) return EX_USAGE;
            break;
        case 'h':
            options->help = true;
            return 0;
        default:
            return herd_complain_option("up", option, argv);
        }
    }
    if (optind == argc) return 0;
    herd_complain("up: what is %s? It takes options only (see `herd help up`)", argv[optind]);
    return EX_USAGE;
}

/* herd-server in the folder of this program; found through PATH where the kernel does not say which that is. */
static char *find_server(void)
{
    static const char name[] = "herd-server";
    char *path = herd_memory_allocate(PATH_MAX + sizeof name);
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
    while (length > 0 && path[length - 1] != '/')
        length--;
    if (length < 0) length = 0;
    memcpy(path + length, name, sizeof name);
    return path;
}

static int run(const struct options *options)
{
    struct herd_config config;
    int code = herd_tool_load(options->config, &config);
    if (code != 0) return code;
    char *beside = options->server == NULL ? find_server() : NULL;
    const char *program = beside != NULL ? beside : options->server;
    if (strchr(program, '/') != NULL && access(program, X_OK) < 0) {
        herd_complain("cannot run %s: %s", program, herd_error_text(errno));
        code = EX_UNAVAILABLE;
    } else {
        code = supervisor_run(&config, options->config, program, options->ready_fd);
    }
    herd_memory_free(beside);
    herd_config_finish(&config);
    return code;
}

int up_command(int argc, char **argv)
{
    /* Process 1 would not be told of these before there is somebody to read them. */
    static const int held_first[] = {SIGUSR1, SIGTERM, SIGINT, 0};
    if (getpid() == 1) herd_signals_begin(held_first);
    struct options options = {.ready_fd = -1};
    int code = parse_options(argc, argv, &options);
    if (code != 0) return code;
    if (options.help) {
        fputs(usage, stdout);
        return EX_OK;
    }
    return run(&options);
}
