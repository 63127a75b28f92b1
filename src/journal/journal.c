/* SPDX-License-Identifier: MIT */
/*
 * Opening: directory, lock, replay, a new segment, the thread; each step is
 * undone where a later one fails. A disk without room for a new segment is no
 * failure of these: what is there was read, and the state says FULL.
 *
 * The state changes in three places: journal_break (a write failed here, or a
 * sync did in the thread), the end of a rewrite that mends, and open.
 */
#include "herd/journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "herd/clock.h"
#include "herd/machine.h"
#include "herd/memory.h"
#include "herd/path.h"
#include "herd/standard.h"
#include "local.h"

#define NUMBER_MAX UINT64_C(9000000000)

void journal_problem(char ret_problem[HERD_JOURNAL_PROBLEM_SIZE], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(ret_problem, HERD_JOURNAL_PROBLEM_SIZE, format, arguments);
    va_end(arguments);
    for (char *at = ret_problem; *at != '\0'; at++) {
        if (*at < ' ' || *at > '~') *at = '?';
    }
}

bool journal_is_full(int error)
{
    return error == -ENOSPC || error == -EDQUOT || error == -EFBIG;
}

/* ---- state ---- */

static const struct herd_machine journal_machine = {
    .name = "journal",
    .states = {[HERD_JOURNAL_OK] = {"ok", HERD_TO(HERD_JOURNAL_FULL) | HERD_TO(HERD_JOURNAL_FAILED)},
               [HERD_JOURNAL_FULL] = {"full", HERD_TO(HERD_JOURNAL_OK) | HERD_TO(HERD_JOURNAL_FULL) |
                                                  HERD_TO(HERD_JOURNAL_FAILED)},
               [HERD_JOURNAL_FAILED] = {"failed", HERD_TO(HERD_JOURNAL_OK) | HERD_TO(HERD_JOURNAL_FULL) |
                                                      HERD_TO(HERD_JOURNAL_FAILED)}}};

/* `sync`: whether what is in the current segment may still be synced. */
static void give_up(struct herd_journal *journal, int error, bool sync)
{
    assert(error < 0);
    bool was_ok = journal->state == HERD_JOURNAL_OK;
    bool undo = journal->rewrite == REWRITE_SCANNING && journal->rewrite_mends;
    herd_machine_move(&journal_machine, &journal->state,
                      journal_is_full(error) ? HERD_JOURNAL_FULL : HERD_JOURNAL_FAILED, 0);
    journal->error = error;
    journal->counts.errors++;
    journal->counts.dropped += journal->batch_records;
    journal->batch_records = 0;
    herd_buffer_clear(&journal->batch);
    segment_end(journal, sync);
    assert(journal->current < 0);
    journal->loss = NULL;
    if (undo) segment_remove_from(journal, journal->rewrite_first);
    if (journal->rewrite != REWRITE_IDLE) journal_move_rewrite(journal, REWRITE_IDLE);
    if (!was_ok) return; /* tick has said when it tries again */
    journal->due_now = journal->state == HERD_JOURNAL_FAILED;
    journal->due_known = false;
}

void journal_break(struct herd_journal *journal, int error)
{
    give_up(journal, error, true);
}

static void complete_rewrite(struct herd_journal *journal)
{
    bool mended = journal->state != HERD_JOURNAL_OK;
    assert(journal->current >= 0 && segment_current(journal)->number >= journal->rewrite_first);
    journal_move_rewrite(journal, REWRITE_IDLE);
    journal->counts.rewrites++;
    segment_forget(journal, 0, journal->rewrite_first);
    if (mended) herd_machine_move(&journal_machine, &journal->state, HERD_JOURNAL_OK, 0);
    journal->error = 0;
    journal->loss = NULL;
    /* What was written since the end was asked for was not told as such. */
    assert(journal->position >= herd_buffer_length(&journal->batch));
    uint64_t written = journal->position - herd_buffer_length(&journal->batch);
    if (mended) syncer_written(&journal->syncer, written, segment_current(journal)->bytes, journal->back_to);
}

