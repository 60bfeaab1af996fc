/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GOVERNANCE_EVIDENCE_H
#define GV_GOVERNANCE_EVIDENCE_H

#include "sidecar/governance/governance.h"

/* What MLflow says of a version when its promotion is requested: compared with what the request
 * claims, and frozen, so that execution can see whether it still is the same version. */
struct gv_evidence {
    const struct gv_mlflow_version *version;
    const struct gv_mlflow_run *run; /* NULL: it has none, or it is gone */
    const char *author;              /* NULL: unknown */
    const char *held;                /* "staging and production"; "none" */
};

/*
 * Who made the version, as MLflow records it: its run's user, else its own. Through the gateway
 * both are the subject of a token; of what was logged around it they are a claim. NULL: unknown.
 */
const char *gv_evidence_author(const struct gv_mlflow_version *version,
                               const struct gv_mlflow_run *run);

/* Compares claims with MLflow's own; INVALID names the claim, what was claimed and what is. */
bool gv_evidence_check(const struct gv_evidence *evidence,
                       const struct gv_promotion_request *request, struct gv_error *err);

/*
 * {"creation_timestamp": 1739000000000, "run_id": "…", "source": "…", "model_id": "…", "stage":
 * "Staging", "aliases": [], "metrics": {"accuracy": 0.95}, "author": "ds-001", "held": "staging"}.
 * Metrics that are no JSON numbers (NaN, infinities) are left out. In the arena; NULL when out of
 * memory.
 */
const char *gv_evidence_json(const struct gv_evidence *evidence, struct gv_arena *arena);

#endif
