/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "floodfixture.h"
#include "herd/reply.h"

#define KIWI(time, way) "AT Hands +0.500000000 kiwi +1+1 " time " " way "\n"

static void assert_claim(struct world *world, uint64_t incarnation, uint64_t mark)
{
    const struct herd_neighbour *neighbour = rig_neighbour(&world->rig, 0);
    assert_true(neighbour->claimed);
    assert_true(neighbour->claim_incarnation == incarnation);
    assert_true(neighbour->claim_mark == mark);
}

static void at_is_stored_and_mark_adopted(void **state)
{
    struct world *world = *state;
    struct herd_version version;
    assert_false(rig_neighbour(&world->rig, 0)->claimed);
    feed(world, KIWI("5", "Hands") "MARK 7\n");
    assert_claim(world, 0xb1, 7);
    herd_store_view(&world->rig.store, herd_store_find(&world->rig.store, HERD_TEXT("kiwi")), &version);
    assert_true(version.difference_ns == 500000000);
    assert_true(version.report.time_ns == INT64_C(5000000000));
    assert_int_equal(version.origin, rig_neighbour(&world->rig, 0)->number);
    feed(world, KIWI("5", "Hands") KIWI("4", "Hands") KIWI("6", "Hands") "MARK 9\nNEWS\nHELLO\n");
    assert_claim(world, 0xb1, 9);
    assert_int_equal(world->rig.flood.counts.at_received, 4);
    assert_int_equal(world->rig.flood.counts.at_newer, 2);
    assert_int_equal(world->rig.flood.counts.at_dropped, 0);
    assert_int_equal(world->rig.flood.counts.lines_skipped, 2);
    assert_int_equal(world->rig.store.seq, 2);
}

/* From 5.5 s, when Hands had it, to now; of the last of what came at once, where that was news. */
static void news_tell_how_long_they_took(void **state)
{
    struct world *world = *state;
    const struct herd_times *delays = &world->rig.flood.delays;
    int64_t now_ns = world->rig.now.wall_ns;
    feed(world, KIWI("5", "Hands"));
    assert_int_equal(herd_times_count(delays), 1);
    assert_int_equal(delays->max_ns, now_ns > 5500000000 ? now_ns - 5500000000 : 0);
    feed(world, KIWI("5", "Hands") KIWI("4", "Hands"));
    assert_int_equal(herd_times_count(delays), 1);
    feed(world, KIWI("9000000000", "Hands")); /* long after now */
    assert_int_equal(herd_times_count(delays), 2);
    assert_int_equal(delays->max_ns, now_ns > 5500000000 ? now_ns - 5500000000 : 0);
}

/* Lines that are dropped: the session goes on, its MARKs are no longer believed. */
static const char *const dropped[] = {
    "AT\n",
    "AT Hands\n",
    "AT Hands +0.5 kiwi +1+1 5 Hands\n",
    "AT Hands -0.000000000 kiwi +1+1 5 Hands\n",
    "AT Hands 0.500000000 kiwi +1+1 5 Hands\n",
    "AT Hands +00.500000000 kiwi +1+1 5 Hands\n",
    "AT Hands +0.500000000 kiwi +1+1 5\n",
    "AT Hands +0.500000000 kiwi +1+1 5 \n",
    "AT Hands +0.500000000 kiwi +1+1 5 Ha/nds\n",
    "AT Ha/nds +0.500000000 kiwi +1+1 5 Hands\n",
    "AT Hands +0.500000000 kiwi 1+1 5 Hands\n",
    "AT Hands +0.500000000 kiwi +91+1 5 Hands\n",
    "AT Hands +0.500000000 kiwi +1+1 -5 Hands\n",
    "AT Hands +0.500000000 kiwi +1+1 9000000000.1 Hands\n",
    "AT Hands +0.500000000  kiwi +1+1 5 Hands\n",
    "AT  Hands +0.500000000 kiwi +1+1 5 Hands\n",
    "AT Hands +0.500000000 kiwi\t+1+1 5 Hands\n",
    "AT Hands +0.500000000 kiwi +1+1 5 Hands\r\n",
    "AT Hands +9223372036.000000000 kiwi +1+1 5 Hands\n", /* the sum does not fit */
    "AT Hands +0.500000000 kiwi +1+1 5 1 2 3 4 5 6 7 8 Hands\n",
};

