/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/governance/world.h"

#include "sidecar/telemetry/metrics.h"

#include <unistd.h>

static const struct gv_mlflow_route REBUILT = {.method = "POST", .path = "/x", .audited = true};
static const struct gv_mlflow_route STREAMED = {.method = "GET", .path = "/x"};

static struct gv_resource resource(const char *path)
{
    return (struct gv_resource){GV_SLICE("default"), gv_slice_from(path)};
}

static struct gv_mlflow_call transition(const char *stage)
{
    return (struct gv_mlflow_call){
        .route = &REBUILT,
        .key = "POST /mlflow/model-versions/transition-stage",
        .action = "mlops:promote",
        .resource = resource("model/churn/v1"),
        .workspace = "default",
        .operation = GV_OPERATION_TRANSITION,
        .model = "churn",
        .version = 1,
        .stage = stage,
    };
}

static struct gv_mlflow_call alias(enum gv_operation operation, const char *name)
{
    return (struct gv_mlflow_call){
        .route = &REBUILT,
        .key = "POST /mlflow/registered-models/alias",
        .action = "mlops:promote",
        .resource = resource("model/churn/alias/x"),
        .workspace = "default",
        .operation = operation,
        .model = "churn",
        .version = operation == GV_OPERATION_ALIAS_SET ? 1 : 0,
        .alias = name,
    };
}

static struct gv_mlflow_call plain(const char *action, const char *path)
{
    return (struct gv_mlflow_call){.route = &STREAMED,
                                   .key = "GET /x",
                                   .action = action,
                                   .resource = resource(path),
                                   .workspace = "default"};
}

static void assert_verdict(const struct world *world, enum gv_verdict_kind kind, const char *part)
{
    const char *message = world->verdict.message ? world->verdict.message : "";
    if (world->verdict.kind != kind || !strstr(message, part))
        fail_msg("verdict %d, \"%s\" instead of \"%s\"", (int)world->verdict.kind, message, part);
}

/* --- calls without governed meaning --- */

static void answers_a_read_at_once_without_asking_anybody(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = plain("mlops:read", "run/a");
    world_judge(world, world->steward, &call);
    assert_verdict(world, GV_VERDICT_ALLOW, "");
    assert_false(world->verdict.outcome_due);
    assert_non_null(strstr(world->verdict.digest, "sha256:"));
    assert_int_equal(world->questions, 0);
}

static void refuses_what_no_rule_allows_and_says_who_may(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = plain("mlops:log", "run/a");
    world_judge(world, world->steward, &call);
    assert_verdict(world, GV_VERDICT_DENY, "mlops:log on run/a denied: ");
    assert_verdict(world, GV_VERDICT_DENY, "data_scientist");
    world_judge(world, world->nobody, &call);
    assert_verdict(world, GV_VERDICT_DENY, "denied");
}

static void an_open_route_needs_nobody(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = plain(NULL, "server/health");
    world_judge(world, NULL, &call);
    assert_verdict(world, GV_VERDICT_ALLOW, "");
}

static void nobody_may_do_anything_else(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = plain("mlops:read", "run/a");
    world_judge(world, NULL, &call);
    assert_verdict(world, GV_VERDICT_DENY, "nobody is authenticated");
}

static void roles_are_looked_up_anew_when_the_policies_change(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = plain("mlops:read", "run/a");
    world_judge(world, world->steward, &call);
    world_policies(world, policies_load(GV_PROFILE_DEV));
    world_judge(world, world->steward, &call);
    assert_verdict(world, GV_VERDICT_ALLOW, "");
}

static void an_alias_of_no_target_is_a_label(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = alias(GV_OPERATION_ALIAS_SET, "best-so-far");
    world_judge(world, world->scientist, &call);
    assert_verdict(world, GV_VERDICT_ALLOW, "");
    world_judge(world, world->steward, &call);
    assert_verdict(world, GV_VERDICT_DENY, "mlops:annotate on model/churn/alias/x denied");
}

/* --- moves --- */

static void a_free_move_is_allowed_after_its_intent_is_durable(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = transition("Staging");
    world->versions[0].stage = "None";
    world_judge(world, world->scientist, &call);
    assert_verdict(world, GV_VERDICT_ALLOW, "");
    assert_true(world->verdict.outcome_due);
    const char *line = world_last_event(world);
    assert_non_null(strstr(line, "\"event_type\":\"MODEL_STAGE_CHANGE\""));
    assert_non_null(strstr(line, "\"action\":\"promote:none->staging\""));
    assert_non_null(strstr(line, "\"outcome\":\"ALLOWED\""));
    assert_non_null(strstr(line, "\"stage\":\"Staging\""));
}

