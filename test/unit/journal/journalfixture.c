/* SPDX-License-Identifier: MIT */
#include "journalfixture.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "herd/clock.h"
#include "herd/memory.h"

#include "../ownfolder.h"

#define DEADLINE_S 20
#define POSITION "+34-118.5"

static const char *const origins[] = {"Goloman", "Hands", "Welsh"};

/* ---- records ---- */

struct herd_version fixture_version(struct fixture *fixture, unsigned i, char text[64])
{
    int client = snprintf(text, 16, "c%u", i);
    int time = snprintf(text + 16, 16, "%u.5", 1500000000 + i);
    struct herd_version version = {
        .report = {.client = {text, (size_t)client},
                   .position = HERD_TEXT_INIT(POSITION),
                   .time = {text + 16, (size_t)time},
                   .time_ns = (1500000000 + (int64_t)i) * HERD_NS_PER_S + HERD_NS_PER_S / 2},
        .difference_ns = (int64_t)i - 7,
    };
    herd_version_set_origin(&fixture->names, herd_text_of(origins[i % 3]), &version);
    return version;
}

void fixture_line(struct fixture *fixture, unsigned i, struct herd_buffer *out)
{
    char text[64];
    struct herd_version version = fixture_version(fixture, i, text);
    append_version(out, herd_version_origin(&fixture->names, &version), &version);
}

void fixture_header(struct herd_buffer *out, const char *rest)
{
    size_t at = herd_buffer_length(out);
    herd_buffer_append(out, HERD_TEXT("00000000 HERD-JOURNAL "));
    herd_buffer_append(out, herd_text_of(rest));
    append_seal(out, at);
}

void fixture_append(struct fixture *fixture, unsigned first, unsigned end)
{
    for (unsigned i = first; i < end; i++) {
        char text[64];
        struct herd_version version = fixture_version(fixture, i, text);
        herd_journal_append(fixture->journal, &fixture->names, &version);
    }
}

static void on_record(void *owner, struct herd_text origin, struct herd_version *version)
{
    struct fixture *fixture = owner;
    struct herd_text client = version->report.client;
    uint64_t i;
    assert_true(client.length > 1 && client.bytes[0] == 'c');
    assert_int_equal(herd_number_parse((struct herd_text){client.bytes + 1, client.length - 1}, RECORDS_MAX - 1, &i),
                     0);
    char text[64];
    struct herd_version expected = fixture_version(fixture, (unsigned)i, text);
    assert_true(herd_text_equal(origin, herd_version_origin(&fixture->names, &expected)));
    assert_int_equal(version->origin, HERD_NAME_UNKNOWN);
    assert_int_equal(version->way_count, 0);
    assert_true(herd_text_equal(version->report.position, expected.report.position));
    assert_true(herd_text_equal(version->report.time, expected.report.time));
    assert_true(version->report.time_ns == expected.report.time_ns);
    assert_true(version->difference_ns == expected.difference_ns);
    if (fixture->seen[i]++ == 0) fixture->seen_count++;
}

void fixture_expect(const struct fixture *fixture, unsigned first, unsigned end)
{
    for (unsigned i = first; i < end; i++) {
        if (fixture->seen[i] == 0) fail_msg("record %u of %u to %u is missing", i, first, end);
    }
    assert_int_equal(fixture->seen_count, end - first);
}

/* ---- the journal ---- */

static void on_synced(void *owner)
{
    struct fixture *fixture = owner;
    pthread_mutex_lock(&fixture->mutex);
    fixture->synced_count++;
    pthread_cond_signal(&fixture->synced);
    pthread_mutex_unlock(&fixture->mutex);
}

int fixture_setup(void **state)
{
    struct fixture *fixture = herd_memory_allocate_zeroed(1, sizeof *fixture);
    char folder[OWN_FOLDER_SIZE];
    if (!own_folder(folder, "test-journal") || strlen(folder) >= sizeof fixture->parent) return -1;
    memcpy(fixture->parent, folder, strlen(folder) + 1);
    snprintf(fixture->directory, sizeof fixture->directory, "%s/Goloman", fixture->parent);
    faultfiles_init(&fixture->faults);
    herd_names_init(&fixture->names);
    herd_names_add(&fixture->names, herd_text_of(origins[0]));
    herd_names_add(&fixture->names, herd_text_of(origins[1])); /* the third one is foreign */
    pthread_mutex_init(&fixture->mutex, NULL);
    pthread_cond_init(&fixture->synced, NULL);
    fixture->options = (struct herd_journal_options){
        .directory = fixture->directory,
        .herd = HERD_TEXT_INIT("herd"),
        .server = HERD_TEXT_INIT("Goloman"),
        .durability = HERD_JOURNAL_WRITTEN,
        .owner = fixture,
        .on_record = on_record,
        .on_synced = on_synced,
    };
    *state = fixture;
    return 0;
}

/* Without a shell: that would take longer than a test. */
static int remove_tree(const char *path)
{
    DIR *stream = opendir(path);
    if (stream == NULL) return remove(path);
    for (const struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        char inner[512];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        snprintf(inner, sizeof inner, "%s/%.250s", path, entry->d_name);
        remove_tree(inner);
    }
    closedir(stream);
    return remove(path);
}

int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;
    FAULT(&fixture->faults, held, false); /* a test that failed may have left it so */
    herd_journal_close(fixture->journal);
    int result = remove_tree(fixture->parent);
    faultfiles_finish(&fixture->faults);
    herd_names_finish(&fixture->names);
    pthread_cond_destroy(&fixture->synced);
    pthread_mutex_destroy(&fixture->mutex);
    herd_memory_free(fixture);
    return result;
}

static void forget_seen(struct fixture *fixture)
{
    memset(fixture->seen, 0, sizeof fixture->seen);
    fixture->seen_count = 0;
}

