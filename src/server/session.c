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

#include <errno.h>

#include "herd/clock.h"
#include "herd/log.h"
#include "herd/memory.h"

#define LINGER_MS 1000
#define DRAIN_LINGER_MS 200 /* shorter, as a server must end in time */

size_t session_queued(const struct session *session)
{
    return herd_stream_queued(&session->stream) + session->held_bytes;
}

/* The end of this turn writes the output. If the kernel does not take it all, on_drained says when it has. */
void session_after_flush(struct session *session)
{
    bool waits_for_client = !herd_list_empty(&session->stream.blocked_node);

    if (session->stream.held) return; /* until its replies are durable; then it is told */
    if (!waits_for_client && herd_stream_queued(&session->stream) > 0)
        herd_loop_soon(&session->server->loop, &session->task);
}

void session_end_if_done(struct session *session)
{
    if (session->finished && herd_list_empty(&session->pendings)) herd_stream_end(&session->stream, session->linger_ms);
}

struct herd_buffer *session_out(struct session *session)
{
    if (herd_list_empty(&session->pendings)) return herd_stream_out(&session->stream);
    return &HERD_CONTAINER(session->pendings.previous, struct pending, node)->behind;
}

static bool may_parse(const struct session *session)
{
    const struct herd_config *config = session->server->config;

    return !session->finished && !herd_core_wait_stands(&session->wait) &&
           session->pending_count < config->limits.whatsat_per_connection_max &&
           session_queued(session) < config->limits.output_pause_bytes;
}

void session_finish(struct session *session)
{
    session->finished = true;
    session->linger_ms = LINGER_MS;
}

static void forget_unfinished(struct session *session)
{
    herd_deadline_stop(&session->started);
    herd_deadline_stop(&session->quiet);
}

/* One clock of an unfinished line runs from its first byte, the other from its last; none while we do not read. */
static void note_unfinished(struct session *session)
{
    struct server *server = session->server;

    if (!herd_framer_pending(&session->framer)) {
        forget_unfinished(session);
        return;
    }
    if (!herd_deadline_running(&session->started)) herd_deadline_start(&server->started, &session->started);
    herd_deadline_start(&server->quiet, &session->quiet);
}

static void take_too_long(struct session *session, struct herd_text shown)
{
    session->server->counts.lines_too_long++;
    answer_too_long(session, shown);
    session_finish(session);
}

/* Which limit it was; none where the session takes no more lines. */
static void count_stop(const struct session *session)
{
    const struct herd_config *config = session->server->config;
    struct server_counts *counts = &session->server->counts;

    if (session->finished || herd_core_wait_stands(&session->wait)) return;
    if (session->pending_count >= config->limits.whatsat_per_connection_max)
        counts->whatsat_pauses++;
    else if (session_queued(session) >= config->limits.output_pause_bytes)
        counts->output_pauses++;
    else
        counts->full_turns++;
}

/* Cannot go on now: keeps the rest and stops reading. */
static void stop_parsing(struct session *session, struct herd_text rest)
{
    count_stop(session);
    herd_framer_hold(&session->framer, rest);
    herd_stream_pause(&session->stream);
    forget_unfinished(session);
    if (!session->finished) herd_loop_soon(&session->server->loop, &session->task);
    session_end_if_done(session);
}

/* True where all of `input` was parsed; *budget is how many lines it may have, and had not. */
static bool parse_some(struct session *session, struct herd_text input, uint32_t *budget)
{
    struct herd_text line;

    while (*budget > 0 && may_parse(session)) {
        *budget -= reports_take(session, &input, *budget);
        if (*budget == 0) break;
        if (input.length == 0 && !herd_framer_pending(&session->framer)) {
            reports_keep(session, input.bytes);
            return true;
        }
        reports_answer(session->server);
        if (!may_parse(session)) break;
        --*budget;
        switch (herd_framer_next(&session->framer, &input, &line)) {
        case HERD_LINE_NONE:
            note_unfinished(session);
            return true;
        case HERD_LINE_READY:
            forget_unfinished(session);
            answer_line(session, line);
            break;
        case HERD_LINE_TOO_LONG:
            take_too_long(session, line);
            break;
        }
    }
    reports_answer(session->server);
    stop_parsing(session, input);
    return false;
}

