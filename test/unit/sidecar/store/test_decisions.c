/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/store/fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static void gives_back_what_was_recorded(void **state)
{
    struct fixture *fixture = *state;
    struct gv_decision wanted = fixture_decision("d1");
    struct gv_decision got;
    wanted.description = "näher \"quoted\"; DROP TABLE decisions";
    wanted.author = "https://idp|ds-002";
    wanted.model_version = INT64_MAX;

    assert_true(fixture_insert(fixture, &wanted));
    assert_true(fixture_get(fixture, "d1", &got));

    assert_string_equal(got.id, "d1");
    assert_string_equal(got.workspace, "default");
    assert_string_equal(got.type, "model_promotion");
    assert_string_equal(got.description, wanted.description);
    assert_string_equal(got.author, wanted.author);
    assert_string_equal(got.request, wanted.request);
    assert_null(got.activity);
    assert_null(got.lease_owner);
    assert_int_equal(got.state, GV_STATE_PENDING);
    assert_true(got.model_version == INT64_MAX);
    assert_int_equal(got.version, 1);
    assert_int_equal(got.expires_at, 9000);
}

static void does_not_find_an_unknown_id(void **state)
{
    struct fixture *fixture = *state;
    struct gv_decision got;

    assert_false(fixture_get(fixture, "nothing", &got));

    assert_int_equal(fixture->err.code, GV_ERROR_NOT_FOUND);
}

static void refuses_a_second_active_request(void **state)
{
    struct fixture *fixture = *state;
    struct gv_decision first = fixture_decision("d1");
    struct gv_decision second = fixture_decision("d2");
    assert_true(fixture_insert(fixture, &first));

    assert_false(fixture_insert(fixture, &second));
    assert_int_equal(fixture->err.code, GV_ERROR_CONFLICT);
    assert_non_null(strstr(fixture->err.message, "churn"));

    first.state = GV_STATE_EXPIRED;
    assert_true(fixture_update(fixture, &first));
    assert_true(fixture_insert(fixture, &second));
}

static void admits_requests_that_differ_in_one_part_of_the_key(void **state)
{
    struct fixture *fixture = *state;
    struct gv_decision decision = fixture_decision("d1");
    assert_true(fixture_insert(fixture, &decision));

    struct gv_decision other = fixture_decision("d2");
    other.workspace = "team-b";
    assert_true(fixture_insert(fixture, &other));
    other = fixture_decision("d3");
    other.model_version = 2;
    assert_true(fixture_insert(fixture, &other));
    other = fixture_decision("d4");
    other.target = "archived";
    assert_true(fixture_insert(fixture, &other));
    other = fixture_decision("d5");
    other.type = "model_retraining";
    assert_true(fixture_insert(fixture, &other));
}

static void refuses_an_update_of_an_old_version(void **state)
{
    struct fixture *fixture = *state;
    struct gv_decision mine = fixture_decision("d1");
    struct gv_decision theirs = mine;
    assert_true(fixture_insert(fixture, &mine));
    mine.state = GV_STATE_AWAITING_APPROVAL;
    assert_true(fixture_update(fixture, &mine));
    assert_int_equal(mine.version, 2);

    theirs.reason = "lost";
    assert_false(fixture_update(fixture, &theirs));

    assert_int_equal(fixture->err.code, GV_ERROR_STALE);
    assert_int_equal(theirs.version, 1);
}

static void keeps_what_was_asked_for(void **state)
{
    struct fixture *fixture = *state;
    struct gv_decision decision = fixture_decision("d1");
    struct gv_decision got;
    assert_true(fixture_insert(fixture, &decision));

    decision.model = "other";
    decision.target = "archived";
    decision.requester = "https://idp|mallory";
    decision.reason = "waits for MLflow";
    assert_true(fixture_update(fixture, &decision));
    assert_true(fixture_get(fixture, "d1", &got));

    assert_string_equal(got.model, "churn");
    assert_string_equal(got.target, "production");
    assert_string_equal(got.requester, "https://idp|ds-001");
    assert_string_equal(got.reason, "waits for MLflow");
}

