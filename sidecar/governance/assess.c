/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/assess.h"

/* What one assessment works on. */
struct assessment {
    const struct gv_set *set;
    const struct gv_mlflow_call *call;
    const struct gv_promotion *promotion;
    struct gv_arena *arena;
    struct gv_move *move;
};

struct gv_version_facts gv_version_facts_of(const struct gv_mlflow_version *version)
{
    return (struct gv_version_facts){
        .model = version->model,
        .stage = version->stage,
        .aliases = version->aliases,
        .alias_count = version->alias_count,
        .tags = version->tags,
        .tag_count = version->tag_count,
    };
}

gv_role_set gv_approval_roles(const struct gv_approval *approval)
{
    gv_role_set roles = 0;
    for (size_t i = 0; i < approval->seat_count; i++)
        roles |= GV_ROLE(approval->seats[i].role);
    return roles;
}

static const struct gv_promotion *governing(const struct gv_set *set,
                                            const struct gv_mlflow_call *call, const char *model)
{
    return model ? gv_set_promotion(set, gv_slice_from(call->workspace), gv_slice_from(model))
                 : NULL;
}

static bool same_version(const struct gv_mlflow_version *a, const struct gv_mlflow_version *b)
{
    return a && b && a->version == b->version && strcmp(a->model, b->model) == 0;
}

static bool equal_nocase(const char *a, const char *b)
{
    return gv_slice_equal_nocase(gv_slice_from(a), gv_slice_from(b));
}

/* --- what is held, before and after --- */

/* The targets of a version if it had not this alias or not this tag (NULL: it keeps all). */
static gv_target_set targets_without(const struct gv_promotion *promotion,
                                     const struct gv_mlflow_version *version, const char *alias,
                                     const char *key)
{
    gv_target_set held = gv_promotion_by_stage(promotion, gv_slice_from(version->stage)) |
                         gv_promotion_by_name(promotion, gv_slice_from(version->model));
    for (size_t i = 0; i < version->alias_count; i++) {
        if (!alias || !equal_nocase(version->aliases[i], alias))
            held |= gv_promotion_by_alias(promotion, gv_slice_from(version->aliases[i]));
    }
    for (size_t i = 0; i < version->tag_count; i++) {
        struct gv_slice value = gv_slice_from(version->tags[i].value);
        if (!key || strcmp(version->tags[i].key, key) != 0)
            held |= gv_promotion_by_tag(promotion, gv_slice_from(version->tags[i].key), &value);
    }
    return held;
}

static gv_target_set targets_of(const struct gv_promotion *promotion,
                                const struct gv_mlflow_version *version)
{
    return version ? targets_without(promotion, version, NULL, NULL) : 0;
}

static gv_target_set targets_in_stage(const struct gv_promotion *promotion,
                                      const struct gv_mlflow_version *version, const char *stage)
{
    struct gv_mlflow_version moved = *version;
    moved.stage = stage;
    return targets_of(promotion, &moved);
}

static gv_target_set targets_of_tags(const struct gv_promotion *promotion,
                                     const struct gv_mlflow_call *call)
{
    gv_target_set held = 0;
    for (size_t i = 0; i < call->tag_count; i++) {
        struct gv_slice value = gv_slice_from(call->tags[i].value);
        if (call->tags[i].value)
            held |= gv_promotion_by_tag(promotion, gv_slice_from(call->tags[i].key), &value);
    }
    return held;
}

gv_target_set gv_assess_new_version(const struct gv_promotion *promotion,
                                    const struct gv_mlflow_call *call)
{
    return gv_promotion_by_stage(promotion, GV_SLICE("None")) |
           gv_promotion_by_name(promotion, gv_slice_from(call->model)) |
           targets_of_tags(promotion, call);
}

static gv_target_set tagged(const struct gv_promotion *promotion, const struct gv_mlflow_call *call,
                            const struct gv_mlflow_version *subject)
{
    const char *key = call->tag_count > 0 ? call->tags[0].key : NULL;
    return targets_without(promotion, subject, NULL, key) | targets_of_tags(promotion, call);
}