static void the_intent_names_what_is_displaced(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = transition("Staging");
    call.archive_existing = true;
    world->versions[0].stage = "None";
    world->versions[1] = (struct world_version){"churn", 2, "Staging", NULL, NULL};
    world_judge(world, world->scientist, &call);
    assert_verdict(world, GV_VERDICT_ALLOW, "");
    assert_non_null(strstr(world_last_event(world), "\"displaced\":[2]"));
}

static void a_free_move_is_for_those_who_may_ask(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = transition("Staging");
    world->versions[0].stage = "None";
    world_judge(world, world->owner, &call);
    assert_verdict(world, GV_VERDICT_DENY,
                   "none → staging is asked for by data_scientist, data_architect; you hold "
                   "data_owner");
}

static void a_free_rollback_needs_the_record(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = transition("Staging");
    world->versions[0].stage = "Archived";
    world_judge(world, world->scientist, &call);
    assert_verdict(world, GV_VERDICT_DENY, "this version was never in staging");
}

static void what_needs_approval_is_refused_with_the_way_to_ask(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = transition("Production");
    world_judge(world, world->scientist, &call);
    assert_int_equal(world->verdict.kind, GV_VERDICT_DENY);
    assert_string_equal(
        world->verdict.message,
        "mlops:promote on model/churn/v1 denied: staging → production needs approval by "
        "data_architect. Request it with POST /api/v1/mlops/model-promotion {\"model_name\": "
        "\"churn\", \"model_version\": 1, \"source_stage\": \"staging\", \"target_stage\": "
        "\"production\"}");
    assert_null(world->verdict.decision_id);
}

static void an_approver_is_refused_as_well(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = transition("Production");
    world_judge(world, world->architect, &call);
    assert_verdict(world, GV_VERDICT_DENY, "needs approval by data_architect");
}

static void names_the_request_that_waits_already(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = transition("Production");
    const char *id = world_pending(world);
    world_judge(world, world->scientist, &call);
    assert_verdict(world, GV_VERDICT_DENY, "waits for approval (awaiting_approval)");
    assert_string_equal(world->verdict.decision_id, id);
}

static void names_the_request_that_is_being_carried_out(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = transition("Production");
    world_vote(world, world->architect, world_pending(world), GV_VOTE_APPROVE);
    world_judge(world, world->scientist, &call);
    assert_verdict(world, GV_VERDICT_DENY, "is approved, Gavel carries it out (approved)");
}

static void a_direct_call_opens_a_request_where_the_path_says_so(void **state)
{
    static const char ASKS[] =
        "apiVersion: gavel.dev/v1\n"
        "kind: PromotionPolicy\n"
        "metadata: {name: models}\n"
        "spec:\n"
        "  models: [\"**\"]\n"
        "  targets:\n"
        "    staging: {stages: [Staging], effects: [{stage: Staging}]}\n"
        "    production: {stages: [Production], effects: [{stage: Production}]}\n"
        "  paths:\n"
        "    - {from: none, to: staging, request: [data_scientist], approval: none}\n"
        "    - {from: staging, to: production, activity: promote-to-production, directCall: "
        "request}\n";
    struct world *world = *state;
    struct gv_mlflow_call call = transition("Production");
    world_policies(world, policies_load_with(ASKS, GV_PROFILE_MEDIUM));
    world_judge(world, world->scientist, &call);
    assert_verdict(world, GV_VERDICT_DENY, "was opened for you");
    const char *id = world->verdict.decision_id;
    assert_non_null(id);
    world_judge(world, world->scientist, &call);
    assert_string_equal(world->verdict.decision_id, id);
    assert_int_equal(world_events(world, "MODEL_PROMOTION_REQUESTED"), 1);
    world_get(world, world->scientist, id);
    assert_string_equal(world->decision.requester, "https://id|ds-001");
}

static void an_invalid_path_says_which_way_to_go(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = transition("Production");
    world->versions[0].stage = "None";
    world_judge(world, world->scientist, &call);
    assert_verdict(world, GV_VERDICT_DENY,
                   "Invalid promotion path: none → production; promote to staging first");
}

static void an_alias_that_points_nowhere_may_be_deleted(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = alias(GV_OPERATION_ALIAS_DELETE, "champion");
    world_judge(world, world->scientist, &call);
    assert_verdict(world, GV_VERDICT_ALLOW, "");
}

static void the_production_alias_may_not(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = alias(GV_OPERATION_ALIAS_DELETE, "champion");
    world->versions[0].stage = "None";
    world->versions[0].alias = "champion";
    world_judge(world, world->scientist, &call);
    assert_verdict(world, GV_VERDICT_DENY, "Invalid promotion path: production → none");
}

