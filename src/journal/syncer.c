/* SPDX-License-Identifier: MIT */
/*
 * The thread. A round: take under the mutex what there is to do, let go of it,
 * sync and close sealed segments, sync the current one, then the directory if
 * it has new files; what had been written when the round began is then
 * synced. Where a rewrite has ended, delete what is older. One round at a time:
 * while it lasts writes collect for the next one, which is all there is to
 * group commit.
 *
 * A sync that fails is never tried again on that file: the kernel may have
 * forgotten what it could not write, and say yes the next time. So nothing is
 * synced until the loop has taken the error and with it the current file away.
 * What is sealed already is the round's that comes then. A file that somebody
 * has deleted or cut is no better than one that cannot be synced.
 */
#include "local.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "herd/clock.h"
#include "herd/memory.h"

#define CACHED_BYTES (UINT64_C(4) << 20) /* behind what is being written back */

/* What one round has to do. */
struct round {
    int current;
    uint64_t size;
    struct sealed *sealed;
    size_t sealed_count;
    uint64_t *removals;
    size_t removal_count;
    uint64_t written;
    uint64_t finish;
    uint64_t era;
    bool directory_changed;
};

static void take_round(struct syncer *syncer, struct round *ret_round)
{
    *ret_round = (struct round){
        .current = syncer->current,
        .size = syncer->size,
        .sealed = syncer->sealed,
        .sealed_count = syncer->sealed_count,
        .removals = syncer->removals,
        .removal_count = syncer->removal_count,
        .written = syncer->written,
        .finish = syncer->finish_asked,
        .era = syncer->era,
        .directory_changed = syncer->directory_changed,
    };
    syncer->sealed = NULL;
    syncer->sealed_count = 0;
    syncer->removals = NULL;
    syncer->removal_count = 0;
    syncer->directory_changed = false;
    syncer->dirty = false;
    syncer->back_from = syncer->back_to;
}

/* A file that was cut stays so: zeros in the place of what is missing would hide that from who looks at its size. */
static int sync_sealed(const struct journal_files *files, const struct sealed *sealed, uint64_t era)
{
    int error = 0;
    if (watch_is_whole(files, sealed->fd, sealed->size))
        files->truncate(files->owner, sealed->fd, sealed->size); /* for its blocks beyond the end; not for its bytes */
    if (sealed->sync) error = files->sync(files->owner, sealed->fd);
    if (error == 0 && sealed->era == era && !watch_is_whole(files, sealed->fd, sealed->size)) error = -ESTALE;
    files->forget(files->owner, sealed->fd, sealed->size);
    files->close(files->owner, sealed->fd);
    return error;
}

/* Whether the loop wants nothing deleted any more, for the directory's numbers may mean other files by now. */
static bool is_spared(struct syncer *syncer, const struct round *round)
{
    pthread_mutex_lock(&syncer->mutex);
    bool spared = syncer->finish_done >= round->finish;
    pthread_mutex_unlock(&syncer->mutex);
    return spared;
}

static void delete_older(struct syncer *syncer, const struct round *round)
{
    const struct journal_files *files = &syncer->files;
    char name[SEGMENT_NAME_SIZE];
    for (size_t i = 0; i < round->removal_count; i++) {
        segment_name(round->removals[i], name);
        files->remove(files->owner, syncer->directory, name);
    }
    if (round->removal_count > 0) files->sync_directory(files->owner, syncer->directory);
}

/* Without the mutex. */
static int run_round(struct syncer *syncer, const struct round *round)
{
    const struct journal_files *files = &syncer->files;
    int error = 0;
    for (size_t i = 0; i < round->sealed_count; i++) {
        int result = sync_sealed(files, &round->sealed[i], round->era);
        if (error == 0) error = result;
    }
    if (error == 0 && round->current >= 0) error = files->sync(files->owner, round->current);
    if (error == 0 && round->directory_changed) error = files->sync_directory(files->owner, syncer->directory);
    if (error == 0 && round->current >= 0 && !watch_is_whole(files, round->current, round->size)) error = -ESTALE;
    if (error == 0 && !is_spared(syncer, round)) delete_older(syncer, round);
    return error;
}