/* The same. The lines of a turn count together, however often it is read from and goes on. */
static bool parse(struct session *session, struct herd_text input)
{
    uint32_t most = session->server->config->limits.lines_per_turn_max;
    uint32_t turn = session->server->loop.turn;
    uint32_t left;
    bool all;

    if (turn != session->turn) session->turn_lines = 0;
    session->turn = turn;
    left = most - session->turn_lines;
    all = parse_some(session, input, &left);
    session->turn_lines = most - left;
    return all;
}

static void on_read(struct herd_stream *stream, struct herd_text bytes)
{
    struct session *session = HERD_CONTAINER(stream, struct session, stream);

    session->read_ns = herd_clock_wall_ns();
    session->heard = false;
    herd_deadline_start(&session->server->idle, &session->idle);
    parse(session, bytes);
}

/* What has no end is a line as it stands. It was read when the session last read, whenever that was. */
static void answer_unfinished(struct session *session)
{
    struct herd_text line;

    reports_answer(session->server);
    forget_unfinished(session);
    session->heard = false;
    if (!session->finished && herd_framer_end(&session->framer, &line)) answer_line(session, line);
}

static void on_end(struct herd_stream *stream)
{
    struct session *session = HERD_CONTAINER(stream, struct session, stream);

    answer_unfinished(session);
    session->finished = true;
    session_end_if_done(session);
}

/* Answers what became ready, then parses on where the client took enough. */
static void go_on(struct session *session)
{
    answer_pendings(session);
    if (session->finished || !session->stream.paused) return;
    if (session_queued(session) > session->server->config->limits.output_resume_bytes) {
        session_after_flush(session);
        return;
    }
    if (!may_parse(session)) return;
    if (parse(session, (struct herd_text){NULL, 0})) herd_stream_resume(&session->stream);
}

static void run_task(struct herd_task *task)
{
    go_on(HERD_CONTAINER(task, struct session, task));
}

static void on_drained(struct herd_stream *stream)
{
    go_on(HERD_CONTAINER(stream, struct session, stream));
}

static void free_session(struct session *session)
{
    answer_forget(session);
    herd_task_cancel(&session->task);
    herd_list_remove(&session->node);
    forget_unfinished(session);
    herd_deadline_stop(&session->idle);
    herd_core_wait_leave(&session->wait);
    herd_framer_finish(&session->framer);
    herd_admit_give(&session->place);
    herd_memory_free(session);
}

static void log_close(const struct session *session, int status)
{
    struct herd_log_event log;

    if (!herd_log_begin_wire(&log, "close")) return;
    herd_log_number(&log, "conn", (int64_t)session->number);
    if (session->wire.unwritten > 0) herd_log_number(&log, "unwritten", (int64_t)session->wire.unwritten);
    if (status != 0) herd_log_error(&log, status);
    herd_log_end(&log);
}

static void on_closed(struct herd_stream *stream, int status)
{
    struct session *session = HERD_CONTAINER(stream, struct session, stream);
    struct server *server = session->server;

    log_close(session, status);
    free_session(session);
    server->session_count--;
    server_drain_step(server);
}

static const struct herd_stream_events events = {
    .on_read = on_read, .on_end = on_end, .on_drained = on_drained, .on_closed = on_closed};

static void log_open(const struct session *session)
{
    struct herd_log_event log;
    char address[56];

    if (!herd_log_begin_wire(&log, "open")) return;
    herd_stream_address(&session->stream, address, sizeof address);
    herd_log_number(&log, "conn", (int64_t)session->number);
    herd_log_string(&log, "from", address);
    herd_log_end(&log);
}

