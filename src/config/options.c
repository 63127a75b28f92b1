/* SPDX-License-Identifier: MIT */
/*
 * The one table of options: reading, the check for unknown keys, the
 * environment, --dump-config and help all go through it. To add an option, add
 * its field to herd/config.h, its row here, its line to docs/configuration.md
 * and to cmake/herd.conf.example; the tests find the one that was forgotten.
 * The greatest value of a number is in herd/limits.h. `part` is whom a running
 * server tells when the value changes; `reload` says whether it may.
 */
#include "local.h"

#include <assert.h>

#include "herd/limits.h"

static const char *const provider_words[] = {"local", "google", "google_legacy", "overpass", NULL};
static const char *const rank_words[] = {"prominence", "distance", NULL};
static const char *const durability_words[] = {"none", "written", "synced", NULL}; /* as enum herd_durability */
static const char *const level_words[] = {"error", "warning", "info", "debug", NULL};

#define AT(field) .offset = offsetof(struct herd_config, field)
/* A number's value is stored as what the table has. */
#define AT_NUMBER(field)                                                                                               \
    .offset = offsetof(struct herd_config, field) +                                                                    \
              0 * sizeof(char[sizeof(((struct herd_config *)0)->field) == sizeof(uint32_t) ? 1 : -1])
#define AT_SERVER(field) .offset = offsetof(struct herd_server_config, field)
#define COUNT_AT(field) .count_offset = offsetof(struct herd_config, field)

#define GROUP(k, h)                                                                                                    \
    {                                                                                                                  \
        .key = k, .type = OPTION_GROUP, .help = h                                                                      \
    }
#define FLAG(k, p, field, d, h)                                                                                        \
    {                                                                                                                  \
        .key = k, .type = OPTION_FLAG, .part = p, AT(field), .initial = d, .help = h                                   \
    }
#define NUMBER(k, p, field, low, high, d, h)                                                                           \
    {                                                                                                                  \
        .key = k, .type = OPTION_NUMBER, .part = p, AT_NUMBER(field), .minimum = low, .maximum = high, .initial = d,   \
        .help = h                                                                                                      \
    }
#define LIMIT(k, low, high, d, h) NUMBER("limits." #k, HERD_PART_LIMITS, limits.k, low, high, d, h)
#define WORD(k, p, field, w, d, h)                                                                                     \
    {                                                                                                                  \
        .key = k, .type = OPTION_WORD, .part = p, AT(field), .words = w, .initial = d, .help = h                       \
    }
#define PATH(k, p, field, h)                                                                                           \
    {                                                                                                                  \
        .key = k, .type = OPTION_PATH, .part = p, AT(field), .help = h                                                 \
    }
#define URL(k, p, field, d, h)                                                                                         \
    {                                                                                                                  \
        .key = k, .type = OPTION_URL, .part = p, AT(field), .initial = d, .help = h                                    \
    }
#define ADDRESS(k, p, h)                                                                                               \
    {                                                                                                                  \
        .key = "servers." #k, .type = OPTION_ADDRESS, .part = p, AT_SERVER(k), .help = h                               \
    }
#define ADDRESS_REQUIRED(k, p, h)                                                                                      \
    {                                                                                                                  \
        .key = "servers." #k, .type = OPTION_ADDRESS, .part = p, AT_SERVER(k), .required = true, .help = h             \
    }

