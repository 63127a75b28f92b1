/* SPDX-License-Identifier: MIT */
/*
 * The journal's driver. Reports of clients are put into its batch as they are
 * answered, with the bytes of the reply, and what neighbours teach as it is
 * learnt, with the bytes of their lines. The batch goes to the file with one
 * write at the end of the turn, after the flood and before the replies.
 *
 * Writing the journal anew is a scan of the store into a slot that is the
 * journal's, whose FIFO is emptied into the batch. The slot is never active:
 * what changes is in the batch already.
 *
 * With `synced` a session that was answered stops: its replies are held, and
 * nothing more is parsed, until fdatasync has covered what was appended in
 * that turn. All sessions of a turn wait for one fdatasync.
 *
 *     session_wait --> fresh --end of turn: has a position--> waiting --durable--> goes on
 *
 * A file that fails: `written` serves on from memory and the journal asks to
 * be written anew; `synced` cannot keep its promise, so the server ends, and
 * nobody gets a reply that is not true.
 */
#include "local.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sysexits.h>

#include "herd/log.h"
#include "herd/memory.h"
#include "herd/signals.h"
#include "herd/tell.h"

#define SLICE 4096

static bool is_synced(const struct server *server)
{
    return server->journalwork.journal != NULL && server->config->journal.durability == HERD_DURABILITY_SYNCED;
}

/* -- Replies that wait ---------------------------------------------------------- */

void journalwork_wait(struct session *session)
{
    struct journalwork *work = &session->server->journalwork;

    if (!is_synced(session->server)) return;
    journalwork_forget(session); /* a last line without LF is answered while earlier replies still wait */
    herd_stream_hold(&session->stream);
    herd_list_append(&work->fresh, &session->durable_node);
    herd_loop_mark(&session->server->loop, HERD_PHASE_JOURNAL);
}

void journalwork_forget(struct session *session)
{
    herd_list_remove(&session->durable_node);
    session->durable_position = 0;
}

static void give_positions(struct journalwork *work)
{
    while (!herd_list_empty(&work->fresh)) {
        struct session *session = HERD_CONTAINER(work->fresh.next, struct session, durable_node);
        herd_list_remove(&session->durable_node);
        session->durable_position = herd_journal_position(work->journal);
        herd_list_append(&work->waiting, &session->durable_node);
    }
}

static void let_go(struct server *server)
{
    struct journalwork *work = &server->journalwork;
    uint64_t durable = herd_journal_durable(work->journal);

    while (!herd_list_empty(&work->waiting)) {
        struct session *session = HERD_CONTAINER(work->waiting.next, struct session, durable_node);
        if (session->durable_position > durable) return;
        journalwork_forget(session);
        herd_stream_release(&session->stream);
        herd_loop_soon(&server->loop, &session->task);
    }
}

/* -- State -------------------------------------------------------------------- */

static const char *const state_words[] = {
    [HERD_JOURNAL_OK] = "ok", [HERD_JOURNAL_FULL] = "full", [HERD_JOURNAL_FAILED] = "failed"};

static void fail_server(struct server *server)
{
    struct herd_list_node *node;

    server->exit_code = EX_OSERR;
    for (node = server->sessions.next; node != &server->sessions; node = node->next)
        herd_stream_close(&HERD_CONTAINER(node, struct session, node)->stream, -EIO);
    if (server->state == SERVER_RUNNING) server_drain(server);
}

static void note_state(struct server *server)
{
    struct journalwork *work = &server->journalwork;
    enum herd_journal_state state = herd_journal_state(work->journal);
    int error = herd_journal_error(work->journal);
    const char *loss = herd_journal_loss(work->journal);
    struct herd_log_event log;

    if (state == work->state && error == work->error) return;
    work->state = state;
    work->error = error;
    if (herd_log_begin(&log, state == HERD_JOURNAL_OK ? HERD_LOG_INFO : HERD_LOG_ERROR, "journal")) {
        herd_log_string(&log, "state", state_words[state]);
        if (state != HERD_JOURNAL_OK) herd_log_error(&log, error);
        if (loss != NULL) herd_log_string(&log, "reason", loss);
        herd_log_end(&log);
    }
    if (state != HERD_JOURNAL_OK && is_synced(server)) fail_server(server);
}

