/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/assess.h"

#include "test/unit/sidecar/governance/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A version in few words: aliases joined by ',', tags as "key=value". */
struct version {
    const char *model;
    int64_t version;
    const char *stage;
    const char *alias;
    const char *second_alias;
    struct gv_tag tag;
};

#define RUN "0123456789abcdef0123456789abcdef"

struct row {
    const char *name;
    enum gv_operation operation;
    struct version subject; /* model NULL: there is none */
    struct version other;   /* likewise */
    const char *argument;   /* stage, alias, tag key, new name, or source model */
    const char *value;      /* of a tag */
    bool archive;
    const char *model; /* NULL: the subject's, else the other's */
    enum gv_move_result result;
    const char *from; /* of FREE and APPROVAL, and NO_PATH's message */
    const char *to;
    const char *says;   /* part of the message */
    const char *path;   /* of an artifact */
    const char *copied; /* model of a source that moves */
};

#define CHURN(...)                                           \
    {                                                        \
        .model = "churn", .version = 1, .stage = __VA_ARGS__ \
    }
#define OTHER(...)                                           \
    {                                                        \
        .model = "churn", .version = 2, .stage = __VA_ARGS__ \
    }

static const struct row ROWS[] = {
    /* stages */
    {"none to staging is free", GV_OPERATION_TRANSITION, CHURN("None"), .argument = "Staging",
     .result = GV_MOVE_FREE, .from = "none", .to = "staging"},
    {"stages compare without case", GV_OPERATION_TRANSITION, CHURN("none"), .argument = "sTaGing",
     .result = GV_MOVE_FREE, .from = "none", .to = "staging"},
    {"staging to production needs approval", GV_OPERATION_TRANSITION, CHURN("Staging"),
     .argument = "Production", .result = GV_MOVE_APPROVAL, .from = "staging", .to = "production",
     .says = "staging → production needs approval by data_architect"},
    {"none to production is no path", GV_OPERATION_TRANSITION, CHURN("None"),
     .argument = "Production", .result = GV_MOVE_NO_PATH,
     .says = "Invalid promotion path: none → production; promote to staging first"},
    {"production to archived needs approval", GV_OPERATION_TRANSITION, CHURN("Production"),
     .argument = "Archived", .result = GV_MOVE_APPROVAL, .from = "production", .to = "archived"},
    {"production to none is no path", GV_OPERATION_TRANSITION, CHURN("Production"),
     .argument = "None", .result = GV_MOVE_NO_PATH,
     .says = "Invalid promotion path: production → none; from production, paths lead to archived"},
    {"production to staging is no path", GV_OPERATION_TRANSITION, CHURN("Production"),
     .argument = "Staging", .result = GV_MOVE_NO_PATH},
    {"staging to none is free", GV_OPERATION_TRANSITION, CHURN("Staging"), .argument = "None",
     .result = GV_MOVE_FREE, .from = "staging", .to = "none"},
    {"rollback needs approval", GV_OPERATION_TRANSITION, CHURN("Archived"),
     .argument = "Production", .result = GV_MOVE_APPROVAL, .from = "archived", .to = "production"},
    {"a stage that it has already is no move", GV_OPERATION_TRANSITION, CHURN("Production"),
     .argument = "Production", .result = GV_MOVE_NONE},
    {"a second target makes nothing easier", GV_OPERATION_TRANSITION,
     CHURN("Production", .alias = "challenger"), .argument = "Archived", .result = GV_MOVE_APPROVAL,
     .from = "production", .to = "archived"},
    {"a free path from one target takes nothing out of another", GV_OPERATION_TRANSITION,
     CHURN("Production", .alias = "challenger"), .argument = "None", .result = GV_MOVE_NO_PATH},
    {"a model that nobody governs moves freely",
     GV_OPERATION_TRANSITION,
     {.model = "free", .version = 1, .stage = "None"},
     .argument = "Production",
     .result = GV_MOVE_NONE},
    /* displaced versions */
    {"a move displaces what is in its target", GV_OPERATION_TRANSITION, CHURN("Staging"),
     OTHER("Production"), .argument = "Production", .archive = true, .result = GV_MOVE_APPROVAL,
     .from = "staging", .to = "production"},
    {"no move may clear a stage of others", GV_OPERATION_TRANSITION, CHURN("Production"),
     OTHER("Production"), .argument = "Production", .archive = true, .result = GV_MOVE_FORBIDDEN,
     .says = "it would take model/churn/v2 out of production without a decision about it"},
    {"others stay without archiving", GV_OPERATION_TRANSITION, CHURN("Production"),
     OTHER("Production"), .argument = "Production", .result = GV_MOVE_NONE},
    {"an alias that moves on to a version there already is no way around a decision",
     GV_OPERATION_ALIAS_SET, CHURN("Production"), OTHER("None", .alias = "champion"),
     .argument = "champion", .result = GV_MOVE_FORBIDDEN, .says = "model/churn/v2"},
    /* aliases */
    {"an alias of a target is a promotion", GV_OPERATION_ALIAS_SET, CHURN("Staging"),
     .argument = "champion", .result = GV_MOVE_APPROVAL, .from = "staging", .to = "production"},
    {"aliases compare without case", GV_OPERATION_ALIAS_SET, CHURN("Staging"),
     .argument = "CHAMPION", .result = GV_MOVE_APPROVAL, .from = "staging", .to = "production"},
    {"an alias straight from none is no path", GV_OPERATION_ALIAS_SET, CHURN("None"),
     .argument = "champion", .result = GV_MOVE_NO_PATH,
     .says = "Invalid promotion path: none → production; promote to staging first"},
    {"a free alias is free", GV_OPERATION_ALIAS_SET, CHURN("None"), .argument = "challenger",
     .result = GV_MOVE_FREE, .from = "none", .to = "staging"},
    {"an alias of no target is no move", GV_OPERATION_ALIAS_SET, CHURN("None"),
     .argument = "best-so-far", .result = GV_MOVE_NONE},
    {"taking the only production alias away is a move to none", GV_OPERATION_ALIAS_DELETE,
     CHURN("None", .alias = "champion"), .argument = "champion", .result = GV_MOVE_NO_PATH,
     .says = "production → none"},
    {"one of two production aliases may go", GV_OPERATION_ALIAS_DELETE,
     CHURN("None", .alias = "champion", .second_alias = "production"), .argument = "champion",
     .result = GV_MOVE_NONE},
    {"an alias beside the stage may go", GV_OPERATION_ALIAS_DELETE,
     CHURN("Production", .alias = "champion"), .argument = "champion", .result = GV_MOVE_NONE},
    {"staging does not free the production alias", GV_OPERATION_ALIAS_DELETE,
     CHURN("Staging", .alias = "champion"), .argument = "champion", .result = GV_MOVE_NO_PATH},
    {"a challenger may go", GV_OPERATION_ALIAS_DELETE, CHURN("None", .alias = "challenger"),
     .argument = "challenger", .result = GV_MOVE_FREE, .from = "staging", .to = "none"},
    {"deleting an alias that points nowhere is no move", GV_OPERATION_ALIAS_DELETE,
     .model = "churn", .argument = "champion", .result = GV_MOVE_NONE},
    /* tags of versions */
    {"a governed tag is a promotion", GV_OPERATION_VERSION_TAG, CHURN("Staging"), .argument = "env",
     .value = "prod", .result = GV_MOVE_APPROVAL, .from = "staging", .to = "production"},
    {"another value of a governed key is none", GV_OPERATION_VERSION_TAG, CHURN("Staging"),
     .argument = "env", .value = "dev", .result = GV_MOVE_NONE},
    {"writing over a governed tag is a move to none", GV_OPERATION_VERSION_TAG,
     CHURN("None", .tag = {"env", "prod"}), .argument = "env", .value = "dev",
     .result = GV_MOVE_NO_PATH, .says = "production → none"},
    {"deleting a governed tag is a move to none", GV_OPERATION_VERSION_TAG,
     CHURN("None", .tag = {"env", "prod"}), .argument = "env", .result = GV_MOVE_NO_PATH},
    {"a tag of no target is no move", GV_OPERATION_VERSION_TAG, CHURN("Production"),
     .argument = "note", .value = "x", .result = GV_MOVE_NONE},
    /* tags of models, new models */
    {"a model may not carry a governed key", GV_OPERATION_MODEL_TAG, .model = "churn",
     .argument = "env", .value = "dev", .result = GV_MOVE_FORBIDDEN, .says = "\"env\""},
    {"a model may carry others", GV_OPERATION_MODEL_TAG, .model = "churn", .argument = "note",
     .value = "x", .result = GV_MOVE_NONE},
    {"a governed name may be created empty", GV_OPERATION_MODEL_CREATE, .model = "prod.churn",
     .result = GV_MOVE_NONE},
    {"but not with a governed tag", GV_OPERATION_MODEL_CREATE, .model = "prod.churn",
     .argument = "env", .value = "prod", .result = GV_MOVE_FORBIDDEN},
    /* new versions and copies */
    {"a new version of an ordinary model is no move", GV_OPERATION_VERSION_CREATE, .model = "churn",
     .result = GV_MOVE_NONE},
    {"a new version of a governed name is no path", GV_OPERATION_VERSION_CREATE,
     .model = "prod.churn", .result = GV_MOVE_NO_PATH,
     .says = "Invalid promotion path: none → production"},
    {"a new version with a governed tag is no path", GV_OPERATION_VERSION_CREATE, .model = "churn",
     .argument = "env", .value = "prod", .result = GV_MOVE_NO_PATH},
    {"a copy of a staged version needs approval", GV_OPERATION_VERSION_CREATE, CHURN("Staging"),
     .model = "prod.churn", .result = GV_MOVE_APPROVAL, .from = "staging", .to = "production"},
    {"a copy of an unstaged version is no path", GV_OPERATION_VERSION_CREATE, CHURN("None"),
     .model = "prod.churn", .result = GV_MOVE_NO_PATH},
    {"what is in production under one name is not so under another", GV_OPERATION_VERSION_CREATE,
     CHURN("Production"), .model = "prod.churn", .result = GV_MOVE_NO_PATH,
     .says = "Invalid promotion path: production → production"},
    {"nor is it by a tag of its copy", GV_OPERATION_VERSION_CREATE, CHURN("Production"),
     .argument = "env", .value = "prod", .result = GV_MOVE_NO_PATH},
    {"a copy that comes into nothing is no move", GV_OPERATION_VERSION_CREATE, CHURN("Production"),
     .result = GV_MOVE_NONE},
    {"a copy of what moves is refused", GV_OPERATION_VERSION_CREATE, .model = "churn",
     .copied = "dev", .result = GV_MOVE_FORBIDDEN, .says = "name the version itself"},
    {"what nobody governs lends no standing to its copy",
     GV_OPERATION_VERSION_CREATE,
     {.model = "free", .version = 1, .stage = "Production"},
     .model = "prod.churn",
     .result = GV_MOVE_NO_PATH},
    {"nor does what another policy governs",
     GV_OPERATION_VERSION_CREATE,
     {.model = "other", .version = 1, .stage = "Production"},
     .model = "prod.churn",
     .result = GV_MOVE_NO_PATH},
    /* what a target holds is kept */
    {"a version in production is not deleted", GV_OPERATION_VERSION_DELETE, CHURN("Production"),
     .result = GV_MOVE_FORBIDDEN, .says = "model/churn/v1 is in production"},
    {"a version in no target is", GV_OPERATION_VERSION_DELETE, CHURN("None"),
     .result = GV_MOVE_NONE},
    {"a model with a version in production is not deleted", GV_OPERATION_MODEL_DELETE,
     .other = OTHER("None", .alias = "champion"), .result = GV_MOVE_FORBIDDEN,
     .says = "model/churn/v2 is in production"},
    {"a model without is", GV_OPERATION_MODEL_DELETE, .other = OTHER("None"),
     .result = GV_MOVE_NONE},
    {"a run that made a governed version is not deleted", GV_OPERATION_RUN_DELETE,
     .other = OTHER("Staging"), .model = "", .result = GV_MOVE_FORBIDDEN,
     .says = "was made from what this call would change"},
    {"a run that made others is", GV_OPERATION_RUN_DELETE, .other = OTHER("None"), .model = "",
     .result = GV_MOVE_NONE},
    {"artifacts of a governed version are not written", GV_OPERATION_ARTIFACT_WRITE,
     .other = OTHER("Production"), .model = "", .path = "1/" RUN "/artifacts/m",
     .result = GV_MOVE_FORBIDDEN, .says = "was made from what this call would change"},
    {"those of others are", GV_OPERATION_ARTIFACT_WRITE, .other = OTHER("None"), .model = "",
     .path = "1/" RUN "/artifacts/m", .result = GV_MOVE_NONE},
    {"those that nobody can tell to be of others are not", GV_OPERATION_ARTIFACT_WRITE, .model = "",
     .path = "elsewhere/m.pkl", .result = GV_MOVE_FORBIDDEN,
     .says = "the path names no run, logged model or trace"},
    {"a logged model of a governed version is not deleted", GV_OPERATION_LOGGED_MODEL_DELETE,
     .other = OTHER("Production"), .model = "", .result = GV_MOVE_FORBIDDEN},
    /* names */
    {"renaming onto a governed name is refused", GV_OPERATION_MODEL_RENAME, .other = OTHER("None"),
     .argument = "prod.new", .result = GV_MOVE_FORBIDDEN,
     .says = "the name \"prod.new\" itself is a target"},
    {"renaming from a governed name is refused", GV_OPERATION_MODEL_RENAME, .model = "prod.old",
     .argument = "churn", .result = GV_MOVE_FORBIDDEN, .says = "\"prod.old\""},
    {"renaming what a target holds is refused", GV_OPERATION_MODEL_RENAME,
     .other = OTHER("Production"), .argument = "xchurn", .result = GV_MOVE_FORBIDDEN,
     .says = "model/churn/v2 is in production"},
    {"renaming into a policy is no way into its targets", GV_OPERATION_MODEL_RENAME,
     .other = {.model = "free", .version = 3, .stage = "Production"}, .argument = "xchurn",
     .result = GV_MOVE_FORBIDDEN, .says = "model/free/v3 is in production"},
    {"other renames are no move", GV_OPERATION_MODEL_RENAME, .other = OTHER("None"),
     .argument = "xchurn", .result = GV_MOVE_NONE},
    /* what never moves */
    {"descriptions are no move", GV_OPERATION_VERSION_UPDATE, CHURN("Production"),
     .result = GV_MOVE_NONE},
};

