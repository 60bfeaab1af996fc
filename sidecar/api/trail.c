/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/api/call.h"
#include "sidecar/api/render.h"
#include "sidecar/telemetry/log.h"

#include <stdatomic.h>

/* The doors under /api/v1/audit: reading the trail, and verifying it. */

struct trail {
    struct gv_api_call *call;
    struct gv_audit_filter filter;
    struct gv_audit_row *rows;
    size_t count;
    struct gv_audit_verdict verdict;
};

/* One verification at a time in this process: it reads the whole trail, and the store has few
 * readers, whom the calls to MLflow wait for. */
static atomic_bool verifying;

/* Whether the caller may read the trail of its workspace; a refusal is answered. */
static bool may_read(struct gv_api_call *call)
{
    const char *message = NULL;
    struct gv_resource resource = {gv_slice_from(call->workspace), GV_SLICE("audit")};
    if (gv_governance_allows(call->api->services.governance, &call->caller, "mlops:read", &resource,
                             call->arena, &message))
        return true;
    gv_api_call_fail(call, 403,
                     message ? message : "Your roles do not allow to read the audit log.");
    return false;
}

static struct trail *make(struct gv_api_call *call)
{
    struct trail *trail = gv_arena_alloc(call->arena, sizeof(*trail));
    if (trail)
        trail->call = call;
    else
        gv_api_call_fail(call, 503, "out of memory; try again");
    return trail;
}

/* An error of the store is not the caller's to read in full. */
static void answer_trouble(struct gv_api_call *call, const struct gv_error *err)
{
    if (err->code == GV_ERROR_MEMORY) {
        gv_api_call_fail(call, 503, "The page is too large; ask for fewer events with limit.");
        return;
    }
    gv_log(GV_LOG_WARN, "api", "The audit trail cannot be read", GV_LOG_S("error", err->message),
           GV_LOG_S("request_id", call->caller.request_id));
    gv_api_call_fail(call, 503, "The audit trail cannot be read now; try again.");
}

static void queue(struct trail *trail, gv_store_work work, gv_store_done done)
{
    struct gv_error err = GV_ERROR_INIT;
    struct gv_api_call *call = trail->call;
    gv_api_call_wait(call);
    if (!gv_store_read(call->api->services.store, work, call->api->services.loop, done, trail,
                       &err))
        done(trail, &err);
}

/* --- lists --- */

static bool read_list(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct trail *trail = ctx;
    return gv_store_audit_list(tx, &trail->filter, trail->call->arena, &trail->rows, &trail->count,
                               err);
}

static json_t *render_rows(const struct trail *trail)
{
    json_t *list = json_array();
    int failed = list == NULL;
    for (size_t i = 0; i < trail->count && !failed; i++)
        failed = json_array_append_new(list, gv_api_render_event(&trail->rows[i]));
    if (!failed)
        return list;
    json_decref(list);
    return NULL;
}

static void list_read(void *ctx, const struct gv_error *err)
{
    struct trail *trail = ctx;
    if (!gv_api_call_resume(trail->call))
        return;
    if (err)
        answer_trouble(trail->call, err);
    else
        gv_api_call_answer(trail->call, 200, render_rows(trail));
}

static void list(struct gv_api_call *call, const char *event_type, const char *entity_id)
{
    struct gv_audit_filter filter = {.event_type = event_type, .entity_id = entity_id};
    if (!gv_api_call_workspace(call) || !gv_api_call_page(call, &filter.limit, &filter.offset) ||
        !may_read(call))
        return;
    struct trail *trail = make(call);
    if (!trail)
        return;
    filter.workspace = call->workspace;
    trail->filter = filter;
    queue(trail, read_list, list_read);
}

void gv_api_list_audit(struct gv_api_call *call)
{
    const char *event_type;
    if (gv_api_call_query(call, "event_type", &event_type))
        list(call, event_type, NULL);
}

void gv_api_list_entity(struct gv_api_call *call)
{
    list(call, NULL, call->parameter);
}

/* --- verifying --- */

static bool verify(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct trail *trail = ctx;
    return gv_audit_verify(tx, trail->call->arena, &trail->verdict, err);
}

static void verified(void *ctx, const struct gv_error *err)
{
    struct trail *trail = ctx;
    atomic_store(&verifying, false);
    if (!gv_api_call_resume(trail->call))
        return;
    if (err)
        answer_trouble(trail->call, err);
    else
        gv_api_call_answer(trail->call, 200, gv_api_render_verdict(&trail->verdict));
}

void gv_api_verify_audit(struct gv_api_call *call)
{
    if (!gv_api_call_workspace(call) || !may_read(call))
        return;
    struct trail *trail = make(call);
    if (!trail)
        return;
    if (atomic_exchange(&verifying, true)) {
        gv_api_call_fail(call, 503, "The audit trail is being verified already; try again.");
        return;
    }
    queue(trail, verify, verified);
}
