/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/judge.h"

#include "sidecar/governance/access.h"
#include "sidecar/governance/events.h"
#include "sidecar/governance/facts.h"
#include "sidecar/governance/standing.h"
#include "sidecar/telemetry/log.h"
#include "sidecar/telemetry/metrics.h"

#include <inttypes.h>

/*
 * One judgement that cannot be answered at once: gather facts, assess, authorise, look up what is
 * already decided, record the intent, answer.
 */
struct judgement {
    struct gv_frame frame;
    const struct gv_mlflow_call *call;
    void (*done)(void *ctx, const struct gv_verdict *verdict);
    void *ctx;
    struct gv_facts facts;
    struct gv_move move;
    struct gv_standing standing;
    const char *detail; /* what the audit calls the action */
    const char *resource;
};

/* --- the answers --- */

static void answer(struct judgement *j, enum gv_verdict_kind kind, const char *message,
                   const char *decision_id)
{
    struct gv_verdict verdict = {
        .kind = kind,
        .message = message,
        .decision_id = decision_id,
        .outcome_due = kind == GV_VERDICT_ALLOW && j->call->route->audited,
        .digest = gv_set_digest(j->frame.set),
    };
    j->done(j->ctx, &verdict);
    gv_frame_end(&j->frame);
}

static void out_of_memory(struct judgement *j)
{
    answer(j, GV_VERDICT_UNAVAILABLE, GV_FRAME_BUSY, NULL);
}

/* Refuses in one sentence: what was asked, of what, and why not. */
static void deny(struct judgement *j, const char *action, const char *event_type,
                 const char *reason, const char *why, const char *decision_id)
{
    const char *message =
        why ? gv_arena_format(j->frame.arena, "%s on %s denied: %s", action, j->resource, why)
            : NULL;
    if (!message) {
        out_of_memory(j);
        return;
    }
    gv_record_refusal(j->frame.governance, &(struct gv_refusal){
                                               .principal = j->frame.caller.principal,
                                               .event_type = event_type,
                                               .workspace = j->call->workspace,
                                               .action = action,
                                               .detail = j->detail,
                                               .resource = j->resource,
                                               .decision_id = decision_id,
                                               .route = j->call->key,
                                               .reason = reason,
                                               .message = message,
                                               .request_id = j->frame.caller.request_id,
                                           });
    answer(j, GV_VERDICT_DENY, message, decision_id);
}

static void deny_access(struct judgement *j, const char *action, const char *why)
{
    deny(j, action, GV_EVENT_ACCESS_DENIED, "access", why, NULL);
}

static void deny_move(struct judgement *j, const char *reason, const char *why,
                      const char *decision_id)
{
    deny(j, GV_ACTION_PROMOTE, GV_EVENT_PROMOTION_DENIED, reason, why, decision_id);
}

/* --- the intent of an allowed call --- */

static void allow(struct judgement *j)
{
    gv_metric_add(GV_METRIC_DECISIONS, 1, j->call->action, "allow");
    answer(j, GV_VERDICT_ALLOW, NULL, NULL);
}

static void intent_recorded(void *ctx, const struct gv_error *err)
{
    struct judgement *j = ctx;
    if (!err) {
        allow(j);
        return;
    }
    if (err->code == GV_ERROR_LIMIT) {
        answer(j, GV_VERDICT_INVALID, "the call's fields are too long to be recorded", NULL);
        return;
    }
    gv_log(GV_LOG_ERROR, "governance", "A call's intent could not be recorded",
           GV_LOG_S("error", err->message), GV_LOG_S("request_id", j->frame.caller.request_id));
    answer(j, GV_VERDICT_UNAVAILABLE, "the audit trail cannot be written now; try again", NULL);
}

/* The versions that the call displaces, as a JSON array; "" without memory. */
static void list_displaced(const struct judgement *j, struct gv_text *out)
{
    size_t listed = 0;
    gv_text_char(out, '[');
    for (size_t i = 0; i < j->facts.other_count && listed < GV_DISPLACED_LISTED; i++) {
        const struct gv_mlflow_version *other = &j->facts.others[i];
        if (!gv_assess_displaces(j->call, j->facts.subject, other))
            continue;
        gv_text_string(out, listed++ > 0 ? "," : "");
        gv_text_format(out, "%" PRId64, other->version);
    }
    gv_text_char(out, ']');
}

