/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/mlflow/support.h"

static void writes_the_callers_subject_over_what_a_body_claims(void **state)
{
    static const struct {
        const char *what;
        const char *method;
        const char *target;
        const char *body;
        const char *sent;
    } cases[] = {
        {"a run's owner is always written", "POST", "/api/2.0/mlflow/runs/create", "{}",
         "{\"user_id\":\"ds-001\",\"tags\":[{\"key\":\"mlflow.user\",\"value\":\"ds-001\"}]}"},
        {"a claimed owner is replaced", "POST", "/ajax-api/2.0/mlflow/runs/create",
         "{\"userId\":\"boss\",\"tags\":[{\"key\":\"mlflow.user\",\"value\":\"boss\"},"
         "{\"key\":\"a\",\"value\":\"b\"}]}",
         "{\"tags\":[{\"key\":\"mlflow.user\",\"value\":\"ds-001\"},{\"key\":\"a\",\"value\":"
         "\"b\"}],\"user_id\":\"ds-001\"}"},
        {"every repetition of the tag", "POST", "/api/2.0/mlflow/runs/create",
         "{\"tags\":[{\"key\":\"mlflow.user\",\"value\":\"a\"},{\"key\":\"mlflow.user\"}]}",
         "{\"tags\":[{\"key\":\"mlflow.user\",\"value\":\"ds-001\"},{\"key\":\"mlflow.user\","
         "\"value\":\"ds-001\"}],\"user_id\":\"ds-001\"}"},
        {"a tag set by itself", "POST", "/api/2.0/mlflow/runs/set-tag",
         "{\"run_id\":\"r\",\"key\":\"mlflow.user\",\"value\":\"boss\"}",
         "{\"run_id\":\"r\",\"key\":\"mlflow.user\",\"value\":\"ds-001\"}"},
        {"a tag of a new version", "POST", "/api/2.0/mlflow/model-versions/create",
         "{\"name\":\"a\",\"source\":\"s3://x\",\"tags\":[{\"key\":\"mlflow.user\",\"value\":"
         "\"boss\"}]}",
         "{\"name\":\"a\",\"source\":\"s3://x\",\"tags\":[{\"key\":\"mlflow.user\",\"value\":"
         "\"ds-001\"}]}"},
        {"another tag stays", "POST", "/api/2.0/mlflow/runs/set-tag",
         "{\"run_id\":\"r\",\"key\":\"mlflow.username\",\"value\":\"boss\"}",
         "{\"run_id\":\"r\",\"key\":\"mlflow.username\",\"value\":\"boss\"}"},
        {"a tag in a batch", "POST", "/api/2.0/mlflow/runs/log-batch",
         "{\"run_id\":\"r\",\"tags\":[{\"value\":\"boss\",\"key\":\"mlflow.user\"}]}",
         "{\"run_id\":\"r\",\"tags\":[{\"value\":\"ds-001\",\"key\":\"mlflow.user\"}]}"},
        {"a tag in the map of a trace", "POST", "/api/3.0/mlflow/traces",
         "{\"trace\":{\"trace_info\":{\"tags\":{\"mlflow.user\":\"boss\"}}}}",
         "{\"trace\":{\"trace_info\":{\"tags\":{\"mlflow.user\":\"ds-001\"}}}}"},
        {"a claimed creator", "POST", "/api/3.0/mlflow/issues", "{\"created_by\":\"boss\"}",
         "{\"created_by\":\"ds-001\"}"},
        {"no creator is invented", "POST", "/api/3.0/mlflow/issues", "{\"name\":\"x\"}",
         "{\"name\":\"x\"}"},
        {"who completed an item", "POST", "/api/3.0/mlflow/review-queues/items/set-status",
         "{\"queue_id\":\"q\",\"completedBy\":\"boss\"}",
         "{\"queue_id\":\"q\",\"completed_by\":\"ds-001\"}"},
        {"a human assessor", "POST", "/api/3.0/mlflow/traces/tr-1/assessments",
         "{\"assessment\":{\"source\":{\"sourceType\":\"HUMAN\",\"sourceId\":\"boss\"}}}",
         "{\"assessment\":{\"source\":{\"sourceType\":\"HUMAN\",\"source_id\":\"ds-001\"}}}"},
        {"a human assessor by number", "POST", "/api/3.0/mlflow/traces/tr-1/assessments",
         "{\"assessment\":{\"source\":{\"source_type\":1,\"source_id\":\"boss\"}}}",
         "{\"assessment\":{\"source\":{\"source_type\":1,\"source_id\":\"ds-001\"}}}"},
        {"a judge that is no human stays", "POST", "/api/3.0/mlflow/traces/tr-1/assessments",
         "{\"assessment\":{\"source\":{\"source_type\":\"CODE\",\"source_id\":\"check\"}}}",
         "{\"assessment\":{\"source\":{\"source_type\":\"CODE\",\"source_id\":\"check\"}}}"},
        {"tags that are JSON in a text", "PATCH", "/api/3.0/mlflow/datasets/d/tags",
         "{\"tags\":\"{\\\"mlflow.user\\\": \\\"boss\\\"}\"}",
         "{\"tags\":\"{\\\"mlflow.user\\\":\\\"ds-001\\\"}\"}"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (!classify(fixture, cases[i].method, cases[i].target, cases[i].body))
            explain(cases[i].what, fixture);
        assert_int_equal(fixture->err.code, GV_ERROR_NONE);
        if (strcmp(fixture->call.body.ptr, cases[i].sent) != 0)
            explain(cases[i].what, fixture);
        assert_string_equal(fixture->call.body.ptr, cases[i].sent);
    }
}

static void refuses_two_spellings_that_could_hide_an_assessor(void **state)
{
    static const char *const cases[] = {
        "{\"source\":{\"source_type\":\"CODE\",\"sourceType\":\"HUMAN\"}}",
        "{\"source\":{\"source_type\":\"HUMAN\",\"source_id\":\"a\",\"sourceId\":\"b\"}}",
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char body[256];
        snprintf(body, sizeof(body), "{\"assessment\":%s}", cases[i]);
        assert_false(classify(fixture, "POST", "/api/3.0/mlflow/traces/tr-1/assessments", body));
        assert_non_null(strstr(fixture->err.message, "assessment"));
    }
    assert_false(classify(fixture, "POST", "/api/2.0/mlflow/runs/create", "{\"tags\":{}}"));
    assert_false(classify(fixture, "PATCH", "/api/3.0/mlflow/datasets/d/tags",
                          "{\"tags\":\"{\\\"a\\\":1,\\\"a\\\":2}\"}"));
}

static void leaves_people_alone_without_a_caller(void **state)
{
    struct fixture *fixture = *state;
    struct gv_slice body = GV_SLICE("{\"user_id\":\"boss\"}");
    assert_int_equal(match(fixture, "POST", "/api/2.0/mlflow/runs/create"), GV_MATCH_OK);
    assert_true(gv_mlflow_classify(fixture->arena, &fixture->match, (struct gv_slice){0}, body,
                                   NULL, &fixture->call, &fixture->err));
    assert_string_equal(fixture->call.body.ptr, "{\"user_id\":\"boss\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_the_callers_subject_over_what_a_body_claims, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(refuses_two_spellings_that_could_hide_an_assessor, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(leaves_people_alone_without_a_caller, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