static void artifacts_of_a_governed_version_are_kept(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = plain("mlops:log", "run/run1");
    call.operation = GV_OPERATION_ARTIFACT_WRITE;
    call.run_id = "run1";
    world_judge(world, world->scientist, &call);
    assert_verdict(world, GV_VERDICT_DENY, "model/churn/v1 is in staging");
    world->versions[0].stage = "None";
    world_judge(world, world->scientist, &call);
    assert_verdict(world, GV_VERDICT_ALLOW, "");
    world->versions[0].alias = "champion"; /* which MLflow's search leaves out */
    world_judge(world, world->scientist, &call);
    assert_verdict(world, GV_VERDICT_DENY, "model/churn/v1 is in production");
}

static void profile_dev_lets_moves_pass_and_records_them(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = transition("Production");
    world_policies(world, policies_load(GV_PROFILE_DEV));
    world->versions[0].stage = "None";
    world_judge(world, world->scientist, &call);
    assert_verdict(world, GV_VERDICT_ALLOW, "");
    assert_non_null(strstr(world_last_event(world), "\"profile\":\"dev\""));
    world_judge(world, world->nobody, &call);
    assert_verdict(world, GV_VERDICT_DENY, "mlops:request-promotion");
}

static void profile_large_waits_for_its_sink(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = transition("Staging");
    world->versions[0].stage = "None";
    world->sink_trouble = "the audit sink is away";
    world_judge(world, world->scientist, &call);
    assert_verdict(world, GV_VERDICT_UNAVAILABLE, "the audit sink is away");
}

/* --- when something is away --- */

static void governed_calls_wait_for_mlflow_and_reads_do_not(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = transition("Staging");
    struct gv_mlflow_call read = plain("mlops:read", "run/a");
    world->mode = WORLD_FAILS;
    world_judge(world, world->scientist, &call);
    assert_verdict(world, GV_VERDICT_UNAVAILABLE, "MLflow cannot be asked now");
    world->mode = WORLD_BABBLES;
    world_judge(world, world->scientist, &call);
    assert_verdict(world, GV_VERDICT_UNAVAILABLE, "MLflow cannot be asked now");
    world_judge(world, world->scientist, &read);
    assert_verdict(world, GV_VERDICT_ALLOW, "");
}

static void a_version_that_does_not_exist_is_not_found(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = transition("Staging");
    call.version = 9;
    world_judge(world, world->scientist, &call);
    assert_int_equal(world->verdict.kind, GV_VERDICT_NOT_FOUND);
}

static void a_name_that_mlflow_spells_otherwise_is_invalid(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = transition("Staging");
    world->spelling = "Churn";
    world_judge(world, world->scientist, &call);
    assert_verdict(world, GV_VERDICT_INVALID, "MLflow spells the model \"churn\" as \"Churn\"");
}

static void what_is_too_long_to_be_recorded_is_invalid(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = transition("Staging");
    char *source = calloc(1, 100001);
    assert_non_null(source);
    memset(source, 'x', 100000);
    call.source = source;
    world->versions[0].stage = "None";
    world_judge(world, world->scientist, &call);
    assert_verdict(world, GV_VERDICT_INVALID, "too long to be recorded");
    free(source);
}

static void what_a_logged_model_became_is_kept(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call =
        plain("mlops:delete", "logged-model/m-0123456789abcdef0123456789abcdef");
    call.operation = GV_OPERATION_LOGGED_MODEL_DELETE;
    world_judge(world, world->scientist, &call);
    assert_verdict(world, GV_VERDICT_DENY, "model/churn/v1 is in staging");
    call.resource = resource("logged-model/m-1' OR name LIKE '%");
    world_judge(world, world->scientist, &call);
    assert_verdict(world, GV_VERDICT_INVALID, "is no id of a run or logged model");
}

/* --- outcomes --- */

static void an_outcome_is_recorded_and_counted(void **state)
{
    struct world *world = *state;
    struct gv_mlflow_call call = transition("Staging");
    const struct gv_caller caller = {world->scientist, "req-1"};
    double before = gv_metric_get(GV_METRIC_PROMOTIONS, "approved");
    world->versions[0].stage = "None";
    world_judge(world, world->scientist, &call);
    gv_judge_outcome(world->governance, &caller, &call, 200);
    gv_judge_outcome(world->governance, &caller, &call, 500);
    gv_judge_outcome(world->governance, &caller, &call, 0);
    while (world_events(world, "MODEL_STAGE_CHANGE") < 4)
        usleep(1000);
    assert_non_null(strstr(world_last_event(world), "\"outcome\":\"UNKNOWN\""));
    assert_int_equal((int)(gv_metric_get(GV_METRIC_PROMOTIONS, "approved") - before), 1);
}

