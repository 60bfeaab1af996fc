/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GOVERNANCE_PEOPLE_H
#define GV_GOVERNANCE_PEOPLE_H

#include "sidecar/governance/frame.h"

/*
 * The people assigned in a domain, and what they and a token's owner hold. A person is
 * "issuer|subject"; an assignment and MLflow's records may know the subject alone.
 */
struct gv_people {
    const char *domain;
    const struct gv_assignment_row *rows;
    size_t count;
};

/* Reads the assignments of a domain, inside a transaction; into the arena. */
bool gv_people_read(struct gv_store_tx *tx, const char *workspace, const char *domain,
                    struct gv_arena *arena, struct gv_people *ret_people, struct gv_error *err);

/* The roles of a principal in the domain: by claims and by assignment. */
gv_role_set gv_people_roles(const struct gv_people *people, const struct gv_set *set,
                            const struct gv_principal *principal);

/* The roles that one assignment gives. */
gv_role_set gv_people_row_roles(const struct gv_people *people, const struct gv_set *set,
                                size_t index);

/* The part of a person behind the issuer; the whole when there is no issuer. */
const char *gv_person_subject(const char *person);

/* Whether `name`, a person or a subject alone, means the person. */
bool gv_person_is(const char *name, const char *person);

/* A role set of names joined by a comma; unknown names are left out. */
gv_role_set gv_roles_parse(const struct gv_set *set, const char *names);

/* The reverse: joined by ','; "" when empty. NULL when out of memory. */
const char *gv_roles_join(const struct gv_set *set, gv_role_set roles, struct gv_arena *arena);

#endif
