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
        } owned = {names->texts[i].bytes}; /* ours: written once in herd_names_number */
        herd_memory_free(owned.memory);
    }
    herd_names_init(names);
}

static bool is_named(const struct herd_names *names, unsigned number, struct herd_text name)
{
    struct herd_text known = names->texts[number];
    return known.length == name.length && herd_word_same(known.bytes, name.bytes, name.length);
}

uint8_t herd_names_find(const struct herd_names *names, struct herd_text name)
{
    for (unsigned i = 1; i <= names->count; i++) {
        if (is_named(names, i, name)) return (uint8_t)i;
    }
    return HERD_NAME_UNKNOWN;
}

/* A name's ends and length tell those of one herd apart. */
static unsigned place_of(struct herd_text name)
{
    uint64_t ends = ((uint64_t)name.length << 16) + ((uint64_t)(unsigned char)name.bytes[0] << 8) +
                    (unsigned char)name.bytes[name.length - 1];
    return (unsigned)(ends * UINT64_C(0x9e3779b97f4a7c15) >> 58) % HERD_NAMES_RECENT;
}

uint8_t herd_names_number(struct herd_names *names, struct herd_text name)
{
    assert(name.length >= 1 && name.length <= HERD_NAME_LENGTH_MAX);
    uint8_t *recent = &names->recent[place_of(name)];
    if (*recent != HERD_NAME_UNKNOWN && is_named(names, *recent, name)) return *recent;
    uint8_t known = herd_names_find(names, name);
    if (known != HERD_NAME_UNKNOWN) {
        *recent = known;
        return known;
    }
    assert(herd_name_valid(name));
    if (names->count == HERD_NAMES_MAX) return HERD_NAME_UNKNOWN;
    char *bytes = herd_memory_allocate(name.length);
    memcpy(bytes, name.bytes, name.length);
    names->texts[++names->count] = (struct herd_text){bytes, name.length};
    return (uint8_t)names->count;
}

struct herd_text herd_names_text(const struct herd_names *names, uint8_t number)
{
    assert(number <= names->count);
    if (number == HERD_NAME_UNKNOWN) return HERD_TEXT("");
    return names->texts[number];
}