/* What the subject holds once the call is done. */
static gv_target_set targets_after(const struct gv_promotion *promotion,
                                   const struct gv_mlflow_call *call,
                                   const struct gv_mlflow_version *subject)
{
    if (call->operation == GV_OPERATION_TRANSITION)
        return targets_in_stage(promotion, subject, call->stage);
    if (call->operation == GV_OPERATION_ALIAS_DELETE)
        return targets_without(promotion, subject, call->alias, NULL);
    if (call->operation == GV_OPERATION_VERSION_TAG)
        return tagged(promotion, call, subject);
    return targets_of(promotion, subject) |
           gv_promotion_by_alias(promotion, gv_slice_from(call->alias));
}

/* --- displaced versions --- */

bool gv_assess_displaces(const struct gv_mlflow_call *call, const struct gv_mlflow_version *subject,
                         const struct gv_mlflow_version *other)
{
    if (same_version(subject, other))
        return false;
    if (call->operation == GV_OPERATION_TRANSITION)
        return call->archive_existing && equal_nocase(other->stage, call->stage);
    if (call->operation != GV_OPERATION_ALIAS_SET)
        return false;
    for (size_t i = 0; i < other->alias_count; i++) {
        if (equal_nocase(other->aliases[i], call->alias))
            return true;
    }
    return false;
}

/* The targets that a displaced version loses. */
static gv_target_set lost_by(const struct gv_promotion *promotion,
                             const struct gv_mlflow_call *call,
                             const struct gv_mlflow_version *other)
{
    gv_target_set after = call->operation == GV_OPERATION_TRANSITION
                              ? targets_in_stage(promotion, other, "Archived")
                              : targets_without(promotion, other, call->alias, NULL);
    return targets_of(promotion, other) & ~after;
}

/* --- messages --- */

static bool no_memory(struct gv_error *err)
{
    return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
}

const char *gv_move_targets(const struct gv_promotion *promotion, gv_target_set targets,
                            struct gv_arena *arena)
{
    const char *names = NULL;
    for (size_t i = 0; i < promotion->target_count; i++) {
        if ((targets & GV_TARGET(i)) == 0)
            continue;
        const char *name = promotion->targets[i].name;
        names = names ? gv_arena_format(arena, "%s and %s", names, name) : name;
        if (!names)
            return NULL;
    }
    return names ? names : gv_promotion_target_name(promotion, GV_TARGET_NONE);
}

/* The targets to which a path leads from what is held, `none` left out. */
static gv_target_set open_from(const struct gv_promotion *promotion, gv_target_set held)
{
    gv_target_set open = 0;
    for (int to = 0; to < (int)promotion->target_count; to++) {
        const struct gv_path *path = gv_promotion_path(promotion, held, to, NULL);
        if (path && !path->rollback)
            open |= GV_TARGET(to);
    }
    return open & ~held;
}

const char *gv_move_no_path_message(const struct gv_promotion *promotion, gv_target_set held,
                                    int to, struct gv_arena *arena)
{
    int hint;
    gv_promotion_path(promotion, held, to, &hint);
    gv_target_set open = open_from(promotion, held);
    const char *from = gv_move_targets(promotion, held, arena);
    const char *ways = gv_move_targets(promotion, open, arena);
    if (!from || !ways)
        return NULL;
    const char *goal = gv_promotion_target_name(promotion, to);
    if (hint != GV_TARGET_NONE)
        return gv_arena_format(arena, "Invalid promotion path: %s → %s; promote to %s first", from,
                               goal, gv_promotion_target_name(promotion, hint));
    if (open == 0)
        return gv_arena_format(arena, "Invalid promotion path: %s → %s; no path leads on from %s",
                               from, goal, from);
    return gv_arena_format(arena, "Invalid promotion path: %s → %s; from %s, paths lead to %s",
                           from, goal, from, ways);
}

/* Sets a result with its message; false when the message could not be made. */
static bool say(struct assessment *a, enum gv_move_result result, const char *message,
                struct gv_error *err)
{
    a->move->result = result;
    a->move->message = message;
    return message || no_memory(err);
}

static bool forbid(struct assessment *a, const char *message, struct gv_error *err)
{
    return say(a, GV_MOVE_FORBIDDEN, message, err);
}

