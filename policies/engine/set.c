/* SPDX-License-Identifier: Apache-2.0 */
/* A set's life, and what is read from it. */
#include "policies/engine/base/panic.h"
#include "policies/engine/base/text.h"
#include "policies/engine/limits.h"
#include "policies/engine/set_private.h"

#include <stdlib.h>

static const char *const PROFILE_WORDS[] = {
    [GV_PROFILE_DEV] = "dev", [GV_PROFILE_MEDIUM] = "medium", [GV_PROFILE_LARGE] = "large"};
#define PROFILE_COUNT (sizeof(PROFILE_WORDS) / sizeof(PROFILE_WORDS[0]))

const char *gv_profile_word(enum gv_profile profile)
{
    return PROFILE_WORDS[profile];
}

bool gv_profile_parse(struct gv_slice word, enum gv_profile *ret_profile)
{
    for (size_t i = 0; i < PROFILE_COUNT; i++) {
        if (gv_slice_is(word, PROFILE_WORDS[i])) {
            *ret_profile = (enum gv_profile)i;
            return true;
        }
    }
    return false;
}

struct gv_set *gv_set_new(enum gv_profile profile)
{
    struct gv_set *set = calloc(1, sizeof(*set));
    if (!set)
        return NULL;
    set->arena = gv_arena_new(GV_SET_BYTES_MAX);
    if (!set->arena) {
        free(set);
        return NULL;
    }
    set->profile = profile;
    atomic_init(&set->references, 1);
    return set;
}

/* Packages are in the arena; only their maps are not. */
static void free_package(void *value)
{
    struct gv_package *package = value;
    gv_map_free(package->actions, NULL);
}

static void free_set(struct gv_set *set)
{
    gv_map_free(set->packages, free_package);
    gv_arena_free(set->arena);
    free(set);
}

struct gv_set *gv_set_ref(struct gv_set *set)
{
    size_t before = atomic_fetch_add_explicit(&set->references, 1, memory_order_relaxed);
    gv_invariant(before > 0, "a policy set was used after its last reference was given back");
    return set;
}

struct gv_set *gv_set_unref(struct gv_set *set)
{
    if (!set)
        return NULL;
    size_t before = atomic_fetch_sub_explicit(&set->references, 1, memory_order_acq_rel);
    gv_invariant(before > 0, "a policy set's reference was given back twice");
    if (before == 1)
        free_set(set);
    return NULL;
}

const char *gv_set_digest(const struct gv_set *set)
{
    return set->digest;
}

enum gv_profile gv_set_profile(const struct gv_set *set)
{
    return set->profile;
}

size_t gv_set_role_count(const struct gv_set *set)
{
    return set->role_count;
}

const char *gv_set_role_name(const struct gv_set *set, unsigned role)
{
    gv_invariant(role < set->role_count, "a role number is beyond the policy set's roles");
    return set->roles[role].name;
}

bool gv_set_role_find(const struct gv_set *set, struct gv_slice name, unsigned *ret_role)
{
    for (unsigned i = 0; i < set->role_count; i++) {
        if (gv_slice_is(name, set->roles[i].name)) {
            *ret_role = i;
            return true;
        }
    }
    return false;
}

int gv_set_role_rank(const struct gv_set *set, unsigned role)
{
    gv_invariant(role < set->role_count, "a role number is beyond the policy set's roles");
    return set->roles[role].rank;
}

const char *gv_set_role_names(const struct gv_set *set, gv_role_set roles, struct gv_arena *arena)
{
    struct gv_text names = GV_TEXT_INIT;
    for (unsigned i = 0; i < set->role_count; i++) {
        if (!(roles & GV_ROLE(i)))
            continue;
        gv_text_string(&names, names.len > 0 ? ", " : "");
        gv_text_string(&names, set->roles[i].name);
    }
    if (names.len == 0)
        gv_text_string(&names, "nobody");
    const char *copy = gv_text_ok(&names) ? gv_arena_copy(arena, gv_text_slice(&names)) : NULL;
    gv_text_free(&names);
    return copy;
}

const struct gv_activity *gv_set_activity(const struct gv_set *set, const char *name)
{
    for (size_t i = 0; i < set->activity_count; i++) {
        if (strcmp(set->activities[i].name, name) == 0)
            return &set->activities[i];
    }
    return NULL;
}

bool gv_model_glob_match(struct gv_slice pattern, struct gv_slice workspace, struct gv_slice model)
{
    if (gv_slice_is(pattern, "**"))
        return true;
    struct gv_slice name = pattern;
    struct gv_slice home = GV_SLICE("default");
    if (memchr(pattern.ptr, '/', pattern.len))
        home = gv_slice_split(&name, '/');
    return gv_glob_match(home, workspace) && gv_glob_match(name, model);
}

static bool governs(const struct gv_promotion *promotion, struct gv_slice workspace,
                    struct gv_slice model)
{
    for (size_t i = 0; i < promotion->model_count; i++) {
        if (gv_model_glob_match(gv_slice_from(promotion->models[i]), workspace, model))
            return true;
    }
    return false;
}

const struct gv_promotion *gv_set_promotion(const struct gv_set *set, struct gv_slice workspace,
                                            struct gv_slice model)
{
    for (size_t i = 0; i < set->promotion_count; i++) {
        if (governs(&set->promotions[i], workspace, model))
            return &set->promotions[i];
    }
    return NULL;
}

size_t gv_set_promotion_count(const struct gv_set *set)
{
    return set->promotion_count;
}

const struct gv_promotion *gv_set_promotion_at(const struct gv_set *set, size_t index)
{
    gv_invariant(index < set->promotion_count, "an index is beyond the promotion policies");
    return &set->promotions[index];
}
