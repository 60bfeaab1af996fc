/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/api/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROMOTION "/api/v1/mlops/model-promotion"
#define RETRAINING "/api/v1/mlops/model-retraining"
#define WEBHOOK "/api/v1/mlops/webhook/mlflow-promotion"
#define DECISIONS "/api/v1/decisions"

#define CHURN                                                                                 \
    "{\"model_name\":\"churn\",\"source_stage\":\"staging\",\"target_stage\":\"production\"," \
    "\"model_version\":1,\"mlflow_run_id\":\"abc123\",\"justification\":\"good\","            \
    "\"performance_metrics\":{\"accuracy\":0.95}}"
#define DRIFT                                                                               \
    "{\"model_name\":\"churn\",\"reason\":\"drift\",\"drift_score\":0.85,\"requester_id\":" \
    "\"ds-001\"}"

/* --- short ways --- */

/* Requests churn's promotion; the id, to be freed. */
static char *promote(struct world *world)
{
    struct reply reply =
        ask(world, "POST", PROMOTION, token_of(world, "ds-001", "data_scientist"), NULL, CHURN);
    assert_status(&reply, 201);
    char *id = strdup(said(&reply, "decision_id"));
    reply_free(&reply);
    return id;
}

static struct reply get(struct world *world, const char *format, const char *id)
{
    char path[256];
    snprintf(path, sizeof(path), "%s%s", format, id);
    return ask(world, "GET", path, token_of(world, "ds-001", "data_scientist"), NULL, NULL);
}

static struct reply vote(struct world *world, const char *id, const char *token, const char *body)
{
    char path[256];
    snprintf(path, sizeof(path), DECISIONS "/%s/approve", id);
    return ask(world, "POST", path, token, NULL, body);
}

/* --- the form of answers --- */

static const struct {
    const char *method;
    const char *target;
} ROUTES[] = {
    {"POST", PROMOTION},
    {"GET", PROMOTION},
    {"GET", PROMOTION "/x"},
    {"POST", RETRAINING},
    {"GET", RETRAINING "/x"},
    {"POST", WEBHOOK},
    {"GET", DECISIONS},
    {"HEAD", DECISIONS},
    {"GET", DECISIONS "/x"},
    {"POST", DECISIONS "/x/approve"},
    {"GET", DECISIONS "/x/approvals"},
    {"GET", "/api/v1/audit"},
    {"GET", "/api/v1/audit/entity/x"},
    {"GET", "/api/v1/audit/verify"},
};

static void asks_everybody_who_they_are(void **state)
{
    static const char *const tokens[] = {NULL, "Authorization: Bearer nonsense\r\n"};
    for (size_t i = 0; i < sizeof(ROUTES) / sizeof(ROUTES[0]); i++) {
        for (size_t j = 0; j < 2; j++) {
            struct reply reply = ask(*state, ROUTES[i].method, ROUTES[i].target, tokens[j], NULL,
                                     strcmp(ROUTES[i].method, "POST") ? NULL : "{}");
            assert_status(&reply, 401);
            assert_non_null(strstr(reply.head, "\r\nWWW-Authenticate: Bearer\r\n"));
            assert_non_null(strstr(reply.head, "\r\nCache-Control: no-store\r\n"));
            assert_non_null(strstr(reply.head, "\r\nContent-Type: application/json\r\n"));
            if (strcmp(ROUTES[i].method, "HEAD") != 0)
                assert_string_not_equal(said(&reply, "detail"), "");
            reply_free(&reply);
        }
    }
}

static void answers_unknown_paths_and_methods_in_its_own_form(void **state)
{
    static const struct {
        const char *method;
        const char *target;
        unsigned status;
        const char *allow;
    } cases[] = {
        {"GET", "/", 404, NULL},
        {"GET", "/api/v1/mlops", 404, NULL},
        {"GET", PROMOTION "/a/b", 404, NULL},
        {"GET", DECISIONS "/", 404, NULL},
        {"DELETE", PROMOTION, 405, "\r\nAllow: POST, GET, HEAD\r\n"},
        {"POST", DECISIONS, 405, "\r\nAllow: GET, HEAD\r\n"},
        {"GET", WEBHOOK, 405, "\r\nAllow: POST\r\n"},
    };
    const char *token = token_of(*state, "ds-001", "data_scientist");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reply reply = ask(*state, cases[i].method, cases[i].target, token, NULL, NULL);
        assert_status(&reply, cases[i].status);
        assert_string_not_equal(said(&reply, "detail"), "");
        if (cases[i].allow)
            assert_non_null(strstr(reply.head, cases[i].allow));
        reply_free(&reply);
    }
}

