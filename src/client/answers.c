/* SPDX-License-Identifier: MIT */
/*
 * The commands, and their replies in order.
 *
 * IAMAT and `?` are answered at once. A WHATSAT whose places are at hand, too,
 * where nothing waits before it: nothing is allocated or copied for it. Otherwise
 * it becomes a pending: it keeps its place in the order, and the replies to later
 * commands collect behind it.
 *
 *     pendings:  [WHATSAT a | replies behind] [WHATSAT b | replies behind]
 *                 ready? -> stream             then b
 *
 * A reply with places is written only when it is first and the client has
 * taken all but 64 KiB of what came before, so memory does not grow with what
 * a client asks and never reads.
 */
#include "local.h"

#include <assert.h>

#include "herd/log.h"
#include "herd/memory.h"
#include "herd/reply.h"

/* Writes the reply appended since `start` to the log. */
static void log_reply(struct herd_session *session, const struct herd_buffer *out, size_t start)
{
    struct herd_text reply;

    if (!herd_log_wire_on()) return;
    reply = herd_buffer_text(out);
    clientlog_reply(session, (struct herd_text){reply.bytes + start, reply.length - start}, false);
}

static void answer_invalid(struct herd_session *session, struct herd_text line, struct herd_buffer *out)
{
    session->clients->counts.invalid++;
    herd_reply_append_invalid(out, line);
}

/* Both sides of a run that was answered: each reply is a line. */
static void log_run(struct herd_session *session, const struct herd_batch *batch, unsigned first, unsigned end,
                    struct herd_text replies)
{
    unsigned i;

    for (i = first; i < end; i++) {
        const char *newline = memchr(replies.bytes, '\n', replies.length);
        size_t length = (size_t)(newline - replies.bytes);
        assert(newline != NULL);
        clientlog_line(session, "in", batch->texts[i]);
        clientlog_reply(session, (struct herd_text){replies.bytes, length}, batch->puts[i] == HERD_PUT_OLDER);
        replies.bytes += length + 1;
        replies.length -= length + 1;
    }
}

void answer_reports(struct herd_session *session, struct herd_batch *batch, unsigned first, unsigned end)
{
    struct herd_clients *clients = session->clients;
    struct herd_buffer *out;
    unsigned taken;
    size_t before;

    if (session->state != SESSION_TAKING) return;
    if (clients->options.close_after_reply) end = first + 1;
    assert(first < end && end <= batch->count);
    out = session_out(session);
    before = herd_buffer_length(out);
    taken = herd_core_accept(clients->core, batch, first, end, &session->grant, session->read_ns, out);
    assert(taken <= end - first && herd_buffer_length(out) >= before);
    clients->counts.invalid += end - first - taken;
    if (taken > 0 && herd_core_wait(clients->core, &session->wait))
        herd_stream_hold(&session->stream);
    else
        clients->answered_ns = session->read_ns;
    if (!herd_list_empty(&session->pendings)) session->held_bytes += herd_buffer_length(out) - before;
    if (herd_log_wire_on()) {
        struct herd_text written = herd_buffer_text(out);
        log_run(session, batch, first, end, (struct herd_text){written.bytes + before, written.length - before});
    }
    if (clients->options.close_after_reply) session_finish(session);
}

static void on_ready(struct herd_places_ticket *ticket)
{
    struct pending *pending = HERD_CONTAINER(ticket, struct pending, ticket);

    herd_loop_soon(pending->session->clients->loop, &pending->session->task);
}

/* Its AT line is made now: the answer is about the moment of the question. */
static struct pending *create_pending(struct herd_session *session, const struct herd_version *version)
{
    struct pending *pending = herd_memory_allocate_zeroed(1, sizeof *pending);

    pending->session = session;
    pending->read_ns = session->read_ns;
    herd_core_append_location(session->clients->core, version, &pending->location);
    return pending;
}

static void free_pending(struct pending *pending)
{
    herd_buffer_finish(&pending->location);
    herd_buffer_finish(&pending->behind);
    herd_memory_free(pending);
}

/*
 * A client that has a neighbour's reply may ask here at once. The neighbour
 * flooded before it replied, so its line has arrived; but the kernel may
 * report the client's connection first. Once after each read is enough.
 *
 * Once in a turn would not be: another client's bytes that are read later in
 * the turn may have been sent after the neighbours were heard, and the line
 * that its question is about with them.
 */
static void hear_neighbours(struct herd_session *session)
{
    if (session->heard) return;
    session->heard = true;
    session->clients->port.hear(session->clients->port.owner);
}

/* The reply goes to `out` now, or a pending joins the order. */
static void answer_whatsat(struct herd_session *session, struct herd_text line, const struct herd_question *question,
                           struct herd_buffer *out)
{
    struct herd_core *core = session->clients->core;
    struct herd_places_ticket ticket = {.on_ready = on_ready, .asker = &session->asker};
    struct herd_now now = {(int64_t)herd_loop_now_ms(session->clients->loop), session->read_ns};
    struct herd_version version;
    struct pending *pending;

