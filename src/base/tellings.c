/* SPDX-License-Identifier: MIT */
#include "herd/tellings.h"

static void copy(char *out, size_t size, struct herd_text text)
{
    size_t length = text.length < size ? text.length : size - 1;

    memcpy(out, text.bytes, length);
    out[length] = '\0';
}

static bool same(const char *known, size_t size, struct herd_text text)
{
    if (text.length >= size) text.length = size - 1;
    return herd_text_equal(herd_text_of(known), text);
}

/* The one that is remembered, or a place for it. */
static struct herd_telling *find(struct herd_tellings *tellings, struct herd_text who, struct herd_text what)
{
    struct herd_telling *oldest = &tellings->known[0];
    unsigned i;

    for (i = 0; i < HERD_TELLINGS_KNOWN; i++) {
        struct herd_telling *telling = &tellings->known[i];
        if (same(telling->who, sizeof telling->who, who) && same(telling->what, sizeof telling->what, what))
            return telling;
        if (telling->told_ms < oldest->told_ms) oldest = telling;
    }
    memset(oldest, 0, sizeof *oldest);
    copy(oldest->who, sizeof oldest->who, who);
    copy(oldest->what, sizeof oldest->what, what);
    return oldest;
}

bool herd_tellings_say(struct herd_tellings *tellings, struct herd_text who, struct herd_text what, int64_t now_ms,
                       uint32_t *ret_unsaid)
{
    struct herd_telling *telling = find(tellings, who, what);

    if (telling->told_ms != 0 && now_ms - telling->told_ms < HERD_TELLINGS_QUIET_MS) {
        telling->unsaid++;
        return false;
    }
    telling->told_ms = now_ms != 0 ? now_ms : 1;
    *ret_unsaid = telling->unsaid;
    telling->unsaid = 0;
    return true;
}
