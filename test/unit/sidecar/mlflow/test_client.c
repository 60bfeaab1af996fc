/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/mlflow/client.h"

#include "sidecar/mlflow/limits.h"
#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define REPLIES_MAX 8

/* A server that answers the requests of one test one after the other, each as the script says. */
struct fixture {
    int listener;
    pthread_t thread;
    bool threaded;
    const char *replies[REPLIES_MAX + 1]; /* "200 {…}"; NULL ends the script */
    char requests[REPLIES_MAX][4096];

    struct gv_loop *loop;
    struct gv_http_client *http;
    struct gv_mlflow *mlflow;
    struct gv_timer *deadline;

    /* What the callback was told. */
    unsigned calls;
    struct gv_error err;
    char text[1024];
    int64_t experiments;
    int64_t models;
};

static void read_request(int fd, char *to, size_t size)
{
    size_t length = 0;
    size_t wanted = 0;
    while (length < size - 1 && (wanted == 0 || length < wanted)) {
        ssize_t got = read(fd, to + length, size - 1 - length);
        if (got <= 0)
            break;
        length += (size_t)got;
        to[length] = '\0';
        const char *end = strstr(to, "\r\n\r\n");
        const char *declared = strcasestr(to, "\r\nContent-Length:");
        if (end)
            wanted = (size_t)(end - to) + 4 + (declared ? strtoul(declared + 17, NULL, 10) : 0);
    }
}

static void *serve(void *ctx)
{
    struct fixture *fixture = ctx;
    for (size_t i = 0; fixture->replies[i]; i++) {
        int fd = accept(fixture->listener, NULL, NULL);
        if (fd < 0)
            break;
        read_request(fd, fixture->requests[i], sizeof(fixture->requests[i]));
        char head[256];
        const char *body = fixture->replies[i] + 4;
        int length = snprintf(head, sizeof(head),
                              "HTTP/1.1 %.3s X\r\nContent-Type: application/json\r\n"
                              "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                              fixture->replies[i], strlen(body));
        if (write(fd, head, (size_t)length) < 0 || write(fd, body, strlen(body)) < 0)
            fprintf(stderr, "the client went away\n");
        close(fd);
    }
    return NULL;
}

/* Waits for the end of the script; what was asked may be read from then on. */
static void join(struct fixture *fixture)
{
    if (fixture->threaded)
        pthread_join(fixture->thread, NULL);
    fixture->threaded = false;
}

static void give_up(void *ctx)
{
    gv_loop_stop(ctx);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    fixture->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fixture->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fixture->listener, 8), 0);
    getsockname(fixture->listener, (struct sockaddr *)&address, &size);
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/", ntohs(address.sin_port));
    fixture->loop = gv_loop_new(&fixture->err);
    fixture->http = gv_http_client_new(fixture->loop, 0, &fixture->err);
    assert_non_null(fixture->http);
    struct gv_mlflow_options options = {.url = url, .authorization = "Basic eA=="};
    fixture->mlflow = gv_mlflow_new(fixture->http, &options, &fixture->err);
    assert_non_null(fixture->mlflow);
    fixture->deadline = gv_timer_new(fixture->loop, give_up, fixture->loop);
    gv_timer_set(fixture->deadline, 20 * GV_SECOND);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    gv_mlflow_free(fixture->mlflow);
    gv_http_client_free(fixture->http);
    gv_timer_free(fixture->deadline);
    gv_loop_free(fixture->loop);
    shutdown(fixture->listener, SHUT_RDWR);
    close(fixture->listener);
    join(fixture);
    free(fixture);
    return 0;
}

/* Lets the server answer and the loop run until the callback has come. */
static void run(struct fixture *fixture)
{
    fixture->threaded = pthread_create(&fixture->thread, NULL, serve, fixture) == 0;
    assert_true(fixture->threaded);
    gv_loop_run(fixture->loop);
    assert_int_equal(fixture->calls, 1);
    join(fixture);
}

static void note(struct fixture *fixture, const struct gv_error *err)
{
    fixture->calls++;
    fixture->err = err ? *err : GV_ERROR_INIT;
    gv_loop_stop(fixture->loop);
}

static void on_plain(void *ctx, const struct gv_error *err)
{
    note(ctx, err);
}

