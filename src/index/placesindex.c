/* SPDX-License-Identifier: MIT */
/*
 * Opening an index. The happy path: the header says what it is, its checksum
 * and those of all sections are right, every record lies within its section.
 * Then nothing that a search reads can be outside.
 *
 * What else may lie there, in the order in which it is told apart: nothing; some
 * other file (no magic); an index from a machine of the other byte order, from
 * an older or a newer herd; one that was cut short, or grew; one whose bytes
 * changed (checksums); one that was made wrong (offsets). Each has its sentence.
 */
#include <assert.h>
#include <errno.h>

#include "herd/crc32c.h"
#include "local.h"

#define SWAPPED_BYTE_ORDER UINT32_C(0x04030201)
#define COORDINATE_E7_MAX INT32_C(1800000000)

uint32_t index_levels(uint32_t place_count, uint32_t ret_start[INDEX_LEVELS_MAX + 1])
{
    uint32_t levels = 0;
    uint32_t width = place_count;
    memset(ret_start, 0, (INDEX_LEVELS_MAX + 1) * sizeof(*ret_start));
    while (width > 1 || (levels == 0 && width == 1)) {
        assert(levels < INDEX_LEVELS_MAX);
        width = (width + INDEX_FANOUT - 1) / INDEX_FANOUT;
        ret_start[levels + 1] = ret_start[levels] + width;
        levels++;
    }
    return levels;
}

static const char *check_kind(const struct index_header *header, size_t length)
{
    size_t shown = length < INDEX_MAGIC_LENGTH ? length : INDEX_MAGIC_LENGTH;
    if (length == 0) return "it is empty";
    if (memcmp(header->magic, HERD_INDEX_MAGIC, shown) != 0) return "it is not an index of places";
    if (length < offsetof(struct index_header, header_bytes)) return "it is cut short";
    if (header->byte_order == SWAPPED_BYTE_ORDER)
        return "it was made on a machine of another byte order; import the places on this one";
    if (header->byte_order != INDEX_BYTE_ORDER) return "its header is damaged";
    if (header->version < INDEX_VERSION) return "it was made by an older version of herd; import the places again";
    if (header->version > INDEX_VERSION) return "it was made by a newer version of herd than this one";
    if (length < sizeof(*header)) return "it is cut short";
    return NULL;
}

static const char *check_header(const struct index_header *header, size_t length)
{
    struct index_header copy = *header;
    copy.checksum = 0;
    if (herd_crc32c(0, &copy, sizeof(copy)) != header->checksum) return "its header is damaged";
    if (length < header->file_bytes) return "it is cut short";
    if (length > header->file_bytes) return "bytes follow its end";
    if (header->header_bytes != sizeof(*header) || header->fanout != INDEX_FANOUT ||
        header->section_count != INDEX_SECTIONS || header->place_count > INDEX_PLACES_MAX ||
        header->type_count > UINT16_MAX)
        return "its header is wrong";
    return NULL;
}

const char *herd_places_index_check_head(const void *head, size_t length)
{
    const struct index_header *header = head;
    const char *problem = check_kind(header, length);
    return problem == NULL ? check_header(header, length) : problem;
}

/* Sections follow each other without gaps, so that every byte is under some checksum. */
static const char *check_sections(const struct index_header *header)
{
    const char *file = (const char *)header;
    uint64_t offset = sizeof(*header);
    for (unsigned i = 0; i < INDEX_SECTIONS; i++) {
        const struct index_entry *entry = &header->sections[i];
        if (entry->offset != offset || entry->length % 8 != 0 || entry->length > header->file_bytes - offset)
            return "its table of sections is wrong";
        offset += entry->length;
    }
    if (offset != header->file_bytes) return "its table of sections is wrong";
    for (unsigned i = 0; i < INDEX_SECTIONS; i++) {
        const struct index_entry *entry = &header->sections[i];
        if (herd_crc32c(0, file + entry->offset, entry->length) != entry->checksum)
            return "it is damaged: a checksum is wrong";
    }
    return NULL;
}

static struct herd_places_section section_of(const struct index_header *header, enum index_section section)
{
    const struct index_entry *entry = &header->sections[section];
    return (struct herd_places_section){(const char *)header + entry->offset, entry->length};
}

static const char *read_about(const struct index_header *header, struct herd_places_index *index)
{
    struct herd_places_section about = section_of(header, INDEX_ABOUT);
    uint32_t lengths[2];
    if (about.length < sizeof(lengths)) return "its source is missing";
    memcpy(lengths, about.bytes, sizeof(lengths));
    if ((uint64_t)lengths[0] + lengths[1] > about.length - sizeof(lengths)) return "its source is wrong";
    const char *bytes = (const char *)about.bytes + sizeof(lengths);
    index->source = (struct herd_text){bytes, lengths[0]};
    index->attribution = (struct herd_text){bytes + lengths[0], lengths[1]};
    return NULL;
}

