/* SPDX-License-Identifier: MIT */
/*
 * The happy path: nothing is held, and the line lies whole in what was just
 * read. It is a view of the input; nothing is copied, no memory is owned.
 *
 * An unfinished tail is copied to `held`. The next call looks for its LF only
 * in bytes not looked at before, and adds to `held` up to that LF, so input
 * that comes byte by byte costs O(1) a byte. `held` holds several lines only
 * after herd_framer_hold; they are served before the input is looked at.
 *
 * A line is too long as soon as limit + 1 bytes have no LF, whether they come
 * in one piece or in many; what is shown of it is the same either way.
 */
#include "herd/line.h"

#include <assert.h>
#include <stdint.h>

void herd_framer_init(struct herd_framer *framer, size_t limit)
{
    assert(limit >= 1);
    *framer = (struct herd_framer){.held = HERD_BUFFER_INIT, .limit = limit};
}

void herd_framer_finish(struct herd_framer *framer)
{
    if (framer == NULL) return;
    herd_buffer_finish(&framer->held);
    framer->scanned = framer->used = 0;
}

/* Forgets the line that was given out last. A framer that holds nothing owns nothing. */
static void drop_used(struct herd_framer *framer)
{
    if (framer->used == 0) return;
    herd_buffer_consume(&framer->held, framer->used);
    framer->used = framer->scanned = 0;
    if (herd_buffer_length(&framer->held) == 0) herd_buffer_finish(&framer->held);
}

static void take(struct herd_text *input, size_t count)
{
    if (count == 0) return; /* an empty input may be a null pointer */
    input->bytes += count;
    input->length -= count;
}

/* Where the LF of a line is, looking at most as far as it may be; SIZE_MAX where there is none. */
static size_t find_end(struct herd_text text, size_t from, size_t limit)
{
    size_t stop = text.length <= limit ? text.length : limit + 1;
    if (from >= stop) return SIZE_MAX;
    const char *end = memchr(text.bytes + from, '\n', stop - from);
    return end == NULL ? SIZE_MAX : (size_t)(end - text.bytes);
}

static enum herd_line_status too_long(const struct herd_framer *framer, const char *bytes, struct herd_text *ret_line)
{
    size_t shown = framer->limit < HERD_LINE_SHOWN_MAX ? framer->limit + 1 : HERD_LINE_SHOWN_MAX;
    *ret_line = (struct herd_text){bytes, shown};
    return HERD_LINE_TOO_LONG;
}

static void keep(struct herd_framer *framer, struct herd_text *input, size_t count)
{
    herd_buffer_append(&framer->held, (struct herd_text){input->bytes, count});
    take(input, count);
}

static enum herd_line_status next_of_input(struct herd_framer *framer, struct herd_text *input,
                                           struct herd_text *ret_line)
{
    size_t end = find_end(*input, 0, framer->limit);
    if (end != SIZE_MAX) {
        *ret_line = (struct herd_text){input->bytes, end};
        take(input, end + 1);
        return HERD_LINE_READY;
    }
    if (input->length > framer->limit) return too_long(framer, input->bytes, ret_line);
    keep(framer, input, input->length);
    framer->scanned = herd_buffer_length(&framer->held);
    return HERD_LINE_NONE;
}

static enum herd_line_status next_of_held(struct herd_framer *framer, struct herd_text *input,
                                          struct herd_text *ret_line)
{
    struct herd_text held = herd_buffer_text(&framer->held);
    size_t end = find_end(held, framer->scanned, framer->limit);
    if (end == SIZE_MAX && held.length <= framer->limit) {
        size_t before = held.length;
        size_t found = find_end(*input, 0, framer->limit - before);
        size_t room = framer->limit + 1 - before;
        if (found != SIZE_MAX) end = before + found;
        keep(framer, input, found != SIZE_MAX ? found + 1 : input->length < room ? input->length : room);
        held = herd_buffer_text(&framer->held);
    }
    if (end != SIZE_MAX) {
        framer->used = end + 1;
        *ret_line = (struct herd_text){held.bytes, end};
        return HERD_LINE_READY;
    }
    framer->scanned = held.length;
    if (held.length > framer->limit) return too_long(framer, held.bytes, ret_line);
    return HERD_LINE_NONE;
}

enum herd_line_status herd_framer_next(struct herd_framer *framer, struct herd_text *input, struct herd_text *ret_line)
{
    drop_used(framer);
    if (herd_buffer_length(&framer->held) > 0) return next_of_held(framer, input, ret_line);
    return input->length > 0 ? next_of_input(framer, input, ret_line) : HERD_LINE_NONE;
}

void herd_framer_hold(struct herd_framer *framer, struct herd_text input)
{
    drop_used(framer);
    herd_buffer_append(&framer->held, input);
}

struct herd_text herd_framer_unfinished(const struct herd_framer *framer)
{
    struct herd_text held = herd_buffer_text(&framer->held);
    take(&held, framer->used);
    return held;
}

bool herd_framer_end(struct herd_framer *framer, struct herd_text *ret_line)
{
    drop_used(framer);
    struct herd_text held = herd_buffer_text(&framer->held);
    if (held.length == 0) return false;
    framer->used = held.length;
    *ret_line = held;
    return true;
}
