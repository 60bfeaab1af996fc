/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/facts.h"

/* --- copies --- */

static bool copy_texts(struct gv_arena *arena, const char *const *texts, size_t count,
                       const char *const **ret_copies)
{
    const char **copies = gv_arena_array(arena, count, sizeof(*copies));
    if (!copies)
        return count == 0;
    for (size_t i = 0; i < count; i++) {
        copies[i] = gv_arena_string(arena, texts[i]);
        if (!copies[i])
            return false;
    }
    *ret_copies = copies;
    return true;
}

static bool copy_tags(struct gv_arena *arena, const struct gv_tag *tags, size_t count,
                      const struct gv_tag **ret_copies)
{
    struct gv_tag *copies = gv_arena_array(arena, count, sizeof(*copies));
    if (!copies)
        return count == 0;
    for (size_t i = 0; i < count; i++) {
        copies[i].key = gv_arena_string(arena, tags[i].key);
        copies[i].value = gv_arena_string(arena, tags[i].value ? tags[i].value : "");
        if (!copies[i].key || !copies[i].value)
            return false;
    }
    *ret_copies = copies;
    return true;
}

/* NULL stays NULL; false when out of memory. */
static bool copy_text(struct gv_arena *arena, const char *text, const char **ret_copy)
{
    *ret_copy = gv_arena_string(arena, text);
    return *ret_copy || !text;
}

bool gv_facts_copy_version(struct gv_arena *arena, const struct gv_mlflow_version *version,
                           struct gv_mlflow_version *ret_copy)
{
    *ret_copy = *version;
    return copy_text(arena, version->model, &ret_copy->model) &&
           copy_text(arena, version->stage, &ret_copy->stage) &&
           copy_text(arena, version->run_id, &ret_copy->run_id) &&
           copy_text(arena, version->model_id, &ret_copy->model_id) &&
           copy_text(arena, version->source, &ret_copy->source) &&
           copy_text(arena, version->user_id, &ret_copy->user_id) &&
           copy_text(arena, version->status, &ret_copy->status) &&
           copy_texts(arena, version->aliases, version->alias_count, &ret_copy->aliases) &&
           copy_tags(arena, version->tags, version->tag_count, &ret_copy->tags);
}

static bool no_memory(struct gv_error *err)
{
    return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
}

static bool copy_versions(struct gv_arena *arena, const struct gv_mlflow_version *versions,
                          size_t count, const struct gv_mlflow_version **ret_copies,
                          struct gv_error *err)
{
    struct gv_mlflow_version *copies = gv_arena_array(arena, count, sizeof(*copies));
    if (!copies && count > 0)
        return no_memory(err);
    for (size_t i = 0; i < count; i++) {
        if (!gv_facts_copy_version(arena, &versions[i], &copies[i]))
            return no_memory(err);
    }
    *ret_copies = copies;
    return true;
}

/* --- the ends --- */

/* Names that MLflow's database folds into others would be judged by the wrong policy: the call must
 * use MLflow's own spelling. */
static bool is_spelled(const struct gv_mlflow_version *version, const char *model,
                       struct gv_error *err)
{
    if (strcmp(version->model, model) == 0)
        return true;
    return gv_error_set(err, GV_ERROR_INVALID,
                        "MLflow spells the model \"%s\" as \"%s\"; use MLflow's spelling", model,
                        version->model);
}

static bool all_spelled(struct gv_facts *facts)
{
    const struct gv_mlflow_call *call = facts->call;
    const char *model = facts->needs.source_version ? call->source_model : call->model;
    if (facts->subject && !is_spelled(facts->subject, model, &facts->error))
        return false;
    for (size_t i = 0; !facts->needs.run_versions && i < facts->other_count; i++) {
        if (!is_spelled(&facts->others[i], call->model, &facts->error))
            return false;
    }
    return true;
}

static void fail(struct gv_facts *facts)
{
    facts->done(facts->ctx, &facts->error);
}

static void go_on(struct gv_facts *facts);

static void keep_subject(struct gv_facts *facts, const struct gv_mlflow_version *version)
{
    const struct gv_mlflow_version *copy = NULL;
    if (!copy_versions(facts->frame->arena, version, 1, &copy, &facts->error)) {
        fail(facts);
        return;
    }
    facts->subject = copy;
    go_on(facts);
}

static void keep_others(struct gv_facts *facts, const struct gv_mlflow_version *versions,
                        size_t count)
{
    const struct gv_mlflow_version *copies = NULL;
    if (!copy_versions(facts->frame->arena, versions, count, &copies, &facts->error)) {
        fail(facts);
        return;
    }
    facts->others = copies;
    facts->other_count = count;
    go_on(facts);
}

static void could_not_ask(struct gv_facts *facts, const struct gv_error *err)
{
    facts->error = *err;
    fail(facts);
}

/* --- the questions: false with the error set when one could not be asked --- */

static void got_version(void *ctx, const struct gv_mlflow_version *version,
                        const struct gv_error *err)
{
    struct gv_facts *facts = ctx;
    if (err)
        could_not_ask(facts, err);
    else
        keep_subject(facts, version);
}

static bool ask_version(struct gv_facts *facts)
{
    const struct gv_mlflow_call *call = facts->call;
    return gv_mlflow_version_get(facts->frame->governance->services.mlflow, call->workspace,
                                 call->model, call->version, got_version, facts, &facts->error);
}

