/* SPDX-License-Identifier: MIT */
/*
 * The places service's driver: which set is in force, and which others are
 * there. What they send is searchsend.c.
 *
 *     search.current  -> set -> places    new questions
 *     search.prepared -> set              being prepared, or ready: nobody asks it yet
 *     search.retired  -> set -> set ...   each until its last ticket is done and its worker is through
 *     request.driver  -> set              whose request it is
 *
 * A set that is abandoned or replaced while its worker is busy waits for that
 * among the retired ones.
 */
#include "herd/search.h"

#include <assert.h>
#include <sysexits.h>

#include "herd/log.h"
#include "herd/standard.h"
#include "local.h"

/* -- Whose turn it is --------------------------------------------------------- */

/* Questions that were never asked, for want of room or time: how often is in the state, that it happens is said here.
 */
static void log_unasked(struct herd_search *search)
{
    const struct herd_places_counts *counts = &search->counts;
    uint64_t unasked = counts->queue_full + counts->late;
    struct herd_log_event log;

    if (unasked == search->unasked) return;
    search->unasked = unasked;
    if (!herd_log_begin(&log, HERD_LOG_WARNING, "places_crowded")) return;
    herd_log_number(&log, "provider_queue_max", (int64_t)counts->queue_full);
    herd_log_number(&log, "waited_too_long", (int64_t)counts->late);
    herd_log_end(&log);
}

static void retire(struct herd_search *search, struct herd_search_set *set)
{
    search_set_move(set, SEARCH_SET_RETIRED);
    herd_list_append(&search->retired, &set->node);
}

/* Frees the retired sets that nobody needs any more. */
static void reap(struct herd_search *search)
{
    struct herd_list_node *next;

    for (struct herd_list_node *node = search->retired.next; node != &search->retired; node = next) {
        struct herd_search_set *set = HERD_CONTAINER(node, struct herd_search_set, node);
        next = node->next;
        if (search_set_unneeded(set)) search_set_destroy(set);
    }
}

static void on_due(uv_timer_t *timer)
{
    herd_search_pump(timer->data);
}

void herd_search_pump(struct herd_search *search)
{
    int64_t due_ms;
    int64_t now_ms;

    if (search->current == NULL || search->closing) return;
    now_ms = (int64_t)uv_now(&search->loop->uv);
    due_ms = search_set_pump(search->current, now_ms);
    for (struct herd_list_node *node = search->retired.next; node != &search->retired; node = node->next) {
        struct herd_search_set *set = HERD_CONTAINER(node, struct herd_search_set, node);
        int64_t due = set->places == NULL ? INT64_MAX : search_set_pump(set, now_ms);
        if (due < due_ms) due_ms = due;
    }
    log_unasked(search);
    uv_timer_stop(&search->due_timer);
    if (due_ms < INT64_MAX)
        uv_timer_start(&search->due_timer, on_due, due_ms > now_ms ? (uint64_t)(due_ms - now_ms) : 1, 0);
}

/* -- Opening ------------------------------------------------------------------ */

/* What the set needs of the process: 0, or a sysexits code said. */
static int equip(struct herd_search *search, const struct herd_search_set *set, FILE *messages)
{
    if (search->fetcher != NULL || !search_set_remote(set)) return 0;
    if (herd_fetcher_create(search->loop, &set->fetch, set->user_agent, &search->fetcher) == 0) return 0;
    fputs("libcurl cannot be set up\n", messages);
    return EX_OSERR;
}

/* Whether there can be a worker: 0, or a sysexits code said. */
static int find_worker(struct herd_search *search, FILE *messages)
{
    if (herd_worker_prepare(search->loop) == 0) return 0;
    fputs("cannot read the places index: " HERD_THREAD_ADVICE "\n", messages);
    return EX_OSERR;
}

static void read_leniently(struct herd_worker *worker)
{
    search_set_read_files(worker->owner, false);
}

static void on_read(struct herd_worker *worker, int status)
{
    struct herd_search_set *set = worker->owner;

    if (status == 0)
        search_set_give_indexes(set);
    else
        herd_places_set_indexes(set->places, NULL, 0);
    herd_search_pump(set->search);
}

static int start_reading(struct herd_search *search, FILE *messages)
{
    struct herd_search_set *set = search->current;
    int code;

    if (set->path_count == 0) return 0;
    if (!search_set_open_files(set)) {
        if (set->code == 0) search_set_give_indexes(set);
        return set->code;
    }
    if (set->code != 0) return set->code;
    code = find_worker(search, messages);
    if (code == 0) herd_worker_start(&set->worker, search->loop, read_leniently, on_read, set);
    return code;
}

static void say_faults(const struct herd_search_set *set, FILE *messages)
{
    struct herd_text faults = herd_buffer_text(&set->faults);

    fwrite(faults.bytes, 1, faults.length, messages);
}

