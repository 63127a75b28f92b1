/* SPDX-License-Identifier: MIT */
/*
 * A descriptor that may be slow, full or stuck, and a thread that bears it.
 *
 * The loop's thread writes lines into `block`, without a lock. At the end of a
 * turn, or when the block is full, it adds the block to `pending` under the
 * mutex. The writer takes all of `pending` at once (by swapping it with the
 * buffer it has just emptied) and writes it with the mutex free.
 *
 *     loop --> block --(mutex)--> pending --(mutex, swap)--> taken --> write(2)
 *
 * What goes wrong:
 *   The writer is slow: `waiting`, pending and taken together, reaches
 *   memory_max. As many whole lines as fit are added, the others dropped and
 *   counted.
 *   A write fails (disk full): what was taken is dropped and counted, the next
 *   batch is tried again. A line that was cut by it is ended with an LF first.
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
#include <time.h>
#include <unistd.h>

#include "herd/buffer.h"
#include "herd/memory.h"
#include "local.h"

#define BLOCK_SIZE_MIN ((size_t)64 * 1024)
#define BUFFER_KEPT_MAX (16 * BLOCK_SIZE_MIN) /* a larger one is freed when it was written */
#define READY_ROOM ((size_t)512)              /* for one short line */
#define CLOSE_SECONDS_MAX 2

struct herd_sink {
    int fd;
    bool owned;
    size_t memory_max;
    size_t line_max;
    size_t block_size; /* two lines or more */
    pthread_t thread;

    char *block; /* the loop's alone */
    size_t block_length;

    pthread_mutex_t mutex; /* guards the four below */
    pthread_cond_t work;   /* pending is not empty, or stopping */
    pthread_cond_t done;   /* stopped, on the monotonic clock */
    struct herd_buffer pending;
    size_t waiting; /* bytes in pending and taken */
    bool stopping;
    bool stopped;

    struct herd_buffer taken; /* the writer's alone */
    bool torn;                /* the last byte written was not an LF */

    _Atomic uint64_t dropped;
    atomic_bool failing;
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

static void free_sink(struct herd_sink *sink)
{
    pthread_cond_destroy(&sink->done);
    pthread_cond_destroy(&sink->work);
    pthread_mutex_destroy(&sink->mutex);
    if (sink->owned) close(sink->fd);
    herd_buffer_finish(&sink->pending);
    herd_buffer_finish(&sink->taken);
    herd_memory_free(sink->block);
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

/* True where all of it was written; *ret_written says how much was. */
static bool write_all(struct herd_sink *sink, struct herd_text text, size_t *ret_written)
{
    *ret_written = 0;
    while (*ret_written < text.length) {
        if (atomic_load(&sink->abandoned)) return false;
        ssize_t written = write_some(sink->fd, text.bytes + *ret_written, text.length - *ret_written);
        if (written < 0) return false;
        *ret_written += (size_t)written;
        sink->torn = text.bytes[*ret_written - 1] != '\n';
    }
    return true;
}

static void write_taken(struct herd_sink *sink)
{
    struct herd_text text = herd_buffer_text(&sink->taken);
    size_t written = 0;
    bool good = !sink->torn || write_all(sink, HERD_TEXT("\n"), &written);
    written = 0;
    if (good) good = write_all(sink, text, &written);
    if (!good) atomic_fetch_add(&sink->dropped, count_lines(text.bytes + written, text.length - written));
    atomic_store(&sink->failing, !good);
    if (sink->taken.capacity > BUFFER_KEPT_MAX) herd_buffer_finish(&sink->taken);
    herd_buffer_clear(&sink->taken);
}

static void take_pending(struct herd_sink *sink)
{
    struct herd_buffer empty = sink->taken;
    sink->taken = sink->pending;
    sink->pending = empty;
}

static void *run_writer(void *argument)
{
    struct herd_sink *sink = argument;
    pthread_mutex_lock(&sink->mutex);
    for (;;) {
        while (herd_buffer_length(&sink->pending) == 0 && !sink->stopping)
            pthread_cond_wait(&sink->work, &sink->mutex);
        if (herd_buffer_length(&sink->pending) == 0) break;
        take_pending(sink);
        size_t length = herd_buffer_length(&sink->taken);
        pthread_mutex_unlock(&sink->mutex);
        write_taken(sink);
        pthread_mutex_lock(&sink->mutex);
        sink->waiting -= length;
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
static int start_thread(struct herd_sink *sink)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = pthread_create(&sink->thread, NULL, run_writer, sink);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -status;
}

static void init_conditions(struct herd_sink *sink)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&sink->mutex, NULL);
    pthread_cond_init(&sink->work, NULL);
    pthread_cond_init(&sink->done, &attributes);
    pthread_condattr_destroy(&attributes);
}

int herd_sink_create(int fd, bool owned, size_t memory_max, size_t line_max, struct herd_sink **ret_sink)
{
    struct herd_sink *sink = herd_memory_allocate_zeroed(1, sizeof(*sink));
    sink->fd = fd;
    sink->owned = owned;
    sink->memory_max = memory_max;
    sink->line_max = line_max;
    sink->block_size = 2 * line_max > BLOCK_SIZE_MIN ? 2 * line_max : BLOCK_SIZE_MIN;
    sink->block = herd_memory_allocate(sink->block_size);
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
static bool wait_stopped(struct herd_sink *sink)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += CLOSE_SECONDS_MAX;
    int status = 0;
    while (!sink->stopped && status == 0)
        status = pthread_cond_timedwait(&sink->done, &sink->mutex, &deadline);
    return sink->stopped;
}

void herd_sink_destroy(struct herd_sink *sink)
{
    if (sink == NULL) return;
    herd_sink_turn(sink);
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

char *herd_sink_reserve(struct herd_sink *sink)
{
    if (sink->block_size - sink->block_length < sink->line_max) herd_sink_turn(sink);
    return sink->block + sink->block_length;
}

void herd_sink_commit(struct herd_sink *sink, size_t length)
{
    assert(length <= sink->line_max && length <= sink->block_size - sink->block_length);
    sink->block_length += length;
}

void herd_sink_turn(struct herd_sink *sink)
{
    if (sink->block_length == 0) return;
    pthread_mutex_lock(&sink->mutex);
    size_t room = sink->memory_max - sink->waiting;
    size_t fits = whole_lines(sink->block, sink->block_length, room);
    herd_buffer_append(&sink->pending, (struct herd_text){sink->block, fits});
    sink->waiting += fits;
    if (fits > 0) pthread_cond_signal(&sink->work);
    pthread_mutex_unlock(&sink->mutex);
    if (fits < sink->block_length)
        atomic_fetch_add(&sink->dropped, count_lines(sink->block + fits, sink->block_length - fits));
    sink->block_length = 0;
}

int herd_sink_replace(struct herd_sink *sink, int fd)
{
    assert(sink->owned);
    /* In one step, so that the writer never meets a closed descriptor. What it writes right now goes to the old file.
     */
    int status = dup2(fd, sink->fd) < 0 ? -errno : 0;
    close(fd);
    if (status == 0) (void)fcntl(sink->fd, F_SETFD, FD_CLOEXEC);
    return status;
}

uint64_t herd_sink_dropped(const struct herd_sink *sink)
{
    return atomic_load(&sink->dropped);
}

bool herd_sink_ready(struct herd_sink *sink)
{
    pthread_mutex_lock(&sink->mutex);
    bool room = sink->memory_max - sink->waiting >= READY_ROOM;
    pthread_mutex_unlock(&sink->mutex);
    return room && !atomic_load(&sink->failing);
}
