/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/api/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* 2026-02-08T10:00:00Z */
#define THEN ((gv_time)1770544800 * GV_SECOND)

static struct gv_decision promotion(enum gv_state state)
{
    return (struct gv_decision){
        .id = "0199b2a4-0000-7000-8000-000000000001",
        .workspace = "default",
        .type = "model_promotion",
        .title = "Promote customer-churn version 1 to production",
        .description = "Model achieves 95% accuracy",
        .domain = "ml-platform",
        .policy = "models",
        .state = state,
        .version = 1,
        .model = "customer-churn",
        .model_version = 1,
        .source = "staging",
        .target = "production",
        .requester = "https://id.test|ds-001",
        .evidence = "{\"stage\":\"Staging\"}",
        .request = "{\"model_name\":\"other\",\"mlflow_run_id\":\"abc123\",\"sdk\":\"1.0\","
                   "\"performance_metrics\":{\"accuracy\":0.95}}",
        .policy_digest = "sha256:00",
        .created_at = THEN,
        .updated_at = THEN,
        .expires_at = THEN + 30 * GV_DAY,
    };
}

static struct gv_decision retraining(enum gv_state state)
{
    struct gv_decision decision = promotion(state);
    decision.type = "model_retraining";
    decision.model_version = 0;
    decision.source = NULL;
    decision.target = NULL;
    decision.evidence = NULL;
    decision.request = "{\"model_name\":\"customer-churn\",\"reason\":\"drift\",\"drift_score\":"
                       "0.85}";
    return decision;
}

/* Compares with a JSON text, whatever the order of members. */
static void assert_json(json_t *got, const char *expected)
{
    json_t *wanted = json_loads(expected, JSON_DECODE_ANY, NULL);
    assert_non_null(wanted);
    if (!json_equal(got, wanted)) {
        char *text = json_dumps(got, JSON_INDENT(1) | JSON_ENCODE_ANY);
        fail_msg("%s\ninstead of\n%s", text ? text : "(nothing)", expected);
    }
    json_decref(got);
    json_decref(wanted);
}

static void says_each_state_in_both_vocabularies(void **state)
{
    static const struct {
        enum gv_state state;
        const char *mlops;
        const char *governance;
    } cases[] = {
        {GV_STATE_PENDING, "PENDING", "pending"},
        {GV_STATE_AWAITING_APPROVAL, "PENDING", "awaiting_approval"},
        {GV_STATE_APPROVED, "APPROVED", "approved"},
        {GV_STATE_EXECUTING, "APPROVED", "approved"},
        {GV_STATE_EXECUTED, "APPROVED", "approved"},
        {GV_STATE_FAILED, "APPROVED", "approved"},
        {GV_STATE_REJECTED, "REJECTED", "rejected"},
        {GV_STATE_EXPIRED, "EXPIRED", "expired"},
        {GV_STATE_SUPERSEDED, "SUPERSEDED", "superseded"},
    };
    (void)state;
    assert_int_equal(sizeof(cases) / sizeof(cases[0]), GV_STATE_COUNT);
    for (size_t i = 0; i < GV_STATE_COUNT; i++) {
        assert_string_equal(gv_api_mlops_status(cases[i].state), cases[i].mlops);
        assert_string_equal(gv_api_status(cases[i].state), cases[i].governance);
    }
}

static void shows_people_as_their_subject(void **state)
{
    (void)state;
    assert_string_equal(gv_api_subject("https://id.test|ds-001"), "ds-001");
    assert_string_equal(gv_api_subject("https://id.test|auth0|5f7c"), "auth0|5f7c");
    assert_string_equal(gv_api_subject("gavel"), "gavel");
    assert_null(gv_api_subject(NULL));
}

static void tells_a_requester_whom_the_request_waits_for(void **state)
{
    static const struct {
        const char *awaiting;
        const char *message;
    } cases[] = {
        {"data_architect",
         "Model promotion decision created. Awaiting approval from Data Architect."},
        {"data_owner, data_architect",
         "Model promotion decision created. Awaiting approval from Data Architect and Data Owner."},
        {"data_architect, data_owner",
         "Model promotion decision created. Awaiting approval from Data Architect and Data Owner."},
        {"a, b, a", "Model promotion decision created. Awaiting approval from A and B."},
        {"security-officer",
         "Model promotion decision created. Awaiting approval from Security Officer."},
        {NULL, "Model promotion decision created. Awaiting approval."},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gv_decision decision = promotion(GV_STATE_AWAITING_APPROVAL);
        json_t *receipt = gv_api_render_receipt(&decision, cases[i].awaiting);
        assert_string_equal(json_string_value(json_object_get(receipt, "message")),
                            cases[i].message);
        json_decref(receipt);
    }
}