static void a_dropped_at_taints_the_session(void **state)
{
    for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++) {
        struct world *world;
        assert_int_equal(setup(state), 0);
        world = *state;
        feed(world, "MARK 3\n");
        feed(world, dropped[i]);
        if (!world->inbound.tainted) fail_msg("taken: %s", dropped[i]);
        feed(world, "MARK 4\n" KIWI("9", "Hands") "MARK 5\n");
        assert_claim(world, 0xb1, 3);
        assert_int_equal(world->rig.flood.counts.at_dropped, 1);
        assert_int_equal(herd_store_count(&world->rig.store), 1); /* what was right is taken all the same */

        herd_inbound_stop(&world->inbound);
        herd_inbound_finish(&world->inbound);
        rig_accept(&world->rig, &world->inbound, 0, RIG_ONE);
        feed(world, "MARK 6\n");
        assert_claim(world, 0xb1, 6);
        teardown(state);
    }
    *state = NULL;
}

static void no_room_taints_the_session(void **state)
{
    struct world *world = *state; /* room for one client */
    feed(world, KIWI("5", "Hands") "MARK 1\nAT Hands +0.000000000 emu +1+1 5 Hands\nMARK 2\n" KIWI("6", "Hands"));
    assert_true(world->inbound.tainted);
    assert_claim(world, 0xb1, 1);
    assert_int_equal(world->rig.flood.counts.at_full, 1);
    assert_int_equal(world->rig.flood.counts.at_newer, 2);
    assert_int_equal(world->rig.flood.counts.at_dropped, 0);
}

/* Any number of servers that no configuration names: each is told on as it came, none keeps one that is named out. */
static void foreign_origins_have_no_end(void **state)
{
    struct world *world = *state;
    unsigned count = world->rig.store.names.count;
    struct herd_version version;
    char line[256];
    rig_dial(&world->rig, 2, RIG_ONE, "- 0");
    rig_pump(&world->rig, 2);
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(line, sizeof(line), "AT pod-%u +0.500000000 kiwi +1+1 %u Hands\n", i, i + 1);
        feed(world, line);
        rig_pump(&world->rig, 2);
        snprintf(line, sizeof(line), "AT pod-%u +0.500000000 kiwi +1+1 %u Hands Goloman\n", i, i + 1);
        rig_assert_said(&world->rig, line);
    }
    feed(world, "AT pod-2999 +0.500000000 kiwi +1+1 3000 Hands\nMARK 1\n"); /* once more */
    assert_int_equal(world->rig.flood.counts.at_newer, 3000);
    feed(world, "AT pod-299 +0.500000000 kiwi +1+1 3000 Hands\nAT pod-3 +0.500000000 kiwi +1+1 3000 Hands\n");
    assert_int_equal(world->rig.flood.counts.at_newer, 3001); /* of one time the greater name */
    feed(world, KIWI("3001", "Hands"));
    herd_store_view(&world->rig.store, 1, &version);
    assert_int_equal(version.origin, rig_neighbour(&world->rig, 0)->number);
    assert_int_equal(world->rig.store.names.count, count);
    assert_int_equal(world->inbound.route_count, 1);
    assert_false(world->inbound.tainted);
    assert_claim(world, 0xb1, 1);
}

/* They are for people, so those that no configuration names are left out. */
static void foreign_names_on_the_way(void **state)
{
    struct world *world = *state;
    struct herd_version version;
    feed(world, "AT Hands +0.500000000 kiwi +1+1 5 Hands Stranger Wilkes\nMARK 1\n");
    assert_false(world->inbound.tainted);
    assert_claim(world, 0xb1, 1);
    herd_store_view(&world->rig.store, 1, &version);
    assert_int_equal(version.way_count, 2);
    assert_true(herd_text_equal(herd_names_text(&world->rig.store.names, version.way[1]), HERD_TEXT("Wilkes")));
}

static const struct {
    const char *connected; /* the run of Hands that the stream to it goes to; NULL: none */
    bool echoed;
} runs[] = {{RIG_ONE, false}, {RIG_TWO, true}, {NULL, false}};

