/* SPDX-License-Identifier: MIT */
/*
 * Writing an index: the places' keys on the curve are sorted, and the sections
 * are written from start to end in that order. The header, which needs their
 * checksums, is written last, over the zeros that kept its place: a file that
 * was not finished has no magic.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "herd/crc32c.h"
#include "herd/memory.h"
#include "local.h"

#define KEY_BITS 21
#define CHUNK_BYTES (1u << 20)

/* The box of all that is below a node. */
struct node {
    float low[3];
    float high[3];
    float prominence;
};

/* What is made of the places when all are there. */
struct tree {
    struct index_key *keys; /* sorted */
    uint32_t count;
    uint32_t levels;
    uint32_t start[INDEX_LEVELS_MAX + 1];
    uint32_t leaf_count;
    uint32_t group_count;
    struct node *nodes; /* of all levels, leaves first */
    struct index_leaf *leaves;
    struct index_group *groups;
};

/* The section being written. */
struct writer {
    FILE *file;
    struct herd_buffer chunk;
    struct index_header header;
    uint64_t offset;
    unsigned section;
    int error;
};

static float prominence_of(uint32_t population)
{
    return population == 0 ? 0 : nextafterf((float)log1p((double)population), INFINITY);
}

static int compare_keys(const void *a, const void *b)
{
    const struct index_key *first = a;
    const struct index_key *second = b;
    if (first->key != second->key) return first->key < second->key ? -1 : 1;
    return first->number < second->number ? -1 : 1;
}

/* Where a point is on the unit sphere, in floats. */
static void locate(const struct herd_index_point *point, float ret_at[3])
{
    double vector[3];
    sphere_vector((int64_t)point->latitude_e7 * 100, (int64_t)point->longitude_e7 * 100, vector);
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
    return hilbert_key(cell, KEY_BITS);
}

static struct index_key *sort_keys(const struct herd_builder *builder)
{
    struct index_key *keys = herd_memory_allocate_zeroed((size_t)builder->point_count + 1, sizeof(*keys));
    for (uint32_t i = 0; i < builder->point_count; i++)
        keys[i] = (struct index_key){key_of(&builder->points[i]), i};
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

/* Records will be written in the order of the leaves, so that their offsets are known now. */
static void make_leaves(const struct herd_builder *builder, struct tree *tree)
{
    uint32_t record = 0;
    for (uint32_t i = 0; i < tree->count; i++) {
        const struct herd_index_point *point = &builder->points[tree->keys[i].number];
        struct index_leaf *leaf = &tree->leaves[i / INDEX_FANOUT];
        float prominence = prominence_of(point->population);
        float at[3];
        locate(point, at);
        for (unsigned axis = 0; axis < 3; axis++)
            leaf->at[axis][i % INDEX_FANOUT] = at[axis];
        leaf->prominence[i % INDEX_FANOUT] = prominence;
        leaf->points[i % INDEX_FANOUT] = *point;
        leaf->points[i % INDEX_FANOUT].record = record;
        record += (uint32_t)builder_record_length(builder, point->record);
        node_cover_point(&tree->nodes[i / INDEX_FANOUT], at, prominence);
    }
}

/* Child `i` of a level of nodes goes into its parent: into its group, and into its box. */
static void add_child(struct index_group *group, struct node *parent, const struct node *child, uint32_t i)
{
    for (unsigned axis = 0; axis < 3; axis++) {
        group->low[axis][i % INDEX_FANOUT] = child->low[axis];
        group->high[axis][i % INDEX_FANOUT] = child->high[axis];
    }
    group->prominence[i % INDEX_FANOUT] = child->prominence;
    node_cover(parent, child->low, child->high, child->prominence);
}

static void make_groups(struct tree *tree)
{
    const uint32_t *start = tree->start;
    for (uint32_t level = 1; level < tree->levels; level++) {
        for (uint32_t i = 0; i < start[level] - start[level - 1]; i++) {
            uint32_t parent = start[level] + i / INDEX_FANOUT;
            add_child(&tree->groups[parent - start[1]], &tree->nodes[parent], &tree->nodes[start[level - 1] + i], i);
        }
    }
}

static void tree_init(struct tree *tree, const struct herd_builder *builder)
{
    *tree = (struct tree){.keys = sort_keys(builder)};
    tree->count = index_thin(builder, tree->keys, builder->point_count);
    tree->levels = index_levels(tree->count, tree->start);
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
    struct index_entry *entry = &writer->header.sections[writer->section];
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

static void begin_section(struct writer *writer, enum index_section section)
{
    writer->section = section;
    writer->header.sections[section] = (struct index_entry){.offset = writer->offset};
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
    begin_section(writer, INDEX_ABOUT);
    put(writer, lengths, sizeof(lengths));
    put(writer, source.bytes, source.length);
    put(writer, attribution.bytes, attribution.length);
    end_section(writer);
}

static void write_types(struct writer *writer, const struct herd_builder *builder)
{
    begin_section(writer, INDEX_TYPES);
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
    begin_section(writer, INDEX_GROUPS);
    put(writer, tree->groups, (size_t)tree->group_count * sizeof(*tree->groups));
    end_section(writer);
    begin_section(writer, INDEX_LEAVES);
    put(writer, tree->leaves, (size_t)tree->leaf_count * sizeof(*tree->leaves));
    end_section(writer);
}

static void write_records(struct writer *writer, const struct herd_builder *builder, const struct tree *tree)
{
    const char *records = herd_buffer_text(&builder->records).bytes;
    begin_section(writer, INDEX_RECORDS);
    for (uint32_t i = 0; i < tree->count; i++) {
        uint32_t record = builder->points[tree->keys[i].number].record;
        put(writer, records + record, builder_record_length(builder, record));
    }
    end_section(writer);
}

static void write_header(struct writer *writer, uint32_t place_count, uint32_t type_count)
{
    struct index_header *header = &writer->header;
    memcpy(header->magic, HERD_INDEX_MAGIC, INDEX_MAGIC_LENGTH);
    header->byte_order = INDEX_BYTE_ORDER;
    header->version = INDEX_VERSION;
    header->header_bytes = sizeof(*header);
    header->file_bytes = writer->offset;
    header->place_count = place_count;
    header->type_count = type_count;
    header->fanout = INDEX_FANOUT;
    header->section_count = INDEX_SECTIONS;
    header->checksum = herd_crc32c(0, header, sizeof(*header));
    if (writer->error != 0) return;
    if (fseek(writer->file, 0, SEEK_SET) != 0 || fwrite(header, sizeof(*header), 1, writer->file) != 1 ||
        fflush(writer->file) != 0)
        writer->error = -errno;
}

int herd_index_write(const struct herd_builder *builder, struct herd_text source, struct herd_text attribution,
                     FILE *file, uint32_t *ret_crowded)
{
    struct writer writer = {.file = file, .offset = sizeof(struct index_header)};
    if (fwrite(&writer.header, sizeof(writer.header), 1, file) != 1) return -errno;
    struct tree tree;
    tree_init(&tree, builder);
    write_about(&writer, source, attribution);
    write_types(&writer, builder);
    write_tree(&writer, &tree);
    write_records(&writer, builder, &tree);
    write_header(&writer, tree.count, builder->type_count);
    *ret_crowded = builder->point_count - tree.count;
    tree_finish(&tree);
    herd_buffer_finish(&writer.chunk);
    return writer.error;
}
