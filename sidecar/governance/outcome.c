/* SPDX-License-Identifier: Apache-2.0 */
/* How an allowed call ended. */
#include "sidecar/governance/events.h"
#include "sidecar/governance/judge.h"
#include "sidecar/telemetry/log.h"
#include "sidecar/telemetry/metrics.h"

static void count(struct gv_governance *governance, const struct gv_mlflow_call *call)
{
    if (call->operation == GV_OPERATION_EXPERIMENT_CREATE)
        gv_metric_add(GV_METRIC_EXPERIMENTS, 1);
    else if (call->operation == GV_OPERATION_RUN_CREATE)
        gv_metric_add(GV_METRIC_RUNS, 1);
    else if (call->operation == GV_OPERATION_MODEL_CREATE)
        gv_metric_add(GV_METRIC_MODELS_REGISTERED, 1);
    else if (gv_assess_names_target(gv_governance_set(governance), call))
        gv_metric_add(GV_METRIC_PROMOTIONS, 1, "approved");
}

/* An answer that never came may be an act that was done: that is said, not guessed. */
static const char *outcome_word(unsigned status)
{
    if (status == 0)
        return "UNKNOWN";
    return status >= 200 && status < 300 ? "DONE" : "FAILED";
}

/* On the store's thread: whoever waited for the call has long been answered. */
static void recorded(void *ctx, const struct gv_error *err)
{
    (void)ctx;
    if (err)
        gv_log(GV_LOG_ERROR, "governance", "A call's outcome could not be recorded",
               GV_LOG_S("error", err->message));
}

static void record(struct gv_governance *governance, const struct gv_caller *caller,
                   const struct gv_mlflow_call *call, unsigned status, struct gv_arena *arena)
{
    const struct gv_audit_field fields[] = {
        {.key = "route", .string = call->key},
        {.key = "request_id", .string = caller->request_id ? caller->request_id : ""},
        {.key = "status", .integer = (int64_t)status}};
    const struct gv_audit_event event = {
        .event_type = gv_call_event(call->operation),
        .actor = caller->principal ? caller->principal->person : NULL,
        .workspace = call->workspace,
        .resource = gv_arena_copy(arena, call->resource.path),
        .action = call->action,
        .outcome = outcome_word(status),
        .fields = fields,
        .field_count = sizeof(fields) / sizeof(fields[0]),
    };
    struct gv_error err = GV_ERROR_INIT;
    if (!gv_audit_submit(governance->services.audit, &event, NULL, recorded, NULL, &err))
        recorded(NULL, &err);
}

void gv_judge_outcome(struct gv_governance *governance, const struct gv_caller *caller,
                      const struct gv_mlflow_call *call, unsigned status)
{
    if (status == 200)
        count(governance, call);
    if (!call->route->audited)
        return;
    struct gv_arena *arena = gv_arena_new(0);
    if (arena)
        record(governance, caller, call, status, arena);
    else
        recorded(NULL, &(struct gv_error){.message = "out of memory"});
    gv_arena_free(arena);
}