void journal_poll(struct herd_journal *journal)
{
    struct syncer_news news;
    syncer_take_news(&journal->syncer, &news);
    assert(news.error <= 0 && news.synced <= journal->position);
    journal->synced = news.synced;
    if (news.error != 0) {
        give_up(journal, news.error, false);
        if (news.error == -ESTALE) journal->loss = "a segment was removed or cut";
    } else if (journal->rewrite == REWRITE_ENDING && news.finish_done == journal->finish_id) {
        complete_rewrite(journal);
    }
}

enum herd_journal_state herd_journal_state(struct herd_journal *journal)
{
    if (journal == NULL) return HERD_JOURNAL_OK;
    journal_poll(journal);
    return journal->state;
}

int herd_journal_error(const struct herd_journal *journal)
{
    return journal == NULL ? 0 : journal->error;
}

const char *herd_journal_loss(const struct herd_journal *journal)
{
    return journal == NULL ? NULL : journal->loss;
}

uint64_t herd_journal_position(const struct herd_journal *journal)
{
    return journal == NULL ? 0 : journal->position;
}

uint64_t herd_journal_durable(struct herd_journal *journal)
{
    if (journal == NULL) return UINT64_MAX;
    journal_poll(journal);
    if (journal->durability == HERD_JOURNAL_SYNCED) return journal->synced;
    if (journal->state != HERD_JOURNAL_OK) return UINT64_MAX;
    assert(journal->position >= herd_buffer_length(&journal->batch));
    return journal->position - herd_buffer_length(&journal->batch);
}

const struct herd_journal_replay *herd_journal_replayed(const struct herd_journal *journal)
{
    return &journal->replay;
}

void herd_journal_counts(struct herd_journal *journal, struct herd_journal_counts *ret_counts)
{
    if (journal == NULL) {
        *ret_counts = (struct herd_journal_counts){0};
        return;
    }
    journal_poll(journal);
    *ret_counts = journal->counts;
    for (size_t i = 0; i < journal->segment_count; i++) {
        ret_counts->bytes += journal->segments[i].bytes;
        ret_counts->records += journal->segments[i].records;
    }
    ret_counts->segments = journal->segment_count;
    ret_counts->state = (uint64_t)journal->state;
    pthread_mutex_lock(&journal->syncer.mutex);
    ret_counts->syncs = journal->syncer.syncs;
    ret_counts->sync_ns = journal->syncer.sync_ns;
    ret_counts->sync_max_ns = journal->syncer.sync_max_ns;
    pthread_mutex_unlock(&journal->syncer.mutex);
}

/* ---- open ---- */

/* A new directory is only there for good when the one it is in was synced. */
static void sync_parent(const struct journal_files *files, const char *path)
{
    int fd = herd_path_open_parent(path);
    if (fd < 0) return;
    files->sync_directory(files->owner, fd);
    close(fd);
}

int journal_open_directory(const struct journal_files *files, const char *path,
                           char ret_problem[HERD_JOURNAL_PROBLEM_SIZE])
{
    bool made = mkdir(path, JOURNAL_DIRECTORY_MODE) == 0;
    int error = made || errno == EEXIST ? 0 : -errno;
    if (made) sync_parent(files, path);
    if (error == 0) {
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0) return fd;
        error = -errno;
    }
    journal_problem(ret_problem, "%s: %s", path, strerror(-error));
    return error;
}

static void make_header(struct herd_journal *journal, const struct herd_journal_options *options)
{
    struct herd_buffer *header = &journal->header;
    herd_buffer_append(header, HERD_TEXT("00000000 " HEADER_WORD " "));
    herd_buffer_append_number(header, HERD_JOURNAL_FORMAT);
    herd_buffer_append_byte(header, ' ');
    herd_buffer_append(header, options->herd);
    herd_buffer_append_byte(header, ' ');
    herd_buffer_append(header, options->server);
    append_seal(header, 0);
}