static void answers_a_request_as_the_platform_does(void **state)
{
    struct gv_decision decision = promotion(GV_STATE_AWAITING_APPROVAL);
    (void)state;
    assert_json(gv_api_render_receipt(&decision, "data_architect"),
                "{\"decision_id\":\"0199b2a4-0000-7000-8000-000000000001\",\"status\":\"PENDING\","
                "\"message\":\"Model promotion decision created. Awaiting approval from Data "
                "Architect.\",\"approval_required\":true}");
}

static void says_that_a_free_path_is_carried_out(void **state)
{
    struct gv_decision decision = promotion(GV_STATE_APPROVED);
    (void)state;
    assert_json(gv_api_render_receipt(&decision, NULL),
                "{\"decision_id\":\"0199b2a4-0000-7000-8000-000000000001\",\"status\":\"APPROVED\","
                "\"message\":\"Model promotion approved: no approval is needed. It will be carried "
                "out now.\",\"approval_required\":false}");
}

static void keeps_the_bytes_that_it_answers(void **state)
{
    struct gv_decision decision = retraining(GV_STATE_AWAITING_APPROVAL);
    struct gv_text kept = GV_TEXT_INIT;
    (void)state;
    assert_true(gv_api_render_kept(&decision, "data_architect", &kept));
    json_t *receipt = gv_api_render_receipt(&decision, "data_architect");
    char *bytes = json_dumps(receipt, JSON_COMPACT);
    assert_string_equal(gv_text_cstr(&kept), bytes);
    assert_non_null(strstr(bytes, "Model retraining decision created."));
    free(bytes);
    json_decref(receipt);
    gv_text_free(&kept);
}

static void names_the_missing_roles(void **state)
{
    struct gv_arena *arena = gv_arena_new(0);
    struct gv_seat_view seats[] = {{.role = "data_architect", .missing = 1},
                                   {.role = "data_owner", .missing = 2}};
    struct gv_decision_view view = {.seats = seats};
    (void)state;
    assert_null(gv_api_awaiting(&view, arena));
    view.seat_count = 1;
    assert_string_equal(gv_api_awaiting(&view, arena), "data_architect");
    view.seat_count = 2;
    assert_string_equal(gv_api_awaiting(&view, arena), "data_architect, data_owner");
    gv_arena_free(arena);
}

static void shows_a_waiting_request_with_whom_it_waits_for(void **state)
{
    const char *holders[] = {"https://id.test|da-001", "da-002"};
    struct gv_seat_view seats[] = {
        {.role = "data_architect", .missing = 1, .holders = holders, .holder_count = 2}};
    struct gv_vote_row votes[] = {{.id = "v",
                                   .decision_id = "d",
                                   .person = "https://id.test|do-001",
                                   .role = "data_owner",
                                   .vote = GV_VOTE_APPROVE,
                                   .voted_at = THEN}};
    struct gv_decision_view view = {.row = promotion(GV_STATE_AWAITING_APPROVAL),
                                    .votes = votes,
                                    .vote_count = 1,
                                    .seats = seats,
                                    .seat_count = 1,
                                    .now = THEN + 90 * GV_SECOND + 1};
    (void)state;
    assert_json(
        gv_api_render_status(&view),
        "{\"decision_id\":\"0199b2a4-0000-7000-8000-000000000001\",\"status\":\"PENDING\","
        "\"created_at\":\"2026-02-08T10:00:00Z\",\"requested_by\":\"ds-001\",\"approved_by\":null,"
        "\"reason\":null,\"metadata\":{\"model_name\":\"customer-churn\",\"model_version\":1,"
        "\"source_stage\":\"staging\",\"target_stage\":\"production\",\"workspace\":\"default\","
        "\"mlflow_run_id\":\"abc123\",\"performance_metrics\":{\"accuracy\":0.95}},"
        "\"age_seconds\":90,\"expires_at\":\"2026-03-10T10:00:00Z\",\"policy\":\"sha256:00\","
        "\"waiting_for\":[{\"role\":\"data_architect\",\"missing\":1,\"holders\":[\"da-001\","
        "\"da-002\"]}],\"votes\":[{\"id\":\"v\",\"decision_id\":\"d\",\"voter_id\":\"do-001\","
        "\"voter_role\":\"data_owner\",\"vote\":\"approve\",\"comment\":null,\"voted_at\":"
        "\"2026-02-08T10:00:00Z\"}],\"evidence\":{\"stage\":\"Staging\"}}");
}