static bool ask_source(struct gv_facts *facts)
{
    const struct gv_mlflow_call *call = facts->call;
    return gv_mlflow_version_get(facts->frame->governance->services.mlflow, call->workspace,
                                 call->source_model, call->source_version, got_version, facts,
                                 &facts->error);
}

/* An alias that points nowhere has no holder, which is an answer too. */
static void got_holder(void *ctx, const struct gv_mlflow_version *version,
                       const struct gv_error *err)
{
    struct gv_facts *facts = ctx;
    if (err && err->code == GV_ERROR_NOT_FOUND)
        go_on(facts);
    else if (err)
        could_not_ask(facts, err);
    else if (facts->call->operation == GV_OPERATION_ALIAS_DELETE)
        keep_subject(facts, version);
    else
        keep_others(facts, version, 1);
}

static bool ask_holder(struct gv_facts *facts)
{
    const struct gv_mlflow_call *call = facts->call;
    return gv_mlflow_version_by_alias(facts->frame->governance->services.mlflow, call->workspace,
                                      call->model, call->alias, got_holder, facts, &facts->error);
}

/* --- what a run or logged model became: found first, then each asked for, aliases and all --- */

static void refresh(struct gv_facts *facts);

/* A version that was deleted meanwhile holds nothing. */
static void got_refreshed(void *ctx, const struct gv_mlflow_version *version,
                          const struct gv_error *err)
{
    struct gv_facts *facts = ctx;
    if (err && err->code != GV_ERROR_NOT_FOUND) {
        could_not_ask(facts, err);
        return;
    }
    if (version &&
        !gv_facts_copy_version(facts->frame->arena, version, &facts->made[facts->other_count++])) {
        no_memory(&facts->error);
        fail(facts);
        return;
    }
    refresh(facts);
}

static void refresh(struct gv_facts *facts)
{
    if (facts->at == facts->made_count) {
        facts->others = facts->made;
        go_on(facts);
        return;
    }
    const struct gv_mlflow_version *found = &facts->made[facts->at++];
    if (!gv_mlflow_version_get(facts->frame->governance->services.mlflow, facts->call->workspace,
                               found->model, found->version, got_refreshed, facts, &facts->error))
        fail(facts);
}

static void got_made_from(void *ctx, const struct gv_mlflow_version *versions, size_t count,
                          const struct gv_error *err)
{
    struct gv_facts *facts = ctx;
    facts->made = gv_arena_array(facts->frame->arena, count + 1, sizeof(*facts->made));
    for (size_t i = 0; !err && facts->made && i < count; i++) {
        if (!gv_facts_copy_version(facts->frame->arena, &versions[i], &facts->made[i]))
            facts->made = NULL;
    }
    facts->made_count = count;
    if (err && err->code != GV_ERROR_NOT_FOUND) {
        could_not_ask(facts, err);
    } else if (!facts->made) {
        no_memory(&facts->error);
        fail(facts);
    } else {
        refresh(facts);
    }
}

static void got_versions(void *ctx, const struct gv_mlflow_version *versions, size_t count,
                         const struct gv_error *err)
{
    struct gv_facts *facts = ctx;
    if (err && err->code == GV_ERROR_NOT_FOUND)
        keep_others(facts, NULL, 0);
    else if (err)
        could_not_ask(facts, err);
    else
        keep_others(facts, versions, count);
}

static bool ask_versions(struct gv_facts *facts)
{
    const struct gv_mlflow_call *call = facts->call;
    return gv_mlflow_versions(facts->frame->governance->services.mlflow, call->workspace,
                              call->model, got_versions, facts, &facts->error);
}

static bool ask_made_from(struct gv_facts *facts)
{
    const struct gv_mlflow_call *call = facts->call;
    const char *run_id;
    const char *model_id;
    if (!gv_assess_origin(call, facts->frame->arena, &run_id, &model_id, &facts->error))
        return false;
    if (!run_id && !model_id) {
        go_on(facts);
        return true;
    }
    return gv_mlflow_versions_made_from(facts->frame->governance->services.mlflow, call->workspace,
                                        run_id, model_id, got_made_from, facts, &facts->error);
}

/* --- the sequence --- */

enum { STEP_VERSION, STEP_HOLDER, STEP_SOURCE, STEP_VERSIONS, STEP_MADE_FROM, STEP_COUNT };

static bool is_needed(const struct gv_fact_needs *needs, unsigned step)
{
    const bool needed[STEP_COUNT] = {needs->version, needs->alias_holder, needs->source_version,
                                     needs->all_versions, needs->run_versions};
    return needed[step];
}

static void go_on(struct gv_facts *facts)
{
    static bool (*const ASK[STEP_COUNT])(struct gv_facts *) = {ask_version, ask_holder, ask_source,
                                                               ask_versions, ask_made_from};
    while (facts->step < STEP_COUNT && !is_needed(&facts->needs, facts->step))
        facts->step++;
    if (facts->step < STEP_COUNT) {
        if (!ASK[facts->step++](facts))
            fail(facts);
        return;
    }
    facts->done(facts->ctx, all_spelled(facts) ? NULL : &facts->error);
}

void gv_facts_gather(struct gv_facts *facts)
{
    facts->needs = gv_assess_needs(facts->frame->set, facts->call);
    go_on(facts);
}