static void the_listeners_own_refusals_have_the_same_form(void **state)
{
    const char *token = token_of(*state, "ds-001", "data_scientist");
    struct reply reply = ask(*state, "POST", PROMOTION, token,
                             "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", NULL);
    assert_status(&reply, 400);
    assert_non_null(strstr(said(&reply, "detail"), "Content-Length"));
    reply_free(&reply);
}

static void refuses_bodies_that_are_no_strict_json(void **state)
{
    static const struct {
        const char *lines;
        const char *body;
        unsigned status;
        const char *says;
    } cases[] = {
        {NULL, "", 400, "empty"},
        {NULL, "{", 400, "not valid JSON"},
        {NULL, "[]", 400, "must be a JSON object"},
        {NULL, "{}", 400, "model_name is missing"},
        {NULL, "{\"model_name\":\"a\",\"model_name\":\"b\"}", 400, "duplicate"},
        {NULL,
         "{\"model_name\":\"a\",\"model_version\":1,\"target_stage\":\"production\","
         "\"performance_metrics\":{\"accuracy\":\"0.95\"}}",
         400, "performance_metrics.accuracy must be a number"},
        {NULL, "{\"model_name\":\"\xff\"}", 400, "not valid JSON"},
        {"Content-Type: text/plain\r\n", "{}", 415, "application/json"},
        {"Content-Type: application/x-www-form-urlencoded\r\n", "a=b", 415, "application/json"},
        {"Content-Encoding: gzip\r\n", "{}", 415, "Content-Encoding"},
    };
    const char *token = token_of(*state, "ds-001", "data_scientist");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reply reply = ask(*state, "POST", PROMOTION, token, cases[i].lines, cases[i].body);
        assert_status(&reply, cases[i].status);
        if (!strstr(said(&reply, "detail"), cases[i].says))
            fail_msg("%s: %s", cases[i].body, reply.text);
        reply_free(&reply);
    }
}

static void takes_parameters_of_a_content_type(void **state)
{
    const char *token = token_of(*state, "ds-001", "data_scientist");
    struct reply reply = ask(*state, "POST", PROMOTION, token,
                             "Content-Type: Application/JSON; charset=utf-8\r\n", CHURN);
    assert_status(&reply, 201);
    reply_free(&reply);
}

/* A request whose body has so many bytes. */
static unsigned status_of_size(struct world *world, size_t size)
{
    char *body = malloc(size + 1);
    memset(body, ' ', size);
    body[size] = '\0';
    memcpy(body, "{}", 2);
    struct reply reply =
        ask(world, "POST", PROMOTION, token_of(world, "ds-001", "data_scientist"), NULL, body);
    unsigned status = reply.status;
    free(body);
    reply_free(&reply);
    return status;
}

static void bounds_the_body(void **state)
{
    assert_int_equal(status_of_size(*state, (size_t)256 * 1024 - 1), 400);
    assert_int_equal(status_of_size(*state, (size_t)256 * 1024), 400);
    assert_int_equal(status_of_size(*state, (size_t)256 * 1024 + 1), 413);
    assert_int_equal(status_of_size(*state, GV_HTTP_BODY_BYTES + 1), 413);
}

/* --- promotions --- */

