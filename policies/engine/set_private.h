/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_ENGINE_SET_PRIVATE_H
#define GV_ENGINE_SET_PRIVATE_H

#include "policies/engine/base/map.h"
#include "policies/engine/base/sha256.h"
#include "policies/engine/set.h"
#include <stdatomic.h>

/* What a compiled set is made of. Private to this folder. Everything but the maps is in the arena.
 */

struct gv_claim {
    const char *const *path;
    size_t path_count;
    const char *has;
};

struct gv_role {
    const char *name;
    int rank;
    const struct gv_claim *claims;
    size_t claim_count;
    const char *const *assigned; /* RACI words */
    size_t assigned_count;
    struct gv_place place;
};

/* A rule with its patterns taken apart. */
struct gv_matcher {
    const struct gv_rule *rule;
    const struct gv_resource_pattern *patterns; /* rule->resource_count */
};

/* The rules that an action may concern, in the order of declaration. */
struct gv_candidates {
    const struct gv_matcher *const *denies;
    size_t deny_count;
    const struct gv_matcher *const *allows;
    size_t allow_count;
    bool certain; /* all of them match the action; otherwise each must be asked */
};

struct gv_package {
    struct gv_map *actions;      /* action that a rule names -> const struct gv_candidates */
    struct gv_candidates others; /* of any other action: the rules with wildcards */
};

#define GV_DIGEST_SIZE (sizeof("sha256:") - 1 + GV_SHA256_HEX_SIZE)

struct gv_set {
    atomic_size_t references;
    struct gv_arena *arena;
    enum gv_profile profile;
    char digest[GV_DIGEST_SIZE];
    const char *name; /* of the RaciMatrix; the domain of policies that name none */
    struct gv_role *roles;
    unsigned role_count;
    struct gv_activity *activities;
    size_t activity_count;
    struct gv_promotion *promotions;
    size_t promotion_count;
    struct gv_rule *rules;
    size_t rule_count;
    struct gv_map *packages; /* name -> struct gv_package; NULL until indexed */
};

/* An empty set with one reference; NULL when out of memory. */
struct gv_set *gv_set_new(enum gv_profile profile);

/* The candidates for an action of a package; NULL when there is no such package. */
const struct gv_candidates *gv_set_candidates(const struct gv_set *set, const char *package,
                                              struct gv_slice action);

/* Whether one of a rule's actions matches. */
bool gv_rule_has_action(const struct gv_rule *rule, struct gv_slice action);

/* Whether a model glob ("fraud/N*", "N", "**") matches. */
bool gv_model_glob_match(struct gv_slice pattern, struct gv_slice workspace, struct gv_slice model);

#endif
