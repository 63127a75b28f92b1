/* SPDX-License-Identifier: MIT */
/* The dialogue until WELCOME, both ends, and how a session ends after it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

#define NONCE "0123456789abcdef0123456789abcdef"
#define PROOF NONCE NONCE
#define DIALLED "HELLO 1-1 herd Goloman " RIG_SELF " -\n"
#define ACCEPTED "HELLO 1 herd Goloman " RIG_SELF " - -\n"
#define GOOD_HELLO "HELLO 1-1 herd Hands " RIG_ONE " -\n"
#define WELCOMED "WELCOME - 0 1500000000000000000 0 00000000000000000000000000000000\n"

struct step {
    const char *hears;
    const char *says;
    enum herd_peer_state state;
    const char *end; /* what is told of the end; NULL: it goes on */
    bool from_afar;
};

static const struct step accepting[] = {
    {"", "", HERD_PEER_GREETING, NULL, false},
    {"HELLO 1-1 herd Han", "", HERD_PEER_GREETING, NULL, false},
    {GOOD_HELLO, ACCEPTED, HERD_PEER_PROVING, NULL, false},
    {"HELLO 1-9 herd Hands " RIG_ONE " -\n", ACCEPTED, HERD_PEER_PROVING, NULL, false},
    {"HELLO 0-65535 herd Hands " RIG_ONE " -\n", ACCEPTED, HERD_PEER_PROVING, NULL, false},
    {GOOD_HELLO "AUTH -\n", ACCEPTED WELCOMED, HERD_PEER_LIVE, NULL, false},
    {GOOD_HELLO "AUTH -\nPING 1 0 -\nMARK 1\nNEWS of a later version\n\n", ACCEPTED WELCOMED, HERD_PEER_LIVE, NULL,
     false},
    /* every code */
    {"HELLO 2-3 herd Hands " RIG_ONE " -\n", "REFUSE version no version in common\n", HERD_PEER_CLOSED,
     "refused by us: version: no version in common", false},
    {"HELLO 0-0 herd Hands " RIG_ONE " -\n", "REFUSE version no version in common\n", HERD_PEER_CLOSED,
     "refused by us: version: no version in common", false},
    {"HELLO 1-1 flock Hands " RIG_ONE " -\n", "REFUSE herd this is another herd\n", HERD_PEER_CLOSED,
     "refused by us: herd: this is another herd", false},
    {"HELLO 1-1 herd Goloman " RIG_ONE " -\n", "REFUSE self that is this server's own name\n", HERD_PEER_CLOSED,
     "refused by us: self: that is this server's own name", false},
    {"HELLO 1-1 herd Welsh " RIG_ONE " -\n", "REFUSE name not a neighbour of this server\n", HERD_PEER_CLOSED,
     "refused by us: name: not a neighbour of this server", false},
    {"HELLO 1-1 herd hands " RIG_ONE " -\n", "REFUSE name not a neighbour of this server\n", HERD_PEER_CLOSED,
     "refused by us: name: not a neighbour of this server", false},
    {"HELLO 1-1 herd Hands " RIG_ONE " " NONCE "\n", "REFUSE proof this server has no secret\n", HERD_PEER_CLOSED,
     "refused by us: proof: this server has no secret", false},
    {GOOD_HELLO "AUTH " PROOF "\n", ACCEPTED "REFUSE proof this server has no secret\n", HERD_PEER_CLOSED,
     "refused by us: proof: this server has no secret", false},
    {GOOD_HELLO, "REFUSE address without a secret only loopback is taken\n", HERD_PEER_CLOSED,
     "refused by us: address: without a secret only loopback is taken", true},
    /* not in the one form */
    {"HELLO 1 herd Hands " RIG_ONE " -\n", "REFUSE protocol HELLO is malformed\n", HERD_PEER_CLOSED,
     "refused by us: protocol: HELLO is malformed", false},
    {"HELLO\n", "REFUSE protocol HELLO is malformed\n", HERD_PEER_CLOSED, "refused by us: protocol: HELLO is malformed",
     false},
    {"HELLO 1-1 herd Hands b1 -\n", "REFUSE protocol HELLO is malformed\n", HERD_PEER_CLOSED,
     "refused by us: protocol: HELLO is malformed", false},
    {GOOD_HELLO "AUTH\n", ACCEPTED "REFUSE protocol AUTH is malformed\n", HERD_PEER_CLOSED,
     "refused by us: protocol: AUTH is malformed", false},
    {GOOD_HELLO "AUTH - -\n", ACCEPTED "REFUSE protocol AUTH is malformed\n", HERD_PEER_CLOSED,
     "refused by us: protocol: AUTH is malformed", false},
    /* out of turn */
    {"AUTH -\n", "REFUSE protocol this line does not belong here\n", HERD_PEER_CLOSED,
     "refused by us: protocol: this line does not belong here", false},
    {"\n", "REFUSE protocol this line does not belong here\n", HERD_PEER_CLOSED,
     "refused by us: protocol: this line does not belong here", false},
    {"IAMAT kiwi.cs.ucla.edu +34-118 1\n", "REFUSE protocol this line does not belong here\n", HERD_PEER_CLOSED,
     "refused by us: protocol: this line does not belong here", false},
    {GOOD_HELLO GOOD_HELLO, ACCEPTED "REFUSE protocol this line does not belong here\n", HERD_PEER_CLOSED,
     "refused by us: protocol: this line does not belong here", false},
    {GOOD_HELLO "MARK 1\n", ACCEPTED "REFUSE protocol this line does not belong here\n", HERD_PEER_CLOSED,
     "refused by us: protocol: this line does not belong here", false},
    {GOOD_HELLO "AUTH -\nMARK one\n", ACCEPTED WELCOMED, HERD_PEER_CLOSED, "MARK is malformed", false},
    {GOOD_HELLO "AUTH -\nPING 1 0\n", ACCEPTED WELCOMED, HERD_PEER_CLOSED, "PING is malformed", false},
};

