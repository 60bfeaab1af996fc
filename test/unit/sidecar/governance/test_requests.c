/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/governance/world.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void assert_says(const struct world *world, enum gv_outcome outcome, const char *part)
{
    if (world->outcome != outcome || !world->message || !strstr(world->message, part))
        fail_msg("outcome %d, \"%s\" instead of \"%s\"", (int)world->outcome,
                 world->message ? world->message : "", part);
}

static void writes_a_request_that_waits_for_its_approver(void **state)
{
    struct world *world = *state;
    world_pending(world);
    assert_string_equal(world->decision.source, "staging");
    assert_string_equal(world->decision.target, "production");
    assert_string_equal(world->decision.requester, "https://id|ds-001");
    assert_string_equal(world->decision.author, "ds-001");
    assert_string_equal(world->missing, "data_architect=1[]");
    assert_true(world->decision.expires_at > world->decision.created_at);
    assert_int_equal(world->approvals, 0);
}

static void audits_a_request_as_the_platform_does(void **state)
{
    struct world *world = *state;
    const char *id = world_pending(world);
    const char *line = world_last_event(world);
    assert_non_null(strstr(line, "\"event_type\":\"MODEL_PROMOTION_REQUESTED\""));
    assert_non_null(strstr(line, "\"actor\":\"ds-001\""));
    assert_non_null(strstr(line, "\"resource\":\"model/churn/v1\""));
    assert_non_null(strstr(line, "\"action\":\"promote:staging->production\""));
    assert_non_null(strstr(line, id));
    assert_non_null(strstr(line, "\"outcome\":\"PENDING_APPROVAL\""));
}

static void freezes_what_mlflow_says_of_the_version(void **state)
{
    struct world *world = *state;
    world->versions[0].alias = "challenger";
    world_pending(world);
    const char *json = world->decision.evidence;
    struct gv_error err = GV_ERROR_INIT;
    const struct gv_json *evidence = gv_json_parse(world->arena, gv_slice_from(json), NULL, &err);
    int64_t created;
    double accuracy;
    assert_non_null(evidence);
    assert_true(gv_json_int(gv_json_get(evidence, "creation_timestamp"), &created));
    assert_int_equal(created, 1739000000000);
    assert_true(gv_slice_is(gv_json_get_string(evidence, "run_id"), "run1"));
    assert_true(gv_slice_is(gv_json_get_string(evidence, "stage"), "Staging"));
    assert_true(gv_slice_is(gv_json_get_string(evidence, "author"), "ds-001"));
    assert_true(gv_slice_is(gv_json_get_string(evidence, "held"), "staging"));
    assert_true(
        gv_json_double(gv_json_get(gv_json_get(evidence, "metrics"), "accuracy"), &accuracy));
    assert_true(accuracy >= 0.95 && accuracy <= 0.95);
}

static void approves_a_free_path_at_once_and_wakes_the_executor(void **state)
{
    struct world *world = *state;
    struct gv_promotion_request request = world_churn("Staging");
    world->versions[0].stage = "None";
    world_request(world, world->scientist, &request);
    assert_int_equal(world->outcome, GV_OUTCOME_OK);
    assert_int_equal(world->decision.state, GV_STATE_APPROVED);
    assert_int_equal(world->approvals, 1);
    assert_non_null(strstr(world_last_event(world), "\"outcome\":\"APPROVED\""));
}

static void profile_dev_approves_at_once_without_a_path(void **state)
{
    struct world *world = *state;
    struct gv_promotion_request request = world_churn("production");
    world_policies(world, policies_load(GV_PROFILE_DEV));
    world->versions[0].stage = "None";
    world_request(world, world->scientist, &request);
    assert_int_equal(world->outcome, GV_OUTCOME_OK);
    assert_int_equal(world->decision.state, GV_STATE_APPROVED);
    assert_string_equal(world->decision.source, "none");
    assert_non_null(strstr(world->decision.reason, "profile dev"));
}

static void profile_dev_still_wants_somebody_who_may_ask(void **state)
{
    struct world *world = *state;
    struct gv_promotion_request request = world_churn("production");
    world_policies(world, policies_load(GV_PROFILE_DEV));
    world_request(world, world->steward, &request);
    assert_int_equal(world->outcome, GV_OUTCOME_FORBIDDEN);
}

struct refusal {
    const char *name;
    const char *stage;
    const char *source;
    const char *target;
    const char *run_id;
    const char *uri;
    struct gv_metric_claim metric;
    enum gv_outcome outcome;
    const char *says;
};

