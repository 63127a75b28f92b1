/* SPDX-License-Identifier: MIT */
#ifndef HERD_CLIENT_LOCAL_H
#define HERD_CLIENT_LOCAL_H

#include "herd/clients.h"
#include "herd/log.h"
#include "herd/machine.h"
#include "herd/stream.h"
#include "herd/wiremeter.h"

/* -- One connection (session.c) ------------------------------------------------- */

/* A WHATSAT that waits for its places, and the replies that wait behind it. */
struct pending {
    struct herd_list_node node; /* herd_session.pendings, in the order of the commands */
    struct herd_places_ticket ticket;
    struct herd_session *session;
    int64_t read_ns;             /* when the WHATSAT was */
    struct herd_buffer location; /* its AT line with LF */
    struct herd_buffer behind;   /* replies to later commands, up to the next pending */
};

enum session_state {
    SESSION_TAKING,    /* commands; though not while it has to wait, see may_parse */
    SESSION_FINISHING, /* takes no more; what it took is being answered */
    SESSION_ENDED,     /* all is answered: its stream ends */
};

struct herd_session {
    struct herd_stream stream;
    struct herd_admit_place place;
    struct herd_clients *clients;
    struct herd_framer framer;
    struct herd_list_node node;                /* herd_clients.sessions */
    struct herd_deadline started, quiet, idle; /* of herd_clients */
    struct herd_list_node pendings;
    struct herd_places_asker asker;
    struct herd_wire_meter wire;
    struct herd_core_wait wait; /* replies wait for the disk; the stream is held meanwhile */
    struct herd_core_grant grant;
    struct herd_task task; /* goes on parsing or answering in the next turn */
    int64_t read_ns;       /* wall clock when the last bytes were read */
    uint64_t number;       /* conn= in the log */
    size_t held_bytes;     /* replies behind pendings */
    uint32_t linger_ms, pending_count;
    uint32_t turn, turn_lines; /* so many lines were taken in that turn of the loop */
    unsigned state;            /* enum session_state */
    bool heard;                /* since the last read the neighbours were heard */
};

/* A connection that a listener has; where it has none any more nothing comes of it. */
void session_accept(struct herd_clients *clients, struct herd_listener *listener);
/* No more commands; ends when what is in flight was answered. */
void session_drain(struct herd_session *session);
/* Other options are in force, which of its own it takes over. */
void session_configure(struct herd_session *session);
/* The reply that was just written is the last one; the caller ends the session in time (session_end_if_done). */
void session_finish(struct herd_session *session);
/* Where the reply to the command being handled goes: the stream, or behind a pending. */
struct herd_buffer *session_out(struct herd_session *session);
/* Bytes that wait to be taken by the client. */
size_t session_queued(const struct herd_session *session);
/* Whether it takes the next command now. */
bool session_may_parse(const struct herd_session *session);
/* Goes on in the next turn, or when the client has taken what is queued. */
void session_after_flush(struct herd_session *session);
/* Ends the stream where everything was answered and nothing more is taken. */
void session_end_if_done(struct herd_session *session);
/* What has no end is a line as it stands. */
void session_answer_unfinished(struct herd_session *session);

/* -- What lasts too long (lasting.c) ----------------------------------------------- */

void lasting_open(struct herd_clients *clients);
void lasting_configure(struct herd_clients *clients);
void lasting_close(struct herd_clients *clients);
/* Of a session: it has an unfinished line, which grew; or none. It did something at all. */
void lasting_note_unfinished(struct herd_session *session);
void lasting_forget_unfinished(struct herd_session *session);
void lasting_note_activity(struct herd_session *session);

/* -- The commands (answers.c) --------------------------------------------------------- */

void answer_line(struct herd_session *session, struct herd_text line);
/* IAMATs of one session, `first` to before `end` of what was collected; nothing where it takes no more lines. */
void answer_reports(struct herd_session *session, struct herd_batch *batch, unsigned first, unsigned end);
void answer_too_long(struct herd_session *session, struct herd_text shown);
/* Gives out what has become ready, in order, as far as the client takes it. */
void answer_pendings(struct herd_session *session);
/* Makes everything that waits for places ready without them. */
void answer_give_up(struct herd_session *session);
void answer_forget(struct herd_session *session);

/* -- Reports that were read and not answered yet (reports.c) ---------------------------- */

/* The core knows its number. */
void reports_init(struct herd_clients *clients);
/*
 * Collects usual IAMATs off the front of *input, at most `most`, and moves it
 * past them: how many. Those that were collected before, too, are answered
 * where there are enough of them.
 */
uint32_t reports_take(struct herd_session *session, struct herd_text *input, uint32_t most);
/* The session has no more input, up to `end` (NULL: it had none): what was collected of it stays where it is. */
void reports_keep(struct herd_session *session, const char *end);
/* One that had to be read as a command: answered at once, behind what was collected. `line` is what it came as. */
void reports_answer_one(struct herd_session *session, const struct herd_report *report, struct herd_text line);
/* Answers what was collected, before anything that must not overtake it. */
void reports_answer(struct herd_clients *clients);

/* -- Wire lines of the log (clientlog.c) --------------------------------------------------- */

void clientlog_open(const struct herd_session *session);
void clientlog_close(const struct herd_session *session, int status);
/* To a client, LFs at its end left out. `stale`: to a report that is older than what is stored. */
void clientlog_reply(struct herd_session *session, struct herd_text reply, bool stale);
/* Where wire lines are logged at all, and as far as the session's meter allows. */
void clientlog_line(struct herd_session *session, const char *event, struct herd_text line);
static inline void clientlog(struct herd_session *session, const char *event, struct herd_text line)
{
    if (herd_log_wire_on()) clientlog_line(session, event, line);
}

#endif