#define INTENT_FIELDS 9

static size_t intent_fields(const struct judgement *j, const char *displaced,
                            struct gv_audit_field fields[INTENT_FIELDS])
{
    const struct gv_mlflow_call *call = j->call;
    const struct gv_audit_field known[] = {
        {.key = "route", .string = call->key},
        {.key = "request_id", .string = j->frame.caller.request_id},
        {.key = "stage", .string = call->stage},
        {.key = "alias", .string = call->alias},
        {.key = "new_name", .string = call->new_name},
        {.key = "source", .string = call->source},
        {.key = "tag", .string = call->tag_count == 1 ? call->tags[0].key : NULL},
        {.key = "profile", .string = j->move.result == GV_MOVE_DEV ? "dev" : NULL},
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].string)
            fields[count++] = known[i];
    }
    if (strcmp(displaced, "[]") != 0)
        fields[count++] = (struct gv_audit_field){.key = "displaced", .json = displaced};
    return count;
}

/* Allows an audited call once its intent is durable; nothing governed is sent before. */
static void record_intent(struct judgement *j)
{
    if (!j->call->route->audited) {
        allow(j);
        return;
    }
    struct gv_text displaced = GV_TEXT_INIT;
    list_displaced(j, &displaced);
    struct gv_audit_field fields[INTENT_FIELDS];
    struct gv_audit_event event = {
        .event_type = gv_call_event(j->call->operation),
        .actor = j->frame.caller.principal->person,
        .workspace = j->call->workspace,
        .resource = j->resource,
        .action = j->detail,
        .outcome = "ALLOWED",
        .fields = fields,
        .field_count = intent_fields(j, gv_text_cstr(&displaced), fields),
    };
    const struct gv_governance_services *services = &j->frame.governance->services;
    struct gv_error err = GV_ERROR_INIT;
    bool submitted =
        gv_text_ok(&displaced)
            ? gv_audit_submit(services->audit, &event, services->loop, intent_recorded, j, &err)
            : gv_error_set(&err, GV_ERROR_MEMORY, "out of memory");
    gv_text_free(&displaced);
    if (!submitted)
        intent_recorded(j, &err);
}

/* --- access --- */

/* Whether the access rules allow the call's own action; refuses if not. What is a promotion by its
 * route and touches no target is but a label: whoever may annotate may set it. */
static bool may_call(struct judgement *j, bool is_move)
{
    const char *action = j->call->action;
    const char *why = NULL;
    struct gv_access access = {j->frame.set, j->frame.roles, &j->call->resource, j->frame.arena};
    bool promotes = strcmp(action, GV_ACTION_PROMOTE) == 0;
    enum gv_access_result result = gv_access_ask(&access, action, &why);
    if (promotes && result == GV_ACCESS_UNMENTIONED) {
        if (is_move)
            return true; /* the paths grant it */
        action = GV_ACTION_ANNOTATE;
        result = gv_access_ask(&access, action, &why);
    }
    if (result == GV_ACCESS_ALLOWED)
        return true;
    deny_access(j, action, why);
    return false;
}

/* Whether a rule takes promotions away; refuses if so. */
static bool may_promote(struct judgement *j)
{
    const char *why = NULL;
    struct gv_access access = {j->frame.set, j->frame.roles, &j->call->resource, j->frame.arena};
    if (gv_access_ask(&access, GV_ACTION_PROMOTE, &why) != GV_ACCESS_DENIED)
        return true;
    deny_move(j, "access", why, NULL);
    return false;
}

static bool sink_is_well(struct judgement *j)
{
    const struct gv_governance_services *services = &j->frame.governance->services;
    const char *trouble =
        services->sink_trouble ? services->sink_trouble(services->sink_ctx) : NULL;
    if (!trouble)
        return true;
    gv_log(GV_LOG_WARN, "governance", "A promotion waits for the audit sink",
           GV_LOG_S("resource", j->resource), GV_LOG_S("reason", trouble));
    answer(j, GV_VERDICT_UNAVAILABLE, trouble, NULL);
    return false;
}

