/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/access.h"
#include "sidecar/governance/facts.h"
#include "sidecar/governance/kinds.h"
#include "sidecar/governance/standing.h"

/*
 * May this stage change happen? The same facts and the same assessment as when MLflow's own call
 * comes through the gateway, and nothing is changed. A change that Gavel itself is carrying out is
 * approved, so the answer to it is yes.
 */
struct inquiry {
    struct gv_frame frame;
    struct gv_mlflow_call call;
    struct gv_facts facts;
    struct gv_move move;
    struct gv_standing standing;
    void (*done)(void *ctx, const struct gv_stage_answer *answer);
    void *ctx;
};

static void answer(struct inquiry *q, struct gv_stage_answer *said)
{
    bool short_of_memory = !said->message;
    if (short_of_memory)
        *said =
            (struct gv_stage_answer){.outcome = GV_OUTCOME_UNAVAILABLE, .message = GV_FRAME_BUSY};
    said->digest = gv_set_digest(q->frame.set);
    q->done(q->ctx, said);
    gv_frame_end(&q->frame);
}

static void fail(struct inquiry *q, enum gv_outcome outcome, const char *message)
{
    answer(q, &(struct gv_stage_answer){.outcome = outcome, .message = message});
}

static void say(struct inquiry *q, bool allowed, const char *message)
{
    answer(q, &(struct gv_stage_answer){.allowed = allowed, .message = message});
}

static const char *change(const struct inquiry *q)
{
    return gv_arena_format(q->frame.arena, "%s → %s",
                           gv_promotion_target_name(q->move.promotion, q->move.from),
                           gv_promotion_target_name(q->move.promotion, q->move.to));
}

/* --- what needs approval --- */

static void approval_known(void *ctx, const struct gv_error *err)
{
    struct inquiry *q = ctx;
    if (err) {
        fail(q, GV_OUTCOME_UNAVAILABLE, "the decisions cannot be read now; try again");
        return;
    }
    const struct gv_standing *standing = &q->standing;
    bool approved =
        standing->active && gv_state_phase(standing->decision.state) == GV_PHASE_DECIDED;
    bool known = standing->active || standing->executed;
    const char *sentence = known ? gv_standing_sentence(standing)
                                 : "Request it with POST /api/v1/mlops/model-promotion";
    struct gv_stage_answer said = {
        .allowed = approved,
        .approval_required = true,
        .approval_by = gv_set_role_names(q->frame.set, gv_approval_roles(&q->move.path->approval),
                                         q->frame.arena),
        .decision_id = known ? standing->decision.id : NULL,
        .message =
            sentence ? gv_arena_format(q->frame.arena, "%s. %s", q->move.message, sentence) : NULL,
    };
    answer(q, &said);
}

static bool read_standing(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct inquiry *q = ctx;
    return gv_standing_read(tx, &q->standing, err);
}

static void look_up(struct inquiry *q, gv_store_done known)
{
    const struct gv_governance_services *services = &q->frame.governance->services;
    struct gv_error err = GV_ERROR_INIT;
    q->standing = (struct gv_standing){
        .arena = q->frame.arena,
        .workspace = q->call.workspace,
        .model = q->call.model,
        .version = q->call.version,
        .target = gv_promotion_target_name(q->move.promotion, q->move.to),
    };
    if (!gv_store_read(services->store, read_standing, services->loop, known, q, &err))
        known(q, &err);
}

/* --- what needs none --- */

static void free_known(void *ctx, const struct gv_error *err)
{
    struct inquiry *q = ctx;
    const char *path = change(q);
    if (err)
        fail(q, GV_OUTCOME_UNAVAILABLE, "the decisions cannot be read now; try again");
    else if (q->move.path->rollback && !q->standing.held)
        say(q, false,
            path ? gv_arena_format(q->frame.arena,
                                   "%s is a rollback, and by Gavel's record this version was "
                                   "never there",
                                   path)
                 : NULL);
    else
        say(q, true, path ? gv_arena_format(q->frame.arena, "%s needs no approval", path) : NULL);
}

static void free_move(struct inquiry *q)
{
    if ((q->frame.roles & q->move.path->request) == 0)
        say(q, false,
            gv_access_lacks_role(q->frame.set, q->frame.roles, q->move.path, q->move.promotion,
                                 q->frame.arena));
    else if (q->move.path->rollback)
        look_up(q, free_known);
    else
        free_known(q, NULL);
}

/* --- the sequence --- */

static const char *resource_path(const struct inquiry *q)
{
    const char *path = gv_resource_append(q->frame.arena, "model", gv_slice_from(q->call.model));
    return path ? gv_arena_format(q->frame.arena, "%s/v%lld", path, (long long)q->call.version)
                : NULL;
}

