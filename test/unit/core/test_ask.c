/* SPDX-License-Identifier: MIT */
/* Questions: about whom, at hand or not. */
#include "corefixture.h"

#include <errno.h>
#include <string.h>

#include "herd/clock.h"
#include "herd/placesindex.h"

#define NOTHING "{\n   \"html_attributions\" : [],\n   \"results\" : [],\n   \"status\" : \"ZERO_RESULTS\"\n}\n\n"

static int ask(struct corefixture *fixture, const char *line, int64_t wall_ns, struct herd_places_ticket *ticket)
{
    struct herd_now now = {1000, wall_ns};
    struct herd_command command;
    struct herd_version version;
    int error;

    herd_command_parse(herd_text_of(line), &command);
    assert_int_equal(command.kind, HERD_COMMAND_WHATSAT);
    error = herd_core_ask(&fixture->core, &command.as.whatsat, &now, ticket, &version);
    if (error == 0) herd_core_append_location(&fixture->core, &version, &fixture->out);
    return error;
}

static void nobody_is_nowhere(void **state)
{
    struct corefixture *fixture = *state;
    struct herd_places_ticket ticket = {0};

    core_report(fixture, "a", "1");
    assert_int_equal(ask(fixture, "WHATSAT b 10 5", CORE_NOW_NS, &ticket), -ENOENT);
    assert_int_equal(ticket.state, HERD_PLACES_IDLE);
    assert_int_equal(fixture->core.counts.whatsat, 0);
}

static void who_has_expired_is_nobody(void **state)
{
    struct corefixture *fixture = *state;
    struct herd_places_ticket ticket = {0};

    herd_core_configure(&fixture->core, &(struct herd_core_limits){.clients_max = 3, .ttl_s = 1});
    core_report(fixture, "a", "1");
    assert_int_equal(ask(fixture, "WHATSAT a 10 5", CORE_NOW_NS + HERD_NS_PER_S + 1, &ticket), -ENOENT);
}

static void what_is_at_hand_is_rendered_at_once(void **state)
{
    struct corefixture *fixture = *state;
    struct herd_places_index index = {0};
    struct herd_places_ticket ticket = {0};

    herd_places_set_indexes(fixture->core.places, &index, 1);
    core_report(fixture, "a", "1");
    assert_int_equal(ask(fixture, "WHATSAT a 10 5", CORE_NOW_NS, &ticket), 0);
    assert_int_equal(ticket.state, HERD_PLACES_READY);
    core_expect(fixture, "AT Goloman +0.500000000 a " CORE_POSITION " 1\n");
    herd_core_render(&ticket, &fixture->out);
    core_expect(fixture, NOTHING);
    assert_int_equal(fixture->asked, 0);
    assert_int_equal(fixture->core.counts.whatsat, 1);
}

static unsigned ready;

static void on_ready(struct herd_places_ticket *ticket)
{
    (void)ticket;
    ready++;
}

/* Kept elsewhere than where it was asked with; who performs requests is told. */
static void what_has_to_wait_is_kept(void **state)
{
    struct corefixture *fixture = *state;
    struct herd_places_index index = {0};
    struct herd_places_ticket ticket = {.on_ready = on_ready};
    struct herd_places_ticket kept;

    ready = 0;
    core_report(fixture, "a", "1");
    assert_int_equal(ask(fixture, "WHATSAT a 10 5", CORE_NOW_NS, &ticket), 0);
    assert_int_equal(ticket.state, HERD_PLACES_WAITING);
    herd_buffer_clear(&fixture->out);
    herd_core_keep(&fixture->core, &ticket, &kept);
    assert_int_equal(fixture->asked, 1);
    assert_int_equal(ready, 0);
    herd_places_set_indexes(fixture->core.places, &index, 1);
    assert_int_equal(ready, 1);
    herd_core_render(&kept, &fixture->out);
    core_expect(fixture, NOTHING);
}

static void who_gives_up_gets_a_reason(void **state)
{
    struct corefixture *fixture = *state;
    struct herd_places_ticket ticket = {.on_ready = on_ready};

    core_report(fixture, "a", "1");
    assert_int_equal(ask(fixture, "WHATSAT a 10 5", CORE_NOW_NS, &ticket), 0);
    herd_buffer_clear(&fixture->out);
    herd_core_give_up(&ticket, "Not now.");
    assert_int_equal(ticket.state, HERD_PLACES_READY);
    herd_core_render(&ticket, &fixture->out);
    herd_buffer_append_byte(&fixture->out, '\0');
    assert_non_null(strstr(herd_buffer_text(&fixture->out).bytes, "Not now."));
}

static void who_leaves_is_not_told(void **state)
{
    struct corefixture *fixture = *state;
    struct herd_places_index index = {0};
    struct herd_places_ticket ticket = {.on_ready = on_ready};

    ready = 0;
    core_report(fixture, "a", "1");
    assert_int_equal(ask(fixture, "WHATSAT a 10 5", CORE_NOW_NS, &ticket), 0);
    herd_core_leave(&ticket);
    herd_places_set_indexes(fixture->core.places, &index, 1);
    assert_int_equal(ready, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_is_nowhere, core_setup, core_teardown),
        cmocka_unit_test_setup_teardown(who_has_expired_is_nobody, core_setup, core_teardown),
        cmocka_unit_test_setup_teardown(what_is_at_hand_is_rendered_at_once, core_setup, core_teardown),
        cmocka_unit_test_setup_teardown(what_has_to_wait_is_kept, core_setup, core_teardown),
        cmocka_unit_test_setup_teardown(who_gives_up_gets_a_reason, core_setup, core_teardown),
        cmocka_unit_test_setup_teardown(who_leaves_is_not_told, core_setup, core_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
