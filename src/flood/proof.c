/* SPDX-License-Identifier: MIT */
/*
 * Proofs: HMAC-SHA256 over a role and both HELLO lines whole, as 64 hex
 * digits. Each end's nonce is in its HELLO, so an old proof fits no new
 * session (replay); the role tells the ends apart, so one cannot be sent its
 * own proof (reflection); version, herd, names and incarnations are in the
 * lines, so none can be changed on the way (downgrade).
 */
#include "local.h"

#include <assert.h>

static void format_hex(const unsigned char *bytes, size_t count, char *out)
{
    static const char digits[] = "0123456789abcdef";
    size_t i;

    for (i = 0; i < count; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
}

/* In the time that depends on the length alone. */
static bool same(struct herd_text a, struct herd_text b)
{
    unsigned char difference = 0;
    size_t i;

    if (a.length != b.length) return false;
    for (i = 0; i < a.length; i++)
        difference |= (unsigned char)(a.bytes[i] ^ b.bytes[i]);
    return difference == 0;
}

struct herd_text proof_nonce(const struct herd_keys *keys, char out[PROOF_NONCE_DIGITS])
{
    unsigned char bytes[HERD_NONCE_BYTES];

    assert(keys->count <= HERD_KEYS_MAX);
    if (keys->count == 0) return HERD_TEXT("-");
    keys->fill(keys->owner, bytes, sizeof bytes);
    format_hex(bytes, sizeof bytes, out);
    return (struct herd_text){out, PROOF_NONCE_DIGITS};
}

void proof_transcript(struct herd_buffer *out, struct herd_text dialler, struct herd_text acceptor)
{
    herd_buffer_clear(out);
    herd_buffer_append(out, dialler);
    herd_buffer_append_byte(out, '\n');
    herd_buffer_append(out, acceptor);
}

static void sign(const struct herd_keys *keys, unsigned key, char role, struct herd_text transcript,
                 char out[PROOF_DIGITS])
{
    unsigned char mac[HERD_KEY_BYTES];
    struct herd_buffer text = HERD_BUFFER_INIT;

    assert(key < keys->count && (role == PROOF_ACCEPTOR || role == PROOF_DIALLER));
    herd_buffer_append_byte(&text, role);
    herd_buffer_append_byte(&text, '\n');
    herd_buffer_append(&text, transcript);
    keys->mac(keys->keys[key], herd_buffer_text(&text), mac);
    herd_buffer_finish(&text);
    format_hex(mac, sizeof mac, out);
}

struct herd_text proof_make(const struct herd_keys *keys, unsigned key, char role, struct herd_text transcript,
                            char out[PROOF_DIGITS])
{
    if (keys->count == 0) return HERD_TEXT("-");
    sign(keys, key, role, transcript, out);
    return (struct herd_text){out, PROOF_DIGITS};
}

int proof_check(const struct herd_keys *keys, char role, struct herd_text transcript, struct herd_text proof)
{
    char expected[PROOF_DIGITS];
    unsigned key;

    if (keys->count == 0) return herd_text_equal(proof, HERD_TEXT("-")) ? 0 : -1;
    for (key = 0; key < keys->count; key++) {
        sign(keys, key, role, transcript, expected);
        if (same((struct herd_text){expected, sizeof expected}, proof)) return (int)key;
    }
    return -1;
}
