/* SPDX-License-Identifier: MIT */

/*
 * `herd send`: lines from the command line or from standard input go to one
 * or more servers, replies to standard output as they come.
 *
 * Bytes pass as they are, both ways: a last line without LF is sent without
 * it, and where there is one server nothing is added to its replies. Where
 * there are several, each line of a reply is printed after its server's name.
 *
 * Failures: a server that fails (sendtarget.c says how) does not keep the
 * others from answering; the exit code is then 69.
 */

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/clock.h"
#include "herd/memory.h"
#include "local.h"

#define QUEUE_BYTES_MAX (64 * 1024) /* standard input is read on when every server has less than that to take */
#define TIMEOUT_S 15                /* a server gives up on a provider of places after 8 s */
#define TIMEOUT_S_MAX 86400

static const char usage[] = "Usage: herd send [OPTION...] [LINE...]\n"
                            "Send each LINE, or where there is none standard input as it is, to a server and\n"
                            "print its replies. With several servers each line of a reply follows its server's\n"
                            "name. The exit code is 0 when all servers replied, 69 when one could not be\n"
                            "reached or failed.\n\n"
                            "  -t, --to NAME|ADDRESS:PORT   a server of the configuration or any other; may be\n"
                            "                               given several times (default: the first server)\n"
                            "  -c, --config FILE            the herd's configuration (default: $HERD_CONFIG,\n"
                            "                               /etc/herd/herd.conf, or the built-in herd of five)\n"
                            "      --timeout SECONDS        how long a server may be silent (default: 15)\n"
                            "  -h, --help                   this text\n\n"
                            "Example: herd send --to Welsh 'WHATSAT kiwi.cs.ucla.edu 10 5'\n";

struct sending {
    const char *config_path;
    const char **names; /* --to, as given */
    unsigned name_count;
    unsigned timeout_s;
    bool help;
    char **lines; /* the command line's; NULL at the end */

    struct herd_config config; /* zeroed where it was not needed */
    struct target *targets;
    unsigned count;
    struct pollfd *polls; /* standard input, then the targets */
    bool input_ended;
};

enum { OPTION_TIMEOUT = 256 };

static const struct option long_options[] = {
    {"to", required_argument, NULL, 't'},
    {"config", required_argument, NULL, 'c'},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int parse_options(int argc, char **argv, struct sending *sending)
{
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":t:c:h", long_options, NULL)) != -1) {
        switch (option) {
        case 't':
            sending->names[sending->name_count++] = optarg;
            break;
        case 'c':
            sending->config_path = optarg;
            break;
        case OPTION_TIMEOUT:
            if (herd_count_parse(optarg, TIMEOUT_S_MAX, &sending->timeout_s) == 0) break;
            herd_complain("send: --timeout takes 1 to %d seconds, not %s", TIMEOUT_S_MAX, optarg);
            return EX_USAGE;
        case 'h':
            sending->help = true;
            return 0;
        default:
            return herd_complain_option("send", option, argv);
        }
    }
    sending->lines = argv + optind;
    return 0;
}

static char *format_label(const char *name, const char *address)
{
    size_t size = strlen(name) + strlen(address) + sizeof " at ";
    char *label = herd_memory_allocate(size);
    snprintf(label, size, "%s%s%s", name, *name != '\0' ? " at " : "", address);
    return label;
}

static int complain_unknown(const struct sending *sending, const char *name)
{
    const char *names[HERD_SERVERS_MAX];
    for (unsigned i = 0; i < sending->config.server_count; i++)
        names[i] = sending->config.servers[i].name;
    const char *meant = herd_suggest(name, names, sending->config.server_count);
    const char *where = sending->config.source != NULL ? sending->config.source : "the built-in herd";
    if (meant != NULL) {
        herd_complain("no server %s in %s (did you mean %s?)", name, where, meant);
    } else {
        herd_complain("no server %s in %s", name, where);
    }
    return EX_USAGE;
}

static in_port_t port_of(const struct sockaddr_storage *address)
{
    /* The port is at one place in both families. */
    return ((const struct sockaddr_in *)(const void *)address)->sin_port;
}

/* `name` is a server of the configuration, an address, or NULL for the first server. */
static int resolve_target(struct sending *sending, const char *name, struct target *target)
{
    if (name != NULL && herd_address_parse(name, &target->address) == 0) {
        if (port_of(&target->address) == 0) {
            herd_complain("send: no server has port 0: %s", name);
            return EX_USAGE;
        }
        target->label = format_label("", name);
        return 0;
    }
    if (sending->config.servers == NULL) {
        int code = herd_tool_load(sending->config_path, &sending->config);
        if (code != 0) return code;
    }
    int index = name != NULL ? herd_config_find_server(&sending->config, name) : 0;
    if (index < 0) return complain_unknown(sending, name);
    const struct herd_server_config *server = &sending->config.servers[index];
    target->address = server->clients.socket;
    target->label = format_label(server->name, server->clients.text);
    return 0;
}

