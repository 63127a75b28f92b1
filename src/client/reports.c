/* SPDX-License-Identifier: MIT */
/*
 * The usual IAMATs, looked up many at a time. What one touches in the store is
 * rarely in the processor's cache, and waiting for it would take longer than
 * all the rest. So up to thirty-two are collected, of one connection or, where
 * each sends little, of several, and the store fetches what all of them need
 * at once.
 *
 *     on_read -> collected ...... -> answered: when thirty-two are there, before a
 *                                    line of another kind, and at the end of
 *                                    the turn, before the flood
 *
 * Collected lines are views of the loop's read buffer, which keeps them until
 * then. Each is answered in its place in the order of its connection, with the
 * time at which it was read. A client that does not take its replies may so
 * have thirty-two more of them queued than its limit says.
 */
#include "local.h"

#include <assert.h>

#include "herd/line.h"

void reports_init(struct herd_clients *clients)
{
    herd_core_batch_init(clients->core, &clients->reports.batch);
}

static void end_run(struct herd_reports *reports, struct herd_session *session, unsigned count)
{
    assert(count > 0 && reports->run_count < HERD_BATCH_MAX);
    reports->sessions[reports->run_count] = session;
    reports->run_counts[reports->run_count++] = count;
}

uint32_t reports_take(struct herd_session *session, struct herd_text *input, uint32_t most)
{
    struct herd_reports *reports = &session->clients->reports;
    struct herd_batch *batch = &reports->batch;
    struct herd_version *version = herd_batch_next(batch);
    struct herd_text *text = &batch->texts[batch->count];
    struct herd_text left = *input;
    size_t limit = session->framer.limit;
    int64_t read_ns = session->read_ns;
    uint32_t room = HERD_BATCH_MAX - batch->count;
    uint32_t taken;

    assert(room > 0); /* a full one is answered at once */
    if (herd_framer_pending(&session->framer)) return 0;
    if (room > most) room = most;
    for (taken = 0; taken < room && left.length > 0; taken++, version++, text++) {
        size_t length = herd_report_scan(left, &version->report);
        if (length == 0 || length - 1 > limit) break;
        version->difference_ns = read_ns - version->report.time_ns;
        *text = (struct herd_text){left.bytes, length - 1};
        left.bytes += length;
        left.length -= length;
    }
    if (taken == 0) return 0;
    *input = left;
    batch->count += taken;
    end_run(reports, session, taken);
    if (batch->count == HERD_BATCH_MAX) reports_answer(session->clients);
    return taken;
}

void reports_keep(struct herd_session *session, const char *end)
{
    struct herd_clients *clients = session->clients;

    /* What others wait with is kept already, where this session had nothing new. */
    if (clients->reports.batch.count == 0 || end == NULL) return;
    if (herd_loop_keep(clients->loop, end))
        herd_loop_mark(clients->loop, HERD_PHASE_COMMANDS);
    else
        reports_answer(clients);
}

void reports_answer_one(struct herd_session *session, const struct herd_report *report, struct herd_text line)
{
    struct herd_reports *reports = &session->clients->reports;
    struct herd_version *version;

    reports_answer(session->clients);
    assert(reports->batch.count == 0 && reports->run_count == 0);
    version = herd_batch_next(&reports->batch);
    version->report = *report;
    version->difference_ns = session->read_ns - report->time_ns;
    herd_batch_add(&reports->batch, line);
    end_run(reports, session, 1);
    reports_answer(session->clients);
}

void reports_answer(struct herd_clients *clients)
{
    struct herd_reports *reports = &clients->reports;
    unsigned first = 0;
    unsigned i;

    if (reports->batch.count == 0) return;
    assert(reports->run_count > 0 && reports->run_count <= reports->batch.count);
    herd_core_look_ahead(clients->core, &reports->batch);
    for (i = 0; i < reports->run_count; i++) {
        struct herd_session *session = reports->sessions[i];
        unsigned end = first + reports->run_counts[i];
        answer_reports(session, &reports->batch, first, end);
        session_end_if_done(session);
        first = end;
    }
    assert(first == reports->batch.count);
    reports->batch.count = reports->run_count = 0;
}
