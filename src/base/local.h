/* SPDX-License-Identifier: MIT */
#ifndef HERD_BASE_LOCAL_H
#define HERD_BASE_LOCAL_H

/*
 * What files of this room share: nearly all of it the parts of the log.
 *
 *     log.c       which events are made, where they go, how a line begins
 *     logfield.c  fields of an event
 *     lograte.c   so many a second of each name
 *     logsink.c   one descriptor with a memory and a thread that writes
 *     logblock.c  that memory
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "herd/log.h"

/* Room that one line may take, its LF included: four texts of which every byte is escaped, and the rest. */
#define HERD_LOG_LINE_BYTES(field_bytes_max) (4096 + (size_t)16 * (field_bytes_max))

/* Lines on their way, in a queue of blocks of equal size. The queue starts zeroed but for `size`; who shares it, locks.
 */
struct herd_log_block {
    struct herd_log_block *next;
    size_t ready;   /* bytes that the writer may write, or has written */
    size_t written; /* the writer's alone */
    char bytes[];
};

struct herd_log_blocks {
    size_t size; /* of a block's bytes */
    struct herd_log_block *first;
    struct herd_log_block *last;
    struct herd_log_block *spares;
    unsigned spare_count;
};

/* Appends an empty block. */
struct herd_log_block *herd_log_blocks_add(struct herd_log_blocks *blocks);
/* Takes the first block, which is not the last, out of the queue. */
void herd_log_blocks_put_away(struct herd_log_blocks *blocks);
/* Frees all blocks. */
void herd_log_blocks_finish(struct herd_log_blocks *blocks);

/* A descriptor and the thread that writes to it. All functions are for one thread, the loop's. */
struct herd_sink;

/* Starts the thread: 0 or a negative errno. Owns `fd` and closes it at the end where `owned`; lines have `line_max`
 * bytes at most. */
int herd_sink_create(int fd, bool owned, size_t memory_max, size_t line_max, struct herd_sink **ret_sink);
/* Writes what waits and ends the thread; gives up after two seconds where nobody reads. Takes NULL. */
void herd_sink_destroy(struct herd_sink *sink);
/* Where a line of up to line_max bytes may be written. */
char *herd_sink_reserve(struct herd_sink *sink);
/* Keeps a line of `length` bytes, LF included, that was written there. */
void herd_sink_commit(struct herd_sink *sink, size_t length);
/* Hands what was kept to the thread. */
void herd_sink_turn(struct herd_sink *sink);
/* Puts a newly opened descriptor in place of the owned one: 0, or a negative errno (`fd` is then closed). */
int herd_sink_replace(struct herd_sink *sink, int fd);
/* Lines dropped so far: memory full, or the write failed. */
uint64_t herd_sink_dropped(const struct herd_sink *sink);
/* Whether `path` leads to its file, or it cannot be seen whether it does. */
bool herd_sink_is_at(const struct herd_sink *sink, const char *path);
/* The negative errno of the last write, 0 where it was good. */
int herd_sink_error(const struct herd_sink *sink);
/* Whether there is room and the last lines got through, so that saying something makes sense. */
bool herd_sink_ready(struct herd_sink *sink);

/* logfield.c: what follows a field's `=`, for who knows that there is room for it. */
void herd_log_put_number(struct herd_log_event *event, uint64_t value);
void herd_log_put_text(struct herd_log_event *event, struct herd_text value);

/* How many events of a name went by. */
struct herd_log_rate {
    const char *name; /* a literal, or NULL: free */
    int64_t since_ns; /* start of its current second */
    uint32_t passed;  /* in that second */
    uint64_t suppressed;
};

#define HERD_LOG_RATES 128

struct herd_log_rates {
    uint32_t per_second_max;
    uint64_t suppressed; /* of all names, ever */
    struct herd_log_rate slots[HERD_LOG_RATES];
};

/* Whether an event of `name` may pass now; *ret_suppressed is how many did not since the last that did. */
bool herd_log_rate_pass(struct herd_log_rates *rates, const char *name, int64_t now_ns, uint64_t *ret_suppressed);

/* crc32c.c: herd_crc32c as it is on a processor without an instruction for it. */
uint32_t crc32c_portable(uint32_t checksum, const void *bytes, size_t length);

#endif
