/* SPDX-License-Identifier: MIT */
/*
 * The total order (docs/protocol.md): time, receive time, origin's name,
 * position bytes, time text. Nearly every comparison ends at the first.
 */
#include "local.h"

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Numbers are of one table, so equal ones are equal names. */
static int compare_origins(const struct herd_names *names, const struct herd_version *a, const struct herd_version *b)
{
    assert(a->origin <= names->count && b->origin <= names->count);
    if (a->origin == b->origin && a->origin != HERD_NAME_UNKNOWN) return 0;
    return herd_text_compare(herd_version_origin(names, a), herd_version_origin(names, b));
}

int herd_version_compare(const struct herd_names *names, const struct herd_version *a, const struct herd_version *b)
{
    int order = compare_numbers(a->report.time_ns, b->report.time_ns);

    if (order == 0) order = compare_numbers(a->difference_ns, b->difference_ns);
    if (order == 0) order = compare_origins(names, a, b);
    if (order == 0) order = herd_text_compare(a->report.position, b->report.position);
    if (order == 0 && !HERD_MUTANT(ORDER_NO_LAST_TIE)) order = herd_text_compare(a->report.time, b->report.time);
    return order;
}

void herd_store_view(const struct herd_store *store, uint32_t handle, struct herd_version *ret_version)
{
    const struct herd_record *record = record_of(store, handle);
    const char *text = record_text(store, record);
    unsigned way_count = 0;

    ret_version->report.client = (struct herd_text){text, record->client_length};
    text += record->client_length + 1;
    ret_version->report.position = (struct herd_text){text, record->position_length};
    text += record->position_length + 1;
    ret_version->report.time = (struct herd_text){text, record->time_length};
    ret_version->report.time_ns = record->time_ns;
    ret_version->report.joined = true;
    ret_version->hash = 0;
    ret_version->difference_ns = record->difference_ns;
    ret_version->origin = record->origin;
    ret_version->foreign = (struct herd_text){text + record->time_length, record->foreign_length};
    while (way_count < HERD_WAY_MAX && record->way[way_count] != HERD_NAME_UNKNOWN)
        way_count++;
    ret_version->way_count = (uint8_t)way_count;
    memcpy(ret_version->way, record->way, HERD_WAY_MAX);
}

#ifdef HERD_MUTANTS
uint64_t herd_mutant_seq(const struct herd_store *store, uint32_t record)
{
    return record_of(store, record)->seq;
}
#endif
