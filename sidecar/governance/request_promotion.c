/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/access.h"
#include "sidecar/governance/events.h"
#include "sidecar/governance/evidence.h"
#include "sidecar/governance/facts.h"
#include "sidecar/governance/filing.h"
#include "sidecar/governance/kinds.h"

#include <inttypes.h>

/*
 * A request for a promotion: is it admissible at all → has its key an answer, who is assigned →
 * what MLflow says of the version → of its run → does a path admit it, is what it claims true →
 * file it.
 */
struct asking {
    struct gv_frame frame;
    struct gv_filing filing;
    struct gv_promotion_request request; /* copied */
    gv_governance_done done;
    void *ctx;
    const struct gv_promotion *promotion;
    const char *resource;
    int target;
    gv_role_set roles; /* assignments included */
    struct gv_mlflow_version version;
    struct gv_mlflow_run run;
    bool has_run;
    gv_target_set held;
    const struct gv_path *path;
    struct gv_approval approval;
};

/* --- the ends --- */

static void answer(struct asking *a)
{
    struct gv_decision_view view;
    struct gv_result result;
    gv_filing_result(&a->filing, &view, &result);
    a->done(a->ctx, &result);
    gv_frame_end(&a->frame);
}

static void end(struct asking *a, enum gv_outcome outcome, const char *message)
{
    a->filing.outcome = message ? outcome : GV_OUTCOME_UNAVAILABLE;
    a->filing.message = message ? message : GV_FRAME_BUSY;
    a->filing.has_poll = false; /* nothing was written */
    answer(a);
}

static void invalid(struct asking *a, const char *message)
{
    end(a, GV_OUTCOME_INVALID, message);
}

static void forbid(struct asking *a, const char *reason, const char *why)
{
    const char *message = why ? gv_arena_format(a->frame.arena, "%s on %s denied: %s",
                                                GV_ACTION_REQUEST, a->resource, why)
                              : NULL;
    if (message)
        gv_record_refusal(a->frame.governance, &(struct gv_refusal){
                                                   .principal = a->frame.caller.principal,
                                                   .event_type = GV_EVENT_PROMOTION_DENIED,
                                                   .workspace = a->request.workspace,
                                                   .action = GV_ACTION_REQUEST,
                                                   .resource = a->resource,
                                                   .route = "model-promotion",
                                                   .reason = reason,
                                                   .message = message,
                                                   .request_id = a->frame.caller.request_id,
                                               });
    end(a, GV_OUTCOME_FORBIDDEN, message);
}

static void failed(struct asking *a, const char *what, const struct gv_error *err)
{
    enum gv_outcome outcome = gv_outcome_of(err);
    const char *message = outcome == GV_OUTCOME_UNAVAILABLE
                              ? gv_arena_format(a->frame.arena, "%s: %s", what, err->message)
                              : gv_arena_string(a->frame.arena, err->message);
    /* MLflow's refusals of Gavel's own questions are about what was asked for. */
    end(a, outcome == GV_OUTCOME_FORBIDDEN ? GV_OUTCOME_INVALID : outcome, message);
}

static bool is_dev(const struct asking *a)
{
    return gv_set_profile(a->frame.set) == GV_PROFILE_DEV;
}

/* --- file it --- */

static void filed(void *ctx, const struct gv_error *err)
{
    struct asking *a = ctx;
    if (err && a->filing.outcome == GV_OUTCOME_OK) {
        failed(a, "the request could not be recorded", err);
        return;
    }
    if (a->filing.outcome == GV_OUTCOME_OK && !a->filing.replay.ptr)
        gv_filing_announce(&a->filing);
    answer(a);
}

static const char *source_name(const struct asking *a)
{
    if (a->path)
        return gv_promotion_target_name(a->promotion, a->path->from);
    int held = a->held == 0 ? GV_TARGET_NONE : __builtin_ctz(a->held);
    return gv_promotion_target_name(a->promotion, held);
}

