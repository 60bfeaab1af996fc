/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/mlflow/support.h"

#define API "/api/2.0/mlflow/"
#define API3 "/api/3.0/mlflow/"

static const char *resource(struct fixture *fixture)
{
    const char *text = gv_resource_print(fixture->arena, &fixture->call.resource);
    assert_non_null(text);
    return text;
}

static void names_action_and_resource_under_both_prefixes(void **state)
{
    static const struct {
        const char *method;
        const char *path; /* behind /api or /ajax-api */
        const char *body;
        const char *action;
        const char *resource;
    } cases[] = {
        {"POST", "/2.0/mlflow/model-versions/transition-stage",
         "{\"name\":\"churn\",\"version\":\"1\",\"stage\":\"Production\"}", "mlops:promote",
         "model/churn/v1"},
        {"POST", "/2.0/mlflow/registered-models/alias",
         "{\"name\":\"churn\",\"version\":\"2\",\"alias\":\"champion\"}", "mlops:promote",
         "model/churn/alias/champion"},
        {"DELETE", "/2.0/mlflow/registered-models/alias",
         "{\"name\":\"churn\",\"alias\":\"champion\"}", "mlops:promote",
         "model/churn/alias/champion"},
        {"POST", "/2.0/mlflow/registered-models/create", "{\"name\":\"a*b%\"}", "mlops:register",
         "model/a%2Ab%25"},
        {"POST", "/2.0/mlflow/model-versions/create",
         "{\"name\":\"churn\",\"source\":\"s3://b/x\"}", "mlops:register", "model/churn"},
        {"GET", "/2.0/mlflow/model-versions/get?name=churn&version=3", NULL, "mlops:read",
         "model/churn/v3"},
        {"GET", "/2.0/mlflow/registered-models/search?filter=x", NULL, "mlops:read", "model"},
        {"POST", "/2.0/mlflow/runs/create", "{\"experiment_id\":\"7\"}", "mlops:log",
         "experiment/7"},
        {"POST", "/2.0/mlflow/runs/create", "{}", "mlops:log", "experiment"},
        {"POST", "/2.0/mlflow/runs/log-batch", "{\"run_id\":\"abc\"}", "mlops:log", "run/abc"},
        {"POST", "/2.0/mlflow/runs/log-metric", "{\"run_uuid\":\"abc\",\"run_id\":\"abc\"}",
         "mlops:log", "run/abc"},
        {"POST", "/2.0/mlflow/runs/search", "{\"experiment_ids\":[\"1\"]}", "mlops:read",
         "experiment/1"},
        {"POST", "/2.0/mlflow/runs/search", "{\"experimentIds\":[\"1\",\"2\"]}", "mlops:read",
         "experiment"},
        {"POST", "/2.0/mlflow/runs/search", NULL, "mlops:read", "experiment"},
        {"GET", "/2.0/mlflow/metrics/get-history-bulk-interval?run_ids=a&run_ids=a", NULL,
         "mlops:read", "run/a"},
        {"DELETE", "/2.0/mlflow/logged-models/m-1", NULL, "mlops:delete", "logged-model/m-1"},
        {"DELETE", "/2.0/mlflow/logged-models/m-1/tags/a", "{\"model_id\":\"m-1\"}", "mlops:log",
         "logged-model/m-1"},
        {"PUT", "/2.0/mlflow-artifacts/artifacts/1/b/c", NULL, "mlops:log", "artifact/1/b/c"},
        {"DELETE", "/2.0/mlflow-artifacts/artifacts/1/b/c", NULL, "mlops:delete", "artifact/1/b/c"},
        {"GET", "/3.0/mlflow/scorers/get?experiment_id=1&name=q", NULL, "mlops:read", "scorer/1/q"},
        {"POST", "/3.0/mlflow/traces", "{\"trace\":{}}", "mlops:log", "trace"},
        {"GET", "/3.0/mlflow/mcp-servers/acme%2Fsearch/versions/1", NULL, "mlops:read",
         "mcp-server/acme/search/versions/1"},
        {"POST", "/3.0/mlflow/workspaces", "{\"name\":\"team\"}", "mlops:admin",
         "workspace-admin/team"},
        {"POST", "/2.0/mlflow/webhooks/w1/test", NULL, "mlops:admin", "webhook/w1"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
        char target[512];
        snprintf(target, sizeof(target), "%s%s", i % 2 ? "/ajax-api" : "/api", cases[i / 2].path);
        if (!classify(fixture, cases[i / 2].method, target, cases[i / 2].body))
            explain(target, fixture);
        assert_int_equal(fixture->err.code, GV_ERROR_NONE);
        assert_string_equal(fixture->call.action, cases[i / 2].action);
        assert_string_equal(resource(fixture), cases[i / 2].resource);
    }
}

static void leaves_health_and_version_open(void **state)
{
    struct fixture *fixture = *state;
    static const char *const open[] = {"/health", "/version", "/api/3.0/mlflow/server-info"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(classify(fixture, "GET", open[i], NULL));
        assert_null(fixture->call.action);
    }
}

static void writes_a_transition_in_mlflows_spelling(void **state)
{
    struct fixture *fixture = *state;
    assert_true(classify(fixture, "POST", API "model-versions/transition-stage",
                         " { \"archiveExistingVersions\" : true, \"stage\":\"pRoDuCtIoN\","
                         "\"version\":3,\"name\":\"churn\\u002dx\"} "));
    assert_string_equal(fixture->call.model, "churn-x");
    assert_int_equal(fixture->call.version, 3);
    assert_string_equal(fixture->call.stage, "Production");
    assert_true(fixture->call.archive_existing);
    assert_int_equal(fixture->call.operation, GV_OPERATION_TRANSITION);
    assert_true(fixture->call.has_body);
    assert_string_equal(fixture->call.body.ptr,
                        "{\"name\":\"churn-x\",\"version\":\"3\",\"stage\":\"Production\","
                        "\"archive_existing_versions\":true}");
    assert_true(fixture->call.route->audited);
}

static void refuses_bodies_that_are_no_strict_object(void **state)
{
    static const char *const cases[] = {
        "{\"name\":\"a\",\"name\":\"prod\",\"version\":\"1\",\"stage\":\"None\"}",
        "{\"name\":\"a\",\"n\\u0061me\":\"prod\",\"version\":\"1\",\"stage\":\"None\"}",
        "\"{\\\"name\\\":\\\"a\\\",\\\"version\\\":\\\"1\\\",\\\"stage\\\":\\\"None\\\"}\"",
        "\xef\xbb\xbf{\"name\":\"a\",\"version\":\"1\",\"stage\":\"None\"}",
        "{\"name\":\"a\",\"version\":\"1\",\"stage\":\"None\"} {}",
        "{\"name\":\"a\",\"version\":\"1\",\"stage\":\"None\"}x",
        "{\"name\":\"a\\u0000\",\"version\":\"1\",\"stage\":\"None\"}",
        "{\"name\":\"\\ud800\",\"version\":\"1\",\"stage\":\"None\"}",
        "{\"name\":\"\xff\",\"version\":\"1\",\"stage\":\"None\"}",
        "{\"name\":\"\xc0\xaf\",\"version\":\"1\",\"stage\":\"None\"}",
        "{\"name\":\"a\",\"version\":NaN,\"stage\":\"None\"}",
        "{\"name\":\"a\",\"version\":\"1\",\"stage\":\"None\",}",
        "{'name':'a','version':'1','stage':'None'}",
        "[{\"name\":\"a\",\"version\":\"1\",\"stage\":\"None\"}]",
        "null",
        "7",
        "{",
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool taken = classify(fixture, "POST", API "model-versions/transition-stage", cases[i]);
        if (taken)
            print_message("taken: %s\n", cases[i]);
        assert_false(taken);
        assert_int_equal(fixture->err.code, GV_ERROR_INVALID);
    }
    static const char utf16[] = "{\0\"\0n\0\"\0:\0"
                                "1\0}\0";
    assert_int_equal(match(fixture, "POST", API "runs/search"), GV_MATCH_OK);
    assert_false(gv_mlflow_classify(fixture->arena, &fixture->match, (struct gv_slice){0},
                                    (struct gv_slice){utf16, sizeof(utf16) - 1}, NULL,
                                    &fixture->call, &fixture->err));
}

static void refuses_fields_and_values_that_mlflow_could_read_in_another_way(void **state)
{
    static const char *const cases[][2] = {
        {"\"new\":1,\"version\":\"1\",\"stage\":\"None\"", "new"},
        {"\"version\":\"1\",\"stage\":\"None\",\"archive_existing_versions\":true,"
         "\"archiveExistingVersions\":false",
         "archive_existing_versions"},
        {"\"version\":\"01\",\"stage\":\"None\"", "version"},
        {"\"version\":\" 1\",\"stage\":\"None\"", "version"},
        {"\"version\":\"+1\",\"stage\":\"None\"", "version"},
        {"\"version\":\"-1\",\"stage\":\"None\"", "version"},
        {"\"version\":\"1_0\",\"stage\":\"None\"", "version"},
        {"\"version\":\"\xef\xbc\x91\",\"stage\":\"None\"", "version"},
        {"\"version\":\"0\",\"stage\":\"None\"", "version"},
        {"\"version\":\"12345678901\",\"stage\":\"None\"", "version"},
        {"\"version\":\"\",\"stage\":\"None\"", "version"},
        {"\"version\":1.0,\"stage\":\"None\"", "version"},
        {"\"version\":-1,\"stage\":\"None\"", "version"},
        {"\"version\":[\"1\"],\"stage\":\"None\"", "version"},
        {"\"version\":null,\"stage\":\"None\"", "version"},
        {"\"stage\":\"None\"", "version"},
        {"\"version\":\"1\"", "stage"},
        {"\"version\":\"1\",\"stage\":\"production \"", "stage"},
        {"\"version\":\"1\",\"stage\":\"Prod\"", "stage"},
        {"\"version\":\"1\",\"stage\":\"Deleted_Internal\"", "stage"},
        {"\"version\":\"1\",\"stage\":\"\"", "stage"},
        {"\"version\":\"1\",\"stage\":7", "stage"},
        {"\"version\":\"1\",\"stage\":\"None\",\"archive_existing_versions\":\"true\"",
         "archive_existing_versions"},
        {"\"version\":\"1\",\"stage\":\"None\",\"archive_existing_versions\":1",
         "archive_existing_versions"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char body[512];
        snprintf(body, sizeof(body), "{\"name\":\"churn\",%s}", cases[i][0]);
        bool taken = classify(fixture, "POST", API "model-versions/transition-stage", body);
        if (taken || !strstr(fixture->err.message, cases[i][1]))
            explain(body, fixture);
        assert_false(taken);
        assert_int_equal(fixture->err.code, GV_ERROR_INVALID);
        assert_non_null(strstr(fixture->err.message, cases[i][1]));
    }
}

static void refuses_model_names_that_could_pose_as_others(void **state)
{
    static const char *const cases[] = {
        "",
        " churn",
        "churn ",
        ("\xc2\xa0"
         "churn"),
        "churn\xe2\x80\x89",
        "a/b",
        "a:b",
        "churn\\u0009",
        "churn\\u007f",
        "churn\xc2\x85",
        ".",
        "..",
        "..x",
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char body[256];
        snprintf(body, sizeof(body), "{\"name\":\"%s\"}", cases[i]);
        assert_false(classify(fixture, "DELETE", API "registered-models/delete", body));
        assert_int_equal(fixture->err.code, GV_ERROR_INVALID);
    }
    assert_false(classify(fixture, "GET", API "registered-models/get?name=churn%20", NULL));
    assert_true(classify(fixture, "DELETE", API "registered-models/delete",
                         "{\"name\":\"caf\xc3\xa9 x.y\"}"));
    assert_string_equal(fixture->call.body.ptr, "{\"name\":\"caf\\u00E9 x.y\"}");
}

static void bounds_model_names_at_256_characters(void **state)
{
    struct fixture *fixture = *state;
    for (size_t length = 255; length <= 257; length++) {
        char body[600] = "{\"name\":\"";
        for (size_t i = 0; i < length; i++)
            strcat(body, "\xc3\xa9");
        strcat(body, "\"}");
        assert_int_equal(classify(fixture, "DELETE", API "registered-models/delete", body),
                         length <= 256);
    }
}

static void refuses_aliases_that_look_like_others_or_are_reserved(void **state)
{
    static const char *const cases[] = {
        "",    "champion ", "ch\xd0\xb0mpion", "\xef\xbd\x83hampion",
        "a.b", "latest",    "LaTeSt",          "v1",
        "V22", "a/b",
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char body[256];
        snprintf(body, sizeof(body), "{\"name\":\"churn\",\"version\":\"1\",\"alias\":\"%s\"}",
                 cases[i]);
        assert_false(classify(fixture, "POST", API "registered-models/alias", body));
    }
    assert_true(classify(fixture, "POST", API "registered-models/alias",
                         "{\"name\":\"churn\",\"version\":\"1\",\"alias\":\"Champion_v2-x\"}"));
    assert_string_equal(fixture->call.alias, "Champion_v2-x");
    /* What should not be there may be taken away. */
    assert_true(classify(fixture, "DELETE", API "registered-models/alias",
                         "{\"name\":\"churn\",\"alias\":\"v1\"}"));
}

static void reads_tags_that_are_set_and_deleted(void **state)
{
    struct fixture *fixture = *state;
    assert_true(
        classify(fixture, "POST", API "model-versions/set-tag",
                 "{\"name\":\"churn\",\"version\":\"1\",\"key\":\"env\",\"value\":\"prod\"}"));
    assert_int_equal(fixture->call.operation, GV_OPERATION_VERSION_TAG);
    assert_int_equal(fixture->call.tag_count, 1);
    assert_string_equal(fixture->call.tags[0].key, "env");
    assert_string_equal(fixture->call.tags[0].value, "prod");
    assert_true(classify(fixture, "POST", API "registered-models/set-tag",
                         "{\"name\":\"churn\",\"key\":\"env\"}"));
    assert_string_equal(fixture->call.tags[0].value, "");
    assert_string_equal(resource(fixture), "model/churn/tag/env");
    assert_true(classify(fixture, "DELETE", API "model-versions/delete-tag",
                         "{\"name\":\"churn\",\"version\":\"1\",\"key\":\"env\"}"));
    assert_string_equal(fixture->call.tags[0].key, "env");
    assert_null(fixture->call.tags[0].value);
    assert_false(classify(fixture, "POST", API "registered-models/set-tag",
                          "{\"name\":\"churn\",\"key\":\"env\\u0001\",\"value\":\"x\"}"));
}

static void reads_what_a_new_version_is_made_of(void **state)
{
    struct fixture *fixture = *state;
    assert_true(classify(fixture, "POST", API "model-versions/create",
                         "{\"name\":\"prod.churn\",\"source\":\"models:/churn/3\",\"runId\":\"r1\","
                         "\"tags\":[{\"key\":\"env\",\"value\":\"prod\"},{\"key\":\"a\"}]}"));
    assert_int_equal(fixture->call.operation, GV_OPERATION_VERSION_CREATE);
    assert_string_equal(fixture->call.source, "models:/churn/3");
    assert_string_equal(fixture->call.source_model, "churn");
    assert_int_equal(fixture->call.source_version, 3);
    assert_string_equal(fixture->call.run_id, "r1");
    assert_int_equal(fixture->call.tag_count, 2);
    assert_string_equal(fixture->call.body.ptr,
                        "{\"name\":\"prod.churn\",\"source\":\"models:/churn/3\",\"run_id\":\"r1\","
                        "\"tags\":[{\"key\":\"env\",\"value\":\"prod\"},"
                        "{\"key\":\"a\",\"value\":\"\"}]}");
}

static void reads_the_source_of_a_copy_as_mlflow_does(void **state)
{
    static const struct {
        const char *source;
        bool taken;
        const char *model;
        int64_t version;
    } cases[] = {
        {"models:/churn/12", true, "churn", 12},
        {"models:/churn@champion", true, "churn", 0},
        {"models:/a@b@champion", true, "a@b", 0},
        {"models:/churn/Production", true, "churn", 0},
        {"models:/churn/LATEST", true, "churn", 0},
        {"models:/m-0123456789abcdef0123456789abcdef", true, NULL, 0},
        {"s3://bucket/models:/churn/1", true, NULL, 0},
        {"mlflow-artifacts:/1/abc/artifacts/model", true, NULL, 0},
        {"mlflow-artifacts:/1/abc/artifacts/my%20model", true, NULL, 0},
        {"mlflow-artifacts:/1/%61bc/artifacts/model", false, NULL, 0},
        {"mlflow-artifacts:/1%2Fabc/artifacts/model", false, NULL, 0},
        {"mlflow-artifacts:/1/%2561bc/artifacts/model", false, NULL, 0},
        {"models:/churn/01", false, NULL, 0},
        {"models:/churn/1/2", false, NULL, 0},
        {"models:/churn/nowhere", false, NULL, 0},
        {"models:/churn/", false, NULL, 0},
        {"models:/churn@", false, NULL, 0},
        {"models:/", false, NULL, 0},
        {"models://churn/1", false, NULL, 0},
        {"models:churn/1", false, NULL, 0},
        {"MODELS:/churn/1", false, NULL, 0},
        {"models:/churn/1?x=y", false, NULL, 0},
        {"models:/churn/1;x", false, NULL, 0},
        {"models:/churn/1#x", false, NULL, 0},
        {"models:/ch%75rn/1", false, NULL, 0},
        {" models:/churn/1", false, NULL, 0},
        {"mod\\u0009els:/churn/1", false, NULL, 0},
        {"", false, NULL, 0},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char body[256];
        snprintf(body, sizeof(body), "{\"name\":\"x\",\"source\":\"%s\"}", cases[i].source);
        bool taken = classify(fixture, "POST", API "model-versions/create", body);
        if (taken != cases[i].taken)
            explain(body, fixture);
        assert_int_equal(taken, cases[i].taken);
        if (!taken)
            continue;
        assert_int_equal(fixture->call.source_version, cases[i].version);
        if (cases[i].model)
            assert_string_equal(fixture->call.source_model, cases[i].model);
        else
            assert_null(fixture->call.source_model);
    }
}

static void refuses_tags_that_stand_twice_or_hold_more(void **state)
{
    static const char *const cases[] = {
        "[{\"key\":\"a\",\"value\":\"1\"},{\"key\":\"a\",\"value\":\"2\"}]",
        "[{\"key\":\"a\",\"value\":\"1\",\"x\":\"2\"}]",
        "[{\"value\":\"1\"}]",
        "[{\"key\":\"a\",\"value\":1}]",
        "[\"a\"]",
        "{\"a\":\"b\"}",
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char body[256];
        snprintf(body, sizeof(body), "{\"name\":\"x\",\"tags\":%s}", cases[i]);
        assert_false(classify(fixture, "POST", API "registered-models/create", body));
    }
}

static void bounds_tags_and_depth(void **state)
{
    struct fixture *fixture = *state;
    for (size_t count = 99; count <= 101; count++) {
        char body[8192] = "{\"name\":\"x\",\"tags\":[";
        for (size_t i = 0; i < count; i++) {
            char tag[64];
            snprintf(tag, sizeof(tag), "%s{\"key\":\"k%zu\",\"value\":\"\"}", i ? "," : "", i);
            strcat(body, tag);
        }
        strcat(body, "]}");
        assert_int_equal(classify(fixture, "POST", API "registered-models/create", body),
                         count <= 100);
    }
    for (size_t depth = 63; depth <= 65; depth++) {
        char body[512] = "{\"run_id\":\"a\",\"x\":";
        for (size_t i = 1; i < depth; i++)
            strcat(body, "[");
        for (size_t i = 1; i < depth; i++)
            strcat(body, "]");
        strcat(body, "}");
        assert_int_equal(classify(fixture, "POST", API "runs/log-batch", body), depth <= 64);
    }
}

static void refuses_twins_of_one_parameter_that_differ(void **state)
{
    struct fixture *fixture = *state;
    assert_false(
        classify(fixture, "POST", API "runs/log-metric", "{\"run_uuid\":\"a\",\"run_id\":\"b\"}"));
    assert_false(
        classify(fixture, "POST", API "runs/log-metric", "{\"runId\":\"a\",\"run_id\":\"a\"}"));
    assert_false(classify(fixture, "PATCH", API3 "traces/tr-1/tags", "{\"trace_id\":\"tr-2\"}"));
    assert_false(classify(fixture, "PATCH", API3 "traces/tr-1/tags", "{\"traceId\":\"tr-2\"}"));
    assert_true(classify(fixture, "PATCH", API3 "traces/tr-1/tags",
                         "{\"trace_id\":\"tr-1\",\"key\":\"a\",\"value\":\"b\"}"));
    assert_true(
        classify(fixture, "POST", API "runs/log-metric", "{\"run_id\":\"\",\"run_uuid\":\"b\"}"));
    assert_string_equal(resource(fixture), "run/b");
}

static void refuses_calls_that_lack_what_they_are_about(void **state)
{
    struct fixture *fixture = *state;
    assert_false(classify(fixture, "GET", API "runs/get", NULL));
    assert_string_equal(fixture->err.message, "Missing value for required parameter 'run_id'");
    assert_false(classify(fixture, "POST", API "runs/log-batch", NULL));
    assert_false(classify(fixture, "POST", API "runs/log-batch", "{\"run_id\":[\"a\"]}"));
    assert_false(classify(fixture, "POST", API "runs/log-batch", "{\"run_id\":{}}"));
    assert_false(classify(fixture, "POST", API "runs/search", "{\"experiment_ids\":\"1\"}"));
    assert_false(classify(fixture, "GET", API "runs/get?run_id=a", "{\"run_id\":\"b\"}"));
}

static void authorises_both_inputs_of_a_multipart_upload(void **state)
{
    struct fixture *fixture = *state;
    const char *target = "/api/2.0/mlflow-artifacts/mpu/create/1/"
                         "0123456789abcdef0123456789abcdef/artifacts/model";
    assert_true(classify(fixture, "POST", target, "{\"path\":\"/tmp/x/MLmodel\",\"num_parts\":2}"));
    assert_string_equal(fixture->call.artifact_path,
                        "1/0123456789abcdef0123456789abcdef/artifacts/model/MLmodel");
    assert_string_equal(fixture->call.run_id, "0123456789abcdef0123456789abcdef");
    assert_int_equal(fixture->call.operation, GV_OPERATION_ARTIFACT_WRITE);
    static const char *const refused[] = {"..", "a/..", "a/", "", "a\\\\b", "%2e%2e", "a%2Fb"};
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        char body[128];
        snprintf(body, sizeof(body), "{\"path\":\"%s\"}", refused[i]);
        assert_false(classify(fixture, "POST", target, body));
    }
}

static void names_the_path_of_an_upload(void **state)
{
    struct fixture *fixture = *state;
    assert_true(classify(fixture, "POST",
                         "/ajax-api/2.0/mlflow/upload-artifact?run_uuid=abc&path=a%252Fb", NULL));
    assert_string_equal(resource(fixture), "run/abc");
    assert_string_equal(fixture->call.artifact_path, "a/b");
    assert_string_equal(fixture->call.target,
                        "/ajax-api/2.0/mlflow/upload-artifact?run_uuid=abc&path=a/b");
    assert_false(
        classify(fixture, "POST", "/ajax-api/2.0/mlflow/upload-artifact?run_uuid=abc", NULL));
}

static void makes_the_workspace_part_of_the_resource(void **state)
{
    static const char *const refused[] = {"Team", "a/b", "-a", "a-", "a b", " a", "a\n"};
    struct fixture *fixture = *state;
    assert_int_equal(match(fixture, "GET", API "registered-models/get?name=churn"), GV_MATCH_OK);
    assert_true(gv_mlflow_classify(fixture->arena, &fixture->match, GV_SLICE("team-a"),
                                   (struct gv_slice){0}, NULL, &fixture->call, &fixture->err));
    assert_string_equal(resource(fixture), "workspace/team-a/model/churn");
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_false(gv_mlflow_classify(fixture->arena, &fixture->match, gv_slice_from(refused[i]),
                                        (struct gv_slice){0}, NULL, &fixture->call, &fixture->err));
}

static void writes_mlflows_own_error_document(void **state)
{
    struct fixture *fixture = *state;
    assert_string_equal(gv_mlflow_error_json(fixture->arena, gv_mlflow_error_code(403),
                                             "say \"please\"\n", "dec-1"),
                        "{\"error_code\": \"PERMISSION_DENIED\", \"message\": \"say "
                        "\\\"please\\\"\\n\", \"decision_id\": \"dec-1\"}");
    assert_string_equal(gv_mlflow_error_json(fixture->arena, gv_mlflow_error_code(401), "x", NULL),
                        "{\"error_code\": \"UNAUTHENTICATED\", \"message\": \"x\"}");
    assert_string_equal(gv_mlflow_error_code(503), "TEMPORARILY_UNAVAILABLE");
    assert_string_equal(gv_mlflow_error_code(400), "INVALID_PARAMETER_VALUE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_action_and_resource_under_both_prefixes, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(leaves_health_and_version_open, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writes_a_transition_in_mlflows_spelling, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_bodies_that_are_no_strict_object, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            refuses_fields_and_values_that_mlflow_could_read_in_another_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_model_names_that_could_pose_as_others, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(bounds_model_names_at_256_characters, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_aliases_that_look_like_others_or_are_reserved,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_tags_that_are_set_and_deleted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_what_a_new_version_is_made_of, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_the_source_of_a_copy_as_mlflow_does, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(refuses_tags_that_stand_twice_or_hold_more, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(bounds_tags_and_depth, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_twins_of_one_parameter_that_differ, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(refuses_calls_that_lack_what_they_are_about, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(authorises_both_inputs_of_a_multipart_upload, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(names_the_path_of_an_upload, set_up, tear_down),
        cmocka_unit_test_setup_teardown(makes_the_workspace_part_of_the_resource, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(writes_mlflows_own_error_document, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
