/* SPDX-License-Identifier: Apache-2.0 */
/* What can be said of promotion policies without running them. */
#include "policies/engine/lint.h"
#include "policies/engine/set_private.h"

/* The role that may do what the platform's rules let an administrator do, but approves nothing. */
#define ADMIN "admin"

static void lint_seat(struct gv_loader *loader, const struct gv_path *path,
                      const struct gv_seat *seat)
{
    const struct gv_role *role = &loader->set->roles[seat->role];
    if (strcmp(role->name, ADMIN) == 0)
        gv_load_lint(loader, GV_LINT_QUORUM_OF_ADMIN, &path->place, 1,
                     "the quorum needs the role \"%s\", which fills no quorum; name who answers "
                     "for the model",
                     role->name);
    if (!gv_lint_is_holdable(loader->set, seat->role))
        gv_load_lint(loader, GV_LINT_QUORUM_IMPOSSIBLE, &path->place, 1,
                     "the quorum needs the role \"%s\", which nobody can hold", role->name);
    else if (seat->all && role->assigned_count == 0)
        gv_load_lint(loader, GV_LINT_QUORUM_IMPOSSIBLE, &path->place, 1,
                     "the quorum needs all who are assigned the role \"%s\", but nobody can be: "
                     "give it `assigned`",
                     role->name);
}

static gv_role_set seat_roles(const struct gv_approval *approval)
{
    gv_role_set roles = 0;
    for (size_t i = 0; i < approval->seat_count; i++)
        roles |= GV_ROLE(approval->seats[i].role);
    return roles;
}

static void lint_peers(struct gv_loader *loader, const struct gv_path *path)
{
    gv_role_set seats = seat_roles(&path->approval);
    bool one_role = seats != 0 && (seats & (seats - 1)) == 0;
    if (!one_role || seats != path->request || !path->approval.separation_of_duties)
        return;
    const struct gv_seat *seat = &path->approval.seats[0];
    gv_load_lint(loader, GV_LINT_QUORUM_OF_PEERS, &path->place, 1,
                 "only \"%s\" may ask and only \"%s\" may approve: with separation of duties the "
                 "quorum is impossible for fewer than %u holders",
                 loader->set->roles[seat->role].name, loader->set->roles[seat->role].name,
                 (seat->all ? 1 : seat->count) + 1);
}

static void lint_activity(struct gv_loader *loader, const struct gv_path *path)
{
    const struct gv_activity *activity =
        path->activity ? gv_set_activity(loader->set, path->activity) : NULL;
    if (!activity)
        return;
    if (!(seat_roles(&path->approval) & GV_ROLE(activity->accountable)))
        gv_load_lint(loader, GV_LINT_QUORUM_DIFFERS, &path->place, 1,
                     "the quorum has no seat of \"%s\", who is accountable for \"%s\"",
                     loader->set->roles[activity->accountable].name, activity->name);
    if (path->approval.consulted != activity->consulted)
        gv_load_lint(loader, GV_LINT_CONSULTATION_DIFFERS, &path->place, 1,
                     "the consulted roles are not those of the activity \"%s\"", activity->name);
}

static void lint_approval(struct gv_loader *loader, const struct gv_path *path)
{
    if (!path->approval.required)
        return;
    for (size_t i = 0; i < path->approval.seat_count; i++)
        lint_seat(loader, path, &path->approval.seats[i]);
    lint_peers(loader, path);
    lint_activity(loader, path);
}

/* A set of targets, and whether none is among them. */
static uint64_t end_bit(int target)
{
    return target == GV_TARGET_NONE ? (uint64_t)1 << GV_TARGETS_MAX : (uint64_t)1 << target;
}

/* Where a version can get that begins in none. A rollback leads only where it has been. */
static uint64_t reachable_ends(const struct gv_promotion *promotion)
{
    uint64_t reached = end_bit(GV_TARGET_NONE);
    uint64_t before;
    do {
        before = reached;
        for (size_t i = 0; i < promotion->path_count; i++) {
            const struct gv_path *path = &promotion->paths[i];
            if (!path->rollback && (reached & end_bit(path->from)))
                reached |= end_bit(path->to);
        }
    } while (reached != before);
    return reached;
}

