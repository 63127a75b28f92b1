/* SPDX-License-Identifier: MIT */
#ifndef HERD_JOURNALREAD_H
#define HERD_JOURNALREAD_H

/*
 * Reading a segment of a journal (docs/journal.md). It is text, each line with
 * a checksum of its own:
 *
 *     fa5960a2 HERD-JOURNAL 1 herd Goloman                                                first
 *     32c6b399 AT Goloman +0.263873386 kiwi.cs.ucla.edu +34.068930-118.445127 1520023934.918963997
 *     ........ the checksum: CRC-32C of the rest of the line, from behind the space up to its LF
 *
 * A line is what ends in LF. Whatever happened to a line, the next one that is
 * whole is read; so a damaged byte costs its own line, and the one after it
 * where it was the LF. Zeros up to the end of a file are not a line.
 */

#include "herd/peerline.h"

#define HERD_JOURNAL_FORMAT 1
#define HERD_JOURNAL_LINE_MAX 2048 /* more than the longest record, which has 1318 */

enum herd_journal_kind {
    HERD_JOURNAL_HEADER,
    HERD_JOURNAL_RECORD,
    HERD_JOURNAL_DAMAGED, /* the checksum is not that of the line, or the line is none that is written */
    HERD_JOURNAL_TORN,    /* the last bytes of a file, without LF: a write that was cut off */
};

struct herd_journal_line {
    enum herd_journal_kind kind;
    uint64_t offset;        /* in its file */
    uint64_t length;        /* with its LF, where it has one */
    struct herd_text bytes; /* without LF; of a damaged or torn line that is too long only the start */
    uint64_t format;        /* HEADER: HERD_JOURNAL_FORMAT, or that of a newer version */
    struct herd_text herd;  /* HEADER of this format */
    struct herd_text server;
    struct herd_peer_at at; /* RECORD: without visited servers */
};

/* What was in one segment, or in several. */
struct herd_journal_sums {
    uint64_t bytes;
    uint64_t headers;
    uint64_t records;
    uint64_t damaged;
    uint64_t torn;
};

/* A non-zero answer ends the reading. The line and its views are valid during the call. */
typedef int (*herd_journal_on_line)(void *owner, const struct herd_journal_line *line);

/* Where bytes come from: as read(2), with a negative errno for errors. */
typedef int64_t (*herd_journal_pull)(void *source, void *out, size_t size);

/*
 * Reads lines until the bytes end and adds to *sums. Returns 0, what `pull`
 * failed with, or what `on_line` ended it with.
 */
int herd_journal_read(void *source, herd_journal_pull pull, struct herd_journal_sums *sums, void *owner,
                      herd_journal_on_line on_line);

/* The number in a segment's file name, `0000000007.journal`; 0 where it is no such name. */
uint64_t herd_journal_segment_number(const char *name);

#endif
