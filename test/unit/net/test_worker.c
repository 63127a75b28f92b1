/* SPDX-License-Identifier: MIT */

/* The worker: runs elsewhere, reports once, can be cancelled at any time. */

#include "netfixture.h"

#include <pthread.h>
#include <semaphore.h>

#include "herd/worker.h"

struct labour {
    struct herd_worker worker;
    pthread_t thread;
    sem_t begun;
    sem_t go_on;
    unsigned runs;
    unsigned dones;
    int status;
    bool saw_cancel;
};

static void on_run(struct herd_worker *worker)
{
    struct labour *labour = worker->owner;
    labour->thread = pthread_self();
    labour->runs++;
}

static void on_run_gated(struct herd_worker *worker)
{
    struct labour *labour = worker->owner;
    labour->runs++;
    sem_post(&labour->begun);
    sem_wait(&labour->go_on);
    labour->saw_cancel = herd_worker_cancelled(worker);
}

static void on_done(struct herd_worker *worker, int status)
{
    struct labour *labour = worker->owner;
    labour->dones++;
    labour->status = status;
}

static void test_runs_elsewhere_once(void **state)
{
    (void)state;
    struct herd_loop loop;
    assert_int_equal(herd_loop_init(&loop), 0);
    struct labour labour = {.status = 1};
    herd_worker_cancel(&labour.worker); /* never started: harmless */
    for (unsigned round = 1; round <= 2; round++) {
        herd_worker_start(&labour.worker, &loop, on_run, on_done, &labour);
        assert_int_equal(labour.dones, round - 1);
        herd_loop_run(&loop); /* a busy worker keeps it alive */
        assert_int_equal(labour.runs, round);
        assert_int_equal(labour.dones, round);
        assert_int_equal(labour.status, 0);
        assert_false(pthread_equal(labour.thread, pthread_self()));
        herd_worker_cancel(&labour.worker); /* done: harmless */
    }
    assert_int_equal(herd_loop_finish(&loop), 0);
}

static void test_cancel_while_it_runs(void **state)
{
    (void)state;
    struct herd_loop loop;
    assert_int_equal(herd_loop_init(&loop), 0);
    struct labour labour = {.status = 1};
    sem_init(&labour.begun, 0, 0);
    sem_init(&labour.go_on, 0, 0);
    herd_worker_start(&labour.worker, &loop, on_run_gated, on_done, &labour);
    sem_wait(&labour.begun);
    herd_worker_cancel(&labour.worker);
    herd_worker_cancel(&labour.worker);
    assert_int_equal(labour.dones, 0);
    sem_post(&labour.go_on);
    herd_loop_run(&loop);
    assert_int_equal(labour.runs, 1);
    assert_true(labour.saw_cancel);
    assert_int_equal(labour.dones, 1);
    assert_int_equal(labour.status, -ECANCELED);
    sem_destroy(&labour.begun);
    sem_destroy(&labour.go_on);
    assert_int_equal(herd_loop_finish(&loop), 0);
}

/* More gated workers than the pool has threads: the last one waits, and is taken back without having run. */
static void test_cancel_before_it_runs(void **state)
{
    (void)state;
    enum { COUNT = 4 };
    struct herd_loop loop;
    assert_int_equal(herd_loop_init(&loop), 0);
    struct labour busy[COUNT], waiting = {.status = 1};
    memset(busy, 0, sizeof busy);
    for (unsigned i = 0; i < COUNT; i++) {
        sem_init(&busy[i].begun, 0, 0);
        sem_init(&busy[i].go_on, 0, 0);
        herd_worker_start(&busy[i].worker, &loop, on_run_gated, on_done, &busy[i]);
    }
    for (unsigned i = 0; i < COUNT; i++)
        sem_wait(&busy[i].begun);
    herd_worker_start(&waiting.worker, &loop, on_run, on_done, &waiting);
    herd_worker_cancel(&waiting.worker);
    assert_int_equal(waiting.dones, 0); /* not inside the call */
    for (unsigned i = 0; i < COUNT; i++)
        sem_post(&busy[i].go_on);
    herd_loop_run(&loop);
    assert_int_equal(waiting.runs, 0);
    assert_int_equal(waiting.dones, 1);
    assert_int_equal(waiting.status, -ECANCELED);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_int_equal(busy[i].dones, 1);
        assert_int_equal(busy[i].status, 0);
        sem_destroy(&busy[i].begun);
        sem_destroy(&busy[i].go_on);
    }
    assert_int_equal(herd_loop_finish(&loop), 0);
}

int main(void)
{
    setenv("UV_THREADPOOL_SIZE", "4", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_elsewhere_once),
        cmocka_unit_test(test_cancel_while_it_runs),
        cmocka_unit_test(test_cancel_before_it_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