/* --- moves --- */

static const char *target_name(const struct judgement *j, int target)
{
    return gv_promotion_target_name(j->move.promotion, target);
}

static void forbidden(struct judgement *j)
{
    deny(j, j->call->action, GV_EVENT_PROMOTION_DENIED, "target-holds-it", j->move.message, NULL);
}

static void no_path(struct judgement *j)
{
    deny_move(j, "no-path", j->move.message, NULL);
}

static void dev_move(struct judgement *j)
{
    const char *why = NULL;
    struct gv_access access = {j->frame.set, j->frame.roles, &j->call->resource, j->frame.arena};
    bool promotes = strcmp(j->call->action, GV_ACTION_PROMOTE) == 0;
    if (promotes && gv_access_ask(&access, GV_ACTION_REQUEST, &why) != GV_ACCESS_ALLOWED) {
        deny_move(j, "access", why, NULL);
        return;
    }
    record_intent(j);
}

static void free_move_known(void *ctx, const struct gv_error *err)
{
    struct judgement *j = ctx;
    if (err) {
        answer(j, GV_VERDICT_UNAVAILABLE, "the decisions cannot be read now; try again", NULL);
        return;
    }
    if (j->standing.held) {
        record_intent(j);
        return;
    }
    deny_move(j, "rollback",
              gv_arena_format(j->frame.arena,
                              "%s → %s is a rollback, and by Gavel's record this version was "
                              "never in %s",
                              target_name(j, j->move.from), target_name(j, j->move.to),
                              target_name(j, j->move.to)),
              NULL);
}

static bool read_standing(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct judgement *j = ctx;
    return gv_standing_read(tx, &j->standing, err);
}

static void look_up(struct judgement *j, gv_store_done known)
{
    j->standing = (struct gv_standing){
        .arena = j->frame.arena,
        .workspace = j->call->workspace,
        .model = j->facts.subject ? j->facts.subject->model : NULL,
        .version = j->facts.subject ? j->facts.subject->version : 0,
        .target = target_name(j, j->move.to),
    };
    const struct gv_governance_services *services = &j->frame.governance->services;
    struct gv_error err = GV_ERROR_INIT;
    if (!gv_store_read(services->store, read_standing, services->loop, known, j, &err))
        known(j, &err);
}

static void free_move(struct judgement *j)
{
    const struct gv_path *path = j->move.path;
    if ((j->frame.roles & path->request) == 0) {
        deny_move(j, "role",
                  gv_access_lacks_role(j->frame.set, j->frame.roles, path, j->move.promotion,
                                       j->frame.arena),
                  NULL);
        return;
    }
    if (!sink_is_well(j))
        return;
    if (path->rollback && j->facts.subject)
        look_up(j, free_move_known);
    else if (path->rollback)
        free_move_known(j, NULL);
    else
        record_intent(j);
}

/* --- moves that need approval --- */

static bool is_request_possible(const struct judgement *j)
{
    return j->facts.subject && j->call->operation != GV_OPERATION_VERSION_CREATE;
}

static const char *how_to_ask(const struct judgement *j)
{
    struct gv_text body = GV_TEXT_INIT;
    gv_text_string(&body, "{\"model_name\": ");
    gv_text_json(&body, gv_slice_from(j->facts.subject->model));
    gv_text_format(
        &body, ", \"model_version\": %" PRId64 ", \"source_stage\": ", j->facts.subject->version);
    gv_text_json(&body, gv_slice_from(target_name(j, j->move.from)));
    gv_text_string(&body, ", \"target_stage\": ");
    gv_text_json(&body, gv_slice_from(target_name(j, j->move.to)));
    gv_text_char(&body, '}');
    const char *how = gv_text_ok(&body)
                          ? gv_arena_format(j->frame.arena,
                                            "Request it with POST /api/v1/mlops/model-promotion %s",
                                            gv_text_cstr(&body))
                          : NULL;
    gv_text_free(&body);
    return how;
}

