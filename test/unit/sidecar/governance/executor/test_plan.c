/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/executor_plan.h"

#include "test/unit/sidecar/governance/policies.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Each kind of effect, alone and together; a second alias that no effect sets. */
static const char PROMOTION[] =
    "apiVersion: gavel.dev/v1\n"
    "kind: PromotionPolicy\n"
    "metadata: {name: models}\n"
    "spec:\n"
    "  models: [\"c*\"]\n"
    "  domain: ml-platform\n"
    "  targets:\n"
    "    staging: {stages: [Staging], aliases: [challenger], effects: [{stage: Staging}]}\n"
    "    production:\n"
    "      stages: [Production]\n"
    "      aliases: [champion, live]\n"
    "      tags: [{key: env, value: prod}]\n"
    "      effects:\n"
    "        - {stage: Production, archiveExisting: true}\n"
    "        - {alias: champion}\n"
    "        - {tag: {key: env, value: prod}}\n"
    "    archived: {stages: [Archived], effects: [{stage: Archived}]}\n"
    "  paths:\n"
    "    - {from: none, to: staging, request: [data_scientist], approval: none}\n"
    "    - {from: staging, to: production, request: [data_scientist], approval: none}\n"
    "    - {from: production, to: archived, request: [data_scientist], approval: none}\n"
    "    - {from: staging, to: none, request: [data_scientist], approval: none}\n"
    "    - {from: production, to: none, request: [data_scientist], approval: none}\n";

struct bench {
    struct gv_set *set;
    struct gv_set *dev;
    struct gv_arena *arena;
};

static int set_up(void **state)
{
    static struct bench bench;
    bench = (struct bench){.set = policies_load_with(PROMOTION, GV_PROFILE_MEDIUM),
                           .dev = policies_load_with(PROMOTION, GV_PROFILE_DEV),
                           .arena = gv_arena_new(0)};
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    gv_set_unref(bench->set);
    gv_set_unref(bench->dev);
    gv_arena_free(bench->arena);
    return 0;
}

static struct gv_decision decision_of(const char *from, const char *to)
{
    return (struct gv_decision){
        .workspace = "default", .model = "churn", .model_version = 1, .source = from, .target = to};
}

static struct gv_plan plan_of(const struct bench *bench, const char *from, const char *to)
{
    struct gv_decision decision = decision_of(from, to);
    struct gv_error err = GV_ERROR_INIT;
    struct gv_plan plan = {0};
    if (!gv_plan_find(bench->set, &decision, &plan, &err))
        fail_msg("%s", err.message);
    return plan;
}

/* --- what is left to do --- */

struct step {
    const char *name;
    const char *from;
    const char *to;
    const char *stage;
    const char *aliases[3];
    struct gv_tag tag;
    enum gv_act_kind act;
    const char *what; /* name of the act */
    const char *value;
    bool archive;
    bool may_go_on;
};