static bool describe(struct asking *a)
{
    struct gv_arena *arena = a->frame.arena;
    const struct gv_evidence evidence = {
        .version = &a->version,
        .run = a->has_run ? &a->run : NULL,
        .author = gv_evidence_author(&a->version, a->has_run ? &a->run : NULL),
        .held = gv_move_targets(a->promotion, a->held, arena),
    };
    struct gv_decision *decision = &a->filing.decision;
    *decision = (struct gv_decision){
        .workspace = a->request.workspace,
        .type = GV_TYPE_PROMOTION,
        .description = a->request.justification,
        .domain = a->promotion->domain,
        .policy = a->promotion->name,
        .activity = a->path ? a->path->activity : NULL,
        .model = a->version.model,
        .model_version = a->version.version,
        .source = source_name(a),
        .target = gv_promotion_target_name(a->promotion, a->target),
        .requester = a->frame.caller.principal->person,
        .author = evidence.author,
        .reason = is_dev(a) ? "profile dev demands no path and no approval" : NULL,
        .evidence = evidence.held ? gv_evidence_json(&evidence, arena) : NULL,
        .request = a->request.body,
        .policy_digest = gv_set_digest(a->frame.set),
    };
    decision->title = gv_arena_format(arena, "Promote %s v%" PRId64 ": %s → %s", decision->model,
                                      decision->model_version, decision->source, decision->target);
    return decision->title && decision->evidence;
}

static void file(struct asking *a)
{
    struct gv_error err = GV_ERROR_INIT;
    a->approval = a->path ? a->path->approval : (struct gv_approval){0};
    if (is_dev(a))
        a->approval.required = false;
    a->filing.approval = &a->approval;
    a->filing.is_rollback = !is_dev(a) && a->path->rollback;
    if (!describe(a))
        end(a, GV_OUTCOME_UNAVAILABLE, NULL);
    else if (!gv_filing_submit(&a->filing, filed, a, &err))
        failed(a, "the request could not be recorded", &err);
}

/* --- judge it by what MLflow says --- */

/* "model customer-churn v1 is in none, not in staging". */
static const char *not_in(const struct asking *a, const char *claimed)
{
    const char *held = gv_move_targets(a->promotion, a->held, a->frame.arena);
    return held ? gv_arena_format(a->frame.arena, "model %s v%" PRId64 " is in %s, not in %s",
                                  a->version.model, a->version.version, held, claimed)
                : NULL;
}

/* Refuses when what the request says of the source is not so. */
static bool is_source_true(struct asking *a)
{
    int source;
    if (!a->request.source)
        return true;
    if (!gv_promotion_target(a->promotion, gv_slice_from(a->request.source), &source)) {
        invalid(a, gv_arena_format(a->frame.arena,
                                   "source_stage \"%.64s\" is no target of policy "
                                   "\"%s\"",
                                   a->request.source, a->promotion->name));
        return false;
    }
    bool holds = source == GV_TARGET_NONE ? a->held == 0 : (a->held & GV_TARGET(source)) != 0;
    if (!holds)
        invalid(a, not_in(a, gv_promotion_target_name(a->promotion, source)));
    return holds;
}

static bool is_there_already(const struct asking *a)
{
    return a->target == GV_TARGET_NONE ? a->held == 0 : (a->held & GV_TARGET(a->target)) != 0;
}

/* Refuses unless a path admits it and its roles are held. */
static bool has_path(struct asking *a)
{
    a->path = gv_promotion_path(a->promotion, a->held, a->target, NULL);
    if (is_dev(a))
        return true;
    if (!a->path) {
        invalid(a, gv_move_no_path_message(a->promotion, a->held, a->target, a->frame.arena));
        return false;
    }
    if ((a->path->request & a->roles) != 0)
        return true;
    forbid(a, "role",
           gv_access_lacks_role(a->frame.set, a->roles, a->path, a->promotion, a->frame.arena));
    return false;
}

static void judge(struct asking *a)
{
    const struct gv_version_facts facts = gv_version_facts_of(&a->version);
    const struct gv_evidence evidence = {.version = &a->version,
                                         .run = a->has_run ? &a->run : NULL};
    struct gv_error err = GV_ERROR_INIT;
    a->held = gv_promotion_targets(a->promotion, &facts);
    if (!is_source_true(a))
        return;
    if (is_there_already(a)) {
        invalid(a, gv_arena_format(a->frame.arena, "model %s v%" PRId64 " is in %s already",
                                   a->version.model, a->version.version,
                                   gv_promotion_target_name(a->promotion, a->target)));
        return;
    }
    if (!has_path(a))
        return;
    if (!gv_evidence_check(&evidence, &a->request, &err))
        invalid(a, gv_arena_string(a->frame.arena, err.message));
    else
        file(a);
}

/* --- ask MLflow --- */

