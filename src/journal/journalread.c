/* SPDX-License-Identifier: MIT */
/*
 * Reading a segment: pieces of a quarter of a megabyte, lines cut at LF, each judged by its
 * checksum and read by the protocol's own parser, so that only what a
 * neighbour could have said comes back.
 *
 * A line that is longer than any that is written is damaged; its start is
 * kept to be shown, the rest is let go, so memory stays what it is. Bytes
 * behind the last LF are torn, unless they are all zero.
 */
#include "herd/journalread.h"

#include <assert.h>

#include "herd/crc32c.h"
#include "herd/memory.h"
#include "herd/name.h"
#include "local.h"

#define PIECE_BYTES ((size_t)256 << 10)

struct reader {
    struct herd_journal_sums *sums;
    void *owner;
    herd_journal_on_line on_line;
    char *memory;
    size_t start; /* of the line being cut */
    size_t end;
    uint64_t offset;   /* of `start` in the file */
    uint64_t let_go;   /* bytes of the line that are no longer in memory */
    bool let_go_zeros; /* they were zeros */
};

/* ---- one line ---- */

static bool read_checksum(const char *digits, uint32_t *ret_checksum)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < CHECKSUM_DIGITS; i++) {
        unsigned digit = (unsigned char)(digits[i] - '0');
        if (digit > 9) {
            digit = (unsigned char)(digits[i] - 'a');
            if (digit > 5) return false;
            digit += 10;
        }
        value = value << 4 | digit;
    }
    *ret_checksum = value;
    return true;
}

static struct herd_text take_word(struct herd_text *rest)
{
    const char *space = rest->length == 0 ? NULL : memchr(rest->bytes, ' ', rest->length);
    size_t length = space == NULL ? rest->length : (size_t)(space - rest->bytes);
    size_t used = space == NULL ? length : length + 1;
    struct herd_text word = {rest->bytes, length};
    *rest = (struct herd_text){rest->bytes + used, rest->length - used};
    return word;
}

/* What a newer format says behind its number is not for us. */
static bool read_header(struct herd_text rest, struct herd_journal_line *line)
{
    line->herd = line->server = HERD_TEXT("");
    if (herd_number_parse(take_word(&rest), UINT32_MAX, &line->format) != 0) return false;
    if (line->format != HERD_JOURNAL_FORMAT) return true;
    line->herd = take_word(&rest);
    line->server = rest;
    return herd_name_valid(line->herd) && herd_name_valid(line->server);
}

static bool skip(struct herd_text *rest, struct herd_text start)
{
    if (rest->length < start.length || memcmp(rest->bytes, start.bytes, start.length) != 0) return false;
    *rest = (struct herd_text){rest->bytes + start.length, rest->length - start.length};
    return true;
}

static enum herd_journal_kind judge(struct herd_text bytes, struct herd_journal_line *line)
{
    uint32_t checksum;
    if (bytes.length <= CHECKSUM_DIGITS || bytes.bytes[CHECKSUM_DIGITS] != ' ') return HERD_JOURNAL_DAMAGED;
    if (!read_checksum(bytes.bytes, &checksum)) return HERD_JOURNAL_DAMAGED;
    struct herd_text rest = {bytes.bytes + CHECKSUM_DIGITS + 1, bytes.length - CHECKSUM_DIGITS - 1};
    if (herd_crc32c(0, rest.bytes, rest.length) != checksum) return HERD_JOURNAL_DAMAGED;
    if (skip(&rest, HERD_TEXT("AT ")))
        return herd_peer_parse_location(rest, &line->at) == 0 ? HERD_JOURNAL_RECORD : HERD_JOURNAL_DAMAGED;
    if (skip(&rest, HERD_TEXT(HEADER_WORD " ")) && read_header(rest, line)) return HERD_JOURNAL_HEADER;
    return HERD_JOURNAL_DAMAGED;
}

