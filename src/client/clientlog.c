/* SPDX-License-Identifier: MIT */
/* Wire lines of clients in the log: every line that comes in and goes out, as far as its session's meter allows. */
#include "local.h"

#include <assert.h>

void clientlog_open(const struct herd_session *session)
{
    struct herd_log_event log;
    char address[56];

    if (!herd_log_begin_wire(&log, "open")) return;
    herd_stream_address(&session->stream, address, sizeof address);
    herd_log_number(&log, "conn", (int64_t)session->number);
    herd_log_string(&log, "from", address);
    herd_log_end(&log);
}

void clientlog_close(const struct herd_session *session, int status)
{
    struct herd_log_event log;

    if (!herd_log_begin_wire(&log, "close")) return;
    herd_log_number(&log, "conn", (int64_t)session->number);
    if (session->wire.unwritten > 0) herd_log_number(&log, "unwritten", (int64_t)session->wire.unwritten);
    if (status != 0) herd_log_error(&log, status);
    herd_log_end(&log);
}

static bool may(struct herd_session *session)
{
    if (herd_wire_may(&session->wire, (int64_t)herd_loop_now_ms(session->clients->loop))) return true;
    session->clients->counts.wire_unwritten++;
    return false;
}

void clientlog_line(struct herd_session *session, const char *event, struct herd_text line)
{
    if (!may(session)) return;
    herd_wire_wrote(&session->wire, herd_log_wire_line(herd_text_of(event), session->number, line));
}

void clientlog_reply(struct herd_session *session, struct herd_text reply, bool stale)
{
    struct herd_log_event log;

    while (reply.length > 0 && reply.bytes[reply.length - 1] == '\n')
        reply.length--;
    assert(reply.length > 0);
    if (!stale) {
        clientlog(session, "out", reply);
        return;
    }
    if (!may(session) || !herd_log_begin_wire(&log, "out")) return;
    herd_log_number(&log, "conn", (int64_t)session->number);
    herd_log_text(&log, "line", reply);
    herd_log_string(&log, "stale", "yes");
    herd_log_end(&log);
    herd_wire_wrote(&session->wire, log.length);
}