static bool copy_run(struct asking *a, const struct gv_mlflow_run *run)
{
    struct gv_arena *arena = a->frame.arena;
    struct gv_mlflow_metric *metrics = gv_arena_array(arena, run->metric_count, sizeof(*metrics));
    if (!metrics && run->metric_count > 0)
        return false;
    a->run = (struct gv_mlflow_run){.run_id = gv_arena_string(arena, run->run_id),
                                    .user_id = gv_arena_string(arena, run->user_id),
                                    .metrics = metrics,
                                    .metric_count = run->metric_count};
    for (size_t i = 0; i < run->metric_count; i++) {
        metrics[i] = run->metrics[i];
        metrics[i].key = gv_arena_string(arena, run->metrics[i].key);
        if (!metrics[i].key)
            return false;
    }
    a->has_run = true;
    return a->run.run_id && (a->run.user_id || !run->user_id);
}

/* A run that was deleted for good leaves a version without author and metrics. */
static void got_run(void *ctx, const struct gv_mlflow_run *run, const struct gv_error *err)
{
    struct asking *a = ctx;
    if (err && err->code != GV_ERROR_NOT_FOUND)
        failed(a, "MLflow cannot be asked now", err);
    else if (!err && !copy_run(a, run))
        end(a, GV_OUTCOME_UNAVAILABLE, NULL);
    else
        judge(a);
}

static void ask_run(struct asking *a)
{
    struct gv_error err = GV_ERROR_INIT;
    if (!a->version.run_id || !a->version.run_id[0])
        judge(a);
    else if (!gv_mlflow_run_get(a->frame.governance->services.mlflow, a->request.workspace,
                                a->version.run_id, got_run, a, &err))
        failed(a, "MLflow cannot be asked now", &err);
}

static void got_version(void *ctx, const struct gv_mlflow_version *version,
                        const struct gv_error *err)
{
    struct asking *a = ctx;
    if (err && err->code == GV_ERROR_NOT_FOUND)
        end(a, GV_OUTCOME_NOT_FOUND,
            gv_arena_format(a->frame.arena, "MLflow has no model %s version %" PRId64,
                            a->request.model, a->request.version));
    else if (err)
        failed(a, "MLflow cannot be asked now", err);
    else if (strcmp(version->model, a->request.model) != 0)
        invalid(a, gv_arena_format(a->frame.arena,
                                   "MLflow spells the model \"%s\" as \"%s\"; use MLflow's "
                                   "spelling",
                                   a->request.model, version->model));
    else if (!gv_facts_copy_version(a->frame.arena, version, &a->version))
        end(a, GV_OUTCOME_UNAVAILABLE, NULL);
    else
        ask_run(a);
}

/* --- what can be said before MLflow is asked --- */

/* The roles that some path to the target lets ask. Whoever has none of them learns nothing about
 * the version. */
static gv_role_set may_ask(const struct asking *a)
{
    gv_role_set roles = 0;
    for (size_t i = 0; i < a->promotion->path_count; i++) {
        if (a->promotion->paths[i].to == a->target)
            roles |= a->promotion->paths[i].request;
    }
    return roles;
}

static bool is_denied(struct asking *a, const struct gv_resource *resource, const char *action,
                      bool must_allow)
{
    struct gv_access access = {a->frame.set, a->roles, resource, a->frame.arena};
    const char *why = NULL;
    enum gv_access_result result = gv_access_ask(&access, action, &why);
    if (result == GV_ACCESS_ALLOWED || (result == GV_ACCESS_UNMENTIONED && !must_allow))
        return false;
    forbid(a, "access", why);
    return true;
}

/* Only a rule that denies refuses: who may ask is the path's to say. Profile dev has no paths, so
 * there the access rules must allow it. */
static bool is_refused(struct asking *a)
{
    const struct gv_resource resource = {gv_slice_from(a->request.workspace),
                                         gv_slice_from(a->resource)};
    gv_role_set roles = may_ask(a);
    if (is_denied(a, &resource, GV_ACTION_REQUEST, is_dev(a)) ||
        is_denied(a, &resource, GV_ACTION_PROMOTE, false))
        return true;
    if (is_dev(a) || roles == 0 || (roles & a->roles) != 0)
        return false;
    const char *names = gv_set_role_names(a->frame.set, roles, a->frame.arena);
    forbid(a, "role",
           names ? gv_arena_format(a->frame.arena, "a promotion to %s is asked for by %s",
                                   gv_promotion_target_name(a->promotion, a->target), names)
                 : NULL);
    return true;
}

