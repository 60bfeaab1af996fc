/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/mlflow/support.h"

#include <jansson.h>
#include <time.h>

/*
 * Requests with random damage. Nothing may crash (the sanitizers watch), and what is let through
 * must be what it seems: it matches again to the same row and the same target, its body is strict
 * JSON that classifies to the same call.
 */

static const char *const TARGETS[][2] = {
    {"POST", "/api/2.0/mlflow/model-versions/transition-stage"},
    {"DELETE", "/ajax-api/2.0/mlflow/registered-models/alias"},
    {"GET", "/api/2.0/mlflow/model-versions/get?name=churn&version=3"},
    {"GET", "/api/2.0/mlflow/runs/get?run_id=abc&run_uuid=abc"},
    {"PUT", "/api/2.0/mlflow-artifacts/artifacts/1/abc%2Fartifacts/a%2520b"},
    {"POST", "/ajax-api/2.0/mlflow/upload-artifact?run_uuid=abc&path=a%252Fb"},
    {"POST", "/gateway/gemini/v1beta/models/chat:streamGenerateContent?alt=sse"},
    {"PATCH", "/api/3.0/mlflow/traces/tr-1/assessments/a-1"},
    {"POST", "/graphql"},
    {"POST", "/api/2.0/mlflow/model-versions/create"},
    {"POST", "/api/2.0/mlflow/runs/create"},
    {"GET", "/static-files/static/js/main.js"},
};

static const char *const BODIES[] = {
    "{\"name\":\"churn\",\"version\":\"3\",\"stage\":\"Production\","
    "\"archive_existing_versions\":true}",
    "{\"name\":\"churn\",\"alias\":\"champion\"}",
    "{\"query\":\"query Q($a: B!) @c(d: 1) { a: mlflowGetRun(input: {x: [\\\"}\\\"]}) { run { ...F "
    "} } } fragment F on R { x }\",\"variables\":{},\"operationName\":null}",
    "{\"name\":\"x\",\"source\":\"models:/churn/3\",\"tags\":[{\"key\":\"a\",\"value\":\"b\"}],"
    "\"runId\":\"r\"}",
    "{\"experimentId\":\"7\",\"userId\":\"u\",\"tags\":[{\"key\":\"mlflow.user\"}]}",
    "{\"assessment\":{\"source\":{\"sourceType\":\"HUMAN\",\"sourceId\":\"x\"}}}",
};

static const char *const PIECES[] = {
    "%",
    "%2f",
    "%2e%2e",
    "/",
    "//",
    "?",
    "&",
    "=",
    "..",
    "%00",
    "%25",
    "+",
    "\\",
    "\"",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\\u0",
    "null",
    "\xc3",
    "\xa9",
    "models:/",
    "@",
    "run_id",
    "name",
    "...",
    "#",
    "\r",
    "\n",
    "1e999",
    "-0",
    "99999999999999999999",
    "\xef\xbb\xbf",
    "api",
    "{x}",
};

static uint64_t random_state;

/* xorshift64*: the seed is printed, so a failure can be repeated. */
static uint64_t draw(uint64_t bound)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 2685821657736338717ull % bound;
}

static void damage(char *text, size_t size)
{
    size_t length = strlen(text);
    size_t at = length ? draw(length + 1) : 0;
    size_t rest = length - at;
    size_t cut = draw(3) == 0 ? draw(rest + 1) : 0;
    const char *piece = draw(3) ? PIECES[draw(sizeof(PIECES) / sizeof(PIECES[0]))] : "";
    char byte[2] = {(char)(1 + draw(255)), '\0'};
    if (!*piece && draw(2))
        piece = byte;
    size_t added = strlen(piece);
    if (length - cut + added + 1 > size)
        return;
    memmove(text + at + added, text + at + cut, rest - cut + 1);
    memcpy(text + at, piece, added);
}

static void check_again(struct fixture *fixture, const char *method, const char *user)
{
    struct gv_mlflow_call first = fixture->call;
    struct gv_mlflow_call second;
    assert_int_equal(match(fixture, method, first.target), GV_MATCH_OK);
    assert_ptr_equal(fixture->match.route, first.route);
    assert_string_equal(fixture->match.target, first.target);
    if (first.body.len > 0) {
        json_t *json = json_loadb(first.body.ptr, first.body.len, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(json);
        json_decref(json);
    }
    assert_true(gv_mlflow_classify(fixture->arena, &fixture->match, (struct gv_slice){0},
                                   first.body, user, &second, &fixture->err));
    assert_true(gv_slice_equal(first.resource.path, second.resource.path));
    assert_true(gv_slice_equal(first.body, second.body));
    assert_int_equal(first.version, second.version);
}

static void survives_damaged_requests_and_takes_only_what_it_takes_again(void **state)
{
    struct fixture *fixture = *state;
    const char *given = getenv("GAVEL_FUZZ_SEED");
    const char *wanted = getenv("GAVEL_FUZZ_ROUNDS");
    random_state = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 2654435761u + 1;
    unsigned long rounds = wanted ? strtoul(wanted, NULL, 10) : 100000;
    unsigned long taken = 0;
    print_message("GAVEL_FUZZ_SEED=%llu\n", (unsigned long long)random_state);
    for (unsigned long i = 0; i < rounds; i++) {
        char target[512];
        char body[1024];
        size_t row = draw(sizeof(TARGETS) / sizeof(TARGETS[0]));
        strcpy(target, TARGETS[row][1]);
        strcpy(body, draw(5) ? BODIES[draw(sizeof(BODIES) / sizeof(BODIES[0]))] : "");
        for (uint64_t hits = draw(4); hits > 0; hits--)
            damage(draw(2) ? target : body, sizeof(target));
        gv_arena_reset(fixture->arena);
        if (match(fixture, TARGETS[row][0], target) != GV_MATCH_OK)
            continue;
        struct gv_slice sent = fixture->match.has_json ? gv_slice_from(body) : (struct gv_slice){0};
        if (!gv_mlflow_classify(fixture->arena, &fixture->match, (struct gv_slice){0}, sent,
                                "ds-001", &fixture->call, &fixture->err))
            continue;
        taken++;
        check_again(fixture, TARGETS[row][0], "ds-001");
    }
    print_message("%lu of %lu were taken\n", taken, rounds);
    assert_true(taken > rounds / 100);
    assert_true(taken < rounds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            survives_damaged_requests_and_takes_only_what_it_takes_again, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