static void write_version(char *to, size_t size, const struct gv_mlflow_version *version)
{
    size_t length = (size_t)snprintf(
        to, size, "%s v%lld %s run=%s model=%s source=%s user=%s status=%s at=%lld", version->model,
        (long long)version->version, version->stage, version->run_id ? version->run_id : "-",
        version->model_id ? version->model_id : "-", version->source ? version->source : "-",
        version->user_id ? version->user_id : "-", version->status ? version->status : "-",
        (long long)version->created_at);
    for (size_t i = 0; i < version->alias_count; i++)
        length += (size_t)snprintf(to + length, size - length, " @%s", version->aliases[i]);
    for (size_t i = 0; i < version->tag_count; i++)
        length += (size_t)snprintf(to + length, size - length, " %s=%s", version->tags[i].key,
                                   version->tags[i].value);
}

static void on_version(void *ctx, const struct gv_mlflow_version *version,
                       const struct gv_error *err)
{
    struct fixture *fixture = ctx;
    assert_true((version == NULL) == (err != NULL));
    if (version)
        write_version(fixture->text, sizeof(fixture->text), version);
    note(fixture, err);
}

static void on_versions(void *ctx, const struct gv_mlflow_version *versions, size_t count,
                        const struct gv_error *err)
{
    struct fixture *fixture = ctx;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(fixture->text);
        write_version(fixture->text + length, sizeof(fixture->text) - length, &versions[i]);
        strcat(fixture->text, "\n");
    }
    note(fixture, err);
}

static void on_run(void *ctx, const struct gv_mlflow_run *run_, const struct gv_error *err)
{
    struct fixture *fixture = ctx;
    size_t length = 0;
    if (run_)
        length = (size_t)snprintf(fixture->text, sizeof(fixture->text), "%s %s %s", run_->run_id,
                                  run_->user_id ? run_->user_id : "-", run_->status);
    for (size_t i = 0; run_ && i < run_->metric_count; i++)
        length += (size_t)snprintf(fixture->text + length, sizeof(fixture->text) - length, " %s=%g",
                                   run_->metrics[i].key, run_->metrics[i].value);
    note(fixture, err);
}

static void on_count(void *ctx, int64_t experiments, int64_t models, const struct gv_error *err)
{
    struct fixture *fixture = ctx;
    fixture->experiments = experiments;
    fixture->models = models;
    note(fixture, err);
}

static void assert_asked(const struct fixture *fixture, size_t at, const char *line)
{
    if (strncmp(fixture->requests[at], line, strlen(line)) != 0)
        print_message("%s\n", fixture->requests[at]);
    assert_memory_equal(fixture->requests[at], line, strlen(line));
}

static void assert_sent(const struct fixture *fixture, size_t at, const char *part)
{
    if (!strstr(fixture->requests[at], part))
        print_message("%s\n", fixture->requests[at]);
    assert_non_null(strstr(fixture->requests[at], part));
}

static void reads_a_version_with_all_that_it_has(void **state)
{
    struct fixture *fixture = *state;
    fixture->replies[0] =
        "200 {\"model_version\": {\"name\": \"churn & co\", \"version\": \"3\", "
        "\"creation_timestamp\": 1700000000123, \"current_stage\": \"Staging\", \"source\": "
        "\"s3://x\", \"run_id\": \"r1\", \"model_id\": \"m-1\", \"status\": \"READY\", "
        "\"user_id\": "
        "\"ds\", \"run_link\": \"\", \"tags\": [{\"key\": \"env\", \"value\": \"test\"}, {\"key\": "
        "\"b\"}], \"aliases\": [\"challenger\"], \"newer\": {}}}";
    assert_true(gv_mlflow_version_get(fixture->mlflow, "team-a", "churn & co", 3, on_version,
                                      fixture, &fixture->err));
    assert_int_equal(fixture->calls, 0);
    run(fixture);
    assert_int_equal(fixture->err.code, GV_ERROR_NONE);
    assert_string_equal(fixture->text,
                        "churn & co v3 Staging run=r1 model=m-1 source=s3://x user=ds status=READY "
                        "at=1700000000123 @challenger env=test b=");
    assert_asked(fixture, 0,
                 "GET /api/2.0/mlflow/model-versions/get?name=churn%20%26%20co&version=3 HTTP/1.1");
    assert_sent(fixture, 0, "Authorization: Basic eA==\r\n");
    assert_sent(fixture, 0, "X-MLFLOW-WORKSPACE: team-a\r\n");
}

