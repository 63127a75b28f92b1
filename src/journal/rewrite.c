/* SPDX-License-Identifier: MIT */
/*
 * Writing all anew: a new segment is begun, the caller appends its whole store
 * to it, the thread syncs it and the directory and only then deletes what is
 * older. Until that the older segments are complete, after it the newer ones
 * are; in between there are both, which replay does not mind.
 *
 * A rewrite that mends begins by looking whether the directory is still its
 * own (watch.c).
 *
 * Failures. The rewrite ends and the state is FULL or FAILED. Where it was OK
 * when it began, its segments stay: what was accepted since is only there.
 * Where it was to mend a state that was not, its segments are deleted while
 * the older ones are still there: nothing in them was promised to anybody, and
 * a full disk gets its room back. Once the end was asked for nothing is
 * deleted but by the thread.
 */
#include <assert.h>
#include <errno.h>

#include "herd/machine.h"
#include "herd/memory.h"
#include "local.h"

#define GARBAGE_FACTOR 4
#define SEGMENTS_MANY 64 /* a restart leaves one each time */

static const struct herd_machine rewrite_machine = {
    .name = "rewrite",
    .states = {[REWRITE_IDLE] = {"idle", HERD_TO(REWRITE_SCANNING)},
               [REWRITE_SCANNING] = {"scanning", HERD_TO(REWRITE_ENDING) | HERD_TO(REWRITE_IDLE)},
               [REWRITE_ENDING] = {"ending", HERD_TO(REWRITE_IDLE)}}};

void journal_move_rewrite(struct herd_journal *journal, enum rewrite_state to)
{
    herd_machine_move(&rewrite_machine, &journal->rewrite, to, 0);
}

/* Dead lines outweigh the live ones, or there are many files of which most are small. */
static bool is_wasteful(const struct herd_journal *journal, uint64_t live)
{
    uint64_t bytes = 0;
    uint64_t records = 0;
    for (size_t i = 0; i < journal->segment_count; i++) {
        bytes += journal->segments[i].bytes;
        records += journal->segments[i].records;
    }
    bool small = bytes / (journal->segment_count + 1) < journal->segment_bytes / 2;
    if (journal->segment_count > SEGMENTS_MANY && small) return true;
    return bytes > journal->segment_bytes && records / GARBAGE_FACTOR > live;
}

bool herd_journal_tick(struct herd_journal *journal, int64_t now_ms, uint64_t live)
{
    if (journal == NULL) return false;
    journal_poll(journal);
    watch_files(journal);
    if (journal->rewrite != REWRITE_IDLE) return false;
    if (journal->due_now || (journal->state == HERD_JOURNAL_OK && !journal->due_known)) {
        journal->due_ms = now_ms;
        journal->due_known = true;
    } else if (!journal->due_known) {
        journal->due_ms = now_ms + RETRY_MS;
        journal->due_known = true;
    }
    journal->due_now = false;
    if (now_ms < journal->due_ms) return false;
    if (journal->state == HERD_JOURNAL_OK && !is_wasteful(journal, live)) return false;
    journal->due_ms = now_ms + RETRY_MS;
    return true;
}

int herd_journal_rewrite_begin(struct herd_journal *journal)
{
    if (journal == NULL) return 0;
    herd_journal_write(journal);
    assert(journal->rewrite == REWRITE_IDLE);
    int error = watch_reclaim(journal);
    if (error == 0) error = segment_next(journal);
    if (error < 0) return error;
    journal_move_rewrite(journal, REWRITE_SCANNING);
    journal->rewrite_mends = journal->state != HERD_JOURNAL_OK;
    journal->rewrite_first = segment_current(journal)->number;
    return 0;
}

bool herd_journal_rewriting(struct herd_journal *journal)
{
    if (journal == NULL) return false;
    journal_poll(journal);
    return journal->rewrite == REWRITE_SCANNING;
}

int herd_journal_rewrite_end(struct herd_journal *journal)
{
    if (journal == NULL) return 0;
    herd_journal_write(journal);
    if (journal->rewrite != REWRITE_SCANNING) return -ECANCELED;
    assert(journal->current >= 0 && journal->segment_count > 0);
    uint64_t *numbers = herd_memory_allocate(journal->segment_count * sizeof *numbers);
    size_t count = 0;
    for (size_t i = 0; i < journal->segment_count; i++) {
        if (journal->segments[i].number < journal->rewrite_first) numbers[count++] = journal->segments[i].number;
    }
    journal->finish_id = syncer_finish(&journal->syncer, journal->position, numbers, count);
    journal_move_rewrite(journal, REWRITE_ENDING);
    herd_memory_free(numbers);
    return 0;
}