static const struct step STEPS[] = {
    {"a stage comes first", "staging", "production", "Staging", .act = GV_ACT_STAGE,
     .what = "Production", .archive = true, .may_go_on = true},
    {"a stage is compared without case", "none", "staging", "sTAGING", .act = GV_ACT_NOTHING,
     .may_go_on = true},
    {"then the alias", "staging", "production", "Production", .act = GV_ACT_ALIAS_SET,
     .what = "champion", .may_go_on = true},
    {"an alias is compared without case",
     "staging",
     "production",
     "Production",
     {"Champion"},
     .act = GV_ACT_TAG,
     .what = "env",
     .value = "prod",
     .may_go_on = true},
    {"another alias of the target is not the effect's",
     "staging",
     "production",
     "Production",
     {"live"},
     .act = GV_ACT_ALIAS_SET,
     .what = "champion",
     .may_go_on = true},
    {"then the tag",
     "staging",
     "production",
     "Production",
     {"champion"},
     .act = GV_ACT_TAG,
     .what = "env",
     .value = "prod",
     .may_go_on = true},
    {"a tag of another value is written over",
     "staging",
     "production",
     "Production",
     {"champion"},
     {"env", "test"},
     .act = GV_ACT_TAG,
     .what = "env",
     .value = "prod",
     .may_go_on = true},
    {"a tag is compared with case",
     "staging",
     "production",
     "Production",
     {"champion"},
     {"env", "PROD"},
     .act = GV_ACT_TAG,
     .what = "env",
     .value = "prod",
     .may_go_on = true},
    {"all of it is there",
     "staging",
     "production",
     "Production",
     {"champion"},
     {"env", "prod"},
     .act = GV_ACT_NOTHING,
     .may_go_on = true},
    {"the alias of the target that is left goes last",
     "staging",
     "production",
     "Production",
     {"champion", "challenger"},
     {"env", "prod"},
     .act = GV_ACT_ALIAS_DELETE,
     .what = "challenger",
     .may_go_on = true},
    {"without case, and under the name that MLflow has",
     "staging",
     "production",
     "Production",
     {"champion", "Challenger"},
     {"env", "prod"},
     .act = GV_ACT_ALIAS_DELETE,
     .what = "Challenger",
     .may_go_on = true},
    {"an alias of no target stays",
     "staging",
     "production",
     "Production",
     {"champion", "mine"},
     {"env", "prod"},
     .act = GV_ACT_NOTHING,
     .may_go_on = true},
    {"aliases before the effects are not touched",
     "staging",
     "production",
     "Staging",
     {"challenger"},
     .act = GV_ACT_STAGE,
     .what = "Production",
     .archive = true,
     .may_go_on = true},
    {"archiving is asked for only where the policy does", "production", "archived", "Production",
     .act = GV_ACT_STAGE, .what = "Archived", .may_go_on = true},
    {"from none nothing is left behind",
     "none",
     "staging",
     "None",
     {"champion"},
     .act = GV_ACT_STAGE,
     .what = "Staging"},
    /* to none */
    {"to none: aliases of the target that is left",
     "production",
     "none",
     "Production",
     {"champion"},
     .act = GV_ACT_ALIAS_DELETE,
     .what = "champion",
     .may_go_on = true},
    {"to none: then out of its stage", "staging", "none", "Staging", .act = GV_ACT_STAGE,
     .what = "None", .may_go_on = true},
    {"to none: not out of another's stage", "staging", "none", "Archived", .act = GV_ACT_NOTHING},
    {"to none: done", "staging", "none", "None", .act = GV_ACT_NOTHING, .may_go_on = true},
    /* elsewhere by now */
    {"archived meanwhile", "staging", "production", "Archived", .act = GV_ACT_STAGE,
     .what = "Production", .archive = true},
    {"in no target any more", "staging", "production", "None", .act = GV_ACT_STAGE,
     .what = "Production", .archive = true},
    {"from none, but in production by now", "none", "staging", "Production", .act = GV_ACT_STAGE,
     .what = "Staging"},
    {"held by an alias alone",
     "staging",
     "production",
     "None",
     {"challenger"},
     .act = GV_ACT_STAGE,
     .what = "Production",
     .archive = true,
     .may_go_on = true},
    {"half done by a tag alone", "staging", "production", "None", .tag = {"env", "prod"},
     .act = GV_ACT_STAGE, .what = "Production", .archive = true, .may_go_on = true},
};

static void check_step(const struct bench *bench, const struct step *step)
{
    size_t aliases = 0;
    while (aliases < 3 && step->aliases[aliases])
        aliases++;
    const struct gv_mlflow_version version = {.model = "churn",
                                              .version = 1,
                                              .stage = step->stage,
                                              .aliases = step->aliases,
                                              .alias_count = aliases,
                                              .tags = &step->tag,
                                              .tag_count = step->tag.key ? 1 : 0};
    struct gv_plan plan = plan_of(bench, step->from, step->to);
    struct gv_act act = gv_plan_next(&plan, &version);
    assert_int_equal(act.kind, step->act);
    if (step->what)
        assert_string_equal(act.name, step->what);
    if (step->value)
        assert_string_equal(act.value, step->value);
    assert_int_equal(act.archive_existing, step->archive);
    assert_int_equal(gv_plan_may_go_on(&plan, &version), step->may_go_on);
}

static void does_what_is_left_of_the_effects(void **state)
{
    for (size_t i = 0; i < COUNT(STEPS); i++) {
        print_message("  %s\n", STEPS[i].name);
        check_step(*state, &STEPS[i]);
    }
}

/* --- the path in the policies of now --- */

