/* SPDX-License-Identifier: MIT */
/*
 * Places for an index are kept in memory as they come. Each is checked as
 * whoever opens the index will check it.
 *
 * A place without an id gets its number in the import. That may be another
 * place's id, before it or after it, which two sets of numbers tell; when all
 * are there, such places get numbers that are free, above that of the last.
 */
#include <assert.h>

#include "herd/decimal.h"
#include "herd/memory.h"
#include "local.h"

#define TYPE_SLOTS (2u * (UINT16_MAX + 1u)) /* a power of two */
#define WORD_BITS 64

/* Above the number of the last place there are free ones: no more are taken than there are places. */
#define GIVEN_MAX (2 * HERD_BUILDER_PLACES_MAX + 1)
#define MADE_MAX (HERD_BUILDER_PLACES_MAX + 1)

_Static_assert(HERD_BUILDER_ID_MAX <= UINT8_MAX && HERD_BUILDER_VICINITY_MAX <= UINT8_MAX, "lengths of a record");
_Static_assert(HERD_BUILDER_NAME_MAX <= UINT16_MAX, "lengths of a record");

static struct herd_builder_set set_of(uint32_t size)
{
    return (struct herd_builder_set){herd_memory_allocate_zeroed(size / WORD_BITS + 1, sizeof(uint64_t)), size};
}

static bool set_has(struct herd_builder_set set, uint32_t number)
{
    assert(number < set.size);
    return (set.words[number / WORD_BITS] >> (number % WORD_BITS) & 1) != 0;
}

static void set_add(struct herd_builder_set set, uint32_t number)
{
    assert(number < set.size);
    set.words[number / WORD_BITS] |= UINT64_C(1) << (number % WORD_BITS);
}

void herd_builder_init(struct herd_builder *builder)
{
    *builder = (struct herd_builder){0};
    builder->type_slots = herd_memory_allocate_zeroed(TYPE_SLOTS, sizeof(*builder->type_slots));
    builder->given = set_of(GIVEN_MAX);
    builder->made = set_of(MADE_MAX);
}

void herd_builder_finish(struct herd_builder *builder)
{
    herd_memory_free(builder->points);
    herd_memory_free(builder->type_slots);
    herd_memory_free(builder->given.words);
    herd_memory_free(builder->made.words);
    herd_buffer_finish(&builder->records);
    herd_buffer_finish(&builder->types);
    herd_buffer_finish(&builder->type_ends);
    *builder = (struct herd_builder){.point_count = 0};
}

static uint32_t type_end(const struct herd_builder *builder, uint32_t type)
{
    uint32_t end;
    memcpy(&end, herd_buffer_text(&builder->type_ends).bytes + (size_t)type * sizeof(end), sizeof(end));
    return end;
}

static struct herd_text type_at(const struct herd_builder *builder, uint32_t type)
{
    uint32_t start = type == 0 ? 0 : type_end(builder, type - 1);
    return (struct herd_text){herd_buffer_text(&builder->types).bytes + start, type_end(builder, type) - start};
}

/* The number of a list of types, new or known; -1 where there are too many. */
static int32_t number_types(struct herd_builder *builder, struct herd_text types)
{
    static const struct herd_siphash_key no_key = {0, 0};
    uint32_t slot = (uint32_t)herd_siphash(&no_key, types) & (TYPE_SLOTS - 1);
    for (; builder->type_slots[slot] != 0; slot = (slot + 1) & (TYPE_SLOTS - 1)) {
        uint32_t type = builder->type_slots[slot] - 1;
        if (herd_text_equal(type_at(builder, type), types)) return (int32_t)type;
    }
    if (builder->type_count == UINT16_MAX) return -1;
    herd_buffer_append(&builder->types, types);
    uint32_t end = (uint32_t)herd_buffer_length(&builder->types);
    herd_buffer_append(&builder->type_ends, (struct herd_text){(const char *)&end, sizeof(end)});
    builder->type_slots[slot] = ++builder->type_count;
    return (int32_t)(builder->type_count - 1);
}

static struct herd_index_point *new_point(struct herd_builder *builder)
{
    if (builder->point_count == builder->point_capacity) {
        builder->point_capacity = builder->point_capacity == 0 ? 4096 : builder->point_capacity * 2;
        builder->points =
            herd_memory_resize(builder->points, (size_t)builder->point_capacity * sizeof(*builder->points));
    }
    return &builder->points[builder->point_count++];
}

static struct herd_text write_number(uint32_t number, char ret_digits[16])
{
    return (struct herd_text){ret_digits, (size_t)snprintf(ret_digits, 16, "%u", number)};
}

