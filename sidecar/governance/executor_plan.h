/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GOVERNANCE_EXECUTOR_PLAN_H
#define GV_GOVERNANCE_EXECUTOR_PLAN_H

#include "policies/engine/base/json.h"
#include "policies/engine/set.h"
#include "sidecar/mlflow/client.h"
#include "sidecar/store/rows.h"

/*
 * What remains to be done to carry a decision out, worked out from what MLflow shows now. Pure, so
 * that a second look after a crash gives the same answer as the first would have given.
 */

enum gv_act_kind {
    GV_ACT_NOTHING, /* all of it is true already */
    GV_ACT_STAGE,
    GV_ACT_ALIAS_SET,
    GV_ACT_ALIAS_DELETE, /* of the target that is left */
    GV_ACT_TAG,
};

struct gv_act {
    enum gv_act_kind kind;
    const char *name; /* stage, alias or tag key */
    const char *value;
    bool archive_existing;
};

/* A decision's path as the policies in force have it. */
struct gv_plan {
    const struct gv_promotion *promotion;
    int from; /* target index or GV_TARGET_NONE */
    int to;
};

/* Finds the targets that the decision names. False (REFUSED) when the policies no longer have them,
 * or no longer a path between them (profile dev asks for none). */
bool gv_plan_find(const struct gv_set *set, const struct gv_decision *decision,
                  struct gv_plan *ret_plan, struct gv_error *err);

/* The next thing to do for this version: effects of the target in their order, then aliases of the
 * target that is left. */
struct gv_act gv_plan_next(const struct gv_plan *plan, const struct gv_mlflow_version *version);

/* Whether the version is where the decision may start or go on from: it still holds `from`, or is
 * in `to` already. */
bool gv_plan_may_go_on(const struct gv_plan *plan, const struct gv_mlflow_version *version);

/*
 * The evidence of a decision, in the arena; NULL with *err when it cannot be read: MEMORY, else
 * what is wrong with it.
 */
const struct gv_json *gv_plan_evidence(const char *text, struct gv_arena *arena,
                                       struct gv_error *err);

/*
 * Whether the version is still what was approved: creation time, run and source as the evidence has
 * them. Else false, and *ret_what names in one sentence what changed.
 */
bool gv_plan_same_version(const struct gv_json *evidence, const struct gv_mlflow_version *version,
                          const char **ret_what);

/* Likewise for the metrics of its run; `run` NULL: the run is gone. The sentence is in the arena,
 * NULL when that is full. */
bool gv_plan_same_metrics(const struct gv_json *evidence, const struct gv_mlflow_run *run,
                          struct gv_arena *arena, const char **ret_what);

/* The run that the evidence names, or NULL; lives as long as the evidence. */
const char *gv_plan_run(const struct gv_json *evidence);

#endif
