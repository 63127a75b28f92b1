/* SPDX-License-Identifier: MIT */
/* Wire lines of the log: every line of the peers' dialogue, as far as its stream's meter allows. */
#include "local.h"

#include <string.h>

#include "herd/line.h"

static bool may(struct herd_peers *peers, struct herd_wire_meter *meter)
{
    if (herd_wire_may(meter, (int64_t)uv_now(&peers->loop->uv))) return true;
    peers->counts.wire_unwritten++;
    return false;
}

struct peer_wire {
    struct herd_peers *peers;
    struct herd_wire_meter *meter;
    const char *event, *direction;
    struct herd_text name;
};

static void one_line(const struct peer_wire *wire, struct herd_text line, bool unfinished)
{
    struct herd_log_event log;

    if (!may(wire->peers, wire->meter) || !herd_log_begin_wire(&log, wire->event)) return;
    herd_log_text(&log, "peer", wire->name);
    herd_log_string(&log, "stream", wire->direction);
    herd_log_text(&log, "line", line);
    if (unfinished) herd_log_string(&log, "unfinished", "yes");
    herd_log_end(&log);
    herd_wire_wrote(wire->meter, log.length);
}

/* The rest of a line whose beginning came before. */
static void joined(const struct peer_wire *wire, struct herd_text begun, struct herd_text rest)
{
    struct herd_buffer line = HERD_BUFFER_INIT;

    herd_buffer_append(&line, begun);
    herd_buffer_append(&line, rest);
    one_line(wire, herd_buffer_text(&line), false);
    herd_buffer_finish(&line);
}

void peerwire_lines(struct herd_peers *peers, struct herd_wire_meter *meter, const struct herd_framer *framer,
                    const char *direction, struct herd_text name, struct herd_text lines)
{
    struct peer_wire wire = {peers, meter, framer != NULL ? "in" : "out", direction, name};
    struct herd_text begun = {NULL, 0};
    const char *newline;

    if (!herd_log_wire_on()) return;
    if (framer != NULL) begun = herd_framer_unfinished(framer);
    while (lines.length > 0 && (newline = memchr(lines.bytes, '\n', lines.length)) != NULL) {
        size_t length = (size_t)(newline - lines.bytes);

        if (begun.length > 0)
            joined(&wire, begun, (struct herd_text){lines.bytes, length});
        else
            one_line(&wire, (struct herd_text){lines.bytes, length}, false);
        begun.length = 0;
        lines.bytes += length + 1;
        lines.length -= length + 1;
    }
}

void peerwire_end(struct herd_peers *peers, struct herd_wire_meter *meter, const struct herd_framer *framer,
                  const char *direction, struct herd_text name)
{
    struct herd_text begun = herd_framer_unfinished(framer);

    if (herd_log_wire_on() && begun.length > 0)
        one_line(&(struct peer_wire){peers, meter, "in", direction, name}, begun, true);
}
