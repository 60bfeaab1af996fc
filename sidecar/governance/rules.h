/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GOVERNANCE_RULES_H
#define GV_GOVERNANCE_RULES_H

#include "sidecar/governance/frame.h"

/* The rules in force about one decision: of its path, or of the activity of a retraining. */
struct gv_rules {
    struct gv_approval approval; /* lives as long as the set, its retraining seat as the arena */
    gv_role_set request;         /* who may ask */
    const char *domain;
};

/*
 * The rules of a decision that exists. INVALID, with a sentence for the voter, when the policies no
 * longer have the path: then nobody can approve it.
 */
bool gv_rules_of(const struct gv_set *set, const struct gv_decision *decision,
                 struct gv_arena *arena, struct gv_rules *ret_rules, struct gv_error *err);

/* The rules of retraining a model; INVALID when the RaciMatrix has no such activity. */
bool gv_rules_of_retraining(const struct gv_set *set, const char *workspace, const char *model,
                            struct gv_arena *arena, struct gv_rules *ret_rules,
                            struct gv_error *err);

#endif