static void sends_no_workspace_when_it_is_the_default(void **state)
{
    struct fixture *fixture = *state;
    fixture->replies[0] = "200 {\"model_version\": {\"name\": \"a\", \"version\": \"1\"}}";
    assert_true(gv_mlflow_version_by_alias(fixture->mlflow, "default", "a", "champion", on_version,
                                           fixture, &fixture->err));
    run(fixture);
    assert_string_equal(fixture->text, "a v1 None run=- model=- source=- user=- status=- at=0");
    assert_asked(fixture, 0, "GET /api/2.0/mlflow/registered-models/alias?name=a&alias=champion ");
    assert_null(strstr(fixture->requests[0], "WORKSPACE"));
}

static void says_not_found_for_an_alias_that_points_nowhere(void **state)
{
    struct fixture *fixture = *state;
    fixture->replies[0] = "400 {\"error_code\": \"INVALID_PARAMETER_VALUE\", \"message\": "
                          "\"Registered model alias champion not found.\"}";
    assert_true(gv_mlflow_version_by_alias(fixture->mlflow, NULL, "a", "champion", on_version,
                                           fixture, &fixture->err));
    run(fixture);
    assert_int_equal(fixture->err.code, GV_ERROR_NOT_FOUND);
}

static void names_answers_by_what_can_be_done_about_them(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *reply;
        enum gv_error_code code;
        const char *message;
    } cases[] = {
        {"404 {\"error_code\": \"RESOURCE_DOES_NOT_EXIST\", \"message\": \"no such model\"}",
         GV_ERROR_NOT_FOUND, "MLflow answered 404 RESOURCE_DOES_NOT_EXIST: no such model"},
        {"404 ", GV_ERROR_REFUSED, "MLflow answered 404"},
        {"400 {\"error_code\": \"INVALID_PARAMETER_VALUE\", \"message\": \"bad\"}",
         GV_ERROR_REFUSED, "MLflow answered 400 INVALID_PARAMETER_VALUE: bad"},
        {"403 Invalid Host header", GV_ERROR_REFUSED, "MLflow answered 403"},
        {"429 {}", GV_ERROR_UNAVAILABLE, "MLflow answered 429"},
        {"500 <html>", GV_ERROR_UNAVAILABLE, "MLflow answered 500"},
        {"503 {\"error_code\": \"TEMPORARILY_UNAVAILABLE\"}", GV_ERROR_UNAVAILABLE,
         "MLflow answered 503 TEMPORARILY_UNAVAILABLE"},
        {"500 {\"error_code\": \"FEATURE_DISABLED\", \"message\": \"no workspaces\"}",
         GV_ERROR_REFUSED, "MLflow answered 500 FEATURE_DISABLED: no workspaces"},
    };
    enum { COUNT = sizeof(cases) / sizeof(cases[0]) };
    assert_true(COUNT <= REPLIES_MAX);
    for (size_t i = 0; i < COUNT; i++)
        fixture->replies[i] = cases[i].reply;
    fixture->threaded = pthread_create(&fixture->thread, NULL, serve, fixture) == 0;
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(gv_mlflow_stage_set(fixture->mlflow, NULL, "a", 1, "Production", true, on_plain,
                                        fixture, &fixture->err));
        gv_loop_run(fixture->loop);
        assert_int_equal(fixture->err.code, cases[i].code);
        assert_string_equal(fixture->err.message, cases[i].message);
    }
}

static void calls_answers_that_mlflow_does_not_give_corrupt(void **state)
{
    static const char *const replies[REPLIES_MAX + 1] = {
        "200 ",
        "200 OK",
        "200 []",
        "200 {}",
        "200 {\"model_version\": {\"version\": \"1\"}}",
        "200 {\"model_version\": {\"name\": \"a\", \"version\": \"x\"}}",
        "200 {\"model_version\": {\"name\": 7, \"version\": \"1\"}}",
        "302 {}",
    };
    struct fixture *fixture = *state;
    memcpy(fixture->replies, replies, sizeof(replies));
    fixture->threaded = pthread_create(&fixture->thread, NULL, serve, fixture) == 0;
    for (size_t i = 0; replies[i]; i++) {
        assert_true(gv_mlflow_version_get(fixture->mlflow, NULL, "a", 1, on_version, fixture,
                                          &fixture->err));
        gv_loop_run(fixture->loop);
        assert_int_equal(fixture->err.code, GV_ERROR_CORRUPT);
    }
}

