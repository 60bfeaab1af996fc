/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that never match, and rules that another always hides. */
#include "policies/engine/limits.h"
#include "policies/engine/lint.h"
#include "policies/engine/set_private.h"

/* Why a rule matches nothing, or NULL. */
static const char *never_matches(const struct gv_set *set, const struct gv_rule *rule)
{
    if (rule->action_count == 0)
        return "its list of actions is empty";
    if (rule->resource_count == 0)
        return "its list of resources is empty";
    if (rule->any_role)
        return NULL;
    if (rule->roles == 0)
        return "its list of roles is empty; without `roles` it is about anyone";
    for (unsigned i = 0; i < set->role_count; i++) {
        if ((rule->roles & GV_ROLE(i)) && gv_lint_is_holdable(set, i))
            return NULL;
    }
    return "nobody can hold its roles";
}

struct comparison {
    const struct gv_rule *wide;
    const struct gv_rule *narrow;
    size_t *left; /* comparisons that may still be made */
};

static bool spend(const struct comparison *comparison)
{
    if (*comparison->left == 0)
        return false;
    --*comparison->left;
    return true;
}

static bool actions_cover(const struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->narrow->action_count; i++) {
        const char *action = comparison->narrow->actions[i];
        bool covered = false;
        for (size_t w = 0; w < comparison->wide->action_count && !covered; w++) {
            if (!spend(comparison))
                return false;
            /* A pattern with `*` read as text is covered by whatever matches that text, for `*`
             * itself is a character that a wildcard of the wider one must stand for. */
            covered =
                gv_glob_match(gv_slice_from(comparison->wide->actions[w]), gv_slice_from(action));
        }
        if (!covered)
            return false;
    }
    return true;
}

static bool resource_is_covered(const struct comparison *comparison, const char *resource)
{
    struct gv_resource_pattern narrow = gv_resource_pattern_from(gv_slice_from(resource));
    for (size_t i = 0; i < comparison->wide->resource_count; i++) {
        if (!spend(comparison))
            return false;
        struct gv_resource_pattern wide =
            gv_resource_pattern_from(gv_slice_from(comparison->wide->resources[i]));
        if (gv_resource_pattern_covers(&wide, &narrow))
            return true;
    }
    return false;
}

static bool resources_cover(const struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->narrow->resource_count; i++) {
        if (!resource_is_covered(comparison, comparison->narrow->resources[i]))
            return false;
    }
    return true;
}

static bool roles_cover(const struct gv_rule *wide, const struct gv_rule *narrow)
{
    if (wide->any_role)
        return true;
    return !narrow->any_role && (narrow->roles & ~wide->roles) == 0;
}

/* Whether `wide` decides whatever `narrow` would: a deny before any allow, else the first. */
static bool may_hide(const struct gv_rule *wide, const struct gv_rule *narrow)
{
    if (wide == narrow || strcmp(wide->package, narrow->package) != 0)
        return false;
    return wide->effect == narrow->effect ? wide < narrow : wide->effect == GV_RULE_DENY;
}

static bool hides(const struct comparison *comparison)
{
    return may_hide(comparison->wide, comparison->narrow) &&
           roles_cover(comparison->wide, comparison->narrow) && actions_cover(comparison) &&
           resources_cover(comparison);
}

static void lint_hidden(struct gv_loader *loader, const struct gv_rule *rule, size_t *left)
{
    for (size_t i = 0; i<loader->set->rule_count && * left> 0; i++) {
        const struct gv_rule *other = &loader->set->rules[i];
        if (!hides(&(struct comparison){other, rule, left}))
            continue;
        bool same = other->effect == rule->effect;
        gv_load_lint(loader, same ? GV_LINT_RULE_REDUNDANT : GV_LINT_RULE_HIDDEN, &rule->place, 1,
                     "the rule \"%s\" changes nothing: \"%s\" (%s:%u:%u) %s whatever it matches",
                     rule->name, other->name, other->place.file, other->place.line,
                     other->place.column, other->effect == GV_RULE_DENY ? "denies" : "allows");
        return;
    }
}

void gv_lint_rules(struct gv_loader *loader)
{
    const struct gv_set *set = loader->set;
    size_t left = GV_LINT_COMPARISONS_MAX;
    for (size_t i = 0; i < set->rule_count; i++) {
        const struct gv_rule *rule = &set->rules[i];
        const char *why = never_matches(set, rule);
        if (why)
            gv_load_lint(loader, GV_LINT_RULE_NEVER_MATCHES, &rule->place, 1,
                         "the rule \"%s\" matches nothing: %s", rule->name, why);
        else
            lint_hidden(loader, rule, &left);
    }
    if (left == 0)
        gv_load_lint(loader, GV_LINT_INCOMPLETE, &set->rules[0].place, 1,
                     "the rules are too many to find all that hide each other");
}
