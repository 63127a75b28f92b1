/* SPDX-License-Identifier: MIT */
/*
 * This server's stream to one neighbour.
 *
 *     IDLE --redial is due--> CONNECTING --connected--> UP --> CLOSING --> IDLE
 *                                  |
 *                                  +--refused, timed out--> IDLE
 *
 * What is said on the stream is herd_outbound's; here is only when to dial,
 * how much the transport may hold, and what goes to the log. A neighbour that
 * cannot be reached a few times running is logged, and again when the reason is
 * another one: each reason once until it is reached, or once in a minute where
 * they alternate.
 */
#include "local.h"

#include <errno.h>

#include "herd/clock.h"
#include "herd/log.h"

#define DIAL_TIMEOUT_MS 2000
#define WRITE_STALL_MS 10000
#define LINGER_MS 200
#define SEND_BUFFER_BYTES (64 * 1024)
#define FAILURES_TOLD 3 /* running; at a start in turn the first ones are in order */
#define CLOCK_FAR_MS 1000
#define CLOCK_NEAR_MS 500
#define RIVAL_QUIET_MS (60 * 1000)

static void log_down(const struct dial *dial, enum herd_log_level level, const char *event, const char *reason)
{
    struct herd_log_event log;

    if (!herd_log_begin(&log, level, event)) return;
    herd_log_string(&log, "peer", dial->config->name);
    herd_log_string(&log, "direction", "out");
    herd_log_string(&log, "reason", reason);
    if (dial->wire.unwritten > 0) herd_log_number(&log, "unwritten", (int64_t)dial->wire.unwritten);
    herd_log_end(&log);
}

static void log_up(const struct dial *dial)
{
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_INFO, "link_up")) return;
    herd_log_string(&log, "peer", dial->config->name);
    herd_log_string(&log, "direction", "out");
    herd_log_number(&log, "clock_offset_ms", dial->outbound.clock_offset_ns / 1000000);
    herd_log_end(&log);
}

/* Once when it is far, once when it is near again; between the two lies half a second, so that none of it flutters. */
static void note_clock(struct dial *dial)
{
    int64_t offset_ms = dial->outbound.clock_offset_ns / HERD_NS_PER_MS;
    int64_t distance_ms = offset_ms < 0 ? -offset_ms : offset_ms;
    struct herd_log_event log;

    if (dial->outbound.state != HERD_PEER_LIVE) return;
    if (dial->clock_warned ? distance_ms >= CLOCK_NEAR_MS : distance_ms < CLOCK_FAR_MS) return;
    dial->clock_warned = !dial->clock_warned;
    if (!herd_log_begin(&log, dial->clock_warned ? HERD_LOG_WARNING : HERD_LOG_INFO, "clock_offset")) return;
    herd_log_string(&log, "peer", dial->config->name);
    herd_log_number(&log, "offset_ms", offset_ms);
    herd_log_end(&log);
}

static void log_divergence(const struct dial *dial)
{
    char digest[HERD_DIGEST_LENGTH];
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_WARNING, "divergence")) return;
    herd_digest_format(&dial->outbound.agreement.mine, digest);
    herd_log_string(&log, "peer", dial->config->name);
    herd_log_text(&log, "digest", (struct herd_text){digest, sizeof digest});
    herd_log_text(&log, "theirs", (struct herd_text){dial->outbound.agreement.theirs, HERD_DIGEST_LENGTH});
    herd_log_string(&log, "msg", "the stores differ: all records are sent again");
    herd_log_end(&log);
}

void dial_note_rival(struct dial *dial)
{
    int64_t now_ms = server_now(dial->server).monotonic_ms;
    struct herd_log_event log;

    if (dial->rival_ms != 0 && now_ms - dial->rival_ms < RIVAL_QUIET_MS) return;
    dial->rival_ms = now_ms;
    if (!herd_log_begin(&log, HERD_LOG_WARNING, "two_servers_with_one_name")) return;
    herd_log_string(&log, "peer", dial->config->name);
    herd_log_end(&log);
}

/* A neighbour that cannot be connected to may only just be starting; one that answers and disagrees is told at once. */
static bool worth_telling(struct dial *dial, bool connected, const char *reason)
{
    struct herd_text text = herd_text_of(reason);
    uint32_t unsaid;

    if (connected)
        dial->failures = 0;
    else if (++dial->failures < FAILURES_TOLD)
        return false;
    if (text.length >= sizeof dial->told) text.length = sizeof dial->told - 1;
    if (herd_text_equal(text, herd_text_of(dial->told))) return false;
    if (!herd_tellings_say(&dial->tellings, HERD_TEXT(""), text, server_now(dial->server).monotonic_ms, &unsaid))
        return false;
    memcpy(dial->told, text.bytes, text.length);
    dial->told[text.length] = '\0';
    return true;
}

/* For who looks closely: the level is debug. */
static void log_step(const struct dial *dial, const char *event, const char *name, int64_t number)
{
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_DEBUG, event)) return;
    herd_log_text(&log, "peer", dial->outbound.neighbour->name);
    herd_log_number(&log, name, number);
    herd_log_end(&log);
}

