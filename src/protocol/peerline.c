/* SPDX-License-Identifier: MIT */
/*
 * Reading the peers' lines. Every value has one spelling and every line one
 * form: what two servers read from one line can then never differ, and what
 * is read and written again is the same bytes. Anything else is -EINVAL.
 */
#include "herd/peerline.h"

#include <errno.h>

#include "herd/clock.h"
#include "herd/name.h"
#include "local.h"

#define INCARNATION_DIGITS 16
#define NONCE_DIGITS 32
#define PROOF_DIGITS 64
#define DIGEST_DIGITS 32

static const struct herd_text verbs[] = {
    [HERD_PEER_HELLO] = HERD_TEXT_INIT("HELLO"), [HERD_PEER_REFUSE] = HERD_TEXT_INIT("REFUSE"),
    [HERD_PEER_AUTH] = HERD_TEXT_INIT("AUTH"),   [HERD_PEER_WELCOME] = HERD_TEXT_INIT("WELCOME"),
    [HERD_PEER_AT] = HERD_TEXT_INIT("AT"),       [HERD_PEER_MARK] = HERD_TEXT_INIT("MARK"),
    [HERD_PEER_PING] = HERD_TEXT_INIT("PING"),   [HERD_PEER_PONG] = HERD_TEXT_INIT("PONG"),
};

enum herd_peer_verb herd_peer_verb_of(struct herd_text line, struct herd_text *ret_rest)
{
    if (line.length == 0) {
        *ret_rest = line;
        return HERD_PEER_UNKNOWN;
    }
    if (line.length > 3 && memcmp(line.bytes, "AT ", 3) == 0) { /* nearly all */
        *ret_rest = (struct herd_text){line.bytes + 3, line.length - 3};
        return HERD_PEER_AT;
    }
    const char *space = memchr(line.bytes, ' ', line.length);
    struct herd_text word = {line.bytes, space == NULL ? line.length : (size_t)(space - line.bytes)};
    size_t skipped = space == NULL ? word.length : word.length + 1;
    *ret_rest = (struct herd_text){line.bytes + skipped, line.length - skipped};
    for (unsigned verb = HERD_PEER_HELLO; verb <= HERD_PEER_PONG; verb++) {
        if (herd_text_equal(word, verbs[verb])) return (enum herd_peer_verb)verb;
    }
    return HERD_PEER_UNKNOWN;
}

/* ---- fields: each takes one off the front of *rest, and the one space behind it ---- */

/* Not empty, no white space in it; a space behind it must have something behind itself. */
static bool take_field(struct herd_text *rest, struct herd_text *ret_field)
{
    if (rest->length == 0) return false;
    const char *end = rest->bytes + rest->length;
    const char *stop = field_end(rest->bytes, end);
    *ret_field = (struct herd_text){rest->bytes, (size_t)(stop - rest->bytes)};
    if (ret_field->length == 0) return false;
    if (stop < end && (*stop != ' ' || ++stop == end)) return false;
    *rest = (struct herd_text){stop, (size_t)(end - stop)};
    return true;
}

static bool take_name(struct herd_text *rest, struct herd_text *ret_name)
{
    return take_field(rest, ret_name) && herd_name_valid(*ret_name);
}

/* Says itself where it ends, so that it is read once; something must follow it in an AT. */
static bool take_position(struct herd_text *rest, struct herd_text *ret_position)
{
    const char *end = rest->bytes + rest->length;
    const char *stop = position_scan(rest->bytes, end);
    if (stop == NULL || stop == end || *stop != ' ') return false;
    *ret_position = (struct herd_text){rest->bytes, (size_t)(stop - rest->bytes)};
    *rest = (struct herd_text){stop + 1, (size_t)(end - stop - 1)};
    return true;
}

/* Without leading zeros. */
static bool read_number(struct herd_text field, uint64_t max, uint64_t *ret_number)
{
    if (field.length > 1 && field.bytes[0] == '0') return false;
    return herd_number_parse(field, max, ret_number) == 0;
}

