/* SPDX-License-Identifier: MIT */
/* What may last so long and no longer: a line that was begun, silence inside one, silence at all. */
#include "local.h"

#include <assert.h>

void lasting_forget_unfinished(struct herd_session *session)
{
    herd_deadline_stop(&session->started);
    herd_deadline_stop(&session->quiet);
}

/* One clock of an unfinished line runs from its first byte, the other from its last; none while we do not read. */
void lasting_note_unfinished(struct herd_session *session)
{
    struct herd_clients *clients = session->clients;

    assert(session->state == SESSION_TAKING);
    if (!herd_framer_pending(&session->framer)) {
        lasting_forget_unfinished(session);
        return;
    }
    if (!herd_deadline_running(&session->started)) herd_deadline_start(&clients->started, &session->started);
    herd_deadline_start(&clients->quiet, &session->quiet);
}

void lasting_note_activity(struct herd_session *session)
{
    herd_deadline_start(&session->clients->idle, &session->idle);
}

static void on_line_over(struct herd_deadline *deadline)
{
    struct herd_session *session = HERD_CONTAINER(deadline, struct herd_session, started);

    assert(!herd_deadline_running(deadline));
    if (!herd_stream_open(&session->stream)) return;
    if (!session_may_parse(session)) { /* stands still */
        herd_deadline_start(&session->clients->started, deadline);
        return;
    }
    session->clients->counts.line_timeouts++;
    session_answer_unfinished(session);
    session_finish(session);
    session_end_if_done(session);
}

static void on_quiet_over(struct herd_deadline *deadline)
{
    struct herd_session *session = HERD_CONTAINER(deadline, struct herd_session, quiet);

    assert(!herd_deadline_running(deadline));
    if (!herd_stream_open(&session->stream)) return;
    if (!session_may_parse(session)) {
        herd_deadline_start(&session->clients->quiet, deadline);
        return;
    }
    session->clients->counts.lines_quiet++;
    session_answer_unfinished(session);
    herd_framer_hold(&session->framer, HERD_TEXT("")); /* done with the line: who is silent owns no memory */
    session_end_if_done(session);
}

/* It waits for us, or for a reply to be taken: what it sent may be held, and more than one line of it. */
static bool waits(const struct herd_session *session)
{
    return herd_stream_paused(&session->stream) || !session_may_parse(session) || !herd_list_empty(&session->pendings);
}

static void on_idle_over(struct herd_deadline *deadline)
{
    struct herd_session *session = HERD_CONTAINER(deadline, struct herd_session, idle);

    assert(!herd_deadline_running(deadline));
    if (!herd_stream_open(&session->stream)) return;
    if (waits(session)) {
        herd_deadline_start(&session->clients->idle, deadline);
        return;
    }
    session->clients->counts.idle_timeouts++;
    session_answer_unfinished(session);
    session_drain(session);
}

void lasting_open(struct herd_clients *clients)
{
    const struct herd_clients_options *options = &clients->options;

    herd_deadlines_init(&clients->started, clients->loop, options->line_timeout_ms, on_line_over);
    herd_deadlines_init(&clients->quiet, clients->loop, options->line_quiet_ms, on_quiet_over);
    herd_deadlines_init(&clients->idle, clients->loop, options->idle_timeout_ms, on_idle_over);
}

void lasting_configure(struct herd_clients *clients)
{
    const struct herd_clients_options *options = &clients->options;

    herd_deadlines_configure(&clients->started, options->line_timeout_ms);
    herd_deadlines_configure(&clients->quiet, options->line_quiet_ms);
    herd_deadlines_configure(&clients->idle, options->idle_timeout_ms);
}

void lasting_close(struct herd_clients *clients)
{
    herd_deadlines_close(&clients->started);
    herd_deadlines_close(&clients->quiet);
    herd_deadlines_close(&clients->idle);
}