static void end_round(struct syncer *syncer, const struct round *round, int error)
{
    assert(!syncer->broken && round->finish <= syncer->finish_asked && round->written >= syncer->synced);
    uint64_t taken_ns = (uint64_t)(herd_clock_monotonic_ns() - syncer->last_ns);
    syncer->syncs++;
    syncer->sync_ns += taken_ns;
    if (taken_ns > syncer->sync_max_ns) syncer->sync_max_ns = taken_ns;
    if (error == -ESTALE && syncer->era != round->era) {
        syncer->finish_done = round->finish; /* the loop has given up what is lost, and knows it */
    } else if (error != 0) {
        syncer->broken = true;
        syncer->error = error;
    } else {
        syncer->synced = round->written;
        syncer->finish_done = round->finish;
    }
}

static void sync_once(struct syncer *syncer)
{
    struct round round;
    take_round(syncer, &round);
    syncer->last_ns = herd_clock_monotonic_ns();
    pthread_mutex_unlock(&syncer->mutex);
    int error = run_round(syncer, &round);
    pthread_mutex_lock(&syncer->mutex);
    end_round(syncer, &round, error);
    pthread_mutex_unlock(&syncer->mutex);
    herd_memory_free(round.sealed);
    herd_memory_free(round.removals);
    if (syncer->on_synced != NULL) syncer->on_synced(syncer->owner);
    pthread_mutex_lock(&syncer->mutex);
}

/*
 * So that the next sync finds little to do. It is a hint: a failure will show
 * there. What was written some time ago leaves the page cache, for nobody
 * reads it: the memory it had is warm, and the next lines cost less in it.
 */
static void start_writeback(struct syncer *syncer)
{
    const struct journal_files *files = &syncer->files;
    uint64_t from = syncer->back_from;
    uint64_t to = syncer->back_to;
    int current = syncer->current;
    assert(from <= to && current >= 0);
    syncer->back_from = to;
    pthread_mutex_unlock(&syncer->mutex);
    files->writeback(files->owner, current, from, to - from);
    if (from > CACHED_BYTES) files->forget(files->owner, current, from - CACHED_BYTES);
    pthread_mutex_lock(&syncer->mutex);
}

static bool has_writeback(const struct syncer *syncer)
{
    return !syncer->broken && syncer->current >= 0 && syncer->back_to > syncer->back_from;
}

/* When the next round is due, INT64_MAX: not before something happens. */
static int64_t due_ns(const struct syncer *syncer)
{
    if (syncer->broken) return INT64_MAX;
    if (syncer->finish_asked != syncer->finish_done) return 0;
    if (!syncer->dirty) return INT64_MAX;
    return syncer->eager ? 0 : syncer->last_ns + syncer->interval_ns;
}

static void wait_until(struct syncer *syncer, int64_t until_ns)
{
    if (until_ns == INT64_MAX) {
        pthread_cond_wait(&syncer->wake, &syncer->mutex);
        return;
    }
    struct timespec until = {.tv_sec = (time_t)(until_ns / HERD_NS_PER_S), .tv_nsec = (long)(until_ns % HERD_NS_PER_S)};
    pthread_cond_timedwait(&syncer->wake, &syncer->mutex, &until);
}

static void *run(void *memory)
{
    struct syncer *syncer = memory;
    pthread_mutex_lock(&syncer->mutex);
    while (!syncer->stop) {
        int64_t until_ns = due_ns(syncer);
        if (until_ns <= herd_clock_monotonic_ns()) {
            sync_once(syncer);
        } else if (has_writeback(syncer)) {
            start_writeback(syncer);
        } else {
            wait_until(syncer, until_ns);
        }
    }
    if (!syncer->broken && (syncer->dirty || syncer->sealed_count > 0)) sync_once(syncer);
    pthread_mutex_unlock(&syncer->mutex);
    return NULL;
}

/* ---- the loop's side ---- */

/* Signals are for the loop's thread. */
static int start_thread(struct syncer *syncer)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&syncer->thread, NULL, run, syncer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -error;
}

