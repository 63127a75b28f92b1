/* SPDX-License-Identifier: MIT */
/*
 * The dialling end: the dialogue. (What it floods once it is LIVE is in
 * pump.c.)
 *
 *     CLOSED --start: HELLO--> GREETING --HELLO: AUTH--> PROVING --WELCOME--> LIVE
 *
 * Any line that does not belong where it comes, REFUSE, a deadline that passes
 * and silence all end the session; the driver closes the stream and dials
 * again when struct herd_redial says so. WELCOME brings what the neighbour can
 * claim to have of this server: if it names this incarnation only what is
 * newer is sent, otherwise everything.
 */
#include "local.h"

#include <assert.h>
#include <errno.h>

void herd_outbound_init(struct herd_outbound *outbound, struct herd_flood *flood, struct herd_neighbour *neighbour)
{
    memset(outbound, 0, sizeof *outbound);
    outbound->flood = flood;
    outbound->neighbour = neighbour;
    neighbour_hold(neighbour);
    herd_framer_init(&outbound->framer, flood->hello_bytes_max);
}

void herd_outbound_stop(struct herd_outbound *outbound)
{
    dialogue_close(&outbound->state, outbound->neighbour);
    if (outbound->neighbour == NULL || !outbound->neighbour->connected) return;
    assert(outbound->neighbour->slot != HERD_SLOT_NONE);
    outbound->neighbour->connected = false;
    herd_store_deactivate(outbound->flood->store, outbound->neighbour->slot);
}

void herd_outbound_finish(struct herd_outbound *outbound)
{
    if (outbound == NULL) return;
    herd_outbound_stop(outbound);
    herd_framer_finish(&outbound->framer);
    herd_buffer_finish(&outbound->hello);
    if (outbound->neighbour != NULL) neighbour_release(outbound->neighbour);
    outbound->neighbour = NULL;
}

void herd_outbound_start(struct herd_outbound *outbound, const struct herd_now *now, struct herd_buffer *out)
{
    struct herd_flood *flood = outbound->flood;
    struct herd_neighbour *neighbour = outbound->neighbour;
    struct herd_peer_hello hello = {.version_min = HERD_PEER_VERSION_MIN,
                                    .version_max = HERD_PEER_VERSION_MAX,
                                    .herd = flood->herd,
                                    .name = flood->name,
                                    .incarnation = flood->incarnation};
    char nonce[PROOF_NONCE_DIGITS];

    assert(outbound->state == HERD_PEER_CLOSED && neighbour->slot != HERD_SLOT_NONE);
    herd_outbound_finish(outbound);
    herd_outbound_init(outbound, flood, neighbour);
    dialogue_move(&outbound->state, HERD_PEER_GREETING, neighbour);
    outbound->heard_ms = now->monotonic_ms;
    outbound->deadline_ms = now->monotonic_ms + HERD_HANDSHAKE_MS;
    hello.nonce = proof_nonce(&flood->keys, nonce);
    herd_peer_append_hello_dialler(&outbound->hello, &hello);
    herd_buffer_append(out, herd_buffer_text(&outbound->hello));
    herd_buffer_truncate(&outbound->hello, herd_buffer_length(&outbound->hello) - 1);
}

/* Each handler returns 0, or -EPROTO with the end noted. */
#define END(outbound, ...) dialogue_end(&(outbound)->state, (outbound)->neighbour, &(outbound)->end, __VA_ARGS__)

static int on_refuse(struct herd_outbound *outbound, struct herd_text rest)
{
    struct herd_peer_refuse refuse;

    if (herd_peer_parse_refuse(rest, &refuse) < 0) return END(outbound, "REFUSE is malformed");
    outbound->end.secrets = herd_text_equal(refuse.code, HERD_TEXT(HERD_REFUSE_PROOF));
    return END(outbound, "refused: %.*s: %.*s", HERD_TEXT_ARGS(refuse.code), HERD_TEXT_ARGS(refuse.text));
}

static int end_unproved(struct herd_outbound *outbound, const char *why)
{
    assert(outbound->state == HERD_PEER_GREETING);
    outbound->flood->counts.proofs_failed++;
    outbound->end.secrets = true;
    return END(outbound, "%s", why);
}