static const struct step dialling[] = {
    {"", "", HERD_PEER_GREETING, NULL, false},
    {"HELLO 1 herd Hands " RIG_ONE " - -\n", "AUTH -\n", HERD_PEER_PROVING, NULL, false},
    {"HELLO 1 herd Hands " RIG_ONE " - -\nWELCOME - 0 1 2 -\n", "AUTH -\n", HERD_PEER_LIVE, NULL, false},
    {"HELLO 1 herd Hands " RIG_ONE " - -\nWELCOME " RIG_SELF " 0 -1 2 " NONCE "\nPONG 1 0 -\nNEWS\n\nREFUSE late\n",
     "AUTH -\n", HERD_PEER_LIVE, NULL, false},
    /* every code, at either step */
    {"REFUSE version no version in common\n", "", HERD_PEER_CLOSED, "refused: version: no version in common", false},
    {"REFUSE herd this is another herd\n", "", HERD_PEER_CLOSED, "refused: herd: this is another herd", false},
    {"REFUSE name not a neighbour\n", "", HERD_PEER_CLOSED, "refused: name: not a neighbour", false},
    {"REFUSE self that is me\n", "", HERD_PEER_CLOSED, "refused: self: that is me", false},
    {"HELLO 1 herd Hands " RIG_ONE " - -\nREFUSE proof wrong\n", "AUTH -\n", HERD_PEER_CLOSED, "refused: proof: wrong",
     false},
    {"REFUSE address\n", "", HERD_PEER_CLOSED, "refused: address: ", false},
    {"REFUSE protocol no\n", "", HERD_PEER_CLOSED, "refused: protocol: no", false},
    {"REFUSE\n", "", HERD_PEER_CLOSED, "REFUSE is malformed", false},
    /* not who was dialled, or not as this version speaks */
    {"HELLO 2 herd Hands " RIG_ONE " - -\n", "", HERD_PEER_CLOSED, "speaks version 2", false},
    {"HELLO 0 herd Hands " RIG_ONE " - -\n", "", HERD_PEER_CLOSED, "speaks version 0", false},
    {"HELLO 1 flock Hands " RIG_ONE " - -\n", "", HERD_PEER_CLOSED, "is of the herd flock", false},
    {"HELLO 1 herd Holiday " RIG_ONE " - -\n", "", HERD_PEER_CLOSED, "calls itself Holiday", false},
    {"HELLO 1 herd Goloman " RIG_ONE " - -\n", "", HERD_PEER_CLOSED, "calls itself Goloman", false},
    {"HELLO 1 herd Hands " RIG_ONE " " NONCE " " PROOF "\n", "", HERD_PEER_CLOSED,
     "wants a secret, and none is configured here", false},
    {"HELLO 1 herd Hands " RIG_ONE " - " PROOF "\n", "", HERD_PEER_CLOSED,
     "wants a secret, and none is configured here", false},
    {"HELLO 1-1 herd Hands " RIG_ONE " - -\n", "", HERD_PEER_CLOSED, "HELLO is malformed", false},
    {"HELLO 1 herd Hands " RIG_ONE " - -\nWELCOME - 1 1 2 -\n", "AUTH -\n", HERD_PEER_CLOSED, "WELCOME is malformed",
     false},
    {"HELLO 1 herd Hands " RIG_ONE " - -\nWELCOME - 0 1 2 -\nPONG\n", "AUTH -\n", HERD_PEER_CLOSED, "PONG is malformed",
     false},
    /* out of turn */
    {"WELCOME - 0 1 2 -\n", "", HERD_PEER_CLOSED, "an unexpected line in the handshake", false},
    {"HTTP/1.1 400 Bad Request\n", "", HERD_PEER_CLOSED, "an unexpected line in the handshake", false},
    {"HELLO 1 herd Hands " RIG_ONE " - -\nHELLO 1 herd Hands " RIG_ONE " - -\n", "AUTH -\n", HERD_PEER_CLOSED,
     "an unexpected line in the handshake", false},
    {"HELLO 1 herd Hands " RIG_ONE " - -\nPONG 1 0 -\n", "AUTH -\n", HERD_PEER_CLOSED,
     "an unexpected line in the handshake", false},
};

