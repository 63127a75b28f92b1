/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEST_PEERFIXTURE_H
#define HERD_TEST_PEERFIXTURE_H

/* Lines between servers with the functions that read and write them. Each test program includes it once. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "herd/peerline.h"

#define NONCE "0123456789abcdef0123456789abcdef"
#define PROOF NONCE NONCE
#define INCARNATION "00c0ffee00c0ffee"

/* Reads what follows a verb and, where it can be read, writes it again. */
typedef int (*rewrite)(struct herd_text rest, struct herd_buffer *out);

static inline int rewrite_hello_dialler(struct herd_text rest, struct herd_buffer *out)
{
    struct herd_peer_hello hello;
    int status = herd_peer_parse_hello_dialler(rest, &hello);
    if (status == 0) herd_peer_append_hello_dialler(out, &hello);
    return status;
}

static inline int rewrite_hello_acceptor(struct herd_text rest, struct herd_buffer *out)
{
    struct herd_peer_hello hello;
    int status = herd_peer_parse_hello_acceptor(rest, &hello);
    if (status == 0) herd_peer_append_hello_acceptor(out, &hello);
    return status;
}

static inline int rewrite_refuse(struct herd_text rest, struct herd_buffer *out)
{
    struct herd_peer_refuse refuse;
    int status = herd_peer_parse_refuse(rest, &refuse);
    if (status != 0) return status;
    char code[HERD_PEER_HANDSHAKE_LINE_MAX] = {0};
    char text[HERD_PEER_HANDSHAKE_LINE_MAX] = {0};
    memcpy(code, refuse.code.bytes, refuse.code.length);
    memcpy(text, refuse.text.bytes, refuse.text.length);
    herd_peer_append_refuse(out, code, text);
    return 0;
}

static inline int rewrite_auth(struct herd_text rest, struct herd_buffer *out)
{
    struct herd_text proof;
    int status = herd_peer_parse_auth(rest, &proof);
    if (status == 0) herd_peer_append_auth(out, proof);
    return status;
}

static inline int rewrite_welcome(struct herd_text rest, struct herd_buffer *out)
{
    struct herd_peer_welcome welcome;
    int status = herd_peer_parse_welcome(rest, &welcome);
    if (status == 0) herd_peer_append_welcome(out, &welcome);
    return status;
}

static inline int rewrite_at(struct herd_text rest, struct herd_buffer *out)
{
    struct herd_peer_at at;
    int status = herd_peer_parse_at(rest, &at);
    if (status == 0) herd_peer_append_at(out, &at);
    return status;
}

static inline int rewrite_mark(struct herd_text rest, struct herd_buffer *out)
{
    uint64_t mark;
    int status = herd_peer_parse_mark(rest, &mark);
    if (status == 0) herd_peer_append_mark(out, mark);
    return status;
}

static inline int rewrite_ping(struct herd_text rest, struct herd_buffer *out)
{
    struct herd_peer_pulse pulse;
    int status = herd_peer_parse_pulse(rest, &pulse);
    if (status == 0) herd_peer_append_pulse(out, HERD_PEER_PING, &pulse);
    return status;
}

static inline int rewrite_pong(struct herd_text rest, struct herd_buffer *out)
{
    struct herd_peer_pulse pulse;
    int status = herd_peer_parse_pulse(rest, &pulse);
    if (status == 0) herd_peer_append_pulse(out, HERD_PEER_PONG, &pulse);
    return status;
}

struct line {
    const char *text;
    enum herd_peer_verb verb;
    rewrite rewrite;
};

#define AT(rest)                                                                                                       \
    {                                                                                                                  \
        "AT " rest, HERD_PEER_AT, rewrite_at                                                                           \
    }
#define DIALLER(rest)                                                                                                  \
    {                                                                                                                  \
        "HELLO " rest, HERD_PEER_HELLO, rewrite_hello_dialler                                                          \
    }
#define ACCEPTOR(rest)                                                                                                 \
    {                                                                                                                  \
        "HELLO " rest, HERD_PEER_HELLO, rewrite_hello_acceptor                                                         \
    }
#define REFUSE(rest)                                                                                                   \
    {                                                                                                                  \
        "REFUSE " rest, HERD_PEER_REFUSE, rewrite_refuse                                                               \
    }
#define AUTH(rest)                                                                                                     \
    {                                                                                                                  \
        "AUTH " rest, HERD_PEER_AUTH, rewrite_auth                                                                     \
    }
#define WELCOME(rest)                                                                                                  \
    {                                                                                                                  \
        "WELCOME " rest, HERD_PEER_WELCOME, rewrite_welcome                                                            \
    }
#define MARK(rest)                                                                                                     \
    {                                                                                                                  \
        "MARK " rest, HERD_PEER_MARK, rewrite_mark                                                                     \
    }
#define PING(rest)                                                                                                     \
    {                                                                                                                  \
        "PING " rest, HERD_PEER_PING, rewrite_ping                                                                     \
    }
#define PONG(rest)                                                                                                     \
    {                                                                                                                  \
        "PONG " rest, HERD_PEER_PONG, rewrite_pong                                                                     \
    }
#define KIWI "kiwi.cs.ucla.edu +34.068930-118.445127 1520023934.918963997"

#endif
