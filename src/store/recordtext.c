/* SPDX-License-Identifier: MIT */
/*
 * Where the texts of records are: one slab per size, eight bytes apart, so
 * that a text wastes less than eight bytes and moves only when its size does.
 */
#include "local.h"

#include <assert.h>

#define TEXT_CHUNK_BYTES 65536

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
    if (slab->item_size == 0) herd_slab_init(slab, class * RECORD_TEXT_UNIT, chunk_shift(class * RECORD_TEXT_UNIT));
    return herd_slab_take(slab);
}

void record_text_set(struct herd_store *store, struct herd_record *record, const struct herd_report *report)
{
    size_t class = record_class(herd_report_length(report));
    size_t old_class = record_class(record_length(record));

    if (class != old_class || record->text == 0) {
        if (record->text != 0) herd_slab_give(&store->texts[old_class], record->text);
        record->text = take(store, class);
    }
    record->client_length = (uint16_t)report->client.length;
    record->position_length = (uint8_t)report->position.length;
    record->time_length = (uint8_t)report->time.length;
    herd_report_write(report, herd_slab_item(&store->texts[class], record->text));
}

void record_text_drop(struct herd_store *store, struct herd_record *record)
{
    if (record->text != 0) herd_slab_give(&store->texts[record_class(record_length(record))], record->text);
    record->text = 0;
    record->client_length = 0;
    record->position_length = record->time_length = 0;
}
