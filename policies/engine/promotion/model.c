/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/promotion/model.h"

/* "None" is a stage of MLflow and the word for holding no target. */
static const char NONE[] = "none";

static bool any_equal_nocase(const char *const *words, size_t count, struct gv_slice word)
{
    for (size_t i = 0; i < count; i++) {
        if (gv_slice_equal_nocase(gv_slice_from(words[i]), word)) {
            return true;
        }
    }
    return false;
}

static bool any_glob_matches(const char *const *globs, size_t count, struct gv_slice text)
{
    for (size_t i = 0; i < count; i++) {
        if (gv_glob_match(gv_slice_from(globs[i]), text)) {
            return true;
        }
    }
    return false;
}

/* A tag of the policy without a value is governed whatever the value. */
static bool any_tag_matches(const struct gv_target *target, struct gv_slice key,
                            const struct gv_slice *value)
{
    for (size_t i = 0; i < target->tag_count; i++) {
        const struct gv_tag *tag = &target->tags[i];
        if (gv_slice_is(key, tag->key) &&
            (value == NULL || tag->value == NULL || gv_slice_is(*value, tag->value))) {
            return true;
        }
    }
    return false;
}

gv_target_set gv_promotion_by_alias(const struct gv_promotion *promotion, struct gv_slice alias)
{
    gv_target_set found = 0;
    for (size_t i = 0; i < promotion->target_count; i++) {
        const struct gv_target *target = &promotion->targets[i];
        if (any_equal_nocase(target->aliases, target->alias_count, alias)) {
            found |= GV_TARGET(i);
        }
    }
    return found;
}

gv_target_set gv_promotion_by_tag(const struct gv_promotion *promotion, struct gv_slice key,
                                  const struct gv_slice *value)
{
    gv_target_set found = 0;
    for (size_t i = 0; i < promotion->target_count; i++) {
        if (any_tag_matches(&promotion->targets[i], key, value)) {
            found |= GV_TARGET(i);
        }
    }
    return found;
}

gv_target_set gv_promotion_by_stage(const struct gv_promotion *promotion, struct gv_slice stage)
{
    gv_target_set found = 0;
    if (stage.len == 0) {
        stage = gv_slice_from(NONE);
    }
    for (size_t i = 0; i < promotion->target_count; i++) {
        const struct gv_target *target = &promotion->targets[i];
        if (any_equal_nocase(target->stages, target->stage_count, stage)) {
            found |= GV_TARGET(i);
        }
    }
    return found;
}

gv_target_set gv_promotion_by_name(const struct gv_promotion *promotion, struct gv_slice model)
{
    gv_target_set found = 0;
    for (size_t i = 0; i < promotion->target_count; i++) {
        const struct gv_target *target = &promotion->targets[i];
        if (any_glob_matches(target->names, target->name_count, model)) {
            found |= GV_TARGET(i);
        }
    }
    return found;
}

gv_target_set gv_promotion_targets(const struct gv_promotion *promotion,
                                   const struct gv_version_facts *facts)
{
    gv_target_set held = gv_promotion_by_stage(promotion, gv_slice_from(facts->stage)) |
                         gv_promotion_by_name(promotion, gv_slice_from(facts->model));
    for (size_t i = 0; i < facts->alias_count; i++) {
        held |= gv_promotion_by_alias(promotion, gv_slice_from(facts->aliases[i]));
    }
    for (size_t i = 0; i < facts->tag_count; i++) {
        struct gv_slice value = gv_slice_from(facts->tags[i].value);
        held |= gv_promotion_by_tag(promotion, gv_slice_from(facts->tags[i].key), &value);
    }
    return held;
}