static void opened(void *ctx, const struct gv_error *err)
{
    struct asking *a = ctx;
    struct gv_error failure = GV_ERROR_INIT;
    if (err) {
        failed(a, "the decisions cannot be read now", err);
        return;
    }
    if (a->filing.outcome != GV_OUTCOME_OK || a->filing.replay.ptr) {
        answer(a);
        return;
    }
    a->roles = gv_people_roles(&a->filing.people, a->frame.set, a->frame.caller.principal);
    if (is_refused(a))
        return;
    if (!gv_mlflow_version_get(a->frame.governance->services.mlflow, a->request.workspace,
                               a->request.model, a->request.version, got_version, a, &failure))
        failed(a, "MLflow cannot be asked now", &failure);
}

static const char *target_names(const struct asking *a)
{
    const char *names = "none";
    for (size_t i = 0; i < a->promotion->target_count && names; i++)
        names = gv_arena_format(a->frame.arena, "%s, %s", names, a->promotion->targets[i].name);
    return names;
}

/* Refuses what names no policy or no target. */
static bool is_admissible(struct asking *a)
{
    struct gv_arena *arena = a->frame.arena;
    a->promotion = gv_set_promotion(a->frame.set, gv_slice_from(a->request.workspace),
                                    gv_slice_from(a->request.model));
    if (!a->promotion) {
        invalid(a, gv_arena_format(arena,
                                   "no PromotionPolicy governs model %s, so nothing is "
                                   "requested for it",
                                   a->request.model));
        return false;
    }
    if (gv_promotion_target(a->promotion, gv_slice_from(a->request.target), &a->target))
        return true;
    const char *names = target_names(a);
    invalid(a, names ? gv_arena_format(arena,
                                       "target_stage \"%.64s\" is no target of policy \"%s\"; it "
                                       "has %s",
                                       a->request.target, a->promotion->name, names)
                     : NULL);
    return false;
}

static bool is_sink_well(struct asking *a)
{
    const struct gv_governance_services *services = &a->frame.governance->services;
    const char *trouble =
        services->sink_trouble ? services->sink_trouble(services->sink_ctx) : NULL;
    if (trouble)
        end(a, GV_OUTCOME_UNAVAILABLE, gv_arena_string(a->frame.arena, trouble));
    return !trouble;
}

/* --- the copy of the request --- */

static bool copy_text(struct gv_arena *arena, const char **text)
{
    const char *original = *text;
    *text = gv_arena_string(arena, original);
    return *text || !original;
}

static bool copy_metrics(struct asking *a, const struct gv_promotion_request *request)
{
    struct gv_metric_claim *claims =
        gv_arena_array(a->frame.arena, request->metric_count, sizeof(*claims));
    if (!claims && request->metric_count > 0)
        return false;
    for (size_t i = 0; i < request->metric_count; i++) {
        claims[i] = request->metrics[i];
        if (!copy_text(a->frame.arena, &claims[i].name))
            return false;
    }
    a->request.metrics = claims;
    return true;
}

static bool copy_request(struct asking *a, const struct gv_promotion_request *request)
{
    struct gv_arena *arena = a->frame.arena;
    struct gv_promotion_request *copy = &a->request;
    *copy = *request;
    copy->workspace = request->workspace ? request->workspace : GV_DEFAULT_WORKSPACE;
    a->resource = gv_version_resource(request->model, request->version, arena);
    return a->resource && copy_text(arena, &copy->workspace) && copy_text(arena, &copy->model) &&
           copy_text(arena, &copy->source) && copy_text(arena, &copy->target) &&
           copy_text(arena, &copy->run_id) && copy_text(arena, &copy->model_uri) &&
           copy_text(arena, &copy->justification) && copy_text(arena, &copy->body) &&
           copy_metrics(a, request) && gv_filing_keep_key(&a->filing, &request->idempotency);
}

void gv_governance_request_promotion(struct gv_governance *governance,
                                     const struct gv_caller *caller,
                                     const struct gv_promotion_request *request,
                                     gv_governance_done done, void *ctx)
{
    struct asking *a = gv_frame_begin(governance, caller, sizeof(*a));
    struct gv_error err = GV_ERROR_INIT;
    if (!a) {
        done(ctx, &(struct gv_result){.outcome = GV_OUTCOME_UNAVAILABLE, .message = GV_FRAME_BUSY});
        return;
    }
    a->done = done;
    a->ctx = ctx;
    a->filing.frame = &a->frame;
    if (!copy_request(a, request)) {
        end(a, GV_OUTCOME_UNAVAILABLE, NULL);
        return;
    }
    if (!is_admissible(a) || !is_sink_well(a))
        return;
    a->filing.domain = a->promotion->domain;
    a->filing.workspace = a->request.workspace;
    if (!gv_filing_open(&a->filing, opened, a, &err))
        failed(a, "the decisions cannot be read now", &err);
}
