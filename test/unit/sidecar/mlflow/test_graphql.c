/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/mlflow/support.h"

#include <jansson.h>

/* Sends a document as its client would. */
static bool ask(struct fixture *fixture, const char *query)
{
    json_t *body =
        json_pack("{s:s,s:{},s:n,s:i}", "query", query, "variables", "operationName", "extra", 1);
    char *text = json_dumps(body, JSON_COMPACT);
    assert_non_null(text);
    bool taken = classify(fixture, "POST", "/graphql", text);
    free(text);
    json_decref(body);
    return taken;
}

static void lets_the_uis_own_queries_through(void **state)
{
    static const char *const cases[][2] = {
        {"query GetRun($data: MlflowGetRunInput!) @component(name: "
         "\"MLflow.ExperimentRunTracking\")"
         " {\n  mlflowGetRun(input: $data) {\n    apiError { code message }\n    run { info { "
         "runId }"
         " ...MlflowRunParts }\n  }\n}\nfragment MlflowRunParts on MlflowRunExtension { experiment "
         "{"
         " name } }",
         "graphql/mlflowGetRun"},
        {"query SearchRuns($data: MlflowSearchRunsInput!) { mlflowSearchRuns(input: $data) { runs {"
         " ... on MlflowRunExtension { info { runId } } } } }",
         "graphql/mlflowSearchRuns"},
        {"mutation($i: MlflowSearchDatasetsInput!) { mlflowSearchDatasets(input: $i) { a } }",
         "graphql/mlflowSearchDatasets"},
        {"{ a: mlflowGetRun(input: {runId: \"}{ registerModel \\\" \"}) { run { x } } }",
         "graphql/mlflowGetRun"},
        {"# comment { evil }\r{ mlflowGetExperiment(input: {a: \"\"\"block \" \\\"\"\" }\"\"\"}),"
         " mlflowGetRun }",
         "graphql"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (!ask(fixture, cases[i][0]))
            explain(cases[i][0], fixture);
        assert_int_equal(fixture->err.code, GV_ERROR_NONE);
        assert_string_equal(gv_resource_print(fixture->arena, &fixture->call.resource),
                            cases[i][1]);
        assert_string_equal(fixture->call.action, "mlops:read");
        assert_null(strstr(fixture->call.body.ptr, "extra"));
    }
}

static void refuses_what_is_not_known_to_read(void **state)
{
    static const char *const cases[] = {
        "",
        "{}",
        "{ registerModel }",
        "{ __schema { types { name } } }",
        "{ test(inputString: \"x\") { output } }",
        "mutation { testMutation(inputString: \"x\") { output } }",
        "mutation { mlflowGetRun { a } }",
        "mutation { a: mlflowSearchRuns { x } registerModel { x } }",
        "{ mlflowGetRun: registerModel }",
        "subscription { mlflowGetRun }",
        "{ ...Hidden } fragment Hidden on Query { registerModel }",
        "{ ... on Query { registerModel } }",
        "{ ... { registerModel } }",
        "{ mlflowGetRun } mutation { registerModel }",
        "fragment A on Query { registerModel }",
        "{ mlflowGetRun",
        "{ mlflowGetRun } }",
        "{ mlflowGetRun(input: {a: 1] ) }",
        "{ mlflowGetRun(input: \"unterminated }",
        "{ mlflowGetRun @ }",
        "{ mlflowGetRun \xc2\xa0 registerModel }",
        "schema { query: Query }",
        "extend type Query { mlflowGetRun: Int }",
        "\"description\" query { mlflowGetRun }",
        "# only a comment",
        "{ mlflowGetRun } # x\r{ registerModel }",
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool taken = ask(fixture, cases[i]);
        if (taken)
            explain(cases[i], fixture);
        assert_false(taken);
    }
    assert_false(classify(fixture, "POST", "/graphql", NULL));
    assert_false(classify(fixture, "POST", "/graphql", "{\"query\":[\"{mlflowGetRun}\"]}"));
    assert_false(classify(fixture, "POST", "/graphql",
                          "[{\"query\":\"{mlflowGetRun}\"},{\"query\":\"{mlflowGetRun}\"}]"));
    assert_false(
        classify(fixture, "POST", "/graphql", "{\"query\":\"{mlflowGetRun}\",\"variables\":[]}"));
}

static void repeat(char *to, const char *before, const char *what, size_t count, const char *after)
{
    strcpy(to, before);
    for (size_t i = 0; i < count; i++)
        strcat(to, what);
    strcat(to, after);
}

static void bounds_depth_aliases_roots_and_values(void **state)
{
    struct fixture *fixture = *state;
    static char text[131072];
    for (size_t depth = 9; depth <= 11; depth++) {
        repeat(text, "{ mlflowGetRun", " { a", depth - 1, " ");
        for (size_t i = 0; i < depth; i++)
            strcat(text, "}");
        assert_int_equal(ask(fixture, text), depth <= 10);
    }
    for (size_t count = 9; count <= 11; count++) {
        repeat(text, "{ mlflowGetRun {", " x: y", count, "} }");
        assert_int_equal(ask(fixture, text), count <= 10);
        repeat(text, "{", " mlflowGetRun", count, "}");
        assert_int_equal(ask(fixture, text), count <= 10);
    }
    for (size_t count = 998; count <= 1000; count++) {
        repeat(text, "{ mlflowGetRun {", " x", count, "} }");
        assert_int_equal(ask(fixture, text), count <= 999);
    }
    for (size_t depth = 30; depth <= 33; depth++) {
        repeat(text, "{ mlflowGetRun(a: ", "[", depth, "");
        for (size_t i = 0; i < depth; i++)
            strcat(text, "]");
        strcat(text, ") }");
        assert_int_equal(ask(fixture, text), depth <= 31);
    }
    for (size_t length = 65535; length <= 65537; length++) {
        memset(text, ' ', length);
        memcpy(text, "{mlflowGetRun}", 14);
        text[length] = '\0';
        assert_int_equal(ask(fixture, text), length <= 65536);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lets_the_uis_own_queries_through, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_is_not_known_to_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bounds_depth_aliases_roots_and_values, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