/* --- from a row to the arguments --- */

struct built {
    const char *aliases[2];
    struct gv_mlflow_version version;
};

static const struct gv_mlflow_version *build(const struct version *from, struct built *built)
{
    if (!from->model)
        return NULL;
    built->aliases[0] = from->alias;
    built->aliases[1] = from->second_alias;
    built->version = (struct gv_mlflow_version){
        .model = from->model,
        .version = from->version,
        .stage = from->stage,
        .aliases = built->aliases,
        .alias_count = (size_t)(from->alias ? 1 : 0) + (from->second_alias ? 1 : 0),
        .tags = &from->tag,
        .tag_count = from->tag.key ? 1 : 0,
    };
    return &built->version;
}

static struct gv_mlflow_call call_of(const struct row *row, struct gv_mlflow_tag *tag)
{
    const char *model = row->model           ? row->model
                        : row->subject.model ? row->subject.model
                                             : row->other.model;
    bool tags = row->operation == GV_OPERATION_VERSION_TAG ||
                row->operation == GV_OPERATION_MODEL_TAG ||
                row->operation == GV_OPERATION_MODEL_CREATE ||
                row->operation == GV_OPERATION_VERSION_CREATE;
    *tag = (struct gv_mlflow_tag){row->argument, row->value};
    return (struct gv_mlflow_call){
        .workspace = "default",
        .operation = row->operation,
        .model = model[0] ? model : NULL,
        .version = row->subject.version,
        .stage = row->operation == GV_OPERATION_TRANSITION ? row->argument : NULL,
        .artifact_path = row->path,
        .source_model = row->copied,
        .alias = row->argument,
        .new_name = row->argument,
        .archive_existing = row->archive,
        .tags = tag,
        .tag_count = tags && row->argument ? 1 : 0,
    };
}

