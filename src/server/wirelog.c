/* SPDX-License-Identifier: MIT */
/* Wire lines of the log: every line that comes in and goes out, as far as its connection's meter allows. */
#include "local.h"

#include "herd/log.h"

static bool may(struct server *server, struct herd_wire_meter *meter)
{
    if (herd_wire_may(meter, (int64_t)uv_now(&server->loop.uv))) return true;
    server->counts.wire_unwritten++;
    return false;
}

static void end(struct herd_wire_meter *meter, struct herd_log_event *log)
{
    herd_log_end(log);
    herd_wire_wrote(meter, log->length);
}

void wirelog_line(struct session *session, const char *event, struct herd_text line)
{
    if (!may(session->server, &session->wire)) return;
    herd_wire_wrote(&session->wire, herd_log_wire_line(herd_text_of(event), session->number, line));
}

void wirelog_reply(struct session *session, struct herd_text reply, bool stale)
{
    struct herd_log_event log;

    while (reply.length > 0 && reply.bytes[reply.length - 1] == '\n')
        reply.length--;
    if (!stale) {
        wirelog_client(session, "out", reply);
        return;
    }
    if (!may(session->server, &session->wire) || !herd_log_begin_wire(&log, "out")) return;
    herd_log_number(&log, "conn", (int64_t)session->number);
    herd_log_text(&log, "line", reply);
    herd_log_string(&log, "stale", "yes");
    end(&session->wire, &log);
}

static void one_line(struct herd_wire_meter *meter, const char *event, const char *direction, struct herd_text peer,
                     struct herd_text line)
{
    struct herd_log_event log;

    if (!herd_log_begin_wire(&log, event)) return;
    herd_log_text(&log, "peer", peer);
    herd_log_string(&log, "stream", direction);
    herd_log_text(&log, "line", line);
    end(meter, &log);
}

void wirelog_peer(struct server *server, struct herd_wire_meter *meter, const char *event, const char *direction,
                  struct herd_text peer, struct herd_text lines)
{
    if (!herd_log_wire_on()) return;
    while (lines.length > 0) {
        const char *newline = memchr(lines.bytes, '\n', lines.length);
        size_t length = newline != NULL ? (size_t)(newline - lines.bytes) : lines.length;
        size_t taken = newline != NULL ? length + 1 : length;

        if (may(server, meter)) one_line(meter, event, direction, peer, (struct herd_text){lines.bytes, length});
        lines.bytes += taken;
        lines.length -= taken;
    }
}