static void finds_no_plan_when_the_policies_changed(void **state)
{
    static const struct {
        const char *model;
        const char *from;
        const char *to;
        const char *says;
    } ROWS[] = {
        {"other", "staging", "production", "no PromotionPolicy governs model other any more"},
        {"churn", "canary", "production", "has no longer both canary and production"},
        {"churn", "staging", "gone", "has no longer both staging and gone"},
        {"churn", "archived", "production", "has no longer the path archived → production"},
    };
    const struct bench *bench = *state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct gv_decision decision = decision_of(ROWS[i].from, ROWS[i].to);
        struct gv_error err = GV_ERROR_INIT;
        struct gv_plan plan;
        decision.model = ROWS[i].model;
        assert_false(gv_plan_find(bench->set, &decision, &plan, &err));
        assert_int_equal(err.code, GV_ERROR_REFUSED);
        assert_non_null(strstr(err.message, ROWS[i].says));
    }
}

static void asks_for_no_path_in_the_dev_profile(void **state)
{
    const struct bench *bench = *state;
    struct gv_decision decision = decision_of("archived", "production");
    struct gv_plan plan;
    assert_true(gv_plan_find(bench->dev, &decision, &plan, NULL));
}

/* --- the same version as was approved --- */

static void tells_whether_it_is_the_version_that_was_approved(void **state)
{
    static const struct {
        const char *evidence;
        int64_t created;
        const char *run;
        const char *source;
        const char *says; /* NULL: the same */
    } ROWS[] = {
        {"{\"creation_timestamp\":7,\"run_id\":\"r\",\"source\":\"s\"}", 7, "r", "s", NULL},
        {"{\"creation_timestamp\":7,\"run_id\":\"r\",\"source\":\"s\"}", 8, "r", "s", "made anew"},
        {"{\"creation_timestamp\":7,\"run_id\":\"r\",\"source\":\"s\"}", 7, "q", "s",
         "another run"},
        {"{\"creation_timestamp\":7,\"run_id\":\"r\",\"source\":\"s\"}", 7, NULL, "s",
         "another run"},
        {"{\"creation_timestamp\":7,\"run_id\":\"r\",\"source\":\"s\"}", 7, "r", "t",
         "another source"},
        {"{\"creation_timestamp\":7,\"source\":\"s\"}", 7, "", "s", NULL},
        {"{\"creation_timestamp\":7,\"run_id\":null,\"source\":\"s\"}", 7, NULL, "s", NULL},
        {"{\"creation_timestamp\":7,\"source\":\"s\"}", 7, "r", "s", "another run"},
        {"{\"creation_timestamp\":7,\"run_id\":\"r\"}", 7, "r", NULL, NULL},
    };
    const struct bench *bench = *state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        const struct gv_mlflow_version version = {
            .created_at = ROWS[i].created, .run_id = ROWS[i].run, .source = ROWS[i].source};
        const struct gv_json *evidence = gv_plan_evidence(ROWS[i].evidence, bench->arena, NULL);
        const char *what;
        assert_non_null(evidence);
        assert_int_equal(gv_plan_same_version(evidence, &version, &what), !ROWS[i].says);
        if (ROWS[i].says)
            assert_non_null(strstr(what, ROWS[i].says));
    }
}

static void says_why_evidence_cannot_be_read(void **state)
{
    static const struct {
        const char *evidence;
        const char *says;
    } ROWS[] = {
        {NULL, "has no evidence"},
        {"", "cannot be read"},
        {"{", "cannot be read"},
        {"{\"creation_timestamp\":7,\"creation_timestamp\":8}", "cannot be read"},
        {"[]", "does not say when"},
        {"{}", "does not say when"},
        {"{\"creation_timestamp\":\"7\"}", "does not say when"},
        {"{\"creation_timestamp\":7.5}", "does not say when"},
    };
    const struct bench *bench = *state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct gv_error err = GV_ERROR_INIT;
        assert_null(gv_plan_evidence(ROWS[i].evidence, bench->arena, &err));
        assert_int_not_equal(err.code, GV_ERROR_MEMORY);
        assert_non_null(strstr(err.message, ROWS[i].says));
    }
}

static void tells_full_memory_from_bad_evidence(void **state)
{
    struct gv_arena *small = gv_arena_new(64);
    struct gv_error err = GV_ERROR_INIT;
    (void)state;
    assert_null(
        gv_plan_evidence("{\"creation_timestamp\":7,\"metrics\":{\"a\":1,\"b\":2}}", small, &err));
    assert_int_equal(err.code, GV_ERROR_MEMORY);
    gv_arena_free(small);
}