static struct gv_move assess(const struct gv_set *set, const struct row *row,
                             struct gv_arena *arena)
{
    struct gv_mlflow_tag tag;
    struct built subject;
    struct built other;
    struct gv_move move;
    struct gv_mlflow_call call = call_of(row, &tag);
    const struct gv_mlflow_version *others = build(&row->other, &other);
    assert_true(gv_assess(set, &call, build(&row->subject, &subject), others, others ? 1 : 0, arena,
                          &move, NULL));
    return move;
}

static bool is_target(const struct gv_move *move, int target, const char *name)
{
    return !name || strcmp(gv_promotion_target_name(move->promotion, target), name) == 0;
}

static bool is_as_expected(const struct row *row, const struct gv_move *move)
{
    bool path = move->result == GV_MOVE_FREE || move->result == GV_MOVE_APPROVAL;
    bool message = move->result != GV_MOVE_NONE && move->result != GV_MOVE_FREE;
    return move->result == row->result && path == (move->path != NULL) &&
           message == (move->message != NULL) &&
           (!row->says || (move->message && strstr(move->message, row->says))) &&
           is_target(move, move->from, row->from) && is_target(move, move->to, row->to);
}

static void judges_each_operation_by_what_a_version_holds(void **state)
{
    struct gv_set *set = policies_load(GV_PROFILE_MEDIUM);
    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct gv_arena *arena = gv_arena_new(0);
        struct gv_move move = assess(set, &ROWS[i], arena);
        if (!is_as_expected(&ROWS[i], &move))
            fail_msg("%s: result %d, %d → %d, \"%s\"", ROWS[i].name, (int)move.result, move.from,
                     move.to, move.message ? move.message : "");
        gv_arena_free(arena);
    }
    gv_set_unref(set);
}

