/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/mlflow/support.h"

static void finds_the_same_row_under_both_prefixes(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(match(fixture, "POST", "/api/2.0/mlflow/model-versions/transition-stage"),
                     GV_MATCH_OK);
    const struct gv_mlflow_route *api = fixture->match.route;
    assert_int_equal(match(fixture, "POST", "/ajax-api/2.0/mlflow/model-versions/transition-stage"),
                     GV_MATCH_OK);
    assert_ptr_equal(fixture->match.route, api);
    assert_string_equal(fixture->match.key, "POST /mlflow/model-versions/transition-stage");
    assert_string_equal(fixture->match.target,
                        "/ajax-api/2.0/mlflow/model-versions/transition-stage");
    assert_true(fixture->match.has_json);
}

static void does_not_know_twins_versions_and_methods_that_are_not_in_the_table(void **state)
{
    static const char *const cases[][2] = {
        {"POST", "/api/2.0mlflow/experiments/search-datasets"},
        {"POST", "/ajax-api/2.0mlflow/experiments/search-datasets"},
        {"POST", "/api/2.0/preview/mlflow/model-versions/transition-stage"},
        {"POST", "/ajax-api/2.0/preview/mlflow/model-versions/transition-stage"},
        {"POST", "/api/3.0/mlflow/model-versions/transition-stage"},
        {"POST", "/api/1.0/mlflow/model-versions/transition-stage"},
        {"POST", "/api/2/mlflow/model-versions/transition-stage"},
        {"POST", "/API/2.0/mlflow/model-versions/transition-stage"},
        {"POST", "/mlflow/model-versions/transition-stage"},
        {"POST", "/api/2.0/mlflow/model-versions/Transition-Stage"},
        {"PUT", "/api/2.0/mlflow/model-versions/transition-stage"},
        {"post", "/api/2.0/mlflow/model-versions/transition-stage"},
        {"OPTIONS", "/api/2.0/mlflow/model-versions/transition-stage"},
        {"HEAD", "/api/2.0/mlflow/model-versions/transition-stage"},
        {"GET", "/graphql"},
        {"POST", "/ajax-api/2.0/mlflow/gateway-proxy"},
        {"POST", "/api/2.0/mlflow/upload-artifact?run_uuid=a&path=b"},
        {"POST", "/ajax-api/3.0/mlflow/assistant/message"},
        {"POST", "/ajax-api/3.0/jobs/search"},
        {"POST", "/ajax-api/3.0/mlflow/demo/generate"},
        {"POST", "/api/2.0/mlflow/artifacts/presigned-upload-url"},
        {"POST", "/api/2.0/mlflow/users/create"},
        {"POST", "/mcp"},
        {"GET", "/metrics"},
        {"GET", "/api"},
        {"GET", "/api/2.0"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum gv_match_result result = match(fixture, cases[i][0], cases[i][1]);
        if (result != GV_MATCH_UNKNOWN)
            explain(cases[i][1], fixture);
        assert_int_equal(result, GV_MATCH_UNKNOWN);
    }
}

static void refuses_targets_that_two_readers_could_read_differently(void **state)
{
    static const char *const cases[] = {
        "//api/2.0/mlflow/runs/get",
        "/api//2.0/mlflow/runs/get",
        "/api/2.0/mlflow//runs/get",
        "/api/2.0/mlflow/./runs/get",
        "/api/2.0/mlflow/runs/../runs/get",
        "/api/2.0/mlflow/%2e%2e/mlflow/runs/get",
        "/api/2.0/mlflow/%2E/runs/get",
        "/api/2.0/mlflow/runs/get/",
        "/api/2.0/mlflow/runs/get%",
        "/api/2.0/mlflow/runs/get%2",
        "/api/2.0/mlflow/runs/get%zz",
        "/api/2.0/mlflow/runs/%00get",
        "/api/2.0/mlflow/runs/get%0a",
        "/api/2.0/mlflow/runs/%c0%afget",
        "/api/2.0/mlflow/runs/%ffget",
        "/api/2.0/mlflow/runs/get\\",
        "/api/2.0/mlflow/runs/ge t",
        "/api/2.0/mlflow/runs/get#x",
        "/api/2.0/mlflow/runs/g\xc3\xa9t",
        "/api/2.0/mlflow/logged-models/m%2F1",
        "/api/2.0/mlflow/logged-models/m%5C1",
        "/api/2.0/mlflow/logged-models/m%252F1",
        "api/2.0/mlflow/runs/get",
        "*",
        "",
        "http://127.0.0.1:5001/api/2.0/mlflow/runs/get",
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum gv_match_result result = match(fixture, "GET", cases[i]);
        if (result != GV_MATCH_MALFORMED)
            explain(cases[i], fixture);
        assert_int_equal(result, GV_MATCH_MALFORMED);
        assert_true(fixture->err.message[0] != '\0');
    }
}

static void sends_what_it_matched_whatever_the_client_encoded(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        match(fixture, "POST", "/%61pi/2%2E0/mlflow/model-versions/transition%2Dstage"),
        GV_MATCH_OK);
    assert_int_equal(fixture->match.route->operation, GV_OPERATION_TRANSITION);
    assert_string_equal(fixture->match.target, "/api/2.0/mlflow/model-versions/transition-stage");
}

