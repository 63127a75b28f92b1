/* SPDX-License-Identifier: MIT */
#include "herd/readiness.h"

#include <assert.h>
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

int herd_readiness_init(struct herd_readiness *readiness)
{
    readiness->descriptor = epoll_create1(EPOLL_CLOEXEC);
    return readiness->descriptor < 0 ? -errno : 0;
}

void herd_readiness_finish(struct herd_readiness *readiness)
{
    if (readiness->descriptor >= 0) close(readiness->descriptor);
    readiness->descriptor = -1;
}

int herd_readiness_add(struct herd_readiness *readiness, const struct herd_stream *stream)
{
    struct epoll_event event = {.events = EPOLLIN};
    uv_os_fd_t socket;
    assert(readiness->descriptor >= 0);
    int error = uv_fileno((const uv_handle_t *)&stream->tcp, &socket);
    if (error < 0) return error;
    return epoll_ctl(readiness->descriptor, EPOLL_CTL_ADD, socket, &event) < 0 ? -errno : 0;
}

bool herd_readiness_any(const struct herd_readiness *readiness)
{
    struct epoll_event event;
    assert(readiness->descriptor >= 0);
    return epoll_wait(readiness->descriptor, &event, 1, 0) != 0;
}