static const struct refusal REFUSALS[] = {
    {"no path",
     "None",
     NULL,
     "production",
     NULL,
     NULL,
     {0},
     GV_OUTCOME_INVALID,
     "Invalid promotion path: none → production; promote to staging first"},
    {"a source that it is not in",
     "None",
     "staging",
     "production",
     NULL,
     NULL,
     {0},
     GV_OUTCOME_INVALID,
     "model churn v1 is in none, not in staging"},
    {"a source that does not exist",
     "Staging",
     "stagin",
     "production",
     NULL,
     NULL,
     {0},
     GV_OUTCOME_INVALID,
     "source_stage \"stagin\" is no target"},
    {"a target that does not exist",
     "Staging",
     NULL,
     "prod",
     NULL,
     NULL,
     {0},
     GV_OUTCOME_INVALID,
     "target_stage \"prod\" is no target of policy \"models\"; it has none, staging, production, "
     "archived"},
    {"a target that it is in already",
     "Production",
     NULL,
     "production",
     NULL,
     NULL,
     {0},
     GV_OUTCOME_INVALID,
     "model churn v1 is in production already"},
    {"a rollback to where it never was",
     "Archived",
     NULL,
     "production",
     NULL,
     NULL,
     {0},
     GV_OUTCOME_INVALID,
     "was never in production"},
    {"another run",
     "Staging",
     NULL,
     "production",
     "run2",
     NULL,
     {0},
     GV_OUTCOME_INVALID,
     "mlflow_run_id is claimed to be run2, but model churn v1 was made by run run1"},
    {"the uri of another run",
     "Staging",
     NULL,
     "production",
     NULL,
     "runs:/run2/model",
     {0},
     GV_OUTCOME_INVALID,
     "mlflow_model_uri runs:/run2/model is not model churn v1"},
    {"the uri of another version",
     "Staging",
     NULL,
     "production",
     NULL,
     "models:/churn/2",
     {0},
     GV_OUTCOME_INVALID,
     "mlflow_model_uri models:/churn/2"},
    {"a metric that is not so",
     "Staging",
     NULL,
     "production",
     NULL,
     NULL,
     {"accuracy", 0.96},
     GV_OUTCOME_INVALID,
     "claims accuracy = 0.96, but the version's run has 0.95"},
    {"a metric that the run has not",
     "Staging",
     NULL,
     "production",
     NULL,
     NULL,
     {"f1", 1},
     GV_OUTCOME_INVALID,
     "claims f1 = 1.0, but the version's run has no such metric"},
};

static void refuses_what_is_not_so_and_names_it(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < COUNT(REFUSALS); i++) {
        const struct refusal *row = &REFUSALS[i];
        struct gv_promotion_request request = world_churn(row->target);
        world->versions[0].stage = row->stage;
        request.source = row->source;
        request.run_id = row->run_id;
        request.model_uri = row->uri;
        request.metrics = &row->metric;
        request.metric_count = row->metric.name ? 1 : 0;
        world_request(world, world->scientist, &request);
        assert_says(world, row->outcome, row->says);
    }
    assert_int_equal(world_events(world, "MODEL_PROMOTION_REQUESTED"), 0);
}

static void takes_claims_that_are_so(void **state)
{
    struct world *world = *state;
    struct gv_promotion_request request = world_churn("PRODUCTION");
    const struct gv_metric_claim metric = {"accuracy", 0.95};
    request.source = "Staging";
    request.run_id = "run1";
    request.model_uri = "runs:/run1/model";
    request.metrics = &metric;
    request.metric_count = 1;
    world_request(world, world->scientist, &request);
    assert_int_equal(world->outcome, GV_OUTCOME_OK);
}

static void refuses_who_may_not_ask_before_mlflow_is_asked(void **state)
{
    struct world *world = *state;
    struct gv_promotion_request request = world_churn("production");
    world_request(world, world->steward, &request);
    assert_says(world, GV_OUTCOME_FORBIDDEN, "is asked for by data_scientist");
    assert_int_equal(world->questions, 0);
}

static void an_assignment_in_the_domain_lets_ask(void **state)
{
    struct world *world = *state;
    struct gv_promotion_request request = world_churn("production");
    world_assign(world, "no-001", "responsible");
    world_request(world, world->nobody, &request);
    assert_int_equal(world->outcome, GV_OUTCOME_OK);
}

static void an_unknown_version_is_not_found(void **state)
{
    struct world *world = *state;
    struct gv_promotion_request request = world_churn("production");
    request.version = 7;
    world_request(world, world->scientist, &request);
    assert_says(world, GV_OUTCOME_NOT_FOUND, "MLflow has no model churn version 7");
}

static void a_name_must_be_spelled_as_mlflow_does(void **state)
{
    struct world *world = *state;
    struct gv_promotion_request request = world_churn("production");
    world->spelling = "Churn";
    world_request(world, world->scientist, &request);
    assert_says(world, GV_OUTCOME_INVALID, "MLflow spells the model \"churn\" as \"Churn\"");
}

static void a_model_that_nobody_governs_cannot_be_requested(void **state)
{
    struct world *world = *state;
    struct gv_promotion_request request = world_churn("production");
    request.model = "free";
    world_request(world, world->scientist, &request);
    assert_says(world, GV_OUTCOME_INVALID, "no PromotionPolicy governs model free");
}

static void nothing_is_written_while_mlflow_cannot_be_asked(void **state)
{
    struct world *world = *state;
    struct gv_promotion_request request = world_churn("production");
    static const enum world_mlflow MODES[] = {WORLD_FAILS, WORLD_BABBLES};
    for (size_t i = 0; i < COUNT(MODES); i++) {
        world->mode = MODES[i];
        world_request(world, world->scientist, &request);
        assert_says(world, GV_OUTCOME_UNAVAILABLE, "MLflow");
        assert_false(world->has_view);
    }
    assert_int_equal(world_events(world, "MODEL_PROMOTION_REQUESTED"), 0);
}