int fixture_try_open(struct fixture *fixture)
{
    forget_seen(fixture);
    fixture->faults.file_count = 0; /* what earlier ones made is on the disk */
    return journal_open_with(&fixture->options, &fixture->faults.calls, fixture->problem, &fixture->journal);
}

void fixture_open(struct fixture *fixture)
{
    int error = fixture_try_open(fixture);
    if (error != 0) fail_msg("%s", fixture->problem);
}

int fixture_close(struct fixture *fixture)
{
    int error = herd_journal_close(fixture->journal);
    fixture->journal = NULL;
    return error;
}

void fixture_reopen(struct fixture *fixture)
{
    fixture_close(fixture);
    faultfiles_finish(&fixture->faults);
    faultfiles_init(&fixture->faults);
    fixture_open(fixture);
}

/* ---- waiting ---- */

void fixture_wait_synced(struct fixture *fixture, unsigned count)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += DEADLINE_S;
    pthread_mutex_lock(&fixture->mutex);
    int error = 0;
    while (fixture->synced_count <= count && error == 0)
        error = pthread_cond_timedwait(&fixture->synced, &fixture->mutex, &until);
    pthread_mutex_unlock(&fixture->mutex);
    if (error != 0) fail_msg("nothing was synced in time");
}

unsigned fixture_synced_count(struct fixture *fixture)
{
    pthread_mutex_lock(&fixture->mutex);
    unsigned count = fixture->synced_count;
    pthread_mutex_unlock(&fixture->mutex);
    return count;
}

void fixture_wait_durable(struct fixture *fixture, uint64_t position)
{
    unsigned count = fixture_synced_count(fixture);
    while (herd_journal_durable(fixture->journal) < position) {
        fixture_wait_synced(fixture, count);
        count = fixture_synced_count(fixture);
    }
}

void fixture_wait_state(struct fixture *fixture, enum herd_journal_state state)
{
    unsigned count = fixture_synced_count(fixture);
    while (herd_journal_state(fixture->journal) != state) {
        fixture_wait_synced(fixture, count);
        count = fixture_synced_count(fixture);
    }
}

void fixture_wait_rewrites(struct fixture *fixture, uint64_t rewrites)
{
    for (;;) {
        struct herd_journal_counts counts;
        unsigned count = fixture_synced_count(fixture);
        herd_journal_state(fixture->journal);
        herd_journal_counts(fixture->journal, &counts);
        if (counts.rewrites == rewrites) return;
        fixture_wait_synced(fixture, count);
    }
}

void fixture_wait_syncs(struct fixture *fixture, unsigned syncs)
{
    unsigned count = fixture_synced_count(fixture);
    while (faultfiles_syncs(&fixture->faults) <= syncs) {
        fixture_wait_synced(fixture, count);
        count = fixture_synced_count(fixture);
    }
}

/* ---- files ---- */

static void path_of(const struct fixture *fixture, const char *name, char path[512])
{
    snprintf(path, 512, "%s/%s", fixture->directory, name);
}

void fixture_write_file(const struct fixture *fixture, const char *name, struct herd_text bytes)
{
    char path[512];
    if (mkdir(fixture->directory, 0700) != 0) assert_int_equal(errno, EEXIST);
    path_of(fixture, name, path);
    unlink(path); /* some file systems wait for the disk where a file is cut and written again */
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.bytes, 1, bytes.length, file), bytes.length);
    assert_int_equal(fclose(file), 0);
}

void fixture_read_file(const struct fixture *fixture, const char *name, struct herd_buffer *out)
{
    char path[512];
    path_of(fixture, name, path);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    for (size_t got = 1; got > 0; herd_buffer_commit(out, got))
        got = fread(herd_buffer_reserve(out, 65536), 1, 65536, file);
    assert_int_equal(fclose(file), 0);
}

static int64_t pull(void *source, void *out, size_t size)
{
    struct herd_text *left = source;
    size_t taken = size < left->length ? size : left->length;
    memcpy(out, left->bytes, taken);
    left->bytes += taken;
    left->length -= taken;
    return (int64_t)taken;
}

static int take_record(void *owner, const struct herd_journal_line *line)
{
    struct fixture *fixture = owner;
    struct herd_version version = {.report = line->at.report, .difference_ns = line->at.difference_ns};
    if (line->kind == HERD_JOURNAL_RECORD) fixture->options.on_record(fixture, line->at.origin, &version);
    return 0;
}

struct herd_journal_sums fixture_read_bytes(struct fixture *fixture, struct herd_text bytes)
{
    struct herd_journal_sums sums = {0};
    forget_seen(fixture);
    assert_int_equal(herd_journal_read(&bytes, pull, &sums, fixture, take_record), 0);
    return sums;
}

struct herd_journal_sums fixture_read_segment(struct fixture *fixture, const char *name)
{
    struct herd_buffer bytes = HERD_BUFFER_INIT;
    char path[512];
    path_of(fixture, name, path);
    if (access(path, F_OK) == 0) fixture_read_file(fixture, name, &bytes);
    struct herd_journal_sums sums = fixture_read_bytes(fixture, herd_buffer_text(&bytes));
    herd_buffer_finish(&bytes);
    return sums;
}

void fixture_forget_files(struct fixture *fixture)
{
    remove_tree(fixture->directory);
    faultfiles_finish(&fixture->faults);
    faultfiles_init(&fixture->faults);
}

unsigned fixture_segments(const struct fixture *fixture)
{
    unsigned count = 0;
    DIR *stream = opendir(fixture->directory);
    assert_non_null(stream);
    for (const struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream))
        count += herd_journal_segment_number(entry->d_name) != 0;
    closedir(stream);
    return count;
}
