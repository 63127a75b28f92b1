/* SPDX-License-Identifier: MIT */
/*
 * The scanner. Two states say it all: a value must come next, or one has just
 * ended; one bit a level tells objects from arrays. Bytes are looked at once,
 * from left to right, and nothing is kept but offsets.
 *
 *     value   string, number, literal        -> ended
 *             `{` key `:`  or  `[`           -> value, one level deeper
 *             `{}`  `[]`                     -> ended
 *     ended   `,` (and a key, in an object)  -> value
 *             `}` or `]`, as the level has   -> ended, one level up
 *             level 0 and no byte left       -> the text is JSON
 *
 * Everything else is no JSON. Within the top-level value of the key `results`,
 * where that is an array, each value that ends one level below is an element.
 */
#include "herd/cut.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>

struct scanner {
    const char *at;
    const char *end;
    const char *begin;
    unsigned depth;
    unsigned depth_max;
    bool too_deep;
    bool results_next; /* the key just read at level 1 is `results` */
    bool in_results;   /* somewhere within its array */
    struct herd_cut cut;
    uint64_t objects[HERD_CUT_DEPTH_MAX / 64]; /* a bit for each level: it is an object */
};

static void skip_space(struct scanner *scanner)
{
    while (scanner->at < scanner->end &&
           (*scanner->at == ' ' || *scanner->at == '\n' || *scanner->at == '\r' || *scanner->at == '\t'))
        scanner->at++;
}

static bool take(struct scanner *scanner, char byte)
{
    if (scanner->at == scanner->end || *scanner->at != byte) return false;
    scanner->at++;
    return true;
}

static int hex_value(char byte)
{
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    return -1;
}