static void says_unavailable_when_nobody_listens(void **state)
{
    struct fixture *fixture = *state;
    close(fixture->listener);
    fixture->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(gv_mlflow_ping(fixture->mlflow, on_plain, fixture, &fixture->err));
    gv_loop_run(fixture->loop);
    assert_int_equal(fixture->calls, 1);
    assert_int_equal(fixture->err.code, GV_ERROR_UNAVAILABLE);
    assert_non_null(strstr(fixture->err.message, "MLflow at http://127.0.0.1:"));
}

static void takes_any_answer_of_the_health_page(void **state)
{
    struct fixture *fixture = *state;
    fixture->replies[0] = "200 OK";
    assert_true(gv_mlflow_ping(fixture->mlflow, on_plain, fixture, &fixture->err));
    run(fixture);
    assert_int_equal(fixture->err.code, GV_ERROR_NONE);
    assert_asked(fixture, 0, "GET /health HTTP/1.1");
}

static void sends_changes_as_mlflow_expects_them(void **state)
{
    struct fixture *fixture = *state;
    struct gv_mlflow *mlflow = fixture->mlflow;
    for (size_t i = 0; i < 4; i++)
        fixture->replies[i] = "200 {}";
    fixture->threaded = pthread_create(&fixture->thread, NULL, serve, fixture) == 0;
    assert_true(gv_mlflow_stage_set(mlflow, NULL, "a\"b", 3, "Production", true, on_plain, fixture,
                                    &fixture->err));
    gv_loop_run(fixture->loop);
    assert_true(
        gv_mlflow_alias_set(mlflow, NULL, "a", 3, "champion", on_plain, fixture, &fixture->err));
    gv_loop_run(fixture->loop);
    assert_true(
        gv_mlflow_alias_delete(mlflow, NULL, "a", "champion", on_plain, fixture, &fixture->err));
    gv_loop_run(fixture->loop);
    assert_true(
        gv_mlflow_tag_set(mlflow, NULL, "a", 3, "env", "prod", on_plain, fixture, &fixture->err));
    gv_loop_run(fixture->loop);
    assert_int_equal(fixture->calls, 4);
    join(fixture);
    assert_int_equal(fixture->err.code, GV_ERROR_NONE);
    assert_asked(fixture, 0, "POST /api/2.0/mlflow/model-versions/transition-stage HTTP/1.1");
    assert_sent(fixture, 0, "Content-Type: application/json\r\n");
    assert_sent(fixture, 0,
                "\r\n\r\n{\"name\":\"a\\\"b\",\"version\":\"3\",\"stage\":\"Production\","
                "\"archive_existing_versions\":true}");
    assert_asked(fixture, 1, "POST /api/2.0/mlflow/registered-models/alias HTTP/1.1");
    assert_sent(fixture, 1, "{\"name\":\"a\",\"version\":\"3\",\"alias\":\"champion\"}");
    assert_asked(fixture, 2, "DELETE /api/2.0/mlflow/registered-models/alias HTTP/1.1");
    assert_sent(fixture, 2, "{\"name\":\"a\",\"alias\":\"champion\"}");
    assert_asked(fixture, 3, "POST /api/2.0/mlflow/model-versions/set-tag HTTP/1.1");
    assert_sent(fixture, 3,
                "{\"name\":\"a\",\"version\":\"3\",\"key\":\"env\",\"value\":\"prod\"}");
}

static void refuses_names_that_are_no_text(void **state)
{
    struct fixture *fixture = *state;
    assert_false(gv_mlflow_stage_set(fixture->mlflow, NULL, "a\xff", 1, "Production", true,
                                     on_plain, fixture, &fixture->err));
    assert_int_equal(fixture->err.code, GV_ERROR_INVALID);
    assert_int_equal(fixture->calls, 0);
}

