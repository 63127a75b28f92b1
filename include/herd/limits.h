/* SPDX-License-Identifier: MIT */
#ifndef HERD_LIMITS_H
#define HERD_LIMITS_H

/*
 * The greatest value of each option that is a number. The table of options
 * (src/config) takes no more; who keeps such a value, or counts up to it, says
 * with HERD_HOLDS that the field is wide enough, so that neither can be changed
 * without the other. For most of them that is src/server/widths.c.
 */

#include <stdint.h>

/* That a field of a struct, an unsigned one, can hold every value up to `maximum`. */
#define HERD_HOLDS(type, field, maximum)                                                                               \
    _Static_assert((maximum) <= UINTMAX_MAX >> 8 * (sizeof(uintmax_t) - sizeof(((type *)0)->field)),                   \
                   #field " holds values up to " #maximum)

#define HERD_LIMIT_LINE_BYTES_MAX 1048576
#define HERD_LIMIT_CONNECTIONS_MAX 1000000
#define HERD_LIMIT_CONNECTIONS_PER_ADDRESS_MAX 1000000
#define HERD_LIMIT_CLIENTS_MAX 100000000
#define HERD_LIMIT_NEW_CLIENTS_PER_SECOND_MAX 1000000
#define HERD_LIMIT_LINE_TIMEOUT_MS 86400000
#define HERD_LIMIT_IDLE_TIMEOUT_MS 2000000000
#define HERD_LIMIT_KEEPALIVE_S 32767
#define HERD_LIMIT_OUTPUT_PAUSE_BYTES 1073741824
#define HERD_LIMIT_OUTPUT_RESUME_BYTES 1073741824
#define HERD_LIMIT_WRITE_STALL_MS 86400000
#define HERD_LIMIT_WHATSAT_PER_CONNECTION_MAX 65536
#define HERD_LIMIT_LINES_PER_TURN_MAX 65536
#define HERD_LIMIT_ACCEPTS_PER_TURN_MAX 65536
#define HERD_LIMIT_PEER_LINE_BYTES_MAX 1048576
#define HERD_LIMIT_PEER_HELLO_BYTES_MAX 65536
#define HERD_LIMIT_PEER_OUTPUT_BYTES_MAX 1073741824
#define HERD_LIMIT_PEER_STRANGERS_MAX 1024
#define HERD_LIMIT_PEER_STRANGERS_PER_ADDRESS_MAX 1024
#define HERD_LIMIT_LOG_FIELD_BYTES_MAX 65536
#define HERD_LIMIT_LOG_EVENTS_PER_SECOND_MAX 1000000
#define HERD_LIMIT_PROVIDER_BYTES_MAX 1073741824
#define HERD_LIMIT_PROVIDER_HEADER_BYTES_MAX 1048576
#define HERD_LIMIT_PROVIDER_DEPTH_MAX 1024
#define HERD_LIMIT_PROVIDER_CONNECT_TIMEOUT_MS 600000
#define HERD_LIMIT_PROVIDER_SLOW_BYTES_PER_SECOND 1000000
#define HERD_LIMIT_PROVIDER_SLOW_S 600
#define HERD_LIMIT_PROVIDER_TRANSFERS_MAX 4096
#define HERD_LIMIT_PROVIDER_TRANSFERS_PER_HOST_MAX 4096
#define HERD_LIMIT_PROVIDER_QUEUE_MAX 1000000
#define HERD_LIMIT_PROVIDER_BREAKER_FAILURES 1000000
#define HERD_LIMIT_PROVIDER_BREAKER_MS 3600000
#define HERD_LIMIT_DRAIN_TIMEOUT_MS 3500
#define HERD_LIMIT_MAX_FUTURE_S 2000000000
#define HERD_LIMIT_TTL_S 2000000000
#define HERD_LIMIT_LINE_QUIET_MS 86400000
#define HERD_LIMIT_PLACES_TIMEOUT_MS 600000

#endif
