/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/store/fixture.h"

#include "sidecar/audit/limits.h"
#include "sidecar/audit/refusals.h"
#include "sidecar/loop/loop.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define WINDOW (100 * GV_MILLISECOND)

/* What was written, and whether the store takes anything. */
struct sink {
    pthread_mutex_t mutex;
    bool broken;
    int events;   /* without a count */
    int counted;  /* with one */
    int64_t sum;  /* of their counts */
    int overflow; /* events of keys beyond the limit */
    char resource[1024];
};

static bool take(void *ctx, const struct gv_audit_event *event, bool wait)
{
    struct sink *sink = ctx;
    (void)wait;
    pthread_mutex_lock(&sink->mutex);
    bool ok = !sink->broken;
    if (ok && event->field_count > 0) {
        sink->counted++;
        sink->sum += event->fields[0].integer;
        sink->overflow += strcmp(event->event_type, "REFUSALS_OVERFLOW") == 0;
        snprintf(sink->resource, sizeof(sink->resource), "%s",
                 event->resource ? event->resource : "");
    } else if (ok) {
        sink->events++;
    }
    pthread_mutex_unlock(&sink->mutex);
    return ok;
}

static void refuse(struct gv_refusals *refusals, const char *actor, const char *route, int times)
{
    const struct gv_audit_event event = {
        .event_type = "DENIED", .actor = actor, .action = "a", .resource = "model/churn"};
    for (int i = 0; i < times; i++) {
        gv_refusals_count(refusals, &event, route);
    }
}

static void rest(gv_duration duration)
{
    const struct timespec pause = {.tv_nsec = (long)duration * 1000};
    nanosleep(&pause, NULL);
}

static void counts_each_key_by_itself(void **state)
{
    struct sink sink = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    struct gv_refusals *refusals = gv_refusals_start(take, &sink, GV_HOUR, NULL);
    (void)state;
    refuse(refusals, "idp|a", "/x", 5);
    refuse(refusals, "idp|b", "/x", 3);
    refuse(refusals, "idp|a", "/y", 1);
    assert_int_equal(sink.events, 3);

    gv_refusals_stop(refusals);

    assert_int_equal(sink.events, 3);
    assert_int_equal(sink.counted, 2);
    assert_int_equal(sink.sum, 4 + 2);
}

static void writes_the_count_when_the_window_ends(void **state)
{
    struct sink sink = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    struct gv_refusals *refusals = gv_refusals_start(take, &sink, WINDOW, NULL);
    (void)state;
    refuse(refusals, "idp|a", "/x", 5);
    int counted = 0;
    for (int i = 0; i < 100 && counted == 0; i++) {
        rest(WINDOW / 4);
        pthread_mutex_lock(&sink.mutex);
        counted = sink.counted;
        pthread_mutex_unlock(&sink.mutex);
    }
    assert_int_equal(counted, 1);
    assert_int_equal(sink.sum, 4);

    /* The window is over, so the next one is a first one again. */
    refuse(refusals, "idp|a", "/x", 1);
    gv_refusals_stop(refusals);

    assert_int_equal(sink.events, 2);
    assert_int_equal(sink.counted, 1);
}

static void shares_one_event_beyond_the_limit(void **state)
{
    static const int extra[] = {-1, 0, 1, 500};
    (void)state;
    for (size_t i = 0; i < sizeof(extra) / sizeof(extra[0]); i++) {
        struct sink sink = {.mutex = PTHREAD_MUTEX_INITIALIZER};
        struct gv_refusals *refusals = gv_refusals_start(take, &sink, GV_HOUR, NULL);
        char actor[32];
        for (int key = 0; key < GV_AUDIT_REFUSALS_MAX + extra[i]; key++) {
            snprintf(actor, sizeof(actor), "idp|%d", key);
            refuse(refusals, actor, "/x", 1);
        }
        gv_refusals_stop(refusals);
        assert_int_equal(sink.events, GV_AUDIT_REFUSALS_MAX + (extra[i] < 0 ? extra[i] : 0));
        assert_int_equal(sink.overflow, extra[i] > 0 ? 1 : 0);
        assert_int_equal(sink.sum, extra[i] > 0 ? extra[i] : 0);
    }
}

static void counts_on_while_the_store_takes_nothing(void **state)
{
    struct sink sink = {.mutex = PTHREAD_MUTEX_INITIALIZER, .broken = true};
    struct gv_refusals *refusals = gv_refusals_start(take, &sink, WINDOW, NULL);
    (void)state;
    refuse(refusals, "idp|a", "/x", 7);
    rest(3 * WINDOW);
    pthread_mutex_lock(&sink.mutex);
    sink.broken = false;
    pthread_mutex_unlock(&sink.mutex);

    gv_refusals_stop(refusals);

    assert_int_equal(sink.events, 0);
    assert_int_equal(sink.counted, 1);
    assert_int_equal(sink.sum, 7);
}

static void cuts_what_it_keeps(void **state)
{
    struct sink sink = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    struct gv_refusals *refusals = gv_refusals_start(take, &sink, GV_HOUR, NULL);
    char resource[1000];
    (void)state;
    memset(resource, 'x', sizeof(resource) - 1);
    resource[sizeof(resource) - 1] = '\0';
    const struct gv_audit_event event = {.event_type = "DENIED", .resource = resource};

    gv_refusals_count(refusals, &event, NULL);
    gv_refusals_count(refusals, &event, NULL);
    gv_refusals_stop(refusals);

    assert_int_equal(strlen(sink.resource), GV_AUDIT_REFUSAL_TEXT);
}

static void *flood(void *ctx)
{
    refuse(ctx, "idp|a", "/x", 1000);
    return NULL;
}

static void counts_exactly_what_many_threads_refuse(void **state)
{
    struct sink sink = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    struct gv_refusals *refusals = gv_refusals_start(take, &sink, GV_MILLISECOND, NULL);
    pthread_t threads[4];
    (void)state;
    for (int i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, flood, refusals);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }

    gv_refusals_stop(refusals);

    assert_int_equal(sink.events + sink.sum, 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_each_key_by_itself),
        cmocka_unit_test(writes_the_count_when_the_window_ends),
        cmocka_unit_test(shares_one_event_beyond_the_limit),
        cmocka_unit_test(counts_on_while_the_store_takes_nothing),
        cmocka_unit_test(cuts_what_it_keeps),
        cmocka_unit_test(counts_exactly_what_many_threads_refuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
