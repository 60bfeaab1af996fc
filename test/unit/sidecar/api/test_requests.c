/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/api/fields.h"
#include "sidecar/api/limits.h"
#include "sidecar/api/render.h"
#include "sidecar/api/requests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct gv_arena *arena;
static struct gv_error err;

static int open_arena(void **state)
{
    (void)state;
    arena = gv_arena_new(0);
    err = GV_ERROR_INIT;
    return arena ? 0 : -1;
}

static int close_arena(void **state)
{
    (void)state;
    arena = gv_arena_free(arena);
    return 0;
}

static json_t *parse(const char *text)
{
    struct gv_error why = GV_ERROR_INIT;
    json_t *body = gv_api_parse(gv_slice_from(text), &why);
    if (!body)
        fail_msg("%s: %s", text, why.message);
    return body;
}

/* The body of mlops-phase1, with a member that no decoder knows. */
#define PROMOTION_BODY                                                                         \
    "{\"model_name\":\"customer-churn\",\"source_stage\":\"staging\",\"target_stage\":"        \
    "\"PRODUCTION\",\"model_version\":1,\"mlflow_run_id\":\"abc123\",\"mlflow_model_uri\":"    \
    "\"s3://mlflow-artifacts/models/customer-churn/1\",\"justification\":\"Model achieves 95%" \
    " accuracy\",\"performance_metrics\":{\"accuracy\":0.95,\"n\":3},\"sdk\":\"1.0\"}"

static void reads_the_platforms_promotion_request(void **state)
{
    struct gv_promotion_request request;
    (void)state;
    json_t *body = parse(PROMOTION_BODY);
    assert_true(gv_api_decode_promotion(body, arena, &request, &err));
    assert_string_equal(request.model, "customer-churn");
    assert_int_equal(request.version, 1);
    assert_string_equal(request.source, "staging");
    assert_string_equal(request.target, "PRODUCTION");
    assert_string_equal(request.run_id, "abc123");
    assert_string_equal(request.model_uri, "s3://mlflow-artifacts/models/customer-churn/1");
    assert_string_equal(request.justification, "Model achieves 95% accuracy");
    assert_int_equal(request.metric_count, 2);
    assert_string_equal(request.metrics[0].name, "accuracy");
    assert_true(request.metrics[0].value == 0.95);
    assert_true(request.metrics[1].value == 3.0);
    json_decref(body);
}

static void takes_absent_and_null_members_alike(void **state)
{
    struct gv_promotion_request request;
    (void)state;
    json_t *body = parse("{\"model_name\":\"m\",\"model_version\":\"7\",\"target_stage\":\"p\","
                         "\"source_stage\":null,\"performance_metrics\":null}");
    assert_true(gv_api_decode_promotion(body, arena, &request, &err));
    assert_int_equal(request.version, 7);
    assert_null(request.source);
    assert_null(request.run_id);
    assert_null(request.justification);
    assert_int_equal(request.metric_count, 0);
    json_decref(body);
}

#define MODEL "\"model_name\":\"m\",\"model_version\":1,\"target_stage\":\"production\""

