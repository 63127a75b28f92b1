/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEST_COUNTERTABLE_H
#define HERD_TEST_COUNTERTABLE_H

/* That a table of counters is what herd/counters.h asks for. Include it after cmocka. */

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "herd/counters.h"
#include "herd/times.h"

static inline bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static inline void check_name(const char *name)
{
    for (const char *at = name; *at != '\0'; at++)
        assert_true(islower((unsigned char)*at) || isdigit((unsigned char)*at) || *at == '_');
}

/* name="value", or several with commas between them */
static inline void check_labels(const char *labels)
{
    while (*labels != '\0') {
        while (islower((unsigned char)*labels) || *labels == '_')
            labels++;
        assert_int_equal(*labels++, '=');
        assert_int_equal(*labels++, '"');
        while (*labels != '"') {
            assert_true(islower((unsigned char)*labels) || *labels == '_');
            labels++;
        }
        labels++;
        assert_true(*labels == '\0' || *labels == ',');
        if (*labels == ',') labels++;
    }
}

static inline void check_alike(const struct herd_counter *row, const struct herd_counter *other)
{
    if (strcmp(row->name, other->name) != 0) return;
    assert_int_equal(row->kind, other->kind);
    assert_string_equal(row->help, other->help);
    assert_true(strcmp(row->labels, other->labels) != 0);
}

static inline void check_counter_table(const struct herd_counter_table *table, size_t size)
{
    assert_true(table->count > 0);
    for (const struct herd_counter *row = table->rows; row < table->rows + table->count; row++) {
        bool grows = row->kind == HERD_COUNTER || row->kind == HERD_COUNTER_NS;
        bool is_time = row->kind == HERD_COUNTER_NS || row->kind == HERD_GAUGE_NS;
        bool is_spread = row->kind == HERD_TIMES || row->kind == HERD_SKEWS;
        size_t spread = row->kind == HERD_TIMES ? sizeof(struct herd_times) : sizeof(struct herd_skews);
        assert_true(is_spread ? row->width == spread : row->width == 4 || row->width == 8);
        assert_int_equal(row->offset % (row->width == 4 ? 4 : 8), 0);
        assert_true(row->offset + row->width <= size);
        check_name(row->name);
        assert_int_equal(strncmp(row->name, "herd_", 5), 0);
        assert_int_equal(ends_with(row->name, "_total"), grows);
        assert_int_equal(strstr(row->name, "_seconds") != NULL, is_time || is_spread);
        check_labels(row->labels);
        assert_true(strlen(row->help) > 0);
        assert_int_equal(row->event == NULL, row->key == NULL);
        if (row->key != NULL) check_name(row->key);
        for (const struct herd_counter *other = table->rows; other < row; other++)
            check_alike(row, other);
    }
}

#endif
