/* SPDX-License-Identifier: MIT */
#ifndef HERD_BASE_LOCAL_H
#define HERD_BASE_LOCAL_H

/*
 * What files of this room share: nearly all of it the parts of the log.
 *
 *     log.c       which events are made, how a line begins
 *     logfile.c   where they go: opened, changed, watched, closed
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
#define LOG_LINE_BYTES(field_bytes_max) (4096 + (size_t)16 * (field_bytes_max))

/* Lines on their way, in a queue of blocks. The queue starts zeroed but for `size`, which may grow; who shares it,
 * locks.
 */
struct log_block {
    struct log_block *next;
    size_t size;
    size_t ready;   /* bytes that the writer may write, or has written */
    size_t written; /* the writer's alone */
    char bytes[];
};

struct log_blocks {
    size_t size; /* of the next block's bytes */
    struct log_block *first;
    struct log_block *last;
    struct log_block *spares;
    unsigned spare_count;
};

/* Appends an empty block. */
struct log_block *log_blocks_add(struct log_blocks *blocks);
/* Takes the first block, which is not the last, out of the queue. */
void log_blocks_put_away(struct log_blocks *blocks);
/* Frees all blocks. */
void log_blocks_finish(struct log_blocks *blocks);

/* A descriptor and the thread that writes to it. All functions are for one thread, the loop's. */
struct sink;

/* Starts the thread: 0 or a negative errno. Owns `fd` and closes it at the end where `owned`; lines have `line_max`
 * bytes at most. */
int sink_create(int fd, bool owned, size_t memory_max, size_t line_max, struct sink **ret_sink);
/* Writes what waits and ends the thread; gives up after two seconds where nobody reads. Takes NULL. */
void sink_destroy(struct sink *sink);
/* Where a line of up to line_max bytes may be written. */
char *sink_reserve(struct sink *sink);
/* Keeps a line of `length` bytes, LF included, that was written there. */
void sink_commit(struct sink *sink, size_t length);
/* From now on lines have `line_max` bytes at most. */
void sink_set_line_max(struct sink *sink, size_t line_max);
/* Hands what was kept to the thread. */
void sink_turn(struct sink *sink);
/* Puts a newly opened descriptor in place of the owned one. */
void sink_replace(struct sink *sink, int fd);
/* Lines dropped so far: memory full, or the write failed. */
uint64_t sink_dropped(const struct sink *sink);
/* Whether `path` leads to its file, or it cannot be seen whether it does. */
bool sink_is_at(const struct sink *sink, const char *path);
/* The negative errno of the last write, 0 where it was good. */
int sink_error(const struct sink *sink);
/* Whether there is room and the last lines got through, so that saying something makes sense. */
bool sink_ready(struct sink *sink);

/* logfield.c: what follows a field's `=`, for who knows that there is room for it. */
void log_put_number(struct herd_log_event *event, uint64_t value);
void log_put_text(struct herd_log_event *event, struct herd_text value);

/* How many events of a name went by. */
struct log_rate {
    const char *name; /* a literal, or NULL: free */
    int64_t since_ns; /* start of its current second */
    uint32_t passed;  /* in that second */
    uint64_t suppressed;
};

#define LOG_RATES 128

struct log_rates {
    uint32_t per_second_max;
    uint64_t suppressed; /* of all names, ever */
    struct log_rate slots[LOG_RATES];
};

/* Whether an event of `name` may pass now; *ret_suppressed is how many did not since the last that did. */
bool log_rate_pass(struct log_rates *rates, const char *name, int64_t now_ns, uint64_t *ret_suppressed);

#define LOG_SERVER_MAX 64
#define LOG_LINE_DEFAULT LOG_LINE_BYTES(HERD_LOG_FIELD_BYTES_DEFAULT)

/* The process's one log: log.c has it, logfile.c opens and closes it. */
struct log_state {
    bool open;
    bool priorities;
    enum herd_log_level level;
    char *path;
    struct sink *file;    /* NULL: none */
    struct sink *console; /* NULL: none */
    struct log_rates rates;
    size_t text_max;   /* bytes of one text */
    size_t line_max;   /* room of a line that this asks for */
    size_t memory_max; /* of each sink */

    char server[LOG_SERVER_MAX + 10]; /* ` server=<name>` */
    size_t server_length;
    int64_t second; /* what `stamp` is for */
    char stamp[32]; /* `ts=2018-03-02T21:18:54.` */
    size_t stamp_length;
    char wire_head[192]; /* all of a wire line before its name */
    size_t wire_head_length;
    unsigned wire_head_uses; /* left; 0: it is to be made */

    uint64_t dropped_told; /* what the last log_dropped event knew of */
    int64_t told_ns;
    int loss_told;    /* why the file could not be opened anew, as last told; 0: it could */
    int failure_told; /* what writing to the file fails with, as last told */

    char line[LOG_LINE_DEFAULT]; /* an event while no sink is open */
};

extern struct log_state log_state;

/* crc32c.c: herd_crc32c as it is on a processor without an instruction for it. */
uint32_t crc32c_portable(uint32_t checksum, const void *bytes, size_t length);

#endif