int herd_search_open(struct herd_search *search, struct herd_loop *loop, const struct herd_search_options *options,
                     FILE *messages)
{
    struct herd_search_set *set;
    int code;

    search->loop = loop;
    herd_list_init(&search->retired);
    uv_timer_init(&loop->uv, &search->due_timer);
    search->due_timer.data = search;
    search->current = set = search_set_create(search, options);
    search_set_move(set, SEARCH_SET_SERVING);
    search_set_read_keys(set);
    code = set->code;
    if (code == 0) {
        search_set_make_places(set);
        code = equip(search, set, messages);
    }
    if (code == 0) code = start_reading(search, messages);
    say_faults(set, messages);
    return code;
}

struct herd_places *herd_search_places(const struct herd_search *search)
{
    assert(search->current != NULL);
    return search->current->places;
}

const struct herd_places_counts *herd_search_counts(const struct herd_search *search)
{
    return &search->counts;
}

const struct herd_fetch_counts *herd_search_fetch_counts(const struct herd_search *search)
{
    static const struct herd_fetch_counts none;
    return search->fetcher != NULL ? herd_fetcher_counts(search->fetcher) : &none;
}

int herd_search_check(const struct herd_search_options *options, FILE *messages)
{
    struct herd_search_set *set = search_set_create(NULL, options);
    int code;

    search_set_read_keys(set);
    if (!set->beside) {
        search_set_open_files(set);
        search_set_read_files(set, true);
    }
    code = set->code;
    say_faults(set, messages);
    search_set_destroy(set);
    return code;
}

/* -- Another set ---------------------------------------------------------------- */

static void read_all(struct herd_worker *worker)
{
    struct herd_search_set *set = worker->owner;

    search_set_read_keys(set);
    search_set_open_files(set);
    search_set_read_files(set, true);
}

/* It is as ready as can be, or has faults. */
static void finish_preparing(struct herd_search *search, struct herd_search_set *set)
{
    herd_search_ready on_ready = set->on_ready;
    void *owner = set->owner;
    struct herd_buffer faults = set->faults;
    int code = set->code;

    herd_buffer_init(&set->faults);
    if (code == 0) {
        search_set_make_places(set);
        search_set_give_indexes(set);
        search_set_move(set, SEARCH_SET_READY);
    } else {
        search->prepared = NULL;
        search_set_destroy(set);
    }
    on_ready(owner, code, herd_buffer_text(&faults));
    herd_buffer_finish(&faults);
}

static void on_prepared(struct herd_worker *worker, int status)
{
    struct herd_search_set *set = worker->owner;
    struct herd_search *search = set->search;

    (void)status; /* who cancels it has retired it */
    if (set->state == SEARCH_SET_PREPARING && !search->closing)
        finish_preparing(search, set);
    else if (set->state == SEARCH_SET_RETIRED)
        reap(search);
}

int herd_search_prepare(struct herd_search *search, const struct herd_search_options *options, FILE *messages,
                        herd_search_ready on_ready, void *owner)
{
    struct herd_search_set *set = search_set_create(search, options);
    int code = find_worker(search, messages);

    assert(search->current != NULL && search->prepared == NULL && !search->closing);
    if (code == 0) code = equip(search, set, messages);
    if (code != 0) {
        search_set_destroy(set);
        return code;
    }
    search->prepared = set;
    set->on_ready = on_ready;
    set->owner = owner;
    herd_worker_start(&set->worker, search->loop, read_all, on_prepared, set);
    return 0;
}

void herd_search_commit(struct herd_search *search)
{
    struct herd_search_set *old = search->current;

    assert(search->prepared != NULL && search->prepared->state == SEARCH_SET_READY && !search->closing);
    search->current = search->prepared;
    search->prepared = NULL;
    search_set_move(search->current, SEARCH_SET_SERVING);
    retire(search, old);
    if (search->fetcher != NULL) herd_fetcher_configure(search->fetcher, &search->current->fetch);
    herd_search_pump(search);
    reap(search);
}

void herd_search_abandon(struct herd_search *search)
{
    struct herd_search_set *set = search->prepared;

    if (set == NULL) return;
    search->prepared = NULL;
    herd_worker_cancel(&set->worker);
    retire(search, set);
    reap(search);
}

/* -- Time and the end --------------------------------------------------------------- */

void herd_search_tick(struct herd_search *search)
{
    if (search->current == NULL || search->closing) return;
    reap(search);
    search_set_look(search->current);
}

static void on_fetcher_closed(void *owner)
{
    struct herd_search *search = owner;

    search->fetcher = NULL;
}

void herd_search_close(struct herd_search *search)
{
    if (search->closing || search->current == NULL) return;
    herd_search_abandon(search);
    search->closing = true;
    herd_worker_cancel(&search->current->worker);
    for (struct herd_list_node *node = search->retired.next; node != &search->retired; node = node->next)
        herd_worker_cancel(&HERD_CONTAINER(node, struct herd_search_set, node)->worker);
    uv_close((uv_handle_t *)&search->due_timer, NULL);
    if (search->fetcher != NULL) herd_fetcher_close(search->fetcher, on_fetcher_closed, search);
}

void herd_search_finish(struct herd_search *search)
{
    if (search->current == NULL) return;
    assert(search->closing && search->prepared == NULL && search->fetcher == NULL);
    reap(search);
    assert(herd_list_empty(&search->retired));
    search_set_destroy(search->current);
    search->current = NULL;
}
