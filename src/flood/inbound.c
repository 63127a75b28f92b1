/* SPDX-License-Identifier: MIT */
/*
 * The accepting end of a link's dialogue.
 *
 *     GREETING --HELLO: HELLO--> PROVING --AUTH: WELCOME--> LIVE --AT, MARK, PING-->
 *
 * Before LIVE whatever is wrong is answered with REFUSE and ends the session.
 * In LIVE an AT that is not canonical is dropped and counted, and the session
 * goes on, but its MARKs are no longer believed, so that the record is asked
 * for again at the next connect. Verbs of a newer version are skipped.
 *
 * The newest session of a neighbour replaces an older one: that one belongs to
 * a stream that is dead and does not know it yet.
 */
#include "local.h"

#include <assert.h>
#include <errno.h>

#define WITHOUT_SECRET "this server has no secret"
#define NO_NEIGHBOUR "not a neighbour of this server"
#define LOOPBACK_ONLY "without a secret only loopback is taken"

void herd_inbound_init(struct herd_inbound *inbound, struct herd_flood *flood, bool from_loopback,
                       const struct herd_now *now)
{
    assert(flood->hello_bytes_max > 0 && flood->learnt.count == 0);
    memset(inbound, 0, sizeof *inbound);
    inbound->flood = flood;
    inbound->from_loopback = from_loopback;
    inbound->state = HERD_PEER_GREETING;
    inbound->heard_ms = now->monotonic_ms;
    inbound->deadline_ms = now->monotonic_ms + HERD_HANDSHAKE_MS;
    herd_framer_init(&inbound->framer, flood->hello_bytes_max);
}

void herd_inbound_stop(struct herd_inbound *inbound)
{
    assert(inbound->state != HERD_PEER_LIVE || inbound->neighbour != NULL);
    dialogue_close(&inbound->state, inbound->neighbour);
    if (inbound->neighbour != NULL && inbound->neighbour->inbound == inbound) inbound->neighbour->inbound = NULL;
}

void herd_inbound_finish(struct herd_inbound *inbound)
{
    if (inbound == NULL) return;
    herd_inbound_stop(inbound);
    herd_framer_finish(&inbound->framer);
    herd_buffer_finish(&inbound->transcript);
    if (inbound->neighbour != NULL) neighbour_release(inbound->neighbour);
    inbound->neighbour = NULL;
}

#define END(inbound, ...) dialogue_end(&(inbound)->state, (inbound)->neighbour, &(inbound)->end, __VA_ARGS__)

/* A dialler whom our proof does not convince says nothing and goes. */
void herd_inbound_left(struct herd_inbound *inbound)
{
    if (inbound->state != HERD_PEER_PROVING) return;
    inbound->end.secrets = inbound->flood->keys.count > 0;
    END(inbound, inbound->end.secrets ? "it left when it had seen our proof: the secrets differ, or it expected another"
                                      : "it left when it had seen our name: it expected another");
}

static int refuse(struct herd_inbound *inbound, const char *code, const char *text, struct herd_buffer *out)
{
    assert(inbound->state == HERD_PEER_GREETING || inbound->state == HERD_PEER_PROVING);
    inbound->flood->counts.refused++;
    inbound->end.secrets = strcmp(code, HERD_REFUSE_PROOF) == 0;
    if (inbound->end.secrets) inbound->flood->counts.proofs_failed++;
    herd_peer_append_refuse(out, code, text);
    return END(inbound, "refused by us: %s: %s", code, text);
}

/* Nothing could be proved: whoever is on this machine is believed, and nobody else. */
static bool from_afar(const struct herd_inbound *inbound)
{
    return inbound->flood->keys.count == 0 && !inbound->from_loopback;
}