static void profile_dev_refuses_nothing(void **state)
{
    struct gv_set *set = policies_load(GV_PROFILE_DEV);
    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct gv_arena *arena = gv_arena_new(0);
        struct gv_move move = assess(set, &ROWS[i], arena);
        bool lets_pass = ROWS[i].result == GV_MOVE_NONE || ROWS[i].result == GV_MOVE_FREE;
        if (move.result != (lets_pass ? ROWS[i].result : GV_MOVE_DEV))
            fail_msg("%s: result %d", ROWS[i].name, (int)move.result);
        gv_arena_free(arena);
    }
    gv_set_unref(set);
}

static void says_when_memory_is_short(void **state)
{
    struct gv_set *set = policies_load(GV_PROFILE_MEDIUM);
    struct gv_arena *arena = gv_arena_new(1);
    const struct row row = {.name = "",
                            .operation = GV_OPERATION_TRANSITION,
                            .subject = CHURN("None"),
                            .argument = "Production"};
    struct gv_mlflow_tag tag;
    struct built subject;
    struct gv_move move;
    struct gv_error err = GV_ERROR_INIT;
    struct gv_mlflow_call call = call_of(&row, &tag);
    (void)state;
    assert_false(gv_assess(set, &call, build(&row.subject, &subject), NULL, 0, arena, &move, &err));
    assert_int_equal(err.code, GV_ERROR_MEMORY);
    gv_arena_free(arena);
    gv_set_unref(set);
}