static void on_synced(void *owner)
{
    struct server *server = owner;

    uv_async_send(&server->journalwork.async);
}

static void on_async(uv_async_t *async)
{
    struct server *server = async->data;

    note_state(server);
    let_go(server);
}

/* -- The end of a turn ---------------------------------------------------------- */

static void keep_taught(void *keeper, struct herd_text text)
{
    struct journalwork *work = keeper;

    herd_journal_append_line(work->journal, text);
}

/* What the scan queued while the journal is written anew. */
static void append_queued(struct server *server)
{
    struct journalwork *work = &server->journalwork;
    struct herd_version version;
    uint32_t record;

    while (herd_store_pop(&server->store, work->slot, &record)) {
        if (record == 0) continue;
        herd_store_view(&server->store, record, &version);
        herd_journal_append(work->journal, &server->store.names, &version);
    }
}

static void write_phase(void *owner)
{
    struct server *server = owner;
    struct journalwork *work = &server->journalwork;

    if (work->journal == NULL) return;
    append_queued(server);
    herd_journal_write(work->journal);
    give_positions(work);
    note_state(server);
    let_go(server);
}

/* -- Writing anew --------------------------------------------------------------- */

static void scan_slice(struct herd_task *task)
{
    struct journalwork *work = HERD_CONTAINER(task, struct journalwork, task);
    struct server *server = HERD_CONTAINER(work, struct server, journalwork);

    if (!herd_journal_rewriting(work->journal)) return;
    if (herd_store_scan(&server->store, work->slot, 0, SLICE, &work->cursor)) {
        herd_loop_mark(&server->loop, HERD_PHASE_JOURNAL);
        herd_loop_soon(&server->loop, task);
        return;
    }
    write_phase(server);
    herd_journal_rewrite_end(work->journal);
}

void journalwork_tick(struct server *server)
{
    struct journalwork *work = &server->journalwork;
    int64_t now_ms = server_now(server).monotonic_ms;
    bool wanted;

    if (work->journal == NULL) return;
    wanted = herd_journal_tick(work->journal, now_ms, herd_store_count(&server->store));
    note_state(server);
    if (!wanted) return;
    if (herd_journal_rewrite_begin(work->journal) == 0) {
        work->cursor = 1;
        herd_loop_soon(&server->loop, &work->task);
    }
    note_state(server); /* why it could not begin */
}

/* -- Start and end ----------------------------------------------------------------- */

/* A signal to end need not wait until all is read: nothing of it was changed. */
static bool cancelled(void *owner)
{
    static const int ending[] = {SIGTERM, SIGINT, 0};

    (void)owner;
    return herd_signals_waiting(ending);
}

static void on_record(void *owner, struct herd_text origin, struct herd_version *version)
{
    struct server *server = owner;

    if (herd_store_expired(&server->store, version, server_now(server).wall_ns)) return;
    herd_version_set_origin(&server->store.names, origin, version);
    if (herd_store_learn(&server->store, version, HERD_SLOT_NONE) == HERD_PUT_FULL) server->journalwork.refused++;
}

/* Going on without them would lose them for good when the journal is next written anew. */
static int say_no_room(const struct server *server)
{
    herd_tell(HERD_LOG_ERROR,
              "herd-server: %sthe journal of %s holds more than limits.clients_max = %lu allows (%llu records found no "
              "room): raise it, or move %s away",
              herd_config_place(server->config, "limits.clients_max"), server->self->name,
              (unsigned long)server->config->limits.clients_max, (unsigned long long)server->journalwork.refused,
              server->journalwork.directory);
    return EX_CONFIG;
}

static int say_problem(const struct server *server, int error, const char *problem)
{
    herd_tell(HERD_LOG_ERROR, "herd-server: %sthe journal of %s cannot be used: %s",
              herd_config_place(server->config, "journal.directory"), server->self->name, problem);
    if (error == -EWOULDBLOCK) return EX_UNAVAILABLE;
    if (error == -EPROTO) return EX_CONFIG;
    return error == -EACCES || error == -EPERM || error == -EROFS ? EX_NOPERM : EX_OSERR;
}

