/* SPDX-License-Identifier: MIT */
/* Google's legacy Nearby Search: a GET whose answer is relayed byte by byte. */
#include "local.h"

static bool unreserved(unsigned char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
           byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

void herd_google_legacy_append_key(struct herd_buffer *out, struct herd_text key)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < key.length; i++) {
        unsigned char byte = (unsigned char)key.bytes[i];
        if (unreserved(byte)) {
            herd_buffer_append_byte(out, (char)byte);
            continue;
        }
        const char escape[3] = {'%', hex[byte >> 4], hex[byte & 15]};
        herd_buffer_append(out, (struct herd_text){escape, sizeof(escape)});
    }
}

void herd_google_legacy_append_url(struct herd_buffer *out, struct herd_text base, struct herd_text place,
                                   struct herd_text encoded_key)
{
    herd_buffer_append(out, base);
    bool query = memchr(base.bytes, '?', base.length) != NULL;
    char last = base.length > 0 ? base.bytes[base.length - 1] : '\0';
    if (!query)
        herd_buffer_append_byte(out, '?');
    else if (last != '?' && last != '&')
        herd_buffer_append_byte(out, '&');
    herd_buffer_append(out, place);
    if (encoded_key.length == 0) return;
    herd_buffer_append(out, HERD_TEXT("&key="));
    herd_buffer_append(out, encoded_key);
}
