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

#include "herd/clock.h"
#include "herd/log.h"
#include "herd/memory.h"
#include "herd/reply.h"

/* Writes the reply appended since `start` to the log. */
static void log_reply(struct session *session, const struct herd_buffer *out, size_t start)
{
    struct herd_text reply;

    if (!herd_log_wire_on()) return;
    reply = herd_buffer_text(out);
    wirelog_reply(session, (struct herd_text){reply.bytes + start, reply.length - start}, false);
}

static void answer_invalid(struct session *session, struct herd_text line, struct herd_buffer *out)
{
    session->server->counts.invalid++;
    herd_reply_append_invalid(out, line);
}

static bool too_far_ahead(const struct session *session, const struct herd_report *report)
{
    uint32_t limit_s = session->server->config->protocol.max_future_s;

    return limit_s != 0 && report->time_ns - session->read_ns > (int64_t)limit_s * HERD_NS_PER_S;
}

/* A connection may bring so many new clients a second; what it knows already costs nothing. */
static bool too_many_new(struct session *session, struct herd_text client)
{
    uint32_t limit = session->server->config->limits.new_clients_per_second_max;
    int64_t second = session->read_ns / HERD_NS_PER_S;

    if (limit == 0 || herd_store_find(&session->server->store, client) != 0) return false;
    if (session->new_clients_second != second) session->new_clients = 0;
    session->new_clients_second = second;
    return session->new_clients++ >= limit;
}

/* The limits that refuse a well-formed report; each is counted. */
static bool refuses(void *owner, const struct herd_version *version)
{
    struct session *session = owner;
    struct server_counts *counts = &session->server->counts;

    if (too_far_ahead(session, &version->report)) {
        counts->refused_future++;
        return true;
    }
    if (too_many_new(session, version->report.client)) {
        counts->refused_new++;
        return true;
    }
    return false;
}

/*
 * What became of a report, as its reply: true where it was taken. What is new
 * goes to the journal with the bytes of the reply.
 */
static inline bool append_answer(struct server *server, const struct herd_batch *batch, unsigned i,
                                 struct herd_buffer *out)
{
    const struct herd_version *version = &batch->versions[i];
    enum herd_put put = batch->puts[i];
    struct herd_text reply;

    if (put >= HERD_PUT_FULL) {
        if (put == HERD_PUT_FULL) server->counts.refused_clients++;
        herd_reply_append_invalid(out, batch->texts[i]);
        return false;
    }
    reply = herd_reply_append_at_line(out, &server->at_start, version->difference_ns, &version->report);
    if (put == HERD_PUT_NEWER) herd_journal_append_line(server->journalwork.journal, reply);
    if (put == HERD_PUT_OLDER) server->counts.stale++;
    return true;
}

/* Both sides of a run that was answered: each reply is a line. */
static void log_run(struct session *session, const struct herd_batch *batch, unsigned first, unsigned end,
                    struct herd_text replies)
{
    unsigned i;

    for (i = first; i < end; i++) {
        const char *newline = memchr(replies.bytes, '\n', replies.length);
        size_t length = (size_t)(newline - replies.bytes);
        wirelog_line(session, "in", batch->texts[i]);
        wirelog_reply(session, (struct herd_text){replies.bytes, length}, batch->puts[i] == HERD_PUT_OLDER);
        replies.bytes += length + 1;
        replies.length -= length + 1;
    }
}

void answer_reports(struct session *session, struct herd_batch *batch, unsigned first, unsigned end)
{
    struct server *server = session->server;
    struct herd_batch_source source = {.now_ns = session->read_ns, .owner = session};
    uint64_t seq = server->store.seq;
    struct herd_buffer *out;
    unsigned taken = 0;
    size_t before;
    unsigned i;

    if (session->finished) return;
    if (server->config->protocol.close_after_reply) end = first + 1;
    if (server->judges_reports) source.refuses = refuses;
    herd_batch_put(batch, &server->store, first, end, &source);
    out = session_out(session);
    before = herd_buffer_length(out);
    for (i = first; i < end; i++)
        taken += append_answer(server, batch, i, out);
    server->counts.iamat += taken;
    server->counts.invalid += end - first - taken;
    if (server->store.seq != seq) herd_loop_mark(&server->loop, HERD_PHASE_FLOOD);
    if (taken > 0) journalwork_wait(session);
    if (!herd_list_empty(&session->pendings)) session->held_bytes += herd_buffer_length(out) - before;
    if (herd_log_wire_on()) {
        struct herd_text written = herd_buffer_text(out);
        log_run(session, batch, first, end, (struct herd_text){written.bytes + before, written.length - before});
    }
    if (server->config->protocol.close_after_reply) session_finish(session);
}

static void append_places(struct session *session, struct herd_places_ticket *ticket, struct herd_buffer *out)
{
    herd_places_render(session->server->placework.places, ticket, out);
    herd_buffer_append(out, HERD_TEXT("\n\n"));
}

