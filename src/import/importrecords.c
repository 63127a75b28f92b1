/* SPDX-License-Identifier: MIT */
/*
 * Cutting an input into records. A record ends at LF; one that lies whole in
 * what was just read is a view of it. In CSV an LF within quotes belongs to its
 * field, so that the second half of a text is never taken for a place.
 *
 * Too long a record is passed over to its end, not a byte more of it is held.
 * Its quotes count all the same.
 */
#include "herd/importrecords.h"

#include "herd/placesindex.h"
#include "local.h"

/* Where a byte of CSV is. A quote means something at the start of a field only, and where one is open. */
enum { AT_START, IN_PLAIN, IN_QUOTES, AFTER_QUOTE };

void herd_records_init(struct herd_records *records, size_t bytes_max, bool quotes)
{
    *records = (struct herd_records){.bytes_max = bytes_max, .quotes = quotes, .state = AT_START};
}

void herd_records_finish(struct herd_records *records)
{
    herd_buffer_finish(&records->held);
}

static int step(int state, char byte)
{
    switch (state) {
    case IN_QUOTES:
        return byte == '"' ? AFTER_QUOTE : IN_QUOTES;
    case AT_START:
        if (byte == '"') return IN_QUOTES;
        break;
    case AFTER_QUOTE: /* it was half of a quote in the text, or the closing one */
        if (byte == '"') return IN_QUOTES;
        break;
    default:
        break;
    }
    return byte == ',' ? AT_START : IN_PLAIN;
}

/* Bytes of one line; most lines have no quote at all. */
static void scan_quotes(struct herd_records *records, struct herd_text text)
{
    bool outside = records->state == AT_START || records->state == IN_PLAIN;
    if (!records->quotes || text.length == 0) return;
    if (outside && memchr(text.bytes, '"', text.length) == NULL) {
        records->state = text.bytes[text.length - 1] == ',' ? AT_START : IN_PLAIN;
        return;
    }
    for (size_t i = 0; i < text.length; i++)
        records->state = step(records->state, text.bytes[i]);
}

/* Where the record ends in the text: at an LF, or at the text's end and there is more of it. */
static size_t find_end(struct herd_records *records, struct herd_text text, bool *ret_whole)
{
    size_t at = 0;
    *ret_whole = false;
    while (at < text.length) {
        const char *feed = memchr(text.bytes + at, '\n', text.length - at);
        size_t end = feed == NULL ? text.length : (size_t)(feed - text.bytes);
        scan_quotes(records, (struct herd_text){text.bytes + at, end - at});
        at = end;
        if (feed == NULL) break;
        records->lines++;
        *ret_whole = records->state != IN_QUOTES;
        if (*ret_whole) break;
        at++;
    }
    return at;
}

static void hold(struct herd_records *records, struct herd_text text)
{
    if (text.length > records->bytes_max - herd_buffer_length(&records->held)) records->too_long = true;
    if (records->too_long) herd_buffer_clear(&records->held);
    if (!records->too_long) herd_buffer_append(&records->held, text);
}

static void begin(struct herd_records *records)
{
    records->state = AT_START;
    records->too_long = false;
    records->taken = true;
    records->lines = 0;
}

bool herd_records_next(struct herd_records *records, struct herd_text *input, struct herd_record *ret_record)
{
    bool whole;
    if (records->taken) herd_buffer_clear(&records->held);
    records->taken = false;
    size_t length = find_end(records, *input, &whole);
    struct herd_text text = {input->bytes, length};
    bool view = whole && herd_buffer_length(&records->held) == 0 && !records->too_long && length <= records->bytes_max;
    if (!view) hold(records, text);
    input->bytes += length + whole;
    input->length -= length + whole;
    if (!whole) return false;
    *ret_record =
        (struct herd_record){view ? text : herd_buffer_text(&records->held), records->lines, records->too_long};
    begin(records);
    return true;
}

bool herd_records_end(struct herd_records *records, struct herd_record *ret_record)
{
    struct herd_text text = herd_buffer_text(&records->held);
    if (records->taken || (text.length == 0 && !records->too_long)) return false;
    bool feed = text.length > 0 && text.bytes[text.length - 1] == '\n';
    *ret_record = (struct herd_record){text, records->lines + !feed, records->too_long};
    begin(records);
    return true;
}

static bool starts(struct herd_text text, size_t at, struct herd_text magic)
{
    return text.length >= at + magic.length && memcmp(text.bytes + at, magic.bytes, magic.length) == 0;
}

/* Where a JSON string that is that word first is; the text's length where there is none. */
static size_t find(struct herd_text text, struct herd_text word)
{
    for (size_t at = 0; at + word.length <= text.length; at++)
        if (text.bytes[at] == word.bytes[0] && memcmp(text.bytes + at, word.bytes, word.length) == 0) return at;
    return text.length;
}

const char *herd_records_sniff(struct herd_text start, enum herd_places_format format)
{
    static const struct {
        size_t at;
        struct herd_text magic;
        const char *problem;
    } known[] = {
        {0, HERD_TEXT_INIT("\x1f\x8b"), "it is compressed by gzip; unpack it first, such as with `gunzip`"},
        {0, HERD_TEXT_INIT("PK\3\4"), "it is a zip archive; unpack it first, such as with `unzip`"},
        {4, HERD_TEXT_INIT("1AY&SY"), "it is compressed by bzip2; unpack it first, such as with `bunzip2`"},
        {0,
         HERD_TEXT_INIT("\xfd"
                        "7zXZ"),
         "it is compressed by xz; unpack it first, such as with `unxz`"},
        {0, HERD_TEXT_INIT("\x28\xb5\x2f\xfd"), "it is compressed by zstd; unpack it first, such as with `unzstd`"},
        {4, HERD_TEXT_INIT("\x0a\x09OSMHeader"),
         "it is OpenStreetMap's PBF; make features of it first, such as with `osmium export -f geojsonseq`"},
        {0, HERD_TEXT_INIT(HERD_INDEX_MAGIC), "it is an index of places already"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (starts(start, known[i].at, known[i].magic)) return known[i].problem;
    if (format != HERD_PLACES_GEOJSONSEQ) return NULL;
    size_t collection = find(start, HERD_TEXT("\"FeatureCollection\""));
    return collection < find(start, HERD_TEXT("\"Feature\"")) ? draft_collection : NULL;
}
