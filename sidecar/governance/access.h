/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GOVERNANCE_ACCESS_H
#define GV_GOVERNANCE_ACCESS_H

#include "sidecar/governance/frame.h"

/* Questions to the access rules, and their answers in words. */

#define GV_ACCESS_PACKAGE "authz"

#define GV_ACTION_READ "mlops:read"
#define GV_ACTION_ANNOTATE "mlops:annotate"
#define GV_ACTION_REQUEST "mlops:request-promotion"
#define GV_ACTION_APPROVE "mlops:approve"
#define GV_ACTION_PROMOTE "mlops:promote"

/* Who asks, about what. */
struct gv_access {
    const struct gv_set *set;
    gv_role_set roles;
    const struct gv_resource *resource;
    struct gv_arena *arena;
};

enum gv_access_result {
    GV_ACCESS_ALLOWED,
    GV_ACCESS_DENIED,      /* by a rule */
    GV_ACCESS_UNMENTIONED, /* no rule allows it, which denies it as well */
};

/* Asks. *ret_why gets one sentence unless it is allowed; NULL when out of memory. */
enum gv_access_result gv_access_ask(const struct gv_access *access, const char *action,
                                    const char **ret_why);

/* Why a path is not for these roles: "none → staging is asked for by data_scientist; your roles are
 * data_steward". NULL when out of memory. */
const char *gv_access_lacks_role(const struct gv_set *set, gv_role_set roles,
                                 const struct gv_path *path, const struct gv_promotion *promotion,
                                 struct gv_arena *arena);

#endif