static void names_the_member_that_is_wrong_in_a_promotion(void **state)
{
    static const struct {
        const char *body;
        const char *says;
    } cases[] = {
        {"{}", "model_name is missing"},
        {"{\"model_name\":5}", "model_name must be a string"},
        {"{\"model_name\":\"m\"}", "model_version is missing"},
        {"{\"model_name\":\"m\",\"model_version\":\"latest\"}",
         "model_version must be a whole number"},
        {"{\"model_name\":\"m\",\"model_version\":1}", "target_stage is missing"},
        {"{\"model_name\":\"m\",\"model_version\":1,\"target_stage\":\"\"}",
         "target_stage must not be empty"},
        {"{" MODEL ",\"source_stage\":1}", "source_stage must be a string"},
        {"{" MODEL ",\"justification\":{}}", "justification must be a string"},
        {"{" MODEL ",\"mlflow_run_id\":7}", "mlflow_run_id must be a string"},
        {"{" MODEL ",\"performance_metrics\":[]}", "performance_metrics must be an object"},
        {"{" MODEL ",\"performance_metrics\":{\"accuracy\":\"0.9\"}}",
         "performance_metrics.accuracy must be a number"},
        {"{" MODEL ",\"performance_metrics\":{\"ok\":1,\"f1\":true}}",
         "performance_metrics.f1 must be a number"},
        {"{" MODEL ",\"performance_metrics\":{\"f1\":null}}",
         "performance_metrics.f1 must be a number"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gv_promotion_request request;
        json_t *body = parse(cases[i].body);
        bool taken = gv_api_decode_promotion(body, arena, &request, &err);
        if (taken || strcmp(err.message, cases[i].says) != 0)
            fail_msg("%s: %s", cases[i].body, err.message);
        json_decref(body);
    }
}

/* Whether a promotion with `member` of so many characters is taken. */
static bool takes_length(const char *member, size_t length)
{
    struct gv_promotion_request request;
    json_t *body = parse("{" MODEL "}");
    char *text = calloc(1, length + 1);
    memset(text, 'x', length);
    json_object_set_new(body, member, json_string(text));
    bool taken = gv_api_decode_promotion(body, arena, &request, &err);
    free(text);
    json_decref(body);
    return taken;
}

static void bounds_each_text(void **state)
{
    static const struct {
        const char *member;
        size_t most;
    } cases[] = {{"model_name", 256},
                 {"target_stage", GV_API_STAGE},
                 {"source_stage", GV_API_STAGE},
                 {"mlflow_run_id", GV_API_RUN_ID},
                 {"mlflow_model_uri", GV_API_URI},
                 {"justification", GV_API_PROSE}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(takes_length(cases[i].member, cases[i].most - 1));
        assert_true(takes_length(cases[i].member, cases[i].most));
        assert_false(takes_length(cases[i].member, cases[i].most + 1));
        assert_int_equal(err.code, GV_ERROR_LIMIT);
    }
}

/* Whether a promotion with so many metrics, the names of which have so many characters, is taken.
 */
static bool takes_metrics(unsigned count, int name_length)
{
    struct gv_promotion_request request;
    char name[400];
    json_t *body = parse("{" MODEL "}");
    json_t *metrics = json_object();
    for (unsigned i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "%0*u", name_length, i);
        json_object_set_new(metrics, name, json_integer(1));
    }
    json_object_set_new(body, "performance_metrics", metrics);
    bool taken = gv_api_decode_promotion(body, arena, &request, &err);
    json_decref(body);
    return taken;
}

static void bounds_the_metrics(void **state)
{
    (void)state;
    assert_true(takes_metrics(0, 3));
    assert_true(takes_metrics(GV_API_METRICS - 1, 3));
    assert_true(takes_metrics(GV_API_METRICS, 3));
    assert_false(takes_metrics(GV_API_METRICS + 1, 3));
    assert_true(takes_metrics(1, GV_API_METRIC_NAME));
    assert_false(takes_metrics(1, GV_API_METRIC_NAME + 1));
}

static void reads_a_retraining_request(void **state)
{
    struct gv_retraining_request request;
    (void)state;
    json_t *body = parse("{\"model_name\":\"customer-churn\",\"reason\":\"Data drift\","
                         "\"drift_score\":0.85,\"drift_details\":{\"features_drifted\":[\"age\"]},"
                         "\"requester_id\":\"ds-001\"}");
    assert_true(gv_api_decode_retraining(body, &request, &err));
    assert_string_equal(request.model, "customer-churn");
    assert_string_equal(request.reason, "Data drift");
    json_decref(body);
}