/* Only the very run that sent it is not told again, and only what waits for that run is cancelled. */
static void an_echo_is_suppressed_by_incarnation(void **state)
{
    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        struct world *world;
        struct rig *rig;
        assert_int_equal(setup(state), 0);
        world = *state;
        rig = &world->rig;
        rig_dial(rig, 1, RIG_ONE, "- 0");
        rig_pump(rig, 1);
        if (runs[i].connected != NULL) rig_dial(rig, 0, runs[i].connected, "- 0");
        rig_pump(rig, 0);

        feed(world, KIWI("5", "Hands")); /* news */
        assert_int_equal(herd_store_queued(&rig->store, 0), runs[i].echoed);
        rig_pump(rig, 0);
        rig_assert_said(rig, runs[i].echoed ? KIWI("5", "Hands Goloman") : "");

        rig_report(rig, "kiwi", 6); /* queued, and comes back before it is sent */
        feed(world, "AT Goloman +0.000000000 kiwi +1+1 6 Goloman Wilkes Hands\n");
        rig_pump(rig, 0);
        rig_assert_said(rig, runs[i].echoed ? "AT Goloman +0.000000000 kiwi +1+1 6 Goloman\n" : "");

        rig_report(rig, "kiwi", 7); /* queued, and something newer comes before it is sent */
        feed(world, KIWI("8", "Hands"));
        rig_pump(rig, 0);
        rig_assert_said(rig, runs[i].echoed ? KIWI("8", "Hands Goloman") : "");

        rig_report(rig, "kiwi", 9); /* queued, and something older comes: it is sent */
        feed(world, KIWI("8", "Hands"));
        rig_pump(rig, 0);
        rig_assert_said(rig, runs[i].connected == NULL ? "" : "AT Goloman +0.000000000 kiwi +1+1 9 Goloman\n");

        rig_pump(rig, 1); /* the others were told in any case */
        rig_assert_said(rig, "AT Goloman +0.000000000 kiwi +1+1 9 Goloman\n");
        teardown(state);
    }
    *state = NULL;
}

/* The stream to it ended: whatever comes of it now is told to it when it is back. */
static void nothing_is_suppressed_for_a_stream_that_ended(void **state)
{
    struct world *world = *state;
    rig_dial(&world->rig, 0, RIG_ONE, "- 0");
    rig_pump(&world->rig, 0);
    herd_outbound_stop(&world->rig.outbounds[0]);
    feed(world, KIWI("5", "Hands"));
    rig_dial(&world->rig, 0, RIG_TWO, "- 0");
    rig_pump(&world->rig, 0);
    rig_assert_said(&world->rig, KIWI("5", "Hands Goloman"));
}

static void the_way_is_cut_to_the_last_eight(void **state)
{
    static const struct {
        const char *came;
        const char *goes;
    } ways[] = {
        {"Hands", "Hands Goloman"},
        {"a b c d e Hands", "a b c d e Hands Goloman"},
        {"a b c d e f Hands", "a b c d e f Hands Goloman"},
        {"a b c d e f g Hands", "b c d e f g Hands Goloman"},
        {"Hands Goloman Hands", "Hands Goloman Hands Goloman"},
    };
    struct world *world = *state;
    char line[128];
    configure(world, "a b c d e f g");
    rig_dial(&world->rig, 2, RIG_ONE, "- 0");
    rig_pump(&world->rig, 2);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        snprintf(line, sizeof(line), "AT Welsh -3.000000001 kiwi +1+1/ %zu.50 %s\n", i, ways[i].came);
        feed(world, line);
        rig_pump(&world->rig, 2);
        snprintf(line, sizeof(line), "AT Welsh -3.000000001 kiwi +1+1/ %zu.50 %s\n", i, ways[i].goes);
        rig_assert_said(&world->rig, line);
    }
}

/* A late MARK of a dead run is of that run: it spares the new one nothing. */
static void a_mark_belongs_to_its_run(void **state)
{
    struct world *world = *state;
    struct herd_inbound second;
    rig_accept(&world->rig, &second, 0, RIG_TWO);
    assert_int_equal(rig_feed(&world->rig, &second, "MARK 2\n"), 0);
    assert_claim(world, 0xb2, 2);
    feed(world, "MARK 900\n");
    assert_claim(world, 0xb1, 900);
    herd_inbound_finish(&second);
}

struct keeper {
    struct rig *rig;
    struct herd_buffer kept;
};

/* What is kept is what would be written of the version, which the store has by now, or a greater one of its batch. */
static void keep(void *owner, struct herd_text text)
{
    struct keeper *keeper = owner;
    const struct herd_store *store = &keeper->rig->store;
    struct herd_text rest = {text.bytes + 3, text.length - 3};
    struct herd_buffer written = HERD_BUFFER_INIT;
    struct herd_version version;
    struct herd_peer_at at;
    assert_int_equal(herd_peer_parse_location(rest, &at), 0);
    herd_store_view(store, herd_store_find(store, at.report.client), &version);
    assert_true(version.report.time_ns >= at.report.time_ns);
    herd_reply_append_at(&written, at.origin, at.difference_ns, &at.report);
    assert_true(herd_text_equal(herd_buffer_text(&written), text));
    herd_buffer_append(&keeper->kept, text);
    herd_buffer_append_byte(&keeper->kept, '\n');
    herd_buffer_finish(&written);
}

