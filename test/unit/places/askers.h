/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEST_ASKERS_H
#define HERD_TEST_ASKERS_H

/* Askers of the places service, and the test as its driver. */

#include "../../../src/places/local.h"
#include "../placesfixture.h"

#define PLACE "location=34.068930,-118.445127&radius=10000"
#define BODY "{\n   \"results\" : [ 1, 2, 3 ],\n   \"status\" : \"OK\"\n}\n\n"
#define ERROR_BODY "{\n   \"error_message\" : \"No.\",\n   \"results\" : [],\n   \"status\" : \"REQUEST_DENIED\"\n}"
#define FAILED(text)                                                                                                   \
    "{\n   \"error_message\" : \"" text "\",\n   \"html_attributions\" : [],\n   \"results\" : [],\n"                  \
    "   \"status\" : \"UNKNOWN_ERROR\"\n}"
#define NOT_JSON(status) FAILED("The places provider answered with HTTP status " status ", without JSON.")
#define TOO_BIG FAILED("The places provider's answer is larger than this server takes.")
#define TOO_DEEP FAILED("The places provider's answer is nested deeper than this server takes.")
#define NO_PROVIDER FAILED("No provider of places is set up.")
#define NO_INDEX FAILED("The index of places is missing or damaged.")
#define TOO_LATE FAILED("The question has waited too long for its turn at the places provider.")
#define TOO_MANY FAILED("Too many questions wait for the places provider.")
#define LEFT_ALONE FAILED("The places provider keeps failing and is left alone for a while.")

struct asker {
    struct herd_places_ticket ticket;
    unsigned ready;
    struct herd_places *places; /* where not NULL, on_ready renders at once */
    struct asker *leaver;       /* where not NULL, on_ready makes it leave */
    struct herd_buffer out;
};

struct world {
    struct placesfixture fixture;
    struct herd_places *places;
    int64_t now_ms;
    struct herd_places_asker *connection; /* whose questions are asked next; NULL: each of somebody else's */
};

/* For each test: a world whose index holds Westwood; the service is opened by the test. */
int askers_setup(void **state);
int askers_teardown(void **state);
/* Providers by letter: l(ocal), g(oogle_legacy at g.test), h (the same at h.test). */
void askers_open(struct world *world, const char *letters);
/* The same with limits of its own. */
void askers_open_with(struct world *world, const char *letters, struct herd_places_options options);
enum herd_places_state askers_ask_text(struct world *world, struct asker *asker, struct herd_text position,
                                       struct herd_text radius, unsigned bound);
/* At the place of PLACE. */
enum herd_places_state askers_ask(struct world *world, struct asker *asker, unsigned bound);
/* Somewhere else for each number. */
enum herd_places_state askers_ask_at(struct world *world, struct asker *asker, unsigned number);
/* The next request to send, which must be a GET of that URL. */
struct herd_places_request *askers_take(struct world *world, const char *url);
void askers_expect_none(struct world *world);
/* The driver got an answer. */
void askers_answer(struct world *world, struct herd_places_request *request, long http_status, const char *text);
/* What was rendered, by on_ready or now. */
void askers_expect_out(struct asker *asker, const char *expected);
void askers_expect_render(struct asker *asker, const char *expected);
void askers_expect_westwood(struct asker *asker);

#endif
