/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_PROMOTION_MODEL_H
#define GV_PROMOTION_MODEL_H

#include "policies/engine/base/slice.h"
#include "policies/engine/base/time.h"
#include "policies/engine/promotion/limits.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * What a PromotionPolicy says, as plain data that lives as long as its policy set. Roles and
 * targets are numbers: a role is a bit of gv_role_set, a target a bit of gv_target_set; their names
 * are in the set and in the policy.
 */

/* One bit for each role of the RaciMatrix. */
typedef uint64_t gv_role_set;
#define GV_ROLE(index) ((gv_role_set)1 << (index))

/* One bit for each target of one PromotionPolicy. The empty set is what policies call `none`. */
typedef uint32_t gv_target_set;
#define GV_TARGET(index) ((gv_target_set)1 << (index))

/* Where a rule stands in the policies; `file` lives as long as the set. */
struct gv_place {
    const char *file;
    unsigned line;
    unsigned column;
};

struct gv_tag {
    const char *key;
    const char *value;
};

/* One thing that the executor does to MLflow to put a version into a target. */
struct gv_effect {
    enum gv_effect_kind { GV_EFFECT_STAGE, GV_EFFECT_ALIAS, GV_EFFECT_TAG } kind;
    const char *name;      /* stage ("Production"), alias ("champion") or tag key */
    const char *value;     /* of a tag; NULL otherwise */
    bool archive_existing; /* of a stage: others in it go to Archived */
};

/* A target: what counts as being in it, and what Gavel does to put a version there. */
struct gv_target {
    const char *name;
    const char *const *stages; /* MLflow's spelling: None, Staging, Production, Archived */
    size_t stage_count;
    const char *const *aliases;
    size_t alias_count;
    const char *const *names; /* globs over registered model names */
    size_t name_count;
    const struct gv_tag *tags;
    size_t tag_count;
    const struct gv_effect *effects;
    size_t effect_count;
    struct gv_place place;
};

/* A seat group of a quorum: `count` distinct people who hold `role`, or everyone assigned to it in
 * the domain. */
struct gv_seat {
    unsigned role;
    unsigned count; /* 0 when `all` */
    bool all;
};

struct gv_approval {
    bool required;
    const struct gv_seat *seats;
    size_t seat_count;
    bool separation_of_duties; /* neither requester nor author may fill a seat */
    bool unknown_author_denied;
    gv_role_set consulted;
    gv_duration consult_window;
    bool consult_blocking;
    gv_duration expires_after;
    gv_role_set veto_roles;
    gv_duration veto_lasts;
    gv_role_set break_glass_roles;
    gv_duration break_glass_review;
};

#define GV_TARGET_NONE (-1)

struct gv_path {
    int from;             /* index of a target, or GV_TARGET_NONE */
    int to;               /* likewise */
    gv_role_set request;  /* who may ask */
    const char *activity; /* NULL: none named */
    gv_role_set informed;
    bool rollback;             /* only to a version that held `to` before, by Gavel's record */
    bool direct_call_requests; /* mlflow's own call opens a request for its caller */
    struct gv_approval approval;
    struct gv_place place;
};

struct gv_promotion {
    const char *name;
    const char *domain;
    const char *const *models; /* globs: workspace/NAME or NAME */
    size_t model_count;
    const struct gv_target *targets;
    size_t target_count;
    const struct gv_path *paths;
    size_t path_count;
    struct gv_place place;
};

/* What MLflow says of a version: all that decides which targets it is in. */
struct gv_version_facts {
    const char *model;
    const char *stage; /* "None" when it has none */
    const char *const *aliases;
    size_t alias_count;
    const struct gv_tag *tags;
    size_t tag_count;
};

/*
 * The targets that a version with these facts is in. Stages and aliases compare without ASCII case,
 * as MLflow and its databases do; model names and tags compare exactly. No stage at all (NULL or
 * "") is the stage None.
 */
gv_target_set gv_promotion_targets(const struct gv_promotion *promotion,
                                   const struct gv_version_facts *facts);

/* Whether some target is held through this alias, tag (value NULL: any value of the key), stage or
 * model name. */
gv_target_set gv_promotion_by_alias(const struct gv_promotion *promotion, struct gv_slice alias);
gv_target_set gv_promotion_by_tag(const struct gv_promotion *promotion, struct gv_slice key,
                                  const struct gv_slice *value);
gv_target_set gv_promotion_by_stage(const struct gv_promotion *promotion, struct gv_slice stage);
gv_target_set gv_promotion_by_name(const struct gv_promotion *promotion, struct gv_slice model);

/*
 * The target that a person's word names: a target's own name or one of its stages, without ASCII
 * case; a name goes before a stage. "none" gives GV_TARGET_NONE. False when it names nothing.
 */
bool gv_promotion_target(const struct gv_promotion *promotion, struct gv_slice word,
                         int *ret_target);

/* The name of a target index, "none" for GV_TARGET_NONE. */
const char *gv_promotion_target_name(const struct gv_promotion *promotion, int target);

/*
 * The path that leads from what a version holds to `to`: one whose `from` is held, or from none
 * when nothing is held; removing from every target is a path to none. NULL: there is none, so the
 * move is refused. When several admit, one that needs approval goes before one that does not, so
 * that holding a second target never makes a move easier; then one that is no rollback; then the
 * first declared. `held` may contain `to`: what is no move is the caller's to notice.
 *
 * When `hint` is not NULL and no path exists, *hint gets a target to which a path leads now and
 * from which `to` can be reached by the fewest moves ("promote to staging first"), or
 * GV_TARGET_NONE. Rollbacks are never hinted at: they are open only to versions that were in the
 * target before.
 */
const struct gv_path *gv_promotion_path(const struct gv_promotion *promotion, gv_target_set held,
                                        int to, int *hint);

/*
 * Whether the whole of `text` matches a glob, byte by byte. Segments are separated by '/'. `*`
 * stands for any run of bytes within a segment, `**` for any run at all; both may be empty. A `**`
 * that fills a segment between slashes may also stand for no segment. Nothing can be escaped: what
 * may hold a '*' is percent-encoded before it is matched. Takes at most pattern times text steps.
 */
bool gv_glob_match(struct gv_slice pattern, struct gv_slice text);

#endif
