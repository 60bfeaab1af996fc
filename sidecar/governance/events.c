/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/events.h"

#include "sidecar/telemetry/log.h"
#include "sidecar/telemetry/metrics.h"

#include <inttypes.h>

static const char *const CALL_EVENTS[] = {
#define GV_CALL_EVENT(operation, type) [GV_OPERATION_##operation] = type,
#include "sidecar/governance/events.def"
#undef GV_CALL_EVENT
};

const char *gv_call_event(enum gv_operation operation)
{
    size_t count = sizeof(CALL_EVENTS) / sizeof(CALL_EVENTS[0]);
    const char *type = (size_t)operation < count ? CALL_EVENTS[operation] : NULL;
    return type ? type : "MLFLOW_CALL";
}

const char *gv_promote_action(const char *from, const char *to, struct gv_arena *arena)
{
    return gv_arena_format(arena, "promote:%s->%s", from, to);
}

const char *gv_version_resource(const char *model, int64_t version, struct gv_arena *arena)
{
    const char *path = gv_resource_append(arena, "model", gv_slice_from(model));
    return path ? gv_arena_format(arena, "%s/v%" PRId64, path, version) : NULL;
}

static void audit_refusal(struct gv_governance *governance, const struct gv_refusal *refusal)
{
    const struct gv_audit_field fields[] = {{.key = "route", .string = refusal->route},
                                            {.key = "reason", .string = refusal->reason},
                                            {.key = "message", .string = refusal->message}};
    const struct gv_audit_event event = {
        .event_type = refusal->event_type,
        .actor = refusal->principal ? refusal->principal->person : NULL,
        .workspace = refusal->workspace,
        .resource = refusal->resource,
        .action = refusal->detail ? refusal->detail : refusal->action,
        .decision_id = refusal->decision_id,
        .outcome = "DENIED",
        .fields = fields,
        .field_count = sizeof(fields) / sizeof(fields[0]),
    };
    gv_audit_refusal(governance->services.audit, &event, refusal->route);
}

void gv_record_refusal(struct gv_governance *governance, const struct gv_refusal *refusal)
{
    gv_metric_add(GV_METRIC_DECISIONS, 1, refusal->action, "deny");
    if (strcmp(refusal->event_type, GV_EVENT_PROMOTION_DENIED) == 0)
        gv_metric_add(GV_METRIC_PROMOTIONS, 1, "denied");
    gv_log(GV_LOG_INFO, "governance", "Refused", GV_LOG_S("reason", refusal->reason),
           GV_LOG_S("action", refusal->action), GV_LOG_S("resource", refusal->resource),
           GV_LOG_S("user", refusal->principal ? refusal->principal->subject : NULL),
           GV_LOG_S("decision_id", refusal->decision_id), GV_LOG_S("route", refusal->route),
           GV_LOG_S("request_id", refusal->request_id), GV_LOG_S("detail", refusal->message));
    audit_refusal(governance, refusal);
}
