/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/access.h"
#include "sidecar/governance/events.h"
#include "sidecar/governance/kinds.h"
#include "sidecar/governance/poll.h"
#include "sidecar/telemetry/metrics.h"

/* Reading decisions: whoever may read `decision/ID`. */

static bool may_read(const struct gv_frame *frame, gv_role_set roles, const char *workspace,
                     const char *path, const char **ret_why)
{
    const struct gv_resource resource = {gv_slice_from(workspace), gv_slice_from(path)};
    struct gv_access access = {frame->set, roles, &resource, frame->arena};
    *ret_why = NULL;
    return gv_access_ask(&access, GV_ACTION_READ, ret_why) == GV_ACCESS_ALLOWED;
}

static const char *refused(const struct gv_frame *frame, const char *workspace, const char *path,
                           const char *why)
{
    const char *message =
        gv_arena_format(frame->arena, "%s on %s denied: %s", GV_ACTION_READ, path, why ? why : "");
    gv_record_refusal(frame->governance, &(struct gv_refusal){
                                             .principal = frame->caller.principal,
                                             .event_type = GV_EVENT_ACCESS_DENIED,
                                             .workspace = workspace,
                                             .action = GV_ACTION_READ,
                                             .resource = path,
                                             .route = "decisions",
                                             .reason = "access",
                                             .message = message,
                                             .request_id = frame->caller.request_id,
                                         });
    return message ? message : "denied";
}

/* --- one decision --- */

struct reading {
    struct gv_frame frame;
    const char *decision_id;
    const char *path;
    struct gv_poll poll;
    gv_governance_done done;
    void *ctx;
};

static void answer(struct reading *r, enum gv_outcome outcome, const char *message,
                   const struct gv_decision_view *view)
{
    const struct gv_result result = {
        .outcome = outcome, .message = message ? message : GV_FRAME_BUSY, .view = view};
    const struct gv_result good = {.outcome = GV_OUTCOME_OK, .view = view};
    r->done(r->ctx, outcome == GV_OUTCOME_OK ? &good : &result);
    gv_frame_end(&r->frame);
}

static bool read_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct reading *r = ctx;
    return gv_poll_read(&r->poll, tx, r->frame.set, r->decision_id, r->frame.arena, err);
}

static void show(struct reading *r)
{
    struct gv_decision_view view;
    gv_metric_add(GV_METRIC_DECISIONS, 1, GV_ACTION_READ, "allow");
    if (gv_poll_view(&r->poll, gv_clock_wall(), &view, NULL))
        answer(r, GV_OUTCOME_OK, NULL, &view);
    else
        answer(r, GV_OUTCOME_UNAVAILABLE, NULL, NULL);
}

/* Whoever may read nothing does not learn which ids exist either. */
static void was_read(void *ctx, const struct gv_error *err)
{
    struct reading *r = ctx;
    const char *why;
    bool found = !err;
    const char *workspace = found ? r->poll.decision.workspace : GV_DEFAULT_WORKSPACE;
    gv_role_set roles =
        found ? gv_people_roles(&r->poll.people, r->frame.set, r->frame.caller.principal)
              : r->frame.roles;
    if (err && err->code != GV_ERROR_NOT_FOUND)
        answer(r, GV_OUTCOME_UNAVAILABLE,
               gv_arena_format(r->frame.arena, "the decision cannot be read now: %s", err->message),
               NULL);
    else if (!may_read(&r->frame, roles, workspace, r->path, &why))
        answer(r, GV_OUTCOME_FORBIDDEN, refused(&r->frame, workspace, r->path, why), NULL);
    else if (!found)
        answer(r, GV_OUTCOME_NOT_FOUND,
               gv_arena_format(r->frame.arena, "there is no decision %.64s", r->decision_id), NULL);
    else
        show(r);
}