static void shows_why_an_approved_one_waits(void **state)
{
    struct gv_decision decision = promotion(GV_STATE_APPROVED);
    decision.decided_by = "https://id.test|da-001";
    decision.reason = "MLflow does not answer";
    decision.attempts = 3;
    decision.next_attempt_at = THEN + GV_SECOND;
    (void)state;
    json_t *status = gv_api_render_summary(&decision, THEN);
    assert_string_equal(json_string_value(json_object_get(status, "approved_by")), "da-001");
    assert_true(json_is_null(json_object_get(status, "reason")));
    assert_json(json_incref(json_object_get(status, "execution")),
                "{\"state\":\"waiting\",\"attempts\":3,\"reason\":\"MLflow does not answer\","
                "\"next_attempt_at\":\"2026-02-08T10:00:01Z\",\"executed_at\":null}");
    json_decref(status);
}

static void shows_when_it_was_carried_out(void **state)
{
    struct gv_decision decision = promotion(GV_STATE_EXECUTED);
    decision.attempts = 1;
    decision.next_attempt_at = THEN;
    decision.executed_at = THEN + 2500 * GV_MILLISECOND;
    (void)state;
    json_t *status = gv_api_render_summary(&decision, THEN);
    assert_string_equal(json_string_value(json_object_get(status, "status")), "APPROVED");
    assert_json(json_incref(json_object_get(status, "execution")),
                "{\"state\":\"executed\",\"attempts\":1,\"reason\":null,\"next_attempt_at\":null,"
                "\"executed_at\":\"2026-02-08T10:00:02.500000Z\"}");
    json_decref(status);
}

static void a_rejected_one_has_a_reason_and_no_approver(void **state)
{
    struct gv_decision decision = promotion(GV_STATE_REJECTED);
    decision.decided_by = "https://id.test|da-001";
    decision.reason = "rejected by da-001";
    (void)state;
    json_t *status = gv_api_render_summary(&decision, THEN - GV_SECOND);
    assert_true(json_is_null(json_object_get(status, "approved_by")));
    assert_string_equal(json_string_value(json_object_get(status, "reason")), "rejected by da-001");
    assert_null(json_object_get(status, "execution"));
    assert_int_equal(json_integer_value(json_object_get(status, "age_seconds")), 0);
    json_decref(status);
}

static void a_retraining_has_its_own_metadata(void **state)
{
    struct gv_decision decision = retraining(GV_STATE_APPROVED);
    (void)state;
    json_t *status = gv_api_render_summary(&decision, THEN);
    assert_null(json_object_get(status, "execution"));
    assert_json(json_incref(json_object_get(status, "metadata")),
                "{\"model_name\":\"customer-churn\",\"workspace\":\"default\",\"reason\":\"drift\","
                "\"drift_score\":0.85}");
    json_decref(status);
}

static void shows_a_decision_in_the_governance_shape(void **state)
{
    struct gv_decision decision = promotion(GV_STATE_AWAITING_APPROVAL);
    (void)state;
    assert_json(gv_api_render_decision(&decision),
                "{\"id\":\"0199b2a4-0000-7000-8000-000000000001\",\"decision_type\":"
                "\"model_promotion\",\"title\":\"Promote customer-churn version 1 to production\","
                "\"description\":\"Model achieves 95% accuracy\",\"status\":\"awaiting_approval\","
                "\"domain_id\":\"ml-platform\",\"created_by\":\"ds-001\",\"created_at\":"
                "\"2026-02-08T10:00:00Z\",\"updated_at\":\"2026-02-08T10:00:00Z\",\"promotion\":{"
                "\"model_name\":\"customer-churn\",\"model_version\":1,\"source_stage\":"
                "\"staging\",\"target_stage\":\"production\",\"workspace\":\"default\","
                "\"execution\":null}}");
    decision = retraining(GV_STATE_REJECTED);
    json_t *shown = gv_api_render_decision(&decision);
    assert_true(json_is_null(json_object_get(shown, "promotion")));
    json_decref(shown);
}

static void shows_an_answer_to_the_webhook(void **state)
{
    struct gv_stage_answer answer = {.allowed = false,
                                     .message = "ask for approval",
                                     .approval_required = true,
                                     .approval_by = "data_architect",
                                     .digest = "sha256:00"};
    (void)state;
    assert_json(
        gv_api_render_answer(&answer),
        "{\"allowed\":false,\"reason\":\"ask for approval\",\"approval_required\":true,"
        "\"approval_by\":\"data_architect\",\"decision_id\":null,\"policy\":\"sha256:00\"}");
}

#define LINE                                                                              \
    "{\"action\":\"promote:staging->production\",\"outcome\":\"PENDING_APPROVAL\",\"x\":" \
    "\"y\"}"

