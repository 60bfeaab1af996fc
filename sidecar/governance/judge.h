/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GOVERNANCE_JUDGE_H
#define GV_GOVERNANCE_JUDGE_H

#include "sidecar/governance/governance.h"

/*
 * The judgement of a call to MLflow, as the gateway enforces it. A call that touches no target is
 * judged by the access rules at once; one that could is judged by what MLflow says now, and an
 * audited one is allowed only after its intent is durable.
 */

enum gv_verdict_kind {
    GV_VERDICT_ALLOW,
    GV_VERDICT_DENY,        /* 403 */
    GV_VERDICT_INVALID,     /* 400 */
    GV_VERDICT_NOT_FOUND,   /* 404: what the call names does not exist */
    GV_VERDICT_UNAVAILABLE, /* 503 with Retry-After: facts or the audit trail cannot be had now */
};

struct gv_verdict {
    enum gv_verdict_kind kind;
    const char *message;     /* for a person; NULL when allowed */
    const char *decision_id; /* of the request that was opened or already waits; NULL */
    bool outcome_due;        /* allowed and audited: gv_judge_outcome must follow */
    const char *digest;      /* of the policy set that decided */
};

/*
 * Judges `call`. `done` runs exactly once, possibly before this returns. `call` and `caller` must
 * live until then. When the path says `directCall: request`, a refused promotion opens a request
 * for the caller, and the message says which.
 */
void gv_judge_call(struct gv_governance *governance, const struct gv_caller *caller,
                   const struct gv_mlflow_call *call,
                   void (*done)(void *ctx, const struct gv_verdict *verdict), void *ctx);

/*
 * A refusal before there is a call to judge (no identity, unknown route, malformed): counted,
 * logged, audited in aggregate. `principal` may be NULL.
 */
void gv_judge_refusal(struct gv_governance *governance, const struct gv_principal *principal,
                      const char *route, const char *reason, const char *message);

/*
 * Records how an allowed, audited call ended: MLflow's status, 0 when it never answered. Waits for
 * nothing.
 */
void gv_judge_outcome(struct gv_governance *governance, const struct gv_caller *caller,
                      const struct gv_mlflow_call *call, unsigned status);

#endif