static void collects_every_page_of_versions_and_their_aliases(void **state)
{
    struct fixture *fixture = *state;
    fixture->replies[0] = "200 {\"model_versions\": [{\"name\": \"o'x\", \"version\": \"3\"}], "
                          "\"next_page_token\": \"a+b=\"}";
    fixture->replies[1] = "200 {\"model_versions\": [{\"name\": \"o'x\", \"version\": \"2\", "
                          "\"aliases\": [\"stale\"]}]}";
    fixture->replies[2] =
        "200 {\"registered_model\": {\"name\": \"o'x\", \"aliases\": [{\"alias\": \"champion\", "
        "\"version\": \"3\"}, {\"alias\": \"best\", \"version\": \"3\"}]}}";
    assert_true(
        gv_mlflow_versions(fixture->mlflow, NULL, "o'x", on_versions, fixture, &fixture->err));
    run(fixture);
    assert_int_equal(fixture->err.code, GV_ERROR_NONE);
    assert_string_equal(fixture->text,
                        "o'x v3 None run=- model=- source=- user=- status=- at=0 @champion @best\n"
                        "o'x v2 None run=- model=- source=- user=- status=- at=0\n");
    assert_asked(fixture, 0,
                 "GET /api/2.0/mlflow/model-versions/search?filter=name%20%3D%20%22o%27x%22&"
                 "max_results=1000 ");
    assert_sent(fixture, 1, "&max_results=1000&page_token=a%2Bb%3D ");
    assert_asked(fixture, 2, "GET /api/2.0/mlflow/registered-models/get?name=o%27x ");
}

static void does_not_search_for_what_a_filter_cannot_say(void **state)
{
    struct fixture *fixture = *state;
    assert_false(gv_mlflow_versions(fixture->mlflow, NULL, "a' OR \"b", on_versions, fixture,
                                    &fixture->err));
    assert_int_equal(fixture->err.code, GV_ERROR_REFUSED);
}

static void finds_what_a_run_became_and_the_copies_of_that(void **state)
{
    struct fixture *fixture = *state;
    fixture->replies[0] = "200 {\"model_versions\": [{\"name\": \"x\", \"version\": \"1\"}]}";
    fixture->replies[1] = "200 {\"model_versions\": [{\"name\": \"x\", \"version\": \"1\"}]}";
    fixture->replies[2] = "200 {\"model_versions\": [{\"name\": \"y\", \"version\": \"4\"}]}";
    fixture->replies[3] = "200 {}";
    assert_true(gv_mlflow_versions_made_from(fixture->mlflow, NULL, "r1", NULL, on_versions,
                                             fixture, &fixture->err));
    run(fixture);
    assert_int_equal(fixture->err.code, GV_ERROR_NONE);
    assert_string_equal(fixture->text, "x v1 None run=- model=- source=- user=- status=- at=0\n"
                                       "y v4 None run=- model=- source=- user=- status=- at=0\n");
    assert_sent(fixture, 0, "filter=run_id%20%3D%20%27r1%27&");
    assert_sent(fixture, 1, "filter=source_path%20LIKE%20%27%25r1%25%27&");
    assert_sent(fixture, 2, "filter=source_path%20%3D%20%27models%3A%2Fx%2F1%27&");
    assert_sent(fixture, 3, "filter=source_path%20%3D%20%27models%3A%2Fy%2F4%27&");
}

static void does_not_look_for_copies_of_a_name_that_would_end_the_filter(void **state)
{
    struct fixture *fixture = *state;
    fixture->replies[0] = "200 {\"model_versions\": [{\"name\": \"x\\\" AND name = 'y\", "
                          "\"version\": \"1\"}]}";
    assert_true(gv_mlflow_versions_made_from(fixture->mlflow, NULL, NULL, "m-1", on_versions,
                                             fixture, &fixture->err));
    run(fixture);
    assert_int_equal(fixture->err.code, GV_ERROR_REFUSED);
}

static void refuses_versions_of_another_model(void **state)
{
    struct fixture *fixture = *state;
    fixture->replies[0] = "200 {\"model_versions\": [{\"name\": \"CHURN\", \"version\": \"3\"}]}";
    assert_true(
        gv_mlflow_versions(fixture->mlflow, NULL, "churn", on_versions, fixture, &fixture->err));
    run(fixture);
    assert_int_equal(fixture->err.code, GV_ERROR_CORRUPT);
}