static void on_ready(struct herd_places_ticket *ticket)
{
    struct pending *pending = HERD_CONTAINER(ticket, struct pending, ticket);

    herd_loop_soon(&pending->session->server->loop, &pending->session->task);
}

/* The AT line with LF of a WHATSAT's reply. */
static void append_location(const struct server *server, const struct herd_version *version, struct herd_buffer *out)
{
    herd_reply_append_at(out, herd_version_origin(&server->store.names, version), version->difference_ns,
                         &version->report);
    herd_buffer_append_byte(out, '\n');
}

/* Its AT line is made now: the answer is about the moment of the question. */
static struct pending *create_pending(struct session *session, const struct herd_version *version,
                                      struct herd_places_ticket *ticket)
{
    struct pending *pending = herd_memory_allocate_zeroed(1, sizeof *pending);

    pending->session = session;
    append_location(session->server, version, &pending->location);
    herd_places_move(ticket, &pending->ticket);
    return pending;
}

static void free_pending(struct pending *pending)
{
    herd_buffer_finish(&pending->location);
    herd_buffer_finish(&pending->behind);
    herd_memory_free(pending);
}

/* Asks for the places around `version`; the reply goes to `out` now, or a pending joins the order. */
static void ask(struct session *session, const struct herd_version *version, const struct herd_question *question,
                struct herd_buffer *out)
{
    struct server *server = session->server;
    struct herd_places_ticket ticket = {.on_ready = on_ready, .asker = &session->asker};
    struct herd_position position;
    struct pending *pending;

    herd_position_parse(version->report.position, &position);
    herd_places_ask(server->placework.places, &ticket, &position, question, (int64_t)uv_now(&server->loop.uv));
    if (ticket.state == HERD_PLACES_READY && herd_list_empty(&session->pendings)) {
        append_location(server, version, out);
        append_places(session, &ticket, out);
        return;
    }
    pending = create_pending(session, version, &ticket);
    herd_list_append(&session->pendings, &pending->node);
    session->pending_count++;
    placework_pump(server);
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
static void hear_neighbours(struct session *session)
{
    if (session->heard) return;
    session->heard = true;
    guests_hear(session->server);
}

static void answer_whatsat(struct session *session, struct herd_text line, const struct herd_question *question,
                           struct herd_buffer *out)
{
    struct server *server = session->server;
    struct herd_version version;
    uint32_t record;

    hear_neighbours(session);
    record = herd_store_find_live(&server->store, question->client, session->read_ns);
    if (record == 0) {
        answer_invalid(session, line, out);
        return;
    }
    server->counts.whatsat++;
    herd_store_view(&server->store, record, &version);
    ask(session, &version, question, out);
}

/* Answered like any other line, and nothing after it: a web page may have a browser send lines of its own choice. */
static void refuse_http(struct session *session, struct herd_text line, struct herd_buffer *out)
{
    struct herd_log_event log;
    char address[56];

    session->server->counts.http++;
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

static inline struct turn begin(struct session *session, struct herd_text line)
{
    struct herd_buffer *out = session_out(session);

    wirelog_client(session, "in", line);
    return (struct turn){out, herd_buffer_length(out), herd_list_empty(&session->pendings)};
}

static inline void end(struct session *session, const struct turn *turn)
{
    size_t length = herd_buffer_length(turn->out);

    if (!turn->direct) session->held_bytes += length - turn->before;
    if (herd_log_wire_on() && length > turn->before) log_reply(session, turn->out, turn->before);
    if (session->server->config->protocol.close_after_reply) session_finish(session);
}

void answer_line(struct session *session, struct herd_text line)
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

void answer_too_long(struct session *session, struct herd_text shown)
{
    struct turn turn = begin(session, shown);

    answer_invalid(session, shown, turn.out);
    end(session, &turn);
}

static void give_out(struct session *session, struct pending *pending)
{
    struct herd_buffer *out = herd_stream_out(&session->stream);
    size_t before = herd_buffer_length(out);

    herd_buffer_append(out, herd_buffer_text(&pending->location));
    append_places(session, &pending->ticket, out);
    log_reply(session, out, before);
    herd_buffer_append(out, herd_buffer_text(&pending->behind));
    session->held_bytes -= herd_buffer_length(&pending->behind);
    herd_list_remove(&pending->node);
    session->pending_count--;
    free_pending(pending);
}

void answer_pendings(struct session *session)
{
    size_t pause_bytes = session->server->config->limits.output_pause_bytes;

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

void answer_give_up(struct session *session)
{
    struct herd_list_node *node;

    for (node = session->pendings.next; node != &session->pendings; node = node->next)
        herd_places_give_up(session->server->placework.places, &HERD_CONTAINER(node, struct pending, node)->ticket,
                            "The server is ending.");
    answer_pendings(session);
}

void answer_forget(struct session *session)
{
    while (!herd_list_empty(&session->pendings)) {
        struct pending *first = HERD_CONTAINER(session->pendings.next, struct pending, node);
        herd_places_leave(session->server->placework.places, &first->ticket);
        herd_list_remove(&first->node);
        free_pending(first);
    }
}