static void names_the_member_that_is_wrong_in_a_retraining(void **state)
{
    static const struct {
        const char *body;
        const char *says;
    } cases[] = {
        {"{\"reason\":\"r\"}", "model_name is missing"},
        {"{\"model_name\":\"m\"}", "reason is missing"},
        {"{\"model_name\":\"m\",\"reason\":\"\"}", "reason must not be empty"},
        {"{\"model_name\":\"m\",\"reason\":\"r\",\"drift_score\":\"high\"}",
         "drift_score must be a number"},
        {"{\"model_name\":\"m\",\"reason\":\"r\",\"drift_details\":[]}",
         "drift_details must be an object"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gv_retraining_request request;
        json_t *body = parse(cases[i].body);
        bool taken = gv_api_decode_retraining(body, &request, &err);
        if (taken || strcmp(err.message, cases[i].says) != 0)
            fail_msg("%s: %s", cases[i].body, err.message);
        json_decref(body);
    }
}

static void reads_the_webhooks_question(void **state)
{
    struct gv_stage_question question;
    (void)state;
    json_t *body = parse("{" MODEL ",\"source_stage\":\"Staging\",\"workspace\":\"team-a\"}");
    assert_true(gv_api_decode_question(body, &question, &err));
    assert_string_equal(question.model, "m");
    assert_int_equal(question.version, 1);
    assert_string_equal(question.target_stage, "production");
    json_decref(body);
}

static void reads_votes_in_both_spellings(void **state)
{
    static const struct {
        const char *body;
        enum gv_vote vote;
        const char *comment; /* NULL: none */
        const char *says;    /* NULL: no error */
    } cases[] = {
        {"{}", GV_VOTE_APPROVE, NULL, NULL},
        {"{\"vote\":null}", GV_VOTE_APPROVE, NULL, NULL},
        {"{\"vote\":\"approve\",\"comment\":\"a\"}", GV_VOTE_APPROVE, "a", NULL},
        {"{\"vote\":\"reject\",\"comments\":\"b\"}", GV_VOTE_REJECT, "b", NULL},
        {"{\"vote\":\"abstain\",\"comment\":\"c\",\"comments\":\"c\"}", GV_VOTE_ABSTAIN, "c", NULL},
        {"{\"comment\":\"c\",\"comments\":\"d\"}", 0, NULL,
         "comment and comments differ; send one of them"},
        {"{\"vote\":\"yes\"}", 0, NULL, "vote must be \"approve\", \"reject\" or \"abstain\""},
        {"{\"vote\":1}", 0, NULL, "vote must be a string"},
        {"{\"comments\":1}", 0, NULL, "comments must be a string"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gv_api_ballot ballot;
        json_t *body = parse(cases[i].body);
        if (gv_api_decode_ballot(body, &ballot, &err)) {
            assert_null(cases[i].says);
            assert_int_equal(ballot.vote, cases[i].vote);
            assert_int_equal(ballot.comment == NULL, cases[i].comment == NULL);
            if (ballot.comment)
                assert_string_equal(ballot.comment, cases[i].comment);
        } else {
            assert_non_null(cases[i].says);
            assert_string_equal(err.message, cases[i].says);
        }
        json_decref(body);
    }
}

static void takes_only_the_callers_own_name(void **state)
{
    static const struct gv_principal principal = {
        .issuer = "https://id.test", .subject = "da-001", .name = "ada"};
    static const struct {
        const char *body;
        enum gv_error_code code; /* NONE: taken */
    } cases[] = {
        {"{}", GV_ERROR_NONE},
        {"{\"voter_id\":null}", GV_ERROR_NONE},
        {"{\"voter_id\":\"da-001\"}", GV_ERROR_NONE},
        {"{\"approver_id\":\"ada\"}", GV_ERROR_NONE},
        {"{\"voter_id\":\"da-001\",\"approver_id\":\"ada\"}", GV_ERROR_NONE},
        {"{\"voter_id\":\"da-001\",\"approver_id\":\"bob\"}", GV_ERROR_REFUSED},
        {"{\"voter_id\":\"da-00\"}", GV_ERROR_REFUSED},
        {"{\"voter_id\":\"ADA\"}", GV_ERROR_REFUSED},
        {"{\"requester_id\":\"ds-001\"}", GV_ERROR_REFUSED},
        {"{\"created_by\":\"ds-001\"}", GV_ERROR_REFUSED},
        {"{\"approver_id\":\"\"}", GV_ERROR_REFUSED},
        {"{\"approver_id\":\"https://id.test|da-001\"}", GV_ERROR_REFUSED},
        {"{\"approver_id\":7}", GV_ERROR_TYPE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *body = parse(cases[i].body);
        err = GV_ERROR_INIT;
        bool taken = gv_api_check_identity(body, &principal, &err);
        if (taken != (cases[i].code == GV_ERROR_NONE) || err.code != cases[i].code)
            fail_msg("%s: %s", cases[i].body, err.message);
        json_decref(body);
    }
}

static void finds_the_workspace(void **state)
{
    static const char *const longest =
        "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg";
    const struct {
        const char *header;
        const char *member;
        const char *workspace; /* NULL: refused */
    } cases[] = {
        {NULL, NULL, "default"},    {"", NULL, "default"}, {"team-a", NULL, "team-a"},
        {NULL, "team-a", "team-a"}, {"a", "a", "a"},       {"a", "b", NULL},
        {NULL, "", NULL},           {NULL, "A", NULL},     {NULL, "-a", NULL},
        {NULL, "a-", NULL},         {NULL, "a/b", NULL},   {NULL, "*", NULL},
        {NULL, longest, longest},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *found =
            gv_api_decode_workspace(gv_slice_from(cases[i].header), cases[i].member, arena, &err);
        assert_int_equal(found == NULL, cases[i].workspace == NULL);
        if (found)
            assert_string_equal(found, cases[i].workspace);
    }
    char too_long[65];
    snprintf(too_long, sizeof(too_long), "%sg", longest);
    assert_null(gv_api_decode_workspace(gv_slice_from(too_long), NULL, arena, &err));
}

static void bounds_the_idempotency_key(void **state)
{
    char key[GV_API_IDEMPOTENCY_KEY + 2];
    (void)state;
    memset(key, '~', sizeof(key));
    assert_true(gv_api_check_key((struct gv_slice){key, GV_API_IDEMPOTENCY_KEY - 1}, &err));
    assert_true(gv_api_check_key((struct gv_slice){key, GV_API_IDEMPOTENCY_KEY}, &err));
    assert_false(gv_api_check_key((struct gv_slice){key, GV_API_IDEMPOTENCY_KEY + 1}, &err));
    assert_false(gv_api_check_key(GV_SLICE(""), &err));
    assert_false(gv_api_check_key(GV_SLICE("a\tb"), &err));
    assert_false(gv_api_check_key(GV_SLICE("\xc3\xa9"), &err));
    assert_true(gv_api_check_key(GV_SLICE("a b"), &err));
}

static void reads_numbers_of_a_query(void **state)
{
    static const struct {
        const char *text;
        int64_t number; /* -1: refused */
    } cases[] = {{NULL, 50},   {"1", 1},   {"1000", 1000}, {"0", -1},
                 {"1001", -1}, {"", -1},   {"1.0", -1},    {"-1", -1},
                 {"+1", -1},   {" 1", -1}, {"1 ", -1},     {"99999999999999999999", -1},
                 {"007", 7}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t number = -1;
        gv_api_decode_number(cases[i].text, "limit", 1, 1000, 50, &number, &err);
        if (number != cases[i].number)
            fail_msg("%s: %lld", cases[i].text, (long long)number);
    }
}

static void understands_the_words_for_a_status(void **state)
{
    static const struct {
        const char *word;
        bool mlops;
        int count; /* -1: refused */
        enum gv_state first;
    } cases[] = {
        {"approved", false, 4, GV_STATE_APPROVED},
        {"awaiting_approval", false, 1, GV_STATE_AWAITING_APPROVAL},
        {"Awaiting_Approval", false, 1, GV_STATE_AWAITING_APPROVAL},
        {"pending", false, 1, GV_STATE_PENDING},
        {"PENDING", true, 2, GV_STATE_PENDING},
        {"APPROVED", true, 4, GV_STATE_APPROVED},
        {"executed", false, 1, GV_STATE_EXECUTED},
        {"failed", true, 1, GV_STATE_FAILED},
        {"rejected", false, 1, GV_STATE_REJECTED},
        {"vetoed", false, 0, 0},
        {"escalated", true, 0, 0},
        {"done", false, -1, 0},
        {"", false, -1, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum gv_state states[GV_STATE_COUNT];
        size_t count = 0;
        bool known = gv_api_decode_status(cases[i].word,
                                          cases[i].mlops ? gv_api_mlops_status : gv_api_status,
                                          states, &count, &err);
        assert_int_equal(known, cases[i].count >= 0);
        if (known)
            assert_int_equal(count, cases[i].count);
        if (known && count > 0)
            assert_int_equal(states[0], cases[i].first);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_platforms_promotion_request),
        cmocka_unit_test(takes_absent_and_null_members_alike),
        cmocka_unit_test(names_the_member_that_is_wrong_in_a_promotion),
        cmocka_unit_test(bounds_each_text),
        cmocka_unit_test(bounds_the_metrics),
        cmocka_unit_test(reads_a_retraining_request),
        cmocka_unit_test(names_the_member_that_is_wrong_in_a_retraining),
        cmocka_unit_test(reads_the_webhooks_question),
        cmocka_unit_test(reads_votes_in_both_spellings),
        cmocka_unit_test(takes_only_the_callers_own_name),
        cmocka_unit_test(finds_the_workspace),
        cmocka_unit_test(bounds_the_idempotency_key),
        cmocka_unit_test(reads_numbers_of_a_query),
        cmocka_unit_test(understands_the_words_for_a_status),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