/* Whose HELLO is taken. NULL: taken, else the code and *ret_text to refuse it with. */
static const char *objection(const struct herd_inbound *inbound, const struct herd_peer_hello *hello,
                             const char **ret_text)
{
    struct herd_flood *flood = inbound->flood;

    if (from_afar(inbound)) {
        *ret_text = LOOPBACK_ONLY;
        return HERD_REFUSE_ADDRESS;
    }
    if (hello->version_min > HERD_PEER_VERSION_MAX || hello->version_max < HERD_PEER_VERSION_MIN) {
        *ret_text = "no version in common";
        return HERD_REFUSE_VERSION;
    }
    if (!herd_text_equal(hello->herd, flood->herd)) {
        *ret_text = "this is another herd";
        return HERD_REFUSE_HERD;
    }
    if (herd_text_equal(hello->name, flood->name)) {
        *ret_text = "that is this server's own name";
        return HERD_REFUSE_SELF;
    }
    if (herd_flood_find(flood, hello->name) == NULL) {
        *ret_text = NO_NEIGHBOUR;
        return HERD_REFUSE_NAME;
    }
    if (herd_text_equal(hello->nonce, HERD_TEXT("-")) != (flood->keys.count == 0)) {
        *ret_text = flood->keys.count == 0 ? WITHOUT_SECRET : "a secret is needed";
        return HERD_REFUSE_PROOF;
    }
    return NULL;
}

/* Answers HELLO with ours, signed; keeps both for the dialler's proof. */
static void greet(struct herd_inbound *inbound, struct herd_text line, unsigned version, struct herd_buffer *out)
{
    struct herd_flood *flood = inbound->flood;
    struct herd_peer_hello hello = {.version_min = version,
                                    .version_max = version,
                                    .herd = flood->herd,
                                    .name = flood->name,
                                    .incarnation = flood->incarnation,
                                    .proof = HERD_TEXT("-")};
    struct herd_buffer unsigned_line = HERD_BUFFER_INIT;
    struct herd_text text;
    char nonce[PROOF_NONCE_DIGITS];
    char proof[PROOF_DIGITS];

    assert(version >= HERD_PEER_VERSION_MIN && version <= HERD_PEER_VERSION_MAX);
    hello.nonce = proof_nonce(&flood->keys, nonce);
    herd_peer_append_hello_acceptor(&unsigned_line, &hello);
    text = herd_buffer_text(&unsigned_line);
    text.length -= strlen(" -\n");
    proof_transcript(&inbound->transcript, line, text);
    herd_buffer_finish(&unsigned_line);
    hello.proof = proof_make(&flood->keys, 0, PROOF_ACCEPTOR, herd_buffer_text(&inbound->transcript), proof);
    herd_peer_append_hello_acceptor(out, &hello);
}

static int on_hello(struct herd_inbound *inbound, struct herd_text line, struct herd_text rest, struct herd_buffer *out)
{
    struct herd_peer_hello hello;
    const char *code;
    const char *text;

    if (herd_peer_parse_hello_dialler(rest, &hello) < 0)
        return refuse(inbound, HERD_REFUSE_PROTOCOL, "HELLO is malformed", out);
    assert(hello.name.length < sizeof inbound->claimed && inbound->neighbour == NULL);
    memcpy(inbound->claimed, hello.name.bytes, hello.name.length);
    code = objection(inbound, &hello, &text);
    if (code != NULL) return refuse(inbound, code, text, out);
    inbound->neighbour = herd_flood_find(inbound->flood, hello.name);
    neighbour_hold(inbound->neighbour);
    inbound->peer_incarnation = hello.incarnation;
    dialogue_move(&inbound->state, HERD_PEER_PROVING, inbound->neighbour);
    greet(inbound, line, hello.version_max < HERD_PEER_VERSION_MAX ? hello.version_max : HERD_PEER_VERSION_MAX, out);
    return 0;
}

/* Runs never come back: if one that was replaced does, both runs live, under one name. */
static void replace(struct herd_inbound *inbound)
{
    struct herd_neighbour *neighbour = inbound->neighbour;
    struct herd_inbound *older = neighbour->inbound;

    assert(older != inbound && inbound->replaced == NULL);
    inbound->rival = neighbour->replaced_incarnation == inbound->peer_incarnation;
    if (inbound->rival) inbound->flood->counts.rivals++;
    inbound->replaced = older;
    if (older != NULL && older->peer_incarnation != inbound->peer_incarnation)
        neighbour->replaced_incarnation = older->peer_incarnation;
    neighbour->inbound = inbound;
}

