/* SPDX-License-Identifier: MIT */
/*
 * Where the texts of records are: one slab per size, eight bytes apart, so
 * that a text wastes less than eight bytes and moves only when its size does.
 */
#include "local.h"

#include <assert.h>

#define TEXT_UNIT 8
#define TEXT_CHUNK_BYTES 65536

static size_t length_of(const struct herd_record *record)
{
    return (size_t)record->client_length + record->position_length + record->time_length;
}

static size_t class_of(size_t length)
{
    return (length + TEXT_UNIT - 1) / TEXT_UNIT;
}

static uint32_t chunk_shift(size_t item_size)
{
    uint32_t shift = 0;

    while ((item_size << (shift + 1)) <= TEXT_CHUNK_BYTES)
        shift++;
    return shift;
}

static uint32_t take(struct herd_store *store, size_t class)
{
    struct herd_slab *slab = &store->texts[class];

    assert(class < HERD_TEXT_CLASSES);
    if (slab->item_size == 0) herd_slab_init(slab, class * TEXT_UNIT, chunk_shift(class * TEXT_UNIT));
    return herd_slab_take(slab);
}

const char *record_text(const struct herd_store *store, const struct herd_record *record)
{
    return herd_slab_item(&store->texts[class_of(length_of(record))], record->text);
}

static void copy_texts(char *out, const struct herd_report *report)
{
    memcpy(out, report->client.bytes, report->client.length);
    out += report->client.length;
    memcpy(out, report->position.bytes, report->position.length);
    out += report->position.length;
    memcpy(out, report->time.bytes, report->time.length);
}

void record_text_set(struct herd_store *store, struct herd_record *record, const struct herd_report *report)
{
    size_t class = class_of(report->client.length + report->position.length + report->time.length);
    size_t old_class = class_of(length_of(record));

    if (class != old_class || record->text == 0) {
        if (record->text != 0) herd_slab_give(&store->texts[old_class], record->text);
        record->text = take(store, class);
    }
    record->client_length = (uint16_t)report->client.length;
    record->position_length = (uint8_t)report->position.length;
    record->time_length = (uint8_t)report->time.length;
    copy_texts(herd_slab_item(&store->texts[class], record->text), report);
}

void record_text_drop(struct herd_store *store, struct herd_record *record)
{
    if (record->text != 0) herd_slab_give(&store->texts[class_of(length_of(record))], record->text);
    record->text = 0;
    record->client_length = 0;
    record->position_length = record->time_length = 0;
}
