/* SPDX-License-Identifier: MIT */

/*
 * So many transfers at once, and so many of them to one host. Curl has such limits too, but what waits
 * inside curl has begun: its connect and total times run. So the queue is here,
 * in front, and a transfer gets what is left of its time.
 *
 * One that may run starts at once: whoever waits longer waits for a place that
 * this one does not take. One whose time is over while it waits is told so.
 */

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "herd/memory.h"
#include "local.h"

/* `https://maps.example.org:443`, or NULL where the URL is none. */
static char *host_of(const char *url)
{
    char *scheme = NULL, *host = NULL, *port = NULL, *whole = NULL;
    CURLU *parts = curl_url();
    if (parts == NULL) return NULL;
    if (curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK) {
        size_t size = strlen(scheme) + strlen(host) + strlen(port) + sizeof "://:";
        whole = herd_memory_allocate(size);
        snprintf(whole, size, "%s://%s:%s", scheme, host, port);
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parts);
    return whole;
}

static bool may_run(struct herd_fetcher *fetcher, const char *host)
{
    unsigned same = 0;
    if (fetcher->closing || fetcher->running_count >= fetcher->limits.transfers_max) return false;
    for (struct herd_list_node *node = fetcher->running.next; node != &fetcher->running; node = node->next) {
        const struct herd_fetch *other = HERD_CONTAINER(node, struct herd_fetch, node);
        if (strcmp(other->host, host) == 0) same++;
    }
    return same < fetcher->limits.transfers_per_host_max;
}

static void run(struct herd_fetch *fetch)
{
    struct herd_fetcher *fetcher = fetch->fetcher;
    if (!herd_list_empty(&fetch->node)) fetcher->waiting_count--;
    herd_list_remove(&fetch->node);
    herd_list_append(&fetcher->running, &fetch->node);
    fetch->state = HERD_FETCH_RUNNING;
    fetcher->running_count++;
    if (herd_fetch_transfer_begin(fetch) < 0) herd_fetch_finish(fetch, -EIO, "libcurl does not take the request");
}

static void on_deadline(uv_timer_t *timer);

/* Sets the timer to the earliest deadline of those that wait. */
static void arm(struct herd_fetcher *fetcher)
{
    uint64_t earliest_ms = UINT64_MAX;
    for (struct herd_list_node *node = fetcher->waiting.next; node != &fetcher->waiting; node = node->next) {
        const struct herd_fetch *fetch = HERD_CONTAINER(node, struct herd_fetch, node);
        if (fetch->deadline_ms < earliest_ms) earliest_ms = fetch->deadline_ms;
    }
    uv_timer_stop(&fetcher->queue_timer);
    if (earliest_ms == UINT64_MAX) return;
    uint64_t now_ms = herd_fetch_now_ms();
    uv_timer_start(&fetcher->queue_timer, on_deadline, earliest_ms > now_ms ? earliest_ms - now_ms : 1, 0);
}

static void on_deadline(uv_timer_t *timer)
{
    struct herd_fetcher *fetcher = timer->data;
    uint64_t now_ms = herd_fetch_now_ms();
    for (struct herd_list_node *node = fetcher->waiting.next, *next; node != &fetcher->waiting; node = next) {
        next = node->next;
        struct herd_fetch *fetch = HERD_CONTAINER(node, struct herd_fetch, node);
        if (fetch->deadline_ms <= now_ms) herd_fetch_finish(fetch, -ETIMEDOUT, "timed out waiting for its turn");
    }
    arm(fetcher);
}

void herd_fetch_queue(struct herd_fetch *fetch)
{
    struct herd_fetcher *fetcher = fetch->fetcher;
    fetch->host = host_of(fetch->url);
    if (fetch->host == NULL) {
        herd_fetch_finish(fetch, -EIO, "malformed URL");
    } else if (may_run(fetcher, fetch->host)) {
        run(fetch);
    } else if (fetcher->waiting_count >= fetcher->limits.queue_max) {
        fetcher->counts.queue_full++;
        herd_fetch_finish(fetch, -EBUSY, "too many requests under way");
    } else {
        herd_list_append(&fetcher->waiting, &fetch->node);
        fetcher->waiting_count++;
        fetcher->counts.waited++;
        arm(fetcher);
    }
}

void herd_fetch_pump(struct herd_fetcher *fetcher)
{
    for (struct herd_list_node *node = fetcher->waiting.next, *next; node != &fetcher->waiting; node = next) {
        next = node->next;
        if (fetcher->running_count >= fetcher->limits.transfers_max) return;
        struct herd_fetch *fetch = HERD_CONTAINER(node, struct herd_fetch, node);
        if (may_run(fetcher, fetch->host)) run(fetch);
    }
}
