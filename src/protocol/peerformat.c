/* SPDX-License-Identifier: MIT */
#include <assert.h>

#include "herd/clock.h"
#include "herd/peerline.h"
#include "local.h"

static void append(struct herd_buffer *out, const char *string)
{
    herd_buffer_append(out, herd_text_of(string));
}

static void append_field(struct herd_buffer *out, struct herd_text field)
{
    herd_buffer_append_byte(out, ' ');
    herd_buffer_append(out, field);
}

static void append_number(struct herd_buffer *out, uint64_t number)
{
    herd_buffer_append_byte(out, ' ');
    herd_buffer_append_number(out, number);
}

static void append_incarnation(struct herd_buffer *out, uint64_t incarnation)
{
    static const char digits[] = "0123456789abcdef";
    char hex[16];
    for (size_t i = 0; i < sizeof(hex); i++)
        hex[i] = digits[incarnation >> (60 - 4 * i) & 15];
    append_field(out, (struct herd_text){hex, sizeof(hex)});
}

static void append_who(struct herd_buffer *out, const struct herd_peer_hello *hello)
{
    append_field(out, hello->herd);
    append_field(out, hello->name);
    append_incarnation(out, hello->incarnation);
    append_field(out, hello->nonce);
}

void herd_peer_append_hello_dialler(struct herd_buffer *out, const struct herd_peer_hello *hello)
{
    append(out, "HELLO");
    append_number(out, hello->version_min);
    herd_buffer_append_byte(out, '-');
    herd_buffer_append_number(out, hello->version_max);
    append_who(out, hello);
    herd_buffer_append_byte(out, '\n');
}

void herd_peer_append_hello_acceptor(struct herd_buffer *out, const struct herd_peer_hello *hello)
{
    assert(hello->version_min == hello->version_max);
    append(out, "HELLO");
    append_number(out, hello->version_min);
    append_who(out, hello);
    append_field(out, hello->proof);
    herd_buffer_append_byte(out, '\n');
}

void herd_peer_append_refuse(struct herd_buffer *out, const char *code, const char *text)
{
    assert(strchr(text, '\n') == NULL);
    append(out, "REFUSE");
    append_field(out, herd_text_of(code));
    if (text[0] != '\0') append_field(out, herd_text_of(text));
    herd_buffer_append_byte(out, '\n');
}

void herd_peer_append_auth(struct herd_buffer *out, struct herd_text proof)
{
    append(out, "AUTH");
    append_field(out, proof);
    herd_buffer_append_byte(out, '\n');
}

void herd_peer_append_mark(struct herd_buffer *out, uint64_t mark)
{
    append(out, "MARK");
    append_number(out, mark);
    herd_buffer_append_byte(out, '\n');
}

static void append_pulse_fields(struct herd_buffer *out, const struct herd_peer_pulse *pulse)
{
    bool negative = pulse->clock_ns < 0;
    herd_buffer_append_byte(out, ' ');
    if (negative) herd_buffer_append_byte(out, '-');
    herd_buffer_append_number(out, negative ? 0 - (uint64_t)pulse->clock_ns : (uint64_t)pulse->clock_ns);
    append_number(out, pulse->count);
    append_field(out, pulse->digest);
    herd_buffer_append_byte(out, '\n');
}

void herd_peer_append_pulse(struct herd_buffer *out, enum herd_peer_verb verb, const struct herd_peer_pulse *pulse)
{
    assert(verb == HERD_PEER_PING || verb == HERD_PEER_PONG);
    append(out, verb == HERD_PEER_PING ? "PING" : "PONG");
    append_pulse_fields(out, pulse);
}

void herd_peer_append_welcome(struct herd_buffer *out, const struct herd_peer_welcome *welcome)
{
    append(out, "WELCOME");
    if (welcome->claimed) {
        append_incarnation(out, welcome->incarnation);
        append_number(out, welcome->mark);
    } else {
        append(out, " - 0");
    }
    append_pulse_fields(out, &welcome->pulse);
}

/* The flood's hot path: one reserve, then nothing but copies. */
void herd_peer_append_at(struct herd_buffer *out, const struct herd_peer_at *at)
{
    assert(at->visited_count >= 1 && at->visited_count <= HERD_PEER_VISITED_MAX);
    size_t room = at_room(at->origin, &at->report) + 1;
    for (unsigned i = 0; i < at->visited_count; i++)
        room += 1 + at->visited[i].length;
    char *start = herd_buffer_reserve(out, room);
    char *end = start + at_write(start, at->origin, at->difference_ns, &at->report);
    for (unsigned i = 0; i < at->visited_count; i++) {
        *end++ = ' ';
        end = herd_put(end, at->visited[i]);
    }
    *end++ = '\n';
    herd_buffer_commit(out, (size_t)(end - start));
}
