/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/audit/chain.h"

#include "policies/engine/base/json.h"
#include "sidecar/audit/limits.h"
#include "sidecar/audit/line.h"
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

static const struct gv_json *parse(struct fixture *fixture, const struct gv_audit_row *row)
{
    const struct gv_json *line = gv_json_parse(
        fixture->arena, (struct gv_slice){row->line, row->line_len}, NULL, &fixture->err);
    assert_non_null(line);
    return line;
}

static void opens_links_and_closes_a_chain(void **state)
{
    struct fixture *fixture = *state;
    struct gv_audit *audit = chain_open(fixture, "w");
    assert_true(chain_write(fixture, audit, "A"));
    gv_audit_set_policy_digest(audit, "sha256:two");
    assert_true(chain_write(fixture, audit, "B"));
    gv_audit_close(audit);

    struct chain_rows chain = chain_read(fixture, "w");

    static const char *const types[] = {"chain.open", "A", "B", "chain.close"};
    static const char *const digests[] = {"sha256:one", "sha256:one", "sha256:two", "sha256:two"};
    const char *prev = GV_AUDIT_GENESIS;
    assert_int_equal(chain.count, 4);
    for (size_t i = 0; i < 4; i++) {
        const struct gv_json *line = parse(fixture, &chain.rows[i]);
        assert_int_equal(chain.rows[i].seq, i + 1);
        assert_string_equal(chain.rows[i].event_type, types[i]);
        assert_true(gv_slice_is(gv_json_get_string(line, "prev"), prev));
        assert_true(gv_slice_is(gv_json_get_string(line, "policy_digest"), digests[i]));
        prev = chain.rows[i].hash;
    }
}

static void begins_an_epoch_that_names_the_end_of_the_last(void **state)
{
    struct fixture *fixture = *state;
    gv_audit_close(chain_open(fixture, "w"));
    gv_audit_close(chain_open(fixture, "w"));

    struct chain_rows chain = chain_read(fixture, "w");

    int64_t number;
    assert_int_equal(chain.count, 4);
    assert_int_equal(chain.rows[2].epoch, 2);
    assert_int_equal(chain.rows[2].seq, 3);
    const struct gv_json *line = parse(fixture, &chain.rows[2]);
    assert_true(gv_json_int(gv_json_get(line, "previous_epoch"), &number) && number == 1);
    assert_true(gv_json_int(gv_json_get(line, "previous_seq"), &number) && number == 2);
    assert_true(gv_slice_is(gv_json_get_string(line, "previous_hash"), chain.rows[1].hash));
    assert_true(gv_slice_is(gv_json_get_string(line, "version"), "0.1.0"));
}

static void records_who_and_what_in_columns(void **state)
{
    static const struct {
        const char *resource, *decision, *type, *id;
    } cases[] = {
        {"model/churn/v1", NULL, "model", "model/churn/v1"},
        {"workspace/w/model/churn/v1", NULL, "model", "workspace/w/model/churn/v1"},
        {"model/churn/v1", "d1", "decision", "d1"},
    };
    struct fixture *fixture = *state;
    struct gv_audit *audit = chain_open(fixture, "w");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct chain_write write = {audit, chain_event("A"), false};
        write.event.resource = cases[i].resource;
        write.event.decision_id = cases[i].decision;
        assert_true(fixture_write(fixture, chain_write_work, &write));

        struct chain_rows chain = chain_read(fixture, "w");

        const struct gv_audit_row *row = &chain.rows[chain.count - 1];
        assert_string_equal(row->entity_type, cases[i].type);
        assert_string_equal(row->entity_id, cases[i].id);
        assert_string_equal(row->resource, cases[i].resource);
        assert_string_equal(row->actor, "https://idp|ds-001");
        assert_string_equal(row->workspace, "default");
    }
    gv_audit_close(audit);
}

static void leaves_no_gap_when_a_transaction_fails(void **state)
{
    struct fixture *fixture = *state;
    struct gv_audit *audit = chain_open(fixture, "w");
    struct chain_write failing = {audit, chain_event("LOST"), true};
    assert_true(chain_write(fixture, audit, "A"));
    assert_false(fixture_write(fixture, chain_write_work, &failing));
    assert_true(chain_write(fixture, audit, "B"));
    gv_audit_close(audit);

    struct gv_audit_verdict verdict = chain_verify(fixture);

    assert_true(verdict.valid);
    assert_int_equal(verdict.events, 4);
}

