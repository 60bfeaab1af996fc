/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index of rules: package, then action, then the rules that may match, with denies first. What
 * it leaves out can never match; gv_rule_has_action() says so for each rule by itself.
 */
#include "policies/engine/limits.h"
#include "policies/engine/load.h"
#include "policies/engine/set_private.h"

/* An action that no rule can name, since names are not empty: rules with a bare `*` match it. */
#define UNNAMED_ACTION GV_SLICE("")

struct building {
    struct gv_loader *loader;
    struct gv_matcher *matchers; /* one for each rule */
    bool *marks;                 /* likewise: whether it concerns the action at hand */
    struct gv_slice package;
};

static bool action_matches(const char *pattern, struct gv_slice action)
{
    struct gv_slice text = gv_slice_from(pattern);
    return gv_slice_equal(text, action) || gv_glob_match(text, action);
}

bool gv_rule_has_action(const struct gv_rule *rule, struct gv_slice action)
{
    for (size_t i = 0; i < rule->action_count; i++) {
        if (action_matches(rule->actions[i], action))
            return true;
    }
    return false;
}

static struct gv_matcher *take_apart(struct gv_loader *loader)
{
    const struct gv_set *set = loader->set;
    struct gv_matcher *matchers = gv_load_array(loader, set->rule_count, sizeof(*matchers));
    for (size_t i = 0; matchers && i < set->rule_count; i++) {
        const struct gv_rule *rule = &set->rules[i];
        struct gv_resource_pattern *patterns =
            gv_load_array(loader, rule->resource_count, sizeof(*patterns));
        if (!patterns)
            return NULL;
        for (size_t p = 0; p < rule->resource_count; p++)
            patterns[p] = gv_resource_pattern_from(gv_slice_from(rule->resources[p]));
        matchers[i] = (struct gv_matcher){rule, patterns};
    }
    return matchers;
}

static bool has_wildcard(const struct gv_rule *rule)
{
    for (size_t i = 0; i < rule->action_count; i++) {
        if (strchr(rule->actions[i], '*'))
            return true;
    }
    return false;
}

/* Whether a rule may match an action that some rule names, or, for UNNAMED_ACTION, any other. */
static bool concerns(const struct building *building, const struct gv_rule *rule,
                     struct gv_slice action)
{
    if (!gv_slice_is(building->package, rule->package))
        return false;
    return action.len == 0 ? has_wildcard(rule) : gv_rule_has_action(rule, action);
}

/* Two lists in the order of declaration, of the rules that are marked. */
static void collect(const struct building *building, size_t denies, size_t allows, bool certain,
                    struct gv_candidates *candidates)
{
    const struct gv_set *set = building->loader->set;
    const struct gv_matcher **deny = gv_load_array(building->loader, denies, sizeof(*deny));
    const struct gv_matcher **allow = gv_load_array(building->loader, allows, sizeof(*allow));
    if (!deny || !allow)
        return;
    for (size_t i = 0; i < set->rule_count; i++) {
        if (!building->marks[i])
            continue;
        if (set->rules[i].effect == GV_RULE_DENY)
            deny[candidates->deny_count++] = &building->matchers[i];
        else
            allow[candidates->allow_count++] = &building->matchers[i];
    }
    candidates->denies = deny;
    candidates->allows = allow;
    candidates->certain = certain;
}

static void select_candidates(const struct building *building, struct gv_slice action,
                              struct gv_candidates *candidates)
{
    const struct gv_set *set = building->loader->set;
    size_t denies = 0;
    size_t allows = 0;
    for (size_t i = 0; i < set->rule_count; i++) {
        building->marks[i] = concerns(building, &set->rules[i], action);
        denies += building->marks[i] && set->rules[i].effect == GV_RULE_DENY;
        allows += building->marks[i] && set->rules[i].effect == GV_RULE_ALLOW;
    }
    collect(building, denies, allows, action.len > 0, candidates);
}

static bool index_action(const struct building *building, struct gv_map *actions,
                         struct gv_slice action, const struct gv_rule *rule)
{
    if (memchr(action.ptr, '*', action.len) || gv_map_get(actions, action))
        return true;
    if (gv_map_count(actions) == GV_ACTIONS_MAX) {
        struct gv_error err = GV_ERROR_INIT;
        gv_error_set(&err, GV_ERROR_LIMIT, "the rules of one package name at most %d actions",
                     GV_ACTIONS_MAX);
        gv_error_at(&err, rule->place.file, rule->place.line, rule->place.column);
        return gv_load_failure(building->loader, rule->place.file, NULL, &err);
    }
    struct gv_candidates *candidates =
        gv_load_array(building->loader, 1, sizeof(struct gv_candidates));
    if (!candidates)
        return false;
    select_candidates(building, action, candidates);
    if (!gv_map_put(actions, action, candidates, NULL))
        building->loader->out_of_memory = true;
    return !building->loader->out_of_memory;
}

static void index_rules(const struct building *building, struct gv_map *actions)
{
    const struct gv_set *set = building->loader->set;
    for (size_t i = 0; i < set->rule_count; i++) {
        const struct gv_rule *rule = &set->rules[i];
        if (!gv_slice_is(building->package, rule->package))
            continue;
        for (size_t a = 0; a < rule->action_count; a++) {
            if (!index_action(building, actions, gv_slice_from(rule->actions[a]), rule))
                return;
        }
    }
}

static void index_package(const struct building *building)
{
    struct gv_loader *loader = building->loader;
    if (gv_map_get(loader->set->packages, building->package))
        return;
    struct gv_package *package = gv_load_array(loader, 1, sizeof(*package));
    if (!package)
        return;
    package->actions = gv_map_new();
    if (!package->actions || !gv_map_put(loader->set->packages, building->package, package, NULL)) {
        gv_map_free(package->actions, NULL);
        loader->out_of_memory = true;
        return;
    }
    select_candidates(building, UNNAMED_ACTION, &package->others);
    if (!loader->out_of_memory)
        index_rules(building, package->actions);
}

void gv_pass_index(struct gv_loader *loader)
{
    struct gv_set *set = loader->set;
    struct building building = {
        .loader = loader,
        .matchers = take_apart(loader),
        .marks = gv_arena_array(loader->scratch, set->rule_count + 1, sizeof(bool)),
    };
    set->packages = gv_map_new();
    if (!building.matchers || !building.marks || !set->packages) {
        loader->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < set->rule_count && !loader->out_of_memory; i++) {
        building.package = gv_slice_from(set->rules[i].package);
        index_package(&building);
    }
}

const struct gv_candidates *gv_set_candidates(const struct gv_set *set, const char *package,
                                              struct gv_slice action)
{
    const struct gv_package *found = gv_map_get(set->packages, gv_slice_from(package));
    if (!found)
        return NULL;
    const struct gv_candidates *candidates = gv_map_get(found->actions, action);
    return candidates ? candidates : &found->others;
}
