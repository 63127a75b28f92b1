/* SPDX-License-Identifier: MIT */
/*
 * The batch: lines are made in memory and written once a turn. The write is on
 * the loop: it costs microseconds, handing it to a thread would cost more.
 *
 * A write that takes only part is continued. One that fails in the middle
 * would leave half a line: the file is cut back to its last whole one, and as
 * it is never written again a half line that could not be cut off harms
 * nobody. Then the state is FULL or FAILED, and what is appended is dropped:
 * the store has it, and a rewrite will bring it all.
 */
#include <assert.h>
#include <errno.h>

#include "herd/clock.h"
#include "herd/crc32c.h"
#include "herd/reply.h"
#include "herd/word.h"
#include "local.h"

#define BACK_BYTES (UINT64_C(1) << 20)

#define SKIPPED (CHECKSUM_DIGITS + 1) /* before what is sealed */

static void write_checksum(uint32_t checksum, char *out)
{
    herd_word_store(herd_word_hex(checksum), out);
}

void append_seal(struct herd_buffer *out, size_t at)
{
    assert(at + SKIPPED <= herd_buffer_length(out));
    char *line = out->memory + out->start + at;
    write_checksum(herd_crc32c(0, line + SKIPPED, herd_buffer_length(out) - at - SKIPPED), line);
    herd_buffer_append_byte(out, '\n');
}

void append_line(struct herd_buffer *out, struct herd_text line)
{
    size_t length = SKIPPED + line.length + 1;
    char *at = herd_buffer_reserve(out, length);
    herd_buffer_commit(out, length);
    at[CHECKSUM_DIGITS] = ' ';
    at[length - 1] = '\n';
    write_checksum(herd_crc32c_copy(0, at + SKIPPED, line.bytes, line.length), at);
}

void append_version(struct herd_buffer *out, struct herd_text origin, const struct herd_version *version)
{
    size_t at = herd_buffer_length(out);
    herd_buffer_append(out, HERD_TEXT("00000000 "));
    herd_reply_append_at(out, origin, version->difference_ns, &version->report);
    append_seal(out, at);
}

/* Whether a record finds its way into the batch; counted either way. */
static bool takes(struct herd_journal *journal)
{
    journal->counts.appended++;
    if (journal_keeps(journal)) return true;
    journal->counts.dropped++;
    journal->position++; /* so that with SYNCED a reply to it waits */
    return false;
}

static void count_batch(struct herd_journal *journal, size_t length)
{
    journal->position += length;
    journal->batch_records++;
}

void herd_journal_append(struct herd_journal *journal, const struct herd_names *names,
                         const struct herd_version *version)
{
    if (journal == NULL) return;
    if (!takes(journal)) return;
    size_t before = herd_buffer_length(&journal->batch);
    append_version(&journal->batch, herd_version_origin(names, version), version);
    count_batch(journal, herd_buffer_length(&journal->batch) - before);
}

void herd_journal_append_line(struct herd_journal *journal, struct herd_text line)
{
    if (journal == NULL || !takes(journal)) return;
    count_batch(journal, SKIPPED + line.length + 1);
    append_line(&journal->batch, line);
}

/* Bytes up to and with the last LF. */
static size_t whole_lines(const char *bytes, size_t length)
{
    while (length > 0 && bytes[length - 1] != '\n')
        length--;
    return length;
}

static uint64_t count_lines(const char *bytes, size_t length)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < length; i++)
        lines += bytes[i] == '\n';
    return lines;
}

/* `done` bytes of the batch are in the file, the next one failed. */
static void cut_back(struct herd_journal *journal, size_t done)
{
    const struct journal_files *files = &journal->files;
    struct segment *segment = segment_current(journal);
    const char *bytes = herd_buffer_text(&journal->batch).bytes;
    size_t whole = whole_lines(bytes, done);
    assert(whole <= done && done <= herd_buffer_length(&journal->batch));
    segment->bytes += whole;
    segment->records += count_lines(bytes, whole);
    if (whole < done) files->truncate(files->owner, journal->current, segment->bytes);
}

/* All of the batch: 0, or a negative errno and *ret_done bytes of it. */
static int write_all(struct herd_journal *journal, size_t *ret_done)
{
    const struct journal_files *files = &journal->files;
    struct herd_text batch = herd_buffer_text(&journal->batch);
    size_t done = 0;
    int error = 0;
    while (error == 0 && done < batch.length) {
        int64_t written = files->write(files->owner, journal->current, batch.bytes + done, batch.length - done);
        journal->counts.writes++;
        assert(written <= (int64_t)(batch.length - done));
        if (written > 0) done += (size_t)written;
        error = written > 0 ? 0 : written < 0 ? (int)written : -EIO;
    }
    *ret_done = done;
    return error;
}

static int write_timed(struct herd_journal *journal)
{
    size_t done;
    int64_t start_ns = herd_clock_monotonic_ns();
    int error = write_all(journal, &done);
    uint64_t taken_ns = (uint64_t)(herd_clock_monotonic_ns() - start_ns);
    journal->counts.write_ns += taken_ns;
    if (taken_ns > journal->counts.write_max_ns) journal->counts.write_max_ns = taken_ns;
    if (error != 0) cut_back(journal, done);
    return error;
}

/* Where there cannot be a new segment now the old one goes on for a while. */
static void rotate(struct herd_journal *journal, size_t size)
{
    const struct segment *segment = segment_current(journal);
    if (segment->records == 0 || segment->bytes + size <= journal->rotate_at) return;
    if (segment_next(journal) < 0) journal->rotate_at += journal->segment_bytes / 8 + 1;
}

/* Only what is kept for good is told as written: while a rewrite mends, that is for its end to say. */
static void tell_syncer(struct herd_journal *journal)
{
    uint64_t bytes = segment_current(journal)->bytes;
    assert(journal->back_to <= bytes);
    bool back = journal->durability == HERD_JOURNAL_WRITTEN && bytes - journal->back_to >= BACK_BYTES;
    uint64_t position = journal->state == HERD_JOURNAL_OK ? journal->position : 0;
    if (back) journal->back_to = bytes;
    syncer_written(&journal->syncer, position, bytes, journal->back_to);
}

enum herd_journal_state herd_journal_write(struct herd_journal *journal)
{
    if (journal == NULL) return HERD_JOURNAL_OK;
    journal_poll(journal);
    size_t size = herd_buffer_length(&journal->batch);
    if (size == 0) return journal->state;
    assert(journal->current >= 0 && journal->batch_records > 0 && journal->position >= size);
    rotate(journal, size);
    segment_allocate(journal, size);
    int error = write_timed(journal);
    if (error != 0) {
        journal_break(journal, error);
        return journal->state;
    }
    struct segment *segment = segment_current(journal);
    segment->bytes += size;
    segment->records += journal->batch_records;
    herd_buffer_clear(&journal->batch);
    journal->batch_records = 0;
    tell_syncer(journal);
    return journal->state;
}