static void a_promotion_waits_until_the_architect_approves(void **state)
{
    char *id = promote(*state);
    struct reply waiting = get(*state, PROMOTION "/", id);
    assert_status(&waiting, 200);
    assert_string_equal(said(&waiting, "decision_id"), id);
    assert_string_equal(said(&waiting, "status"), "PENDING");
    assert_true(json_is_null(json_object_get(waiting.json, "approved_by")));
    assert_string_equal(said(&waiting, "metadata.model_name"), "churn");
    assert_string_equal(said(&waiting, "metadata.source_stage"), "staging");
    assert_string_equal(said(&waiting, "metadata.target_stage"), "production");
    assert_string_equal(said(&waiting, "metadata.justification"), "good");
    const json_t *seat = json_array_get(json_object_get(waiting.json, "waiting_for"), 0);
    assert_string_equal(json_string_value(json_object_get(seat, "role")), "data_architect");
    assert_int_equal(json_integer_value(json_object_get(seat, "missing")), 1);
    assert_string_equal(said(&waiting, "evidence.author"), "ds-009");
    assert_null(json_object_get(waiting.json, "execution"));
    reply_free(&waiting);

    struct reply cast = vote(*state, id, token_of(*state, "da-001", "data_architect"),
                             "{\"approver_id\":\"da-001\",\"comments\":\"meets the SLA\"}");
    assert_status(&cast, 201);
    assert_string_equal(said(&cast, "decision_id"), id);
    assert_string_equal(said(&cast, "voter_id"), "da-001");
    assert_string_equal(said(&cast, "voter_role"), "data_architect");
    assert_string_equal(said(&cast, "vote"), "approve");
    assert_string_equal(said(&cast, "comment"), "meets the SLA");
    reply_free(&cast);

    struct reply decided = get(*state, PROMOTION "/", id);
    assert_string_equal(said(&decided, "status"), "APPROVED");
    assert_string_equal(said(&decided, "approved_by"), "da-001");
    assert_string_equal(said(&decided, "execution.state"), "waiting");
    assert_int_equal(json_array_size(json_object_get(decided.json, "waiting_for")), 0);
    assert_int_equal(json_array_size(json_object_get(decided.json, "votes")), 1);
    reply_free(&decided);

    struct reply decision = get(*state, DECISIONS "/", id);
    assert_string_equal(said(&decision, "id"), id);
    assert_string_equal(said(&decision, "decision_type"), "model_promotion");
    assert_string_equal(said(&decision, "status"), "approved");
    assert_string_equal(said(&decision, "created_by"), "ds-001");
    reply_free(&decision);
    free(id);
}

static void answers_a_request_with_whom_it_waits_for(void **state)
{
    struct reply reply =
        ask(*state, "POST", PROMOTION, token_of(*state, "ds-001", "data_scientist"), NULL, CHURN);
    assert_status(&reply, 201);
    assert_string_equal(said(&reply, "status"), "PENDING");
    assert_string_equal(said(&reply, "message"),
                        "Model promotion decision created. Awaiting approval from Data Architect.");
    assert_true(json_is_true(json_object_get(reply.json, "approval_required")));
    assert_int_equal(json_object_size(reply.json), 4);
    reply_free(&reply);
}

static void a_free_path_is_approved_at_once(void **state)
{
    struct reply reply =
        ask(*state, "POST", PROMOTION, token_of(*state, "ds-001", "data_scientist"), NULL,
            "{\"model_name\":\"fresh\",\"model_version\":\"1\",\"source_stage\":\"None\","
            "\"target_stage\":\"STAGING\"}");
    assert_status(&reply, 201);
    assert_string_equal(said(&reply, "status"), "APPROVED");
    assert_true(json_is_false(json_object_get(reply.json, "approval_required")));
    reply_free(&reply);
}