static struct herd_journal *create(const struct herd_journal_options *options, const struct journal_files *files)
{
    assert(herd_name_valid(options->herd) && herd_name_valid(options->server));
    struct herd_journal *journal = herd_memory_allocate_zeroed(1, sizeof *journal);
    int64_t interval_ms = options->interval_ms == 0 ? HERD_JOURNAL_INTERVAL_MS_DEFAULT : options->interval_ms;
    journal->files = *files;
    journal->durability = options->durability;
    journal->segment_bytes = options->segment_bytes == 0 ? HERD_JOURNAL_SEGMENT_BYTES_DEFAULT : options->segment_bytes;
    journal->path = herd_string_copy(options->directory);
    journal->directory = journal->lock = journal->current = -1;
    journal->syncer = (struct syncer){
        .files = *files,
        .eager = options->durability == HERD_JOURNAL_SYNCED,
        .interval_ns = interval_ms * HERD_NS_PER_MS,
        .owner = options->owner,
        .on_synced = options->on_synced,
        .current = -1,
    };
    make_header(journal, options);
    return journal;
}

static void destroy(struct herd_journal *journal)
{
    assert(journal->current < 0);
    if (journal->lock >= 0) close(journal->lock);
    if (journal->directory >= 0) close(journal->directory);
    herd_buffer_finish(&journal->header);
    herd_buffer_finish(&journal->batch);
    herd_memory_free(journal->segments);
    herd_memory_free(journal->path);
    herd_memory_free(journal);
}

/* The first segment to write to. What it needs of the disk may be missing. */
static int begin(struct herd_journal *journal, const struct herd_journal_options *options,
                 char ret_problem[HERD_JOURNAL_PROBLEM_SIZE])
{
    journal->syncer.directory = journal->directory;
    int error = syncer_start(&journal->syncer);
    if (error < 0) {
        journal_problem(ret_problem, "%s: %s", options->directory,
                        error == -EAGAIN ? HERD_THREAD_ADVICE : strerror(-error));
        return error == -EAGAIN ? -ENOMEM : error; /* -EAGAIN is -EWOULDBLOCK: another server's lock */
    }
    error = segment_next(journal);
    if (error == 0) return 0;
    if (journal_is_full(error)) {
        herd_machine_move(&journal_machine, &journal->state, HERD_JOURNAL_FULL, 0);
        journal->error = error;
        return 0;
    }
    journal_problem(ret_problem, "a new file in %s: %s", options->directory, strerror(-error));
    syncer_stop(&journal->syncer);
    return error;
}

int journal_open_with(const struct herd_journal_options *options, const struct journal_files *files,
                      char ret_problem[HERD_JOURNAL_PROBLEM_SIZE], struct herd_journal **ret_journal)
{
    struct herd_journal *journal = create(options, files);
    int error = journal->directory = journal_open_directory(files, options->directory, ret_problem);
    if (error >= 0) error = lock_take(journal->directory, options->directory, ret_problem, &journal->lock);
    if (error == 0) error = replay_all(journal, options, ret_problem);
    if (error == 0 && journal->next_number > NUMBER_MAX) {
        journal_problem(ret_problem, "%s: its files' numbers have come to their end", options->directory);
        error = -EOVERFLOW;
    }
    if (error == 0) {
        replay_tidy(journal);
        error = begin(journal, options, ret_problem);
    }
    if (error == 0) {
        *ret_journal = journal;
    } else {
        destroy(journal);
    }
    return error;
}

int herd_journal_open(const struct herd_journal_options *options, char ret_problem[HERD_JOURNAL_PROBLEM_SIZE],
                      struct herd_journal **ret_journal)
{
    struct journal_files files;
    journal_files_system(&files);
    return journal_open_with(options, &files, ret_problem, ret_journal);
}

/* ---- close ---- */

/* The last segment, where nothing came to be in it. */
static void remove_empty(struct herd_journal *journal)
{
    const struct journal_files *files = &journal->files;
    char name[SEGMENT_NAME_SIZE];
    if (journal->segment_count == 0 || segment_current(journal)->records > 0) return;
    segment_name(segment_current(journal)->number, name);
    files->remove(files->owner, journal->directory, name);
}

int herd_journal_close(struct herd_journal *journal)
{
    if (journal == NULL) return 0;
    herd_journal_write(journal);
    watch_files(journal); /* what is lost by now is not complete */
    bool was_open = journal->current >= 0;
    int error = journal->error;
    segment_end(journal, true);
    int last_error = syncer_stop(&journal->syncer);
    if (error == 0) error = last_error;
    if (was_open && error == 0) remove_empty(journal);
    destroy(journal);
    return error;
}