static void count(struct herd_journal_sums *sums, enum herd_journal_kind kind)
{
    sums->headers += kind == HERD_JOURNAL_HEADER;
    sums->records += kind == HERD_JOURNAL_RECORD;
    sums->damaged += kind == HERD_JOURNAL_DAMAGED;
    sums->torn += kind == HERD_JOURNAL_TORN;
}

/* ---- lines of a file ---- */

/* Tells of the line at `start`, `length` bytes of it in memory, with or without LF, and goes behind it. */
static int tell(struct reader *reader, size_t length, bool whole)
{
    struct herd_journal_line line;
    line.bytes = (struct herd_text){reader->memory + reader->start, length};
    line.offset = reader->offset;
    line.length = length + reader->let_go + whole;
    if (length > HERD_JOURNAL_LINE_MAX) line.bytes.length = HERD_JOURNAL_LINE_MAX;
    if (!whole) {
        line.kind = HERD_JOURNAL_TORN;
    } else if (line.length > HERD_JOURNAL_LINE_MAX) {
        line.kind = HERD_JOURNAL_DAMAGED;
    } else {
        line.kind = judge(line.bytes, &line);
    }
    count(reader->sums, line.kind);
    reader->start += length + whole;
    reader->offset += line.length;
    reader->let_go = 0;
    return reader->on_line(reader->owner, &line);
}

static int tell_lines(struct reader *reader)
{
    for (;;) {
        const char *start = reader->memory + reader->start;
        const char *stop = memchr(start, '\n', reader->end - reader->start);
        if (stop == NULL) return 0;
        int ended = tell(reader, (size_t)(stop - start), true);
        if (ended != 0) return ended;
    }
}

static bool are_zeros(const char *bytes, size_t length)
{
    return length == 0 || (bytes[0] == '\0' && memcmp(bytes, bytes + 1, length - 1) == 0);
}

/* Moves the line that has begun to the front, without what makes it too long. */
static void make_room(struct reader *reader)
{
    size_t kept = reader->end - reader->start;
    if (kept > HERD_JOURNAL_LINE_MAX) {
        size_t dropped = kept - HERD_JOURNAL_LINE_MAX;
        kept = HERD_JOURNAL_LINE_MAX;
        bool zeros = are_zeros(reader->memory + reader->start + kept, dropped);
        reader->let_go_zeros = zeros && (reader->let_go == 0 || reader->let_go_zeros);
        reader->let_go += dropped;
    }
    if (kept > 0) memmove(reader->memory, reader->memory + reader->start, kept);
    reader->start = 0;
    reader->end = kept;
}

static int tell_tail(struct reader *reader)
{
    size_t length = reader->end - reader->start;
    bool zeros = are_zeros(reader->memory + reader->start, length) && (reader->let_go == 0 || reader->let_go_zeros);
    return zeros ? 0 : tell(reader, length, false);
}

int herd_journal_read(void *source, herd_journal_pull pull, struct herd_journal_sums *sums, void *owner,
                      herd_journal_on_line on_line)
{
    struct reader reader = {.sums = sums, .owner = owner, .on_line = on_line};
    int64_t got;
    int ended;
    reader.memory = herd_memory_allocate(PIECE_BYTES);
    do {
        make_room(&reader);
        got = pull(source, reader.memory + reader.end, PIECE_BYTES - reader.end);
        if (got > 0) {
            assert((uint64_t)got <= PIECE_BYTES - reader.end);
            reader.end += (size_t)got;
            sums->bytes += (uint64_t)got;
        }
        ended = got < 0 ? (int)got : got > 0 ? tell_lines(&reader) : tell_tail(&reader);
    } while (got > 0 && ended == 0);
    herd_memory_free(reader.memory);
    return ended;
}

uint64_t herd_journal_segment_number(const char *name)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < SEGMENT_DIGITS; i++) {
        if (!herd_is_digit(name[i])) return 0;
        number = 10 * number + (uint64_t)(name[i] - '0');
    }
    return strcmp(name + SEGMENT_DIGITS, SEGMENT_SUFFIX) == 0 ? number : 0;
}
