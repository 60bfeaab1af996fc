/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/mlflow/check.h"
#include "test/unit/sidecar/mlflow/support.h"

static struct gv_slice read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return (struct gv_slice){0};
    char *text = malloc(1024 * 1024);
    assert_non_null(text);
    size_t length = fread(text, 1, 1024 * 1024, file);
    fclose(file);
    return (struct gv_slice){text, length};
}

static void gives_every_row_a_complete_and_consistent_shape(void **state)
{
    (void)state;
    for (size_t i = 0; i < GV_MLFLOW_ROUTES_COUNT; i++) {
        const struct gv_mlflow_route *route = &GV_MLFLOW_ROUTES[i];
        assert_int_equal(route->path[0], '/');
        assert_true(route->raw == (route->versions == 0));
        assert_non_null(route->resource);
        assert_true(!route->action || strncmp(route->action, "mlops:", 6) == 0);
        assert_int_equal(route->audited, route->class_ == GV_ROUTE_REBUILT);
        assert_true(route->class_ != GV_ROUTE_REBUILT || route->fields);
        assert_true(route->class_ != GV_ROUTE_STREAMED || !route->fields);
        /* A body that MLflow reads as JSON is never streamed past. */
        if (strcmp(route->method, "PATCH") == 0 || strcmp(route->method, "DELETE") == 0)
            assert_true(route->class_ != GV_ROUTE_STREAMED ||
                        strstr(route->path, "mlflow-artifacts"));
    }
}

static void knows_every_kind_of_resource_that_it_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < GV_MLFLOW_ROUTES_COUNT; i++) {
        struct gv_slice rest = gv_slice_from(GV_MLFLOW_ROUTES[i].resource);
        struct gv_slice kind = gv_slice_split(&rest, '/');
        struct gv_resource resource;
        struct gv_error err = GV_ERROR_INIT;
        if (!gv_resource_parse(kind, &resource, &err))
            print_message("%s: %s\n", GV_MLFLOW_ROUTES[i].path, err.message);
        assert_int_equal(err.code, GV_ERROR_NONE);
    }
}

static void governs_everything_that_can_touch_a_target(void **state)
{
    (void)state;
    for (size_t i = 0; i < GV_MLFLOW_ROUTES_COUNT; i++) {
        const struct gv_mlflow_route *route = &GV_MLFLOW_ROUTES[i];
        bool registry = strncmp(route->path, "/mlflow/registered-models/", 26) == 0 ||
                        strncmp(route->path, "/mlflow/model-versions/", 23) == 0;
        if (!registry || !route->action || strcmp(route->action, "mlops:read") == 0)
            continue;
        assert_int_equal(route->class_, GV_ROUTE_REBUILT);
        assert_int_not_equal(route->operation, GV_OPERATION_NONE);
    }
}

/* Every row can be reached by a call of its own shape, and by no other row's. */
static void finds_every_row_by_its_own_path(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < GV_MLFLOW_ROUTES_COUNT; i++) {
        const struct gv_mlflow_route *route = &GV_MLFLOW_ROUTES[i];
        for (unsigned version = 2; version <= 3; version++) {
            char target[256];
            char *to = target;
            if (!route->raw && !(route->versions & (1u << version)))
                continue;
            if (!route->raw)
                to += sprintf(to, "/ajax-api/%u.0", version);
            for (const char *at = route->path; *at; at++) {
                if (!strchr("{}", *at) && strncmp(at, "...", 3) != 0 && at[0] != '.')
                    *to++ = *at;
            }
            *to = '\0';
            if (match(fixture, route->method, target) != GV_MATCH_OK)
                explain(target, fixture);
            assert_ptr_equal(fixture->match.route, route);
        }
    }
}

/* The endpoints of the .proto files of 3.11: METHOD VERSION PATH. */
static void has_every_endpoint_of_mlflows_protos(void **state)
{
    struct fixture *fixture = *state;
    struct gv_slice golden =
        read_text(GV_SOURCE_DIR "/test/unit/sidecar/mlflow/proto_endpoints.txt");
    struct gv_slice rest = golden;
    size_t count = 0;
    while (rest.len > 0) {
        struct gv_slice line = gv_slice_split(&rest, '\n');
        char method[16];
        char path[200];
        char target[256];
        unsigned version;
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        assert_int_equal(sscanf(line.ptr, "%15s %u %199s", method, &version, path), 3);
        char *to = target + sprintf(target, "/api/%u.0", version);
        for (const char *at = path; *at; at++) {
            if (!strchr("{}.", *at))
                *to++ = *at;
        }
        *to = '\0';
        enum gv_match_result result = match(fixture, method, target);
        if (result != GV_MATCH_OK)
            explain(target, fixture);
        assert_int_equal(result, GV_MATCH_OK);
        count++;
    }
    assert_true(count > 150);
    free((void *)(uintptr_t)golden.ptr);
}