/* --- paths --- */

static bool binds_more(const struct gv_path *path, const struct gv_path *than)
{
    if (!than || path->approval.required != than->approval.required)
        return !than || path->approval.required;
    return path->rollback && !than->rollback;
}

/* Takes a path into account: the one that binds most decides. */
static void take(struct gv_move *move, const struct gv_path *path)
{
    if (!binds_more(path, move->path))
        return;
    move->path = path;
    move->from = path->from;
    move->to = path->to;
}

static bool no_path(struct assessment *a, gv_target_set held, int to, struct gv_error *err)
{
    a->move->path = NULL;
    a->move->from = held == 0 ? GV_TARGET_NONE : __builtin_ctz(held);
    a->move->to = to;
    return say(a, GV_MOVE_NO_PATH, gv_move_no_path_message(a->promotion, held, to, a->arena), err);
}

/* A path that takes a version out of `left` and into one of `added`, or to none. */
static const struct gv_path *way_out(const struct gv_promotion *promotion, int left,
                                     gv_target_set added)
{
    for (int to = 0; to < (int)promotion->target_count; to++) {
        const struct gv_path *path = (added & GV_TARGET(to)) != 0
                                         ? gv_promotion_path(promotion, GV_TARGET(left), to, NULL)
                                         : NULL;
        if (path)
            return path;
    }
    return gv_promotion_path(promotion, GV_TARGET(left), GV_TARGET_NONE, NULL);
}

/* Sets NO_PATH, FREE or APPROVAL (without its message) for what comes and goes. */
static bool find_paths(struct assessment *a, gv_target_set before, gv_target_set added,
                       gv_target_set removed, struct gv_error *err)
{
    for (int target = 0; target < (int)a->promotion->target_count; target++) {
        const struct gv_path *path = NULL;
        if ((added & GV_TARGET(target)) != 0)
            path = gv_promotion_path(a->promotion, before, target, NULL);
        else if ((removed & GV_TARGET(target)) != 0)
            path = way_out(a->promotion, target, added);
        else
            continue;
        if (!path && (added & GV_TARGET(target)) != 0)
            return no_path(a, before, target, err);
        if (!path)
            return no_path(a, GV_TARGET(target), added == 0 ? GV_TARGET_NONE : __builtin_ctz(added),
                           err);
        take(a->move, path);
    }
    a->move->result = GV_MOVE_FREE;
    return true;
}

static bool needs_approval(struct assessment *a, struct gv_error *err)
{
    const struct gv_path *path = a->move->path;
    const char *roles = gv_set_role_names(a->set, gv_approval_roles(&path->approval), a->arena);
    const char *message =
        roles ? gv_arena_format(a->arena, "%s → %s needs approval by %s",
                                gv_promotion_target_name(a->promotion, path->from),
                                gv_promotion_target_name(a->promotion, path->to), roles)
              : NULL;
    return say(a, GV_MOVE_APPROVAL, message, err);
}

static bool judge_paths(struct assessment *a, gv_target_set before, gv_target_set added,
                        gv_target_set removed, struct gv_error *err)
{
    if ((added | removed) == 0)
        return true;
    if (!find_paths(a, before, added, removed, err))
        return false;
    if (a->move->result == GV_MOVE_FREE && a->move->path->approval.required)
        return needs_approval(a, err);
    return true;
}

static bool judge_move(struct assessment *a, gv_target_set before, gv_target_set after,
                       struct gv_error *err)
{
    return judge_paths(a, before, after & ~before, before & ~after, err);
}

/* --- the operations --- */

/* A version that would be displaced from a target that the move does not come into. */
static bool judge_displaced(struct assessment *a, gv_target_set added,
                            const struct gv_mlflow_version *subject,
                            const struct gv_mlflow_version *others, size_t count,
                            struct gv_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!gv_assess_displaces(a->call, subject, &others[i]))
            continue;
        gv_target_set lost = lost_by(a->promotion, a->call, &others[i]) & ~added;
        if (lost == 0)
            continue;
        const char *targets = gv_move_targets(a->promotion, lost, a->arena);
        a->move->path = NULL;
        return forbid(
            a,
            targets ? gv_arena_format(a->arena,
                                      "it would take model/%s/v%lld out of %s without a decision "
                                      "about it; move that version by a path of its own first",
                                      others[i].model, (long long)others[i].version, targets)
                    : NULL,
            err);
    }
    return true;
}

