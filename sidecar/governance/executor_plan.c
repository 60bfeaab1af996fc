/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/executor_plan.h"

#include "policies/engine/base/json.h"
#include "sidecar/governance/assess.h"

#include <inttypes.h>
#include <strings.h>

static bool has_path(const struct gv_plan *plan)
{
    const struct gv_promotion *promotion = plan->promotion;
    for (size_t i = 0; i < promotion->path_count; i++) {
        if (promotion->paths[i].from == plan->from && promotion->paths[i].to == plan->to)
            return true;
    }
    return false;
}

bool gv_plan_find(const struct gv_set *set, const struct gv_decision *decision,
                  struct gv_plan *ret_plan, struct gv_error *err)
{
    struct gv_plan plan = {.promotion = gv_set_promotion(set, gv_slice_from(decision->workspace),
                                                         gv_slice_from(decision->model))};
    if (!plan.promotion)
        return gv_error_set(err, GV_ERROR_REFUSED, "no PromotionPolicy governs model %s any more",
                            decision->model);
    if (!gv_promotion_target(plan.promotion, gv_slice_from(decision->source), &plan.from) ||
        !gv_promotion_target(plan.promotion, gv_slice_from(decision->target), &plan.to))
        return gv_error_set(err, GV_ERROR_REFUSED,
                            "PromotionPolicy %s has no longer both %s and %s", plan.promotion->name,
                            decision->source, decision->target);
    if (gv_set_profile(set) != GV_PROFILE_DEV && !has_path(&plan))
        return gv_error_set(err, GV_ERROR_REFUSED,
                            "PromotionPolicy %s has no longer the path %s → %s",
                            plan.promotion->name, decision->source, decision->target);
    *ret_plan = plan;
    return true;
}

static bool has_alias(const struct gv_mlflow_version *version, const char *alias)
{
    for (size_t i = 0; i < version->alias_count; i++) {
        if (strcasecmp(version->aliases[i], alias) == 0)
            return true;
    }
    return false;
}

static bool has_tag(const struct gv_mlflow_version *version, const char *key, const char *value)
{
    for (size_t i = 0; i < version->tag_count; i++) {
        if (strcmp(version->tags[i].key, key) == 0)
            return strcmp(version->tags[i].value, value) == 0;
    }
    return false;
}

static bool is_true(const struct gv_effect *effect, const struct gv_mlflow_version *version)
{
    switch (effect->kind) {
    case GV_EFFECT_STAGE:
        return strcasecmp(version->stage, effect->name) == 0;
    case GV_EFFECT_ALIAS:
        return has_alias(version, effect->name);
    case GV_EFFECT_TAG:
        return has_tag(version, effect->name, effect->value);
    }
    return false;
}

static struct gv_act act_of(const struct gv_effect *effect)
{
    static const enum gv_act_kind KINDS[] = {[GV_EFFECT_STAGE] = GV_ACT_STAGE,
                                             [GV_EFFECT_ALIAS] = GV_ACT_ALIAS_SET,
                                             [GV_EFFECT_TAG] = GV_ACT_TAG};
    return (struct gv_act){.kind = KINDS[effect->kind],
                           .name = effect->name,
                           .value = effect->value,
                           .archive_existing = effect->archive_existing};
}

static bool belongs_to(const struct gv_target *target, const char *alias)
{
    for (size_t i = 0; target && i < target->alias_count; i++) {
        if (strcasecmp(target->aliases[i], alias) == 0)
            return true;
    }
    return false;
}

static const struct gv_target *target_at(const struct gv_plan *plan, int target)
{
    return target == GV_TARGET_NONE ? NULL : &plan->promotion->targets[target];
}

/* Going to no target: out of the stage that held the version. */
static struct gv_act next_to_none(const struct gv_plan *plan,
                                  const struct gv_mlflow_version *version)
{
    const struct gv_target *from = target_at(plan, plan->from);
    for (size_t i = 0; from && i < from->stage_count; i++) {
        if (strcasecmp(version->stage, from->stages[i]) == 0)
            return (struct gv_act){.kind = GV_ACT_STAGE, .name = "None"};
    }
    return (struct gv_act){.kind = GV_ACT_NOTHING};
}

