/* SPDX-License-Identifier: MIT */
/*
 * A set: a service of places with what its providers need. The happy path: the
 * keys are read, the indexes' files opened and read into memory, each checked
 * there, by a worker, so that the loop never waits for the disk; then the
 * service has those that are good, in the order of the configuration. Once a
 * second the worker looks whether the files are still what was read: they stay
 * in use as they were, and that a restart would find something else is logged.
 *
 * Else: a key or a configured index that cannot be read is a fault with the line
 * that names it, which stops a start and a reload. An index that turns out
 * damaged stops a reload; at a start it is logged and left out, and where none
 * is left WHATSAT says so. The index beside the program may be missing or
 * damaged: it was not asked for.
 */
#include "local.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/log.h"
#include "herd/machine.h"
#include "herd/memory.h"
#include "herd/path.h"
#include "herd/text.h"

#define KEY_BYTES_MAX 4096

static const struct herd_machine set_machine = {
    .name = "places_set",
    .states = {[SEARCH_SET_PREPARING] = {"preparing", HERD_TO(SEARCH_SET_READY) | HERD_TO(SEARCH_SET_SERVING) |
                                                          HERD_TO(SEARCH_SET_RETIRED)},
               [SEARCH_SET_READY] = {"ready", HERD_TO(SEARCH_SET_SERVING) | HERD_TO(SEARCH_SET_RETIRED)},
               [SEARCH_SET_SERVING] = {"serving", HERD_TO(SEARCH_SET_RETIRED)},
               [SEARCH_SET_RETIRED] = {"retired", 0}}};

void search_set_move(struct herd_search_set *set, enum search_set_state state)
{
    herd_machine_move(&set_machine, &set->state, state, 0);
}

/* -- Making and ending ------------------------------------------------------ */

static char *copy(const char *text)
{
    return text == NULL ? NULL : herd_string_copy(text);
}

static void copy_providers(struct herd_search_set *set, const struct herd_search_options *options)
{
    set->settings = herd_memory_allocate_zeroed(options->provider_count, sizeof *set->settings);
    set->provider_count = options->provider_count;
    for (unsigned i = 0; i < set->provider_count; i++) {
        const struct herd_search_provider *from = &options->providers[i];
        set->settings[i] = (struct search_settings){copy(from->name), copy(from->url), copy(from->key_file),
                                                    copy(from->key_place), HERD_BUFFER_INIT};
    }
}

static bool wants_indexes(const struct herd_search_set *set)
{
    for (unsigned i = 0; i < set->provider_count; i++)
        if (!herd_places_provider_remote(set->settings[i].name)) return true;
    return false;
}

static void copy_paths(struct herd_search_set *set, const struct herd_search_options *options)
{
    if (!wants_indexes(set)) return;
    set->beside = options->index_count == 0;
    set->path_count = set->beside ? 1 : options->index_count;
    set->paths = herd_memory_allocate_zeroed(set->path_count, sizeof *set->paths);
    for (unsigned i = 0; i < set->path_count; i++)
        set->paths[i] = set->beside ? herd_index_file_beside_program() : copy(options->indexes[i]);
    set->index_place = copy(options->index_place != NULL ? options->index_place : "");
    set->files = herd_memory_allocate_zeroed(set->path_count, sizeof *set->files);
    set->indexes = herd_memory_allocate_zeroed(set->path_count, sizeof *set->indexes);
}

struct herd_search_set *search_set_create(struct herd_search *search, const struct herd_search_options *options)
{
    struct herd_search_set *set = herd_memory_allocate_zeroed(1, sizeof *set);
    set->search = search;
    set->state = SEARCH_SET_PREPARING;
    herd_list_init(&set->node);
    set->limits = options->places;
    set->limits.providers = NULL;
    set->limits.provider_count = 0;
    set->limits.counts = search != NULL ? &search->counts : NULL;
    set->fetch = options->fetch;
    set->user_agent = copy(options->user_agent);
    copy_providers(set, options);
    copy_paths(set, options);
    return set;
}