static void counts_what_the_platform_counts(void **state)
{
    struct world *world = *state;
    const struct gv_caller caller = {world->scientist, "req-1"};
    struct gv_mlflow_call call = plain("mlops:log", "experiment");
    double before = gv_metric_get(GV_METRIC_RUNS);
    call.operation = GV_OPERATION_RUN_CREATE;
    gv_judge_outcome(world->governance, &caller, &call, 200);
    gv_judge_outcome(world->governance, &caller, &call, 400);
    assert_int_equal((int)(gv_metric_get(GV_METRIC_RUNS) - before), 1);
}

static void a_flood_of_refusals_stays_one_event(void **state)
{
    struct world *world = *state;
    for (unsigned i = 0; i < 100; i++)
        gv_judge_refusal(world->governance, NULL, "GET /x", "unknown-route", "there is none");
    while (world_events(world, "ACCESS_DENIED") < 1)
        usleep(1000);
    assert_int_equal(world_events(world, "ACCESS_DENIED"), 1);
}

/* --- the question before a stage change --- */

static void answers_before_a_stage_change_as_the_gateway_would(void **state)
{
    struct world *world = *state;
    world_ask(world, world->scientist, "churn", 1, "production");
    assert_int_equal(world->stage.outcome, GV_OUTCOME_OK);
    assert_false(world->stage.allowed);
    assert_true(world->stage.approval_required);
    assert_string_equal(world->stage.approval_by, "data_architect");
    assert_null(world->stage.decision_id);
    world_ask(world, world->scientist, "churn", 1, "None");
    assert_true(world->stage.allowed);
    world_ask(world, world->scientist, "churn", 1, "Staging");
    assert_true(world->stage.allowed);
    world_ask(world, world->scientist, "churn", 1, "nowhere");
    assert_int_equal(world->stage.outcome, GV_OUTCOME_INVALID);
    world_ask(world, world->scientist, "churn", 9, "Staging");
    assert_int_equal(world->stage.outcome, GV_OUTCOME_NOT_FOUND);
    world_ask(world, world->nobody, "churn", 1, "Staging");
    assert_int_equal(world->stage.outcome, GV_OUTCOME_FORBIDDEN);
}

static void says_yes_to_what_has_been_approved(void **state)
{
    struct world *world = *state;
    const char *id = world_pending(world);
    world_ask(world, world->scientist, "churn", 1, "Production");
    assert_false(world->stage.allowed);
    assert_string_equal(world->stage.decision_id, id);
    world_vote(world, world->architect, id, GV_VOTE_APPROVE);
    world_ask(world, world->scientist, "churn", 1, "Production");
    assert_true(world->stage.allowed);
    assert_string_equal(world->stage.decision_id, id);
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(answers_a_read_at_once_without_asking_anybody),
        T(refuses_what_no_rule_allows_and_says_who_may),
        T(an_open_route_needs_nobody),
        T(nobody_may_do_anything_else),
        T(roles_are_looked_up_anew_when_the_policies_change),
        T(an_alias_of_no_target_is_a_label),
        T(a_free_move_is_allowed_after_its_intent_is_durable),
        T(the_intent_names_what_is_displaced),
        T(a_free_move_is_for_those_who_may_ask),
        T(a_free_rollback_needs_the_record),
        T(what_needs_approval_is_refused_with_the_way_to_ask),
        T(an_approver_is_refused_as_well),
        T(names_the_request_that_waits_already),
        T(names_the_request_that_is_being_carried_out),
        T(a_direct_call_opens_a_request_where_the_path_says_so),
        T(an_invalid_path_says_which_way_to_go),
        T(an_alias_that_points_nowhere_may_be_deleted),
        T(the_production_alias_may_not),
        T(artifacts_of_a_governed_version_are_kept),
        T(profile_dev_lets_moves_pass_and_records_them),
        T(profile_large_waits_for_its_sink),
        T(governed_calls_wait_for_mlflow_and_reads_do_not),
        T(a_version_that_does_not_exist_is_not_found),
        T(a_name_that_mlflow_spells_otherwise_is_invalid),
        T(what_is_too_long_to_be_recorded_is_invalid),
        T(what_a_logged_model_became_is_kept),
        T(an_outcome_is_recorded_and_counted),
        T(counts_what_the_platform_counts),
        T(a_flood_of_refusals_stays_one_event),
        T(answers_before_a_stage_change_as_the_gateway_would),
        T(says_yes_to_what_has_been_approved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