    hear_neighbours(session);
    if (herd_core_ask(core, question, &now, &ticket, &version) != 0) {
        answer_invalid(session, line, out);
        return;
    }
    if (ticket.state == HERD_PLACES_READY && herd_list_empty(&session->pendings)) {
        herd_core_append_location(core, &version, out);
        herd_core_render(&ticket, out);
        return;
    }
    pending = create_pending(session, &version);
    herd_list_append(&session->pendings, &pending->node);
    session->pending_count++;
    herd_core_keep(core, &ticket, &pending->ticket);
}

/* Answered like any other line, and nothing after it: a web page may have a browser send lines of its own choice. */
static void refuse_http(struct herd_session *session, struct herd_text line, struct herd_buffer *out)
{
    struct herd_log_event log;
    char address[56];

    session->clients->counts.http++;
    answer_invalid(session, line, out);
    session_finish(session);
    if (!herd_log_begin(&log, HERD_LOG_WARNING, "http_refused")) return;
    herd_stream_address(&session->stream, address, sizeof address);
    herd_log_number(&log, "conn", (int64_t)session->number);
    herd_log_string(&log, "from", address);
    herd_log_text(&log, "line", line);
    herd_log_end(&log);
}

/* A line that is being answered in its place in the order. */
struct turn {
    struct herd_buffer *out;
    size_t before; /* bytes that are there already */
    bool direct;   /* behind no pending */
};

static inline struct turn begin(struct herd_session *session, struct herd_text line)
{
    struct herd_buffer *out = session_out(session);

    clientlog(session, "in", line);
    return (struct turn){out, herd_buffer_length(out), herd_list_empty(&session->pendings)};
}

static inline void end(struct herd_session *session, const struct turn *turn)
{
    size_t length = herd_buffer_length(turn->out);

    assert(length >= turn->before);
    if (herd_list_empty(&session->pendings)) session->clients->answered_ns = session->read_ns;
    if (!turn->direct) session->held_bytes += length - turn->before;
    if (herd_log_wire_on() && length > turn->before) log_reply(session, turn->out, turn->before);
    if (session->clients->options.close_after_reply) session_finish(session);
}

void answer_line(struct herd_session *session, struct herd_text line)
{
    struct herd_command command;
    struct turn turn;

    herd_command_parse(line, &command);
    if (command.kind == HERD_COMMAND_IAMAT) {
        reports_answer_one(session, &command.as.iamat, line);
        return;
    }
    turn = begin(session, line);
    if (command.kind == HERD_COMMAND_WHATSAT)
        answer_whatsat(session, line, &command.as.whatsat, turn.out);
    else if (command.kind == HERD_COMMAND_HTTP)
        refuse_http(session, line, turn.out);
    else
        answer_invalid(session, line, turn.out);
    end(session, &turn);
}

void answer_too_long(struct herd_session *session, struct herd_text shown)
{
    struct turn turn = begin(session, shown);

    assert(shown.length > 0);
    answer_invalid(session, shown, turn.out);
    end(session, &turn);
}

static void give_out(struct herd_session *session, struct pending *pending)
{
    struct herd_buffer *out = herd_stream_out(&session->stream);
    size_t before = herd_buffer_length(out);

    herd_buffer_append(out, herd_buffer_text(&pending->location));
    herd_core_render(&pending->ticket, out);
    log_reply(session, out, before);
    herd_buffer_append(out, herd_buffer_text(&pending->behind));
    assert(session->pending_count > 0 && session->held_bytes >= herd_buffer_length(&pending->behind));
    session->clients->answered_ns = pending->read_ns;
    session->held_bytes -= herd_buffer_length(&pending->behind);
    herd_list_remove(&pending->node);
    session->pending_count--;
    free_pending(pending);
}

void answer_pendings(struct herd_session *session)
{
    size_t pause_bytes = session->clients->options.output_pause_bytes;

    while (!herd_list_empty(&session->pendings)) {
        struct pending *first = HERD_CONTAINER(session->pendings.next, struct pending, node);
        if (first->ticket.state != HERD_PLACES_READY) return;
        if (herd_stream_queued(&session->stream) >= pause_bytes) {
            session_after_flush(session);
            return;
        }
        give_out(session, first);
    }
    session_end_if_done(session);
}

void answer_give_up(struct herd_session *session)
{
    struct herd_list_node *node;

    for (node = session->pendings.next; node != &session->pendings; node = node->next)
        herd_core_give_up(&HERD_CONTAINER(node, struct pending, node)->ticket, "The server is ending.");
    answer_pendings(session);
}

void answer_forget(struct herd_session *session)
{
    while (!herd_list_empty(&session->pendings)) {
        struct pending *first = HERD_CONTAINER(session->pendings.next, struct pending, node);
        herd_core_leave(&first->ticket);
        herd_list_remove(&first->node);
        session->pending_count--;
        free_pending(first);
    }
    assert(session->pending_count == 0);
    session->held_bytes = 0;
}