static void assert_end(int error, enum herd_peer_state state, const struct herd_peer_end *end, const struct step *step)
{
    assert_int_equal(state, step->state);
    assert_int_equal(error, step->end == NULL ? 0 : -EPROTO);
    assert_string_equal(end->text, step->end == NULL ? "" : step->end);
}

/* Each table is walked twice: all bytes at once, and one by one. */
static void the_acceptor_takes_every_step(void **state)
{
    for (size_t i = 0; i < 2 * (sizeof(accepting) / sizeof(accepting[0])); i++) {
        const struct step *step = &accepting[i / 2];
        struct herd_text hears = herd_text_of(step->hears);
        struct rig rig;
        struct herd_inbound inbound;
        size_t piece = i % 2 == 0 ? hears.length : 1;
        int error = 0;
        rig_init(&rig, 10);
        herd_inbound_init(&inbound, &rig.flood, !step->from_afar, &rig.now);
        for (; hears.length > 0 && error == 0; hears.bytes += piece, hears.length -= piece)
            error = herd_inbound_receive(&inbound, (struct herd_text){hears.bytes, piece}, &rig.now, &rig.out);
        assert_end(error, inbound.state, &inbound.end, step);
        rig_assert_said(&rig, step->says);
        assert_true((rig_neighbour(&rig, 0)->inbound == &inbound) == (step->state == HERD_PEER_LIVE));
        if (step->end != NULL) assert_int_equal(rig_feed(&rig, &inbound, GOOD_HELLO), -EPROTO);
        rig_assert_said(&rig, "");
        herd_inbound_stop(&inbound);
        assert_null(rig_neighbour(&rig, 0)->inbound);
        herd_inbound_finish(&inbound);
        rig_finish(&rig);
    }
    (void)state;
}

