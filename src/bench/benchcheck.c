/* SPDX-License-Identifier: MIT */

/*
 * Whether a reply is the right one for its request.
 *
 * The reply to an IAMAT is `AT`, the server, a difference, and then byte for
 * byte what was sent: once the server's name is known that is two comparisons
 * and a walk over the difference. Everything else takes the slow way, which
 * knows whether the reply is wrong or only not there in full. Of a WHATSAT's
 * reply the AT line's client is known but not which report is the newest; its
 * other fields must be well formed, and its places are framed by braces and an
 * empty line.
 */

#include "herd/clock.h"
#include "herd/command.h"
#include "herd/word.h"
#include "local.h"

#define LINE_MAX_BYTES (16u * 1024)         /* a longer line is no reply of a herd */
#define PLACES_MAX_BYTES (8u * 1024 * 1024) /* nor is a longer list of places */

/* What the reply ends with: the line that was sent, from its client on. */
static struct herd_text echo_of(const struct bench_request *request)
{
    return (struct herd_text){request->line + request->client_at, (size_t)request->length - request->client_at};
}

/* The length of `[+-]D+.DDDDDDDDD ` at the start of the bytes, 0 where there is none. */
static size_t difference_length(struct herd_text bytes)
{
    size_t at = 1;
    if (bytes.length < 13 || (bytes.bytes[0] != '+' && bytes.bytes[0] != '-')) return 0;
    while (at < bytes.length && herd_is_digit(bytes.bytes[at]))
        at++;
    if (at == 1 || bytes.length - at < 11 || bytes.bytes[at++] != '.') return 0;
    if (herd_word_other_than_digits(herd_word_load(bytes.bytes + at)) != 0) return 0;
    at += HERD_WORD_SIZE;
    return herd_is_digit(bytes.bytes[at]) && bytes.bytes[at + 1] == ' ' ? at + 2 : 0;
}

/* The length of the right reply to an IAMAT at the start of the bytes; 0: look closer. */
static size_t match_report(struct herd_text head, const struct bench_request *request, struct herd_text bytes)
{
    struct herd_text echo = echo_of(request);
    if (head.length == 0 || bytes.length < head.length || memcmp(bytes.bytes, head.bytes, head.length) != 0) return 0;
    size_t difference = difference_length((struct herd_text){bytes.bytes + head.length, bytes.length - head.length});
    size_t at = head.length + difference;
    if (difference == 0 || bytes.length - at < echo.length) return 0;
    return memcmp(bytes.bytes + at, echo.bytes, echo.length) == 0 ? at + echo.length : 0;
}

/* Whether a line without its LF is an AT line of the request's client; *ret_name is the server it names. */
static bool is_at_line(struct herd_text line, const struct bench_request *request, struct herd_text *ret_name)
{
    struct herd_text client = {request->line + request->client_at, (size_t)request->client_last - request->client_at};
    int64_t ignored;
    if (!herd_text_equal(herd_field_next(&line), HERD_TEXT("AT"))) return false;
    *ret_name = herd_field_next(&line);
    if (herd_difference_parse(herd_field_next(&line), &ignored) < 0) return false;
    if (!herd_text_equal(herd_field_next(&line), client)) return false;
    if (!herd_position_valid(herd_field_next(&line))) return false;
    if (herd_time_parse(herd_field_next(&line), HERD_TIME_SECONDS_MAX, &ignored) < 0) return false;
    return line.length == 0;
}

static void learn_head(struct bench_checker *checker, struct herd_text name)
{
    herd_buffer_append(&checker->head, HERD_TEXT("AT "));
    herd_buffer_append(&checker->head, name);
    herd_buffer_append_byte(&checker->head, ' ');
}

static enum bench_verdict check_report(struct bench_checker *checker, const struct bench_request *request,
                                       struct herd_text line)
{
    struct herd_text name;
    bool known = herd_buffer_length(&checker->head) > 0;
    if (known || !is_at_line(line, request, &name)) return BENCH_WRONG;
    learn_head(checker, name);
    struct herd_text whole = {line.bytes, line.length + 1};
    return match_report(herd_buffer_text(&checker->head), request, whole) == whole.length ? BENCH_RIGHT : BENCH_WRONG;
}

/* `places` begins after the AT line's LF; *ret_length is how long they are with the empty line. */
static enum bench_verdict check_places(struct herd_text places, size_t *ret_length)
{
    const char *end = places.bytes + places.length;
    const char *at = places.bytes;
    if (places.length > 0 && places.bytes[0] != '{') return BENCH_WRONG;
    while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        if (++at == end) break;
        if (*at != '\n') continue;
        *ret_length = (size_t)(at + 1 - places.bytes);
        return at[-2] == '}' ? BENCH_RIGHT : BENCH_WRONG;
    }
    return places.length > PLACES_MAX_BYTES ? BENCH_WRONG : BENCH_PART;
}

enum bench_verdict bench_check(struct bench_checker *checker, const struct bench_request *request,
                               struct herd_text bytes, size_t *ret_length)
{
    if (!request->whatsat && !checker->unchecked) {
        *ret_length = match_report(herd_buffer_text(&checker->head), request, bytes);
        if (*ret_length > 0) return BENCH_RIGHT;
    }
    const char *end = bytes.length > 0 ? memchr(bytes.bytes, '\n', bytes.length) : NULL;
    if (end == NULL) return bytes.length > LINE_MAX_BYTES ? BENCH_WRONG : BENCH_PART;
    struct herd_text line = {bytes.bytes, (size_t)(end - bytes.bytes)};
    struct herd_text name;
    *ret_length = line.length + 1;
    if (checker->unchecked) return BENCH_RIGHT;
    if (!request->whatsat) return check_report(checker, request, line);
    if (!is_at_line(line, request, &name)) return BENCH_WRONG;
    size_t places_length = 0;
    struct herd_text places = {end + 1, bytes.length - line.length - 1};
    enum bench_verdict verdict = check_places(places, &places_length);
    *ret_length += places_length;
    return verdict;
}
