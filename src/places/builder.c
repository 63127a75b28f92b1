/* SPDX-License-Identifier: MIT */
/*
 * Making an index: places are kept in memory as they come, their keys on the
 * curve are sorted, and the sections are written from start to end in that
 * order. The header, which needs their checksums, is written last, over the
 * zeros that kept its place: a file that was not finished has no magic.
 */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "herd/crc32c.h"
#include "herd/memory.h"
#include "herd/placesimport.h"
#include "local.h"

#define TYPE_SLOTS (2u * (UINT16_MAX + 1u)) /* a power of two */
#define KEY_BITS 21
#define CHUNK_BYTES (1u << 20)

struct key {
    uint64_t key;
    uint32_t number;
};

/* The box of all that is below a node. */
struct node {
    float low[3];
    float high[3];
    float prominence;
};

/* What is made of the places when all are there. */
struct tree {
    struct key *keys; /* sorted */
    uint32_t levels;
    uint32_t start[HERD_INDEX_LEVELS_MAX + 1];
    uint32_t leaf_count;
    uint32_t group_count;
    struct node *nodes; /* of all levels, leaves first */
    struct herd_index_leaf *leaves;
    struct herd_index_group *groups;
};

/* The section being written. */
struct writer {
    FILE *file;
    struct herd_buffer chunk;
    struct herd_index_header header;
    uint64_t offset;
    unsigned section;
    int error;
};

void herd_builder_init(struct herd_builder *builder)
{
    *builder = (struct herd_builder){0};
    builder->type_slots = herd_memory_allocate_zeroed(TYPE_SLOTS, sizeof(*builder->type_slots));
}

