/* SPDX-License-Identifier: MIT */
/*
 * Segments. One is written to, the current one; when it is large enough the
 * next one begins, and the thread syncs and closes the old one. Room is
 * allocated some megabytes ahead of the writing, beyond the end of the file:
 * writing then need not look for blocks, and a crash leaves little to give
 * back.
 *
 * A segment that cannot be made is no segment: what there is of it is deleted.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "herd/memory.h"
#include "local.h"

#define ALLOCATE_BYTES (UINT64_C(4) << 20)

void segment_name(uint64_t number, char ret_name[SEGMENT_NAME_SIZE])
{
    char text[32];
    assert(number > 0 && number < UINT64_C(10000000000));
    snprintf(text, sizeof text, "%0*llu" SEGMENT_SUFFIX, SEGMENT_DIGITS, (unsigned long long)number);
    memcpy(ret_name, text, SEGMENT_NAME_SIZE);
}

struct segment *segment_add(struct herd_journal *journal, uint64_t number)
{
    assert(journal->segment_count == 0 || segment_current(journal)->number < number);
    size_t count = journal->segment_count++;
    journal->segments = herd_memory_resize(journal->segments, (count + 1) * sizeof *journal->segments);
    journal->segments[count] = (struct segment){.number = number};
    return &journal->segments[count];
}

void segment_forget(struct herd_journal *journal, uint64_t first, uint64_t end)
{
    size_t kept = 0;
    for (size_t i = 0; i < journal->segment_count; i++) {
        const struct segment *segment = &journal->segments[i];
        if (segment->number < first || segment->number >= end) journal->segments[kept++] = *segment;
    }
    journal->segment_count = kept;
}

static int write_header(struct herd_journal *journal, int fd)
{
    struct herd_text left = herd_buffer_text(&journal->header);
    while (left.length > 0) {
        int64_t written = journal->files.write(journal->files.owner, fd, left.bytes, left.length);
        if (written < 0) return (int)written;
        if (written == 0) return -EIO;
        left.bytes += written;
        left.length -= (size_t)written;
    }
    return 0;
}

/* The descriptor, or a negative errno. */
static int make(struct herd_journal *journal, uint64_t number)
{
    const struct journal_files *files = &journal->files;
    char name[SEGMENT_NAME_SIZE];
    segment_name(number, name);
    int fd = files->open(files->owner, journal->directory, name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND);
    if (fd < 0) return fd;
    int error = write_header(journal, fd);
    if (error == 0) return fd;
    files->close(files->owner, fd);
    files->remove(files->owner, journal->directory, name);
    return error;
}

static struct sealed seal(struct herd_journal *journal, bool sync)
{
    if (journal->current < 0) return (struct sealed){.fd = -1};
    assert(journal->segment_count > 0);
    return (struct sealed){.fd = journal->current, .sync = sync, .size = segment_current(journal)->bytes};
}

int segment_next(struct herd_journal *journal)
{
    int fd = make(journal, journal->next_number);
    if (fd == -EEXIST) fd = make(journal, ++journal->next_number); /* one that could not be deleted */
    if (fd < 0) {
        journal->counts.errors++;
        return fd;
    }
    syncer_switch(&journal->syncer, seal(journal, true), fd);
    journal->current = fd;
    journal->allocated = 0;
    journal->back_to = 0;
    journal->rotate_at = journal->segment_bytes;
    segment_add(journal, journal->next_number++)->bytes = herd_buffer_length(&journal->header);
    segment_allocate(journal, 0);
    return 0;
}

void segment_end(struct herd_journal *journal, bool sync)
{
    if (journal->current < 0) return;
    syncer_switch(&journal->syncer, seal(journal, sync), -1);
    journal->current = -1;
}

void segment_remove_from(struct herd_journal *journal, uint64_t first)
{
    const struct journal_files *files = &journal->files;
    char name[SEGMENT_NAME_SIZE];
    assert(journal->current < 0);
    for (size_t i = 0; i < journal->segment_count; i++) {
        if (journal->segments[i].number < first) continue;
        segment_name(journal->segments[i].number, name);
        files->remove(files->owner, journal->directory, name);
    }
    segment_forget(journal, first, UINT64_MAX);
    journal->next_number = first;
}

void segment_allocate(struct herd_journal *journal, uint64_t size)
{
    const struct journal_files *files = &journal->files;
    assert(journal->current >= 0);
    uint64_t wanted = segment_current(journal)->bytes + size;
    if (wanted < journal->allocated) return;
    uint64_t length = wanted - journal->allocated + ALLOCATE_BYTES;
    bool failed = files->allocate(files->owner, journal->current, journal->allocated, length) < 0;
    journal->allocated = failed ? UINT64_MAX : journal->allocated + length;
}