void gv_governance_get(struct gv_governance *governance, const struct gv_caller *caller,
                       const char *decision_id, gv_governance_done done, void *ctx)
{
    struct reading *r = gv_frame_begin(governance, caller, sizeof(*r));
    struct gv_error err = GV_ERROR_INIT;
    if (!r) {
        done(ctx, &(struct gv_result){.outcome = GV_OUTCOME_UNAVAILABLE, .message = GV_FRAME_BUSY});
        return;
    }
    r->done = done;
    r->ctx = ctx;
    r->decision_id = gv_arena_string(r->frame.arena, decision_id);
    r->path = gv_resource_append(r->frame.arena, "decision", gv_slice_from(decision_id));
    if (!r->decision_id || !r->path)
        answer(r, GV_OUTCOME_UNAVAILABLE, NULL, NULL);
    else if (!gv_store_read(governance->services.store, read_work, governance->services.loop,
                            was_read, r, &err))
        was_read(r, &err);
}

/* --- many --- */

struct listing {
    struct gv_frame frame;
    struct gv_decision_filter filter; /* copied */
    struct gv_decision *rows;
    size_t count;
    gv_governance_list_done done;
    void *ctx;
};

static void end_list(struct listing *l, enum gv_outcome outcome, const char *message)
{
    bool ok = outcome == GV_OUTCOME_OK;
    l->done(l->ctx, outcome,
            ok        ? NULL
            : message ? message
                      : GV_FRAME_BUSY,
            ok ? l->rows : NULL, ok ? l->count : 0);
    gv_frame_end(&l->frame);
}

static bool list_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct listing *l = ctx;
    return gv_store_decision_list(tx, &l->filter, l->frame.arena, &l->rows, &l->count, err);
}

/* Leaves out what the caller may not read: rules may differ by workspace. */
static bool keep_readable(struct listing *l)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->count; i++) {
        const char *why;
        const char *path =
            gv_resource_append(l->frame.arena, "decision", gv_slice_from(l->rows[i].id));
        if (!path)
            return false;
        if (may_read(&l->frame, l->frame.roles, l->rows[i].workspace, path, &why))
            l->rows[kept++] = l->rows[i];
    }
    l->count = kept;
    return true;
}

static void was_listed(void *ctx, const struct gv_error *err)
{
    struct listing *l = ctx;
    if (err)
        end_list(
            l, GV_OUTCOME_UNAVAILABLE,
            gv_arena_format(l->frame.arena, "the decisions cannot be read now: %s", err->message));
    else
        end_list(l, keep_readable(l) ? GV_OUTCOME_OK : GV_OUTCOME_UNAVAILABLE, NULL);
}

static bool copy_text(struct gv_arena *arena, const char **text)
{
    const char *original = *text;
    *text = gv_arena_string(arena, original);
    return *text || !original;
}

static bool copy_filter(struct listing *l, const struct gv_decision_filter *filter)
{
    struct gv_arena *arena = l->frame.arena;
    enum gv_state *states = gv_arena_array(arena, filter->state_count, sizeof(*states));
    if (!states && filter->state_count > 0)
        return false;
    l->filter = *filter;
    for (size_t i = 0; i < filter->state_count; i++)
        states[i] = filter->states[i];
    l->filter.states = filter->states ? states : NULL;
    return copy_text(arena, &l->filter.workspace) && copy_text(arena, &l->filter.domain) &&
           copy_text(arena, &l->filter.type) && copy_text(arena, &l->filter.model);
}

void gv_governance_list(struct gv_governance *governance, const struct gv_caller *caller,
                        const struct gv_decision_filter *filter, gv_governance_list_done done,
                        void *ctx)
{
    struct listing *l = gv_frame_begin(governance, caller, sizeof(*l));
    struct gv_error err = GV_ERROR_INIT;
    const char *why;
    if (!l) {
        done(ctx, GV_OUTCOME_UNAVAILABLE, GV_FRAME_BUSY, NULL, 0);
        return;
    }
    l->done = done;
    l->ctx = ctx;
    const char *workspace = filter->workspace ? filter->workspace : GV_DEFAULT_WORKSPACE;
    if (!copy_filter(l, filter)) {
        end_list(l, GV_OUTCOME_UNAVAILABLE, NULL);
        return;
    }
    if (!may_read(&l->frame, l->frame.roles, workspace, "decision", &why)) {
        end_list(l, GV_OUTCOME_FORBIDDEN, refused(&l->frame, workspace, "decision", why));
        return;
    }
    gv_metric_add(GV_METRIC_DECISIONS, 1, GV_ACTION_READ, "allow");
    if (!gv_store_read(governance->services.store, list_work, governance->services.loop, was_listed,
                       l, &err))
        was_listed(l, &err);
}