static void shows_an_event_in_the_governance_shape(void **state)
{
    struct gv_audit_row row = {
        .writer = "w",
        .seq = 7,
        .at = THEN,
        .event_type = "MODEL_PROMOTION_REQUESTED",
        .entity_type = "decision",
        .entity_id = "dec-001",
        .resource = "model/customer-churn/v1",
        .actor = "https://id.test|ds-001",
        .line = LINE,
        .line_len = sizeof(LINE) - 1,
        .hash = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"};
    (void)state;
    assert_json(gv_api_render_event(&row),
                "{\"id\":\"00112233-4455-8677-8899-aabbccddeeff\",\"event_type\":"
                "\"MODEL_PROMOTION_REQUESTED\",\"entity_type\":\"decision\",\"entity_id\":"
                "\"dec-001\",\"actor_id\":\"ds-001\",\"description\":\"promote:staging->production "
                "on model/customer-churn/v1: PENDING_APPROVAL\",\"occurred_at\":"
                "\"2026-02-08T10:00:00Z\",\"event_hash\":"
                "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"}");
    row.line = "no JSON";
    row.line_len = 7;
    row.hash = "0";
    json_t *event = gv_api_render_event(&row);
    assert_true(json_is_null(json_object_get(event, "id")));
    assert_string_equal(json_string_value(json_object_get(event, "description")),
                        "MODEL_PROMOTION_REQUESTED on model/customer-churn/v1");
    json_decref(event);
}

static void shows_what_is_wrong_with_a_trail(void **state)
{
    struct gv_audit_verdict verdict = {.valid = true, .events = 3};
    (void)state;
    assert_json(gv_api_render_verdict(&verdict), "{\"is_valid\":true}");
    verdict = (struct gv_audit_verdict){
        .writer = "w", .seq = 2, .problem = "the hash is not that of the line"};
    assert_json(gv_api_render_verdict(&verdict),
                "{\"is_valid\":false,\"problem\":\"the hash is not that of the line\",\"writer\":"
                "\"w\",\"seq\":2}");
}

/* Allocations that still succeed before one fails; negative: none fails. */
static long allocations_left = -1;

static void *failing_malloc(size_t size)
{
    if (allocations_left == 0)
        return NULL;
    allocations_left -= allocations_left > 0;
    return malloc(size);
}

/* Every allocation in turn fails: there is no answer then, rather than half of one, and nothing
 * leaks or crashes. */
static void fails_whole_when_memory_runs_out(void **state)
{
    struct gv_seat_view seats[] = {{.role = "data_architect", .missing = 1}};
    struct gv_vote_row votes[] = {
        {.id = "v", .decision_id = "d", .person = "i|p", .vote = GV_VOTE_REJECT, .voted_at = 1}};
    struct gv_decision_view view = {.row = promotion(GV_STATE_EXECUTED),
                                    .votes = votes,
                                    .vote_count = 1,
                                    .seats = seats,
                                    .seat_count = 1};
    /* What is stored is read again for display only; its loss is no failure. */
    view.row.request = NULL;
    view.row.evidence = NULL;
    (void)state;
    json_set_alloc_funcs(failing_malloc, free);
    long steps = 0;
    json_t *status = NULL;
    for (; !status && steps < 1000; steps++) {
        allocations_left = steps;
        status = gv_api_render_status(&view);
    }
    allocations_left = -1;
    assert_non_null(status);
    assert_true(steps > 20);
    assert_int_equal(json_array_size(json_object_get(status, "votes")), 1);
    assert_int_equal(json_array_size(json_object_get(status, "waiting_for")), 1);
    assert_int_equal(json_object_size(json_object_get(status, "metadata")), 5);
    json_decref(status);
    json_set_alloc_funcs(malloc, free);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_each_state_in_both_vocabularies),
        cmocka_unit_test(shows_people_as_their_subject),
        cmocka_unit_test(tells_a_requester_whom_the_request_waits_for),
        cmocka_unit_test(answers_a_request_as_the_platform_does),
        cmocka_unit_test(says_that_a_free_path_is_carried_out),
        cmocka_unit_test(keeps_the_bytes_that_it_answers),
        cmocka_unit_test(names_the_missing_roles),
        cmocka_unit_test(shows_a_waiting_request_with_whom_it_waits_for),
        cmocka_unit_test(shows_why_an_approved_one_waits),
        cmocka_unit_test(shows_when_it_was_carried_out),
        cmocka_unit_test(a_rejected_one_has_a_reason_and_no_approver),
        cmocka_unit_test(a_retraining_has_its_own_metadata),
        cmocka_unit_test(shows_a_decision_in_the_governance_shape),
        cmocka_unit_test(shows_an_answer_to_the_webhook),
        cmocka_unit_test(shows_an_event_in_the_governance_shape),
        cmocka_unit_test(shows_what_is_wrong_with_a_trail),
        cmocka_unit_test(fails_whole_when_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
