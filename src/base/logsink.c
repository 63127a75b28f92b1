/* SPDX-License-Identifier: MIT */
/*
 * A descriptor that may be slow, full or stuck, and a thread that bears it.
 *
 * Lines stay where they were first written: in blocks, of which the loop fills
 * the last and the writer writes from the first. At the end of a turn, or when
 * the block is full, the loop makes what it added `ready` under the mutex; the
 * writer writes that with the mutex free, while the loop adds more behind it.
 *
 *     first                           last
 *     [ written | being written ] --> [ ready | being filled, the loop's alone | free ]
 *
 * One lonely line is written at once. After a write the writer collects for
 * COLLECT_MS, or until there is a BATCH: a busy loop would else pay for waking
 * it every turn.
 *
 * What goes wrong:
 *   The writer is slow: `waiting`, all that is ready and not written, reaches
 *   memory_max. As many whole lines as fit are made ready, the others dropped
 *   and counted.
 *   A write fails (disk full): what was to be written is dropped and counted,
 *   the next batch is tried again. A line that was cut by it is ended with an LF
 *   first.
 *   Standard error was made non-blocking by somebody: the writer polls.
 *   Nobody reads at the end: destroy waits two seconds, then leaves the sink to
 *   its thread, which writes no more and frees it if it ever comes free itself.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "herd/clock.h"
#include "herd/memory.h"
#include "herd/path.h"
#include "local.h"

#define BLOCK_SIZE_MIN ((size_t)256 * 1024)
#define BATCH ((size_t)128 * 1024)
#define COLLECT_MS 5
#define READY_ROOM ((size_t)512) /* for one short line */
#define CLOSE_SECONDS_MAX 2

enum writer_state {
    WRITER_IDLE,       /* wants to be woken by one line */
    WRITER_COLLECTING, /* by a batch */
    WRITER_WRITING,    /* not at all */
};

struct sink {
    int fd;
    bool owned;
    size_t memory_max;
    size_t line_max;
    pthread_t thread;

    struct log_block *last; /* the loop's alone */
    size_t length;          /* of last: what is ready and what is being filled */

    pthread_mutex_t mutex; /* guards all up to stopped */
    pthread_cond_t work;   /* what the writer's state wants, or stopping; on the monotonic clock */
    pthread_cond_t done;   /* stopped; on the monotonic clock */
    struct log_blocks blocks;
    size_t waiting; /* bytes that are ready and not written, in all blocks */
    enum writer_state writer;
    bool stopping;
    bool stopped;

    bool torn; /* the writer's alone: the last byte written was not an LF */

    _Atomic uint64_t dropped;
    atomic_int failing;    /* the last write's negative errno */
    atomic_bool abandoned; /* destroy has gone: the sink is the writer's alone */
};

static uint64_t count_lines(const char *bytes, size_t length)
{
    uint64_t lines = 0;
    const char *end = bytes + length;
    while (bytes < end && (bytes = memchr(bytes, '\n', (size_t)(end - bytes))) != NULL) {
        lines++;
        bytes++;
    }
    return lines;
}

/* How much of `bytes` is whole lines within `room`. */
static size_t whole_lines(const char *bytes, size_t length, size_t room)
{
    if (length <= room) return length;
    while (room > 0 && bytes[room - 1] != '\n')
        room--;
    return room;
}

static void free_sink(struct sink *sink)
{
    pthread_cond_destroy(&sink->done);
    pthread_cond_destroy(&sink->work);
    pthread_mutex_destroy(&sink->mutex);
    if (sink->owned) close(sink->fd);
    log_blocks_finish(&sink->blocks);
    herd_memory_free(sink);
}

/* ---- the writer ---- */

/* Writes some of it: the number of bytes, or a negative errno. */
static ssize_t write_some(int fd, const char *bytes, size_t length)
{
    for (;;) {
        ssize_t written = write(fd, bytes, length);
        if (written > 0) return written;
        if (written == 0) return -EIO;
        if (errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) return -errno;
        struct pollfd wait = {.fd = fd, .events = POLLOUT};
        (void)poll(&wait, 1, 1000);
    }
}

