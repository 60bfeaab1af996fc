/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/loop/worker.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

struct log {
    unsigned ran;
    char name[16];
    sem_t started;
    sem_t release;
};

static void count(void *ctx)
{
    struct log *log = ctx;
    log->ran++;
}

static void block(void *ctx)
{
    struct log *log = ctx;
    pthread_getname_np(pthread_self(), log->name, sizeof(log->name));
    sem_post(&log->started);
    sem_wait(&log->release);
}

static void prepare(struct log *log)
{
    memset(log, 0, sizeof(*log));
    sem_init(&log->started, 0, 0);
    sem_init(&log->release, 0, 0);
}

static void finishes_what_is_queued_before_it_stops(void **state)
{
    (void)state;
    struct log log;
    prepare(&log);
    struct gv_worker *worker = gv_worker_start("committer", NULL);
    assert_non_null(worker);
    assert_true(gv_worker_post(worker, block, &log));
    sem_wait(&log.started);
    for (int i = 0; i < 1000; i++) {
        assert_true(gv_worker_post(worker, count, &log));
    }
    assert_int_equal(gv_worker_backlog(worker), 1000);
    sem_post(&log.release);
    assert_null(gv_worker_stop(worker));
    assert_int_equal(log.ran, 1000);
    assert_string_equal(log.name, "committer");
}

static void cuts_a_name_that_is_too_long(void **state)
{
    (void)state;
    struct log log;
    prepare(&log);
    sem_post(&log.release);
    struct gv_worker *worker = gv_worker_start("a-name-of-many-letters", NULL);
    gv_worker_post(worker, block, &log);
    gv_worker_stop(worker);
    assert_true(strlen(log.name) <= 15);
}

struct stopper {
    struct gv_worker *worker;
    bool refused;
    sem_t begun;
};

static void ignore(void *ctx)
{
    (void)ctx;
}

static void post_to_itself(void *ctx)
{
    struct stopper *stopper = ctx;
    sem_post(&stopper->begun);
    while (gv_worker_post(stopper->worker, ignore, NULL)) {
        struct timespec pause = {0, 1000000};
        nanosleep(&pause, NULL);
    }
    stopper->refused = true;
}

static void takes_nothing_more_once_it_stops(void **state)
{
    (void)state;
    struct stopper stopper = {.worker = gv_worker_start("stopper", NULL)};
    sem_init(&stopper.begun, 0, 0);
    gv_worker_post(stopper.worker, post_to_itself, &stopper);
    sem_wait(&stopper.begun);
    gv_worker_stop(stopper.worker);
    assert_true(stopper.refused);
}

static void accepts_null(void **state)
{
    (void)state;
    assert_null(gv_worker_stop(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finishes_what_is_queued_before_it_stops),
        cmocka_unit_test(cuts_a_name_that_is_too_long),
        cmocka_unit_test(takes_nothing_more_once_it_stops),
        cmocka_unit_test(accepts_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
