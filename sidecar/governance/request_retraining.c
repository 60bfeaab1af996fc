/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/access.h"
#include "sidecar/governance/events.h"
#include "sidecar/governance/filing.h"
#include "sidecar/governance/kinds.h"

/* A request for a retraining: who may ask, by the activity's responsible roles → file it. */
struct asking {
    struct gv_frame frame;
    struct gv_filing filing;
    struct gv_retraining_request request; /* copied */
    struct gv_rules rules;
    const char *resource;
    gv_governance_done done;
    void *ctx;
};

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

static void store_failed(struct asking *a, const struct gv_error *err)
{
    end(a, GV_OUTCOME_UNAVAILABLE,
        gv_arena_format(a->frame.arena, "the request could not be recorded: %s", err->message));
}

static void forbid(struct asking *a, const char *reason, const char *why)
{
    const char *message =
        why ? gv_arena_format(a->frame.arena, "retraining of %s denied: %s", a->resource, why)
            : NULL;
    if (message)
        gv_record_refusal(a->frame.governance, &(struct gv_refusal){
                                                   .principal = a->frame.caller.principal,
                                                   .event_type = GV_EVENT_ACCESS_DENIED,
                                                   .workspace = a->request.workspace,
                                                   .action = GV_ACTION_REQUEST,
                                                   .detail = "retrain",
                                                   .resource = a->resource,
                                                   .route = "model-retraining",
                                                   .reason = reason,
                                                   .message = message,
                                                   .request_id = a->frame.caller.request_id,
                                               });
    end(a, GV_OUTCOME_FORBIDDEN, message);
}

static void filed(void *ctx, const struct gv_error *err)
{
    struct asking *a = ctx;
    if (err && a->filing.outcome == GV_OUTCOME_OK) {
        store_failed(a, err);
        return;
    }
    if (a->filing.outcome == GV_OUTCOME_OK && !a->filing.replay.ptr)
        gv_filing_announce(&a->filing);
    answer(a);
}

static bool describe(struct asking *a)
{
    a->filing.decision = (struct gv_decision){
        .workspace = a->request.workspace,
        .type = GV_TYPE_RETRAINING,
        .title = gv_arena_format(a->frame.arena, "Retrain %s", a->request.model),
        .description = a->request.reason,
        .domain = a->rules.domain,
        .activity = GV_ACTIVITY_RETRAIN,
        .model = a->request.model,
        .requester = a->frame.caller.principal->person,
        .request = a->request.body,
        .policy_digest = gv_set_digest(a->frame.set),
    };
    a->filing.approval = &a->rules.approval;
    return a->filing.decision.title != NULL;
}

/* Whether a rule denies it, or the activity does not let the caller ask; answered if so. */
static bool is_refused(struct asking *a)
{
    const struct gv_resource resource = {gv_slice_from(a->request.workspace),
                                         gv_slice_from(a->resource)};
    gv_role_set roles = gv_people_roles(&a->filing.people, a->frame.set, a->frame.caller.principal);
    struct gv_access access = {a->frame.set, roles, &resource, a->frame.arena};
    const char *why = NULL;
    if (gv_access_ask(&access, GV_ACTION_REQUEST, &why) == GV_ACCESS_DENIED) {
        forbid(a, "access", why);
        return true;
    }
    if ((roles & a->rules.request) != 0)
        return false;
    const char *names = gv_set_role_names(a->frame.set, a->rules.request, a->frame.arena);
    forbid(a, "role",
           names ? gv_arena_format(a->frame.arena, "it is asked for by %s", names) : NULL);
    return true;
}

static void opened(void *ctx, const struct gv_error *err)
{
    struct asking *a = ctx;
    struct gv_error failure = GV_ERROR_INIT;
    if (err) {
        store_failed(a, err);
        return;
    }
    if (a->filing.outcome != GV_OUTCOME_OK || a->filing.replay.ptr) {
        answer(a);
        return;
    }
    if (is_refused(a))
        return;
    if (!describe(a))
        end(a, GV_OUTCOME_UNAVAILABLE, NULL);
    else if (!gv_filing_submit(&a->filing, filed, a, &failure))
        store_failed(a, &failure);
}

static bool copy_text(struct gv_arena *arena, const char **text)
{
    const char *original = *text;
    *text = gv_arena_string(arena, original);
    return *text || !original;
}

static bool copy_request(struct asking *a, const struct gv_retraining_request *request)
{
    struct gv_arena *arena = a->frame.arena;
    a->request = *request;
    a->request.workspace = request->workspace ? request->workspace : GV_DEFAULT_WORKSPACE;
    a->resource = gv_resource_append(arena, "model", gv_slice_from(request->model));
    return a->resource && copy_text(arena, &a->request.workspace) &&
           copy_text(arena, &a->request.model) && copy_text(arena, &a->request.reason) &&
           copy_text(arena, &a->request.body) &&
           gv_filing_keep_key(&a->filing, &request->idempotency);
}

void gv_governance_request_retraining(struct gv_governance *governance,
                                      const struct gv_caller *caller,
                                      const struct gv_retraining_request *request,
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
    if (!gv_rules_of_retraining(a->frame.set, a->request.workspace, a->request.model,
                                a->frame.arena, &a->rules, &err)) {
        end(a, gv_outcome_of(&err), gv_arena_string(a->frame.arena, err.message));
        return;
    }
    a->filing.domain = a->rules.domain;
    a->filing.workspace = a->request.workspace;
    if (!gv_filing_open(&a->filing, opened, a, &err))
        store_failed(a, &err);
}
