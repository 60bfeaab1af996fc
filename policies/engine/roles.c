/* SPDX-License-Identifier: Apache-2.0 */
/* Which roles a principal holds: the one function that every door asks. */
#include "policies/engine/set_private.h"

static bool array_has(const struct gv_json *value, struct gv_slice wanted)
{
    /* "data_architect" as a bare string is no list with one element: a token that carries a string
     * there was not made by whoever wrote this policy. */
    if (!value || value->type != GV_JSON_ARRAY)
        return false;
    for (size_t i = 0; i < value->as.array.count; i++) {
        const struct gv_json *item = value->as.array.items[i];
        if (item->type == GV_JSON_STRING && gv_slice_equal(item->as.string, wanted))
            return true;
    }
    return false;
}

static bool claim_holds(const struct gv_claim *claim, const struct gv_json *claims)
{
    const struct gv_json *value = claims;
    for (size_t i = 0; i < claim->path_count && value; i++)
        value = gv_json_get(value, claim->path[i]);
    return array_has(value, gv_slice_from(claim->has));
}

static bool holds_by_claims(const struct gv_role *role, const struct gv_json *claims)
{
    for (size_t i = 0; claims && i < role->claim_count; i++) {
        if (claim_holds(&role->claims[i], claims))
            return true;
    }
    return false;
}

static bool gives(const struct gv_role *role, const struct gv_assignment *assignment,
                  const char *domain)
{
    if (strcmp(assignment->domain, domain) != 0)
        return false;
    for (size_t i = 0; i < role->assigned_count; i++) {
        if (strcmp(role->assigned[i], assignment->raci) == 0)
            return true;
    }
    return false;
}

static bool holds_by_assignment(const struct gv_role *role, const struct gv_assignment *assignments,
                                size_t count, const char *domain)
{
    for (size_t i = 0; domain && i < count; i++) {
        if (gives(role, &assignments[i], domain))
            return true;
    }
    return false;
}

gv_role_set gv_set_resolve_roles(const struct gv_set *set, const struct gv_json *claims,
                                 const struct gv_assignment *assignments, size_t count,
                                 const char *domain)
{
    gv_role_set held = 0;
    for (unsigned i = 0; i < set->role_count; i++) {
        const struct gv_role *role = &set->roles[i];
        if (holds_by_claims(role, claims) || holds_by_assignment(role, assignments, count, domain))
            held |= GV_ROLE(i);
    }
    return held;
}
