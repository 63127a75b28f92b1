/* SPDX-License-Identifier: MIT */
#include "herd/name.h"

#include <assert.h>

#include "herd/memory.h"
#include "herd/word.h"

/* One bit a byte that names may have. Peers' lines are full of names, so one look must do. */
static bool is_name_byte(unsigned char byte)
{
    static const uint64_t allowed[4] = {
        UINT64_C(0x03ff600000000000), /* - . 0 to 9 */
        UINT64_C(0x07fffffe87fffffe), /* A to Z _ a to z */
    };
    return allowed[byte / 64] >> byte % 64 & 1;
}

bool herd_name_valid(struct herd_text name)
{
    if (name.length < 1 || name.length > HERD_NAME_LENGTH_MAX) return false;
    for (size_t i = 0; i < name.length; i++) {
        if (!is_name_byte((unsigned char)name.bytes[i])) return false;
    }
    return true;
}

void herd_names_init(struct herd_names *names)
{
    *names = (struct herd_names){.count = 0};
}

void herd_names_finish(struct herd_names *names)
{
    if (names == NULL) return;
    for (unsigned i = 1; i <= names->count; i++) {
        union {
            const char *bytes;
            void *memory;
        } owned = {names->texts[i].bytes}; /* ours: written once in herd_names_add */
        herd_memory_free(owned.memory);
    }
    herd_names_init(names);
}

/* Of all its bytes, eight at a time: the names of one herd are often alike but for one. */
static unsigned place_of(struct herd_text name)
{
    uint64_t hash = name.length;
    for (size_t at = 0; at < name.length; at += HERD_WORD_SIZE) {
        size_t rest = name.length - at < HERD_WORD_SIZE ? name.length - at : HERD_WORD_SIZE;
        uint64_t word = rest < HERD_WORD_SIZE ? herd_word_load_last(name.bytes, name.length, rest)
                                              : herd_word_load(name.bytes + at);
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    return (unsigned)hash % HERD_NAME_PLACES;
}

_Static_assert(2 * HERD_NAMES_MAX <= HERD_NAME_PLACES, "there is a free place where a search ends");
_Static_assert(HERD_NAMES_MAX <= UINT8_MAX, "a number is a byte");

/* The place that has the name's number, or the free one where it belongs. */
static unsigned find_place(const struct herd_names *names, struct herd_text name)
{
    unsigned place = place_of(name);
    for (;; place = (place + 1) % HERD_NAME_PLACES) {
        if (names->places[place] == HERD_NAME_UNKNOWN) return place;
        struct herd_text known = names->texts[names->places[place]];
        if (known.length == name.length && herd_word_same(known.bytes, name.bytes, name.length)) return place;
    }
}

uint8_t herd_names_find(const struct herd_names *names, struct herd_text name)
{
    assert(name.length >= 1 && name.length <= HERD_NAME_LENGTH_MAX);
    return names->places[find_place(names, name)];
}

uint8_t herd_names_add(struct herd_names *names, struct herd_text name)
{
    assert(herd_name_valid(name));
    uint8_t *number = &names->places[find_place(names, name)];
    if (*number != HERD_NAME_UNKNOWN) return *number;
    if (names->count == HERD_NAMES_MAX) return HERD_NAME_UNKNOWN;
    char *bytes = herd_memory_allocate(name.length);
    memcpy(bytes, name.bytes, name.length);
    names->texts[++names->count] = (struct herd_text){bytes, name.length};
    *number = (uint8_t)names->count;
    return *number;
}

struct herd_text herd_names_text(const struct herd_names *names, uint8_t number)
{
    assert(number <= names->count);
    if (number == HERD_NAME_UNKNOWN) return HERD_TEXT("");
    return names->texts[number];
}
