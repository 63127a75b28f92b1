/* SPDX-License-Identifier: MIT */
/*
 * The nearest word by edit distance, optimal string alignment: an insertion, a
 * removal, a replacement and an exchange of two neighbouring bytes cost one
 * each, and no piece is edited twice. Near enough is about a third of the
 * word; at that distance the word meant is still recognisable.
 */
#include "herd/config.h"

#define WORD_LENGTH_MAX 64 /* longer words get no suggestion */

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Rows of the usual matrix: two above, above, current. */
static unsigned distance(struct herd_text a, struct herd_text b)
{
    unsigned rows[3][WORD_LENGTH_MAX + 1];
    for (unsigned j = 0; j <= b.length; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= a.length; i++) {
        unsigned *current = rows[i % 3];
        const unsigned *above = rows[(i - 1) % 3];
        const unsigned *above2 = rows[(i + 1) % 3];
        current[0] = i;
        for (unsigned j = 1; j <= b.length; j++) {
            unsigned cost = a.bytes[i - 1] != b.bytes[j - 1];
            unsigned best = smaller(above[j] + 1, current[j - 1] + 1);
            best = smaller(best, above[j - 1] + cost);
            bool exchanged = i > 1 && j > 1 && a.bytes[i - 1] == b.bytes[j - 2] && a.bytes[i - 2] == b.bytes[j - 1];
            if (exchanged) best = smaller(best, above2[j - 2] + 1);
            current[j] = best;
        }
    }
    return rows[a.length % 3][b.length];
}

const char *herd_suggest(const char *word, const char *const *words, size_t count)
{
    struct herd_text wrong = herd_text_of(word);
    if (wrong.length == 0 || wrong.length > WORD_LENGTH_MAX) return NULL;
    const char *nearest = NULL;
    unsigned nearest_distance = (unsigned)(wrong.length + 2) / 3 + 1;
    for (size_t i = 0; i < count; i++) {
        struct herd_text candidate = herd_text_of(words[i]);
        if (candidate.length > WORD_LENGTH_MAX) continue;
        unsigned d = distance(wrong, candidate);
        if (d >= nearest_distance || d >= wrong.length) continue; /* as far as its length: nothing in common */
        nearest = words[i];
        nearest_distance = d;
    }
    return nearest;
}