/* --- what must be known --- */

static const struct need {
    const char *name;
    struct gv_mlflow_call call;
    struct gv_fact_needs needs;
} NEEDS[] = {
    {"an alias of no target",
     {.operation = GV_OPERATION_ALIAS_SET, .model = "churn", .alias = "x"},
     {0}},
    {"an alias of a target",
     {.operation = GV_OPERATION_ALIAS_SET, .model = "churn", .alias = "champion"},
     {.version = true, .alias_holder = true}},
    {"an alias that is deleted",
     {.operation = GV_OPERATION_ALIAS_DELETE, .model = "churn", .alias = "champion"},
     {.alias_holder = true}},
    {"a stage",
     {.operation = GV_OPERATION_TRANSITION, .model = "churn", .stage = "None"},
     {.version = true}},
    {"a stage that is cleared",
     {.operation = GV_OPERATION_TRANSITION,
      .model = "churn",
      .stage = "Staging",
      .archive_existing = true},
     {.version = true, .all_versions = true}},
    {"a name that no policy governs may be folded into one",
     {.operation = GV_OPERATION_ALIAS_SET, .model = "PROD.churn", .alias = "x"},
     {.version = true, .alias_holder = true}},
    {"a copy into an ordinary model",
     {.operation = GV_OPERATION_VERSION_CREATE,
      .model = "churn",
      .source_model = "dev",
      .source_version = 1},
     {0}},
    {"a copy into a governed name",
     {.operation = GV_OPERATION_VERSION_CREATE,
      .model = "prod.churn",
      .source_model = "dev",
      .source_version = 1},
     {.source_version = true}},
    {"a copy of what an alias points to",
     {.operation = GV_OPERATION_VERSION_CREATE, .model = "prod.churn", .source_model = "dev"},
     {0}},
    {"a run", {.operation = GV_OPERATION_RUN_DELETE, .run_id = "a"}, {.run_versions = true}},
    {"a read", {.operation = GV_OPERATION_NONE}, {0}},
    {"a query", {.operation = GV_OPERATION_GRAPHQL}, {0}},
    {"a deletion of a model",
     {.operation = GV_OPERATION_MODEL_DELETE, .model = "churn"},
     {.all_versions = true}},
};