static void log_replay(const struct server *server)
{
    const struct herd_journal_replay *replay = herd_journal_replayed(server->journalwork.journal);
    bool damaged = replay->sums.damaged > 0 || replay->missing > 0;
    struct herd_log_event log;

    if (!herd_log_begin(&log, damaged ? HERD_LOG_WARNING : HERD_LOG_INFO, "journal")) return;
    herd_log_string(&log, "state", "replayed");
    herd_log_string(&log, "directory", server->journalwork.directory);
    herd_log_number(&log, "records", (int64_t)replay->sums.records);
    herd_log_number(&log, "clients", herd_store_count(&server->store));
    herd_log_number(&log, "segments", (int64_t)replay->segments);
    herd_log_number(&log, "missing", (int64_t)replay->missing);
    herd_log_number(&log, "damaged", (int64_t)replay->sums.damaged);
    herd_log_number(&log, "torn", (int64_t)replay->sums.torn);
    herd_log_end(&log);
}

static int find_directory(struct server *server)
{
    char *parent = NULL;
    int code = directory_open(server->config, "journal.directory", true, &parent);
    size_t size;

    if (code != 0) return code;
    size = strlen(parent) + server->name.length + sizeof "/";
    server->journalwork.directory = herd_memory_allocate(size);
    snprintf(server->journalwork.directory, size, "%s/%s", parent, server->self->name);
    herd_memory_free(parent);
    return 0;
}

int journalwork_open(struct server *server, unsigned slot)
{
    struct journalwork *work = &server->journalwork;
    bool synced = server->config->journal.durability == HERD_DURABILITY_SYNCED;
    struct herd_journal_options options = {.herd = herd_text_of(server->config->herd),
                                           .server = server->name,
                                           .durability = synced ? HERD_JOURNAL_SYNCED : HERD_JOURNAL_WRITTEN,
                                           .owner = server,
                                           .cancelled = cancelled,
                                           .on_record = on_record,
                                           .on_synced = on_synced};
    char problem[HERD_JOURNAL_PROBLEM_SIZE];
    int code;

    work->slot = slot;
    herd_list_init(&work->fresh);
    herd_list_init(&work->waiting);
    herd_task_init(&work->task, scan_slice);
    if (server->config->journal.durability == HERD_DURABILITY_NONE) return 0;
    code = find_directory(server);
    if (code != 0) return code;
    options.directory = work->directory;
    uv_async_init(&server->loop.uv, &work->async, on_async);
    work->async.data = server;
    uv_unref((uv_handle_t *)&work->async);
    code = herd_journal_open(&options, problem, &work->journal);
    if (code == -ECANCELED) return code;
    if (code < 0) return say_problem(server, code, problem);
    if (work->refused > 0) return say_no_room(server);
    log_replay(server);
    note_state(server);
    if (synced && work->state != HERD_JOURNAL_OK) { /* no room from the start: nobody would ever be answered */
        code = herd_journal_error(work->journal);
        return say_problem(server, code, strerror(-code));
    }
    server->flood.keep = keep_taught;
    server->flood.keeper = work;
    herd_loop_on_phase(&server->loop, HERD_PHASE_JOURNAL, write_phase, server);
    return 0;
}

/* The journal's thread may wake the loop until it has ended, so the handle goes last. */
void journalwork_close(struct server *server)
{
    struct journalwork *work = &server->journalwork;
    int error;

    if (work->fresh.next == NULL) return; /* never opened */
    herd_task_cancel(&work->task);
    write_phase(server);
    error = herd_journal_close(work->journal);
    work->journal = NULL;
    if (error < 0) herd_log_message(HERD_LOG_ERROR, "journal", "not complete at the end: %s", strerror(-error));
    if (work->async.loop != NULL) uv_close((uv_handle_t *)&work->async, NULL);
    herd_memory_free(work->directory);
    work->directory = NULL;
}