int syncer_start(struct syncer *syncer)
{
    pthread_condattr_t attributes;
    syncer->last_ns = herd_clock_monotonic_ns();
    pthread_mutex_init(&syncer->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&syncer->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    int error = start_thread(syncer);
    if (error == 0) return 0;
    pthread_cond_destroy(&syncer->wake);
    pthread_mutex_destroy(&syncer->mutex);
    return error;
}

int syncer_stop(struct syncer *syncer)
{
    pthread_mutex_lock(&syncer->mutex);
    syncer->stop = true;
    pthread_cond_signal(&syncer->wake);
    pthread_mutex_unlock(&syncer->mutex);
    pthread_join(syncer->thread, NULL);
    for (size_t i = 0; i < syncer->sealed_count; i++)
        syncer->files.close(syncer->files.owner, syncer->sealed[i].fd);
    herd_memory_free(syncer->sealed);
    herd_memory_free(syncer->removals);
    pthread_cond_destroy(&syncer->wake);
    pthread_mutex_destroy(&syncer->mutex);
    return syncer->error;
}

void syncer_switch(struct syncer *syncer, struct sealed old, int fd)
{
    pthread_mutex_lock(&syncer->mutex);
    assert(fd < 0 || old.fd != fd);
    if (old.fd >= 0) {
        size_t count = syncer->sealed_count++;
        syncer->sealed = herd_memory_resize(syncer->sealed, (count + 1) * sizeof *syncer->sealed);
        syncer->sealed[count] = old;
        syncer->sealed[count].era = syncer->era;
    }
    if (fd < 0) syncer->era++;
    syncer->current = fd;
    syncer->size = 0;
    syncer->back_from = syncer->back_to = 0;
    syncer->directory_changed = syncer->directory_changed || fd >= 0;
    syncer->dirty = true;
    pthread_cond_signal(&syncer->wake);
    pthread_mutex_unlock(&syncer->mutex);
}

void syncer_written(struct syncer *syncer, uint64_t position, uint64_t size, uint64_t back_to)
{
    pthread_mutex_lock(&syncer->mutex);
    assert(back_to <= size && back_to >= syncer->back_from);
    bool idle = !syncer->dirty || back_to > syncer->back_to;
    if (position > syncer->written) syncer->written = position;
    syncer->size = size;
    syncer->back_to = back_to;
    syncer->dirty = true;
    if (idle) pthread_cond_signal(&syncer->wake);
    pthread_mutex_unlock(&syncer->mutex);
}

uint64_t syncer_finish(struct syncer *syncer, uint64_t position, const uint64_t *numbers, size_t count)
{
    pthread_mutex_lock(&syncer->mutex);
    assert(syncer->finish_done <= syncer->finish_asked && (count == 0 || numbers != NULL));
    size_t before = syncer->removal_count;
    syncer->removal_count += count;
    syncer->removals = herd_memory_resize(syncer->removals, syncer->removal_count * sizeof *syncer->removals);
    if (count > 0) memcpy(syncer->removals + before, numbers, count * sizeof *numbers);
    if (position > syncer->written) syncer->written = position;
    syncer->dirty = true;
    uint64_t asked = ++syncer->finish_asked;
    pthread_cond_signal(&syncer->wake);
    pthread_mutex_unlock(&syncer->mutex);
    return asked;
}

/* What was asked to be deleted is not, and not wanted any more. */
static void spare(struct syncer *syncer)
{
    syncer->finish_done = syncer->finish_asked;
    herd_memory_free(syncer->removals);
    syncer->removals = NULL;
    syncer->removal_count = 0;
}

void syncer_spare(struct syncer *syncer)
{
    pthread_mutex_lock(&syncer->mutex);
    spare(syncer);
    pthread_mutex_unlock(&syncer->mutex);
}

void syncer_take_news(struct syncer *syncer, struct syncer_news *ret_news)
{
    pthread_mutex_lock(&syncer->mutex);
    assert(syncer->synced <= syncer->written && syncer->finish_done <= syncer->finish_asked);
    *ret_news = (struct syncer_news){syncer->error, syncer->synced, syncer->finish_done};
    if (syncer->broken) {
        syncer->broken = false;
        syncer->error = 0;
        syncer->current = -1;
        syncer->written = syncer->synced; /* what is between may be lost: only a rewrite makes it good */
        syncer->dirty = syncer->sealed_count > 0;
        spare(syncer);
    }
    pthread_mutex_unlock(&syncer->mutex);
}