static void takes_head_as_get(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(match(fixture, "HEAD", "/api/2.0/mlflow/runs/get?run_id=a"), GV_MATCH_OK);
    assert_string_equal(fixture->match.key, "GET /mlflow/runs/get");
}

static void prefers_a_literal_row_to_one_with_parameters(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(match(fixture, "GET", "/api/3.0/mlflow/traces/batchGet?trace_ids=a"),
                     GV_MATCH_OK);
    assert_string_equal(fixture->match.key, "GET /mlflow/traces/batchGet");
    assert_int_equal(match(fixture, "GET", "/api/3.0/mlflow/traces/tr-1"), GV_MATCH_OK);
    assert_string_equal(fixture->match.key, "GET /mlflow/traces/{trace_id}");
    assert_int_equal(fixture->match.parameter_count, 1);
    assert_true(gv_slice_is(fixture->match.parameters[0], "tr-1"));
}

static void finds_parameters_with_text_behind_them(void **state)
{
    struct fixture *fixture = *state;
    const char *target = "/gateway/gemini/v1beta/models/my%20chat:streamGenerateContent?alt=sse";
    assert_int_equal(match(fixture, "POST", target), GV_MATCH_OK);
    assert_true(gv_slice_is(fixture->match.parameters[0], "my chat"));
    assert_string_equal(fixture->match.target, target);
    assert_int_equal(match(fixture, "POST", "/gateway/gemini/v1beta/models/:generateContent"),
                     GV_MATCH_UNKNOWN);
}

static void cuts_the_static_prefix_off_and_puts_it_back(void **state)
{
    static const struct {
        const char *path;
        enum gv_match_result expected;
        const char *target;
    } cases[] = {
        {"/ml/api/2.0/mlflow/runs/get", GV_MATCH_OK, "/ml/api/2.0/mlflow/runs/get"},
        {"/ml/health", GV_MATCH_OK, "/ml/health"},
        {"/ml/", GV_MATCH_OK, "/ml/"},
        {"/ml", GV_MATCH_UNKNOWN, NULL},
        {"/mlapi/2.0/mlflow/runs/get", GV_MATCH_UNKNOWN, NULL},
        {"/%6dl/api/2.0/mlflow/runs/get", GV_MATCH_UNKNOWN, NULL},
        {"/api/2.0/mlflow/runs/get", GV_MATCH_UNKNOWN, NULL},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum gv_match_result result =
            gv_mlflow_match(fixture->arena, GV_SLICE("GET"), gv_slice_from(cases[i].path),
                            (struct gv_slice){0}, "/ml", &fixture->match, &fixture->err);
        assert_int_equal(result, cases[i].expected);
        if (cases[i].target)
            assert_string_equal(fixture->match.target, cases[i].target);
    }
}

