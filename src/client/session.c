/* SPDX-License-Identifier: MIT */
/*
 * A client's connection: reads, cuts into lines, has each answered in order.
 *
 * Parsing stops, and with it reading, when the client has 64 KiB of replies to
 * take (and those to reports that are collected already, see reports.c), when
 * 16 of its WHATSATs are in flight, or for this turn after 256 lines. What was
 * read and not parsed is held by the framer, at most one read.
 * It goes on when the stream has drained, when a WHATSAT was answered, or in
 * the next turn.
 *
 * A line whose end does not come is answered as it stands: after 30 s, and
 * that is the last one, or after the silence of line_quiet_ms where there is
 * such a limit, and the session goes on.
 *
 * It ends when the client half-closed and everything was answered, after a
 * reply that is the last one (a line over the limit, one that timed out, HTTP,
 * close_after_reply), on any error of the stream, and when the server drains.
 * Who may still be sending then is listened to for a second, and not heard: a
 * connection that is closed with input unread is reset, which can cost the
 * client its reply.
 */
#include "local.h"

#include <assert.h>
#include <errno.h>

#include "herd/clock.h"
#include "herd/log.h"
#include "herd/memory.h"

#define LINGER_MS 1000
#define DRAIN_LINGER_MS 200 /* shorter, as a server must end in time */

#define HOLDS(field, option)                                                                                           \
    _Static_assert(sizeof(((struct herd_session *)0)->field) >= sizeof(((struct herd_clients_options *)0)->option),    \
                   "it is counted as far as the limit may be")
HOLDS(pending_count, whatsat_per_connection_max);
HOLDS(held_bytes, output_pause_bytes);
HOLDS(framer.limit, line_bytes_max);
HOLDS(turn_lines, lines_per_turn_max);

static const struct herd_machine machine = {.name = "session",
                                            .states = {[SESSION_TAKING] = {"taking", HERD_TO(SESSION_FINISHING)},
                                                       [SESSION_FINISHING] = {"finishing", HERD_TO(SESSION_ENDED)},
                                                       [SESSION_ENDED] = {"ended", 0}}};

/* Takes no more commands, if it did. */
static void finish(struct herd_session *session, uint32_t linger_ms)
{
    session->linger_ms = linger_ms;
    if (session->state == SESSION_TAKING)
        herd_machine_move(&machine, &session->state, SESSION_FINISHING, session->number);
}

size_t session_queued(const struct herd_session *session)
{
    return herd_stream_queued(&session->stream) + session->held_bytes;
}

/* The end of this turn writes the output. If the kernel does not take it all, on_drained says when it has. */
void session_after_flush(struct herd_session *session)
{
    bool waits_for_client = herd_stream_blocked(&session->stream);

    if (herd_stream_held(&session->stream)) return; /* until its replies are durable; then it is told */
    if (!waits_for_client && herd_stream_queued(&session->stream) > 0)
        herd_loop_soon(session->clients->loop, &session->task);
}

void session_end_if_done(struct herd_session *session)
{
    assert((session->pending_count == 0) == herd_list_empty(&session->pendings));
    assert(session->pending_count > 0 || session->held_bytes == 0);
    if (session->state != SESSION_FINISHING || session->pending_count > 0) return;
    herd_machine_move(&machine, &session->state, SESSION_ENDED, session->number);
    herd_stream_end(&session->stream, session->linger_ms);
}

struct herd_buffer *session_out(struct herd_session *session)
{
    if (herd_list_empty(&session->pendings)) return herd_stream_out(&session->stream);
    assert(session->pending_count > 0);
    return &HERD_CONTAINER(session->pendings.previous, struct pending, node)->behind;
}

bool session_may_parse(const struct herd_session *session)
{
    const struct herd_clients_options *options = &session->clients->options;

    return session->state == SESSION_TAKING && !herd_core_wait_stands(&session->wait) &&
           session->pending_count < options->whatsat_per_connection_max &&
           session_queued(session) < options->output_pause_bytes;
}

