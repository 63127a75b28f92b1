/* SPDX-License-Identifier: MIT */
/*
 * Journals without files: what was accepted, as AT lines in order, those of
 * neighbours in their own bytes. Lines wait until they are written together. A
 * tail may be lost at any byte; what is left of a line is no line.
 */
#include "sim.h"

#include "herd/reply.h"

static void end_line(struct sim_journal *journal)
{
    herd_buffer_append_byte(&journal->waiting, '\n');
}

void chronicle_report(struct sim_server *server, const struct herd_version *version)
{
    if (!server->journalled) return;
    herd_reply_append_at(&server->journal.waiting, server->name, version->difference_ns, &version->report);
    end_line(&server->journal);
}

void chronicle_keep(void *keeper, struct herd_text text)
{
    struct sim_server *server = keeper;

    if (!server->journalled) return;
    herd_buffer_append(&server->journal.waiting, text);
    end_line(&server->journal);
}

void chronicle_write(struct sim_server *server)
{
    struct sim_journal *journal = &server->journal;

    herd_buffer_append(&journal->lines, herd_buffer_text(&journal->waiting));
    herd_buffer_clear(&journal->waiting);
}

void chronicle_tear(struct sim_world *world, struct sim_server *server)
{
    struct herd_buffer *lines = &server->journal.lines;
    size_t length = herd_buffer_length(lines);

    herd_buffer_truncate(lines, sim_one_in(world, 3) ? 0 : sim_pick(world, (uint32_t)length + 1));
    for (length = herd_buffer_length(lines); length > 0; length--)
        if (herd_buffer_text(lines).bytes[length - 1] == '\n') break;
    herd_buffer_truncate(lines, length);
}

static void replay_line(struct sim_server *server, struct herd_text rest, int64_t now_ns)
{
    struct herd_version version = {.way_count = 0};
    struct herd_peer_at at;

    if (herd_peer_parse_location(rest, &at) < 0) return;
    version.report = at.report;
    version.difference_ns = at.difference_ns;
    if (herd_store_expired(&server->store, &version, now_ns)) return;
    herd_version_set_origin(&server->store.names, at.origin, &version);
    herd_store_learn(&server->store, &version, HERD_SLOT_NONE);
}

void chronicle_replay(struct sim_world *world, struct sim_server *server)
{
    struct herd_text lines = herd_buffer_text(&server->journal.lines);
    int64_t now_ns = world_now(world, server).wall_ns;

    while (lines.length > 0) {
        const char *end = memchr(lines.bytes, '\n', lines.length);
        size_t length = (size_t)(end - lines.bytes);
        replay_line(server, (struct herd_text){lines.bytes + strlen("AT "), length - strlen("AT ")}, now_ns);
        lines = (struct herd_text){end + 1, lines.length - length - 1};
    }
}
