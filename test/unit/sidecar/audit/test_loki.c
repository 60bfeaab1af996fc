/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/audit/chain.h"
#include "test/unit/sidecar/audit/sink.h"

#include "policies/engine/base/json.h"
#include "sidecar/audit/limits.h"
#include "sidecar/audit/line.h"
#include "sidecar/audit/loki.h"
#include "sidecar/telemetry/metrics.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- events --- */

struct rows {
    int64_t first, count;
    gv_time at;
    const char *mark; /* in the line of the middle event */
};

static bool rows_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    const struct rows *rows = ctx;
    char line[256];
    char hash[GV_SHA256_HEX_SIZE];
    bool ok = true;
    for (int64_t seq = rows->first; ok && seq < rows->first + rows->count; seq++) {
        bool marked = rows->mark && seq == rows->first + rows->count / 2;
        int length = snprintf(line, sizeof(line), "{\"seq\":%lld,\"mark\":\"%s\"}", (long long)seq,
                              marked ? rows->mark : "");
        gv_audit_hash((struct gv_slice){line, (size_t)length}, hash);
        const struct gv_audit_row row = {.writer = "w",
                                         .epoch = 1,
                                         .seq = seq,
                                         .at = rows->at,
                                         .workspace = "default",
                                         .event_type = "T",
                                         .line = line,
                                         .line_len = (size_t)length,
                                         .hash = hash};
        ok = gv_store_audit_append(tx, &row, err);
    }
    return ok;
}

/* Events first..first+count-1 of writer "w", all of one instant. */
static void write_rows(struct fixture *fixture, int64_t first, int64_t count, const char *mark)
{
    struct rows rows = {first, count, gv_clock_wall() - GV_SECOND, mark};
    assert_true(fixture_write(fixture, rows_work, &rows));
}

static bool cursor_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    int64_t last;
    return gv_store_cursor_get(tx, "loki", "w", ctx, &last, err);
}

static int64_t cursor(struct fixture *fixture)
{
    int64_t seq;
    assert_true(fixture_read(fixture, cursor_work, &seq));
    return seq;
}

/* --- forwarder --- */

static struct gv_loki *start(struct fixture *fixture, const struct sink *sink)
{
    const struct gv_loki_options options = {.url = sink->url, .writer = "w"};
    struct gv_loki *loki = gv_loki_start(fixture->store, &options, &fixture->err);
    assert_non_null(loki);
    return loki;
}

/* --- what arrived --- */

/* Reads a push: its number of entries, its first and last seq, and whether its times increase. */
struct seen {
    size_t count;
    int64_t first, last;
    int64_t first_at, last_at;
    bool increasing;
    const char *line; /* of the first entry */
};

static struct seen look(struct gv_arena *arena, const struct sink_push *push)
{
    struct seen seen = {.increasing = true};
    const struct gv_json *body = gv_json_parse(arena, gv_slice_from(push->body), NULL, NULL);
    const struct gv_json *stream = gv_json_get(body, "streams");
    assert_non_null(stream);
    const struct gv_json *values = gv_json_get(stream->as.array.items[0], "values");
    seen.count = values->as.array.count;
    for (size_t i = 0; i < seen.count; i++) {
        const struct gv_json *entry = values->as.array.items[i];
        int64_t at = strtoll(entry->as.array.items[0]->as.string.ptr, NULL, 10);
        const struct gv_json *line =
            gv_json_parse(arena, entry->as.array.items[1]->as.string, NULL, NULL);
        int64_t seq = 0;
        gv_json_int(gv_json_get(line, "seq"), &seq);
        seen.increasing =
            seen.increasing && (i == 0 || (at > seen.last_at && seq == seen.last + 1));
        seen.first = i == 0 ? seq : seen.first;
        seen.first_at = i == 0 ? at : seen.first_at;
        seen.line = i == 0 ? entry->as.array.items[1]->as.string.ptr : seen.line;
        seen.last = seq;
        seen.last_at = at;
    }
    return seen;
}

