/* SPDX-License-Identifier: MIT */
#include "herd/counters.h"

#include "local.h"

#define AT(field) HERD_COUNTER_AT(struct herd_core_counts, field)

static const struct herd_counter core_rows[] = {
    {AT(iamat), HERD_COUNTER, HERD_COUNTER_COMMANDS, "command=\"iamat\",result=\"taken\"", "state", "iamat"},
    {AT(stale), HERD_COUNTER, "herd_stale_reports_total", "Of the IAMATs taken, those that were not newer", "", "state",
     "stale"},
    {AT(whatsat), HERD_COUNTER, HERD_COUNTER_COMMANDS, "command=\"whatsat\",result=\"taken\"", "state", "whatsat"},
    {AT(refused_clients), HERD_COUNTER, HERD_COUNTER_REFUSED, "limit=\"clients_max\"", "state_limits", "clients_max"},
    {AT(refused_new), HERD_COUNTER, HERD_COUNTER_REFUSED, "limit=\"new_clients_per_second_max\"", "state_limits",
     "new_clients_per_second_max"},
    {AT(refused_future), HERD_COUNTER, HERD_COUNTER_REFUSED, "limit=\"max_future_s\"", "state_limits", "max_future_s"},
    {AT(expired), HERD_COUNTER, "herd_expired_total", "Reports forgotten by protocol.ttl_s", "", "state", "expired"},
};
const struct herd_counter_table herd_core_counters = HERD_COUNTER_TABLE(core_rows);

static const struct herd_counter times_rows[] = {
    {HERD_COUNTER_AT(struct herd_core, skews), HERD_SKEWS, "herd_client_skew_seconds",
     "Our clock less the time in a client's report, when it came", "", "state_times", "client_skew"},
};
const struct herd_counter_table herd_core_times = HERD_COUNTER_TABLE(times_rows);