static void add_record(struct herd_builder *builder, const struct herd_places_place *place, struct herd_text id,
                       uint16_t type)
{
    assert(id.length <= HERD_BUILDER_ID_MAX && place->name.length <= HERD_BUILDER_NAME_MAX);
    assert(place->vicinity.length <= HERD_BUILDER_VICINITY_MAX);
    struct index_record head = {
        .id_length = (uint8_t)id.length,
        .vicinity_length = (uint8_t)place->vicinity.length,
        .name_length = (uint16_t)place->name.length,
        .type = type,
    };
    herd_buffer_append(&builder->records, (struct herd_text){(const char *)&head, sizeof(head)});
    herd_buffer_append(&builder->records, id);
    herd_buffer_append(&builder->records, place->name);
    herd_buffer_append(&builder->records, place->vicinity);
}

/* Notes an id that the place of that number was given, or the number that it gets for one. */
static void note_id(struct herd_builder *builder, struct herd_text id, uint32_t number)
{
    uint64_t given;
    if (id.length == 0) {
        set_add(builder->made, number);
        builder->clash_count += set_has(builder->given, number);
        return;
    }
    if (id.bytes[0] == '0' || herd_number_parse(id, GIVEN_MAX - 1, &given) != 0) return;
    if (set_has(builder->given, (uint32_t)given)) return;
    set_add(builder->given, (uint32_t)given);
    builder->clash_count += given < MADE_MAX && set_has(builder->made, (uint32_t)given);
}

const char *herd_builder_add(struct herd_builder *builder, const struct herd_places_place *place)
{
    if (builder->point_count == HERD_BUILDER_PLACES_MAX) return "more than 8,000,000 places";
    if (herd_buffer_length(&builder->records) > HERD_BUILDER_TEXT_MAX) return "more than 1 GiB of text";
    int32_t type = number_types(builder, place->types);
    if (type < 0) return "more than 65,535 lists of types";
    struct herd_index_point *point = new_point(builder);
    *point = (struct herd_index_point){
        .latitude_e7 = place->latitude_e7,
        .longitude_e7 = place->longitude_e7,
        .population = place->population,
        .record = (uint32_t)herd_buffer_length(&builder->records),
    };
    char digits[16];
    struct herd_text id = place->id;
    if (id.length == 0) id = write_number(builder->point_count, digits);
    add_record(builder, place, id, (uint16_t)type);
    struct herd_text records = herd_buffer_text(&builder->records);
    const char *problem =
        index_check_point(point, (struct herd_places_section){records.bytes, records.length}, builder->type_count);
    if (problem == NULL) {
        note_id(builder, place->id, builder->point_count);
    } else {
        herd_buffer_truncate(&builder->records, point->record);
        builder->point_count--;
    }
    return problem;
}

static const char *record_at(const struct herd_builder *builder, uint32_t offset)
{
    return builder->records.memory + builder->records.start + offset;
}

size_t builder_record_length(const struct herd_builder *builder, uint32_t offset)
{
    struct index_record head;
    memcpy(&head, record_at(builder, offset), sizeof(head));
    return sizeof(head) + head.id_length + head.name_length + head.vicinity_length;
}

struct herd_text builder_id(const struct herd_builder *builder, uint32_t offset)
{
    struct index_record head;
    const char *record = record_at(builder, offset);
    memcpy(&head, record, sizeof(head));
    return (struct herd_text){record + sizeof(head), head.id_length};
}

/* The place gets a record anew, with that number as its id; what it had is left behind. */
static void change_id(struct herd_builder *builder, struct herd_index_point *point, uint32_t number)
{
    char digits[16];
    struct index_record head;
    struct herd_text id = write_number(number, digits);
    size_t length = builder_record_length(builder, point->record);
    herd_buffer_reserve(&builder->records, length + sizeof(digits)); /* so that nothing moves below */
    const char *old = record_at(builder, point->record);
    memcpy(&head, old, sizeof(head));
    struct herd_text rest = {old + sizeof(head) + head.id_length, length - sizeof(head) - head.id_length};
    head.id_length = (uint8_t)id.length;
    point->record = (uint32_t)herd_buffer_length(&builder->records);
    herd_buffer_append(&builder->records, (struct herd_text){(const char *)&head, sizeof(head)});
    herd_buffer_append(&builder->records, id);
    herd_buffer_append(&builder->records, rest);
}

void herd_builder_settle(struct herd_builder *builder)
{
    uint32_t free = builder->point_count + 1;
    for (uint32_t i = 0; i < builder->point_count && builder->clash_count > 0; i++) {
        if (!set_has(builder->made, i + 1) || !set_has(builder->given, i + 1)) continue;
        while (set_has(builder->given, free))
            free++;
        change_id(builder, &builder->points[i], free++);
        builder->clash_count--;
    }
}
