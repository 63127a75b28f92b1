/* SPDX-License-Identifier: MIT */
#ifndef HERD_FLOOD_LOCAL_H
#define HERD_FLOOD_LOCAL_H

#include "herd/flood.h"
#include "herd/machine.h"
#include "herd/mutant.h"

/* flood.c: one more session names a neighbour, or one less, after which it may be gone. */
void neighbour_hold(struct herd_neighbour *neighbour);
void neighbour_release(struct herd_neighbour *neighbour);

/* From one state of a session to the next; `neighbour` NULL: it has named nobody yet. */
void dialogue_move(enum herd_peer_state *state, enum herd_peer_state to, const struct herd_neighbour *neighbour);
/* To CLOSED; harmless there. */
void dialogue_close(enum herd_peer_state *state, const struct herd_neighbour *neighbour);
/* The same, and notes why, printf style; returns -EPROTO for the caller to pass on. */
int dialogue_end(enum herd_peer_state *state, const struct herd_neighbour *neighbour, struct herd_peer_end *end,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* When the next pulse is due: a second, give or take a tenth. */
int64_t dialogue_next_pulse(struct herd_flood *flood, int64_t now_ms);

/* Appends PING or PONG with this server's state. */
void dialogue_append_pulse(const struct herd_flood *flood, enum herd_peer_verb verb, const struct herd_now *now,
                           struct herd_buffer *out);
/* Neighbour's clock less ours; a clock that is out of all bounds gives the bound. */
int64_t dialogue_clock_offset(const struct herd_peer_pulse *pulse, const struct herd_now *now);
/* `digest` holds the digest's text as long as the pulse is used. */
struct herd_peer_pulse dialogue_pulse(const struct herd_flood *flood, const struct herd_now *now,
                                      char digest[HERD_DIGEST_LENGTH]);

#define PROOF_DIGITS 64
#define PROOF_NONCE_DIGITS (2 * HERD_NONCE_BYTES)
#define PROOF_ACCEPTOR 'A'
#define PROOF_DIALLER 'D'

/* proof.c: a nonce for a HELLO, in `out`; `-` where there is no secret. */
struct herd_text proof_nonce(const struct herd_keys *keys, char out[PROOF_NONCE_DIGITS]);
/* What is signed: the dialler's HELLO, LF, the acceptor's without its proof. */
void proof_transcript(struct herd_buffer *out, struct herd_text dialler, struct herd_text acceptor);
/* The proof by one key, in `out`; `-` where there is no secret. */
struct herd_text proof_make(const struct herd_keys *keys, unsigned key, char role, struct herd_text transcript,
                            char out[PROOF_DIGITS]);
/* The number of the key that it was made with (0 where both have no secret), or -1: it is wrong. */
int proof_check(const struct herd_keys *keys, char role, struct herd_text transcript, struct herd_text proof);

/* agreement.c: a session begins; the neighbour told its digest; whether to rescan now (at most so often). */
void agreement_init(struct herd_agreement *agreement, int64_t now_ms);
void agreement_hear(struct herd_agreement *agreement, struct herd_text digest, int64_t now_ms);
bool agreement_broken(struct herd_agreement *agreement, const struct herd_digest *mine, int64_t now_ms);

/* pump.c: queues everything once more for this neighbour. */
void outbound_rescan(struct herd_outbound *outbound);

/* pump.c: appends MARK where more was sent than told. */
void outbound_tell_mark(struct herd_outbound *outbound, struct herd_buffer *out);

/* learn.c: reads an AT line, which must stay where it is until what was read is learnt; `rest` follows its verb. */
void inbound_read_at(struct herd_inbound *inbound, struct herd_text line, struct herd_text rest,
                     const struct herd_now *now);
/*
 * The same of a whole line at the start of `bytes` that came by a known route,
 * in its usual form: how long it is with its LF; 0: it is another line.
 */
size_t inbound_read_usual(struct herd_inbound *inbound, struct herd_text bytes, const struct herd_now *now);
/* Offers what was read to the store. An AT that was dropped taints the session. */
void inbound_learn_read(struct herd_inbound *inbound, const struct herd_now *now);

/* Whether it is the route of a version, as far as the version knows it. */
static inline bool route_says(const struct herd_known_route *known, const struct herd_version *version)
{
    return known->origin == version->origin && memcmp(known->way, version->way, sizeof known->way) == 0;
}

static inline void route_note(struct herd_known_route *known, const struct herd_version *version)
{
    known->origin = version->origin;
    known->way_count = version->way_count;
    memcpy(known->way, version->way, sizeof known->way);
}

#endif
