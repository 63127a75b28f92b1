/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "herd/clock.h"

static const char *const names[RIG_NEIGHBOURS] = {"Hands", "Holiday", "Wilkes"};

const char *rig_name(unsigned slot)
{
    return names[slot];
}

struct herd_neighbour *rig_neighbour(struct rig *rig, unsigned slot)
{
    return herd_flood_find(&rig->flood, herd_text_of(names[slot]));
}

void rig_init(struct rig *rig, uint32_t clients_max)
{
    struct herd_siphash_key key = {3, 5};

    memset(rig, 0, sizeof(*rig));
    rig->now = (struct herd_now){.monotonic_ms = 1000000, .wall_ns = INT64_C(1500000000) * HERD_NS_PER_S};
    herd_store_init(&rig->store, &key, RIG_NEIGHBOURS, clients_max);
    herd_flood_init(&rig->flood, &rig->store, HERD_TEXT("herd"), HERD_TEXT("Goloman"), 0xaa, 1);
    for (unsigned slot = 0; slot < RIG_NEIGHBOURS; slot++) {
        struct herd_neighbour *neighbour = herd_flood_take_neighbour(&rig->flood, herd_text_of(names[slot]));
        assert_int_equal(neighbour->slot, slot);
        herd_outbound_init(&rig->outbounds[slot], &rig->flood, neighbour);
    }
    herd_buffer_init(&rig->out);
}

void rig_finish(struct rig *rig)
{
    for (unsigned slot = 0; slot < RIG_NEIGHBOURS; slot++)
        herd_outbound_finish(&rig->outbounds[slot]);
    herd_flood_finish(&rig->flood);
    herd_store_finish(&rig->store);
    herd_buffer_finish(&rig->out);
}

void rig_dial(struct rig *rig, unsigned slot, const char *incarnation, const char *claim)
{
    struct herd_outbound *outbound = &rig->outbounds[slot];
    char lines[256];

    snprintf(lines, sizeof(lines), "HELLO 1 herd %s %s - -\nWELCOME %s 0 0 -\n", names[slot], incarnation, claim);
    herd_outbound_start(outbound, &rig->now, &rig->out);
    assert_int_equal(herd_outbound_receive(outbound, herd_text_of(lines), &rig->now, &rig->out), 0);
    assert_int_equal(outbound->state, HERD_PEER_LIVE);
    herd_buffer_clear(&rig->out);
}

void rig_accept(struct rig *rig, struct herd_inbound *inbound, unsigned slot, const char *incarnation)
{
    char lines[256];

    snprintf(lines, sizeof(lines), "HELLO 1-1 herd %s %s -\nAUTH -\n", names[slot], incarnation);
    herd_inbound_init(inbound, &rig->flood, true, &rig->now);
    assert_int_equal(rig_feed(rig, inbound, lines), 0);
    assert_int_equal(inbound->state, HERD_PEER_LIVE);
    herd_buffer_clear(&rig->out);
}

int rig_feed(struct rig *rig, struct herd_inbound *inbound, const char *lines)
{
    return herd_inbound_receive(inbound, herd_text_of(lines), &rig->now, &rig->out);
}

void rig_report(struct rig *rig, const char *client, unsigned seconds)
{
    char time[24];
    struct herd_version version = {.origin = rig->flood.number};

    snprintf(time, sizeof(time), "%u", seconds);
    version.report = (struct herd_report){.client = herd_text_of(client),
                                          .position = HERD_TEXT("+1+1"),
                                          .time = herd_text_of(time),
                                          .time_ns = (int64_t)seconds * HERD_NS_PER_S};
    assert_int_equal(herd_store_report(&rig->store, &version), HERD_PUT_NEWER);
}

void rig_pump(struct rig *rig, unsigned slot)
{
    while (herd_outbound_pump(&rig->outbounds[slot], RIG_ALL, &rig->out))
        ;
}

void rig_assert_said(struct rig *rig, const char *expected)
{
    char digest[HERD_DIGEST_LENGTH];
    struct herd_buffer whole = HERD_BUFFER_INIT;
    struct herd_text text;

    herd_digest_format(herd_store_digest(&rig->store), digest);
    for (; *expected != '\0'; expected++) {
        if (*expected == RIG_DIGEST[0])
            herd_buffer_append(&whole, (struct herd_text){digest, sizeof(digest)});
        else
            herd_buffer_append_byte(&whole, *expected);
    }
    herd_buffer_append_byte(&whole, '\0');
    herd_buffer_append_byte(&rig->out, '\0');
    text = herd_buffer_text(&rig->out);
    assert_string_equal(text.bytes, herd_buffer_text(&whole).bytes);
    herd_buffer_clear(&rig->out);
    herd_buffer_finish(&whole);
}

bool rig_take_line(struct rig *rig, char *line, size_t size)
{
    struct herd_text text = herd_buffer_text(&rig->out);
    const char *end = text.length == 0 ? NULL : memchr(text.bytes, '\n', text.length);

    if (end == NULL) return false;
    size_t length = (size_t)(end - text.bytes);
    assert_true(length < size);
    memcpy(line, text.bytes, length);
    line[length] = '\0';
    herd_buffer_consume(&rig->out, length + 1);
    return true;
}