/* Whether the pushes that were stored bring 1..last once each, in order. */
static void require_in_order(struct fixture *fixture, struct sink *sink, int64_t last)
{
    int64_t seq = 0;
    int64_t at = 0;
    for (size_t i = 0; i < sink->count; i++) {
        if (sink->pushes[i].status != 204) {
            continue;
        }
        struct seen seen = look(fixture->arena, &sink->pushes[i]);
        assert_true(seen.increasing);
        assert_int_equal(seen.first, seq + 1);
        assert_true(seen.first_at > at);
        seq = seen.last;
        at = seen.last_at;
    }
    assert_int_equal(seq, last);
}

/* --- tests --- */

static int store_all(struct sink *sink, const struct sink_push *push, const char **ret_text)
{
    (void)sink;
    (void)push;
    (void)ret_text;
    return 204;
}

static void sends_events_in_order_with_their_labels(void **state)
{
    struct fixture *fixture = *state;
    struct sink sink;
    write_rows(fixture, 1, 1200, NULL);
    sink_start(&sink, store_all);
    const struct gv_loki_options options = {
        .url = sink.url, .writer = "w", .tenant = "team", .cluster = "c\"1", .namespace_ = "ml"};
    struct gv_loki *loki = gv_loki_start(fixture->store, &options, &fixture->err);
    assert_true(sink_wait(&sink, 204, 3));
    gv_loki_stop(loki, GV_SECOND);

    require_in_order(fixture, &sink, 1200);
    assert_int_equal(sink.count, 3);
    assert_int_equal(cursor(fixture), 1200);
    assert_int_equal(gv_metric_get(GV_METRIC_AUDIT_OUTBOX), 0);
    const char *head = sink.pushes[0].head;
    assert_non_null(strstr(head, "POST /loki/api/v1/push HTTP/1.1\r\n"));
    assert_non_null(strstr(head, "X-Scope-OrgID: team\r\n"));
    assert_non_null(strstr(head, "Content-Encoding: gzip\r\n"));
    assert_non_null(strstr(sink.pushes[0].body,
                           "{\"stream\":{\"service_name\":\"gavel\",\"job\":\"audit\","
                           "\"writer\":\"w\",\"cluster\":\"c\\\"1\",\"namespace\":\"ml\"}"));
    sink_stop(&sink);
}

/* Fails in three ways that may pass before it stores; 0 is a connection that is cut. */
static const int troubles[][3] = {{500, 0, 429}, {260, 200, 503}};
static size_t round_of_troubles;

static int store_after_troubles(struct sink *sink, const struct sink_push *push,
                                const char **ret_text)
{
    (void)push;
    *ret_text = "not now";
    return sink->count < 3 ? troubles[round_of_troubles][sink->count] : 204;
}

static void sends_the_same_bytes_until_they_are_stored(void **state)
{
    for (round_of_troubles = 0; round_of_troubles < 2; round_of_troubles++) {
        struct sink sink;
        fixture_open(state);
        struct fixture *fixture = *state;
        write_rows(fixture, 1, 10, NULL);
        sink_start(&sink, store_after_troubles);
        struct gv_loki *loki = start(fixture, &sink);
        assert_true(sink_wait(&sink, troubles[round_of_troubles][2], 1));
        /* The wait before the fourth push is random and may be none. While the sink is held it
         * cannot be answered, so unless it was already, nothing may have moved. */
        pthread_mutex_lock(&sink.mutex);
        bool unstored = sink.count == 3;
        int64_t moved_to = cursor(fixture);
        gv_time stored_at = gv_loki_last_success(loki);
        pthread_mutex_unlock(&sink.mutex);
        assert_true(!unstored || (moved_to == 0 && stored_at == 0));
        assert_true(sink_wait(&sink, 204, 1));
        gv_loki_stop(loki, GV_SECOND);

        assert_int_equal(cursor(fixture), 10);
        for (size_t i = 1; i < sink.count; i++) {
            assert_int_equal(sink.pushes[i].raw_len, sink.pushes[0].raw_len);
            assert_memory_equal(sink.pushes[i].raw, sink.pushes[0].raw, sink.pushes[0].raw_len);
        }
        sink_stop(&sink);
        fixture_close(state);
    }
}

static int refuse_poison(struct sink *sink, const struct sink_push *push, const char **ret_text)
{
    (void)sink;
    *ret_text = "line too long";
    return strstr(push->body, "POISON") ? 400 : 204;
}

