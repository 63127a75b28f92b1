/* SPDX-License-Identifier: MIT */

/*
 * The bridge: curl says which sockets to watch for what (on_socket) and when
 * it wants to be called (on_time); the loop says what happened, and each time
 * the finished transfers are collected.
 *
 * What to mind: after POLLERR libuv has stopped polling, so curl is told of
 * the error and the poll started again where curl keeps the socket; it is told
 * to read as well, as an answer may have come in before the reset. A socket
 * that curl removes is closed by it at once, so its poll handle closes at once
 * too. Curl must not be called from its own timer callback, which therefore
 * only arms a timer; with 1 ms for 0, as a timer that arms itself with 0 never
 * lets libuv 1.44 leave.
 */

#include <assert.h>
#include <errno.h>

#include "herd/memory.h"
#include "local.h"

#define CONNECTIONS_KEPT_MAX 32L

struct fetch_socket {
    uv_poll_t poll;
    struct herd_fetcher *fetcher;
    curl_socket_t fd;
    int events;
};

static void on_socket_closed(uv_handle_t *handle)
{
    struct fetch_socket *one = handle->data;
    struct herd_fetcher *fetcher = one->fetcher;
    herd_memory_free(one);
    fetcher_handle_closed(fetcher);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct fetch_socket *one = poll->data;
    struct herd_fetcher *fetcher = one->fetcher;
    int flags = status < 0 ? CURL_CSELECT_ERR | CURL_CSELECT_IN | CURL_CSELECT_OUT : 0;
    int still_running;
    if (events & UV_READABLE) flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE) flags |= CURL_CSELECT_OUT;
    curl_multi_socket_action(fetcher->multi, one->fd, flags, &still_running);
    if (status < 0 && !uv_is_closing((uv_handle_t *)poll)) uv_poll_start(poll, one->events, on_poll);
    fetch_transfer_collect(fetcher);
}

static struct fetch_socket *socket_open(struct herd_fetcher *fetcher, curl_socket_t fd)
{
    struct fetch_socket *one = herd_memory_allocate_zeroed(1, sizeof *one);
    if (uv_poll_init_socket(&fetcher->loop->uv, &one->poll, fd) < 0) {
        herd_memory_free(one);
        return NULL;
    }
    one->fetcher = fetcher;
    one->fd = fd;
    one->poll.data = one;
    fetcher->handles++;
    curl_multi_assign(fetcher->multi, fd, one);
    return one;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *owner, void *known)
{
    struct herd_fetcher *fetcher = owner;
    struct fetch_socket *one = known;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (one == NULL) return 0;
        curl_multi_assign(fetcher->multi, fd, NULL);
        uv_close((uv_handle_t *)&one->poll, on_socket_closed);
        return 0;
    }
    if (one == NULL) one = socket_open(fetcher, fd);
    if (one == NULL) return 0; /* its transfer runs into its time limit; -1 would end all for good */
    one->events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    uv_poll_start(&one->poll, one->events, on_poll);
    return 0;
}

static void on_timer(uv_timer_t *timer)
{
    struct herd_fetcher *fetcher = timer->data;
    int still_running;
    curl_multi_socket_action(fetcher->multi, CURL_SOCKET_TIMEOUT, 0, &still_running);
    fetch_transfer_collect(fetcher);
}

static int on_time(CURLM *multi, long timeout_ms, void *owner)
{
    struct herd_fetcher *fetcher = owner;
    (void)multi;
    if (timeout_ms < 0)
        uv_timer_stop(&fetcher->curl_timer);
    else
        uv_timer_start(&fetcher->curl_timer, on_timer, timeout_ms > 0 ? (uint64_t)timeout_ms : 1, 0);
    return 0;
}

static bool set_multi(CURLM *multi, struct herd_fetcher *fetcher)
{
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, fetcher) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_time) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_TIMERDATA, fetcher) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT_MAX) == CURLM_OK;
}

int fetch_socket_open(struct herd_fetcher *fetcher)
{
    assert(fetcher->multi == NULL && !fetcher->closing);
    if (!fetcher->global && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return -EIO;
    fetcher->global = true;
    fetcher->multi = curl_multi_init();
    if (fetcher->multi == NULL) return -EIO;
    if (set_multi(fetcher->multi, fetcher)) return 0;
    curl_multi_cleanup(fetcher->multi);
    fetcher->multi = NULL;
    return -EIO;
}