struct gv_act gv_plan_next(const struct gv_plan *plan, const struct gv_mlflow_version *version)
{
    const struct gv_target *to = target_at(plan, plan->to);
    const struct gv_target *from = target_at(plan, plan->from);
    for (size_t i = 0; to && i < to->effect_count; i++) {
        if (!is_true(&to->effects[i], version))
            return act_of(&to->effects[i]);
    }
    for (size_t i = 0; from && i < version->alias_count; i++) {
        if (belongs_to(from, version->aliases[i]) && !belongs_to(to, version->aliases[i]))
            return (struct gv_act){.kind = GV_ACT_ALIAS_DELETE, .name = version->aliases[i]};
    }
    if (!to)
        return next_to_none(plan, version);
    return (struct gv_act){.kind = GV_ACT_NOTHING};
}

bool gv_plan_may_go_on(const struct gv_plan *plan, const struct gv_mlflow_version *version)
{
    struct gv_version_facts facts = gv_version_facts_of(version);
    gv_target_set held = gv_promotion_targets(plan->promotion, &facts);
    if (plan->from == GV_TARGET_NONE || plan->to == GV_TARGET_NONE) {
        int named = plan->from == GV_TARGET_NONE ? plan->to : plan->from;
        return held == 0 || (named != GV_TARGET_NONE && (held & GV_TARGET(named)));
    }
    return (held & (GV_TARGET(plan->from) | GV_TARGET(plan->to))) != 0;
}

const struct gv_json *gv_plan_evidence(const char *text, struct gv_arena *arena,
                                       struct gv_error *err)
{
    int64_t created;
    if (!text) {
        gv_error_set(err, GV_ERROR_CORRUPT, "the request has no evidence");
        return NULL;
    }
    const struct gv_json *evidence = gv_json_parse(arena, gv_slice_from(text), NULL, err);
    if (!evidence) {
        gv_error_prefix(err, "the evidence of the request cannot be read");
        return NULL;
    }
    if (gv_json_int(gv_json_get(evidence, "creation_timestamp"), &created))
        return evidence;
    gv_error_set(err, GV_ERROR_CORRUPT,
                 "the evidence of the request does not say when the version was created");
    return NULL;
}

/* An absent text and an empty one are the same: MLflow leaves empty fields out. */
static bool same_text(const struct gv_json *evidence, const char *key, const char *now)
{
    return gv_slice_equal(gv_json_get_string(evidence, key), gv_slice_from(now ? now : ""));
}

bool gv_plan_same_version(const struct gv_json *evidence, const struct gv_mlflow_version *version,
                          const char **ret_what)
{
    int64_t created = 0;
    *ret_what = "the version was deleted and made anew since it was requested";
    if (!gv_json_int(gv_json_get(evidence, "creation_timestamp"), &created) ||
        created != version->created_at)
        return false;
    *ret_what = "the version belongs to another run than when it was requested";
    if (!same_text(evidence, "run_id", version->run_id))
        return false;
    *ret_what = "the version has another source than when it was requested";
    return same_text(evidence, "source", version->source);
}

static const struct gv_mlflow_metric *find_metric(const struct gv_mlflow_run *run,
                                                  struct gv_slice key)
{
    for (size_t i = 0; i < run->metric_count; i++) {
        if (gv_slice_is(key, run->metrics[i].key))
            return &run->metrics[i];
    }
    return NULL;
}

bool gv_plan_same_metrics(const struct gv_json *evidence, const struct gv_mlflow_run *run,
                          struct gv_arena *arena, const char **ret_what)
{
    const struct gv_json *metrics = gv_json_get(evidence, "metrics");
    *ret_what = "the version's run is gone, and with it the metrics that were approved";
    if (!run)
        return false;
    if (!metrics || metrics->type != GV_JSON_OBJECT)
        return true;
    for (size_t i = 0; i < metrics->as.object.count; i++) {
        const struct gv_json_member *frozen = &metrics->as.object.members[i];
        const struct gv_mlflow_metric *now = find_metric(run, frozen->key);
        double value;
        if (now && gv_json_double(frozen->value, &value) && value >= now->value &&
            value <= now->value)
            continue;
        *ret_what = gv_arena_format(arena, "metric %.*s changed since it was requested",
                                    GV_SLICE_ARG(frozen->key));
        return false;
    }
    return true;
}

const char *gv_plan_run(const struct gv_json *evidence)
{
    struct gv_slice run = gv_json_get_string(evidence, "run_id");
    return run.len ? run.ptr : NULL;
}