static void names_the_rule_that_a_promotion_breaks(void **state)
{
    static const struct {
        const char *role;
        const char *body;
        unsigned status;
        const char *says;
    } cases[] = {
        {"data_scientist",
         "{\"model_name\":\"fresh\",\"model_version\":1,\"source_stage\":\"none\","
         "\"target_stage\":\"production\"}",
         400, "Invalid promotion path: none → production; promote to staging first"},
        {"data_steward", CHURN, 403, ""},
        {NULL, CHURN, 403, ""},
        {"data_scientist",
         "{\"model_name\":\"gone\",\"model_version\":1,\"target_stage\":\"production\"}", 404, ""},
        {"data_scientist",
         "{\"model_name\":\"churn\",\"model_version\":1,\"target_stage\":\"production\","
         "\"performance_metrics\":{\"accuracy\":0.99}}",
         400, "accuracy"},
        {"data_scientist",
         "{\"model_name\":\"churn\",\"model_version\":1,\"target_stage\":\"nowhere\"}", 400,
         "nowhere"},
        {"data_scientist",
         "{\"model_name\":\"churn\",\"model_version\":1,\"target_stage\":\"production\","
         "\"created_by\":\"somebody\"}",
         403, "created_by"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reply reply = ask(*state, "POST", PROMOTION, token_of(*state, "p-1", cases[i].role),
                                 NULL, cases[i].body);
        assert_status(&reply, cases[i].status);
        if (!strstr(said(&reply, "detail"), cases[i].says))
            fail_msg("%s: %s", cases[i].body, reply.text);
        reply_free(&reply);
    }
}

static void says_when_mlflow_is_away(void **state)
{
    struct reply reply =
        ask(*state, "POST", PROMOTION, token_of(*state, "ds-001", "data_scientist"), NULL,
            "{\"model_name\":\"down\",\"model_version\":1,\"target_stage\":\"production\"}");
    assert_status(&reply, 503);
    assert_non_null(strstr(reply.head, "\r\nRetry-After: 2\r\n"));
    reply_free(&reply);
}

static void there_is_one_active_request(void **state)
{
    free(promote(*state));
    struct reply reply =
        ask(*state, "POST", PROMOTION, token_of(*state, "ds-001", "data_scientist"), NULL, CHURN);
    assert_status(&reply, 409);
    reply_free(&reply);
}

static void a_client_that_leaves_takes_nothing_with_it(void **state)
{
    struct world *world = *state;
    const char *token = token_of(world, "ds-001", "data_scientist");
    const char *body =
        "{\"model_name\":\"silent\",\"model_version\":1,\"target_stage\":\"production\"}";
    int fd = ask_only(world, "POST", PROMOTION, token, NULL, body);
    usleep(50 * 1000);
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(fd);
    close(ask_only(world, "POST", PROMOTION, token, NULL, body));
    usleep(600 * 1000); /* twice the listener's look for clients that hung up */
    struct reply reply = ask(world, "GET", DECISIONS, token, NULL, NULL);
    assert_status(&reply, 200);
    reply_free(&reply);
}

/* --- votes --- */

static void names_the_rule_that_a_vote_breaks(void **state)
{
    static const struct {
        const char *subject;
        const char *role;
        const char *body;
        unsigned status;
    } cases[] = {
        {"ds-001", "data_scientist", "{}", 403},
        {"st-001", "data_steward", "{}", 403},
        {"da-001", "data_architect", "{\"voter_id\":\"da-002\"}", 403},
        {"da-001", "data_architect", "{\"vote\":\"maybe\"}", 400},
        {"da-001", "data_architect", "", 400},
        {"da-001", "data_architect", "{\"voter_id\":\"name-of-da-001\",\"vote\":\"abstain\"}", 201},
        {"da-001", "data_architect", "{\"vote\":\"approve\"}", 409},
        {"da-002", "data_architect", "{\"vote\":\"reject\",\"comment\":\"no\"}", 201},
    };
    char *id = promote(*state);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reply reply =
            vote(*state, id, token_of(*state, cases[i].subject, cases[i].role), cases[i].body);
        bool refused = cases[i].status >= 400;
        /* How governance calls a second vote is its own affair, as long as it refuses. */
        if (cases[i].status == 409)
            assert_in_range(reply.status, 400, 409);
        else
            assert_status(&reply, cases[i].status);
        if (refused)
            assert_string_not_equal(said(&reply, "detail"), "");
        reply_free(&reply);
    }
    struct reply status = get(*state, PROMOTION "/", id);
    assert_string_equal(said(&status, "status"), "REJECTED");
    assert_true(json_is_null(json_object_get(status.json, "approved_by")));
    reply_free(&status);
    char path[128];
    snprintf(path, sizeof(path), DECISIONS "/%s/approvals", id);
    struct reply votes = get(*state, path, "");
    assert_status(&votes, 200);
    assert_int_equal(json_array_size(votes.json), 2);
    reply_free(&votes);
    free(id);
}

static void knows_no_decision_by_a_malformed_id(void **state)
{
    static const char *const targets[] = {
        PROMOTION "/dec-001",
        PROMOTION "/0199b2a4-0000-7000-8000-00000000000g",
        PROMOTION "/0199b2a4-0000-7000-8000-000000000001",
        RETRAINING "/x",
        DECISIONS "/%20",
        DECISIONS "/0199b2a4-0000-7000-8000-000000000001%20",
        DECISIONS "/x/approvals",
    };
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        struct reply reply = get(*state, targets[i], "");
        assert_status(&reply, 404);
        assert_string_not_equal(said(&reply, "detail"), "");
        reply_free(&reply);
    }
}