static void the_dialler_takes_every_step(void **state)
{
    for (size_t i = 0; i < 2 * (sizeof(dialling) / sizeof(dialling[0])); i++) {
        const struct step *step = &dialling[i / 2];
        struct herd_text hears = herd_text_of(step->hears);
        struct rig rig;
        struct herd_outbound *outbound = &rig.outbounds[0];
        size_t piece = i % 2 == 0 ? hears.length : 1;
        int error = 0;
        rig_init(&rig, 10);
        herd_outbound_start(outbound, &rig.now, &rig.out);
        rig_assert_said(&rig, DIALLED);
        for (; hears.length > 0 && error == 0; hears.bytes += piece, hears.length -= piece)
            error = herd_outbound_receive(outbound, (struct herd_text){hears.bytes, piece}, &rig.now, &rig.out);
        assert_end(error, outbound->state, &outbound->end, step);
        rig_assert_said(&rig, step->says);
        assert_int_equal(rig_neighbour(&rig, 0)->connected, step->state == HERD_PEER_LIVE);
        herd_outbound_stop(outbound);
        assert_false(rig_neighbour(&rig, 0)->connected);
        herd_outbound_start(outbound, &rig.now, &rig.out); /* and may start again as new */
        assert_int_equal(outbound->state, HERD_PEER_GREETING);
        assert_string_equal(outbound->end.text, "");
        rig_finish(&rig);
    }
    (void)state;
}

/* Who goes without a word once it has our HELLO was not convinced by it, and that is all it ever says. */
static void who_left_at_our_proof_was_not_convinced(void **state)
{
    struct herd_inbound inbound = {.state = HERD_PEER_GREETING};
    struct herd_flood flood = {.keys.count = 1};
    (void)state;
    inbound.flood = &flood;
    herd_inbound_left(&inbound);
    assert_string_equal(inbound.end.text, "");
    inbound.state = HERD_PEER_PROVING;
    herd_inbound_left(&inbound);
    assert_true(inbound.end.secrets);
    assert_non_null(strstr(inbound.end.text, "the secrets differ"));
    inbound = (struct herd_inbound){.flood = &flood, .state = HERD_PEER_PROVING};
    flood.keys.count = 0;
    herd_inbound_left(&inbound);
    assert_false(inbound.end.secrets);
    assert_non_null(strstr(inbound.end.text, "expected another"));
}

static void a_claim_is_told_in_welcome(void **state)
{
    struct rig rig;
    struct herd_inbound inbound;
    rig_init(&rig, 10);
    rig_accept(&rig, &inbound, 0, RIG_ONE);
    assert_int_equal(rig_feed(&rig, &inbound, "MARK 41\nMARK 42\n"), 0);
    herd_inbound_stop(&inbound);
    herd_inbound_finish(&inbound);
    herd_inbound_init(&inbound, &rig.flood, true, &rig.now);
    assert_int_equal(rig_feed(&rig, &inbound, "HELLO 1-1 herd Hands " RIG_TWO " -\nAUTH -\n"), 0);
    rig_assert_said(&rig, ACCEPTED "WELCOME " RIG_ONE " 42 1500000000000000000 0 " RIG_DIGEST "\n");
    herd_inbound_finish(&inbound);
    rig_finish(&rig);
    (void)state;
}

static void the_newest_session_replaces_an_older_one(void **state)
{
    struct rig rig;
    struct herd_inbound old;
    struct herd_inbound new;
    rig_init(&rig, 10);
    rig_accept(&rig, &old, 0, RIG_ONE);
    assert_null(old.replaced);
    rig_accept(&rig, &new, 0, RIG_ONE);
    assert_ptr_equal(new.replaced, &old);
    assert_ptr_equal(rig_neighbour(&rig, 0)->inbound, &new);
    herd_inbound_stop(&old); /* as the driver does; the new one stays */
    assert_ptr_equal(rig_neighbour(&rig, 0)->inbound, &new);
    assert_int_equal(new.state, HERD_PEER_LIVE);
    herd_inbound_finish(&old);
    herd_inbound_finish(&new);
    rig_finish(&rig);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_acceptor_takes_every_step),
        cmocka_unit_test(the_dialler_takes_every_step),
        cmocka_unit_test(who_left_at_our_proof_was_not_convinced),
        cmocka_unit_test(a_claim_is_told_in_welcome),
        cmocka_unit_test(the_newest_session_replaces_an_older_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