static bool take_number(struct herd_text *rest, uint64_t *ret_number)
{
    struct herd_text field;
    return take_field(rest, &field) && read_number(field, UINT64_MAX, ret_number);
}

/* Nanoseconds; a minus for times before 1970. */
static bool take_clock(struct herd_text *rest, int64_t *ret_clock_ns)
{
    struct herd_text field;
    uint64_t size;
    if (!take_field(rest, &field)) return false;
    bool negative = field.bytes[0] == '-';
    struct herd_text digits = {field.bytes + negative, field.length - negative};
    if (!read_number(digits, (uint64_t)INT64_MAX + negative, &size)) return false;
    if (negative && size == 0) return false;
    *ret_clock_ns = negative ? (int64_t)(0 - size) : (int64_t)size;
    return true;
}

static bool is_nothing(struct herd_text field)
{
    return field.length == 1 && field.bytes[0] == '-';
}

static bool is_hex(struct herd_text field, size_t digits)
{
    if (field.length != digits) return false;
    for (size_t i = 0; i < digits; i++) {
        char byte = field.bytes[i];
        if (!herd_is_digit(byte) && (byte < 'a' || byte > 'f')) return false;
    }
    return true;
}

static bool take_hex_or_nothing(struct herd_text *rest, size_t digits, struct herd_text *ret_field)
{
    return take_field(rest, ret_field) && (is_nothing(*ret_field) || is_hex(*ret_field, digits));
}

static bool read_incarnation(struct herd_text field, uint64_t *ret_incarnation)
{
    if (!is_hex(field, INCARNATION_DIGITS)) return false;
    uint64_t value = 0;
    for (size_t i = 0; i < field.length; i++) {
        char byte = field.bytes[i];
        value = value << 4 | (uint64_t)(herd_is_digit(byte) ? byte - '0' : byte - 'a' + 10);
    }
    *ret_incarnation = value;
    return true;
}

static bool take_incarnation(struct herd_text *rest, uint64_t *ret_incarnation)
{
    struct herd_text field;
    return take_field(rest, &field) && read_incarnation(field, ret_incarnation);
}

/* ---- lines ---- */

static bool read_version(struct herd_text field, unsigned *ret_version)
{
    uint64_t version;
    if (!read_number(field, UINT16_MAX, &version)) return false;
    *ret_version = (unsigned)version;
    return true;
}

static bool take_version_range(struct herd_text *rest, struct herd_peer_hello *hello)
{
    struct herd_text field;
    if (!take_field(rest, &field)) return false;
    const char *dash = memchr(field.bytes, '-', field.length);
    if (dash == NULL) return false;
    size_t before = (size_t)(dash - field.bytes);
    struct herd_text min = {field.bytes, before};
    struct herd_text max = {dash + 1, field.length - before - 1};
    if (!read_version(min, &hello->version_min) || !read_version(max, &hello->version_max)) return false;
    return hello->version_min <= hello->version_max;
}

static bool take_who(struct herd_text *rest, struct herd_peer_hello *hello)
{
    return take_name(rest, &hello->herd) && take_name(rest, &hello->name) &&
           take_incarnation(rest, &hello->incarnation) && take_hex_or_nothing(rest, NONCE_DIGITS, &hello->nonce);
}

int herd_peer_parse_hello_dialler(struct herd_text rest, struct herd_peer_hello *ret_hello)
{
    struct herd_peer_hello hello = {.proof = HERD_TEXT_INIT("")};
    if (!take_version_range(&rest, &hello) || !take_who(&rest, &hello) || rest.length != 0) return -EINVAL;
    *ret_hello = hello;
    return 0;
}

int herd_peer_parse_hello_acceptor(struct herd_text rest, struct herd_peer_hello *ret_hello)
{
    struct herd_peer_hello hello = {0};
    struct herd_text version = {0};
    if (!take_field(&rest, &version) || !read_version(version, &hello.version_min)) return -EINVAL;
    hello.version_max = hello.version_min;
    if (!take_who(&rest, &hello)) return -EINVAL;
    if (!take_hex_or_nothing(&rest, PROOF_DIGITS, &hello.proof) || rest.length != 0) return -EINVAL;
    *ret_hello = hello;
    return 0;
}