static bool judge_change(struct assessment *a, const struct gv_mlflow_version *subject,
                         const struct gv_mlflow_version *others, size_t count, struct gv_error *err)
{
    if (!subject)
        return true;
    gv_target_set before = targets_of(a->promotion, subject);
    gv_target_set after = targets_after(a->promotion, a->call, subject);
    if (!judge_move(a, before, after, err))
        return false;
    if (a->move->result == GV_MOVE_NO_PATH)
        return true;
    return judge_displaced(a, after & ~before, subject, others, count, err);
}

/* A new version comes into all that its name and tags put it into, whatever the version that it is
 * a copy of is in: consumers of one name would otherwise get what was approved for another, or an
 * old version as the newest. What the source holds counts as where it comes from only if the same
 * policy put it there: another policy's, or nobody's, production is not this one's. */
static bool judge_new_version(struct assessment *a, const struct gv_mlflow_version *source,
                              struct gv_error *err)
{
    gv_target_set before = 0;
    if (a->call->source_model && a->call->source_version == 0)
        return forbid(a,
                      "its source is a stage, an alias or the latest version of a model, which may "
                      "be another one by now; name the version itself: models:/NAME/VERSION",
                      err);
    if (source && governing(a->set, a->call, source->model) == a->promotion)
        before = targets_of(a->promotion, source);
    return judge_paths(a, before, gv_assess_new_version(a->promotion, a->call), 0, err);
}

/* Tags of a registered model: no path is about them, and consumers may read them for a version's.
 */
static bool judge_model_tags(struct assessment *a, struct gv_error *err)
{
    for (size_t i = 0; i < a->call->tag_count; i++) {
        const char *key = a->call->tags[i].key;
        if (gv_promotion_by_tag(a->promotion, gv_slice_from(key), NULL) == 0)
            continue;
        return forbid(a,
                      gv_arena_format(a->arena,
                                      "the tag key \"%s\" decides which target a version is in, "
                                      "so only versions may carry it; use another key",
                                      key),
                      err);
    }
    return true;
}

static bool forbid_loss(struct assessment *a, const struct gv_promotion *promotion,
                        const struct gv_mlflow_version *version, const char *why,
                        struct gv_error *err)
{
    const char *targets = gv_move_targets(promotion, targets_of(promotion, version), a->arena);
    a->move->promotion = promotion;
    return forbid(a,
                  targets ? gv_arena_format(a->arena, "model/%s/v%lld is in %s, %s", version->model,
                                            (long long)version->version, targets, why)
                          : NULL,
                  err);
}

/* Refuses when a version among them is in a target of the policy that governs its own model. */
static bool judge_loss(struct assessment *a, const struct gv_mlflow_version *versions, size_t count,
                       const char *why, struct gv_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct gv_promotion *promotion = governing(a->set, a->call, versions[i].model);
        if (promotion && targets_of(promotion, &versions[i]) != 0)
            return forbid_loss(a, promotion, &versions[i], why, err);
    }
    return true;
}

#define WHY_KEPT "and what a target holds is kept; take it out of every target first"
#define WHY_NAMED                                                                          \
    "and a new name would take it there or away without a decision; take it out of every " \
    "target first, or register it again under the new name"
#define WHY_ORIGIN                                                                     \
    "and was made from what this call would change; log a new run and register a new " \
    "version of it instead"

/* Bytes that belong to no run, logged model or trace may be those of any version. */
static bool judge_write(struct assessment *a, const struct gv_mlflow_version *versions,
                        size_t count, struct gv_error *err)
{
    const char *run_id;
    const char *model_id;
    if (!gv_assess_origin(a->call, a->arena, &run_id, &model_id, err))
        return false;
    if (run_id || model_id || gv_set_promotion_count(a->set) == 0)
        return judge_loss(a, versions, count, WHY_ORIGIN, err);
    return forbid(a,
                  "the path names no run, logged model or trace, so nobody can tell whether a "
                  "version in a target has these bytes; log them to a run",
                  err);
}