struct submitter {
    struct fixture *fixture;
    struct gv_audit *audit;
    pthread_t thread;
    atomic_int *done;
};

static void count_done(void *ctx, const struct gv_error *err)
{
    assert_null(err);
    atomic_fetch_add((atomic_int *)ctx, 1);
}

static void *submit(void *ctx)
{
    struct submitter *submitter = ctx;
    for (int i = 0; i < 100; i++) {
        char resource[] = "model/gone/v1";
        struct gv_audit_event event = chain_event("S");
        event.resource = resource;
        assert_true(
            gv_audit_submit(submitter->audit, &event, NULL, count_done, submitter->done, NULL));
        memset(resource, 'x', sizeof(resource) - 1);
    }
    return NULL;
}

static void chains_what_many_threads_submit(void **state)
{
    struct fixture *fixture = *state;
    struct submitter submitters[4];
    struct gv_audit *audit = chain_open(fixture, "w");
    atomic_int done = 0;
    for (int i = 0; i < 4; i++) {
        submitters[i] = (struct submitter){.fixture = fixture, .audit = audit, .done = &done};
        pthread_create(&submitters[i].thread, NULL, submit, &submitters[i]);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(submitters[i].thread, NULL);
    }
    gv_audit_close(audit);

    struct chain_rows chain = chain_read(fixture, "w");

    assert_int_equal(atomic_load(&done), 400);
    assert_int_equal(chain.count, 402);
    assert_string_equal(chain.rows[200].resource, "model/gone/v1");
    assert_true(chain_verify(fixture).valid);
}

static void refuses_a_second_process_of_one_writer(void **state)
{
    struct fixture *fixture = *state;
    struct gv_audit *first = chain_open(fixture, "w");
    struct gv_audit *second = chain_open(fixture, "w");

    assert_false(chain_write(fixture, first, "A"));
    assert_int_equal(fixture->err.code, GV_ERROR_CONFLICT);
    assert_true(chain_write(fixture, second, "B"));

    gv_audit_close(second);
    gv_audit_close(first);
    assert_true(chain_verify(fixture).valid);
}

static void refuses_an_event_that_is_too_large(void **state)
{
    struct fixture *fixture = *state;
    static char text[GV_AUDIT_LINE_MAX + 1];
    struct gv_audit *audit = chain_open(fixture, "w");
    struct chain_write write = {audit, chain_event("A"), false};
    memset(text, 'x', sizeof(text) - 1);
    write.event.resource = text;

    assert_false(fixture_write(fixture, chain_write_work, &write));

    assert_int_equal(fixture->err.code, GV_ERROR_LIMIT);
    gv_audit_close(audit);
}

static void records_a_flood_of_refusals_as_two_events(void **state)
{
    struct fixture *fixture = *state;
    struct gv_audit *audit = chain_open(fixture, "w");
    const struct gv_audit_event event = chain_event("ACCESS_DENIED");
    for (int i = 0; i < 1000; i++) {
        gv_audit_refusal(audit, &event, "/api/2.0/x");
    }
    gv_audit_close(audit);

    struct chain_rows chain = chain_read(fixture, "w");

    int64_t count;
    assert_int_equal(chain.count, 4);
    const struct gv_json *line = parse(fixture, &chain.rows[2]);
    assert_true(gv_json_int(gv_json_get(line, "count"), &count));
    assert_int_equal(count, 999);
    assert_true(gv_slice_is(gv_json_get_string(line, "route"), "/api/2.0/x"));
    assert_true(gv_slice_is(gv_json_get_string(line, "actor"), "ds-001"));
    assert_true(chain_verify(fixture).valid);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(opens_links_and_closes_a_chain),
        TEST(begins_an_epoch_that_names_the_end_of_the_last),
        TEST(records_who_and_what_in_columns),
        TEST(leaves_no_gap_when_a_transaction_fails),
        TEST(chains_what_many_threads_submit),
        TEST(refuses_a_second_process_of_one_writer),
        TEST(refuses_an_event_that_is_too_large),
        TEST(records_a_flood_of_refusals_as_two_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
