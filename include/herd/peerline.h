/* SPDX-License-Identifier: MIT */
#ifndef HERD_PEERLINE_H
#define HERD_PEERLINE_H

/*
 * The lines that servers say to each other (docs/protocol.md, part 2), read
 * into values and written from them. Fields are separated by exactly one
 * space; a line that is not in its one form is refused.
 */

#include <stdint.h>

#include "herd/buffer.h"
#include "herd/command.h"
#include "herd/text.h"

#define HERD_PEER_VERSION_MIN 1
#define HERD_PEER_VERSION_MAX 1
#define HERD_PEER_LINE_MAX (10 * 1024)
#define HERD_PEER_HANDSHAKE_LINE_MAX 1024
#define HERD_PEER_VISITED_MAX 8

enum herd_peer_verb {
    HERD_PEER_UNKNOWN, /* a verb of a newer version */
    HERD_PEER_HELLO,
    HERD_PEER_REFUSE,
    HERD_PEER_AUTH,
    HERD_PEER_WELCOME,
    HERD_PEER_AT,
    HERD_PEER_MARK,
    HERD_PEER_PING,
    HERD_PEER_PONG,
};

/* HELLO of the dialler: `HELLO <min>-<max> <herd> <name> <incarnation> <nonce>`. */
struct herd_peer_hello {
    unsigned version_min; /* of the acceptor's: both are its <version> */
    unsigned version_max;
    struct herd_text herd;
    struct herd_text name;
    uint64_t incarnation;
    struct herd_text nonce; /* 32 lower-case hex digits, or `-` */
    struct herd_text proof; /* acceptor's only: 64 lower-case hex digits, or `-` */
};

/* What PING, PONG and WELCOME say of the sender's state. */
struct herd_peer_pulse {
    int64_t clock_ns;        /* sender's wall clock, POSIX nanoseconds in decimal */
    uint64_t count;          /* records in its store */
    struct herd_text digest; /* 32 hex digits, or `-` while there is none */
};

struct herd_peer_welcome {
    bool claimed; /* whether there is a claim; none is written `- 0` */
    uint64_t incarnation;
    uint64_t mark;
    struct herd_peer_pulse pulse;
};

struct herd_peer_at {
    struct herd_text origin;
    int64_t difference_ns;
    struct herd_report report;
    struct herd_text visited[HERD_PEER_VISITED_MAX]; /* in order, the sender last */
    unsigned visited_count;                          /* at least 1 in a line between peers */
};

struct herd_peer_refuse {
    struct herd_text code; /* a word: see HERD_REFUSE_... */
    struct herd_text text; /* the rest of the line, for people */
};

#define HERD_REFUSE_VERSION "version"
#define HERD_REFUSE_HERD "herd"
#define HERD_REFUSE_NAME "name"         /* not a neighbour of mine */
#define HERD_REFUSE_SELF "self"         /* you are me */
#define HERD_REFUSE_PROOF "proof"       /* secrets differ, or one side has none */
#define HERD_REFUSE_ADDRESS "address"   /* without a secret only loopback is taken */
#define HERD_REFUSE_PROTOCOL "protocol" /* a line that does not belong here */

/* The verb of a line, HERD_PEER_UNKNOWN for any other word. *ret_rest is what follows it and one space. */
enum herd_peer_verb herd_peer_verb_of(struct herd_text line, struct herd_text *ret_rest);

/* Each reads what follows its verb: 0, or -EINVAL. Views are of `rest`. */
int herd_peer_parse_hello_dialler(struct herd_text rest, struct herd_peer_hello *ret_hello);
int herd_peer_parse_hello_acceptor(struct herd_text rest, struct herd_peer_hello *ret_hello);
int herd_peer_parse_refuse(struct herd_text rest, struct herd_peer_refuse *ret_refuse);
int herd_peer_parse_auth(struct herd_text rest, struct herd_text *ret_proof);
int herd_peer_parse_welcome(struct herd_text rest, struct herd_peer_welcome *ret_welcome);
/*
 * An AT must be canonical: the origin and the visited are valid names, the
 * difference is in its one form, client, position and time are as IAMAT takes
 * them, time + difference fits 64-bit nanoseconds, 1 to 8 visited.
 */
int herd_peer_parse_at(struct herd_text rest, struct herd_peer_at *ret_at);
/* An AT that came from nobody: as above without any visited, the client's form of it. */
int herd_peer_parse_location(struct herd_text rest, struct herd_peer_at *ret_at);
int herd_peer_parse_mark(struct herd_text rest, uint64_t *ret_mark);
int herd_peer_parse_pulse(struct herd_text rest, struct herd_peer_pulse *ret_pulse);

/* Each appends one line with its LF. */
void herd_peer_append_hello_dialler(struct herd_buffer *out, const struct herd_peer_hello *hello);
void herd_peer_append_hello_acceptor(struct herd_buffer *out, const struct herd_peer_hello *hello);
void herd_peer_append_refuse(struct herd_buffer *out, const char *code, const char *text);
void herd_peer_append_auth(struct herd_buffer *out, struct herd_text proof);
void herd_peer_append_welcome(struct herd_buffer *out, const struct herd_peer_welcome *welcome);
void herd_peer_append_at(struct herd_buffer *out, const struct herd_peer_at *at);
void herd_peer_append_mark(struct herd_buffer *out, uint64_t mark);
/* `verb` is HERD_PEER_PING or HERD_PEER_PONG. */
void herd_peer_append_pulse(struct herd_buffer *out, enum herd_peer_verb verb, const struct herd_peer_pulse *pulse);

#endif
