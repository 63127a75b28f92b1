/* SPDX-License-Identifier: MIT */
/* Replies, right and wrong, each given to the checker in every shorter piece first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../src/bench/local.h"
#include "herd/command.h"

#define ECHO " b00000007.bench +46.5+002.5 1795389315.860594549\n"

static const struct bench_request report = {
    .length = sizeof "IAMAT" ECHO - 1, .client_at = 6, .client_last = 21, .line = "IAMAT" ECHO};
static const struct bench_request question = {.whatsat = true,
                                              .length = sizeof "WHATSAT b00000007.bench 10 5\n" - 1,
                                              .client_at = 8,
                                              .client_last = 23,
                                              .line = "WHATSAT b00000007.bench 10 5\n"};

static void learn(struct bench_checker *checker)
{
    size_t length;
    struct herd_text reply = HERD_TEXT("AT Welsh +0.000000001" ECHO);
    assert_int_equal(bench_check(checker, &report, reply, &length), BENCH_RIGHT);
}

struct reply {
    const struct bench_request *request;
    enum bench_verdict verdict;
    struct herd_text text;
};

#define RIGHT(request, literal)                                                                                        \
    {                                                                                                                  \
        &(request), BENCH_RIGHT, HERD_TEXT_INIT(literal)                                                               \
    }
#define WRONG(request, literal)                                                                                        \
    {                                                                                                                  \
        &(request), BENCH_WRONG, HERD_TEXT_INIT(literal)                                                               \
    }

static const struct reply replies[] = {
    RIGHT(report, "AT Welsh +0.000000001" ECHO),
    RIGHT(report, "AT Welsh -1234567.123456789" ECHO),
    WRONG(report, "AT Wilkes +0.000000001" ECHO),
    WRONG(report, "AT Welsh 0.000000001" ECHO),
    WRONG(report, "AT Welsh +.000000001" ECHO),
    WRONG(report, "AT Welsh +0.00000001" ECHO),
    WRONG(report, "AT Welsh +0.0000000001" ECHO),
    WRONG(report, "AT Welsh +0.000000001 b00000008.bench +46.5+002.5 1795389315.860594549\n"),
    WRONG(report, "AT Welsh +0.000000001 b00000007.bench +46.5+002.6 1795389315.860594549\n"),
    WRONG(report, "AT Welsh +0.000000001 b00000007.bench +46.5+002.5 1795389315.860594540\n"),
    WRONG(report, "AT Welsh +0.000000001 b00000007.bench +46.5+002.5 1795389315.860594549 \n"),
    WRONG(report, "? IAMAT" ECHO),
    WRONG(report, "\n"),
    RIGHT(question, "AT Wilkes -0.500000000 b00000007.bench +46.5+002.5 1795389315\n{\n}\n\n"),
    WRONG(question, "AT Wilkes +0.000000001 b00000008.bench +46.5+002.5 1795389315\n{\n}\n\n"),
    WRONG(question, "AT Wilkes +0.000000001 b00000007.bench +46.5 1795389315\n{\n}\n\n"),
    WRONG(question, "AT Wilkes +0.000000001 b00000007.bench +46.5+002.5 now\n{\n}\n\n"),
    WRONG(question, "AT Wilkes +0.000000001 b00000007.bench +46.5+002.5 1795389315\n[]\n\n"),
    WRONG(question, "AT Wilkes +0.000000001 b00000007.bench +46.5+002.5 1795389315\n{\n]\n\n"),
    WRONG(question, "AT Wilkes +0.000000001 b00000007.bench +46.5+002.5 1795389315\n\n\n"),
    WRONG(question, "? WHATSAT b00000007.bench 10 5\n"),
    RIGHT(question, "AT Wilkes +0.500000000 b00000007.bench +46.5+002.5 1795389315\n{\n \"a\": 1\n}\n\n"),
};

static void verdicts(void **state)
{
    (void)state;
    struct bench_checker checker = {0};
    learn(&checker);
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        const struct reply *reply = &replies[i];
        size_t length = 0;
        assert_int_equal(bench_check(&checker, reply->request, reply->text, &length), reply->verdict);
        if (reply->verdict != BENCH_RIGHT) continue;
        assert_int_equal(length, reply->text.length);
        for (size_t cut = 0; cut < reply->text.length; cut++) {
            struct herd_text part = {reply->text.bytes, cut};
            assert_int_equal(bench_check(&checker, reply->request, part, &length), BENCH_PART);
        }
    }
    herd_buffer_finish(&checker.head);
}

static void lines_of_the_load(void **state)
{
    (void)state;
    struct bench_options options = {.clients = 3, .zipf = true, .whatsat_percent = 50, .radius_km = 50, .bound = 20};
    struct bench_load load;
    unsigned questions = 0;
    bench_load_init(&load, &options);
    bench_load_advance(&load, INT64_C(1795389315860594549));
    for (unsigned i = 0; i < 5000; i++) {
        struct bench_request request;
        struct herd_command command;
        bench_load_next(&load, &request);
        assert_int_equal(request.line[request.length - 1], '\n');
        herd_command_parse((struct herd_text){request.line, request.length - 1u}, &command);
        assert_int_equal(command.kind, request.whatsat ? HERD_COMMAND_WHATSAT : HERD_COMMAND_IAMAT);
        if (!request.whatsat) assert_true(command.as.iamat.time_ns == load.time_ns);
        questions += request.whatsat;
    }
    assert_in_range(questions, 2200, 2800);
    bench_load_finish(&load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts),
        cmocka_unit_test(lines_of_the_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
