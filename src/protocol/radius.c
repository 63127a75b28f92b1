/* SPDX-License-Identifier: MIT */
#include "herd/buffer.h"
#include "herd/command.h"

#define PLACES 3 /* kilometres to metres */

/* Appends a digit, but no zero before the first other digit. */
static void append_digit(struct herd_buffer *out, char digit, bool *started)
{
    if (digit == '0' && !*started) return;
    *started = true;
    herd_buffer_append_byte(out, digit);
}

void herd_radius_append_metres(const struct herd_decimal *radius_km, struct herd_buffer *out)
{
    struct herd_text whole = radius_km->whole;
    struct herd_text fraction = radius_km->fraction;
    bool started = false;
    for (size_t i = 0; i < whole.length; i++)
        append_digit(out, whole.bytes[i], &started);
    for (size_t i = 0; i < PLACES; i++)
        append_digit(out, i < fraction.length ? fraction.bytes[i] : '0', &started);
    if (!started) herd_buffer_append_byte(out, '0');

    while (fraction.length > 0 && fraction.bytes[fraction.length - 1] == '0')
        fraction.length--;
    if (fraction.length <= PLACES) return;
    herd_buffer_append_byte(out, '.');
    herd_buffer_append(out, (struct herd_text){fraction.bytes + PLACES, fraction.length - PLACES});
}
