/* SPDX-License-Identifier: MIT */

/*
 * Happy path: a fetch is copied, runs, curl finishes it, and in the next turn
 * its owner is told and the fetch freed.
 *
 * Else: curl cannot start, the URL is none: finished with an error, and told in
 * the next turn like any other. Cancelled: taken from curl, the same. The
 * fetcher closes: all are cancelled,
 * curl is cleaned up (which closes sockets, so it comes before the handles of
 * the loop), and when the last owner was told and the last handle is closed
 * it frees itself. Owners are only ever told from `turn`, where curl is not on
 * the stack, so they may start, cancel and close as they like.
 */

#include "herd/fetch.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "herd/machine.h"
#include "herd/memory.h"
#include "local.h"

static const struct herd_machine fetch_machine = {.name = "fetch",
                                                  .states = {[FETCH_RUNNING] = {"running", HERD_TO(FETCH_FINISHED)},
                                                             [FETCH_FINISHED] = {"finished", HERD_TO(FETCH_TOLD)},
                                                             [FETCH_TOLD] = {"told", 0}}};

uint64_t fetch_now_ms(void)
{
    return uv_hrtime() / 1000000;
}

static char *copy_text(struct herd_text text)
{
    char *copy = herd_memory_allocate(text.length + 1);
    if (text.length > 0) memcpy(copy, text.bytes, text.length);
    copy[text.length] = '\0';
    return copy;
}

static void fetch_free(struct herd_fetch *fetch)
{
    assert(fetch->easy == NULL && fetch->state == FETCH_TOLD && herd_list_empty(&fetch->node));
    herd_buffer_finish(&fetch->body);
    curl_slist_free_all(fetch->headers);
    herd_memory_free(fetch->url);
    herd_memory_free(fetch->post);
    herd_memory_free(fetch);
}

static void try_finish(struct herd_fetcher *fetcher)
{
    if (!fetcher->closing || fetcher->telling || fetcher->handles > 0) return;
    if (!herd_list_empty(&fetcher->finished)) return;
    assert(fetcher->multi == NULL && herd_list_empty(&fetcher->running));
    void (*on_closed)(void *owner) = fetcher->on_closed;
    void *owner = fetcher->owner;
    if (fetcher->global) curl_global_cleanup();
    herd_task_cancel(&fetcher->turn);
    herd_memory_free(fetcher->user_agent);
    herd_memory_free(fetcher);
    if (on_closed != NULL) on_closed(owner);
}

void fetcher_handle_closed(struct herd_fetcher *fetcher)
{
    assert(fetcher->handles > 0);
    fetcher->handles--;
    try_finish(fetcher);
}

static void tell(struct herd_fetch *fetch)
{
    struct herd_fetch_answer answer = {
        .error = fetch->error,
        .error_text = fetch->error_text,
        .http_status = fetch->http_status,
        .body = &fetch->body,
    };
    herd_list_remove(&fetch->node);
    herd_machine_move(&fetch_machine, &fetch->state, FETCH_TOLD, fetch->number);
    fetch->on_done(fetch, &answer, fetch->owner);
    fetch_free(fetch);
}

static void on_turn(struct herd_task *task)
{
    struct herd_fetcher *fetcher = HERD_CONTAINER(task, struct herd_fetcher, turn);
    struct herd_list_node *last = fetcher->finished.previous;
    assert(!fetcher->telling);
    fetcher->telling = true;
    for (bool more = !herd_list_empty(&fetcher->finished); more;) { /* what ends meanwhile waits for the next turn */
        struct herd_list_node *node = fetcher->finished.next;
        more = node != last;
        tell(HERD_CONTAINER(node, struct herd_fetch, node));
    }
    fetcher->telling = false;
    try_finish(fetcher);
}

int herd_fetcher_create(struct herd_loop *loop, const struct herd_fetch_limits *limits, const char *user_agent,
                        struct herd_fetcher **ret_fetcher)
{
    assert(limits->connect_timeout_ms > 0);
    struct herd_fetcher *fetcher = herd_memory_allocate_zeroed(1, sizeof *fetcher);
    fetcher->loop = loop;
    fetcher->limits = *limits;
    fetcher->user_agent = copy_text(herd_text_of(user_agent));
    herd_list_init(&fetcher->running);
    herd_list_init(&fetcher->finished);
    herd_task_init(&fetcher->turn, on_turn);
    uv_timer_init(&loop->uv, &fetcher->curl_timer);
    fetcher->curl_timer.data = fetcher;
    fetcher->handles = 1;
    *ret_fetcher = fetcher;
    return 0;
}

