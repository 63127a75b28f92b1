/* SPDX-License-Identifier: MIT */
/* Who is let in: secrets, their rotation, and everything that somebody without one may try. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "prover.h"

#define ZERO_AUTH "AUTH 0000000000000000000000000000000000000000000000000000000000000000\n"

static void take(struct herd_buffer *from, char *out, size_t size)
{
    snprintf(out, size, "%.*s", HERD_TEXT_ARGS(herd_buffer_text(from)));
}

/* Nobody was let in, nothing was learnt, and it was counted at one end or both. */
static void assert_kept_out(struct prover *prover)
{
    assert_int_not_equal(prover->inbound.state, HERD_PEER_LIVE);
    assert_int_not_equal(prover->outbound.state, HERD_PEER_LIVE);
    assert_false(prover_neighbour(prover, 0)->connected);
    assert_null(prover_neighbour(prover, 1)->inbound);
    assert_int_equal(herd_store_count(&prover->stores[1]), 0);
}

static void secrets_decide_who_is_let_in(void **state)
{
    static const struct {
        const char *dialler;
        const char *acceptor;
        bool welcome;
        const char *dialler_says; /* of its end */
        const char *acceptor_says;
    } pairs[] = {
        {"", "", true, "", ""},
        {"a", "a", true, "", ""},
        {"a", "b", false, "its proof is wrong: the secrets differ", ""},
        {"", "a", false, "refused: proof: a secret is needed", "refused by us: proof: a secret is needed"},
        {"a", "", false, "refused: proof: this server has no secret",
         "refused by us: proof: this server has no secret"},
        /* a becomes b: every server gets it as its second, then as its first, then alone */
        {"ab", "a", true, "", ""},
        {"a", "ab", true, "", ""},
        {"ab", "ab", true, "", ""},
        {"ba", "ab", true, "", ""},
        {"ab", "ba", true, "", ""},
        {"ba", "ba", true, "", ""},
        {"b", "ba", true, "", ""},
        {"ba", "b", true, "", ""},
        {"b", "b", true, "", ""},
        /* a step left out: the acceptor signs with what the dialler has not */
        {"a", "ba", false, "its proof is wrong: the secrets differ", ""},
        {"b", "ab", false, "its proof is wrong: the secrets differ", ""},
        {"ba", "a", true, "", ""},
        {"ab", "b", true, "", ""},
        {"ab", "cd", false, "its proof is wrong: the secrets differ", ""},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct prover prover;
        prover_init(&prover, pairs[i].dialler, pairs[i].acceptor);
        assert_int_equal(prover_run(&prover), pairs[i].welcome);
        assert_string_equal(prover.outbound.end.text, pairs[i].dialler_says);
        assert_string_equal(prover.inbound.end.text, pairs[i].acceptor_says);
        assert_int_equal(prover.floods[0].counts.proofs_failed + prover.floods[1].counts.proofs_failed,
                         pairs[i].welcome ? 0 : 1);
        assert_int_equal(prover.floods[1].counts.refused, pairs[i].acceptor_says[0] != '\0');
        if (!pairs[i].welcome) assert_kept_out(&prover);
        prover_finish(&prover);
    }
    (void)state;
}

static void loopback_matters_only_without_a_secret(void **state)
{
    for (unsigned i = 0; i < 4; i++) {
        bool loopback = i % 2 == 0;
        const char *secret = i < 2 ? "" : "a";
        struct prover prover;
        prover_init(&prover, secret, secret);
        prover.inbound.from_loopback = loopback;
        assert_int_equal(prover_run(&prover), loopback || secret[0] != '\0');
        if (i == 1) {
            assert_string_equal(prover.outbound.end.text, "refused: address: without a secret only loopback is taken");
            assert_int_equal(prover.floods[1].counts.refused, 1);
            assert_kept_out(&prover);
        }
        prover_finish(&prover);
    }
    (void)state;
}