/* --- the same metrics as were approved --- */

#define EVIDENCE(metrics) "{\"creation_timestamp\":7,\"run_id\":\"r\",\"metrics\":" metrics "}"

static void tells_whether_the_metrics_are_those_that_were_approved(void **state)
{
    const struct {
        const char *evidence;
        struct gv_mlflow_metric metrics[2];
        const char *says; /* NULL: the same */
    } rows[] = {
        {EVIDENCE("{\"auc\":0.9}"), {{"auc", 0.9}}, NULL},
        {EVIDENCE("{\"auc\":0.9}"), {{"auc", 0.9}, {"later", 1}}, NULL},
        {EVIDENCE("{\"auc\":0.9,\"f1\":1}"), {{"f1", 1}, {"auc", 0.9}}, NULL},
        {EVIDENCE("{\"auc\":-0.0}"), {{"auc", 0}}, NULL},
        {EVIDENCE("{}"), {{"auc", 0.9}}, NULL},
        {"{\"creation_timestamp\":7}", {{"auc", 0.9}}, NULL},
        {EVIDENCE("[1]"), {{"auc", 0.9}}, NULL},
        {EVIDENCE("{\"auc\":0.9}"), {{"auc", 0.90000000000000013}}, "metric auc changed"},
        {EVIDENCE("{\"auc\":0.9}"), {{"f1", 0.9}}, "metric auc changed"},
        {EVIDENCE("{\"auc\":0.9}"), {{"AUC", 0.9}}, "metric auc changed"},
        {EVIDENCE("{\"auc\":0.9}"), {{"auc", NAN}}, "metric auc changed"},
        {EVIDENCE("{\"auc\":0.9}"), {{"auc", INFINITY}}, "metric auc changed"},
        {EVIDENCE("{\"auc\":1e999}"), {{"auc", INFINITY}}, "metric auc changed"},
        {EVIDENCE("{\"auc\":\"NaN\"}"), {{"auc", NAN}}, "metric auc changed"},
        {EVIDENCE("{\"auc\":null}"), {{"auc", 0}}, "metric auc changed"},
    };
    const struct bench *bench = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct gv_mlflow_run run = {.run_id = "r", .metrics = rows[i].metrics};
        while (run.metric_count < 2 && rows[i].metrics[run.metric_count].key)
            run.metric_count++;
        const struct gv_json *evidence = gv_plan_evidence(rows[i].evidence, bench->arena, NULL);
        const char *what = NULL;
        assert_non_null(evidence);
        assert_int_equal(gv_plan_same_metrics(evidence, &run, bench->arena, &what), !rows[i].says);
        if (rows[i].says)
            assert_non_null(strstr(what, rows[i].says));
    }
}

static void misses_the_run(void **state)
{
    const struct bench *bench = *state;
    const struct gv_json *evidence = gv_plan_evidence(EVIDENCE("{}"), bench->arena, NULL);
    const char *what = NULL;
    assert_false(gv_plan_same_metrics(evidence, NULL, bench->arena, &what));
    assert_non_null(strstr(what, "run is gone"));
}

static void names_the_run_of_the_evidence(void **state)
{
    const struct bench *bench = *state;
    assert_string_equal(gv_plan_run(gv_plan_evidence(EVIDENCE("{}"), bench->arena, NULL)), "r");
    assert_null(gv_plan_run(gv_plan_evidence("{\"creation_timestamp\":7}", bench->arena, NULL)));
    assert_null(gv_plan_run(
        gv_plan_evidence("{\"creation_timestamp\":7,\"run_id\":\"\"}", bench->arena, NULL)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(does_what_is_left_of_the_effects),
        cmocka_unit_test(finds_no_plan_when_the_policies_changed),
        cmocka_unit_test(asks_for_no_path_in_the_dev_profile),
        cmocka_unit_test(tells_whether_it_is_the_version_that_was_approved),
        cmocka_unit_test(says_why_evidence_cannot_be_read),
        cmocka_unit_test(tells_full_memory_from_bad_evidence),
        cmocka_unit_test(tells_whether_the_metrics_are_those_that_were_approved),
        cmocka_unit_test(misses_the_run),
        cmocka_unit_test(names_the_run_of_the_evidence),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