/* Whether a rule denies promotions of it, or the caller may not even read it; answered if so. */
static bool is_denied(struct inquiry *q)
{
    const char *path = resource_path(q);
    const struct gv_resource resource = {gv_slice_from(q->call.workspace), gv_slice_from(path)};
    struct gv_access access = {q->frame.set, q->frame.roles, &resource, q->frame.arena};
    const char *why = NULL;
    if (!path || gv_access_ask(&access, GV_ACTION_READ, &why) != GV_ACCESS_ALLOWED) {
        fail(q, GV_OUTCOME_FORBIDDEN, why);
        return true;
    }
    if (gv_access_ask(&access, GV_ACTION_PROMOTE, &why) != GV_ACCESS_DENIED)
        return false;
    say(q, false, why);
    return true;
}

static void facts_gathered(void *ctx, const struct gv_error *err)
{
    struct inquiry *q = ctx;
    struct gv_error failure = GV_ERROR_INIT;
    if (err) {
        enum gv_outcome outcome = gv_outcome_of(err);
        fail(q, outcome == GV_OUTCOME_FORBIDDEN ? GV_OUTCOME_INVALID : outcome,
             gv_arena_string(q->frame.arena, err->message));
        return;
    }
    if (!gv_assess(q->frame.set, &q->call, q->facts.subject, q->facts.others, q->facts.other_count,
                   q->frame.arena, &q->move, &failure))
        fail(q, GV_OUTCOME_UNAVAILABLE, NULL);
    else if (q->move.result == GV_MOVE_NONE)
        say(q, true, "the change touches no target of the policies");
    else if (q->move.result == GV_MOVE_DEV)
        say(q, true, "profile dev lets every stage change pass");
    else if (q->move.result == GV_MOVE_FREE)
        free_move(q);
    else if (q->move.result == GV_MOVE_APPROVAL)
        look_up(q, approval_known);
    else
        say(q, false, q->move.message);
}

/* MLflow's spelling of a stage, of a stage's or of a target's name; NULL: it is neither. */
static const char *stage_of(const struct inquiry *q, const char *word)
{
    static const char *const STAGES[] = {"None", "Staging", "Production", "Archived"};
    for (size_t i = 0; i < sizeof(STAGES) / sizeof(STAGES[0]); i++) {
        if (gv_slice_equal_nocase(gv_slice_from(word), gv_slice_from(STAGES[i])))
            return STAGES[i];
    }
    const struct gv_promotion *promotion = gv_set_promotion(
        q->frame.set, gv_slice_from(q->call.workspace), gv_slice_from(q->call.model));
    int target;
    if (!promotion || !gv_promotion_target(promotion, gv_slice_from(word), &target) ||
        target == GV_TARGET_NONE || promotion->targets[target].stage_count == 0)
        return NULL;
    return promotion->targets[target].stages[0];
}

static bool keep_question(struct inquiry *q, const struct gv_stage_question *question)
{
    struct gv_arena *arena = q->frame.arena;
    q->call.operation = GV_OPERATION_TRANSITION;
    q->call.action = GV_ACTION_PROMOTE;
    q->call.workspace =
        gv_arena_string(arena, question->workspace ? question->workspace : GV_DEFAULT_WORKSPACE);
    q->call.model = gv_arena_string(arena, question->model);
    q->call.version = question->version;
    return q->call.workspace && q->call.model;
}

void gv_governance_ask_stage(struct gv_governance *governance, const struct gv_caller *caller,
                             const struct gv_stage_question *question,
                             void (*done)(void *ctx, const struct gv_stage_answer *answer),
                             void *ctx)
{
    struct inquiry *q = gv_frame_begin(governance, caller, sizeof(*q));
    if (!q) {
        done(ctx,
             &(struct gv_stage_answer){.outcome = GV_OUTCOME_UNAVAILABLE,
                                       .message = GV_FRAME_BUSY,
                                       .digest = gv_set_digest(gv_governance_set(governance))});
        return;
    }
    q->done = done;
    q->ctx = ctx;
    q->facts =
        (struct gv_facts){.frame = &q->frame, .call = &q->call, .done = facts_gathered, .ctx = q};
    if (!keep_question(q, question)) {
        fail(q, GV_OUTCOME_UNAVAILABLE, NULL);
        return;
    }
    q->call.stage = stage_of(q, question->target_stage);
    if (!q->call.stage)
        fail(q, GV_OUTCOME_INVALID,
             gv_arena_format(q->frame.arena,
                             "target_stage \"%.64s\" is no stage of MLflow and no target of the "
                             "model's policy",
                             question->target_stage));
    else if (!is_denied(q))
        gv_facts_gather(&q->facts);
}