static void names_a_poisonous_event_and_sends_the_others(void **state)
{
    struct fixture *fixture = *state;
    struct sink sink;
    write_rows(fixture, 1, 64, "POISON");
    sink_start(&sink, refuse_poison);
    struct gv_loki *loki = start(fixture, &sink);
    for (int i = 0; i < 1000 && cursor(fixture) < 64; i++) {
        usleep(5000);
    }
    gv_loki_stop(loki, GV_SECOND);

    bool named = false;
    require_in_order(fixture, &sink, 64);
    for (size_t i = 0; i < sink.count; i++) {
        struct seen seen = look(fixture->arena, &sink.pushes[i]);
        if (sink.pushes[i].status == 204 && seen.count == 1 && seen.first == 33) {
            named = strstr(seen.line, "\"event_type\":\"chain.gap\"") &&
                    strstr(seen.line, "\"hash\":\"");
        }
    }
    assert_true(named);
    assert_int_equal(cursor(fixture), 64);
    sink_stop(&sink);
}

static int refuse_large(struct sink *sink, const struct sink_push *push, const char **ret_text)
{
    (void)sink;
    (void)ret_text;
    return strlen(push->body) > 2000 ? 413 : 204;
}

static void halves_what_is_too_large(void **state)
{
    struct fixture *fixture = *state;
    struct sink sink;
    write_rows(fixture, 1, 100, NULL);
    sink_start(&sink, refuse_large);
    struct gv_loki *loki = start(fixture, &sink);
    for (int i = 0; i < 1000 && cursor(fixture) < 100; i++) {
        usleep(5000);
    }
    gv_loki_stop(loki, GV_SECOND);

    require_in_order(fixture, &sink, 100);
    sink_stop(&sink);
}

/* As Loki after an outage: nothing older than an hour. */
static int refuse_old(struct sink *sink, const struct sink_push *push, const char **ret_text)
{
    const char *at = strstr(push->body, "[[\"");
    (void)sink;
    *ret_text = "entry for stream '{}' has timestamp too old: 2026";
    return strtoll(at + 3, NULL, 10) / 1000 < gv_clock_wall() - GV_HOUR ? 400 : 204;
}

static void sends_an_old_event_under_the_time_of_now(void **state)
{
    struct fixture *fixture;
    const gv_duration ages[] = {2 * GV_HOUR, 8 * GV_DAY};
    for (size_t i = 0; i < 2; i++) {
        struct sink sink;
        fixture_open(state);
        fixture = *state;
        struct rows rows = {1, 5, gv_clock_wall() - ages[i], NULL};
        assert_true(fixture_write(fixture, rows_work, &rows));
        sink_start(&sink, refuse_old);
        struct gv_loki *loki = start(fixture, &sink);
        for (int tries = 0; tries < 1000 && cursor(fixture) < 5; tries++) {
            usleep(5000);
        }
        gv_loki_stop(loki, GV_SECOND);

        require_in_order(fixture, &sink, 5);
        for (size_t p = 0; p < sink.count; p++) {
            assert_null(strstr(sink.pushes[p].body, "chain.gap"));
        }
        sink_stop(&sink);
        fixture_close(state);
    }
}

static int refuse_everything(struct sink *sink, const struct sink_push *push, const char **ret_text)
{
    (void)sink;
    (void)push;
    *ret_text = "missing labels";
    return 400;
}

static void skips_nothing_when_everything_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct sink sink;
    write_rows(fixture, 1, 4, NULL);
    sink_start(&sink, refuse_everything);
    struct gv_loki *loki = start(fixture, &sink);
    assert_true(sink_wait(&sink, 400, 8));

    assert_int_equal(cursor(fixture), 0);
    gv_loki_stop(loki, 0);
    sink_stop(&sink);
}

static int want_token_two(struct sink *sink, const struct sink_push *push, const char **ret_text)
{
    (void)sink;
    *ret_text = "no";
    return strstr(push->head, "Authorization: Bearer two") ? 204 : 401;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
}

static void reads_its_token_again_when_it_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct sink sink;
    char path[128];
    snprintf(path, sizeof(path), "%s/token", fixture->directory);
    write_file(path, "one\n");
    write_rows(fixture, 1, 1, NULL);
    sink_start(&sink, want_token_two);
    const struct gv_loki_options options = {.url = sink.url, .writer = "w", .bearer_file = path};
    struct gv_loki *loki = gv_loki_start(fixture->store, &options, &fixture->err);
    assert_true(sink_wait(&sink, 401, 1));
    write_file(path, "two\n");

    assert_true(sink_wait(&sink, 204, 1));

    assert_non_null(strstr(sink.pushes[0].head, "Bearer one"));
    gv_loki_stop(loki, GV_SECOND);
    sink_stop(&sink);
}