static void lets_only_legal_edges_pass(void **state)
{
    struct fixture *fixture = *state;
    char sql[512];
    char message[256];
    for (int from = 0; from < GV_STATE_COUNT; from++) {
        for (int to = 0; to < GV_STATE_COUNT; to++) {
            bool legal = from == to;
            for (size_t i = 0; i < GV_TRANSITIONS_COUNT; i++) {
                legal = legal ||
                        ((int)GV_TRANSITIONS[i].from == from && (int)GV_TRANSITIONS[i].to == to);
            }
            /* The state to begin with is put in past the triggers, which is what a test may do. */
            snprintf(sql, sizeof(sql),
                     "BEGIN; DROP TRIGGER decisions_begin;"
                     "INSERT INTO decisions (id, workspace, type, state, version, model_version,"
                     " requester, created_at, updated_at, decided_at, expires_at, executed_at,"
                     " lease_until, attempts, next_attempt_at) VALUES ('x', 'w', 'other', '%s', 1,"
                     " 0, 'r', 1, 1, 0, 0, 0, 0, 0, 0);"
                     "UPDATE decisions SET state = '%s'; ROLLBACK",
                     gv_state_word((enum gv_state)from), gv_state_word((enum gv_state)to));

            int code = fixture_sql(fixture, sql, message);

            assert_int_equal(code, legal ? SQLITE_OK : SQLITE_CONSTRAINT);
            if (!legal) {
                assert_string_equal(message, "the state machine has no such transition");
            }
        }
    }
}

static void refuses_an_illegal_edge_by_its_name(void **state)
{
    struct fixture *fixture = *state;
    struct gv_decision decision = fixture_decision("d1");
    assert_true(fixture_insert(fixture, &decision));

    decision.state = GV_STATE_EXECUTED;
    assert_false(fixture_update(fixture, &decision));

    assert_int_equal(fixture->err.code, GV_ERROR_REFUSED);
    assert_non_null(strstr(fixture->err.message, "d1 cannot become executed"));
    assert_int_equal(decision.version, 1);
}

static void refuses_to_begin_at_the_end(void **state)
{
    struct fixture *fixture = *state;
    struct gv_decision decision = fixture_decision("d1");
    decision.state = GV_STATE_EXECUTED;

    assert_false(fixture_insert(fixture, &decision));
    assert_int_equal(fixture->err.code, GV_ERROR_REFUSED);

    decision.state = GV_STATE_AWAITING_APPROVAL;
    assert_true(fixture_insert(fixture, &decision));
}

static void refuses_raw_damage(void **state)
{
    struct fixture *fixture = *state;
    struct gv_decision decision = fixture_decision("d1");
    assert_true(fixture_insert(fixture, &decision));
    static const char *const attempts[] = {
        "UPDATE decisions SET state = 'blessed'",
        "UPDATE decisions SET state = 'executed'",
        "UPDATE decisions SET target = NULL",
        "UPDATE decisions SET version = 'one'",
        "DELETE FROM decisions",
        "INSERT OR REPLACE INTO decisions SELECT * FROM decisions",
    };
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        assert_int_not_equal(fixture_sql(fixture, attempts[i], NULL), SQLITE_OK);
    }
    assert_int_equal(
        fixture_number(fixture, "SELECT COUNT(*) FROM decisions WHERE state = 'pending'"), 1);
}

static void counts_active_states_as_the_machine_does(void **state)
{
    struct fixture *fixture = *state;
    char sql[256];
    for (int i = 0; i < GV_STATE_COUNT; i++) {
        enum gv_state one = (enum gv_state)i;
        snprintf(sql, sizeof(sql),
                 "SELECT instr(sql, '''%s''') > 0 FROM sqlite_schema"
                 " WHERE name = 'decisions_active'",
                 gv_state_word(one));
        assert_int_equal(fixture_number(fixture, sql), gv_state_phase(one) != GV_PHASE_ENDED);
    }
}

struct list {
    struct fixture *fixture;
    struct gv_decision_filter filter;
    struct gv_decision *rows;
    size_t count;
    gv_time at;
    int64_t number;
    bool yes;
};