static void lint_reach(struct gv_loader *loader, const struct gv_promotion *promotion,
                       const struct gv_path *path, uint64_t reached)
{
    const char *from = gv_promotion_target_name(promotion, path->from);
    const char *to = gv_promotion_target_name(promotion, path->to);
    if (!(reached & end_bit(path->from)))
        gv_load_lint(loader, GV_LINT_PATH_UNREACHABLE, &path->place, 1,
                     "this path is never taken: no path leads from none to %s", from);
    else if (path->rollback && !(reached & end_bit(path->to)))
        gv_load_lint(loader, GV_LINT_PATH_UNREACHABLE, &path->place, 1,
                     "this rollback is never taken: no path leads to %s, so no version held it "
                     "before",
                     to);
}

static bool leads(const struct gv_promotion *promotion, int target, bool from)
{
    for (size_t i = 0; i < promotion->path_count; i++) {
        const struct gv_path *path = &promotion->paths[i];
        if ((from ? path->from : path->to) == target)
            return true;
    }
    return false;
}

static bool has_text(const char *const *texts, size_t count, const char *wanted)
{
    for (size_t i = 0; i < count; i++) {
        if (gv_slice_equal_nocase(gv_slice_from(texts[i]), gv_slice_from(wanted)))
            return true;
    }
    return false;
}

static bool has_tag(const struct gv_target *target, const struct gv_effect *effect)
{
    for (size_t i = 0; i < target->tag_count; i++) {
        if (strcmp(target->tags[i].key, effect->name) == 0 &&
            strcmp(target->tags[i].value, effect->value) == 0)
            return true;
    }
    return false;
}

static bool effect_arrives(const struct gv_target *target, const struct gv_effect *effect)
{
    if (effect->kind == GV_EFFECT_TAG)
        return has_tag(target, effect);
    if (effect->kind == GV_EFFECT_STAGE)
        return has_text(target->stages, target->stage_count, effect->name);
    return has_text(target->aliases, target->alias_count, effect->name);
}

static void lint_effects(struct gv_loader *loader, const struct gv_target *target)
{
    for (size_t i = 0; i < target->effect_count; i++) {
        if (effect_arrives(target, &target->effects[i]))
            return;
    }
    if (target->effect_count > 0)
        gv_load_lint(loader, GV_LINT_EFFECT_MISSES, &target->place, strlen(target->name),
                     "none of the effects puts a version into the target \"%s\": one of them must "
                     "be a stage, alias or tag of the target",
                     target->name);
    else
        gv_load_lint(loader, GV_LINT_NO_EFFECT, &target->place, strlen(target->name),
                     "a path leads to the target \"%s\", but it has no `effects` that would put a "
                     "version there",
                     target->name);
}

static void lint_target(struct gv_loader *loader, const struct gv_promotion *promotion, int index)
{
    const struct gv_target *target = &promotion->targets[index];
    if (!leads(promotion, index, false))
        return;
    lint_effects(loader, target);
    if (!leads(promotion, index, true))
        gv_load_lint(loader, GV_LINT_NO_WAY_BACK, &target->place, strlen(target->name),
                     "no path leads out of the target \"%s\"", target->name);
}

static bool glob_covers(const char *wide, const char *narrow)
{
    return strcmp(wide, "**") == 0 || strcmp(wide, narrow) == 0;
}

static bool policy_covers(const struct gv_promotion *wide, const struct gv_promotion *narrow)
{
    for (size_t n = 0; n < narrow->model_count; n++) {
        bool covered = false;
        for (size_t w = 0; w < wide->model_count && !covered; w++)
            covered = glob_covers(wide->models[w], narrow->models[n]);
        if (!covered)
            return false;
    }
    return true;
}

static void lint_hidden(struct gv_loader *loader, const struct gv_promotion *promotion)
{
    const struct gv_promotion *other = loader->set->promotions;
    for (; other < promotion; other++) {
        if (!policy_covers(other, promotion))
            continue;
        gv_load_lint(loader, GV_LINT_POLICY_HIDDEN, &promotion->place, 1,
                     "the PromotionPolicy \"%s\" (%s:%u:%u) governs all models of this one; the "
                     "first that matches counts",
                     other->name, other->place.file, other->place.line, other->place.column);
        return;
    }
}

void gv_lint_promotions(struct gv_loader *loader)
{
    for (size_t p = 0; p < loader->set->promotion_count; p++) {
        const struct gv_promotion *promotion = &loader->set->promotions[p];
        uint64_t reached = reachable_ends(promotion);
        lint_hidden(loader, promotion);
        for (size_t i = 0; i < promotion->path_count; i++) {
            lint_approval(loader, &promotion->paths[i]);
            lint_reach(loader, promotion, &promotion->paths[i], reached);
        }
        for (size_t i = 0; i < promotion->target_count; i++)
            lint_target(loader, promotion, (int)i);
    }
}
