/* SPDX-License-Identifier: MIT */
/* What both ends of a link's dialogue share. */
#include "local.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static const struct herd_machine machine = {
    .name = "dialogue",
    .states = {[HERD_PEER_CLOSED] = {"closed", HERD_TO(HERD_PEER_GREETING)},
               [HERD_PEER_GREETING] = {"greeting", HERD_TO(HERD_PEER_PROVING) | HERD_TO(HERD_PEER_CLOSED)},
               [HERD_PEER_PROVING] = {"proving", HERD_TO(HERD_PEER_LIVE) | HERD_TO(HERD_PEER_CLOSED)},
               [HERD_PEER_LIVE] = {"live", HERD_TO(HERD_PEER_CLOSED)}}};

void dialogue_move(enum herd_peer_state *state, enum herd_peer_state to, const struct herd_neighbour *neighbour)
{
    herd_machine_move_named(&machine, state, to, neighbour != NULL ? neighbour->name : HERD_TEXT("?"));
}

void dialogue_close(enum herd_peer_state *state, const struct herd_neighbour *neighbour)
{
    if (*state != HERD_PEER_CLOSED) dialogue_move(state, HERD_PEER_CLOSED, neighbour);
}

int dialogue_end(enum herd_peer_state *state, const struct herd_neighbour *neighbour, struct herd_peer_end *end,
                 const char *format, ...)
{
    va_list arguments;

    assert(*state != HERD_PEER_CLOSED); /* it ends once */
    va_start(arguments, format);
    vsnprintf(end->text, sizeof end->text, format, arguments);
    va_end(arguments);
    dialogue_close(state, neighbour);
    return -EPROTO;
}

int64_t dialogue_next_pulse(struct herd_flood *flood, int64_t now_ms)
{
    return now_ms + HERD_PULSE_MS * 9 / 10 + (int64_t)herd_random_below(&flood->random, HERD_PULSE_MS / 5);
}

struct herd_peer_pulse dialogue_pulse(const struct herd_flood *flood, const struct herd_now *now,
                                      char digest[HERD_DIGEST_LENGTH])
{
    herd_digest_format(herd_store_digest(flood->store), digest);
    return (struct herd_peer_pulse){
        .clock_ns = now->wall_ns, .count = herd_store_count(flood->store), .digest = {digest, HERD_DIGEST_LENGTH}};
}

int64_t dialogue_clock_offset(const struct herd_peer_pulse *pulse, const struct herd_now *now)
{
    int64_t offset_ns;

    if (!__builtin_sub_overflow(pulse->clock_ns, now->wall_ns, &offset_ns)) return offset_ns;
    return pulse->clock_ns < now->wall_ns ? INT64_MIN : INT64_MAX;
}

void dialogue_append_pulse(const struct herd_flood *flood, enum herd_peer_verb verb, const struct herd_now *now,
                           struct herd_buffer *out)
{
    char digest[HERD_DIGEST_LENGTH];
    struct herd_peer_pulse pulse = dialogue_pulse(flood, now, digest);

    herd_peer_append_pulse(out, verb, &pulse);
}
