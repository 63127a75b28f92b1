/* SPDX-License-Identifier: MIT */
/* What the configuration says of places, as options of the search. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../src/server/local.h"

static struct search_settings read_settings(char **providers, unsigned count)
{
    static char rank[] = "distance";
    static char url[] = "https://g.test/json";
    static char key_file[] = "/etc/herd/key";
    struct search_settings settings;
    const struct herd_config config = {
        .places = {.providers = providers,
                   .provider_count = count,
                   .timeout_ms = 8000,
                   .local_rank = rank,
                   .google_legacy_url = url,
                   .google_legacy_key_file = key_file},
        .limits = {.provider_connect_timeout_ms = 2000, .provider_queue_max = 7},
    };
    search_settings_read(&config, &settings);
    return settings;
}

/* In the configuration's order; what this version has not is passed over. */
static void lists_providers_that_there_are(void **state)
{
    static char local[] = "local";
    static char google[] = "google";
    static char legacy[] = "google_legacy";
    static char overpass[] = "overpass";
    char *names[] = {google, legacy, overpass, local};
    struct search_settings settings = read_settings(names, 4);
    (void)state;
    assert_int_equal(settings.options.provider_count, 2);
    assert_string_equal(settings.providers[0].name, "google_legacy");
    assert_string_equal(settings.providers[0].url, "https://g.test/json");
    assert_string_equal(settings.providers[0].key_file, "/etc/herd/key");
    assert_string_equal(settings.providers[0].key_place, "");
    assert_string_equal(settings.providers[1].name, "local");
    assert_null(settings.providers[1].url);
    assert_null(settings.providers[1].key_file);
}

static void takes_the_limits(void **state)
{
    static char local[] = "local";
    char *names[] = {local};
    struct search_settings settings = read_settings(names, 1);
    (void)state;
    assert_int_equal(settings.options.places.timeout_ms, 8000);
    assert_int_equal(settings.options.places.queue_max, 7);
    assert_int_equal(settings.options.places.local_rank, HERD_PLACES_DISTANCE);
    assert_int_equal(settings.options.fetch.connect_timeout_ms, 2000);
    assert_int_equal(settings.options.index_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_providers_that_there_are),
        cmocka_unit_test(takes_the_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
