/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GOVERNANCE_EVENTS_H
#define GV_GOVERNANCE_EVENTS_H

#include "sidecar/governance/frame.h"

/* What governance puts on record about calls: event types, refusals, outcomes. */

/* Event types that belong to no operation of MLflow. */
#define GV_EVENT_ACCESS_DENIED "ACCESS_DENIED"
#define GV_EVENT_PROMOTION_DENIED "MODEL_PROMOTION_DENIED"

/* "MODEL_STAGE_CHANGE", …; static. */
const char *gv_call_event(enum gv_operation operation);

/* "promote:staging->production". In the arena; NULL when out of memory. */
const char *gv_promote_action(const char *from, const char *to, struct gv_arena *arena);

/* "model/customer-churn/v1", segments encoded as resources are. In the arena; NULL when out of
 * memory. */
const char *gv_version_resource(const char *model, int64_t version, struct gv_arena *arena);

/* A refusal, as it is counted, logged and audited in aggregate. */
struct gv_refusal {
    const struct gv_principal *principal; /* NULL: nobody was recognised */
    const char *event_type;
    const char *workspace; /* NULL: default */
    const char *action;    /* as asked: "mlops:read" */
    const char *detail;    /* as audited, when it says more: "promote:…"; NULL: the action */
    const char *resource;
    const char *decision_id; /* NULL: none */
    const char *route;
    const char *reason;  /* a short stable word */
    const char *message; /* for a person */
    const char *request_id;
};

void gv_record_refusal(struct gv_governance *governance, const struct gv_refusal *refusal);

#endif
