/* SPDX-License-Identifier: MIT */
/* What of a record counts for the digest: time, receive time, origin's name, position, client. */
#include "local.h"

void record_digest(const struct herd_store *store, uint32_t handle, struct herd_digest *ret_hash)
{
    struct herd_version version;
    struct herd_digest hash = store->digest_key;

    herd_store_view(store, handle, &version);
    herd_digest_number(&hash, (uint64_t)version.report.time_ns);
    herd_digest_number(&hash, (uint64_t)(version.report.time_ns + version.difference_ns));
    herd_digest_text(&hash, herd_names_text(&store->names, version.origin));
    herd_digest_text(&hash, version.report.position);
    herd_digest_text(&hash, version.report.client);
    herd_digest_finish(&hash);
    *ret_hash = hash;
}

void herd_store_set_herd(struct herd_store *store, struct herd_text herd)
{
    herd_digest_key(herd, &store->digest_key);
}
