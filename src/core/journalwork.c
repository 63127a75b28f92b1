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
 */
#include "local.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "herd/log.h"

#define SLICE 4096

/* -- State -------------------------------------------------------------------- */

static const char *const state_words[] = {
    [HERD_JOURNAL_OK] = "ok", [HERD_JOURNAL_FULL] = "full", [HERD_JOURNAL_FAILED] = "failed"};

static void log_state(const struct herd_core *core)
{
    const char *loss = herd_journal_loss(core->journal);
    struct herd_log_event log;

    assert(core->state < sizeof state_words / sizeof state_words[0]);
    if (!herd_log_begin(&log, core->state == HERD_JOURNAL_OK ? HERD_LOG_INFO : HERD_LOG_ERROR, "journal")) return;
    herd_log_string(&log, "state", state_words[core->state]);
    if (core->state != HERD_JOURNAL_OK) herd_log_error(&log, core->error);
    if (loss != NULL) herd_log_string(&log, "reason", loss);
    herd_log_end(&log);
}

/* Whether it is another one than was logged. */
static bool look_at_state(struct herd_core *core, enum herd_journal_state state)
{
    int error = state == HERD_JOURNAL_OK ? 0 : herd_journal_error(core->journal);

    if (state == core->state && error == core->error) return false;
    core->state = state;
    core->error = error;
    log_state(core);
    return true;
}

static bool is_broken(const struct herd_core *core)
{
    return core->synced && core->state != HERD_JOURNAL_OK;
}

static void note_state(struct herd_core *core, enum herd_journal_state state)
{
    if (look_at_state(core, state)) core->port.on_journal(core->port.owner, is_broken(core));
}

static void on_synced(void *owner)
{
    struct herd_core *core = owner;

    core->port.wake(core->port.owner);
}

void herd_core_woken(struct herd_core *core)
{
    if (core->journal == NULL) return;
    note_state(core, herd_journal_state(core->journal));
    durable_tell(core);
}

/* -- The end of a turn ---------------------------------------------------------- */

static void keep_taught(void *keeper, struct herd_text text)
{
    struct herd_core *core = keeper;

    herd_journal_append_line(core->journal, text);
}

/* What the scan queued while the journal is written anew. */
static void append_queued(struct herd_core *core)
{
    struct herd_version version;
    uint32_t record;

    while (herd_store_pop(&core->store, core->journal_slot, &record)) {
        if (record == 0) continue;
        herd_store_view(&core->store, record, &version);
        herd_journal_append(core->journal, herd_store_names(&core->store), &version);
    }
}

void herd_core_write(void *owner)
{
    struct herd_core *core = owner;
    enum herd_journal_state state;

    if (core->skew_known) herd_skews_record(&core->skews, core->skew_ns);
    core->skew_known = false;
    if (core->journal == NULL) return;
    assert(core->journal_slot != HERD_SLOT_NONE);
    append_queued(core);
    state = herd_journal_write(core->journal);
    durable_set_positions(core);
    note_state(core, state);
    durable_tell(core);
}

/* -- Writing anew --------------------------------------------------------------- */

bool journal_step(struct herd_core *core)
{
    if (core->rewrite_cursor == 0) return false;
    assert(core->journal != NULL);
    if (!herd_journal_rewriting(core->journal)) { /* a failure has ended it */
        core->rewrite_cursor = 0;
        return false;
    }
    if (herd_store_scan(&core->store, core->journal_slot, 0, SLICE, &core->rewrite_cursor)) {
        core->port.at_end(core->port.owner);
        return true;
    }
    herd_core_write(core);
    herd_journal_rewrite_end(core->journal);
    core->rewrite_cursor = 0;
    return false;
}

void journal_tick(struct herd_core *core, const struct herd_now *now)
{
    bool wanted;

    if (core->journal == NULL) return;
    wanted = herd_journal_tick(core->journal, now->monotonic_ms, herd_store_count(&core->store));
    note_state(core, herd_journal_state(core->journal));
    if (!wanted || core->journal == NULL) return; /* who was told of the state may have closed it */
    if (herd_journal_rewrite_begin(core->journal) == 0) {
        core->rewrite_cursor = 1;
        core->port.soon(core->port.owner);
    }
    note_state(core, herd_journal_state(core->journal)); /* why it could not begin */
}