static void asks_for_exactly_what_matters(void **state)
{
    struct gv_set *set = policies_load(GV_PROFILE_MEDIUM);
    (void)state;
    for (size_t i = 0; i < COUNT(NEEDS); i++) {
        struct gv_mlflow_call call = NEEDS[i].call;
        call.workspace = "default";
        struct gv_fact_needs needs = gv_assess_needs(set, &call);
        if (memcmp(&needs, &NEEDS[i].needs, sizeof(needs)) != 0)
            fail_msg("%s", NEEDS[i].name);
    }
    gv_set_unref(set);
}

static const struct origin {
    struct gv_mlflow_call call;
    const char *run_id;
    const char *model_id;
} ORIGINS[] = {
    {{.operation = GV_OPERATION_RUN_DELETE, .run_id = "r"}, "r", NULL},
    {{.operation = GV_OPERATION_ARTIFACT_WRITE, .artifact_path = "1/" RUN "/artifacts/m.pkl"},
     RUN,
     NULL},
    {{.operation = GV_OPERATION_ARTIFACT_WRITE, .artifact_path = "1/models/m-" RUN "/artifacts"},
     NULL,
     "m-" RUN},
    {{.operation = GV_OPERATION_ARTIFACT_WRITE, .artifact_path = "1/traces/tr-" RUN "/artifacts/t"},
     NULL,
     "tr-" RUN},
    /* the first id, also where a run seems to follow */
    {{.operation = GV_OPERATION_ARTIFACT_WRITE,
      .run_id = "r",
      .resource = {.path = {"artifact/x", 10}},
      .artifact_path = "m-" RUN "/" RUN "/artifacts/m.pkl"},
     NULL,
     "m-" RUN},
    /* a path within a run */
    {{.operation = GV_OPERATION_ARTIFACT_WRITE,
      .run_id = "r",
      .resource = {.path = {"run/r", 5}},
      .artifact_path = RUN "/m.pkl"},
     "r",
     NULL},
    {{.operation = GV_OPERATION_ARTIFACT_WRITE, .artifact_path = "elsewhere/m.pkl"}, NULL, NULL},
    {{.operation = GV_OPERATION_LOGGED_MODEL_DELETE,
      .resource = {.path = {"logged-model/m-1", 16}}},
     NULL,
     "m-1"},
};

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void finds_the_run_or_logged_model_that_bytes_belong_to(void **state)
{
    struct gv_arena *arena = gv_arena_new(0);
    (void)state;
    for (size_t i = 0; i < COUNT(ORIGINS); i++) {
        const char *run_id;
        const char *model_id;
        assert_true(gv_assess_origin(&ORIGINS[i].call, arena, &run_id, &model_id, NULL));
        assert_true(is_same(run_id, ORIGINS[i].run_id));
        assert_true(is_same(model_id, ORIGINS[i].model_id));
    }
    gv_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_each_operation_by_what_a_version_holds),
        cmocka_unit_test(profile_dev_refuses_nothing),
        cmocka_unit_test(says_when_memory_is_short),
        cmocka_unit_test(asks_for_exactly_what_matters),
        cmocka_unit_test(finds_the_run_or_logged_model_that_bytes_belong_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
