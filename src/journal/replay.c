/* SPDX-License-Identifier: MIT */
/*
 * What is in the directory: every segment is read, oldest first, and each
 * intact record handed out. The order does not matter and neither do
 * repetitions, as the greater version wins: so a crash in a rewrite, a copied
 * or a missing segment needs no care.
 *
 * A header that is damaged is one damaged line like any other. One that is
 * intact and says another herd, server or format ends it: these files are not
 * ours to add to, and not ours to delete.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "herd/memory.h"
#include "herd/path.h"
#include "local.h"

#define TIDY_BYTES 65536 /* allocated beyond the end: not worth a call */

struct reading {
    struct herd_journal *journal;
    const struct herd_journal_options *options;
    char *problem;
    int fd;
    char name[SEGMENT_NAME_SIZE];
};

static int64_t pull(void *source, void *out, size_t size)
{
    struct reading *reading = source;
    const struct journal_files *files = &reading->journal->files;
    const struct herd_journal_options *options = reading->options;
    if (options->cancelled != NULL && options->cancelled(options->owner)) return -ECANCELED;
    return files->read(files->owner, reading->fd, out, size);
}

static int check_header(struct reading *reading, const struct herd_journal_line *line)
{
    const struct herd_journal_options *options = reading->options;
    if (line->format != HERD_JOURNAL_FORMAT) {
        journal_problem(reading->problem, "%s/%s has format %llu, this version reads format %d", options->directory,
                        reading->name, (unsigned long long)line->format, HERD_JOURNAL_FORMAT);
        return -EPROTO;
    }
    if (herd_text_equal(line->herd, options->herd) && herd_text_equal(line->server, options->server)) return 0;
    journal_problem(reading->problem, "%s/%s is of server %.*s of herd %.*s, this is %.*s of %.*s", options->directory,
                    reading->name, HERD_TEXT_ARGS(line->server), HERD_TEXT_ARGS(line->herd),
                    HERD_TEXT_ARGS(options->server), HERD_TEXT_ARGS(options->herd));
    return -EPROTO;
}

static int take_line(void *owner, const struct herd_journal_line *line)
{
    struct reading *reading = owner;
    if (line->kind == HERD_JOURNAL_HEADER) return check_header(reading, line);
    if (line->kind != HERD_JOURNAL_RECORD || reading->options->on_record == NULL) return 0;
    struct herd_version version = {.report = line->at.report, .difference_ns = line->at.difference_ns};
    reading->options->on_record(reading->options->owner, line->at.origin, &version);
    return 0;
}

static int read_segment(struct reading *reading, uint64_t number)
{
    struct herd_journal *journal = reading->journal;
    const struct journal_files *files = &journal->files;
    struct herd_journal_sums *sums = &journal->replay.sums;
    struct herd_journal_sums before = *sums;
    segment_name(number, reading->name);
    reading->fd = files->open(files->owner, journal->directory, reading->name, O_RDONLY);
    int error = reading->fd;
    if (reading->fd >= 0) {
        error = herd_journal_read(reading, pull, sums, reading, take_line);
        files->close(files->owner, reading->fd);
    }
    if (error < 0 && error != -EPROTO)
        journal_problem(reading->problem, "%s/%s: %s", reading->options->directory, reading->name,
                        herd_path_reason(error));
    if (error < 0) return error;
    struct segment *segment = segment_add(journal, number);
    segment->bytes = sums->bytes - before.bytes;
    segment->records = sums->records - before.records;
    return 0;
}

/* ---- which ones there are ---- */

struct numbers {
    uint64_t *items;
    size_t count;
};

static int list_entries(DIR *stream, struct numbers *numbers)
{
    size_t capacity = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (entry == NULL) return -errno;
        uint64_t number = herd_journal_segment_number(entry->d_name);
        if (number == 0) continue;
        if (numbers->count == capacity) {
            capacity = capacity == 0 ? 16 : 2 * capacity;
            numbers->items = herd_memory_resize(numbers->items, capacity * sizeof *numbers->items);
        }
        numbers->items[numbers->count++] = number;
    }
}

static int list_segments(int directory, struct numbers *numbers)
{
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -errno;
    DIR *stream = fdopendir(fd);
    if (stream == NULL) {
        int error = -errno;
        close(fd);
        return error;
    }
    int error = list_entries(stream, numbers);
    closedir(stream);
    return error;
}

static int compare_numbers(const void *a, const void *b)
{
    const uint64_t *first = a;
    const uint64_t *second = b;
    return (*first > *second) - (*first < *second);
}

int replay_all(struct herd_journal *journal, const struct herd_journal_options *options,
               char ret_problem[HERD_JOURNAL_PROBLEM_SIZE])
{
    struct reading reading = {.journal = journal, .options = options, .problem = ret_problem};
    struct numbers numbers = {0};
    int error = list_segments(journal->directory, &numbers);
    if (error < 0) journal_problem(ret_problem, "%s: %s", options->directory, strerror(-error));
    if (numbers.count > 1) qsort(numbers.items, numbers.count, sizeof *numbers.items, compare_numbers);
    for (size_t i = 0; error == 0 && i < numbers.count; i++)
        error = read_segment(&reading, numbers.items[i]);
    journal->next_number = 1;
    if (error == 0 && numbers.count > 0) {
        uint64_t last = numbers.items[numbers.count - 1];
        journal->next_number = last + 1;
        journal->replay.segments = numbers.count;
        journal->replay.missing = last - numbers.items[0] + 1 - numbers.count;
    }
    herd_memory_free(numbers.items);
    return error;
}

int replay_last_number(int directory, uint64_t *ret_number)
{
    struct numbers numbers = {0};
    int error = list_segments(directory, &numbers);
    uint64_t last = 0;
    for (size_t i = 0; i < numbers.count; i++) {
        if (numbers.items[i] > last) last = numbers.items[i];
    }
    if (error == 0) *ret_number = last;
    herd_memory_free(numbers.items);
    return error;
}

/* ---- afterwards ---- */

static void trim(struct herd_journal *journal, const char *name)
{
    const struct journal_files *files = &journal->files;
    struct stat status;
    if (fstatat(journal->directory, name, &status, 0) != 0) return;
    if ((uint64_t)status.st_blocks * 512 < (uint64_t)status.st_size + TIDY_BYTES) return;
    int fd = files->open(files->owner, journal->directory, name, O_WRONLY);
    if (fd < 0) return;
    files->truncate(files->owner, fd, (uint64_t)status.st_size);
    files->close(files->owner, fd);
}

/* Nothing but the header that it was made with, or not even that. */
static bool is_empty(const struct herd_journal *journal, const struct segment *segment)
{
    return segment->records == 0 && (segment->bytes == 0 || segment->bytes == herd_buffer_length(&journal->header));
}

/* Only the last ones are deleted, and their numbers used again: a number that is missing then means that somebody took
 * a file away. */
void replay_tidy(struct herd_journal *journal)
{
    const struct journal_files *files = &journal->files;
    char name[SEGMENT_NAME_SIZE];
    while (journal->segment_count > 0 && is_empty(journal, segment_current(journal))) {
        uint64_t number = segment_current(journal)->number;
        segment_name(number, name);
        if (files->remove(files->owner, journal->directory, name) < 0) break;
        journal->segment_count--;
        journal->next_number = number;
    }
    for (size_t i = 0; i < journal->segment_count; i++) {
        segment_name(journal->segments[i].number, name);
        trim(journal, name);
    }
}
