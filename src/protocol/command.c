/* SPDX-License-Identifier: MIT */
#include "herd/command.h"

#include "herd/clock.h"
#include "local.h"

bool report_check(struct herd_report *report)
{
    if (report->client.length < 1 || report->client.length > HERD_CLIENT_LENGTH_MAX) return false;
    if (report->time.length > HERD_TIME_LENGTH_MAX) return false;
    return herd_time_parse(report->time, HERD_TIME_SECONDS_MAX, &report->time_ns) == 0;
}

/* Where the white space at the end of what lies before `end` begins. */
static const char *trim(const char *start, const char *end)
{
    while (end > start && herd_is_space(end[-1]))
        end--;
    return end;
}

static bool at_end(struct herd_text rest)
{
    return herd_field_next(&rest).length == 0;
}

/*
 * Position and time are read where they begin, without looking for their ends
 * first: the position says itself where it ends, the time is all that is left.
 */
static bool parse_iamat(struct herd_text rest, struct herd_report *ret_report)
{
    const char *end = trim(rest.bytes, rest.bytes + rest.length);
    const char *client = field_start(rest.bytes, end);
    const char *client_end = field_end(client, end);
    const char *position = field_start(client_end, end);
    const char *position_end = position_scan(position, end);
    if (position_end == NULL || position_end == end || !herd_is_space(*position_end)) return false;
    const char *time = field_start(position_end, end);
    ret_report->client = (struct herd_text){client, (size_t)(client_end - client)};
    ret_report->position = (struct herd_text){position, (size_t)(position_end - position)};
    ret_report->time = (struct herd_text){time, (size_t)(end - time)};
    ret_report->joined =
        *client_end == ' ' && position - client_end == 1 && *position_end == ' ' && time - position_end == 1;
    return report_check(ret_report);
}

/* 0 to 50 inclusive, however it is written: `0050.000` is, `50.0001` is not. */
static bool parse_radius(struct herd_text text, struct herd_decimal *ret_radius)
{
    struct herd_decimal radius;
    uint64_t whole;
    if (herd_decimal_parse(text, &radius) != 0) return false;
    if (herd_number_parse(radius.whole, HERD_RADIUS_KM_MAX, &whole) != 0) return false;
    if (whole == HERD_RADIUS_KM_MAX && herd_decimal_has_more(&radius, 0)) return false;
    *ret_radius = radius;
    return true;
}

static bool parse_bound(struct herd_text text, unsigned *ret_bound)
{
    uint64_t bound;
    if (herd_number_parse(text, HERD_BOUND_MAX, &bound) != 0) return false;
    *ret_bound = (unsigned)bound;
    return true;
}

static bool parse_whatsat(struct herd_text rest, struct herd_question *ret_question)
{
    ret_question->client = herd_field_next(&rest);
    struct herd_text radius = herd_field_next(&rest);
    struct herd_text bound = herd_field_next(&rest);
    if (!at_end(rest) || ret_question->client.length > HERD_CLIENT_LENGTH_MAX) return false;
    return parse_radius(radius, &ret_question->radius_km) && parse_bound(bound, &ret_question->bound);
}

/* The word of a command: at the very start of nearly every line, which saves looking for its ends. */
static bool skip_word(struct herd_text line, struct herd_text word, struct herd_text *ret_rest)
{
    if (line.length > word.length && memcmp(line.bytes, word.bytes, word.length) == 0 &&
        herd_is_space(line.bytes[word.length])) {
        *ret_rest = (struct herd_text){line.bytes + word.length, line.length - word.length};
        return true;
    }
    *ret_rest = line;
    return herd_text_equal(herd_field_next(ret_rest), word);
}

/* Ends as the first line of an HTTP request does, and as no command may. */
static bool is_http(struct herd_text line)
{
    if (line.length == 0) return false;
    const char *end = trim(line.bytes, line.bytes + line.length);
    const char *start = end;
    while (start > line.bytes && !herd_is_space(start[-1]))
        start--;
    struct herd_text last = {start, (size_t)(end - start)};
    return herd_text_equal(last, HERD_TEXT("HTTP/1.1")) || herd_text_equal(last, HERD_TEXT("HTTP/1.0")) ||
           herd_text_equal(last, HERD_TEXT("HTTP/2.0"));
}

static void parse(struct herd_text line, struct herd_command *ret_command)
{
    struct herd_text rest;
    ret_command->kind = HERD_COMMAND_INVALID;
    if (skip_word(line, HERD_TEXT("IAMAT"), &rest)) {
        if (parse_iamat(rest, &ret_command->as.iamat)) ret_command->kind = HERD_COMMAND_IAMAT;
    } else if (skip_word(line, HERD_TEXT("WHATSAT"), &rest)) {
        if (parse_whatsat(rest, &ret_command->as.whatsat)) ret_command->kind = HERD_COMMAND_WHATSAT;
    }
}

void herd_command_parse(struct herd_text line, struct herd_command *ret_command)
{
    parse(line, ret_command);
    if (ret_command->kind == HERD_COMMAND_INVALID && is_http(line)) ret_command->kind = HERD_COMMAND_HTTP;
}
