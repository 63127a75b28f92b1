/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "herd/clock.h"
#include "local.h"

_Static_assert(sizeof(((struct log_rate *)0)->passed) == sizeof(((struct log_rates *)0)->per_second_max),
               "what is counted comes to its limit");

static size_t hash_name(const char *name)
{
    uint32_t hash = UINT32_C(2166136261); /* FNV-1a: names are ours, nobody attacks them */
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * UINT32_C(16777619);
    return hash % LOG_RATES;
}

/* The slot of a name, taken where it is new; NULL where all are taken by others. */
static struct log_rate *find_slot(struct log_rates *rates, const char *name)
{
    size_t start = hash_name(name);
    for (size_t i = 0; i < LOG_RATES; i++) {
        struct log_rate *rate = &rates->slots[(start + i) % LOG_RATES];
        if (rate->name == NULL) rate->name = name;
        if (rate->name == name || strcmp(rate->name, name) == 0) return rate;
    }
    return NULL;
}

bool log_rate_pass(struct log_rates *rates, const char *name, int64_t now_ns, uint64_t *ret_suppressed)
{
    struct log_rate *rate = find_slot(rates, name);
    *ret_suppressed = 0;
    if (rate == NULL) return true;
    int64_t age_ns = now_ns - rate->since_ns;
    if (age_ns < 0 || age_ns >= HERD_NS_PER_S) { /* a new second, or a wall clock that was set back */
        rate->since_ns = now_ns;
        rate->passed = 0;
    }
    if (rate->passed >= rates->per_second_max) {
        rate->suppressed++;
        rates->suppressed++;
        return false;
    }
    rate->passed++;
    *ret_suppressed = rate->suppressed;
    rate->suppressed = 0;
    return true;
}
