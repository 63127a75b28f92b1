/* SPDX-License-Identifier: MIT */

/* `herd bench`: its options, and which server is meant. */

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "herd/command.h"
#include "local.h"

static const char usage[] = "Usage: herd bench [OPTION...]\n"
                            "Load a server with reports and questions, check every reply, and tell how fast\n"
                            "they came. It makes up clients b00000000.bench and so on, which the herd keeps.\n\n"
                            "  -t, --to NAME|ADDRESS:PORT   a server of the configuration or any other (default:\n"
                            "                               the first server)\n"
                            "  -c, --config FILE            the herd's configuration (default: $HERD_CONFIG,\n"
                            "                               /etc/herd/herd.conf, or the built-in herd of five)\n"
                            "      --connections N          how many at once (default: 50)\n"
                            "      --depth N                requests in flight on each (default: 1)\n"
                            "      --clients N              distinct clients (default: 10000)\n"
                            "      --zipf                   the n-th client comes up in proportion to 1/n (default:\n"
                            "                               all alike)\n"
                            "      --preload                report each client once before measuring\n"
                            "      --whatsat PERCENT        so many requests are questions; implies --preload\n"
                            "      --radius KM, --bound N   of the questions (default: 10, 5)\n"
                            "      --count N                stop after so many requests\n"
                            "      --seconds N              stop after so long (default: 5)\n"
                            "      --rate N                 send N requests a second whatever the server does, and\n"
                            "                               count latency from when each was to be sent (default:\n"
                            "                               send when replies have come)\n"
                            "      --timeout SECONDS        how long the server may be silent (default: 15)\n"
                            "      --pid PID                the server's process: tell its CPU time, too\n"
                            "      --no-check               take any line for a reply (to measure other servers)\n"
                            "      --json                   print one JSON object\n"
                            "  -h, --help                   this text\n\n"
                            "The exit code is 76 when a reply was wrong, 69 when the server could not be reached,\n"
                            "was silent or closed a connection.\n";

/* The options that take a number are first, in the order of `numbers`. */
enum {
    OPTION_CONNECTIONS = 256,
    OPTION_DEPTH,
    OPTION_CLIENTS,
    OPTION_WHATSAT,
    OPTION_RADIUS,
    OPTION_BOUND,
    OPTION_COUNT,
    OPTION_SECONDS,
    OPTION_RATE,
    OPTION_TIMEOUT,
    OPTION_PID,
    OPTION_ZIPF,
    OPTION_PRELOAD,
    OPTION_NO_CHECK,
    OPTION_JSON,
};

static const struct number {
    const char *name;
    unsigned max;
    size_t offset;
} numbers[] = {
    {"connections", 60000, offsetof(struct bench_options, connections)},
    {"depth", 10000, offsetof(struct bench_options, depth)},
    {"clients", BENCH_CLIENTS_MAX, offsetof(struct bench_options, clients)},
    {"whatsat", 100, offsetof(struct bench_options, whatsat_percent)},
    {"radius", HERD_RADIUS_KM_MAX, offsetof(struct bench_options, radius_km)},
    {"bound", HERD_BOUND_MAX, offsetof(struct bench_options, bound)},
    {"count", 999999999, offsetof(struct bench_options, count)},
    {"seconds", 86400, offsetof(struct bench_options, seconds)},
    {"rate", 100000000, offsetof(struct bench_options, rate)},
    {"timeout", 86400, offsetof(struct bench_options, timeout_s)},
    {"pid", 999999999, offsetof(struct bench_options, pid)},
};