/* Whoever said HELLO while there was one has not proved anything yet. */
static void a_secret_that_goes_meanwhile_lets_nobody_in(void **state)
{
    for (unsigned loopback = 0; loopback < 2; loopback++) {
        struct prover prover;
        prover_init(&prover, "a", "a");
        prover.inbound.from_loopback = loopback != 0;
        assert_int_equal(prover_to_acceptor(&prover), 0);
        assert_int_equal(prover.inbound.state, HERD_PEER_PROVING);
        prover_set_keys(&prover.floods[1], "");
        herd_buffer_clear(&prover.dialled);
        herd_buffer_append(&prover.dialled, HERD_TEXT("AUTH -\n"));
        assert_int_equal(prover_to_acceptor(&prover), loopback != 0 ? 0 : -EPROTO);
        assert_int_equal(prover.inbound.state, loopback != 0 ? HERD_PEER_LIVE : HERD_PEER_CLOSED);
        prover_finish(&prover);
    }
    (void)state;
}

static void lines_have_nonces_and_proofs(void **state)
{
    struct prover prover;
    char said[512];
    char nonces[4][33];
    char proofs[2][65];
    for (unsigned i = 0; i < 2; i++) {
        prover_init(&prover, "a", "a");
        herd_random_init(&prover.floods[0].random, 2 * i);
        herd_random_init(&prover.floods[1].random, 2 * i + 1);
        herd_buffer_clear(&prover.dialled);
        herd_outbound_stop(&prover.outbound);
        herd_outbound_start(&prover.outbound, &prover.now, &prover.dialled);
        take(&prover.dialled, said, sizeof(said));
        assert_int_equal(sscanf(said, "HELLO 1-1 herd Goloman 00000000000000aa %32[0-9a-f]\n", nonces[2 * i]), 1);
        assert_int_equal(strlen(said), strlen("HELLO 1-1 herd Goloman 00000000000000aa \n") + 32);
        prover_to_acceptor(&prover);
        take(&prover.accepted, said, sizeof(said));
        assert_int_equal(
            sscanf(said, "HELLO 1 herd Hands 00000000000000ab %32[0-9a-f] %64[0-9a-f]\n", nonces[2 * i + 1], proofs[0]),
            2);
        prover_to_dialler(&prover);
        take(&prover.dialled, said, sizeof(said));
        assert_int_equal(sscanf(said, "AUTH %64[0-9a-f]\n", proofs[1]), 1);
        assert_int_equal(strlen(said), strlen("AUTH \n") + 64);
        assert_string_not_equal(proofs[0], proofs[1]);
        prover_finish(&prover);
    }
    for (unsigned i = 0; i < 4; i++)
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(nonces[i], nonces[j]);
    (void)state;
}

/* Every byte of what is said before WELCOME, changed on its way, ends the handshake. */
static void no_byte_can_be_changed(void **state)
{
    static const unsigned char changes[] = {0x01, 0x02, 0x10, 0x20, 0x80};
    unsigned tried = 0;
    for (unsigned line = 0; line < 3; line++)
        for (size_t at = 0, length = 1; at < length; at++)
            for (size_t change = 0; change < sizeof(changes); change++) {
                struct prover prover;
                struct herd_buffer *changed = line == 1 ? &prover.accepted : &prover.dialled;
                prover_init(&prover, "a", "a");
                if (line > 0) prover_to_acceptor(&prover);
                if (line > 1) prover_to_dialler(&prover);
                struct herd_text text = herd_buffer_text(changed);
                length = text.length;
                struct herd_buffer copy = HERD_BUFFER_INIT;
                herd_buffer_append(&copy, (struct herd_text){text.bytes, at});
                herd_buffer_append_byte(&copy, (char)(text.bytes[at] ^ (char)changes[change]));
                herd_buffer_append(&copy, (struct herd_text){text.bytes + at + 1, length - at - 1});
                herd_buffer_clear(changed);
                herd_buffer_append(changed, herd_buffer_text(&copy));
                herd_buffer_finish(&copy);
                assert_false(prover_run(&prover));
                assert_int_not_equal(prover.inbound.state, HERD_PEER_LIVE);
                assert_kept_out(&prover);
                prover_finish(&prover);
                tried++;
            }
    assert_true(tried > 5 * (70 + 130 + 70));
    (void)state;
}