void herd_fetcher_configure(struct herd_fetcher *fetcher, const struct herd_fetch_limits *limits)
{
    assert(limits->connect_timeout_ms > 0);
    fetcher->limits = *limits;
}

const struct herd_fetch_counts *herd_fetcher_counts(const struct herd_fetcher *fetcher)
{
    return &fetcher->counts;
}

void fetch_finish(struct herd_fetch *fetch, int error, const char *text)
{
    struct herd_fetcher *fetcher = fetch->fetcher;
    assert(fetch->state != FETCH_TOLD && fetch->easy == NULL);
    assert(error <= 0 && text != NULL);
    if (fetch->state == FETCH_RUNNING) {
        herd_list_remove(&fetch->node);
        herd_list_append(&fetcher->finished, &fetch->node);
        herd_machine_move(&fetch_machine, &fetch->state, FETCH_FINISHED, fetch->number);
    }
    fetch->error = error;
    fetch->error_text = text;
    if (error == -ETIMEDOUT) fetcher->counts.timeouts++;
    if (error < 0) herd_buffer_finish(&fetch->body);
    herd_loop_soon(fetcher->loop, &fetcher->turn);
}

static bool copy_url(struct herd_fetch *fetch, struct herd_text url)
{
    fetch->url = copy_text(url);
    return url.length > 0 && memchr(url.bytes, '\0', url.length) == NULL;
}

static bool copy_headers(struct herd_fetch *fetch, const char *const *headers)
{
    for (; headers != NULL && *headers != NULL; headers++) {
        struct curl_slist *longer = curl_slist_append(fetch->headers, *headers);
        if (longer == NULL) return false;
        fetch->headers = longer;
    }
    return true;
}

struct herd_fetch *herd_fetch_start(struct herd_fetcher *fetcher, const struct herd_fetch_request *request,
                                    herd_fetch_done on_done, void *owner)
{
    assert(on_done != NULL);
    struct herd_fetch *fetch = herd_memory_allocate_zeroed(1, sizeof *fetch);
    herd_list_init(&fetch->node);
    herd_buffer_init(&fetch->body);
    fetch->fetcher = fetcher;
    fetch->number = ++fetcher->counts.requests;
    fetch->state = FETCH_RUNNING;
    herd_list_append(&fetcher->running, &fetch->node);
    fetch->deadline_ms = fetch_now_ms() + request->timeout_ms;
    fetch->body_bytes_max = request->body_bytes_max;
    fetch->on_done = on_done;
    fetch->owner = owner;
    if (request->post.bytes != NULL) {
        fetch->post = copy_text(request->post);
        fetch->post_length = request->post.length;
    }
    if (fetcher->closing)
        fetch_finish(fetch, -ECANCELED, "cancelled");
    else if (fetcher->multi == NULL && fetch_socket_open(fetcher) < 0)
        fetch_finish(fetch, -ENOMEM, "libcurl does not start");
    else if (!copy_url(fetch, request->url))
        fetch_finish(fetch, -EINVAL, "malformed URL");
    else if (!copy_headers(fetch, request->headers))
        fetch_finish(fetch, -ENOMEM, "out of memory");
    else if (fetch_transfer_begin(fetch) < 0)
        fetch_finish(fetch, -ENOMEM, "libcurl does not take the request");
    return fetch;
}

void herd_fetch_cancel(struct herd_fetch *fetch)
{
    if (fetch->state == FETCH_TOLD) return;
    if (fetch->state == FETCH_RUNNING) fetch_transfer_end(fetch);
    fetch_finish(fetch, -ECANCELED, "cancelled");
}

static void on_timer_closed(uv_handle_t *handle)
{
    fetcher_handle_closed(handle->data);
}

void herd_fetcher_close(struct herd_fetcher *fetcher, void (*on_closed)(void *owner), void *owner)
{
    assert(!fetcher->closing);
    fetcher->closing = true;
    fetcher->on_closed = on_closed;
    fetcher->owner = owner;
    while (!herd_list_empty(&fetcher->running))
        herd_fetch_cancel(HERD_CONTAINER(fetcher->running.next, struct herd_fetch, node));
    for (struct herd_list_node *node = fetcher->finished.next; node != &fetcher->finished; node = node->next)
        fetch_finish(HERD_CONTAINER(node, struct herd_fetch, node), -ECANCELED, "cancelled");
    if (fetcher->multi != NULL) curl_multi_cleanup(fetcher->multi);
    fetcher->multi = NULL;
    uv_close((uv_handle_t *)&fetcher->curl_timer, on_timer_closed);
}