bool gv_promotion_target(const struct gv_promotion *promotion, struct gv_slice word,
                         int *ret_target)
{
    if (gv_slice_equal_nocase(word, gv_slice_from(NONE))) {
        *ret_target = GV_TARGET_NONE;
        return true;
    }
    for (size_t i = 0; i < promotion->target_count; i++) {
        if (gv_slice_equal_nocase(word, gv_slice_from(promotion->targets[i].name))) {
            *ret_target = (int)i;
            return true;
        }
    }
    for (size_t i = 0; i < promotion->target_count; i++) {
        const struct gv_target *target = &promotion->targets[i];
        if (any_equal_nocase(target->stages, target->stage_count, word)) {
            *ret_target = (int)i;
            return true;
        }
    }
    return false;
}

const char *gv_promotion_target_name(const struct gv_promotion *promotion, int target)
{
    if (target < 0 || (size_t)target >= promotion->target_count) {
        return NONE;
    }
    return promotion->targets[target].name;
}

static bool starts_from(const struct gv_path *path, gv_target_set held)
{
    if (path->from == GV_TARGET_NONE) {
        return held == 0;
    }
    return (held & GV_TARGET(path->from)) != 0;
}

/* Whether `path` binds more than `other`; see the order in the header. */
static bool goes_before(const struct gv_path *path, const struct gv_path *other)
{
    if (path->approval.required != other->approval.required) {
        return path->approval.required;
    }
    return other->rollback && !path->rollback;
}

static const struct gv_path *admitting_path(const struct gv_promotion *promotion,
                                            gv_target_set held, int to)
{
    const struct gv_path *best = NULL;
    for (size_t i = 0; i < promotion->path_count; i++) {
        const struct gv_path *path = &promotion->paths[i];
        if (path->to != to || !starts_from(path, held)) {
            continue;
        }
        if (best == NULL || goes_before(path, best)) {
            best = path;
        }
    }
    return best;
}

/* A set of targets and of `none`, which takes the bit above theirs. */
typedef uint64_t place_set;

static place_set place(int target)
{
    return (place_set)1 << (target == GV_TARGET_NONE ? GV_TARGETS_MAX : target);
}

/* The places from which one path leads into `goals`. */
static place_set one_move_before(const struct gv_promotion *promotion, place_set goals)
{
    place_set before = 0;
    for (size_t i = 0; i < promotion->path_count; i++) {
        const struct gv_path *path = &promotion->paths[i];
        if (!path->rollback && (goals & place(path->to)) != 0) {
            before |= place(path->from);
        }
    }
    return before;
}

/* The first declared path that leads from what is held into `goals`, or NULL. */
static const struct gv_path *first_move_into(const struct gv_promotion *promotion,
                                             gv_target_set held, place_set goals)
{
    for (size_t i = 0; i < promotion->path_count; i++) {
        const struct gv_path *path = &promotion->paths[i];
        if (!path->rollback && (goals & place(path->to)) != 0 && starts_from(path, held)) {
            return path;
        }
    }
    return NULL;
}

/* Goes backwards from `to`, one move a round, until something that can be reached now turns up. A
 * way that begins by leaving every target makes no hint: there is no target to name. */
static int find_hint(const struct gv_promotion *promotion, gv_target_set held, int to)
{
    place_set start = held == 0 ? place(GV_TARGET_NONE) : held;
    place_set reached = place(to);
    place_set before = 0;
    while ((reached & start) == 0 && reached != before) {
        const struct gv_path *move = first_move_into(promotion, held, reached);
        if (move != NULL) {
            return move->to;
        }
        before = reached;
        reached |= one_move_before(promotion, reached);
    }
    return GV_TARGET_NONE;
}

const struct gv_path *gv_promotion_path(const struct gv_promotion *promotion, gv_target_set held,
                                        int to, int *hint)
{
    const struct gv_path *path = admitting_path(promotion, held, to);
    if (hint != NULL) {
        bool known = to >= GV_TARGET_NONE && to < (int)promotion->target_count;
        *hint = path == NULL && known ? find_hint(promotion, held, to) : GV_TARGET_NONE;
    }
    return path;
}
