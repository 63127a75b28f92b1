/* SPDX-License-Identifier: MIT */
/*
 * What somebody may do to the files under a running journal: remove, move or
 * cut them, or put others in their place. Writing goes on then and fails
 * nowhere, but nothing of it will be found again. So once a second it is looked
 * whether the path still leads to the directory that is open, the lock's name
 * to the lock, the segments' names to segments that are no shorter than what
 * was written.
 *
 * A loss is a failure like one of the disk: the state is FAILED, and a rewrite
 * mends it. Before that the directory is made anew if it is gone, and locked.
 * Where another directory is in the place, what is in it is left alone: new
 * segments have greater numbers. A lock that is gone is taken anew, and that is
 * all; but one that another server has by then stays its own, and nothing is
 * written: two servers would delete each other's segments.
 *
 * A look that fails for another reason than that nothing is there tells
 * nothing, and is no loss.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "herd/memory.h"
#include "herd/path.h"
#include "local.h"

static bool is_same(const struct file_facts *a, const struct file_facts *b)
{
    return a->device == b->device && a->inode == b->inode;
}

/* Whether `name` in the directory `at` certainly does not lead to this open file. */
static bool leads_elsewhere(const struct journal_files *files, int at, const char *name, int fd)
{
    struct file_facts found;
    struct file_facts own;
    if (files->look(files->owner, fd, NULL, &own) != 0) return false;
    int error = files->look(files->owner, at, name, &found);
    if (error != 0) return herd_path_missing(error) || error == -ESTALE;
    return !is_same(&found, &own);
}

bool watch_is_whole(const struct journal_files *files, int fd, uint64_t size)
{
    struct file_facts facts;
    int error = files->look(files->owner, fd, NULL, &facts);
    if (error != 0) return error != -ESTALE;
    return facts.links > 0 && facts.size >= size;
}

static bool directory_is_lost(const struct herd_journal *journal)
{
    return leads_elsewhere(&journal->files, AT_FDCWD, journal->path, journal->directory);
}

/* The lock in the directory is this journal's, made anew where it is gone: 0 or a negative errno. */
static int keep_lock(struct herd_journal *journal)
{
    char problem[HERD_JOURNAL_PROBLEM_SIZE];
    int lock;
    if (!leads_elsewhere(&journal->files, journal->directory, LOCK_NAME, journal->lock)) return 0;
    int error = lock_take(journal->directory, journal->path, problem, &lock);
    if (error < 0) return error;
    close(journal->lock);
    journal->lock = lock;
    return 0;
}

static const char *lock_loss(int error)
{
    return error == -EWOULDBLOCK ? "another server has the directory" : "the lock was removed or replaced";
}

/* Of one segment; NULL: nothing. */
static const char *find_segment_loss(const struct herd_journal *journal, const struct segment *segment)
{
    const struct journal_files *files = &journal->files;
    char name[SEGMENT_NAME_SIZE];
    struct file_facts facts;
    segment_name(segment->number, name);
    int error = files->look(files->owner, journal->directory, name, &facts);
    if (error != 0) return herd_path_missing(error) || error == -ESTALE ? "a segment was removed" : NULL;
    if (facts.size < segment->bytes) return "a segment was cut";
    bool current = journal->current >= 0 && segment == &journal->segments[journal->segment_count - 1];
    bool replaced = current && leads_elsewhere(files, journal->directory, name, journal->current);
    return replaced ? "a segment was replaced" : NULL;
}

/* While all is written anew the older ones do not count: the thread may be deleting them. */
static const char *find_segments_loss(const struct herd_journal *journal)
{
    uint64_t first = journal->rewrite == REWRITE_IDLE ? 0 : journal->rewrite_first;
    for (size_t i = 0; i < journal->segment_count; i++) {
        const struct segment *segment = &journal->segments[i];
        const char *loss = segment->number < first ? NULL : find_segment_loss(journal, segment);
        if (loss != NULL) return loss;
    }
    return NULL;
}

void watch_files(struct herd_journal *journal)
{
    if (!journal_keeps(journal)) return;
    bool moved = directory_is_lost(journal);
    int error = moved ? -ESTALE : keep_lock(journal);
    const char *loss = moved ? "the directory was removed, moved or replaced" : lock_loss(error);
    if (error == 0) {
        loss = find_segments_loss(journal);
        if (loss != NULL) error = -ESTALE;
    }
    if (error == 0) return;
    syncer_spare(&journal->syncer); /* what is older may be all there is, until it is written anew */
    journal_break(journal, error);
    journal->loss = loss;
}

/* The directory's descriptor keeps its number: the thread uses it. */
static int take_directory(struct herd_journal *journal, int directory, int lock)
{
    uint64_t last;
    int error = replay_last_number(directory, &last);
    if (error == 0 && dup2(directory, journal->directory) < 0) error = -errno;
    if (error < 0) {
        close(lock);
        return error;
    }
    fcntl(journal->directory, F_SETFD, FD_CLOEXEC);
    if (journal->lock >= 0) close(journal->lock);
    journal->lock = lock;
    if (last >= journal->next_number) journal->next_number = last + 1;
    return 0;
}

/* A descriptor, or a negative errno. */
static int make_directory(struct herd_journal *journal)
{
    char problem[HERD_JOURNAL_PROBLEM_SIZE];
    int directory = journal_open_directory(&journal->files, journal->path, problem);
    if (directory != -ENOENT) return directory;
    int error = herd_path_make(journal->path, JOURNAL_DIRECTORY_MODE);
    return error < 0 ? error : journal_open_directory(&journal->files, journal->path, problem);
}

static int open_anew(struct herd_journal *journal)
{
    char problem[HERD_JOURNAL_PROBLEM_SIZE];
    int lock;
    int directory = make_directory(journal);
    if (directory < 0) return directory;
    int error = lock_take(directory, journal->path, problem, &lock);
    if (error == 0) error = take_directory(journal, directory, lock);
    if (error == 0) segment_forget(journal, 0, UINT64_MAX); /* wherever they are now */
    close(directory);
    return error;
}

int watch_reclaim(struct herd_journal *journal)
{
    assert(journal->rewrite == REWRITE_IDLE);
    if (journal->state == HERD_JOURNAL_OK) return 0;
    bool moved = directory_is_lost(journal);
    if (moved) syncer_spare(&journal->syncer); /* its numbers may mean other files there */
    int error = moved ? open_anew(journal) : keep_lock(journal);
    if (error == 0) return 0;
    journal->error = error;
    if (error == -EWOULDBLOCK) journal->loss = lock_loss(error);
    journal->counts.errors++;
    return error;
}