/* Its replies may go. */
static void on_durable(struct herd_core_wait *wait)
{
    struct session *session = HERD_CONTAINER(wait, struct session, wait);

    herd_stream_release(&session->stream);
    herd_loop_soon(&session->server->loop, &session->task);
}

static struct session *create(struct server *server)
{
    struct session *session = herd_memory_allocate_zeroed(1, sizeof *session);

    session->server = server;
    session->number = ++server->counts.connections;
    herd_deadline_init(&session->started);
    herd_deadline_init(&session->quiet);
    herd_deadline_init(&session->idle);
    herd_list_init(&session->pendings);
    herd_core_wait_init(&session->wait, on_durable);
    session->grant.judged = herd_core_judges(&server->core);
    herd_task_init(&session->task, run_task);
    herd_framer_init(&session->framer, server->config->limits.line_bytes_max);
    herd_stream_init(&session->stream, &server->loop, &events);
    session->wire.bytes_max = server->config->log.wire_bytes_per_s_max;
    session->stream.stall_ms = server->config->limits.write_stall_ms;
    return session;
}

void session_accept(struct herd_listener *listener, void *owner)
{
    struct server *server = owner;
    struct session *session = create(server);

    if (herd_listener_accept(listener, &session->stream, &session->place) < 0) {
        herd_framer_finish(&session->framer);
        herd_memory_free(session);
        return;
    }
    herd_list_append(&server->sessions, &session->node);
    server->session_count++;
    herd_deadline_start(&server->idle, &session->idle);
    log_open(session);
}

void session_drain(struct session *session)
{
    session->finished = true;
    session->linger_ms = DRAIN_LINGER_MS;
    forget_unfinished(session);
    session_end_if_done(session);
}

/* -- What lasts too long -------------------------------------------------------- */

static void on_line_over(struct herd_deadline *deadline)
{
    struct session *session = HERD_CONTAINER(deadline, struct session, started);

    if (session->stream.state != HERD_STREAM_OPEN) return;
    if (!may_parse(session)) { /* stands still */
        herd_deadline_start(&session->server->started, deadline);
        return;
    }
    session->server->counts.line_timeouts++;
    answer_unfinished(session);
    session_finish(session);
    session_end_if_done(session);
}

static void on_quiet_over(struct herd_deadline *deadline)
{
    struct session *session = HERD_CONTAINER(deadline, struct session, quiet);

    if (session->stream.state != HERD_STREAM_OPEN) return;
    if (!may_parse(session)) {
        herd_deadline_start(&session->server->quiet, deadline);
        return;
    }
    session->server->counts.lines_quiet++;
    answer_unfinished(session);
    herd_framer_hold(&session->framer, HERD_TEXT("")); /* done with the line: who is silent owns no memory */
    session_end_if_done(session);
}

/* It waits for us, or for a reply to be taken: what it sent may be held, and more than one line of it. */
static bool waits(const struct session *session)
{
    return session->stream.paused || !may_parse(session) || !herd_list_empty(&session->pendings);
}

static void on_idle_over(struct herd_deadline *deadline)
{
    struct session *session = HERD_CONTAINER(deadline, struct session, idle);

    if (session->stream.state != HERD_STREAM_OPEN) return;
    if (waits(session)) {
        herd_deadline_start(&session->server->idle, deadline);
        return;
    }
    session->server->counts.idle_timeouts++;
    answer_unfinished(session);
    session_drain(session);
}

void sessions_open(struct server *server)
{
    const struct herd_config *config = server->config;

    herd_deadlines_init(&server->started, &server->loop, config->limits.line_timeout_ms, on_line_over);
    herd_deadlines_init(&server->quiet, &server->loop, config->protocol.line_quiet_ms, on_quiet_over);
    herd_deadlines_init(&server->idle, &server->loop, config->limits.idle_timeout_ms, on_idle_over);
}

void sessions_close(struct server *server)
{
    herd_deadlines_close(&server->started);
    herd_deadlines_close(&server->quiet);
    herd_deadlines_close(&server->idle);
}
