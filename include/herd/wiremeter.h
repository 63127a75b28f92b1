/* SPDX-License-Identifier: MIT */
#ifndef HERD_WIREMETER_H
#define HERD_WIREMETER_H

/*
 * How much one connection has written to the log: wire lines up to so many
 * bytes a second, then none until that second is over. The line that reaches
 * the ceiling is written whole. Pure; in the header as each wire line asks.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of everybody together who has not proved yet that it is a neighbour. */
#define HERD_WIRE_STRANGERS_BYTES_MAX 65536

struct herd_wire_meter {
    int64_t since_ms;   /* when the second began */
    uint64_t bytes;     /* written in it */
    uint64_t unwritten; /* lines, ever */
    uint32_t bytes_max; /* a second; 0: no ceiling */
};

/* The ceiling of strangers, where that of others is `bytes_max`. */
static inline uint32_t herd_wire_strangers_max(uint32_t bytes_max)
{
    return bytes_max != 0 && bytes_max < HERD_WIRE_STRANGERS_BYTES_MAX ? bytes_max : HERD_WIRE_STRANGERS_BYTES_MAX;
}

/* Whether one more line may be written at `now_ms`; else it is counted. */
static inline bool herd_wire_may(struct herd_wire_meter *meter, int64_t now_ms)
{
    if (now_ms - meter->since_ms >= 1000) {
        meter->since_ms = now_ms;
        meter->bytes = 0;
    }
    if (meter->bytes_max == 0 || meter->bytes < meter->bytes_max) return true;
    meter->unwritten++;
    return false;
}

/* A line of so many bytes was. */
static inline void herd_wire_wrote(struct herd_wire_meter *meter, size_t bytes)
{
    meter->bytes += bytes;
}

#endif