void herd_builder_finish(struct herd_builder *builder)
{
    herd_memory_free(builder->points);
    herd_memory_free(builder->type_slots);
    herd_buffer_finish(&builder->records);
    herd_buffer_finish(&builder->types);
    herd_buffer_finish(&builder->type_ends);
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

static float prominence_of(uint32_t population)
{
    return population == 0 ? 0 : nextafterf((float)log1p((double)population), INFINITY);
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

static void add_record(struct herd_builder *builder, const struct herd_draft *draft, uint16_t type)
{
    size_t head_at = herd_buffer_length(&builder->records);
    struct herd_index_record head = {
        .vicinity_length = (uint8_t)herd_buffer_length(&draft->vicinity),
        .name_length = (uint16_t)herd_buffer_length(&draft->name),
        .type = type,
    };
    herd_buffer_append(&builder->records, (struct herd_text){(const char *)&head, sizeof(head)});
    if (herd_buffer_length(&draft->id) > 0)
        herd_buffer_append(&builder->records, herd_buffer_text(&draft->id));
    else
        herd_buffer_append_number(&builder->records, builder->point_count);
    head.id_length = (uint8_t)(herd_buffer_length(&builder->records) - head_at - sizeof(head));
    memcpy(builder->records.memory + builder->records.start + head_at, &head, sizeof(head));
    if (head.name_length > 0) herd_buffer_append(&builder->records, herd_buffer_text(&draft->name));
    if (head.vicinity_length > 0) herd_buffer_append(&builder->records, herd_buffer_text(&draft->vicinity));
}

const char *herd_builder_add(struct herd_builder *builder, const struct herd_draft *draft)
{
    if (builder->point_count == HERD_PLACES_IMPORT_MAX) return "more than 8,000,000 places";
    if (herd_buffer_length(&builder->records) > HERD_PLACES_IMPORT_TEXT_MAX) return "more than 1 GiB of text";
    int32_t type = number_types(builder, herd_buffer_text(&draft->types));
    if (type < 0) return "more than 65,535 lists of types";
    struct herd_index_point *point = new_point(builder);
    *point = (struct herd_index_point){
        .latitude_e7 = draft->latitude_e7,
        .longitude_e7 = draft->longitude_e7,
        .population = draft->population,
        .record = (uint32_t)herd_buffer_length(&builder->records),
    };
    add_record(builder, draft, (uint16_t)type);
    return NULL;
}

static int compare_keys(const void *a, const void *b)
{
    const struct key *first = a;
    const struct key *second = b;
    if (first->key != second->key) return first->key < second->key ? -1 : 1;
    return first->number < second->number ? -1 : 1;
}

/* Where a point is on the unit sphere, in floats. */
static void locate(const struct herd_index_point *point, float ret_at[3])
{
    double vector[3];
    herd_sphere_vector((int64_t)point->latitude_e7 * 100, (int64_t)point->longitude_e7 * 100, vector);
    for (unsigned i = 0; i < 3; i++)
        ret_at[i] = (float)vector[i];
}

static uint64_t key_of(const struct herd_index_point *point)
{
    float at[3];
    uint32_t cell[3];
    locate(point, at);
    for (unsigned i = 0; i < 3; i++) {
        double scaled = ((double)at[i] + 1) / 2 * ((1 << KEY_BITS) - 1);
        cell[i] = scaled > 0 ? (uint32_t)scaled : 0;
    }
    return herd_hilbert_key(cell, KEY_BITS);
}

static struct key *sort_keys(const struct herd_builder *builder)
{
    struct key *keys = herd_memory_allocate_zeroed((size_t)builder->point_count + 1, sizeof(*keys));
    for (uint32_t i = 0; i < builder->point_count; i++)
        keys[i] = (struct key){key_of(&builder->points[i]), i};
    qsort(keys, builder->point_count, sizeof(*keys), compare_keys);
    return keys;
}

static void node_cover(struct node *node, const float low[3], const float high[3], float prominence)
{
    for (unsigned i = 0; i < 3; i++) {
        if (low[i] < node->low[i]) node->low[i] = low[i];
        if (high[i] > node->high[i]) node->high[i] = high[i];
    }
    if (prominence > node->prominence) node->prominence = prominence;
}

/* The nearest floats below and above hold between them what a point's floats were rounded from. */
static void node_cover_point(struct node *node, const float at[3], float prominence)
{
    float low[3];
    float high[3];
    for (unsigned i = 0; i < 3; i++) {
        low[i] = nextafterf(at[i], -2);
        high[i] = nextafterf(at[i], 2);
    }
    node_cover(node, low, high, prominence);
}

static const char *record_at(const struct herd_builder *builder, uint32_t offset)
{
    return builder->records.memory + builder->records.start + offset;
}

static size_t record_length(const struct herd_builder *builder, uint32_t offset)
{
    struct herd_index_record head;
    memcpy(&head, record_at(builder, offset), sizeof(head));
    return sizeof(head) + head.id_length + head.name_length + head.vicinity_length;
}

/* Records will be written in the order of the leaves, so that their offsets are known now. */
static void make_leaves(const struct herd_builder *builder, struct tree *tree)
{
    uint32_t record = 0;
    for (uint32_t i = 0; i < builder->point_count; i++) {
        const struct herd_index_point *point = &builder->points[tree->keys[i].number];
        struct herd_index_leaf *leaf = &tree->leaves[i / HERD_INDEX_FANOUT];
        float prominence = prominence_of(point->population);
        float at[3];
        locate(point, at);
        for (unsigned axis = 0; axis < 3; axis++)
            leaf->at[axis][i % HERD_INDEX_FANOUT] = at[axis];
        leaf->prominence[i % HERD_INDEX_FANOUT] = prominence;
        leaf->points[i % HERD_INDEX_FANOUT] = *point;
        leaf->points[i % HERD_INDEX_FANOUT].record = record;
        record += (uint32_t)record_length(builder, point->record);
        node_cover_point(&tree->nodes[i / HERD_INDEX_FANOUT], at, prominence);
    }
}

/* Child `i` of a level of nodes goes into its parent: into its group, and into its box. */
static void add_child(struct herd_index_group *group, struct node *parent, const struct node *child, uint32_t i)
{
    for (unsigned axis = 0; axis < 3; axis++) {
        group->low[axis][i % HERD_INDEX_FANOUT] = child->low[axis];
        group->high[axis][i % HERD_INDEX_FANOUT] = child->high[axis];
    }
    group->prominence[i % HERD_INDEX_FANOUT] = child->prominence;
    node_cover(parent, child->low, child->high, child->prominence);
}

static void make_groups(struct tree *tree)
{
    const uint32_t *start = tree->start;
    for (uint32_t level = 1; level < tree->levels; level++) {
        for (uint32_t i = 0; i < start[level] - start[level - 1]; i++) {
            uint32_t parent = start[level] + i / HERD_INDEX_FANOUT;
            add_child(&tree->groups[parent - start[1]], &tree->nodes[parent], &tree->nodes[start[level - 1] + i], i);
        }
    }
}

static void tree_init(struct tree *tree, const struct herd_builder *builder)
{
    *tree = (struct tree){.keys = sort_keys(builder)};
    tree->levels = herd_index_levels(builder->point_count, tree->start);
    uint32_t count = tree->start[tree->levels];
    tree->leaf_count = tree->start[1];
    tree->group_count = count - tree->leaf_count;
    tree->nodes = herd_memory_allocate_zeroed((size_t)count + 1, sizeof(*tree->nodes));
    tree->leaves = herd_memory_allocate_zeroed((size_t)tree->leaf_count + 1, sizeof(*tree->leaves));
    tree->groups = herd_memory_allocate_zeroed((size_t)tree->group_count + 1, sizeof(*tree->groups));
    for (uint32_t i = 0; i < count; i++)
        tree->nodes[i] = (struct node){.low = {2, 2, 2}, .high = {-2, -2, -2}};
    make_leaves(builder, tree);
    make_groups(tree);
}

static void tree_finish(struct tree *tree)
{
    herd_memory_free(tree->keys);
    herd_memory_free(tree->nodes);
    herd_memory_free(tree->leaves);
    herd_memory_free(tree->groups);
}

static void write_chunk(struct writer *writer)
{
    struct herd_text bytes = herd_buffer_text(&writer->chunk);
    struct herd_index_entry *entry = &writer->header.sections[writer->section];
    if (bytes.length == 0) return;
    entry->checksum = herd_crc32c(entry->checksum, bytes.bytes, bytes.length);
    entry->length += bytes.length;
    writer->offset += bytes.length;
    if (writer->error == 0 && fwrite(bytes.bytes, 1, bytes.length, writer->file) != bytes.length)
        writer->error = -errno;
    herd_buffer_clear(&writer->chunk);
}

static void put(struct writer *writer, const void *bytes, size_t length)
{
    herd_buffer_append(&writer->chunk, (struct herd_text){bytes, length});
    if (herd_buffer_length(&writer->chunk) >= CHUNK_BYTES) write_chunk(writer);
}

static void begin_section(struct writer *writer, enum herd_index_section section)
{
    writer->section = section;
    writer->header.sections[section] = (struct herd_index_entry){.offset = writer->offset};
}

static void end_section(struct writer *writer)
{
    static const char zeros[8];
    write_chunk(writer);
    put(writer, zeros, (8 - writer->offset % 8) % 8);
    write_chunk(writer);
}

static void write_about(struct writer *writer, struct herd_text source, struct herd_text attribution)
{
    const uint32_t lengths[2] = {(uint32_t)source.length, (uint32_t)attribution.length};
    begin_section(writer, HERD_INDEX_ABOUT);
    put(writer, lengths, sizeof(lengths));
    put(writer, source.bytes, source.length);
    put(writer, attribution.bytes, attribution.length);
    end_section(writer);
}

static void write_types(struct writer *writer, const struct herd_builder *builder)
{
    begin_section(writer, HERD_INDEX_TYPES);
    if (builder->type_count > 0) {
        struct herd_text ends = herd_buffer_text(&builder->type_ends);
        struct herd_text types = herd_buffer_text(&builder->types);
        put(writer, ends.bytes, ends.length);
        put(writer, types.bytes, types.length);
    }
    end_section(writer);
}

static void write_tree(struct writer *writer, const struct tree *tree)
{
    begin_section(writer, HERD_INDEX_GROUPS);
    put(writer, tree->groups, (size_t)tree->group_count * sizeof(*tree->groups));
    end_section(writer);
    begin_section(writer, HERD_INDEX_LEAVES);
    put(writer, tree->leaves, (size_t)tree->leaf_count * sizeof(*tree->leaves));
    end_section(writer);
}

static void write_records(struct writer *writer, const struct herd_builder *builder, const struct key *keys)
{
    begin_section(writer, HERD_INDEX_RECORDS);
    for (uint32_t i = 0; i < builder->point_count; i++) {
        uint32_t record = builder->points[keys[i].number].record;
        put(writer, record_at(builder, record), record_length(builder, record));
    }
    end_section(writer);
}

static void write_header(struct writer *writer, const struct herd_builder *builder)
{
    struct herd_index_header *header = &writer->header;
    memcpy(header->magic, HERD_INDEX_MAGIC, HERD_INDEX_MAGIC_LENGTH);
    header->byte_order = HERD_INDEX_BYTE_ORDER;
    header->version = HERD_INDEX_VERSION;
    header->header_bytes = sizeof(*header);
    header->file_bytes = writer->offset;
    header->place_count = builder->point_count;
    header->type_count = builder->type_count;
    header->fanout = HERD_INDEX_FANOUT;
    header->section_count = HERD_INDEX_SECTIONS;
    header->checksum = herd_crc32c(0, header, sizeof(*header));
    if (writer->error != 0) return;
    if (fseek(writer->file, 0, SEEK_SET) != 0 || fwrite(header, sizeof(*header), 1, writer->file) != 1 ||
        fflush(writer->file) != 0)
        writer->error = -errno;
}

int herd_builder_write(const struct herd_builder *builder, struct herd_text source, struct herd_text attribution,
                       FILE *file)
{
    struct writer writer = {.file = file, .offset = sizeof(struct herd_index_header)};
    if (fwrite(&writer.header, sizeof(writer.header), 1, file) != 1) return -errno;
    struct tree tree;
    tree_init(&tree, builder);
    write_about(&writer, source, attribution);
    write_types(&writer, builder);
    write_tree(&writer, &tree);
    write_records(&writer, builder, tree.keys);
    write_header(&writer, builder);
    tree_finish(&tree);
    herd_buffer_finish(&writer.chunk);
    return writer.error;
}