const struct option option_table[] = {
    {.key = "servers",
     .type = OPTION_SERVERS,
     .part = HERD_PART_HERD,
     .required = true,
     .help = "the servers of the herd, a list of groups ( { ... }, { ... } ), 128 at most"},
    {.key = "servers.name",
     .type = OPTION_NAME,
     .part = HERD_PART_HERD,
     .reload = RELOAD_NEVER,
     AT_SERVER(name),
     .required = true,
     .help = "what it is called, by --name, in links and in AT lines"},
    ADDRESS_REQUIRED(clients, HERD_PART_HERD, "the address that clients dial"),
    ADDRESS_REQUIRED(peers, HERD_PART_HERD, "the address that neighbours dial"),
    ADDRESS(clients_listen, HERD_PART_LISTENERS,
            "where it listens for clients, where that is not what they dial (NAT, cloud)"),
    ADDRESS(peers_listen, HERD_PART_LISTENERS, "where it listens for neighbours, where that is not what they dial"),
    ADDRESS(clients_tls, HERD_PART_LISTENERS, "where it listens for clients that speak TLS; not set: nowhere"),
    {.key = "servers.peer_source",
     .type = OPTION_SOURCE,
     .part = HERD_PART_NEIGHBOURS,
     AT_SERVER(peer_source),
     .help = "the address it dials its neighbours from, without a port; not set: the system's choice"},
    ADDRESS(web, HERD_PART_LISTENERS, "where it answers HTTP: metrics, health, status; not set: nowhere"),
    {.key = "links",
     .type = OPTION_LINKS,
     .part = HERD_PART_HERD,
     .help = "who is whose neighbour, a list of pairs ( [\"A\", \"B\"], ... ); 31 neighbours a server at most"},
    {.key = "herd",
     .type = OPTION_NAME,
     .part = HERD_PART_HERD,
     .reload = RELOAD_NEVER,
     AT(herd),
     .initial = "herd",
     .help = "name of the herd; herds of different names refuse each other"},
    PATH("secret_file", HERD_PART_SECRET, secret_file,
         "file with the secret that the servers share, 32 bytes or more; not set: neighbours from loopback only"),

    GROUP("protocol", "what clients see"),
    FLAG("protocol.close_after_reply", HERD_PART_PROTOCOL, protocol.close_after_reply, "false",
         "close a client's connection after its first reply"),
    NUMBER("protocol.max_future_s", HERD_PART_PROTOCOL, protocol.max_future_s, 0, HERD_LIMIT_MAX_FUTURE_S, "0",
           "refuse an IAMAT whose time is further ahead of the server's than this; 0 = off"),
    NUMBER("protocol.ttl_s", HERD_PART_PROTOCOL, protocol.ttl_s, 0, HERD_LIMIT_TTL_S, "0",
           "forget locations older than this; 0 = off"),
    NUMBER("protocol.line_quiet_ms", HERD_PART_PROTOCOL, protocol.line_quiet_ms, 0, HERD_LIMIT_LINE_QUIET_MS, "0",
           "answer a client's unfinished line as it stands after so much silence; 0 = off"),

    GROUP("places", "who answers WHATSAT"),
    {.key = "places.providers",
     .type = OPTION_WORDS,
     .part = HERD_PART_PLACES,
     AT(places.providers),
     COUNT_AT(places.provider_count),
     .words = provider_words,
     .initial = "local",
     .help = "in the order in which they are asked; the next one where one fails"},
    NUMBER("places.timeout_ms", HERD_PART_PLACES, places.timeout_ms, 1, HERD_LIMIT_PLACES_TIMEOUT_MS, "8000",
           "time for one question in all"),
    GROUP("places.local", "the index on this machine"),
    {.key = "places.local.indexes",
     .type = OPTION_PATHS,
     .part = HERD_PART_PLACES,
     AT(places.local_indexes),
     COUNT_AT(places.local_index_count),
     .help = "at most 16 files made by `herd places import`, searched as one; none: ../share/herd/places.idx beside "
             "the program"},
    WORD("places.local.rank", HERD_PART_PLACES, places.local_rank, rank_words, "prominence", "which places come first"),
    GROUP("places.google_legacy", "Google's Nearby Search (legacy), relayed as it is"),
    URL("places.google_legacy.url", HERD_PART_PLACES, places.google_legacy_url,
        "https://maps.googleapis.com/maps/api/place/nearbysearch/json", "where to ask"),
    PATH("places.google_legacy.key_file", HERD_PART_PLACES, places.google_legacy_key_file, "file with the key"),
    GROUP("places.google", "Google's Places API (New), in the legacy shape"),
    URL("places.google.url", HERD_PART_PLACES, places.google_url,
        "https://places.googleapis.com/v1/places:searchNearby", "where to ask"),
    PATH("places.google.key_file", HERD_PART_PLACES, places.google_key_file, "file with the key"),
    GROUP("places.overpass", "an Overpass server with OpenStreetMap's data, in the legacy shape"),
    URL("places.overpass.url", HERD_PART_PLACES, places.overpass_url, NULL,
        "where to ask, such as http://127.0.0.1/api/interpreter"),

    GROUP("journal", "what survives a restart"),
    {.key = "journal.directory",
     .type = OPTION_PATH,
     .part = HERD_PART_JOURNAL,
     .reload = RELOAD_NEVER,
     AT(journal.directory),
     .help = "not set: $STATE_DIRECTORY, $XDG_STATE_HOME/herd or ~/.local/state/herd; made where missing"},
    {.key = "journal.durability",
     .type = OPTION_CHOICE,
     .part = HERD_PART_JOURNAL,
     .reload = RELOAD_NEVER,
     AT(journal.durability),
     .words = durability_words,
     .initial = "written",
     .help = "what has happened to an update when its client gets the reply"},

    GROUP("log", "what is written down"),
    PATH("log.directory", HERD_PART_LOG, log.directory,
         "not set: $LOGS_DIRECTORY, $XDG_STATE_HOME/herd or ~/.local/state/herd; made where missing"),
    WORD("log.level", HERD_PART_LOG, log.level, level_words, "info", "the least important events that are logged"),
    FLAG("log.wire", HERD_PART_LOG, log.wire, "true", "log every line from and to clients and neighbours"),
    NUMBER("log.wire_bytes_per_s_max", HERD_PART_LOG, log.wire_bytes_per_s_max, 0, HERD_LIMIT_WIRE_BYTES_PER_S_MAX,
           "1048576", "of these lines, for each connection; what is above is counted and not written; 0 = no limit"),

    GROUP("limits", "what strangers and neighbours may use"),
    LIMIT(line_bytes_max, 256, HERD_LIMIT_LINE_BYTES_MAX, "8192", "a client's line, without its newline"),
    LIMIT(connections_max, 1, HERD_LIMIT_CONNECTIONS_MAX, "10000",
          "clients' connections at once; also at most half the descriptors the system allows"),
    LIMIT(connections_per_address_max, 0, HERD_LIMIT_CONNECTIONS_PER_ADDRESS_MAX, "1024",
          "of these from one IPv4 address or IPv6 /64, loopback exempt; 0 = no limit"),
    {.key = "limits.clients_max",
     .type = OPTION_NUMBER,
     .part = HERD_PART_LIMITS,
     .reload = RELOAD_UPWARDS,
     AT_NUMBER(limits.clients_max),
     .minimum = 1,
     .maximum = HERD_LIMIT_CLIENTS_MAX,
     .initial = "1000000",
     .help = "clients known; an IAMAT of one more is refused"},
    LIMIT(new_clients_per_second_max, 0, HERD_LIMIT_NEW_CLIENTS_PER_SECOND_MAX, "0",
          "new clients from one connection; 0 = no limit"),
    LIMIT(
        line_timeout_ms, 1, HERD_LIMIT_LINE_TIMEOUT_MS, "30000",
        "from the first byte of a client's line to its end; then it is answered as it stands and the connection ends"),
    LIMIT(idle_timeout_ms, 0, HERD_LIMIT_IDLE_TIMEOUT_MS, "0",
          "a client's connection on which nothing happens is closed; 0 = never"),
    LIMIT(keepalive_s, 0, HERD_LIMIT_KEEPALIVE_S, "60", "TCP keep-alive after this much silence; 0 = off"),
    LIMIT(output_pause_bytes, 4096, HERD_LIMIT_OUTPUT_PAUSE_BYTES, "65536",
          "replies waiting for a client; from here on nothing more is read from it"),
    LIMIT(output_resume_bytes, 0, HERD_LIMIT_OUTPUT_RESUME_BYTES, "16384",
          "reading goes on when so little is left; below the former"),
    LIMIT(write_stall_ms, 1, HERD_LIMIT_WRITE_STALL_MS, "30000",
          "a client that takes none of its replies for this long is cut"),
    LIMIT(whatsat_per_connection_max, 1, HERD_LIMIT_WHATSAT_PER_CONNECTION_MAX, "16",
          "WHATSAT of one connection in flight at once"),
    LIMIT(lines_per_turn_max, 1, HERD_LIMIT_LINES_PER_TURN_MAX, "256",
          "lines of one connection before the others have their turn"),
    LIMIT(accepts_per_turn_max, 1, HERD_LIMIT_ACCEPTS_PER_TURN_MAX, "64",
          "connections accepted before others have their turn"),
    LIMIT(peer_line_bytes_max, 2048, HERD_LIMIT_PEER_LINE_BYTES_MAX, "10240", "a neighbour's line"),
    LIMIT(peer_hello_bytes_max, 512, HERD_LIMIT_PEER_HELLO_BYTES_MAX, "1024",
          "a neighbour's line before it has proved who it is"),
    LIMIT(peer_output_bytes_max, 4096, HERD_LIMIT_PEER_OUTPUT_BYTES_MAX, "262144",
          "bytes on their way to one neighbour"),
    LIMIT(peer_strangers_max, 1, HERD_LIMIT_PEER_STRANGERS_MAX, "16",
          "connections to `peers` from elsewhere than a neighbour's host, until they have proved who they are"),
    LIMIT(peer_strangers_per_address_max, 0, HERD_LIMIT_PEER_STRANGERS_PER_ADDRESS_MAX, "4",
          "of these from one IPv4 address or IPv6 /64, loopback exempt; 0 = no limit"),
    LIMIT(log_field_bytes_max, 64, HERD_LIMIT_LOG_FIELD_BYTES_MAX, "256", "of one piece of foreign text in the log"),
    LIMIT(log_events_per_second_max, 1, HERD_LIMIT_LOG_EVENTS_PER_SECOND_MAX, "100",
          "events of one kind in the log, lines of the wire exempt"),
    LIMIT(provider_bytes_max, 1024, HERD_LIMIT_PROVIDER_BYTES_MAX, "4194304", "an answer of a provider"),
    LIMIT(provider_header_bytes_max, 1024, HERD_LIMIT_PROVIDER_HEADER_BYTES_MAX, "32768",
          "the headers of an answer of a provider"),
    LIMIT(provider_depth_max, 4, HERD_LIMIT_PROVIDER_DEPTH_MAX, "64", "nesting of the JSON in an answer of a provider"),
    LIMIT(provider_connect_timeout_ms, 1, HERD_LIMIT_PROVIDER_CONNECT_TIMEOUT_MS, "2000",
          "until a provider has taken the connection"),
    LIMIT(provider_slow_bytes_per_second, 0, HERD_LIMIT_PROVIDER_SLOW_BYTES_PER_SECOND, "100",
          "a provider slower than this is given up; 0 = never"),
    LIMIT(provider_slow_s, 1, HERD_LIMIT_PROVIDER_SLOW_S, "4", "after it has been that slow for this long"),
    LIMIT(provider_transfers_max, 1, HERD_LIMIT_PROVIDER_TRANSFERS_MAX, "64", "requests to providers at once"),
    LIMIT(provider_transfers_per_host_max, 1, HERD_LIMIT_PROVIDER_TRANSFERS_PER_HOST_MAX, "16", "of these to one host"),
    LIMIT(provider_queue_max, 0, HERD_LIMIT_PROVIDER_QUEUE_MAX, "1024",
          "requests that wait for their turn; one more and who has most of them loses one"),
    LIMIT(provider_breaker_failures, 0, HERD_LIMIT_PROVIDER_BREAKER_FAILURES, "5",
          "failures running after which a provider is left alone; 0 = never"),
    LIMIT(provider_breaker_ms, 1, HERD_LIMIT_PROVIDER_BREAKER_MS, "5000", "for this long, give or take some"),
    LIMIT(drain_timeout_ms, 0, HERD_LIMIT_DRAIN_TIMEOUT_MS, "3000",
          "at the end: what is in flight may still take this long"),
};

const unsigned option_count = sizeof(option_table) / sizeof(option_table[0]);
static_assert(sizeof(option_table) / sizeof(option_table[0]) <= OPTIONS_MAX, "lines of options fit their arrays");
