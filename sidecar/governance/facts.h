/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GOVERNANCE_FACTS_H
#define GV_GOVERNANCE_FACTS_H

#include "sidecar/governance/frame.h"

/*
 * Asks MLflow for exactly the facts that gv_assess_needs names, one question after the other, and
 * keeps the answers in the operation's arena. Lives inside its operation.
 */
struct gv_facts {
    struct gv_frame *frame;
    const struct gv_mlflow_call *call;
    /* `err` NULL: all is known. NOT_FOUND: what the call names does not exist. INVALID: MLflow
     * spells it another way. Otherwise MLflow could not be asked. Runs once, possibly at once. */
    void (*done)(void *ctx, const struct gv_error *err);
    void *ctx;

    const struct gv_mlflow_version *subject; /* NULL: there is none */
    const struct gv_mlflow_version *others;
    size_t other_count;

    /* private */
    struct gv_fact_needs needs;
    unsigned step;
    struct gv_mlflow_version *made; /* what a run became; refreshed one by one */
    size_t made_count;
    size_t at;
    struct gv_error error;
};

/* Gathers; operation, call, done and ctx are set by the caller. */
void gv_facts_gather(struct gv_facts *facts);

/* A copy of a version in the arena; false when out of memory. */
bool gv_facts_copy_version(struct gv_arena *arena, const struct gv_mlflow_version *version,
                           struct gv_mlflow_version *ret_copy);

#endif