/* Checks the acceptor's proof and answers with ours, by the key that it used. */
static int prove(struct herd_outbound *outbound, struct herd_text line, const struct herd_peer_hello *hello,
                 struct herd_buffer *out)
{
    const struct herd_keys *keys = &outbound->flood->keys;
    struct herd_text unsigned_line = {line.bytes, line.length - hello->proof.length - 1};
    struct herd_buffer transcript = HERD_BUFFER_INIT;
    char proof[PROOF_DIGITS];
    int key;

    assert(line.length > hello->proof.length && herd_buffer_length(&outbound->hello) > 0);
    proof_transcript(&transcript, herd_buffer_text(&outbound->hello), unsigned_line);
    key = proof_check(keys, PROOF_ACCEPTOR, herd_buffer_text(&transcript), hello->proof);
    if (key >= 0)
        herd_peer_append_auth(out,
                              proof_make(keys, (unsigned)key, PROOF_DIALLER, herd_buffer_text(&transcript), proof));
    herd_buffer_finish(&transcript);
    herd_buffer_finish(&outbound->hello);
    if (key >= 0) return 0;
    return end_unproved(outbound, "its proof is wrong: the secrets differ");
}

static int on_hello(struct herd_outbound *outbound, struct herd_text line, struct herd_text rest,
                    struct herd_buffer *out)
{
    const struct herd_flood *flood = outbound->flood;
    struct herd_peer_hello hello;

    if (herd_peer_parse_hello_acceptor(rest, &hello) < 0) return END(outbound, "HELLO is malformed");
    if (hello.version_min < HERD_PEER_VERSION_MIN || hello.version_min > HERD_PEER_VERSION_MAX)
        return END(outbound, "speaks version %u", hello.version_min);
    if (!herd_text_equal(hello.herd, flood->herd))
        return END(outbound, "is of the herd %.*s", HERD_TEXT_ARGS(hello.herd));
    if (!herd_text_equal(hello.name, outbound->neighbour->name))
        return END(outbound, "calls itself %.*s", HERD_TEXT_ARGS(hello.name));
    if (flood->keys.count == 0 && !herd_text_equal(hello.proof, HERD_TEXT("-")))
        return end_unproved(outbound, "wants a secret, and none is configured here");
    if (flood->keys.count > 0 && herd_text_equal(hello.proof, HERD_TEXT("-")))
        return end_unproved(outbound, "has no secret, and one is configured here");
    if (prove(outbound, line, &hello, out) < 0) return -EPROTO;
    outbound->peer_incarnation = hello.incarnation;
    dialogue_move(&outbound->state, HERD_PEER_PROVING, outbound->neighbour);
    return 0;
}

static void on_pulse(struct herd_outbound *outbound, const struct herd_peer_pulse *pulse, const struct herd_now *now)
{
    assert(outbound->state == HERD_PEER_LIVE && outbound->neighbour->connected);
    outbound->clock_offset_ns = dialogue_clock_offset(pulse, now);
    agreement_hear(&outbound->agreement, pulse->digest, now->monotonic_ms);
}

static int on_welcome(struct herd_outbound *outbound, struct herd_text rest, const struct herd_now *now)
{
    struct herd_peer_welcome welcome;
    const struct herd_flood *flood = outbound->flood;
    bool mine;

    if (herd_peer_parse_welcome(rest, &welcome) < 0) return END(outbound, "WELCOME is malformed");
    /* A mark that was never reached cannot have been told: such a claim is none. */
    mine = welcome.claimed && welcome.incarnation == flood->incarnation && welcome.mark <= herd_store_seq(flood->store);
    outbound->scan_mark = mine ? welcome.mark : 0;
    outbound->told_mark = outbound->scan_mark;
    assert(outbound->work == HERD_OUTBOUND_DROPPING && !outbound->neighbour->connected);
    outbound->framer.limit = outbound->flood->line_bytes_max;
    outbound->pulse_ms = now->monotonic_ms;
    dialogue_move(&outbound->state, HERD_PEER_LIVE, outbound->neighbour);
    assert(outbound->neighbour->slot != HERD_SLOT_NONE);
    outbound->neighbour->connected = true;
    outbound->neighbour->connected_incarnation = outbound->peer_incarnation;
    agreement_init(&outbound->agreement, now->monotonic_ms);
    on_pulse(outbound, &welcome.pulse, now);
    return 0;
}

