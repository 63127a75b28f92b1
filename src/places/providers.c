/* SPDX-License-Identifier: MIT */
/* The table of providers, and what is alike in all of them. A new one is a file with a kind, and a row here. */
#include <assert.h>

#include "local.h"

static const struct provider_kind *const kinds[] = {
    &provider_local,
    &provider_google_legacy,
};

const struct provider_kind *provider_find(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i]->name, name) == 0) return kinds[i];
    return NULL;
}

bool herd_places_provider_exists(const char *name)
{
    return provider_find(name) != NULL;
}

bool herd_places_provider_remote(const char *name)
{
    const struct provider_kind *kind = provider_find(name);
    return kind != NULL && kind->remote;
}

bool places_provider_try(struct places_provider *provider, int64_t now_ms)
{
    assert(provider->kind->remote);
    return breaker_try(&provider->breaker, now_ms);
}

void places_message_header(struct herd_places_message *message, const char *name, struct herd_text value)
{
    herd_buffer_append(&message->header_text, herd_text_of(name));
    herd_buffer_append(&message->header_text, HERD_TEXT(": "));
    herd_buffer_append(&message->header_text, value);
    herd_buffer_append_byte(&message->header_text, '\0');
}

void places_message_seal(struct herd_places_message *message)
{
    struct herd_text rest = herd_buffer_text(&message->header_text);
    unsigned count = 0;
    while (rest.length > 0) {
        size_t length = strlen(rest.bytes) + 1;
        assert(count < HERD_PLACES_HEADERS_MAX && length <= rest.length);
        message->headers[count++] = rest.bytes;
        rest = (struct herd_text){rest.bytes + length, rest.length - length};
    }
    message->headers[count] = NULL;
}

void places_message_finish(struct herd_places_message *message)
{
    herd_buffer_finish(&message->url);
    herd_buffer_finish(&message->body);
    herd_buffer_finish(&message->header_text);
    *message = (struct herd_places_message){.post = false};
}
