/* SPDX-License-Identifier: Apache-2.0 */
/* Findings about a whole set: lint.def lists them. */
#include "policies/engine/lint.h"

#include "policies/engine/set_private.h"

bool gv_lint_is_holdable(const struct gv_set *set, unsigned role)
{
    return set->roles[role].claim_count > 0 || set->roles[role].assigned_count > 0;
}

static void lint_roles(struct gv_loader *loader)
{
    const struct gv_set *set = loader->set;
    for (unsigned i = 0; i < set->role_count; i++) {
        const struct gv_role *role = &set->roles[i];
        if (!gv_lint_is_holdable(set, i))
            gv_load_lint(loader, GV_LINT_ROLE_UNHOLDABLE, &role->place, strlen(role->name),
                         "nobody can hold the role \"%s\": give it `claims` or `assigned`",
                         role->name);
    }
}

void gv_pass_lint(struct gv_loader *loader)
{
    lint_roles(loader);
    gv_lint_promotions(loader);
    gv_lint_rules(loader);
}