static const char *check(struct gv_text *out, const char *routes, struct gv_error *err)
{
    char json[1024];
    snprintf(json, sizeof(json), "{\"mlflow\":\"9.9\",\"routes\":[%s]}", routes);
    *err = GV_ERROR_INIT;
    gv_text_clear(out);
    gv_mlflow_routes_check(gv_slice_from(json), out, err);
    return gv_text_cstr(out);
}

static void reports_what_mlflow_serves_and_the_table_does_not(void **state)
{
    (void)state;
    struct gv_text out = GV_TEXT_INIT;
    struct gv_error err;
    const char *report =
        check(&out,
              "{\"method\":\"GET\",\"path\":\"/ajax-api/2.0/mlflow/runs/get\"},"
              "{\"method\":\"GET\",\"path\":\"/api/3.0/mlflow/traces/{other_name}\"},"
              "{\"method\":\"POST\",\"path\":\"/ajax-api/3.0/jobs/\"},"
              "{\"method\":\"POST\",\"path\":\"/ajax-api/3.0/mlflow/assistant/a/{b}\"},"
              "{\"method\":\"POST\",\"path\":\"/api/2.0/mlflow/model-versions/bless\"},"
              "{\"method\":\"GET\",\"path\":\"/api/2.0/mlflow/upload-artifact\"},"
              "{\"method\":\"*\",\"path\":\"/plugin/{path...}\"},"
              "{\"method\":\"GET\",\"path\":\"/api/3.0/mlflow/traces/export\"}",
              &err);
    static const char expected[] =
        "left out  POST /ajax-api/3.0/jobs/: runs named functions with free parameters on the "
        "server\n"
        "left out  POST /ajax-api/3.0/mlflow/assistant/a/{b}: drives a coding assistant on the "
        "server and trusts every caller from loopback, which is what the gateway is to it\n"
        "unknown   POST /api/2.0/mlflow/model-versions/bless\n"
        "unknown   GET /api/2.0/mlflow/upload-artifact\n"
        "unknown   * /plugin/{path...}\n"
        "mistaken  GET /api/3.0/mlflow/traces/export: the table takes it for GET "
        "/mlflow/traces/{trace_id}\n"
        "MLflow 9.9 serves 8 routes: 2 in the table, 2 left out on purpose, 4 to be looked at; ";
    /* How many rows are not served depends on the table alone. */
    assert_memory_equal(report, expected, sizeof(expected) - 1);
    assert_int_equal(err.code, GV_ERROR_REFUSED);
    gv_text_free(&out);
}

static void refuses_a_document_that_lists_nothing(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "{}",
        "[]",
        "{\"mlflow\":\"3\",\"routes\":[]}",
        "{\"routes\":[{\"method\":\"GET\",\"path\":\"/\"}]}",
        "{\"mlflow\":\"3\",\"routes\":[{\"path\":\"/\"}]}",
        "{\"mlflow\":\"3\",\"routes\":[{\"method\":\"GET\",\"path\":\"x\"}]}",
        "{\"mlflow\":\"3\",\"routes\":[7]}",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gv_text out = GV_TEXT_INIT;
        struct gv_error err = GV_ERROR_INIT;
        assert_false(gv_mlflow_routes_check(gv_slice_from(cases[i]), &out, &err));
        assert_int_equal(err.code, GV_ERROR_INVALID);
        gv_text_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_every_row_a_complete_and_consistent_shape),
        cmocka_unit_test(knows_every_kind_of_resource_that_it_names),
        cmocka_unit_test(governs_everything_that_can_touch_a_target),
        cmocka_unit_test_setup_teardown(finds_every_row_by_its_own_path, set_up, tear_down),
        cmocka_unit_test_setup_teardown(has_every_endpoint_of_mlflows_protos, set_up, tear_down),
        cmocka_unit_test(reports_what_mlflow_serves_and_the_table_does_not),
        cmocka_unit_test(refuses_a_document_that_lists_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