void session_finish(struct herd_session *session)
{
    finish(session, LINGER_MS);
}

static void take_too_long(struct herd_session *session, struct herd_text shown)
{
    session->clients->counts.lines_too_long++;
    answer_too_long(session, shown);
    session_finish(session);
}

/* Which limit it was; none where the session takes no more lines. */
static void count_stop(const struct herd_session *session)
{
    const struct herd_clients_options *options = &session->clients->options;
    struct herd_clients_counts *counts = &session->clients->counts;

    if (session->state != SESSION_TAKING || herd_core_wait_stands(&session->wait)) return;
    if (session->pending_count >= options->whatsat_per_connection_max)
        counts->whatsat_pauses++;
    else if (session_queued(session) >= options->output_pause_bytes)
        counts->output_pauses++;
    else
        counts->full_turns++;
}

/* Cannot go on now: keeps the rest and stops reading. */
static void stop_parsing(struct herd_session *session, struct herd_text rest)
{
    assert(session->clients->reports.batch.count == 0); /* what came before is answered */
    count_stop(session);
    herd_framer_hold(&session->framer, rest);
    herd_stream_pause(&session->stream);
    lasting_forget_unfinished(session);
    if (session->state == SESSION_TAKING) herd_loop_soon(session->clients->loop, &session->task);
    session_end_if_done(session);
}

/* True where all of `input` was parsed; *budget is how many lines it may have, and had not. */
static bool parse_some(struct herd_session *session, struct herd_text input, uint32_t *budget)
{
    struct herd_text line;

    while (*budget > 0 && session_may_parse(session)) {
        *budget -= reports_take(session, &input, *budget);
        if (*budget == 0) break;
        if (input.length == 0 && !herd_framer_pending(&session->framer)) {
            reports_keep(session, input.bytes);
            return true;
        }
        reports_answer(session->clients);
        if (!session_may_parse(session)) break;
        --*budget;
        switch (herd_framer_next(&session->framer, &input, &line)) {
        case HERD_LINE_NONE:
            lasting_note_unfinished(session);
            return true;
        case HERD_LINE_READY:
            lasting_forget_unfinished(session);
            answer_line(session, line);
            break;
        case HERD_LINE_TOO_LONG:
            take_too_long(session, line);
            break;
        }
    }
    reports_answer(session->clients);
    stop_parsing(session, input);
    return false;
}

/* The same. The lines of a turn count together, however often it is read from and goes on. */
static bool parse(struct herd_session *session, struct herd_text input)
{
    uint32_t most = session->clients->options.lines_per_turn_max;
    uint32_t turn = session->clients->loop->turn;
    uint32_t left;
    bool all;

    if (turn != session->turn) session->turn_lines = 0;
    session->turn = turn;
    left = session->turn_lines < most ? most - session->turn_lines : 0; /* there may have been more to have */
    all = parse_some(session, input, &left);
    session->turn_lines = most - left;
    return all;
}

static void on_read(struct herd_stream *stream, struct herd_text bytes)
{
    struct herd_session *session = HERD_CONTAINER(stream, struct herd_session, stream);

    session->read_ns = herd_clock_wall_ns();
    session->heard = false;
    lasting_note_activity(session);
    parse(session, bytes);
}

/* What has no end is a line as it stands. It was read when the session last read, whenever that was. */
void session_answer_unfinished(struct herd_session *session)
{
    struct herd_text line;

    reports_answer(session->clients);
    lasting_forget_unfinished(session);
    session->heard = false;
    if (session->state == SESSION_TAKING && herd_framer_end(&session->framer, &line)) answer_line(session, line);
}

static void on_end(struct herd_stream *stream)
{
    struct herd_session *session = HERD_CONTAINER(stream, struct herd_session, stream);

    session_answer_unfinished(session);
    finish(session, session->linger_ms);
    session_end_if_done(session);
}