static const char *check_types(const struct herd_places_index *index)
{
    const uint32_t *ends = index->types.bytes;
    size_t table = (size_t)index->type_count * sizeof(*ends);
    if (index->types.length < table) return "its types are missing";
    uint32_t start = 0;
    for (uint32_t i = 0; i < index->type_count; i++) {
        if (ends[i] < start || ends[i] > index->types.length - table) return "its types are wrong";
        start = ends[i];
    }
    return NULL;
}

static bool record_fits(struct herd_places_section records, uint32_t type_count, uint32_t offset)
{
    struct index_record record;
    if (records.length < sizeof(record) || offset > records.length - sizeof(record)) return false;
    memcpy(&record, (const char *)records.bytes + offset, sizeof(record));
    size_t texts = (size_t)record.id_length + record.name_length + record.vicinity_length;
    return record.type < type_count && texts <= records.length - sizeof(record) - offset;
}

const char *index_check_point(const struct herd_index_point *point, struct herd_places_section records,
                              uint32_t type_count)
{
    if (point->latitude_e7 < -COORDINATE_E7_MAX / 2 || point->latitude_e7 > COORDINATE_E7_MAX / 2 ||
        point->longitude_e7 < -COORDINATE_E7_MAX || point->longitude_e7 > COORDINATE_E7_MAX)
        return "a place lies outside the world";
    return record_fits(records, type_count, point->record) ? NULL : "a place's record is wrong";
}

static const char *check_points(const struct herd_places_index *index)
{
    const char *problem = NULL;
    for (uint32_t i = 0; i < index->place_count && problem == NULL; i++)
        problem = index_check_point(index_point_at(index, i), index->records, index->type_count);
    return problem;
}

static const char *read_sections(const struct index_header *header, struct herd_places_index *index)
{
    *index = (struct herd_places_index){
        .place_count = header->place_count,
        .type_count = header->type_count,
        .groups = section_of(header, INDEX_GROUPS),
        .leaves = section_of(header, INDEX_LEAVES),
        .records = section_of(header, INDEX_RECORDS),
        .types = section_of(header, INDEX_TYPES),
    };
    index->level_count = index_levels(index->place_count, index->level_start);
    uint64_t leaf_count = index->level_start[1];
    uint64_t group_count = index->place_count == 0 ? 0 : index->level_start[index->level_count] - leaf_count;
    if (index->groups.length != group_count * sizeof(struct index_group) ||
        index->leaves.length != leaf_count * sizeof(struct index_leaf))
        return "its sections do not fit its number of places";
    const char *problem = read_about(header, index);
    if (problem == NULL) problem = check_types(index);
    if (problem == NULL) problem = check_points(index);
    return problem;
}

int herd_places_index_open(const void *memory, size_t length, struct herd_places_index *ret_index,
                           const char **ret_problem)
{
    assert((uintptr_t)memory % 8 == 0);
    const struct index_header *header = memory;
    struct herd_places_index index;
    const char *problem = herd_places_index_check_head(header, length);
    if (problem == NULL) problem = check_sections(header);
    if (problem == NULL) problem = read_sections(header, &index);
    if (problem != NULL) {
        *ret_problem = problem;
        return -EINVAL;
    }
    *ret_index = index;
    return 0;
}

static struct herd_text type_text(const struct herd_places_index *index, uint16_t type)
{
    const uint32_t *ends = index->types.bytes;
    const char *bytes = (const char *)(ends + index->type_count);
    uint32_t start = type == 0 ? 0 : ends[type - 1];
    return (struct herd_text){bytes + start, ends[type] - start};
}

void herd_places_index_place(const struct herd_places_index *index, uint32_t number,
                             struct herd_places_place *ret_place)
{
    assert(number < index->place_count);
    const struct herd_index_point *point = index_point_at(index, number);
    struct index_record record;
    const char *bytes = (const char *)index->records.bytes + point->record;
    memcpy(&record, bytes, sizeof(record));
    const char *id = bytes + sizeof(record);
    const char *name = id + record.id_length;
    *ret_place = (struct herd_places_place){
        .latitude_e7 = point->latitude_e7,
        .longitude_e7 = point->longitude_e7,
        .population = point->population,
        .id = {id, record.id_length},
        .name = {name, record.name_length},
        .vicinity = {name + record.name_length, record.vicinity_length},
        .types = type_text(index, record.type),
    };
}

int place_id_compare(struct herd_text a, struct herd_text b)
{
    if (a.length != b.length) return a.length < b.length ? -1 : 1;
    return a.length == 0 ? 0 : memcmp(a.bytes, b.bytes, a.length);
}