static void profile_large_waits_for_the_audit_sink(void **state)
{
    struct world *world = *state;
    struct gv_promotion_request request = world_churn("production");
    world->sink_trouble = "the audit sink is away";
    world_request(world, world->scientist, &request);
    assert_says(world, GV_OUTCOME_UNAVAILABLE, "the audit sink is away");
}

static void a_second_request_names_the_first(void **state)
{
    struct world *world = *state;
    const char *id = world_pending(world);
    struct gv_promotion_request request = world_churn("production");
    world_request(world, world->scientist, &request);
    assert_says(world, GV_OUTCOME_CONFLICT, id);
    assert_true(world->has_view);
    assert_string_equal(world->decision.id, id);
}

static void an_overdue_request_makes_way(void **state)
{
    struct world *world = *state;
    const char *id = world_pending(world);
    world_set(world, id, 1);
    assert_string_not_equal(world_pending(world), id);
    assert_int_equal(world_events(world, "MODEL_PROMOTION_EXPIRED"), 1);
}

/* --- idempotency keys and retrainings --- */

static void a_key_replays_its_answer(void **state)
{
    struct world *world = *state;
    world_retrain(world, world->scientist, "k1", "f1");
    assert_int_equal(world->outcome, GV_OUTCOME_OK);
    assert_null(world->replay);
    world_retrain(world, world->scientist, "k1", "f1");
    assert_int_equal(world->outcome, GV_OUTCOME_OK);
    assert_string_equal(world->replay, "kept awaiting_approval data_architect");
    assert_int_equal(world_events(world, "MODEL_RETRAINING_REQUESTED"), 1);
}

static void a_key_with_another_body_is_a_mismatch(void **state)
{
    struct world *world = *state;
    world_retrain(world, world->scientist, "k1", "f1");
    world_retrain(world, world->scientist, "k1", "f2");
    assert_says(world, GV_OUTCOME_MISMATCH, "Idempotency-Key");
}

static void a_key_belongs_to_its_person(void **state)
{
    struct world *world = *state;
    world_retrain(world, world->scientist, "k1", "f1");
    world_assign(world, "https://id|no-001", "responsible");
    world_retrain(world, world->nobody, "k1", "f2");
    assert_int_equal(world->outcome, GV_OUTCOME_OK);
    assert_null(world->replay);
}

static void a_refused_call_gives_its_key_back(void **state)
{
    struct world *world = *state;
    world_retrain(world, world->steward, "k1", "f1");
    assert_says(world, GV_OUTCOME_FORBIDDEN, "it is asked for by data_scientist");
    world_assign(world, "dw-001", "responsible");
    world_retrain(world, world->steward, "k1", "f2");
    assert_int_equal(world->outcome, GV_OUTCOME_OK);
}

static void a_retraining_is_over_when_it_is_approved(void **state)
{
    struct world *world = *state;
    world_retrain(world, world->scientist, NULL, NULL);
    assert_int_equal(world->decision.state, GV_STATE_AWAITING_APPROVAL);
    world_vote(world, world->scientist, world->decision.id, GV_VOTE_APPROVE);
    assert_says(world, GV_OUTCOME_FORBIDDEN, "the requester cannot approve their own request");
    world_vote(world, world->architect, world->decision.id, GV_VOTE_APPROVE);
    assert_int_equal(world->outcome, GV_OUTCOME_OK);
    assert_int_equal(world->decision.state, GV_STATE_EXECUTED);
    assert_int_equal(world_events(world, "MODEL_RETRAINING_APPROVED"), 1);
    assert_int_equal(world->approvals, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(writes_a_request_that_waits_for_its_approver),
        T(audits_a_request_as_the_platform_does),
        T(freezes_what_mlflow_says_of_the_version),
        T(approves_a_free_path_at_once_and_wakes_the_executor),
        T(profile_dev_approves_at_once_without_a_path),
        T(profile_dev_still_wants_somebody_who_may_ask),
        T(refuses_what_is_not_so_and_names_it),
        T(takes_claims_that_are_so),
        T(refuses_who_may_not_ask_before_mlflow_is_asked),
        T(an_assignment_in_the_domain_lets_ask),
        T(an_unknown_version_is_not_found),
        T(a_name_must_be_spelled_as_mlflow_does),
        T(a_model_that_nobody_governs_cannot_be_requested),
        T(nothing_is_written_while_mlflow_cannot_be_asked),
        T(profile_large_waits_for_the_audit_sink),
        T(a_second_request_names_the_first),
        T(an_overdue_request_makes_way),
        T(a_key_replays_its_answer),
        T(a_key_with_another_body_is_a_mismatch),
        T(a_key_belongs_to_its_person),
        T(a_refused_call_gives_its_key_back),
        T(a_retraining_is_over_when_it_is_approved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