static void takes_an_id_in_capitals(void **state)
{
    char *id = promote(*state);
    char *capitals = strdup(id);
    for (char *c = capitals; *c; c++)
        *c = *c >= 'a' && *c <= 'f' ? (char)(*c - 'a' + 'A') : *c;
    struct reply reply = get(*state, PROMOTION "/", capitals);
    assert_status(&reply, 200);
    assert_string_equal(said(&reply, "decision_id"), id);
    reply_free(&reply);
    free(capitals);
    free(id);
}

/* --- retrainings --- */

static void a_retraining_is_recorded_and_approved(void **state)
{
    const char *scientist = token_of(*state, "ds-001", "data_scientist");
    struct reply reply = ask(*state, "POST", RETRAINING, scientist, NULL, DRIFT);
    assert_status(&reply, 201);
    assert_string_equal(said(&reply, "status"), "PENDING");
    assert_non_null(strstr(said(&reply, "message"), "Data Architect"));
    char *id = strdup(said(&reply, "decision_id"));
    reply_free(&reply);

    struct reply as_promotion = get(*state, PROMOTION "/", id);
    assert_status(&as_promotion, 404);
    reply_free(&as_promotion);
    struct reply cast = vote(*state, id, token_of(*state, "da-001", "data_architect"), "{}");
    assert_status(&cast, 201);
    reply_free(&cast);
    struct reply status = get(*state, RETRAINING "/", id);
    assert_status(&status, 200);
    assert_string_equal(said(&status, "status"), "APPROVED");
    assert_string_equal(said(&status, "metadata.reason"), "drift");
    assert_null(json_object_get(status.json, "execution"));
    reply_free(&status);
    free(id);
}

/* --- Idempotency-Key --- */

static void a_repeated_key_gives_the_same_answer(void **state)
{
    static const struct {
        const char *target;
        const char *body;
    } cases[] = {{PROMOTION, CHURN}, {RETRAINING, DRIFT}};
    for (size_t i = 0; i < 2; i++) {
        char line[64];
        snprintf(line, sizeof(line), "Idempotency-Key: key %zu\r\n", i);
        struct reply first = ask(*state, "POST", cases[i].target,
                                 token_of(*state, "ds-001", "data_scientist"), line, cases[i].body);
        struct reply again = ask(*state, "POST", cases[i].target,
                                 token_of(*state, "ds-001", "data_scientist"), line, cases[i].body);
        assert_status(&first, 201);
        assert_status(&again, 201);
        assert_string_equal(first.text, again.text);
        assert_null(strstr(first.head, "Idempotency-Replayed"));
        assert_non_null(strstr(again.head, "\r\nIdempotency-Replayed: true\r\n"));
        assert_non_null(strstr(again.head, "\r\nContent-Type: application/json\r\n"));
        reply_free(&first);
        reply_free(&again);
    }
}

static void a_key_belongs_to_one_call(void **state)
{
    static const struct {
        const char *target;
        const char *lines;
        const char *body;
    } cases[] = {
        {PROMOTION, "Idempotency-Key: k\r\n", CHURN " "},
        {RETRAINING, "Idempotency-Key: k\r\n", DRIFT},
        {PROMOTION, "Idempotency-Key: k\r\nX-MLFLOW-WORKSPACE: other\r\n", CHURN},
    };
    struct reply first =
        ask(*state, "POST", PROMOTION, token_of(*state, "ds-001", "data_scientist"),
            "Idempotency-Key: k\r\n", CHURN);
    assert_status(&first, 201);
    reply_free(&first);
    for (size_t i = 0; i < 2; i++) {
        struct reply reply =
            ask(*state, "POST", cases[i].target, token_of(*state, "ds-001", "data_scientist"),
                cases[i].lines, cases[i].body);
        assert_status(&reply, 422);
        reply_free(&reply);
    }
    /* The workspace is part of the call; whether its rules admit it at all comes first. */
    struct reply other =
        ask(*state, "POST", cases[2].target, token_of(*state, "ds-001", "data_scientist"),
            cases[2].lines, cases[2].body);
    assert_true(other.status == 422 || other.status == 403);
    reply_free(&other);
}

static void refuses_a_malformed_key(void **state)
{
    char line[400] = "Idempotency-Key: ";
    const char *token = token_of(*state, "ds-001", "data_scientist");
    memset(line + strlen(line), 'k', 256);
    strcat(line, "\r\n");
    struct reply too_long = ask(*state, "POST", PROMOTION, token, line, CHURN);
    assert_status(&too_long, 400);
    reply_free(&too_long);
    struct reply twice = ask(*state, "POST", PROMOTION, token,
                             "Idempotency-Key: a\r\nIdempotency-Key: b\r\n", CHURN);
    assert_status(&twice, 400);
    reply_free(&twice);
}