static void goes_on_where_the_last_process_ended(void **state)
{
    struct fixture *fixture = *state;
    struct sink sink;
    sink_start(&sink, store_all);
    write_rows(fixture, 1, 3, NULL);
    struct gv_loki *loki = start(fixture, &sink);
    assert_true(sink_wait(&sink, 204, 1));
    gv_loki_stop(loki, GV_SECOND);
    fixture_reopen(fixture);
    write_rows(fixture, 4, 3, NULL);

    loki = start(fixture, &sink);
    assert_true(sink_wait(&sink, 204, 2));
    gv_loki_stop(loki, GV_SECOND);

    require_in_order(fixture, &sink, 6);
    sink_stop(&sink);
}

static void sends_what_comes_while_it_waits(void **state)
{
    struct fixture *fixture = *state;
    struct sink sink;
    sink_start(&sink, store_all);
    struct gv_loki *loki = start(fixture, &sink);
    for (int64_t seq = 1; seq <= 5; seq++) {
        write_rows(fixture, seq, 1, NULL);
        gv_loki_wake(loki);
        assert_true(sink_wait(&sink, 204, (size_t)seq));
    }
    gv_loki_stop(loki, GV_SECOND);

    require_in_order(fixture, &sink, 5);
    sink_stop(&sink);
}

static int never_answer(struct sink *sink, const struct sink_push *push, const char **ret_text)
{
    (void)sink;
    (void)push;
    (void)ret_text;
    return -1;
}

static void stops_in_time_though_nobody_answers(void **state)
{
    struct fixture *fixture = *state;
    struct sink sink;
    write_rows(fixture, 1, 1, NULL);
    sink_start(&sink, never_answer);
    struct gv_loki *loki = start(fixture, &sink);
    assert_true(sink_wait(&sink, -1, 1));
    gv_time begin = gv_clock_monotonic();

    gv_loki_stop(loki, 200 * GV_MILLISECOND);

    assert_true(gv_clock_monotonic() - begin < 3 * GV_SECOND);
    assert_int_equal(cursor(fixture), 0);
    sink_stop(&sink);
}

static void refuses_what_could_never_work(void **state)
{
    static const struct {
        const char *url, *tenant;
    } cases[] = {
        {"loki:3100", NULL}, {"ftp://loki", NULL},   {"", NULL},
        {"http://loki", ""}, {"http://loki", "a|b"}, {"http://loki", "a\r\nX-Other: b"},
    };
    struct fixture *fixture = *state;
    char tenant[GV_LOKI_TENANT_MAX + 2];
    struct gv_loki_options options = {.writer = "w"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        options.url = cases[i].url;
        options.tenant = cases[i].tenant;
        assert_null(gv_loki_start(fixture->store, &options, &fixture->err));
        assert_int_equal(fixture->err.code, GV_ERROR_INVALID);
    }
    memset(tenant, 'x', sizeof(tenant) - 1);
    tenant[sizeof(tenant) - 1] = '\0';
    options =
        (struct gv_loki_options){.url = "http://127.0.0.1:1", .writer = "w", .tenant = tenant};
    assert_null(gv_loki_start(fixture->store, &options, &fixture->err));
    options.tenant = tenant + 1;
    gv_loki_stop(gv_loki_start(fixture->store, &options, &fixture->err), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(sends_events_in_order_with_their_labels),
        cmocka_unit_test(sends_the_same_bytes_until_they_are_stored),
        TEST(names_a_poisonous_event_and_sends_the_others),
        TEST(halves_what_is_too_large),
        cmocka_unit_test(sends_an_old_event_under_the_time_of_now),
        TEST(skips_nothing_when_everything_is_refused),
        TEST(reads_its_token_again_when_it_is_refused),
        TEST(goes_on_where_the_last_process_ended),
        TEST(sends_what_comes_while_it_waits),
        TEST(stops_in_time_though_nobody_answers),
        TEST(refuses_what_could_never_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
