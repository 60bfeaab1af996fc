/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GOVERNANCE_ASSESS_H
#define GV_GOVERNANCE_ASSESS_H

#include "policies/engine/set.h"
#include "sidecar/mlflow/client.h"
#include "sidecar/mlflow/routes.h"

/*
 * What a change of MLflow's state means to the policies: which targets a version holds before and
 * after, and whether a path admits the move. Pure: facts come in as arguments. Gateway, webhook and
 * API ask the same function, so they cannot differ.
 */

enum gv_move_result {
    GV_MOVE_NONE,      /* touches no target: the access rules alone decide */
    GV_MOVE_FREE,      /* a path admits it without approval */
    GV_MOVE_APPROVAL,  /* a path admits it with approval */
    GV_MOVE_NO_PATH,   /* there is no such path */
    GV_MOVE_FORBIDDEN, /* refused whatever the paths: it would remove, rename or overwrite what a
                          target holds */
    GV_MOVE_DEV,       /* the dev profile lets it pass, recorded */
};

struct gv_move {
    enum gv_move_result result;
    const struct gv_promotion *promotion;
    const struct gv_path *path; /* of FREE and APPROVAL */
    int from;                   /* target index or GV_TARGET_NONE */
    int to;
    const char *message; /* for a person: what is refused and the way out; NULL when nothing is */
};

/*
 * Judges `call` by what MLflow says now. `subject` is the version that the call changes (for a
 * copy: its source; NULL when it creates one from elsewhere); `others` are all versions that the
 * call may displace, remove, rename or overwrite; the subject among them is not counted twice.
 *
 * Each target that the subject comes into needs a path from what it holds, and each that it leaves
 * must be what such a path leads from, or need a path to none of its own: so a free path from one
 * target never takes a version out of another. Versions that the move displaces from the targets
 * that it comes into are part of it; from others, they are not displaced at all. Messages live in
 * the arena. False only when out of memory.
 */
bool gv_assess(const struct gv_set *set, const struct gv_mlflow_call *call,
               const struct gv_mlflow_version *subject, const struct gv_mlflow_version *others,
               size_t other_count, struct gv_arena *arena, struct gv_move *ret_move,
               struct gv_error *err);

/* Which facts gv_assess needs for a call under this set. */
struct gv_fact_needs {
    bool version;        /* call->model, call->version */
    bool alias_holder;   /* the version that call->alias points to */
    bool source_version; /* call->source_model, call->source_version */
    bool all_versions;   /* of call->model */
    bool run_versions;   /* those made from call->run_id, or from the run or logged model that owns
                            call->artifact_path */
};

struct gv_fact_needs gv_assess_needs(const struct gv_set *set, const struct gv_mlflow_call *call);

/* Whether the call changes `other` besides its subject: an alias that moves on, a stage that is
 * cleared. Such a version is displaced. */
bool gv_assess_displaces(const struct gv_mlflow_call *call, const struct gv_mlflow_version *subject,
                         const struct gv_mlflow_version *other);

/* The targets that the version which the call creates is in from its first moment: by name and
 * tags. */
gv_target_set gv_assess_new_version(const struct gv_promotion *promotion,
                                    const struct gv_mlflow_call *call);

/* Whether the call names a target of the policy that governs its model: by stage, alias, tag or
 * name. */
bool gv_assess_names_target(const struct gv_set *set, const struct gv_mlflow_call *call);

/* The run ("0af3…") or logged model ("m-…") that a call deletes or writes into, by its parameters,
 * its artifact path or its resource. Both NULL: neither. False only when out of memory. */
bool gv_assess_origin(const struct gv_mlflow_call *call, struct gv_arena *arena,
                      const char **ret_run_id, const char **ret_model_id, struct gv_error *err);

/* The facts of a version as the engine wants them; borrowed from `version`. */
struct gv_version_facts gv_version_facts_of(const struct gv_mlflow_version *version);

/* The roles that fill the seats of an approval. */
gv_role_set gv_approval_roles(const struct gv_approval *approval);

/* "staging and production"; "none" for the empty set. In the arena; NULL when out of memory. */
const char *gv_move_targets(const struct gv_promotion *promotion, gv_target_set targets,
                            struct gv_arena *arena);

/* "Invalid promotion path: none → production; promote to staging first". In the arena; NULL when
 * out of memory. */
const char *gv_move_no_path_message(const struct gv_promotion *promotion, gv_target_set held,
                                    int to, struct gv_arena *arena);

#endif