static int on_live_line(struct herd_outbound *outbound, enum herd_peer_verb verb, struct herd_text rest,
                        const struct herd_now *now)
{
    struct herd_peer_pulse pulse;

    if (verb != HERD_PEER_PONG) {
        outbound->flood->counts.lines_skipped++;
        return 0;
    }
    if (herd_peer_parse_pulse(rest, &pulse) < 0) return END(outbound, "PONG is malformed");
    on_pulse(outbound, &pulse, now);
    return 0;
}

static int on_line(struct herd_outbound *outbound, struct herd_text line, const struct herd_now *now,
                   struct herd_buffer *out)
{
    struct herd_text rest;
    enum herd_peer_verb verb = herd_peer_verb_of(line, &rest);

    if (outbound->state == HERD_PEER_LIVE) return on_live_line(outbound, verb, rest, now);
    if (verb == HERD_PEER_REFUSE) return on_refuse(outbound, rest);
    if (outbound->state == HERD_PEER_GREETING && verb == HERD_PEER_HELLO) return on_hello(outbound, line, rest, out);
    if (outbound->state == HERD_PEER_PROVING && verb == HERD_PEER_WELCOME) return on_welcome(outbound, rest, now);
    return END(outbound, "an unexpected line in the handshake");
}

int herd_outbound_receive(struct herd_outbound *outbound, struct herd_text bytes, const struct herd_now *now,
                          struct herd_buffer *out)
{
    struct herd_text line;
    int error = 0;

    if (outbound->state == HERD_PEER_CLOSED) return -EPROTO;
    outbound->heard_ms = now->monotonic_ms;
    while (error == 0) {
        switch (herd_framer_next(&outbound->framer, &bytes, &line)) {
        case HERD_LINE_NONE:
            return 0;
        case HERD_LINE_TOO_LONG:
            error = END(outbound, "a line is too long");
            break;
        case HERD_LINE_READY:
            error = on_line(outbound, line, now, out);
            break;
        }
    }
    assert(error == -EPROTO && outbound->state == HERD_PEER_CLOSED);
    herd_outbound_stop(outbound);
    return error;
}

static int give_up(struct herd_outbound *outbound, const char *why)
{
    END(outbound, "%s", why);
    herd_outbound_stop(outbound);
    return -ETIMEDOUT;
}

static void check_agreement(struct herd_outbound *outbound, int64_t now_ms)
{
    if (herd_outbound_busy(outbound)) return; /* what it has still to be told explains any difference */
    assert(outbound->work == HERD_OUTBOUND_FLOODING);
    if (!agreement_broken(&outbound->agreement, herd_store_digest(outbound->flood->store), now_ms)) return;
    outbound->divergences++;
    outbound->flood->counts.divergences++;
    outbound_rescan(outbound);
}

int herd_outbound_tick(struct herd_outbound *outbound, const struct herd_now *now, struct herd_buffer *out)
{
    int64_t now_ms = now->monotonic_ms;

    if (outbound->state == HERD_PEER_CLOSED) return 0;
    if (outbound->state != HERD_PEER_LIVE)
        return now_ms >= outbound->deadline_ms ? give_up(outbound, "no handshake in time") : 0;
    if (now_ms - outbound->heard_ms >= HERD_SILENCE_MS) return give_up(outbound, "silent");
    if (now_ms < outbound->pulse_ms) return 0;
    outbound_tell_mark(outbound, out);
    check_agreement(outbound, now_ms);
    dialogue_append_pulse(outbound->flood, HERD_PEER_PING, now, out);
    outbound->pulse_ms = dialogue_next_pulse(outbound->flood, now_ms);
    return 0;
}

int64_t herd_outbound_deadline(const struct herd_outbound *outbound)
{
    int64_t silent_ms = outbound->heard_ms + HERD_SILENCE_MS;

    if (outbound->state == HERD_PEER_CLOSED) return INT64_MAX;
    if (outbound->state != HERD_PEER_LIVE) return outbound->deadline_ms;
    return outbound->pulse_ms < silent_ms ? outbound->pulse_ms : silent_ms;
}
