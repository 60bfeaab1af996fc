/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/people.h"

bool gv_people_read(struct gv_store_tx *tx, const char *workspace, const char *domain,
                    struct gv_arena *arena, struct gv_people *ret_people, struct gv_error *err)
{
    struct gv_assignment_row *rows = NULL;
    *ret_people = (struct gv_people){.domain = domain};
    if (!gv_store_assignment_list(tx, workspace, domain, NULL, arena, &rows, &ret_people->count,
                                  err))
        return false;
    ret_people->rows = rows;
    return true;
}

const char *gv_person_subject(const char *person)
{
    /* Issuers are URLs and hold no bar; subjects may ("auth0|5f7c…"). */
    const char *bar = strchr(person, '|');
    return bar ? bar + 1 : person;
}

bool gv_person_is(const char *name, const char *person)
{
    return strcmp(name, person) == 0 || strcmp(name, gv_person_subject(person)) == 0;
}

gv_role_set gv_people_row_roles(const struct gv_people *people, const struct gv_set *set,
                                size_t index)
{
    const struct gv_assignment assignment = {people->domain, people->rows[index].role};
    return gv_set_resolve_roles(set, NULL, &assignment, 1, people->domain);
}

gv_role_set gv_people_roles(const struct gv_people *people, const struct gv_set *set,
                            const struct gv_principal *principal)
{
    gv_role_set roles = gv_set_resolve_roles(set, principal->claims, NULL, 0, NULL);
    for (size_t i = 0; i < people->count; i++) {
        if (gv_person_is(people->rows[i].person, principal->person))
            roles |= gv_people_row_roles(people, set, i);
    }
    return roles;
}

gv_role_set gv_roles_parse(const struct gv_set *set, const char *names)
{
    gv_role_set roles = 0;
    struct gv_slice rest = gv_slice_from(names);
    while (rest.len > 0) {
        struct gv_slice name = gv_slice_split(&rest, ',');
        unsigned role;
        if (gv_set_role_find(set, name, &role))
            roles |= GV_ROLE(role);
    }
    return roles;
}

const char *gv_roles_join(const struct gv_set *set, gv_role_set roles, struct gv_arena *arena)
{
    const char *joined = "";
    for (unsigned role = 0; role < gv_set_role_count(set) && joined; role++) {
        if ((roles & GV_ROLE(role)) != 0)
            joined = gv_arena_format(arena, "%s%s%s", joined, joined[0] ? "," : "",
                                     gv_set_role_name(set, role));
    }
    return joined;
}