static void become_live(struct herd_inbound *inbound, const struct herd_now *now)
{
    replace(inbound);
    inbound->framer.limit = inbound->flood->line_bytes_max;
    inbound->pulse_ms = dialogue_next_pulse(inbound->flood, now->monotonic_ms);
    dialogue_move(&inbound->state, HERD_PEER_LIVE, inbound->neighbour);
    assert(inbound->neighbour->inbound == inbound);
}

static int on_auth(struct herd_inbound *inbound, struct herd_text rest, const struct herd_now *now,
                   struct herd_buffer *out)
{
    const struct herd_neighbour *neighbour = inbound->neighbour;
    struct herd_flood *flood = inbound->flood;
    char digest[HERD_DIGEST_LENGTH];
    struct herd_peer_welcome welcome = {.claimed = neighbour->claimed,
                                        .incarnation = neighbour->claim_incarnation,
                                        .mark = neighbour->claim_mark,
                                        .pulse = dialogue_pulse(flood, now, digest)};
    struct herd_text proof;

    assert(neighbour->sessions > 0);
    if (neighbour->slot == HERD_SLOT_NONE) return refuse(inbound, HERD_REFUSE_NAME, NO_NEIGHBOUR, out);
    if (from_afar(inbound)) return refuse(inbound, HERD_REFUSE_ADDRESS, LOOPBACK_ONLY, out); /* the secret went */
    if (herd_peer_parse_auth(rest, &proof) < 0) return refuse(inbound, HERD_REFUSE_PROTOCOL, "AUTH is malformed", out);
    if (proof_check(&flood->keys, PROOF_DIALLER, herd_buffer_text(&inbound->transcript), proof) < 0)
        return refuse(inbound, HERD_REFUSE_PROOF, flood->keys.count == 0 ? WITHOUT_SECRET : "the proof is wrong", out);
    herd_buffer_finish(&inbound->transcript);
    herd_peer_append_welcome(out, &welcome);
    become_live(inbound, now);
    return 0;
}

static int on_mark(struct herd_inbound *inbound, struct herd_text rest)
{
    struct herd_neighbour *neighbour = inbound->neighbour;
    uint64_t mark;

    if (herd_peer_parse_mark(rest, &mark) < 0) return END(inbound, "MARK is malformed");
    if (inbound->tainted) return 0;
    neighbour->claimed = true;
    neighbour->claim_incarnation = inbound->peer_incarnation;
    neighbour->claim_mark = mark;
    return 0;
}

static int on_ping(struct herd_inbound *inbound, struct herd_text rest, const struct herd_now *now)
{
    struct herd_peer_pulse pulse;

    if (herd_peer_parse_pulse(rest, &pulse) < 0) return END(inbound, "PING is malformed");
    inbound->clock_offset_ns = dialogue_clock_offset(&pulse, now);
    return 0;
}

static int on_live_line(struct herd_inbound *inbound, enum herd_peer_verb verb, struct herd_text line,
                        struct herd_text rest, const struct herd_now *now)
{
    if (verb == HERD_PEER_AT) {
        inbound_read_at(inbound, line, rest, now);
        return 0;
    }
    inbound_learn_read(inbound, now);
    if (verb == HERD_PEER_MARK) return on_mark(inbound, rest);
    if (verb == HERD_PEER_PING) return on_ping(inbound, rest, now);
    inbound->flood->counts.lines_skipped++;
    return 0;
}

static int on_line(struct herd_inbound *inbound, struct herd_text line, const struct herd_now *now,
                   struct herd_buffer *out)
{
    struct herd_text rest;
    enum herd_peer_verb verb = herd_peer_verb_of(line, &rest);

