/* SPDX-License-Identifier: MIT */
/* Wire lines of the log: every line that comes in and goes out. */
#include "local.h"

#include "herd/log.h"

static void one_line(const char *event, const char *direction, struct herd_text peer, struct herd_text line)
{
    struct herd_log_event log;

    if (!herd_log_begin_wire(&log, event)) return;
    herd_log_text(&log, "peer", peer);
    herd_log_string(&log, "stream", direction);
    herd_log_text(&log, "line", line);
    herd_log_end(&log);
}

void wirelog_reply(uint64_t conn, struct herd_text reply, bool stale)
{
    struct herd_log_event log;

    while (reply.length > 0 && reply.bytes[reply.length - 1] == '\n')
        reply.length--;
    if (!stale) {
        wirelog_client("out", conn, reply);
        return;
    }
    if (!herd_log_begin_wire(&log, "out")) return;
    herd_log_number(&log, "conn", (int64_t)conn);
    herd_log_text(&log, "line", reply);
    herd_log_string(&log, "stale", "yes");
    herd_log_end(&log);
}

void wirelog_peer(const char *event, const char *direction, struct herd_text peer, struct herd_text lines)
{
    if (!herd_log_wire_on()) return;
    while (lines.length > 0) {
        const char *newline = memchr(lines.bytes, '\n', lines.length);
        size_t length = newline != NULL ? (size_t)(newline - lines.bytes) : lines.length;
        size_t taken = newline != NULL ? length + 1 : length;

        one_line(event, direction, peer, (struct herd_text){lines.bytes, length});
        lines.bytes += taken;
        lines.length -= taken;
    }
}