static bool list_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct list *list = ctx;
    return gv_store_decision_list(tx, &list->filter, list->fixture->arena, &list->rows,
                                  &list->count, err);
}

static void lists_newest_first_by_filter(void **state)
{
    struct fixture *fixture = *state;
    char id[16];
    for (int i = 0; i < 30; i++) {
        snprintf(id, sizeof(id), "d%02d", i);
        struct gv_decision decision = fixture_decision(id);
        decision.created_at = 1000 + i;
        decision.model_version = i;
        decision.workspace = i % 2 ? "odd" : "even";
        decision.state = i % 3 ? GV_STATE_PENDING : GV_STATE_APPROVED;
        assert_true(fixture_insert(fixture, &decision));
    }
    const enum gv_state approved[] = {GV_STATE_APPROVED, GV_STATE_EXECUTING};
    struct list list = {.fixture = fixture, .filter = {.limit = 3, .offset = 1}};

    assert_true(fixture_read(fixture, list_work, &list));
    assert_int_equal(list.count, 3);
    assert_string_equal(list.rows[0].id, "d28");
    assert_string_equal(list.rows[2].id, "d26");

    list.filter = (struct gv_decision_filter){.workspace = "odd",
                                              .domain = "ml-platform",
                                              .type = "model_promotion",
                                              .model = "churn",
                                              .states = approved,
                                              .state_count = 2};
    assert_true(fixture_read(fixture, list_work, &list));
    assert_int_equal(list.count, 5);
    assert_string_equal(list.rows[0].id, "d27");

    list.filter = (struct gv_decision_filter){.model = "unknown"};
    assert_true(fixture_read(fixture, list_work, &list));
    assert_int_equal(list.count, 0);

    list.filter = (struct gv_decision_filter){.states = approved, .state_count = 0};
    assert_true(fixture_read(fixture, list_work, &list));
    assert_int_equal(list.count, 0);
}

static void answers_more_kinds_of_lists_than_it_keeps_statements(void **state)
{
    struct fixture *fixture = *state;
    struct gv_decision decision = fixture_decision("d1");
    enum gv_state states[GV_STATE_COUNT];
    assert_true(fixture_insert(fixture, &decision));
    for (int i = 0; i < GV_STATE_COUNT; i++) {
        states[i] = (enum gv_state)i;
    }
    for (unsigned mask = 0; mask < 16; mask++) {
        for (size_t count = 1; count <= GV_STATE_COUNT; count++) {
            struct list list = {.fixture = fixture,
                                .filter = {.workspace = mask & 1 ? "default" : NULL,
                                           .domain = mask & 2 ? "ml-platform" : NULL,
                                           .type = mask & 4 ? "model_promotion" : NULL,
                                           .model = mask & 8 ? "churn" : NULL,
                                           .states = states,
                                           .state_count = count}};
            assert_true(fixture_read(fixture, list_work, &list));
            assert_int_equal(list.count, 1);
        }
    }
}

static bool active_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct list *list = ctx;
    list->rows = gv_arena_alloc(list->fixture->arena, sizeof(*list->rows));
    return gv_store_decision_active(tx, "default", "churn", 1, "production", list->fixture->arena,
                                    list->rows, err);
}

static bool held_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct list *list = ctx;
    return gv_store_decision_held(tx, "default", "churn", 1, "production", &list->yes, err);
}

static bool count_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct list *list = ctx;
    return gv_store_decision_count(tx, GV_STATE_EXECUTED, &list->number, err);
}

static void knows_what_is_active_and_what_was_held(void **state)
{
    struct fixture *fixture = *state;
    struct list list = {.fixture = fixture};
    assert_false(fixture_read(fixture, active_work, &list));
    assert_int_equal(fixture->err.code, GV_ERROR_NOT_FOUND);
    struct gv_decision decision = fixture_decision("d1");
    assert_true(fixture_insert(fixture, &decision));
    assert_true(fixture_read(fixture, active_work, &list));
    assert_string_equal(list.rows->id, "d1");
    assert_true(fixture_read(fixture, held_work, &list));
    assert_false(list.yes);

    decision.state = GV_STATE_APPROVED;
    assert_true(fixture_update(fixture, &decision));
    decision.state = GV_STATE_EXECUTED;
    assert_true(fixture_update(fixture, &decision));

    assert_true(fixture_read(fixture, held_work, &list));
    assert_true(list.yes);
    assert_false(fixture_read(fixture, active_work, &list));
    assert_true(fixture_read(fixture, count_work, &list));
    assert_int_equal(list.number, 1);
}