/* --- the webhook --- */

static void tells_whether_a_stage_change_may_happen(void **state)
{
    const char *token = token_of(*state, "ds-001", "data_scientist");
    struct reply no =
        ask(*state, "POST", WEBHOOK, token, NULL,
            "{\"model_name\":\"churn\",\"model_version\":\"1\",\"target_stage\":\"Production\"}");
    assert_status(&no, 200);
    assert_true(json_is_false(json_object_get(no.json, "allowed")));
    assert_true(json_is_true(json_object_get(no.json, "approval_required")));
    assert_string_equal(said(&no, "approval_by"), "data_architect");
    assert_true(json_is_null(json_object_get(no.json, "decision_id")));
    assert_non_null(strstr(said(&no, "policy"), "sha256:"));
    assert_string_not_equal(said(&no, "reason"), "");
    reply_free(&no);
    struct reply yes =
        ask(*state, "POST", WEBHOOK, token, NULL,
            "{\"model_name\":\"fresh\",\"model_version\":1,\"target_stage\":\"Staging\"}");
    assert_status(&yes, 200);
    assert_true(json_is_true(json_object_get(yes.json, "allowed")));
    assert_true(json_is_false(json_object_get(yes.json, "approval_required")));
    reply_free(&yes);
    struct reply malformed = ask(*state, "POST", WEBHOOK, token, NULL, "{\"model_name\":\"m\"}");
    assert_status(&malformed, 400);
    reply_free(&malformed);
}

/* --- lists --- */

static void lists_what_the_query_asks_for(void **state)
{
    static const struct {
        const char *target;
        int count; /* negative: the status of a refusal */
    } cases[] = {
        {DECISIONS, 2},
        {DECISIONS "?limit=1", 1},
        {DECISIONS "?limit=1&offset=1", 1},
        {DECISIONS "?offset=2", 0},
        {DECISIONS "?status=awaiting_approval", 2},
        {DECISIONS "?status=approved", 0},
        {DECISIONS "?status=vetoed", 0},
        {DECISIONS "?domain_id=ml-platform", 2},
        {DECISIONS "?domain_id=other", 0},
        {DECISIONS "?status=done", -400},
        {DECISIONS "?limit=0", -400},
        {DECISIONS "?limit=1001", -400},
        {DECISIONS "?offset=-1", -400},
        {DECISIONS "?workspace=A", -400},
        {PROMOTION, 1},
        {PROMOTION "?status=PENDING", 1},
        {PROMOTION "?status=APPROVED", 0},
        {PROMOTION "?model_name=churn", 1},
        {PROMOTION "?model_name=other", 0},
    };
    const char *token = token_of(*state, "ds-001", "data_scientist");
    free(promote(*state));
    struct reply retraining = ask(*state, "POST", RETRAINING, token, NULL, DRIFT);
    assert_status(&retraining, 201);
    reply_free(&retraining);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reply reply = ask(*state, "GET", cases[i].target, token, NULL, NULL);
        bool as_expected = cases[i].count < 0
                               ? reply.status == (unsigned)-cases[i].count
                               : reply.status == 200 && json_is_array(reply.json) &&
                                     json_array_size(reply.json) == (size_t)cases[i].count;
        if (!as_expected)
            fail_msg("%s: %u %s", cases[i].target, reply.status, reply.text);
        reply_free(&reply);
    }
}

static void another_workspace_needs_its_own_rules(void **state)
{
    const char *scientist = token_of(*state, "ds-001", "data_scientist");
    const char *line = "X-MLFLOW-WORKSPACE: team-a\r\n";
    struct reply refused = ask(*state, "GET", DECISIONS, scientist, line, NULL);
    assert_status(&refused, 403);
    reply_free(&refused);
    struct reply admin = ask(*state, "GET", DECISIONS, token_of(*state, "a", "admin"), line, NULL);
    assert_status(&admin, 200);
    reply_free(&admin);
}

/* --- the audit trail --- */