int herd_peer_parse_refuse(struct herd_text rest, struct herd_peer_refuse *ret_refuse)
{
    struct herd_text code;
    if (!take_name(&rest, &code)) return -EINVAL;
    *ret_refuse = (struct herd_peer_refuse){.code = code, .text = rest};
    return 0;
}

int herd_peer_parse_auth(struct herd_text rest, struct herd_text *ret_proof)
{
    struct herd_text proof;
    if (!take_hex_or_nothing(&rest, PROOF_DIGITS, &proof) || rest.length != 0) return -EINVAL;
    *ret_proof = proof;
    return 0;
}

int herd_peer_parse_mark(struct herd_text rest, uint64_t *ret_mark)
{
    uint64_t mark;
    if (!take_number(&rest, &mark) || rest.length != 0) return -EINVAL;
    *ret_mark = mark;
    return 0;
}

int herd_peer_parse_pulse(struct herd_text rest, struct herd_peer_pulse *ret_pulse)
{
    struct herd_peer_pulse pulse;
    if (!take_clock(&rest, &pulse.clock_ns) || !take_number(&rest, &pulse.count)) return -EINVAL;
    if (!take_hex_or_nothing(&rest, DIGEST_DIGITS, &pulse.digest) || rest.length != 0) return -EINVAL;
    *ret_pulse = pulse;
    return 0;
}

int herd_peer_parse_welcome(struct herd_text rest, struct herd_peer_welcome *ret_welcome)
{
    struct herd_peer_welcome welcome = {.claimed = false};
    struct herd_text claim;
    if (!take_field(&rest, &claim) || !take_number(&rest, &welcome.mark)) return -EINVAL;
    welcome.claimed = !is_nothing(claim);
    if (welcome.claimed && !read_incarnation(claim, &welcome.incarnation)) return -EINVAL;
    if (!welcome.claimed && welcome.mark != 0) return -EINVAL;
    if (herd_peer_parse_pulse(rest, &welcome.pulse) != 0) return -EINVAL;
    *ret_welcome = welcome;
    return 0;
}

static bool take_visited(struct herd_text rest, struct herd_peer_at *at)
{
    at->visited_count = 0;
    while (rest.length > 0) {
        if (at->visited_count == HERD_PEER_VISITED_MAX) return false;
        if (!take_name(&rest, &at->visited[at->visited_count])) return false;
        at->visited_count++;
    }
    return at->visited_count > 0;
}

static bool take_report(struct herd_text *rest, struct herd_report *report)
{
    const char *end = rest->bytes + rest->length;
    const char *stop = plain_scan(rest->bytes, end, ' ', report);
    if (stop != NULL) {
        *rest = (struct herd_text){stop + 1, (size_t)(end - stop - 1)};
        return rest->length > 0;
    }
    report->joined = true;
    return take_field(rest, &report->client) && take_position(rest, &report->position) &&
           take_field(rest, &report->time) && report_check(report);
}

/* Everything in *ret_at is written in place, as copying it would cost as much as reading the line. */
static bool take_location(struct herd_text *rest, struct herd_peer_at *ret_at)
{
    struct herd_report *report = &ret_at->report;
    struct herd_text difference;
    int64_t received_ns;
    if (!take_name(rest, &ret_at->origin) || !take_field(rest, &difference)) return false;
    if (herd_difference_parse(difference, &ret_at->difference_ns) != 0) return false;
    if (!take_report(rest, report)) return false;
    return !__builtin_add_overflow(report->time_ns, ret_at->difference_ns, &received_ns);
}

int herd_peer_parse_at(struct herd_text rest, struct herd_peer_at *ret_at)
{
    return take_location(&rest, ret_at) && take_visited(rest, ret_at) ? 0 : -EINVAL;
}

int herd_peer_parse_location(struct herd_text rest, struct herd_peer_at *ret_at)
{
    ret_at->visited_count = 0;
    return take_location(&rest, ret_at) && rest.length == 0 ? 0 : -EINVAL;
}