static void deny_pending(struct judgement *j, const char *what_next, const char *decision_id)
{
    deny_move(j, "approval",
              what_next ? gv_arena_format(j->frame.arena, "%s. %s", j->move.message, what_next)
                        : NULL,
              decision_id);
}

/* The request that the path lets mlflow's own call open. One that was opened meanwhile is named
 * instead. */
static void opened(void *ctx, const struct gv_result *result)
{
    struct judgement *j = ctx;
    const char *id = result->view ? gv_arena_string(j->frame.arena, result->view->row.id) : NULL;
    if (result->outcome == GV_OUTCOME_UNAVAILABLE)
        answer(j, GV_VERDICT_UNAVAILABLE, result->message, NULL);
    else if (result->outcome == GV_OUTCOME_OK)
        deny_pending(j,
                     gv_arena_format(j->frame.arena,
                                     "Request %s was opened for you; it waits for approval",
                                     id ? id : ""),
                     id);
    else
        deny_pending(
            j, gv_arena_format(j->frame.arena, "No request was opened: %s", result->message), id);
}

static void open_request(struct judgement *j)
{
    struct gv_promotion_request request = {
        .workspace = j->call->workspace,
        .model = j->facts.subject->model,
        .version = j->facts.subject->version,
        .target = target_name(j, j->move.to),
        .justification =
            gv_arena_format(j->frame.arena, "Opened by MLflow's own call %s", j->call->key),
        .body = "{}",
    };
    gv_governance_request_promotion(j->frame.governance, &j->frame.caller, &request, opened, j);
}

static void approval_known(void *ctx, const struct gv_error *err)
{
    struct judgement *j = ctx;
    const struct gv_decision *found = &j->standing.decision;
    if (err)
        answer(j, GV_VERDICT_UNAVAILABLE, "the decisions cannot be read now; try again", NULL);
    else if (j->standing.active)
        deny_pending(j, gv_standing_sentence(&j->standing), found->id);
    else if (j->move.path->direct_call_requests && (j->frame.roles & j->move.path->request) != 0)
        open_request(j);
    else if (j->standing.executed)
        deny_pending(j,
                     gv_arena_format(j->frame.arena, "%s %s",
                                     gv_standing_sentence(&j->standing) ?: "", how_to_ask(j) ?: ""),
                     found->id);
    else
        deny_pending(j, how_to_ask(j), NULL);
}

static void approval_move(struct judgement *j)
{
    if (is_request_possible(j))
        look_up(j, approval_known);
    else
        deny_pending(j,
                     "A new version can hold no approval yet: create it where its name and tags "
                     "put it into no target, and request the promotion",
                     NULL);
}

/* --- the sequence --- */

static bool describe(struct judgement *j)
{
    j->resource = gv_arena_copy(j->frame.arena, j->call->resource.path);
    bool moves = j->move.result != GV_MOVE_NONE && j->move.promotion &&
                 j->move.result != GV_MOVE_FORBIDDEN &&
                 (j->move.path || j->move.from != j->move.to);
    j->detail = moves ? gv_promote_action(target_name(j, j->move.from), target_name(j, j->move.to),
                                          j->frame.arena)
                      : j->call->action;
    return j->resource && j->detail;
}

static void authorise(struct judgement *j)
{
    enum gv_move_result result = j->move.result;
    if (!may_call(j, result != GV_MOVE_NONE))
        return;
    if (result == GV_MOVE_NONE)
        record_intent(j);
    else if (result == GV_MOVE_FORBIDDEN)
        forbidden(j);
    else if (!may_promote(j))
        return;
    else if (result == GV_MOVE_NO_PATH)
        no_path(j);
    else if (result == GV_MOVE_FREE)
        free_move(j);
    else if (result == GV_MOVE_APPROVAL)
        approval_move(j);
    else
        dev_move(j);
}

