/* SPDX-License-Identifier: MIT */
#include "herd/counters.h"
#include "herd/places.h"

static const struct herd_counter places_rows[] = {
    {HERD_COUNTER_AT(struct herd_places_counts, requests), HERD_COUNTER, "herd_places_asked_total",
     "Questions sent to network providers", "", "state_places", "requests"},
    {HERD_COUNTER_AT(struct herd_places_counts, failures), HERD_COUNTER, "herd_places_failed_total",
     "Of these, without an answer that could be used", "", "state_places", "failures"},
    {HERD_COUNTER_AT(struct herd_places_counts, too_deep), HERD_COUNTER, HERD_COUNTER_REFUSED,
     "limit=\"provider_depth_max\"", "state_places", "provider_depth_max"},
    {HERD_COUNTER_AT(struct herd_places_counts, waited), HERD_COUNTER, HERD_COUNTER_REFUSED,
     "limit=\"provider_transfers_max\"", "state_places", "provider_transfers_max"},
    {HERD_COUNTER_AT(struct herd_places_counts, queue_full), HERD_COUNTER, HERD_COUNTER_REFUSED,
     "limit=\"provider_queue_max\"", "state_places", "provider_queue_max"},
    {HERD_COUNTER_AT(struct herd_places_counts, late), HERD_COUNTER, "herd_places_late_total",
     "Questions not sent, as they had waited for all of their time", "", "state_places", "waited_too_long"},
    {HERD_COUNTER_AT(struct herd_places_counts, breaker_opened), HERD_COUNTER, HERD_COUNTER_REFUSED,
     "limit=\"provider_breaker_failures\"", "state_places", "provider_breaker_failures"},
    {HERD_COUNTER_AT(struct herd_places_counts, left_alone), HERD_COUNTER, "herd_places_left_alone_total",
     "Questions not sent, as the provider had failed too often", "", "state_places", "left_alone"},
};
const struct herd_counter_table herd_places_counters = HERD_COUNTER_TABLE(places_rows);