/* What follows a backslash: the character it stands for, '?' for one that is in no key of ours; -1: no escape. */
static int take_escape(struct scanner *scanner)
{
    if (scanner->at == scanner->end) return -1;
    char kind = *scanner->at++;
    if (kind == '"' || kind == '\\' || kind == '/') return kind;
    if (kind == 'b' || kind == 'f' || kind == 'n' || kind == 'r' || kind == 't') return '?';
    if (kind != 'u' || scanner->end - scanner->at < 4) return -1;
    int value = 0;
    for (unsigned i = 0; i < 4; i++) {
        int digit = hex_value(*scanner->at++);
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value < 0x80 ? value : '?';
}

/* A string from its opening quote; *ret_results tells whether it reads `results`. */
static bool take_string(struct scanner *scanner, bool *ret_results)
{
    static const char wanted[] = "results";
    size_t matched = 0;
    bool same = true;
    if (!take(scanner, '"')) return false;
    while (scanner->at < scanner->end) {
        int byte = (unsigned char)*scanner->at++;
        if (byte == '"') {
            *ret_results = same && matched == sizeof(wanted) - 1;
            return true;
        }
        if (byte < 0x20) return false;
        if (byte == '\\' && (byte = take_escape(scanner)) < 0) return false;
        same = same && matched < sizeof(wanted) - 1 && byte == wanted[matched];
        matched++;
    }
    return false;
}

static bool take_digits(struct scanner *scanner)
{
    const char *start = scanner->at;
    while (scanner->at < scanner->end && herd_is_digit(*scanner->at))
        scanner->at++;
    return scanner->at > start;
}

static bool take_number(struct scanner *scanner)
{
    take(scanner, '-');
    if (!take(scanner, '0') && !take_digits(scanner)) return false;
    if (take(scanner, '.') && !take_digits(scanner)) return false;
    if (take(scanner, 'e') || take(scanner, 'E')) {
        if (!take(scanner, '+')) take(scanner, '-');
        return take_digits(scanner);
    }
    return true;
}

static bool take_literal(struct scanner *scanner, struct herd_text literal)
{
    if ((size_t)(scanner->end - scanner->at) < literal.length ||
        memcmp(scanner->at, literal.bytes, literal.length) != 0)
        return false;
    scanner->at += literal.length;
    return true;
}

static bool take_scalar(struct scanner *scanner)
{
    bool ignored;
    if (scanner->at == scanner->end) return false;
    switch (*scanner->at) {
    case '"':
        return take_string(scanner, &ignored);
    case 't':
        return take_literal(scanner, HERD_TEXT("true"));
    case 'f':
        return take_literal(scanner, HERD_TEXT("false"));
    case 'n':
        return take_literal(scanner, HERD_TEXT("null"));
    default:
        return take_number(scanner);
    }
}

/* A key and its colon, white space around both. */
static bool take_key(struct scanner *scanner)
{
    bool results;
    skip_space(scanner);
    if (!take_string(scanner, &results)) return false;
    skip_space(scanner);
    if (!take(scanner, ':')) return false;
    scanner->results_next = results && scanner->depth == 1;
    return true;
}

static bool in_object(const struct scanner *scanner)
{
    unsigned level = scanner->depth - 1;
    return (scanner->objects[level / 64] >> level % 64 & 1) != 0;
}

static void enter(struct scanner *scanner, bool object)
{
    uint64_t *word = &scanner->objects[scanner->depth / 64];
    unsigned bit = scanner->depth % 64;
    *word = (*word & ~(UINT64_C(1) << bit)) | (uint64_t)object << bit;
    scanner->depth++;
}

/* The value at level 1 that begins here belongs to `results`: what an earlier one left is void. */
static void begin_results(struct scanner *scanner, bool array)
{
    scanner->results_next = false;
    scanner->cut = (struct herd_cut){0};
    if (!array) return;
    scanner->in_results = true;
    scanner->cut.start = scanner->cut.last_end = (size_t)(scanner->at - scanner->begin);
}

static void end_value(struct scanner *scanner)
{
    struct herd_cut *cut = &scanner->cut;
    if (scanner->depth == 1) scanner->in_results = false;
    if (scanner->depth != 2 || !scanner->in_results) return;
    cut->last_end = (size_t)(scanner->at - scanner->begin);
    if (cut->count < HERD_BOUND_MAX) cut->ends[cut->count] = cut->last_end;
    cut->count++;
}

/* After an opening bracket: either the level ends at once, or its first value comes. */
static bool open_level(struct scanner *scanner, bool object, bool *ret_ended)
{
    scanner->too_deep = scanner->depth == scanner->depth_max;
    if (scanner->too_deep) return false;
    if (scanner->results_next) begin_results(scanner, !object);
    skip_space(scanner);
    *ret_ended = take(scanner, object ? '}' : ']');
    if (*ret_ended) {
        end_value(scanner);
        return true;
    }
    enter(scanner, object);
    return !object || take_key(scanner);
}

static bool take_value(struct scanner *scanner, bool *ret_ended)
{
    skip_space(scanner);
    if (take(scanner, '{')) return open_level(scanner, true, ret_ended);
    if (take(scanner, '[')) return open_level(scanner, false, ret_ended);
    *ret_ended = true;
    if (scanner->results_next) begin_results(scanner, false);
    if (!take_scalar(scanner)) return false;
    end_value(scanner);
    return true;
}

/* What follows a value on a level: a comma, or the level's end, which ends a value one level up. */
static bool take_follower(struct scanner *scanner, bool *ret_ended)
{
    skip_space(scanner);
    *ret_ended = false;
    if (take(scanner, ',')) return !in_object(scanner) || take_key(scanner);
    *ret_ended = true;
    if (!take(scanner, in_object(scanner) ? '}' : ']')) return false;
    scanner->depth--;
    end_value(scanner);
    return true;
}

int herd_cut_scan(struct herd_text body, unsigned depth_max, struct herd_cut *ret_cut)
{
    assert(depth_max <= HERD_CUT_DEPTH_MAX);
    if (body.length == 0) return -EINVAL;
    struct scanner scanner = {
        .at = body.bytes, .begin = body.bytes, .end = body.bytes + body.length, .depth_max = depth_max};
    skip_space(&scanner);
    if (scanner.at == scanner.end || *scanner.at != '{') return -EINVAL;
    bool ended = false;
    do {
        bool good = ended ? take_follower(&scanner, &ended) : take_value(&scanner, &ended);
        if (!good) return scanner.too_deep ? -E2BIG : -EINVAL;
    } while (!ended || scanner.depth > 0);
    skip_space(&scanner);
    if (scanner.at != scanner.end) return -EINVAL;
    *ret_cut = scanner.cut;
    return 0;
}

/* Length of the newline at the start of the text: 1, 2 (CRLF) or 0. */
static size_t newline_length(struct herd_text text)
{
    if (text.length > 0 && text.bytes[0] == '\n') return 1;
    if (text.length > 1 && text.bytes[0] == '\r' && text.bytes[1] == '\n') return 2;
    return 0;
}

static struct herd_text text_from(struct herd_text text, size_t start)
{
    return (struct herd_text){text.bytes + start, text.length - start};
}

static struct herd_text without_first_newlines(struct herd_text text)
{
    for (size_t length; (length = newline_length(text)) > 0;)
        text = text_from(text, length);
    return text;
}

/* Appends a piece with each run of newlines made its first one. */
static void append_piece(struct herd_buffer *out, struct herd_text piece)
{
    while (piece.length > 0) {
        const char *found = memchr(piece.bytes, '\n', piece.length);
        size_t taken = found == NULL ? piece.length : (size_t)(found - piece.bytes) + 1;
        herd_buffer_append(out, (struct herd_text){piece.bytes, taken});
        piece = text_from(piece, taken);
        if (found == NULL) return;
        piece = without_first_newlines(piece);
    }
}

static struct herd_text without_last_newlines(struct herd_text text)
{
    while (text.length > 0 && text.bytes[text.length - 1] == '\n') {
        text.length--;
        if (text.length > 0 && text.bytes[text.length - 1] == '\r') text.length--;
    }
    return text;
}

void herd_cut_append(struct herd_buffer *out, struct herd_text body, const struct herd_cut *cut, unsigned bound)
{
    assert(bound <= HERD_BOUND_MAX && cut->last_end <= body.length);
    if (cut->start == 0 || bound >= cut->count) {
        append_piece(out, without_last_newlines(without_first_newlines(body)));
        return;
    }
    size_t keep = bound == 0 ? cut->start : cut->ends[bound - 1];
    append_piece(out, without_first_newlines((struct herd_text){body.bytes, keep}));
    struct herd_text rest = text_from(body, cut->last_end);
    if (bound == 0) { /* what is left is `[]`, without the white space before the bracket */
        const char *bracket = memchr(rest.bytes, ']', rest.length);
        assert(bracket != NULL);
        rest = text_from(rest, (size_t)(bracket - rest.bytes));
    }
    append_piece(out, without_last_newlines(rest));
}