static void shows_the_trail_of_a_decision(void **state)
{
    char *id = promote(*state);
    struct reply reply = get(*state, "/api/v1/audit/entity/", id);
    assert_status(&reply, 200);
    const json_t *event = json_array_get(reply.json, 0);
    assert_non_null(event);
    assert_string_equal(json_string_value(json_object_get(event, "event_type")),
                        "MODEL_PROMOTION_REQUESTED");
    assert_string_equal(json_string_value(json_object_get(event, "entity_id")), id);
    assert_string_equal(json_string_value(json_object_get(event, "actor_id")), "ds-001");
    assert_int_equal(json_string_length(json_object_get(event, "event_hash")), 64);
    assert_int_equal(json_string_length(json_object_get(event, "id")), 36);
    assert_int_equal(json_object_size(event), 8);
    reply_free(&reply);

    reply = get(*state, "/api/v1/audit/entity/model%2Fchurn%2Fv1", "");
    assert_status(&reply, 200);
    assert_int_equal(json_array_size(reply.json), 1);
    reply_free(&reply);
    reply = get(*state, "/api/v1/audit?event_type=MODEL_PROMOTION_REQUESTED&limit=5", "");
    assert_int_equal(json_array_size(reply.json), 1);
    reply_free(&reply);
    reply = get(*state, "/api/v1/audit?event_type=NONE", "");
    assert_int_equal(json_array_size(reply.json), 0);
    reply_free(&reply);
    reply = get(*state, "/api/v1/audit/verify", "");
    assert_string_equal(reply.text, "{\"is_valid\":true}");
    reply_free(&reply);
    free(id);
}

static void shows_the_trail_to_those_who_may_read(void **state)
{
    static const char *const targets[] = {"/api/v1/audit", "/api/v1/audit/verify",
                                          "/api/v1/audit/entity/x"};
    for (size_t i = 0; i < 3; i++) {
        struct reply reply =
            ask(*state, "GET", targets[i], token_of(*state, "n", NULL), NULL, NULL);
        assert_status(&reply, 403);
        assert_string_not_equal(said(&reply, "detail"), "");
        reply_free(&reply);
    }
}

static void refusals_are_in_the_trail(void **state)
{
    struct world *world = *state;
    struct reply refused = ask(world, "GET", DECISIONS, NULL, NULL, NULL);
    assert_status(&refused, 401);
    reply_free(&refused);
    unsigned found = 0;
    for (int tries = 0; tries < 100 && found == 0; tries++) {
        struct reply reply = get(world, "/api/v1/audit?limit=100", "");
        found = strstr(reply.text, "anonymous") != NULL;
        reply_free(&reply);
        usleep(20 * 1000); /* nothing waits for the writing of a refusal */
    }
    assert_true(found);
}

#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(asks_everybody_who_they_are),
        IN_A_WORLD(answers_unknown_paths_and_methods_in_its_own_form),
        IN_A_WORLD(the_listeners_own_refusals_have_the_same_form),
        IN_A_WORLD(refuses_bodies_that_are_no_strict_json),
        IN_A_WORLD(takes_parameters_of_a_content_type),
        IN_A_WORLD(bounds_the_body),
        IN_A_WORLD(a_promotion_waits_until_the_architect_approves),
        IN_A_WORLD(answers_a_request_with_whom_it_waits_for),
        IN_A_WORLD(a_free_path_is_approved_at_once),
        IN_A_WORLD(names_the_rule_that_a_promotion_breaks),
        IN_A_WORLD(says_when_mlflow_is_away),
        IN_A_WORLD(there_is_one_active_request),
        IN_A_WORLD(a_client_that_leaves_takes_nothing_with_it),
        IN_A_WORLD(names_the_rule_that_a_vote_breaks),
        IN_A_WORLD(knows_no_decision_by_a_malformed_id),
        IN_A_WORLD(takes_an_id_in_capitals),
        IN_A_WORLD(a_retraining_is_recorded_and_approved),
        IN_A_WORLD(a_repeated_key_gives_the_same_answer),
        IN_A_WORLD(a_key_belongs_to_one_call),
        IN_A_WORLD(refuses_a_malformed_key),
        IN_A_WORLD(tells_whether_a_stage_change_may_happen),
        IN_A_WORLD(lists_what_the_query_asks_for),
        IN_A_WORLD(another_workspace_needs_its_own_rules),
        IN_A_WORLD(shows_the_trail_of_a_decision),
        IN_A_WORLD(shows_the_trail_to_those_who_may_read),
        IN_A_WORLD(refusals_are_in_the_trail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