/* What one session said is worth nothing to another one, at either end. */
static void nothing_can_be_said_twice(void **state)
{
    struct prover heard;
    struct prover later;
    char hello[256];
    char answer[256];
    char auth[256];
    prover_init(&heard, "a", "a");
    take(&heard.dialled, hello, sizeof(hello));
    prover_to_acceptor(&heard);
    take(&heard.accepted, answer, sizeof(answer));
    prover_to_dialler(&heard);
    take(&heard.dialled, auth, sizeof(auth));
    assert_true(prover_run(&heard));

    prover_init(&later, "a", "a");
    herd_random_init(&later.floods[0].random, 99); /* time went on: other nonces */
    herd_random_init(&later.floods[1].random, 98);
    herd_buffer_clear(&later.dialled);
    herd_buffer_append(&later.dialled, herd_text_of(hello));
    herd_buffer_append(&later.dialled, herd_text_of(auth));
    herd_buffer_append(&later.dialled, HERD_TEXT("AT Goloman +0.000000000 kiwi +1+1 5 Goloman\n"));
    assert_int_equal(prover_to_acceptor(&later), -EPROTO);
    assert_string_equal(later.inbound.end.text, "refused by us: proof: the proof is wrong");
    assert_int_equal(later.floods[1].counts.proofs_failed, 1);
    assert_int_equal(later.floods[1].counts.refused, 1);
    assert_kept_out(&later);

    herd_outbound_stop(&later.outbound);
    herd_outbound_start(&later.outbound, &later.now, &later.dialled);
    herd_buffer_clear(&later.accepted);
    herd_buffer_append(&later.accepted, herd_text_of(answer));
    assert_int_equal(prover_to_dialler(&later), -EPROTO);
    assert_string_equal(later.outbound.end.text, "its proof is wrong: the secrets differ");
    assert_kept_out(&later);
    prover_finish(&heard);
    prover_finish(&later);
    (void)state;
}

/* The acceptor's proof is no proof of the dialler's, though it is over the same lines. */
static void a_proof_cannot_be_sent_back(void **state)
{
    struct prover prover;
    char answer[256];
    char auth[80];
    prover_init(&prover, "a", "a");
    prover_to_acceptor(&prover);
    take(&prover.accepted, answer, sizeof(answer));
    snprintf(auth, sizeof(auth), "AUTH %s", strrchr(answer, ' ') + 1);
    herd_buffer_append(&prover.dialled, herd_text_of(auth));
    assert_int_equal(prover_to_acceptor(&prover), -EPROTO);
    assert_string_equal(prover.inbound.end.text, "refused by us: proof: the proof is wrong");
    assert_kept_out(&prover);
    prover_finish(&prover);
    (void)state;
}

/* Before AUTH nothing else is taken, and between lines that come in one piece neither. */
static void nothing_is_taken_before_the_proof(void **state)
{
    static const char *const lines[] = {
        "AT Goloman +0.000000000 kiwi +1+1 5 Goloman\n",
        "MARK 1\n",
        "PING 1 0 -\n",
        "AUTH -\n",
        "AUTH \n",
        ZERO_AUTH,
        ZERO_AUTH "AT Goloman +0.000000000 kiwi +1+1 5 Goloman\n",
    };
    for (size_t i = 0; i < 2 * (sizeof(lines) / sizeof(lines[0])); i++) {
        struct prover prover;
        prover_init(&prover, "a", "a");
        if (i % 2 == 0) herd_buffer_clear(&prover.dialled); /* without HELLO too */
        herd_buffer_append(&prover.dialled, herd_text_of(lines[i / 2]));
        assert_int_equal(prover_to_acceptor(&prover), -EPROTO);
        assert_int_equal(prover.floods[1].counts.refused, 1);
        assert_int_equal(prover.floods[1].counts.at_received, 0);
        assert_false(prover_neighbour(&prover, 1)->claimed);
        assert_kept_out(&prover);
        prover_finish(&prover);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_decide_who_is_let_in),
        cmocka_unit_test(loopback_matters_only_without_a_secret),
        cmocka_unit_test(a_secret_that_goes_meanwhile_lets_nobody_in),
        cmocka_unit_test(lines_have_nonces_and_proofs),
        cmocka_unit_test(no_byte_can_be_changed),
        cmocka_unit_test(nothing_can_be_said_twice),
        cmocka_unit_test(a_proof_cannot_be_sent_back),
        cmocka_unit_test(nothing_is_taken_before_the_proof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