    if (inbound->state == HERD_PEER_LIVE) return on_live_line(inbound, verb, line, rest, now);
    if (inbound->state == HERD_PEER_GREETING && verb == HERD_PEER_HELLO) return on_hello(inbound, line, rest, out);
    if (inbound->state == HERD_PEER_PROVING && verb == HERD_PEER_AUTH) return on_auth(inbound, rest, now, out);
    return refuse(inbound, HERD_REFUSE_PROTOCOL, "this line does not belong here", out);
}

static int on_long_line(struct herd_inbound *inbound, struct herd_buffer *out)
{
    if (inbound->state == HERD_PEER_LIVE) return END(inbound, "a line is too long");
    return refuse(inbound, HERD_REFUSE_PROTOCOL, "the line is too long", out);
}

/* Lines of `bytes` stay where they are while these are received; one that was put together only until the next. */
static bool stays(struct herd_text bytes, struct herd_text line)
{
    return line.bytes >= bytes.bytes && line.bytes < bytes.bytes + bytes.length;
}

/* Usual lines off the front of *rest; what is left begins with another one. */
static void receive_usual(struct herd_inbound *inbound, struct herd_text *rest, const struct herd_now *now)
{
    size_t length;

    if (inbound->state != HERD_PEER_LIVE || herd_framer_pending(&inbound->framer)) return;
    while ((length = inbound_read_usual(inbound, *rest, now)) > 0) {
        rest->bytes += length;
        rest->length -= length;
    }
}

static int receive(struct herd_inbound *inbound, struct herd_text bytes, const struct herd_now *now,
                   struct herd_buffer *out)
{
    struct herd_text rest = bytes;
    struct herd_text line;
    int error = 0;

    while (error == 0) {
        receive_usual(inbound, &rest, now);
        switch (herd_framer_next(&inbound->framer, &rest, &line)) {
        case HERD_LINE_NONE:
            return 0;
        case HERD_LINE_TOO_LONG:
            error = on_long_line(inbound, out);
            break;
        case HERD_LINE_READY:
            error = on_line(inbound, line, now, out);
            if (!stays(bytes, line)) inbound_learn_read(inbound, now);
            break;
        }
    }
    return error;
}

int herd_inbound_receive(struct herd_inbound *inbound, struct herd_text bytes, const struct herd_now *now,
                         struct herd_buffer *out)
{
    int error;

    if (inbound->state == HERD_PEER_CLOSED) return -EPROTO;
    assert(inbound->flood->learnt.count == 0); /* nobody else is reading */
    inbound->heard_ms = now->monotonic_ms;
    error = receive(inbound, bytes, now, out);
    inbound_learn_read(inbound, now);
    assert(inbound->flood->learnt.count == 0 && (error == 0 || inbound->state == HERD_PEER_CLOSED));
    if (error != 0) herd_inbound_stop(inbound);
    return error;
}

static int give_up(struct herd_inbound *inbound, const char *why)
{
    END(inbound, "%s", why);
    herd_inbound_stop(inbound);
    return -ETIMEDOUT;
}

int herd_inbound_tick(struct herd_inbound *inbound, const struct herd_now *now, struct herd_buffer *out)
{
    int64_t now_ms = now->monotonic_ms;

    if (inbound->state == HERD_PEER_CLOSED) return 0;
    if (inbound->state != HERD_PEER_LIVE)
        return now_ms >= inbound->deadline_ms ? give_up(inbound, "no handshake in time") : 0;
    if (now_ms - inbound->heard_ms >= HERD_SILENCE_MS) return give_up(inbound, "silent");
    if (now_ms < inbound->pulse_ms) return 0;
    dialogue_append_pulse(inbound->flood, HERD_PEER_PONG, now, out);
    inbound->pulse_ms = dialogue_next_pulse(inbound->flood, now_ms);
    return 0;
}

int64_t herd_inbound_deadline(const struct herd_inbound *inbound)
{
    int64_t silent_ms = inbound->heard_ms + HERD_SILENCE_MS;

    if (inbound->state == HERD_PEER_CLOSED) return INT64_MAX;
    if (inbound->state != HERD_PEER_LIVE) return inbound->deadline_ms;
    return inbound->pulse_ms < silent_ms ? inbound->pulse_ms : silent_ms;
}