/* 0 where all of it was written, else a negative errno; *ret_written says how much was. */
static int write_all(struct sink *sink, struct herd_text text, size_t *ret_written)
{
    *ret_written = 0;
    while (*ret_written < text.length) {
        if (atomic_load(&sink->abandoned)) return -ECANCELED;
        ssize_t written = write_some(sink->fd, text.bytes + *ret_written, text.length - *ret_written);
        if (written < 0) return (int)written;
        *ret_written += (size_t)written;
        sink->torn = text.bytes[*ret_written - 1] != '\n';
    }
    return 0;
}

static void write_text(struct sink *sink, struct herd_text text)
{
    size_t written = 0;
    int error = sink->torn ? write_all(sink, HERD_TEXT("\n"), &written) : 0;
    written = 0;
    if (error == 0) error = write_all(sink, text, &written);
    if (error != 0) atomic_fetch_add(&sink->dropped, count_lines(text.bytes + written, text.length - written));
    atomic_store(&sink->failing, error);
}

static void collect(struct sink *sink)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += COLLECT_MS * HERD_NS_PER_MS;
    if (until.tv_nsec >= HERD_NS_PER_S) {
        until.tv_nsec -= HERD_NS_PER_S;
        until.tv_sec++;
    }
    sink->writer = WRITER_COLLECTING;
    while (sink->waiting < BATCH && !sink->stopping) {
        if (pthread_cond_timedwait(&sink->work, &sink->mutex, &until) != 0) break;
    }
}

/* True where something is to be written, false at the end. */
static bool wait_for_work(struct sink *sink)
{
    sink->writer = WRITER_IDLE;
    while (sink->waiting == 0 && !sink->stopping)
        pthread_cond_wait(&sink->work, &sink->mutex);
    sink->writer = WRITER_WRITING;
    return sink->waiting > 0;
}

/* Writes what is ready of the first block, with the mutex free. */
static void write_first(struct sink *sink)
{
    struct log_block *block = sink->blocks.first;
    struct herd_text text = {block->bytes + block->written, block->ready - block->written};
    if (text.length > 0) {
        pthread_mutex_unlock(&sink->mutex);
        write_text(sink, text);
        pthread_mutex_lock(&sink->mutex);
        block->written += text.length;
        sink->waiting -= text.length;
    }
    if (block->written == block->ready && block->next != NULL) log_blocks_put_away(&sink->blocks);
}

static void *run_writer(void *argument)
{
    struct sink *sink = argument;
    pthread_mutex_lock(&sink->mutex);
    while (wait_for_work(sink)) {
        write_first(sink);
        if (sink->waiting < BATCH) collect(sink);
    }
    sink->stopped = true;
    bool abandoned = atomic_load(&sink->abandoned);
    pthread_cond_signal(&sink->done);
    pthread_mutex_unlock(&sink->mutex);
    if (abandoned) free_sink(sink);
    return NULL;
}

/* ---- the loop's side ---- */

/* Signals are for the loop's thread: the writer takes none. */
static int start_thread(struct sink *sink)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = pthread_create(&sink->thread, NULL, run_writer, sink);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -status;
}

static void init_conditions(struct sink *sink)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&sink->mutex, NULL);
    pthread_cond_init(&sink->work, &attributes);
    pthread_cond_init(&sink->done, &attributes);
    pthread_condattr_destroy(&attributes);
}

static size_t block_size(size_t line_max)
{
    return 2 * line_max > BLOCK_SIZE_MIN ? 2 * line_max : BLOCK_SIZE_MIN;
}

int sink_create(int fd, bool owned, size_t memory_max, size_t line_max, struct sink **ret_sink)
{
    struct sink *sink = herd_memory_allocate_zeroed(1, sizeof(*sink));
    sink->fd = fd;
    sink->owned = owned;
    sink->memory_max = memory_max;
    sink->line_max = line_max;
    sink->blocks.size = block_size(line_max);
    sink->last = log_blocks_add(&sink->blocks);
    init_conditions(sink);
    int status = start_thread(sink);
    if (status != 0) {
        free_sink(sink);
        return status;
    }
    *ret_sink = sink;
    return 0;
}

/* Waits until the writer has ended, up to CLOSE_SECONDS_MAX: true where it has. */
static bool wait_stopped(struct sink *sink)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += CLOSE_SECONDS_MAX;
    int status = 0;
    while (!sink->stopped && status == 0)
        status = pthread_cond_timedwait(&sink->done, &sink->mutex, &deadline);
    return sink->stopped;
}