static bool due_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct list *list = ctx;
    return gv_store_decision_due(tx, list->at, 10, list->fixture->arena, &list->rows, &list->count,
                                 err) &&
           gv_store_decision_next_due(tx, &list->number, err);
}

static void knows_what_is_due(void **state)
{
    static const struct {
        const char *what;
        enum gv_state states[3];
        gv_time expires, next, lease;
        gv_time due; /* 0: never */
    } cases[] = {
        {"waits without an end", {GV_STATE_AWAITING_APPROVAL}, 0, 0, 0, 0},
        {"waits until it expires", {GV_STATE_AWAITING_APPROVAL}, 500, 0, 0, 500},
        {"is approved", {GV_STATE_APPROVED}, 500, 0, 0, 1},
        {"waits for its next attempt", {GV_STATE_APPROVED}, 0, 700, 0, 700},
        {"is being executed", {GV_STATE_APPROVED, GV_STATE_EXECUTING}, 0, 0, 300, 300},
        {"backs off", {GV_STATE_APPROVED, GV_STATE_EXECUTING}, 0, 900, 300, 900},
        {"lost its lease", {GV_STATE_APPROVED, GV_STATE_EXECUTING}, 0, 0, 0, 1},
        {"is over", {GV_STATE_APPROVED, GV_STATE_EXECUTED}, 5, 5, 5, 0},
        {"was refused", {GV_STATE_AWAITING_APPROVAL, GV_STATE_REJECTED}, 5, 5, 5, 0},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gv_decision decision = fixture_decision(cases[i].what);
        struct list list = {.fixture = fixture};
        assert_true(fixture_insert(fixture, &decision));
        for (size_t s = 0; s < 3 && cases[i].states[s] != GV_STATE_PENDING; s++) {
            decision.state = cases[i].states[s];
            decision.expires_at = cases[i].expires;
            decision.next_attempt_at = cases[i].next;
            decision.lease_until = cases[i].lease;
            assert_true(fixture_update(fixture, &decision));
        }

        list.at = cases[i].due - 1;
        assert_true(fixture_read(fixture, due_work, &list));
        assert_int_equal(list.count, 0);
        assert_int_equal(list.number, cases[i].due);
        list.at = cases[i].due > 0 ? cases[i].due : INT64_MAX;
        assert_true(fixture_read(fixture, due_work, &list));
        assert_int_equal(list.count, cases[i].due > 0 ? 1 : 0);

        assert_int_equal(fixture_sql(fixture,
                                     "DROP TRIGGER decisions_kept; DELETE FROM decisions;"
                                     "CREATE TRIGGER decisions_kept BEFORE DELETE ON decisions"
                                     " BEGIN SELECT RAISE(ABORT, ''); END",
                                     NULL),
                         SQLITE_OK);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(gives_back_what_was_recorded),
        TEST(does_not_find_an_unknown_id),
        TEST(refuses_a_second_active_request),
        TEST(admits_requests_that_differ_in_one_part_of_the_key),
        TEST(refuses_an_update_of_an_old_version),
        TEST(keeps_what_was_asked_for),
        TEST(lets_only_legal_edges_pass),
        TEST(refuses_an_illegal_edge_by_its_name),
        TEST(refuses_to_begin_at_the_end),
        TEST(refuses_raw_damage),
        TEST(counts_active_states_as_the_machine_does),
        TEST(lists_newest_first_by_filter),
        TEST(knows_what_is_active_and_what_was_held),
        TEST(knows_what_is_due),
        TEST(answers_more_kinds_of_lists_than_it_keeps_statements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