static const struct option long_options[] = {
    {"to", required_argument, NULL, 't'},
    {"config", required_argument, NULL, 'c'},
    {"connections", required_argument, NULL, OPTION_CONNECTIONS},
    {"depth", required_argument, NULL, OPTION_DEPTH},
    {"clients", required_argument, NULL, OPTION_CLIENTS},
    {"whatsat", required_argument, NULL, OPTION_WHATSAT},
    {"radius", required_argument, NULL, OPTION_RADIUS},
    {"bound", required_argument, NULL, OPTION_BOUND},
    {"count", required_argument, NULL, OPTION_COUNT},
    {"seconds", required_argument, NULL, OPTION_SECONDS},
    {"rate", required_argument, NULL, OPTION_RATE},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"pid", required_argument, NULL, OPTION_PID},
    {"zipf", no_argument, NULL, OPTION_ZIPF},
    {"preload", no_argument, NULL, OPTION_PRELOAD},
    {"no-check", no_argument, NULL, OPTION_NO_CHECK},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int take_number(struct bench_options *options, int option)
{
    const struct number *number = &numbers[option - OPTION_CONNECTIONS];
    unsigned value;
    if (herd_count_parse(optarg, number->max, &value) < 0) {
        herd_complain("bench: --%s takes 1 to %u, not %s", number->name, number->max, optarg);
        return EX_USAGE;
    }
    memcpy((char *)options + number->offset, &value, sizeof value);
    return 0;
}

/* An option that takes no number; the rest is getopt's to complain of. */
static int take_word(struct bench_options *options, int option, char **argv)
{
    switch (option) {
    case 't':
        options->to = optarg;
        return 0;
    case 'c':
        options->config_path = optarg;
        return 0;
    case 'h':
        options->help = true;
        return 0;
    case OPTION_ZIPF:
        options->zipf = true;
        return 0;
    case OPTION_PRELOAD:
        options->preload = true;
        return 0;
    case OPTION_NO_CHECK:
        options->unchecked = true;
        return 0;
    case OPTION_JSON:
        options->json = true;
        return 0;
    default:
        return herd_complain_option("bench", option, argv);
    }
}

static int parse_options(int argc, char **argv, struct bench_options *options)
{
    int option;
    int code = 0;
    opterr = 0;
    while (code == 0 && !options->help && (option = getopt_long(argc, argv, ":t:c:h", long_options, NULL)) != -1) {
        bool numeric = option >= OPTION_CONNECTIONS && option <= OPTION_PID;
        code = numeric ? take_number(options, option) : take_word(options, option, argv);
    }
    if (code != 0 || options->help) return code;
    if (argv[optind] != NULL) {
        herd_complain("bench: an argument that is no option: %s (see `herd help bench`)", argv[optind]);
        return EX_USAGE;
    }
    if (options->unchecked && options->whatsat_percent > 0) {
        herd_complain("bench: --whatsat and --no-check do not go together: the end of a reply is a matter of checking");
        return EX_USAGE;
    }
    return 0;
}

static int find_server(const struct bench_options *options, struct sockaddr_storage *ret_address)
{
    if (options->to != NULL && herd_address_parse(options->to, ret_address) == 0) return 0;
    struct herd_config config = {0};
    int code = herd_tool_load(options->config_path, &config);
    if (code != 0) return code;
    int index = options->to != NULL ? herd_config_find_server(&config, options->to) : 0;
    if (index >= 0) {
        *ret_address = config.servers[index].clients.socket;
    } else {
        herd_complain("no server %s in %s", options->to, config.source != NULL ? config.source : "the built-in herd");
        code = EX_USAGE;
    }
    herd_config_finish(&config);
    return code;
}

int herd_bench_command(int argc, char **argv)
{
    static struct bench bench; /* its histogram is large */
    struct bench_options options = {
        .connections = 50, .depth = 1, .clients = 10000, .radius_km = 10, .bound = 5, .seconds = 5, .timeout_s = 15};
    struct bench_result result = {0};
    int code = parse_options(argc, argv, &options);
    if (code == 0 && options.help) {
        fputs(usage, stdout);
        return EX_OK;
    }
    if (code == 0) code = find_server(&options, &bench.address);
    if (code != 0) return code;
    bench.options = &options;
    code = bench_run(&bench, &result);
    if (code == 0) bench_report(&bench, &result);
    bench_finish(&bench);
    return code;
}