static void wipe(struct herd_buffer *bytes)
{
    if (bytes->memory != NULL) explicit_bzero(bytes->memory, bytes->end);
    herd_buffer_finish(bytes);
}

void search_set_destroy(struct herd_search_set *set)
{
    if (set == NULL) return;
    assert(!herd_worker_busy(&set->worker));
    herd_places_destroy(set->places);
    for (unsigned i = 0; i < set->provider_count; i++) {
        struct search_settings *settings = &set->settings[i];
        wipe(&settings->key);
        herd_memory_free(settings->name);
        herd_memory_free(settings->url);
        herd_memory_free(settings->key_file);
        herd_memory_free(settings->key_place);
    }
    for (unsigned i = 0; i < set->path_count; i++) {
        herd_memory_free(set->paths[i]);
        herd_index_file_finish(&set->files[i].file);
    }
    herd_list_remove(&set->node);
    herd_memory_free(set->settings);
    herd_memory_free(set->paths);
    herd_memory_free(set->files);
    herd_memory_free(set->indexes);
    herd_memory_free(set->index_place);
    herd_memory_free(set->user_agent);
    herd_buffer_finish(&set->faults);
    herd_memory_free(set);
}

bool search_set_remote(const struct herd_search_set *set)
{
    for (unsigned i = 0; i < set->provider_count; i++)
        if (herd_places_provider_remote(set->settings[i].name)) return true;
    return false;
}

bool search_set_unneeded(const struct herd_search_set *set)
{
    return !herd_worker_busy(&set->worker) && (set->places == NULL || herd_places_idle(set->places));
}

/* -- Reading ------------------------------------------------------------------ */

/* Notes a fault, a line of those parts, up to a NULL. */
static void note_fault(struct herd_search_set *set, int code, const char *const *parts)
{
    if (set->code == 0) set->code = code;
    for (; *parts != NULL; parts++)
        herd_buffer_append(&set->faults, herd_text_of(*parts));
    herd_buffer_append_byte(&set->faults, '\n');
}

/* A key file, without white space at its end. */
static void read_key(struct herd_search_set *set, struct search_settings *settings)
{
    const char *place = settings->key_place != NULL ? settings->key_place : "";
    const char *path = settings->key_file;
    char *bytes = herd_buffer_reserve(&settings->key, KEY_BYTES_MAX);
    int descriptor = herd_path_open_file(AT_FDCWD, path, O_RDONLY, 0);
    ssize_t length = descriptor >= 0 ? read(descriptor, bytes, KEY_BYTES_MAX) : -1;
    int error = descriptor >= 0 ? -errno : descriptor;

    if (descriptor >= 0) close(descriptor);
    if (length < 0) {
        note_fault(
            set, EX_NOINPUT,
            (const char *const[]){place, "cannot read the key file ", path, ": ", herd_path_reason(error), NULL});
        return;
    }
    while (length > 0 && (herd_is_space(bytes[length - 1]) || bytes[length - 1] == '\0'))
        length--;
    if (length == 0) note_fault(set, EX_CONFIG, (const char *const[]){place, "the key file ", path, " is empty", NULL});
    herd_buffer_commit(&settings->key, (size_t)length);
}

void search_set_read_keys(struct herd_search_set *set)
{
    for (unsigned i = 0; i < set->provider_count; i++)
        if (set->settings[i].key_file != NULL) read_key(set, &set->settings[i]);
}

static void refuse_index(struct herd_search_set *set, const struct herd_index_file *file)
{
    note_fault(set, EX_NOINPUT,
               (const char *const[]){set->index_place, "cannot read the places index ", file->path, ": ", file->problem,
                                     NULL});
}

bool search_set_open_files(struct herd_search_set *set)
{
    bool any = false;

    assert(set->file_count == 0);
    for (; set->file_count < set->path_count; set->file_count++) {
        struct herd_index_file *file = &set->files[set->file_count].file;
        int error = herd_index_file_open(file, set->paths[set->file_count]);
        any = any || error == 0;
        if (error != 0 && !(set->beside && herd_path_missing(error))) refuse_index(set, file);
    }
    return any;
}