static bool is_governed_name(struct assessment *a, const char *model)
{
    const struct gv_promotion *promotion = governing(a->set, a->call, model);
    return promotion && gv_promotion_by_name(promotion, gv_slice_from(model)) != 0;
}

/* Versions keep stage, aliases and tags when their model is renamed, so they are looked at under
 * both names. */
static bool judge_rename(struct assessment *a, const struct gv_mlflow_version *others, size_t count,
                         struct gv_error *err)
{
    const char *const names[] = {a->call->model, a->call->new_name};
    for (size_t i = 0; i < 2; i++) {
        if (!is_governed_name(a, names[i]))
            continue;
        return forbid(a,
                      gv_arena_format(a->arena,
                                      "the name \"%s\" itself is a target; register a version "
                                      "under it by a promotion path instead of renaming",
                                      names[i]),
                      err);
    }
    if (!judge_loss(a, others, count, WHY_NAMED, err))
        return false;
    if (a->move->result != GV_MOVE_NONE)
        return true;
    const struct gv_promotion *there = governing(a->set, a->call, a->call->new_name);
    for (size_t i = 0; there && i < count; i++) {
        if (targets_of(there, &others[i]) != 0)
            return forbid_loss(a, there, &others[i], WHY_NAMED, err);
    }
    return true;
}

static bool assess(struct assessment *a, const struct gv_mlflow_version *subject,
                   const struct gv_mlflow_version *others, size_t count, struct gv_error *err)
{
    size_t subjects = subject ? 1 : 0;
    switch (a->call->operation) {
    case GV_OPERATION_MODEL_RENAME:
        return judge_rename(a, others, count, err);
    case GV_OPERATION_MODEL_DELETE:
        return judge_loss(a, others, count, WHY_KEPT, err);
    case GV_OPERATION_VERSION_DELETE:
        return judge_loss(a, subject, subjects, WHY_KEPT, err);
    case GV_OPERATION_RUN_DELETE:
    case GV_OPERATION_LOGGED_MODEL_DELETE:
        return judge_loss(a, others, count, WHY_ORIGIN, err);
    case GV_OPERATION_ARTIFACT_WRITE:
        return judge_write(a, others, count, err);
    case GV_OPERATION_TRANSITION:
    case GV_OPERATION_ALIAS_SET:
    case GV_OPERATION_ALIAS_DELETE:
    case GV_OPERATION_VERSION_TAG:
        return !a->promotion || judge_change(a, subject, others, count, err);
    case GV_OPERATION_MODEL_TAG:
    case GV_OPERATION_MODEL_CREATE:
        return !a->promotion || judge_model_tags(a, err);
    case GV_OPERATION_VERSION_CREATE:
        return !a->promotion || judge_new_version(a, subject, err);
    case GV_OPERATION_NONE:
    case GV_OPERATION_MODEL_UPDATE:
    case GV_OPERATION_VERSION_UPDATE:
    case GV_OPERATION_RUN_CREATE:
    case GV_OPERATION_EXPERIMENT_CREATE:
    case GV_OPERATION_GRAPHQL:
        return true;
    }
    return true;
}

bool gv_assess(const struct gv_set *set, const struct gv_mlflow_call *call,
               const struct gv_mlflow_version *subject, const struct gv_mlflow_version *others,
               size_t other_count, struct gv_arena *arena, struct gv_move *ret_move,
               struct gv_error *err)
{
    struct assessment a = {set, call, governing(set, call, call->model), arena, ret_move};
    *ret_move = (struct gv_move){.result = GV_MOVE_NONE,
                                 .promotion = a.promotion,
                                 .from = GV_TARGET_NONE,
                                 .to = GV_TARGET_NONE};
    if (!assess(&a, subject, others, other_count, err))
        return false;
    bool refused = ret_move->result == GV_MOVE_APPROVAL || ret_move->result == GV_MOVE_NO_PATH ||
                   ret_move->result == GV_MOVE_FORBIDDEN;
    if (refused && gv_set_profile(set) == GV_PROFILE_DEV)
        ret_move->result = GV_MOVE_DEV;
    return true;
}