static void down(struct dial *dial, bool connected, const char *reason)
{
    int64_t now_ms = server_now(dial->server).monotonic_ms;

    if (dial->welcomed)
        log_down(dial, HERD_LOG_INFO, "link_down", reason);
    else if (worth_telling(dial, connected, reason))
        log_down(dial, connected && dial->outbound.end.secrets ? HERD_LOG_WARNING : HERD_LOG_INFO, "link_failed",
                 reason);
    dial->welcomed = false;
    dial->state = DIAL_IDLE;
    herd_redial_failed(&dial->redial, &dial->server->core.flood.random, now_ms);
    log_step(dial, "redial", "in_ms", dial->redial.at_ms - now_ms);
    server_peers_changed(dial->server, 1);
    server_drain_step(dial->server);
}

static void log_lines(struct dial *dial, const struct herd_buffer *out, size_t before)
{
    struct herd_text lines = herd_buffer_text(out);

    lines.bytes += before;
    lines.length -= before;
    wirelog_peer(dial->server, &dial->wire, NULL, "out", dial->outbound.neighbour->name, lines);
}

static void close_stream(struct dial *dial, int status)
{
    if (dial->state != DIAL_UP) return;
    dial->state = DIAL_CLOSING;
    herd_outbound_stop(&dial->outbound);
    if (status == 0)
        herd_stream_end(&dial->stream, LINGER_MS);
    else
        herd_stream_close(&dial->stream, status);
}

static void became_live(struct dial *dial)
{
    dial->welcomed = true;
    dial->wire.bytes_max = dial->server->config->log.wire_bytes_per_s_max;
    dial->failures = 0;
    dial->told[0] = '\0';
    dial->tellings = (struct herd_tellings){0};
    herd_redial_welcomed(&dial->redial, server_now(dial->server).monotonic_ms);
    log_up(dial);
    herd_loop_mark(&dial->server->loop, HERD_PHASE_FLOOD);
    server_peers_changed(dial->server, 1);
}

static void on_read(struct herd_stream *stream, struct herd_text bytes)
{
    struct dial *dial = HERD_CONTAINER(stream, struct dial, stream);
    struct herd_now now = server_now(dial->server);
    struct herd_buffer *out;
    size_t before;
    int error;

    if (dial->state != DIAL_UP) return;
    out = herd_stream_out(&dial->stream);
    before = herd_buffer_length(out);
    wirelog_peer(dial->server, &dial->wire, &dial->outbound.framer, "out", dial->outbound.neighbour->name, bytes);
    error = herd_outbound_receive(&dial->outbound, bytes, &now, out);
    log_lines(dial, out, before);
    if (error < 0)
        close_stream(dial, error);
    else if (!dial->welcomed && dial->outbound.state == HERD_PEER_LIVE)
        became_live(dial);
    note_clock(dial);
}

static void on_end(struct herd_stream *stream)
{
    close_stream(HERD_CONTAINER(stream, struct dial, stream), -ECONNRESET);
}

static void on_drained(struct herd_stream *stream)
{
    struct dial *dial = HERD_CONTAINER(stream, struct dial, stream);

    if (herd_outbound_busy(&dial->outbound)) herd_loop_mark(&dial->server->loop, HERD_PHASE_FLOOD);
    server_drain_step(dial->server);
}

static const char *reason_of(const struct dial *dial, int status)
{
    if (dial->outbound.end.text[0] != '\0') return dial->outbound.end.text;
    if (status == -ECONNRESET) return "connection closed";
    return status == 0 || status == -ECANCELED ? "closed by us" : uv_strerror(status);
}

static void on_closed(struct herd_stream *stream, int status)
{
    struct dial *dial = HERD_CONTAINER(stream, struct dial, stream);

    wirelog_peer_end(dial->server, &dial->wire, &dial->outbound.framer, "out", dial->outbound.neighbour->name);
    herd_outbound_stop(&dial->outbound);
    down(dial, true, reason_of(dial, status));
}

static const struct herd_stream_events events = {
    .on_read = on_read, .on_end = on_end, .on_drained = on_drained, .on_closed = on_closed};

/*
 * A neighbour that reads slowly must be seen to make progress, and should not
 * get what was true minutes ago: little waits in the kernel, the rest in the
 * FIFO, where it is replaced by what is newer. For the same reason there is no
 * TCP_USER_TIMEOUT: the kernel counts a window that is too small for what comes
 * next as bytes not acknowledged, and 20 s of it cut a neighbour that read
 * 20 KiB/s after a minute. That a neighbour is dead is told by its silence.
 */
static void keep_buffer_small(struct dial *dial)
{
    int bytes = SEND_BUFFER_BYTES;

    uv_send_buffer_size((uv_handle_t *)&dial->stream.tcp, &bytes);
}