static const struct {
    const char *line;
    const char *kept;
} taught[] = {
    {"AT Hands +0.500000000 kiwi +1+1 5 Welsh Hands\n", "AT Hands +0.500000000 kiwi +1+1 5\n"},
    {"AT Hands +0.500000000 kiwi +1+1 5 Hands\n", ""}, /* the same by another way */
    {"AT Hands +0.500000000 kiwi +1+1 4 Hands\n", ""},
    {"AT Hands +0.5 kiwi +1+1 6 Hands\n", ""},
    {"AT Hands +0.500000000 emu +1+1 6 Hands\n", ""}, /* no room */
    {"AT A -12.000000001 kiwi +01.500-1/ 1520023934.918963997 Hands\n",
     "AT A -12.000000001 kiwi +01.500-1/ 1520023934.918963997\n"},
    {"AT A +0.000000001 kiwi +34.068930-118.445127 1520023935.918963997 a b c d e f g Hands\n",
     "AT A +0.000000001 kiwi +34.068930-118.445127 1520023935.918963997\n"},
    /* from here on by a known route, where the line is in one piece */
    {"AT A -0.000000001 kiwi +34.068930-118.445127 1520023936.918963997 a b c d e f g Hands\n",
     "AT A -0.000000001 kiwi +34.068930-118.445127 1520023936.918963997\n"},
    {"AT A -0.000000000 kiwi +34.068930-118.445127 1520023937.918963997 a b c d e f g Hands\n", ""}, /* malformed */
    {"AT B -0.000000001 kiwi +34.068930-118.445127 1520023938.918963997 Hands\n",
     "AT B -0.000000001 kiwi +34.068930-118.445127 1520023938.918963997\n"},
    {"AT A +9.000000001 kiwi +34.068930-118.445127 1520023939.918963997 a b c d e f g Hands\n",
     "AT A +9.000000001 kiwi +34.068930-118.445127 1520023939.918963997\n"},
    {"AT A +0.000000001 kiwi +34.068930-118.445127 1520023940.918963997 Hands\n",
     "AT A +0.000000001 kiwi +34.068930-118.445127 1520023940.918963997\n"},
    {"AT A +0.000000001 kiwi +34.068930-118.445127 1520023940.918963997 Hands\n", ""}, /* once more */
    {"MARK 9\n", ""},
};

/* However the bytes come: a line that is put together of two reads is kept before the next one. */
static void what_is_news_is_kept_in_its_own_bytes(void **state)
{
    for (size_t piece = 1; piece < 2000; piece += piece < 200 ? 1 : 899) {
        struct keeper keeper = {.kept = HERD_BUFFER_INIT};
        struct herd_buffer lines = HERD_BUFFER_INIT;
        struct herd_buffer expected = HERD_BUFFER_INIT;
        struct world *world;
        assert_int_equal(setup(state), 0);
        world = *state;
        configure(world, "A a b c d e f g"); /* and not B */
        keeper.rig = &world->rig;
        world->rig.flood.keep = keep;
        world->rig.flood.keeper = &keeper;
        for (size_t i = 0; i < sizeof(taught) / sizeof(taught[0]); i++) {
            herd_buffer_append(&lines, herd_text_of(taught[i].line));
            herd_buffer_append(&expected, herd_text_of(taught[i].kept));
        }
        while (herd_buffer_length(&lines) > 0) {
            struct herd_text some = herd_buffer_text(&lines);
            if (some.length > piece) some.length = piece;
            assert_int_equal(herd_inbound_receive(&world->inbound, some, &world->rig.now, &world->rig.out), 0);
            herd_buffer_consume(&lines, some.length);
        }
        assert_true(herd_text_equal(herd_buffer_text(&keeper.kept), herd_buffer_text(&expected)));
        herd_buffer_finish(&lines);
        herd_buffer_finish(&expected);
        herd_buffer_finish(&keeper.kept);
        teardown(state);
    }
    *state = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(at_is_stored_and_mark_adopted, setup, teardown),
        cmocka_unit_test_setup_teardown(news_tell_how_long_they_took, setup, teardown),
        cmocka_unit_test(a_dropped_at_taints_the_session),
        cmocka_unit_test_setup_teardown(no_room_taints_the_session, setup, teardown),
        cmocka_unit_test_setup_teardown(foreign_origins_have_no_end, setup, teardown),
        cmocka_unit_test_setup_teardown(foreign_names_on_the_way, setup, teardown),
        cmocka_unit_test(an_echo_is_suppressed_by_incarnation),
        cmocka_unit_test_setup_teardown(nothing_is_suppressed_for_a_stream_that_ended, setup, teardown),
        cmocka_unit_test_setup_teardown(the_way_is_cut_to_the_last_eight, setup, teardown),
        cmocka_unit_test_setup_teardown(a_mark_belongs_to_its_run, setup, teardown),
        cmocka_unit_test(what_is_news_is_kept_in_its_own_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
