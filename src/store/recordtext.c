/* SPDX-License-Identifier: MIT */
/*
 * Where the texts of records are: one slab per size, eight bytes apart, so
 * that a text wastes less than eight bytes and moves only when its size does.
 */
#include "local.h"

#include <assert.h>

#define TEXT_CHUNK_BYTES 65536

_Static_assert(HERD_TEXT_CLASSES <= UINT8_MAX + 1, "a record has a byte for its class");

static uint32_t chunk_shift(size_t item_size)
{
    uint32_t shift = 0;

    while ((item_size << (shift + 1)) <= TEXT_CHUNK_BYTES)
        shift++;
    return shift;
}

static uint32_t take(struct herd_store *store, unsigned text_class)
{
    struct herd_slab *slab = &store->texts[text_class];
    size_t size = (size_t)text_class * RECORD_TEXT_UNIT;

    assert(text_class < HERD_TEXT_CLASSES);
    if (slab->item_size == 0) herd_slab_init(slab, size, chunk_shift(size));
    return herd_slab_take(slab);
}

char *record_text_move(struct herd_store *store, struct herd_record *record, unsigned text_class)
{
    assert(text_class > 0 && text_class != record->text_class);
    if (record->text_class != 0) herd_slab_give(&store->texts[record->text_class], record->text);
    record->text = take(store, text_class);
    record->text_class = (uint8_t)text_class;
    return record_text(store, record);
}

__attribute__((noinline)) void record_text_set_foreign(struct herd_store *store, struct herd_record *record, char *text,
                                                       const struct herd_version *version)
{
    struct herd_text name = version->foreign;

    assert(name.length >= 1 && name.length <= HERD_NAME_LENGTH_MAX);
    memcpy(record_text_set(store, record, text, &version->report, name.length), name.bytes, name.length);
}

void record_text_drop(struct herd_store *store, struct herd_record *record)
{
    assert((record->text_class != 0) == (record->client_length != 0));
    if (record->text_class != 0) herd_slab_give(&store->texts[record->text_class], record->text);
    record->text = 0;
    record->text_class = 0;
    record->client_length = 0;
    record->position_length = record->time_length = record->foreign_length = 0;
}
