/* SPDX-License-Identifier: MIT */
/*
 * Google's legacy Nearby Search: a GET with the key in its URL. Its answers have
 * the shape of ours and are relayed byte by byte.
 */
#include "local.h"

static bool unreserved(unsigned char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
           byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

/* Appends a text as a URL's query may hold it: all but letters, digits, `-._~` as %XX. */
static void append_encoded(struct herd_buffer *out, struct herd_text text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        if (unreserved(byte)) {
            herd_buffer_append_byte(out, (char)byte);
            continue;
        }
        const char escape[3] = {'%', hex[byte >> 4], hex[byte & 15]};
        herd_buffer_append(out, (struct herd_text){escape, sizeof(escape)});
    }
}

static void open_settings(struct places_provider *provider, const struct herd_places_provider_options *options)
{
    herd_buffer_append(&provider->url, herd_text_of(options->url));
    append_encoded(&provider->key, options->key);
}

/* The base may have a query already. */
static void append_base(struct herd_buffer *out, struct herd_text base)
{
    bool query = memchr(base.bytes, '?', base.length) != NULL;
    char last = base.length > 0 ? base.bytes[base.length - 1] : '\0';
    herd_buffer_append(out, base);
    if (!query)
        herd_buffer_append_byte(out, '?');
    else if (last != '?' && last != '&')
        herd_buffer_append_byte(out, '&');
}

static void build(const struct places_provider *provider, const struct herd_places_area *area,
                  struct herd_places_message *ret_message)
{
    struct herd_buffer *url = &ret_message->url;
    append_base(url, herd_buffer_text(&provider->url));
    herd_buffer_append(url, HERD_TEXT("location="));
    herd_buffer_append(url, places_area_centre(area));
    herd_buffer_append(url, HERD_TEXT("&radius="));
    herd_buffer_append(url, places_area_radius(area));
    if (herd_buffer_length(&provider->key) == 0) return;
    herd_buffer_append(url, HERD_TEXT("&key="));
    herd_buffer_append(url, herd_buffer_text(&provider->key));
}

const struct provider_kind provider_google_legacy = {
    .name = "google_legacy",
    .remote = true,
    .open = open_settings,
    .append_key = places_area_append_exact,
    .build = build,
};
