/* SPDX-License-Identifier: MIT */
#ifndef HERD_CONFIG_H
#define HERD_CONFIG_H

/*
 * The configuration: one file in libconfig's syntax describes the whole herd
 * and every server reads the same file. Reading makes a checked value that
 * owns its strings; nothing else ever looks at the file. One table of options
 * (name, type, default, range, help) drives reading, --dump-config and help.
 * Precedence: command line, HERD_* environment, file, built-in.
 */

#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include "herd/buffer.h"
#include "herd/text.h"

#define HERD_SERVERS_MAX 128
#define HERD_NEIGHBOURS_MAX 31
#define HERD_LOCAL_INDEXES_MAX 16

struct herd_address {
    char *text; /* as configured, `127.0.0.1:12001` or `[::1]:12001`; NULL: not given */
    struct sockaddr_storage socket;
    int line; /* in the file, 0 for the built-in herd */
};

struct herd_server_config {
    char *name;
    struct herd_address clients;        /* what clients dial */
    struct herd_address peers;          /* what neighbours dial */
    struct herd_address clients_listen; /* where it listens; as `clients` where not given */
    struct herd_address peers_listen;
    struct herd_address clients_tls;
    struct herd_address peer_source; /* where it dials from; text NULL: anywhere */
    struct herd_address web;         /* text NULL: none */
    char *file;                      /* the file its lines are in, maybe an included one; NULL for the built-in herd */
    int line;
};

struct herd_link_config {
    unsigned a; /* indices of servers */
    unsigned b;
    int line; /* 0 for the built-in herd */
};

enum herd_durability { HERD_DURABILITY_NONE, HERD_DURABILITY_WRITTEN, HERD_DURABILITY_SYNCED };

struct herd_config {
    char *source;         /* the file's path, or NULL for the built-in herd */
    char **option_places; /* by option: where it was set, see herd_config_place */
    char *herd;
    struct herd_server_config *servers;
    unsigned server_count;
    struct herd_link_config *links;
    unsigned link_count;
    char *secret_file; /* NULL: none */

    struct {
        bool close_after_reply;
        uint32_t max_future_s;
        uint32_t ttl_s;
        uint32_t line_quiet_ms;
    } protocol;
    struct {
        char **providers;
        unsigned provider_count;
        uint32_t timeout_ms;
        char **local_indexes;
        unsigned local_index_count; /* 0: beside the program */
        char *local_rank;           /* "prominence" or "distance" */
        char *google_legacy_url;
        char *google_legacy_key_file;
        char *google_url;
        char *google_key_file;
        char *overpass_url;
    } places;
    struct {
        char *directory; /* NULL: by the environment */
        enum herd_durability durability;
    } journal;
    struct {
        char *directory; /* NULL: by the environment */
        char *level;
        bool wire;
        uint32_t wire_bytes_per_s_max;
    } log;
    /* What each one means is the help in its row of the table of options. 0 is "no limit" only where that help says so.
     */
    struct {
        uint32_t line_bytes_max;
        uint32_t connections_max;
        uint32_t connections_per_address_max;
        uint32_t clients_max;
        uint32_t line_timeout_ms;
        uint32_t idle_timeout_ms;
        uint32_t write_stall_ms;
        uint32_t output_pause_bytes;
        uint32_t output_resume_bytes;
        uint32_t whatsat_per_connection_max;
        uint32_t lines_per_turn_max;
        uint32_t new_clients_per_second_max;
        uint32_t provider_bytes_max;
        uint32_t drain_timeout_ms;
        uint32_t peer_line_bytes_max;
        uint32_t peer_hello_bytes_max; /* a line before a peer is authenticated */
        uint32_t peer_output_bytes_max;
        uint32_t peer_strangers_max;
        uint32_t peer_strangers_per_address_max;
        uint32_t accepts_per_turn_max;
        uint32_t keepalive_s;
        uint32_t log_field_bytes_max;
        uint32_t log_events_per_second_max;
        uint32_t provider_connect_timeout_ms;
        uint32_t provider_header_bytes_max;
        uint32_t provider_depth_max; /* of the JSON in an answer */
        uint32_t provider_slow_bytes_per_second;
        uint32_t provider_slow_s;
        uint32_t provider_transfers_max;
        uint32_t provider_transfers_per_host_max;
        uint32_t provider_queue_max;
        uint32_t provider_breaker_failures;
        uint32_t provider_breaker_ms;
    } limits;
};

/*
 * Reads `path`, or makes the built-in herd of five where it is NULL, applies
 * the environment (HERD_LOG_LEVEL for log.level; an unknown HERD_ variable is
 * a warning, HERD_TEST_ ones are left alone), checks everything. No port is 0
 * but that of peer_source, which is always. Every error and warning goes to
 * `messages` as one line, `file:line: text` where there is a line; all errors
 * that can be found in one go are told. Returns a sysexits code: 0;
 * 66 (cannot read the file), 78 (an error in it). On failure *ret_config is
 * untouched. Does not open the network, makes no directory, reads no secret.
 * The shape of the built-in herd gives no warnings, in a file either: it is nobody's choice.
 */
int herd_config_load(const char *path, FILE *messages, struct herd_config *ret_config);
/* Takes a zeroed one too. */
void herd_config_finish(struct herd_config *config);

/* The file to use where the command line names none: $HERD_CONFIG, /etc/herd/herd.conf, or NULL (built-in) where that
 * is not there. One that cannot be seen is there: loading it will say why it cannot be read. */
const char *herd_config_default_path(void);

/* Where the option of that key was set, as messages about it begin: `herd.conf:12: `, `HERD_LOG_LEVEL: `, or "" where
 * it is a default. */
const char *herd_config_place(const struct herd_config *config, const char *key);
/* Index of the server of that name, or -1. */
int herd_config_find_server(const struct herd_config *config, const char *name);
/* Fills `ret_indices` with the neighbours of a server, in the order of links; returns how many. */
unsigned herd_config_neighbours(const struct herd_config *config, unsigned server,
                                unsigned ret_indices[HERD_NEIGHBOURS_MAX]);

/* Prints the effective configuration in the file's syntax; files with secrets are named, their contents never shown. */
void herd_config_dump(const struct herd_config *config, FILE *out);
/* Prints the table of options with types, defaults, ranges and help. */
void herd_config_help(FILE *out);

/*
 * The directory for logs or state of one kind: the configured one, else the
 * environment's (`systemd_variable`, first of its colon-separated list), else
 * $XDG_STATE_HOME/herd, else ~/.local/state/herd. Makes it (mode 0750, parents
 * too) where it is missing and `make` is set, else sees whether it could be made,
 * and checks that it can be written. Returns 0 and a
 * string to free with herd_memory_free, or a sysexits code (77, 71) and a
 * message on `messages` that begins with `place` and names the directory.
 */
int herd_config_directory(const char *configured, const char *systemd_variable, bool make, const char *place,
                          FILE *messages, char **ret_path);

/* Parses `1.2.3.4:5` or `[::1]:5`, port 0 to 65535: 0 or -EINVAL. Literal addresses only. */
int herd_address_parse(const char *text, struct sockaddr_storage *ret_address);
/* Whether it is 127.0.0.0/8, ::1 or v4-mapped loopback. */
bool herd_address_is_loopback(const struct sockaddr_storage *address);

/* The nearest of `words` by edit distance (optimal string alignment), where it is near enough to be meant; else NULL.
 */
const char *herd_suggest(const char *word, const char *const *words, size_t count);

#endif