void sink_destroy(struct sink *sink)
{
    if (sink == NULL) return;
    sink_turn(sink);
    pthread_mutex_lock(&sink->mutex);
    sink->stopping = true;
    pthread_cond_signal(&sink->work);
    bool stopped = wait_stopped(sink);
    pthread_t thread = sink->thread;
    atomic_store(&sink->abandoned, !stopped);
    pthread_mutex_unlock(&sink->mutex);
    if (stopped) {
        pthread_join(thread, NULL);
        free_sink(sink);
    } else {
        pthread_detach(thread); /* from here on the sink may be gone */
    }
}

/*
 * Goes on in another block. There are never many: all but the last are more
 * than half full, and what they hold is part of memory_max.
 */
static void leave_block(struct sink *sink)
{
    pthread_mutex_lock(&sink->mutex);
    sink->last = log_blocks_add(&sink->blocks);
    pthread_mutex_unlock(&sink->mutex);
    sink->length = 0;
}

/* Whether the last block has room for a line. */
static bool has_room(const struct sink *sink)
{
    return sink->last->size - sink->length >= sink->line_max;
}

char *sink_reserve(struct sink *sink)
{
    if (!has_room(sink)) {
        sink_turn(sink);
        if (!has_room(sink)) leave_block(sink); /* it has where lines were dropped */
    }
    return sink->last->bytes + sink->length;
}

void sink_commit(struct sink *sink, size_t length)
{
    assert(length <= sink->line_max && length <= sink->last->size - sink->length);
    sink->length += length;
}

/* Blocks never become smaller: what is shorter fits in those that there are. */
void sink_set_line_max(struct sink *sink, size_t line_max)
{
    size_t size = block_size(line_max);
    pthread_mutex_lock(&sink->mutex);
    if (size > sink->blocks.size) sink->blocks.size = size;
    pthread_mutex_unlock(&sink->mutex);
    sink->line_max = line_max;
}

/* Whether the writer has to be woken; it is then as good as writing. */
static bool wants_waking(struct sink *sink)
{
    bool wants = (sink->writer == WRITER_IDLE && sink->waiting > 0) ||
                 (sink->writer == WRITER_COLLECTING && sink->waiting >= BATCH);
    if (wants) sink->writer = WRITER_WRITING;
    return wants;
}

void sink_turn(struct sink *sink)
{
    struct log_block *block = sink->last;
    size_t added = sink->length - block->ready; /* ready is written by this thread alone */
    if (added == 0) return;
    const char *bytes = block->bytes + block->ready;
    pthread_mutex_lock(&sink->mutex);
    size_t fits = whole_lines(bytes, added, sink->memory_max - sink->waiting);
    block->ready += fits;
    sink->waiting += fits;
    bool wake = wants_waking(sink);
    pthread_mutex_unlock(&sink->mutex);
    if (wake) pthread_cond_signal(&sink->work);
    if (fits < added) atomic_fetch_add(&sink->dropped, count_lines(bytes + fits, added - fits));
    sink->length = block->ready;
}

void sink_replace(struct sink *sink, int fd)
{
    assert(sink->owned);
    /* In one step, so that the writer never meets a closed descriptor. What it writes right now goes to the old file.
     */
    int status = dup2(fd, sink->fd);
    assert(status == sink->fd); /* both are open */
    (void)status;
    close(fd);
    (void)fcntl(sink->fd, F_SETFD, FD_CLOEXEC);
}

bool sink_is_at(const struct sink *sink, const char *path)
{
    struct stat own;
    struct stat found;
    if (fstat(sink->fd, &own) != 0) return true;
    if (stat(path, &found) != 0) return !herd_path_missing(-errno) && errno != ESTALE;
    return found.st_dev == own.st_dev && found.st_ino == own.st_ino;
}

int sink_error(const struct sink *sink)
{
    return atomic_load(&sink->failing);
}

uint64_t sink_dropped(const struct sink *sink)
{
    return atomic_load(&sink->dropped);
}

bool sink_ready(struct sink *sink)
{
    pthread_mutex_lock(&sink->mutex);
    bool room = sink->memory_max - sink->waiting >= READY_ROOM;
    pthread_mutex_unlock(&sink->mutex);
    return room && atomic_load(&sink->failing) == 0;
}