static void reads_a_runs_metrics_and_author(void **state)
{
    struct fixture *fixture = *state;
    fixture->replies[0] =
        "200 {\"run\": {\"info\": {\"run_id\": \"r1\", \"user_id\": \"\", \"status\": "
        "\"FINISHED\"}, \"data\": {\"metrics\": [{\"key\": \"accuracy\", \"value\": 0.95}, "
        "{\"key\": "
        "\"loss\", \"value\": \"NaN\"}, {\"key\": \"zero\"}, {\"key\": \"n\", \"value\": 3}], "
        "\"tags\": [{\"key\": \"mlflow.user\", \"value\": \"ds-001\"}]}}}";
    assert_true(gv_mlflow_run_get(fixture->mlflow, NULL, "r1", on_run, fixture, &fixture->err));
    run(fixture);
    assert_int_equal(fixture->err.code, GV_ERROR_NONE);
    assert_string_equal(fixture->text, "r1 ds-001 FINISHED accuracy=0.95 loss=nan zero=0 n=3");
}

static void counts_experiments_and_models_over_their_pages(void **state)
{
    struct fixture *fixture = *state;
    fixture->replies[0] = "200 {\"experiments\": [{}, {}], \"next_page_token\": \"x\"}";
    fixture->replies[1] = "200 {\"experiments\": [{}]}";
    fixture->replies[2] = "200 {\"registered_models\": [{}, {}]}";
    assert_true(gv_mlflow_count(fixture->mlflow, on_count, fixture, &fixture->err));
    run(fixture);
    assert_int_equal(fixture->err.code, GV_ERROR_NONE);
    assert_int_equal(fixture->experiments, 3);
    assert_int_equal(fixture->models, 2);
}

static void on_workspaces(void *ctx, bool enabled, const struct gv_error *err)
{
    struct fixture *fixture = ctx;
    snprintf(fixture->text, sizeof(fixture->text), "%s", enabled ? "enabled" : "disabled");
    note(fixture, err);
}

static void knows_whether_the_server_keeps_workspaces_apart(void **state)
{
    static const char *const cases[][2] = {
        {"200 {\"store_type\": \"SqlStore\", \"workspaces_enabled\": true}", "enabled"},
        {"200 {\"store_type\": \"SqlStore\", \"workspaces_enabled\": false}", "disabled"},
        {"200 {}", "disabled"},
        {"404 <html>", "disabled"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < 4; i++)
        fixture->replies[i] = cases[i][0];
    fixture->replies[4] = "503 {}";
    fixture->threaded = pthread_create(&fixture->thread, NULL, serve, fixture) == 0;
    for (size_t i = 0; i < 4; i++) {
        assert_true(gv_mlflow_workspaces(fixture->mlflow, on_workspaces, fixture, &fixture->err));
        gv_loop_run(fixture->loop);
        assert_int_equal(fixture->err.code, GV_ERROR_NONE);
        assert_string_equal(fixture->text, cases[i][1]);
    }
    assert_true(gv_mlflow_workspaces(fixture->mlflow, on_workspaces, fixture, &fixture->err));
    gv_loop_run(fixture->loop);
    assert_int_equal(fixture->err.code, GV_ERROR_UNAVAILABLE);
}

static void cancels_what_is_under_way_when_it_is_freed(void **state)
{
    struct fixture *fixture = *state;
    assert_true(
        gv_mlflow_versions(fixture->mlflow, NULL, "a", on_versions, fixture, &fixture->err));
    assert_true(gv_mlflow_ping(fixture->mlflow, on_plain, fixture, &fixture->err));
    fixture->mlflow = gv_mlflow_free(fixture->mlflow);
    gv_timer_set(fixture->deadline, 50 * GV_MILLISECOND);
    gv_loop_run(fixture->loop);
    assert_int_equal(fixture->calls, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_a_version_with_all_that_it_has, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sends_no_workspace_when_it_is_the_default, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(says_not_found_for_an_alias_that_points_nowhere, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(names_answers_by_what_can_be_done_about_them, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(calls_answers_that_mlflow_does_not_give_corrupt, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(says_unavailable_when_nobody_listens, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_any_answer_of_the_health_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sends_changes_as_mlflow_expects_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_names_that_are_no_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(collects_every_page_of_versions_and_their_aliases, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(does_not_search_for_what_a_filter_cannot_say, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(finds_what_a_run_became_and_the_copies_of_that, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            does_not_look_for_copies_of_a_name_that_would_end_the_filter, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_versions_of_another_model, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_a_runs_metrics_and_author, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counts_experiments_and_models_over_their_pages, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(knows_whether_the_server_keeps_workspaces_apart, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(cancels_what_is_under_way_when_it_is_freed, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