static int resolve_targets(struct sending *sending)
{
    sending->count = sending->name_count > 0 ? sending->name_count : 1;
    sending->targets = herd_memory_allocate_zeroed(sending->count, sizeof *sending->targets);
    sending->polls = herd_memory_allocate_zeroed(1 + (size_t)sending->count, sizeof *sending->polls);
    int width = 0;
    for (unsigned i = 0; i < sending->name_count; i++) {
        if ((int)strlen(sending->names[i]) > width) width = (int)strlen(sending->names[i]);
    }
    for (unsigned i = 0; i < sending->count; i++) {
        struct target *target = &sending->targets[i];
        target->socket = -1;
        herd_printer_init(&target->printer, sending->count > 1 ? sending->names[i] : NULL, width, i);
        herd_buffer_init(&target->out);
        int code = resolve_target(sending, sending->name_count > 0 ? sending->names[i] : NULL, target);
        if (code != 0) return code;
    }
    return 0;
}

static void queue(struct sending *sending, struct herd_text bytes)
{
    for (unsigned i = 0; i < sending->count; i++) {
        struct target *target = &sending->targets[i];
        if (target_wants(target) != 0) herd_buffer_append(&target->out, bytes);
    }
}

static void queue_lines(struct sending *sending)
{
    for (char **line = sending->lines; *line != NULL; line++) {
        queue(sending, herd_text_of(*line));
        queue(sending, HERD_TEXT("\n"));
    }
    sending->input_ended = true;
}

static void read_input(struct sending *sending)
{
    char bytes[QUEUE_BYTES_MAX];
    ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count < 0) herd_complain("cannot read standard input: %s", herd_error_text(errno));
    if (count <= 0) {
        sending->input_ended = true;
    } else {
        queue(sending, (struct herd_text){bytes, (size_t)count});
    }
}

/* Fills `polls`; how long to wait, or -1 for ever. *ret_alive is how many servers are not done. */
static int prepare_poll(struct sending *sending, int64_t now_ms, unsigned *ret_alive)
{
    bool room = !sending->input_ended;
    int64_t deadline_ms = INT64_MAX;
    *ret_alive = 0;
    for (unsigned i = 0; i < sending->count; i++) {
        const struct target *target = &sending->targets[i];
        short wants = target_wants(target);
        sending->polls[1 + i] = (struct pollfd){.fd = wants != 0 ? target->socket : -1, .events = wants};
        if (wants == 0) continue;
        ++*ret_alive;
        if (herd_buffer_length(&target->out) >= QUEUE_BYTES_MAX) room = false;
        int64_t own_ms = target_deadline_ms(target, sending->input_ended, sending->timeout_s);
        if (own_ms < deadline_ms) deadline_ms = own_ms;
    }
    sending->polls[0] = (struct pollfd){.fd = room ? STDIN_FILENO : -1, .events = POLLIN};
    if (deadline_ms == INT64_MAX) return -1;
    return deadline_ms > now_ms ? (int)(deadline_ms - now_ms) : 0;
}

/* One turn: 0, or the negative errno of standard output. */
static int turn(struct sending *sending, int64_t now_ms)
{
    if (sending->polls[0].fd >= 0 && sending->polls[0].revents != 0) read_input(sending);
    for (unsigned i = 0; i < sending->count; i++) {
        struct target *target = &sending->targets[i];
        int status = target_act(target, sending->polls[1 + i].revents, sending->input_ended, now_ms);
        if (status < 0) return status;
        if (target_deadline_ms(target, sending->input_ended, sending->timeout_s) <= now_ms) {
            target_expire(target, sending->timeout_s);
        }
    }
    return 0;
}

static int64_t read_clock_ms(void)
{
    return herd_clock_monotonic_ns() / HERD_NS_PER_MS;
}

static int converse(struct sending *sending)
{
    unsigned alive;
    for (unsigned i = 0; i < sending->count; i++)
        target_connect(&sending->targets[i], read_clock_ms());
    if (*sending->lines != NULL) queue_lines(sending);
    for (;;) {
        int wait_ms = prepare_poll(sending, read_clock_ms(), &alive);
        if (alive == 0) break;
        poll(sending->polls, 1 + (nfds_t)sending->count, wait_ms);
        int status = turn(sending, read_clock_ms());
        if (status < 0) {
            herd_complain("cannot write replies: %s", herd_error_text(status));
            return EX_IOERR;
        }
    }
    for (unsigned i = 0; i < sending->count; i++) {
        if (sending->targets[i].state == TARGET_FAILED) return EX_UNAVAILABLE;
    }
    return EX_OK;
}

static void finish(struct sending *sending)
{
    for (unsigned i = 0; i < sending->count; i++) {
        if (sending->targets[i].socket >= 0) close(sending->targets[i].socket);
        sending->targets[i].socket = -1;
        target_finish(&sending->targets[i]);
    }
    herd_memory_free(sending->targets);
    herd_memory_free(sending->polls);
    herd_memory_free(sending->names);
    herd_config_finish(&sending->config);
}

int send_command(int argc, char **argv)
{
    struct sending sending = {.timeout_s = TIMEOUT_S};
    sending.names = herd_memory_allocate_zeroed((size_t)argc, sizeof *sending.names);
    int code = parse_options(argc, argv, &sending);
    if (code == 0 && sending.help) {
        fputs(usage, stdout);
    } else if (code == 0) {
        code = resolve_targets(&sending);
        if (code == 0) code = converse(&sending);
    }
    finish(&sending);
    return code;
}
