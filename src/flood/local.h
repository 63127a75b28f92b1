/* SPDX-License-Identifier: MIT */
#ifndef HERD_FLOOD_LOCAL_H
#define HERD_FLOOD_LOCAL_H

#include "herd/flood.h"

/* Notes why a session ended, printf style, and returns -EPROTO for the caller to pass on. */
int dialogue_end(enum herd_peer_state *state, struct herd_peer_end *end, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* When the next pulse is due: a second, give or take a tenth. */
int64_t dialogue_next_pulse(struct herd_flood *flood, int64_t now_ms);

/* Appends PING or PONG with this server's state. */
void dialogue_append_pulse(const struct herd_flood *flood, enum herd_peer_verb verb, const struct herd_now *now,
                           struct herd_buffer *out);
/* Neighbour's clock less ours; a clock that is out of all bounds gives the bound. */
int64_t dialogue_clock_offset(const struct herd_peer_pulse *pulse, const struct herd_now *now);
struct herd_peer_pulse dialogue_pulse(const struct herd_flood *flood, const struct herd_now *now);

/* pump.c: appends MARK where more was sent than told. */
void outbound_tell_mark(struct herd_outbound *outbound, struct herd_buffer *out);

/* learn.c: takes what follows the verb of an AT line. False where it was dropped. */
bool inbound_learn(struct herd_inbound *inbound, struct herd_text rest);

#endif