/* Answers what became ready, then parses on where the client took enough. */
static void go_on(struct herd_session *session)
{
    answer_pendings(session);
    if (session->state != SESSION_TAKING || !herd_stream_paused(&session->stream)) return;
    if (session_queued(session) > session->clients->options.output_resume_bytes) {
        session_after_flush(session);
        return;
    }
    if (!session_may_parse(session)) return;
    if (parse(session, (struct herd_text){NULL, 0})) herd_stream_resume(&session->stream);
}

static void run_task(struct herd_task *task)
{
    go_on(HERD_CONTAINER(task, struct herd_session, task));
}

static void on_drained(struct herd_stream *stream)
{
    go_on(HERD_CONTAINER(stream, struct herd_session, stream));
}

static void free_session(struct herd_session *session)
{
    answer_forget(session);
    assert(herd_list_empty(&session->pendings) && session->held_bytes == 0);
    herd_task_cancel(&session->task);
    herd_list_remove(&session->node);
    lasting_forget_unfinished(session);
    herd_deadline_stop(&session->idle);
    herd_core_wait_leave(&session->wait);
    herd_framer_finish(&session->framer);
    herd_admit_give(&session->place);
    herd_memory_free(session);
}

static void on_closed(struct herd_stream *stream, int status)
{
    struct herd_session *session = HERD_CONTAINER(stream, struct herd_session, stream);
    struct herd_clients *clients = session->clients;

    clientlog_close(session, status);
    free_session(session);
    assert(clients->counts.sessions > 0);
    clients->counts.sessions--;
    clients->port.on_gone(clients->port.owner);
}

static const struct herd_stream_events events = {
    .on_read = on_read, .on_end = on_end, .on_drained = on_drained, .on_closed = on_closed};

/* Its replies may go. */
static void on_durable(struct herd_core_wait *wait)
{
    struct herd_session *session = HERD_CONTAINER(wait, struct herd_session, wait);

    assert(!herd_core_wait_stands(&session->wait));
    session->clients->answered_ns = session->read_ns;
    herd_stream_release(&session->stream);
    herd_loop_soon(session->clients->loop, &session->task);
}

/* Its own copies of what may change. */
static void take_options(struct herd_session *session)
{
    const struct herd_clients *clients = session->clients;

    session->framer.limit = clients->options.line_bytes_max;
    session->stream.stall_ms = clients->options.write_stall_ms;
    session->wire.bytes_max = clients->options.wire_bytes_per_s_max;
    session->grant.judged = herd_core_judges(clients->core);
}

static struct herd_session *create(struct herd_clients *clients)
{
    struct herd_session *session = herd_memory_allocate_zeroed(1, sizeof *session);

    session->clients = clients;
    session->number = ++clients->counts.connections;
    herd_deadline_init(&session->started);
    herd_deadline_init(&session->quiet);
    herd_deadline_init(&session->idle);
    herd_list_init(&session->pendings);
    herd_core_wait_init(&session->wait, on_durable);
    herd_task_init(&session->task, run_task);
    herd_framer_init(&session->framer, clients->options.line_bytes_max);
    herd_stream_init(&session->stream, clients->loop, &events);
    take_options(session);
    return session;
}

void session_accept(struct herd_clients *clients, struct herd_listener *listener)
{
    struct herd_session *session = create(clients);

    if (herd_listener_accept(listener, &session->stream, &session->place) < 0) {
        herd_framer_finish(&session->framer);
        herd_memory_free(session);
        return;
    }
    herd_list_append(&clients->sessions, &session->node);
    clients->counts.sessions++;
    assert(clients->counts.sessions <= clients->counts.connections);
    lasting_note_activity(session);
    clientlog_open(session);
}

void session_drain(struct herd_session *session)
{
    finish(session, DRAIN_LINGER_MS);
    lasting_forget_unfinished(session);
    session_end_if_done(session);
}

void session_configure(struct herd_session *session)
{
    take_options(session);
    if (!herd_deadline_running(&session->idle)) lasting_note_activity(session);
    if (!herd_stream_paused(&session->stream) && session_may_parse(session)) lasting_note_unfinished(session);
}
