/* SPDX-License-Identifier: MIT */
#ifndef HERD_IMPORTRECORDS_H
#define HERD_IMPORTRECORDS_H

/*
 * Cuts what an import reads into records: lines, and of CSV also several where
 * a quoted field holds their ends. What is longer than may be is passed over.
 */

#include <stdint.h>

#include "herd/buffer.h"
#include "herd/placesimport.h"

struct herd_records {
    struct herd_buffer held; /* a record's beginning, from what was read before */
    size_t bytes_max;
    bool quotes; /* CSV */
    int state;   /* where in a CSV record the scan is */
    bool too_long;
    bool taken;     /* what is held was a record */
    uint64_t lines; /* that have ended in the record */
};

struct herd_record {
    struct herd_text text; /* without the LF at its end; of one that is too long nothing */
    uint64_t lines;        /* that it takes: at least 1 */
    bool too_long;
};

void herd_records_init(struct herd_records *records, size_t bytes_max, bool quotes);
void herd_records_finish(struct herd_records *records);
/*
 * The next record, of what was held and *input, which is moved past it: false
 * where there is no whole one, and all of *input is held. Valid until the next
 * call, or until the bytes of *input go.
 */
bool herd_records_next(struct herd_records *records, struct herd_text *input, struct herd_record *ret_record);
/* The input has ended: what has no LF at its end, where there is any. */
bool herd_records_end(struct herd_records *records, struct herd_record *ret_record);
/* What the first bytes of a file say that it is, where that is nothing to import as `format`: NULL, or a sentence. */
const char *herd_records_sniff(struct herd_text start, enum herd_places_format format);

#endif