static bool cancelled(const void *worker)
{
    return herd_worker_cancelled(worker);
}

void search_set_read_files(struct herd_search_set *set, bool strict)
{
    for (unsigned i = 0; i < set->file_count && !herd_worker_cancelled(&set->worker); i++) {
        struct herd_index_file *file = &set->files[i].file;
        if (file->problem != NULL) continue; /* it could not be opened */
        if (herd_index_file_read(file, cancelled, &set->worker, &set->indexes[set->index_count]) == 0)
            set->index_count++;
        else if (strict && !set->beside)
            refuse_index(set, file);
    }
}

/* -- Serving ------------------------------------------------------------------- */

void search_set_make_places(struct herd_search_set *set)
{
    struct herd_places_options options = set->limits;
    struct herd_places_provider_options *providers =
        herd_memory_allocate_zeroed(set->provider_count, sizeof *providers);

    assert(set->places == NULL && set->code == 0);
    for (unsigned i = 0; i < set->provider_count; i++) {
        const struct search_settings *settings = &set->settings[i];
        providers[i] = (struct herd_places_provider_options){
            .name = settings->name, .url = settings->url, .key = herd_buffer_text(&settings->key)};
    }
    options.providers = providers;
    options.provider_count = set->provider_count;
    set->places = herd_places_create(&options);
    herd_memory_free(providers);
    for (unsigned i = 0; i < set->provider_count; i++)
        wipe(&set->settings[i].key);
}

static void say_unusable(const struct herd_index_file *file)
{
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_ERROR, "places_unusable")) return;
    herd_log_string(&log, "path", file->path);
    herd_log_string(&log, "reason", file->problem);
    herd_log_end(&log);
}

void search_set_give_indexes(struct herd_search_set *set)
{
    for (unsigned i = 0; i < set->file_count; i++)
        if (set->files[i].file.problem != NULL) say_unusable(&set->files[i].file);
    assert(set->index_count <= set->file_count);
    if (set->path_count > 0) herd_places_set_indexes(set->places, set->indexes, set->index_count);
}

static void look(struct herd_worker *worker)
{
    struct herd_search_set *set = worker->owner;

    for (unsigned i = 0; i < set->file_count && !herd_worker_cancelled(worker); i++)
        set->files[i].changed = herd_index_file_look(&set->files[i].file);
}

static void say_changed(const struct herd_index_file *file)
{
    static const char *const texts[] = {
        [HERD_INDEX_FILE_SAME] = "it is the file again that was there at the start",
        [HERD_INDEX_FILE_CHANGED] = "it is not what it was at the start, which stays in use; reload to take it",
        [HERD_INDEX_FILE_GONE] = "it is gone; what it held at the start stays in use until a reload",
    };
    static const char *const unused_texts[] = {
        [HERD_INDEX_FILE_SAME] = "it is the file again that was no good at the start",
        [HERD_INDEX_FILE_CHANGED] = "it is not what it was at the start, when it was left out; reload to take it",
        [HERD_INDEX_FILE_GONE] = "it is gone; it was left out at the start",
    };
    bool used = file->memory != NULL;
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_WARNING, "places_changed")) return;
    herd_log_string(&log, "path", file->path);
    herd_log_string(&log, "reason", used ? texts[file->news] : unused_texts[file->news]);
    herd_log_end(&log);
}

static void on_looked(struct herd_worker *worker, int status)
{
    struct herd_search_set *set = worker->owner;

    for (unsigned i = 0; i < set->file_count; i++) {
        if (set->files[i].changed && status == 0) say_changed(&set->files[i].file);
        set->files[i].changed = false;
    }
}

void search_set_look(struct herd_search_set *set)
{
    if (set->file_count > 0 && !herd_worker_busy(&set->worker))
        herd_worker_start(&set->worker, set->search->loop, look, on_looked, set);
}