static void facts_failed(struct judgement *j, const struct gv_error *err)
{
    enum gv_outcome outcome = gv_outcome_of(err);
    const char *message = gv_arena_string(j->frame.arena, err->message);
    if (outcome == GV_OUTCOME_NOT_FOUND)
        answer(j, GV_VERDICT_NOT_FOUND, message, NULL);
    else if (outcome == GV_OUTCOME_INVALID || outcome == GV_OUTCOME_FORBIDDEN)
        answer(j, GV_VERDICT_INVALID, message, NULL);
    else
        answer(j, GV_VERDICT_UNAVAILABLE,
               gv_arena_format(j->frame.arena, "MLflow cannot be asked now: %s", err->message),
               NULL);
}

static void facts_gathered(void *ctx, const struct gv_error *err)
{
    struct judgement *j = ctx;
    struct gv_error failed = GV_ERROR_INIT;
    if (err) {
        facts_failed(j, err);
        return;
    }
    if (!gv_assess(j->frame.set, j->call, j->facts.subject, j->facts.others, j->facts.other_count,
                   j->frame.arena, &j->move, &failed) ||
        !describe(j)) {
        out_of_memory(j);
        return;
    }
    authorise(j);
}

static void answer_at_once(struct gv_governance *governance, enum gv_verdict_kind kind,
                           const char *message,
                           void (*done)(void *ctx, const struct gv_verdict *verdict), void *ctx)
{
    struct gv_verdict verdict = {
        .kind = kind,
        .message = message,
        .digest = gv_set_digest(gv_governance_set(governance)),
    };
    done(ctx, &verdict);
}

/* Whether a call that touches no target and needs no event is allowed: the way of nearly every
 * request, without memory, lock or wait. */
static bool is_plainly_allowed(struct gv_governance *governance, const struct gv_caller *caller,
                               const struct gv_mlflow_call *call)
{
    if (!call->action)
        return true;
    if (!caller->principal || call->route->audited)
        return false;
    const struct gv_set *set = gv_governance_set(governance);
    struct gv_fact_needs needs = gv_assess_needs(set, call);
    if (needs.version || needs.alias_holder || needs.source_version || needs.all_versions ||
        needs.run_versions)
        return false;
    struct gv_question question = {
        .package = GV_ACCESS_PACKAGE,
        .roles = gv_governance_roles(governance, caller->principal),
        .action = gv_slice_from(call->action),
        .resource = call->resource,
    };
    return gv_set_decide(set, &question).allow;
}

void gv_judge_call(struct gv_governance *governance, const struct gv_caller *caller,
                   const struct gv_mlflow_call *call,
                   void (*done)(void *ctx, const struct gv_verdict *verdict), void *ctx)
{
    if (is_plainly_allowed(governance, caller, call)) {
        if (call->action)
            gv_metric_add(GV_METRIC_DECISIONS, 1, call->action, "allow");
        answer_at_once(governance, GV_VERDICT_ALLOW, NULL, done, ctx);
        return;
    }
    struct judgement *j = gv_frame_begin(governance, caller, sizeof(*j));
    if (!j) {
        answer_at_once(governance, GV_VERDICT_UNAVAILABLE, GV_FRAME_BUSY, done, ctx);
        return;
    }
    j->call = call;
    j->done = done;
    j->ctx = ctx;
    j->facts =
        (struct gv_facts){.frame = &j->frame, .call = call, .done = facts_gathered, .ctx = j};
    if (!caller->principal) {
        j->detail = call->action;
        j->resource = gv_arena_copy(j->frame.arena, call->resource.path);
        deny_access(j, call->action, j->resource ? "nobody is authenticated" : NULL);
        return;
    }
    gv_facts_gather(&j->facts);
}

void gv_judge_refusal(struct gv_governance *governance, const struct gv_principal *principal,
                      const char *route, const char *reason, const char *message)
{
    gv_record_refusal(governance, &(struct gv_refusal){
                                      .principal = principal,
                                      .event_type = GV_EVENT_ACCESS_DENIED,
                                      .action = "none",
                                      .route = route,
                                      .reason = reason,
                                      .message = message,
                                  });
}