static void on_dialled(struct herd_dialler *dialler, int status)
{
    struct dial *dial = HERD_CONTAINER(dialler, struct dial, dialler);
    struct herd_now now = server_now(dial->server);
    struct herd_buffer *out;

    if (status < 0) {
        down(dial, false, status == -ECANCELED ? "closed by us" : uv_strerror(status));
        return;
    }
    dial->state = DIAL_UP;
    if (dial->server->state != SERVER_RUNNING) {
        close_stream(dial, -ECANCELED);
        return;
    }
    keep_buffer_small(dial);
    out = herd_stream_out(&dial->stream);
    herd_outbound_start(&dial->outbound, &now, out);
    log_lines(dial, out, 0);
    server_peers_changed(dial->server, 1);
}

static void connect_now(struct dial *dial)
{
    const struct herd_address *source = &dial->server->self->peer_source;
    uint32_t bytes_max = dial->server->config->log.wire_bytes_per_s_max;

    dial->state = DIAL_CONNECTING;
    dial->wire = (struct herd_wire_meter){.bytes_max = herd_wire_strangers_max(bytes_max)}; /* until it is welcomed */
    herd_redial_dialled(&dial->redial);
    log_step(dial, "dialling", "failures", dial->failures);
    herd_stream_init(&dial->stream, &dial->server->loop, &events);
    dial->stream.stall_ms = WRITE_STALL_MS;
    herd_dialler_start(&dial->dialler, &dial->stream, (const struct sockaddr *)&dial->config->peers.socket,
                       source->text != NULL ? (const struct sockaddr *)&source->socket : NULL, DIAL_TIMEOUT_MS,
                       on_dialled, dial);
}

static void run_task(struct herd_task *task)
{
    struct dial *dial = HERD_CONTAINER(task, struct dial, task);

    herd_loop_mark(&dial->server->loop, HERD_PHASE_FLOOD);
}

void dial_init(struct dial *dial, struct server *server, const struct herd_server_config *config,
               struct herd_neighbour *neighbour)
{
    dial->server = server;
    dial->config = config;
    dial->state = DIAL_IDLE;
    herd_outbound_init(&dial->outbound, &server->core.flood, neighbour);
    herd_redial_init(&dial->redial, server_now(server).monotonic_ms);
    herd_task_init(&dial->task, run_task);
}

void dial_finish(struct dial *dial)
{
    herd_outbound_finish(&dial->outbound);
}

int64_t dial_tick(struct dial *dial, const struct herd_now *now)
{
    uint64_t divergences;
    struct herd_buffer *out;
    size_t before;

    if (dial->state == DIAL_IDLE && dial->server->state == SERVER_RUNNING && now->monotonic_ms >= dial->redial.at_ms)
        connect_now(dial);
    if (dial->state == DIAL_IDLE) return dial->server->state == SERVER_RUNNING ? dial->redial.at_ms : INT64_MAX;
    if (dial->state != DIAL_UP) return INT64_MAX;
    out = herd_stream_out(&dial->stream);
    before = herd_buffer_length(out);
    divergences = dial->outbound.divergences;
    if (herd_outbound_tick(&dial->outbound, now, out) < 0) {
        close_stream(dial, -ETIMEDOUT);
        return INT64_MAX;
    }
    log_lines(dial, out, before);
    if (dial->outbound.divergences != divergences) {
        log_divergence(dial);
        herd_loop_mark(&dial->server->loop, HERD_PHASE_FLOOD);
    }
    return herd_outbound_deadline(&dial->outbound);
}

bool dial_begin_pump(struct dial *dial, struct herd_pump *ret_pump)
{
    size_t window = dial->server->config->limits.peer_output_bytes_max;
    size_t queued = herd_stream_queued(&dial->stream);

    if (dial->state != DIAL_UP || !herd_outbound_busy(&dial->outbound)) return false;
    /* One that failed in this turn is told of by on_closed; until then all such streams have one buffer to drop things
     * in. */
    if (dial->stream.state != HERD_STREAM_OPEN) return false;
    *ret_pump = (struct herd_pump){.outbound = &dial->outbound,
                                   .room = queued < window ? window - queued : 0,
                                   .out = herd_stream_out_large(&dial->stream)};
    return true;
}

void dial_end_pump(struct dial *dial, const struct herd_pump *pump)
{
    if (pump->more) herd_loop_soon(&dial->server->loop, &dial->task);
    log_lines(dial, pump->out, pump->before);
    herd_stream_flush(&dial->stream);
    /* Where the kernel took it all nobody will say that it drained. */
    if (herd_stream_queued(&dial->stream) == 0 && herd_outbound_busy(&dial->outbound))
        herd_loop_soon(&dial->server->loop, &dial->task);
}

void dial_urge(struct dial *dial)
{
    if (dial->state != DIAL_IDLE) return;
    herd_redial_urge(&dial->redial, server_now(dial->server).monotonic_ms);
    server_peers_changed(dial->server, 1);
}

bool dial_flushed(const struct dial *dial)
{
    return dial->state != DIAL_UP || (!herd_outbound_busy(&dial->outbound) && herd_stream_queued(&dial->stream) == 0);
}

void dial_close(struct dial *dial)
{
    herd_task_cancel(&dial->task);
    if (dial->state == DIAL_CONNECTING) herd_dialler_cancel(&dial->dialler);
    /* A neighbour that does not read would hold up the end until its write stalls. */
    close_stream(dial, dial_flushed(dial) ? 0 : -ECANCELED);
}