/* -- Start and end ----------------------------------------------------------------- */

/* While the journal is opened. */
struct herd_core_replay {
    const struct herd_core_journal_options *options;
    int64_t now_ns;
    uint64_t refused;
};

static bool cancelled(void *owner)
{
    const struct herd_core *core = owner;
    const struct herd_core_journal_options *options = core->replay->options;

    return options->cancelled != NULL && options->cancelled(options->owner);
}

static void on_record(void *owner, struct herd_text origin, struct herd_version *version)
{
    struct herd_core *core = owner;

    assert(core->replay != NULL);
    if (herd_store_expired(&core->store, version, core->replay->now_ns)) return;
    herd_version_set_origin(herd_store_names(&core->store), origin, version);
    if (herd_store_learn(&core->store, version, HERD_SLOT_NONE) == HERD_PUT_FULL) core->replay->refused++;
}

static void log_replay(const struct herd_core *core, const char *directory)
{
    const struct herd_journal_replay *replay = herd_journal_replayed(core->journal);
    bool damaged = replay->sums.damaged > 0 || replay->missing > 0;
    struct herd_log_event log;

    if (!herd_log_begin(&log, damaged ? HERD_LOG_WARNING : HERD_LOG_INFO, "journal")) return;
    herd_log_string(&log, "state", "replayed");
    herd_log_string(&log, "directory", directory);
    herd_log_number(&log, "records", (int64_t)replay->sums.records);
    herd_log_number(&log, "clients", herd_store_count(&core->store));
    herd_log_number(&log, "segments", (int64_t)replay->segments);
    herd_log_number(&log, "missing", (int64_t)replay->missing);
    herd_log_number(&log, "damaged", (int64_t)replay->sums.damaged);
    herd_log_number(&log, "torn", (int64_t)replay->sums.torn);
    herd_log_end(&log);
}

/* The journal is open; whether it may be used. */
static int look_at_replay(struct herd_core *core, const struct herd_core_replay *replay,
                          struct herd_core_journal_fault *ret_fault)
{
    if (replay->refused > 0) {
        ret_fault->refused = replay->refused;
        return -EOVERFLOW;
    }
    log_replay(core, replay->options->directory);
    look_at_state(core, herd_journal_state(core->journal));
    if (!is_broken(core)) return 0;
    /* No room from the start: nobody would ever be answered. */
    snprintf(ret_fault->problem, sizeof ret_fault->problem, "%s", strerror(-core->error));
    return core->error;
}

int herd_core_open_journal(struct herd_core *core, const struct herd_core_journal_options *options, int64_t now_ns,
                           struct herd_core_journal_fault *ret_fault)
{
    struct herd_text name = core->flood.name;
    struct herd_core_replay replay = {.options = options, .now_ns = now_ns};
    struct herd_journal_options journal = {.directory = options->directory,
                                           .herd = core->flood.herd,
                                           .server = name,
                                           .durability = options->synced ? HERD_JOURNAL_SYNCED : HERD_JOURNAL_WRITTEN,
                                           .owner = core,
                                           .cancelled = cancelled,
                                           .on_record = on_record,
                                           .on_synced = on_synced};
    int error;

    assert(core->journal == NULL);
    core->synced = options->synced;
    core->replay = &replay;
    error = herd_journal_open(&journal, ret_fault->problem, &core->journal);
    core->replay = NULL;
    if (error != 0) return error;
    core->journal_slot = herd_store_take_slot(&core->store, 0);
    assert(core->journal_slot != HERD_SLOT_NONE);
    error = look_at_replay(core, &replay, ret_fault);
    if (error != 0) return error;
    herd_flood_keep(&core->flood, keep_taught, core);
    return 0;
}

void herd_core_close_journal(struct herd_core *core)
{
    int error;

    if (core->journal == NULL) return;
    assert(core->replay == NULL);
    herd_core_write(core);
    error = herd_journal_close(core->journal);
    core->journal = NULL;
    core->rewrite_cursor = 0;
    herd_store_give_slot(&core->store, core->journal_slot);
    core->journal_slot = HERD_SLOT_NONE;
    if (error < 0) herd_log_message(HERD_LOG_ERROR, "journal", "not complete at the end: %s", strerror(-error));
}