static void decodes_artifact_paths_as_far_as_mlflow_does(void **state)
{
    static const char *const cases[][2] = {
        {"1/abc/artifacts/model/MLmodel", "1/abc/artifacts/model/MLmodel"},
        {"1%2Fabc/artifacts", "1/abc/artifacts"},
        {"1/abc/a%20b%25c", "1/abc/a b%c"},
        {"1/abc/%2541", "1/abc/A"},
        {"1/abc/%25252541", "1/abc/A"},
        {"1/abc/caf%C3%A9", "1/abc/caf\xc3\xa9"},
        {"1/abc/a:b", "1/abc/a:b"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char target[256];
        snprintf(target, sizeof(target), "/api/2.0/mlflow-artifacts/artifacts/%s", cases[i][0]);
        if (match(fixture, "PUT", target) != GV_MATCH_OK)
            explain(target, fixture);
        assert_int_equal(fixture->match.parameter_count, 1);
        assert_true(gv_slice_is(fixture->match.parameters[0], cases[i][1]));
        /* What is sent matches again, and means the same. */
        char again[256];
        snprintf(again, sizeof(again), "%s", fixture->match.target);
        assert_int_equal(match(fixture, "PUT", again), GV_MATCH_OK);
        assert_string_equal(fixture->match.target, again);
        assert_true(gv_slice_is(fixture->match.parameters[0], cases[i][1]));
    }
}

static void refuses_artifact_paths_that_leave_their_folder(void **state)
{
    static const char *const cases[] = {
        "..%2f..%2fetc/passwd",
        "1/abc/%252e%252e/x",
        "1/abc/..%2fx",
        "1/abc/%2e%2e%2fx",
        "1/abc/a%2F%2Fb",
        "%2Fetc/passwd",
        "1/abc/a%5Cb",
        "1/abc/a%255Cb",
        "1/abc/a%2500b",
        "1/abc/a%250Ab",
        "1/abc/a%2323",
        "1/abc/a%23b",
        "1/abc/a%3Fb",
        "1/abc/a%3B",
        "C%3A/x",
        "file:/etc/passwd",
        "%20/x",
        "1/abc/a%2F",
        "1/abc/%25ff",
        "1/%25252525252525252525252541",
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char target[256];
        snprintf(target, sizeof(target), "/api/2.0/mlflow-artifacts/artifacts/%s", cases[i]);
        enum gv_match_result result = match(fixture, "PUT", target);
        if (result != GV_MATCH_MALFORMED)
            explain(target, fixture);
        assert_int_equal(result, GV_MATCH_MALFORMED);
    }
}

static void writes_queries_anew(void **state)
{
    static const char *const cases[][2] = {
        {"/api/2.0/mlflow/runs/get?run_id=a%2Bb+c&x",
         "/api/2.0/mlflow/runs/get?run_id=a%2Bb%20c&x="},
        {"/api/2.0/mlflow/runs/get?&&", "/api/2.0/mlflow/runs/get"},
        {"/api/2.0/mlflow/runs/get?", "/api/2.0/mlflow/runs/get"},
        {"/api/2.0/mlflow/runs/get?run_id=a&run_uuid=a",
         "/api/2.0/mlflow/runs/get?run_id=a&run_uuid=a"},
        {"/api/2.0/mlflow/model-versions/search?filter=name%3D%27a%26b%27",
         "/api/2.0/mlflow/model-versions/search?filter=name%3D%27a%26b%27"},
        {"/api/2.0/mlflow/model-versions/search?order_by=a&order_by=b",
         "/api/2.0/mlflow/model-versions/search?order_by=a&order_by=b"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(match(fixture, "GET", cases[i][0]), GV_MATCH_OK);
        assert_string_equal(fixture->match.target, cases[i][1]);
    }
}

static void refuses_ambiguous_queries(void **state)
{
    static const char *const cases[][2] = {
        {"GET", "/api/2.0/mlflow/model-versions/get?name=a&name=b&version=1"},
        {"GET", "/api/2.0/mlflow/model-versions/get?name=a&n%61me=b&version=1"},
        {"GET", "/api/2.0/mlflow/runs/get?run_id=a&run_uuid=b"},
        {"GET", "/api/2.0/mlflow/runs/get?run_uuid=a&run_uuid=a"},
        {"GET", "/api/2.0/mlflow/runs/get?run_id=%ff"},
        {"GET", "/api/2.0/mlflow/runs/get?run_id=%zz"},
        {"GET", "/api/2.0/mlflow/runs/get?run_id=%00"},
        {"GET", "/api/3.0/mlflow/traces/tr-1?trace_id=tr-2"},
        {"POST", "/api/2.0/mlflow/model-versions/transition-stage?name=mine"},
        {"DELETE", "/api/2.0/mlflow/registered-models/delete?name=mine"},
        {"PUT", "/api/2.0/mlflow-artifacts/artifacts/1/a?path=b"},
        {"POST", "/ajax-api/2.0/mlflow/upload-artifact?run_uuid=a&path=b&path=c"},
        {"POST", "/ajax-api/2.0/mlflow/upload-artifact?run_uuid=a&path=%2e%2e/c"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum gv_match_result result = match(fixture, cases[i][0], cases[i][1]);
        if (result != GV_MATCH_MALFORMED)
            explain(cases[i][1], fixture);
        assert_int_equal(result, GV_MATCH_MALFORMED);
    }
}

static void bounds_segments_parameters_and_length(void **state)
{
    struct fixture *fixture = *state;
    static const size_t counts[] = {58, 60, 61, 200};
    for (size_t i = 0; i < 4; i++) {
        char target[1024] = "/api/2.0/mlflow-artifacts/artifacts";
        for (size_t j = 0; j < counts[i]; j++)
            strcat(target, "/a");
        assert_int_equal(match(fixture, "GET", target),
                         counts[i] <= 60 ? GV_MATCH_OK : GV_MATCH_MALFORMED);
    }
    static const size_t parameters[] = {255, 256, 257};
    for (size_t i = 0; i < 3; i++) {
        char target[2048] = "/api/2.0/mlflow/model-versions/search?a=";
        for (size_t j = 1; j < parameters[i]; j++)
            strcat(target, "&b=");
        assert_int_equal(match(fixture, "GET", target),
                         parameters[i] <= 256 ? GV_MATCH_OK : GV_MATCH_MALFORMED);
    }
    static const size_t lengths[] = {8191, 8192, 8193};
    for (size_t i = 0; i < 3; i++) {
        char *target = malloc(lengths[i] + 1);
        assert_non_null(target);
        memset(target, 'a', lengths[i]);
        memcpy(target, "/api/2.0/mlflow-artifacts/artifacts/", 36);
        target[lengths[i]] = '\0';
        assert_int_equal(match(fixture, "GET", target),
                         lengths[i] <= 8192 ? GV_MATCH_OK : GV_MATCH_MALFORMED);
        free(target);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_the_same_row_under_both_prefixes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            does_not_know_twins_versions_and_methods_that_are_not_in_the_table, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_targets_that_two_readers_could_read_differently,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(sends_what_it_matched_whatever_the_client_encoded, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(takes_head_as_get, set_up, tear_down),
        cmocka_unit_test_setup_teardown(prefers_a_literal_row_to_one_with_parameters, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(finds_parameters_with_text_behind_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cuts_the_static_prefix_off_and_puts_it_back, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(decodes_artifact_paths_as_far_as_mlflow_does, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(refuses_artifact_paths_that_leave_their_folder, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(writes_queries_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_ambiguous_queries, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bounds_segments_parameters_and_length, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
