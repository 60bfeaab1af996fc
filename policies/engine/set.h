/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_ENGINE_SET_H
#define GV_ENGINE_SET_H

#include "policies/engine/base/json.h"
#include "policies/engine/findings.h"
#include "policies/engine/promotion/model.h"
#include "policies/engine/resource.h"
#include "policies/engine/source.h"

/*
 * A compiled policy set: immutable, reference-counted, shared by all threads. Everything that can
 * change an answer (policies, role mappings, profile, mode) is part of it and of its digest, and is
 * swapped together.
 */
struct gv_set;

enum gv_profile { GV_PROFILE_DEV, GV_PROFILE_MEDIUM, GV_PROFILE_LARGE };

/* "dev", "medium", "large"; static. */
const char *gv_profile_word(enum gv_profile profile);
bool gv_profile_parse(struct gv_slice word, enum gv_profile *ret_profile);

struct gv_set_options {
    enum gv_profile profile;
};

/*
 * Compiles the sources into a set with one reference, or returns NULL. Findings (which may be NULL)
 * get everything that is wrong or notable; the set is made only when there is no error among them.
 * *err gets the first error. `options` NULL: the medium profile.
 */
struct gv_set *gv_set_load(const struct gv_policy_source *sources, size_t count,
                           const struct gv_set_options *options, struct gv_findings *findings,
                           struct gv_error *err);

/* Takes another reference; returns set. Thread-safe. */
struct gv_set *gv_set_ref(struct gv_set *set);

/* Gives one reference back; the last one frees the set. Accepts NULL; returns NULL. Thread-safe. */
struct gv_set *gv_set_unref(struct gv_set *set);

/* "sha256:" and 64 hex digits over names, texts, profile; lives as long as the set. */
const char *gv_set_digest(const struct gv_set *set);

enum gv_profile gv_set_profile(const struct gv_set *set);

/* Roles, in the order of declaration. */
size_t gv_set_role_count(const struct gv_set *set);
const char *gv_set_role_name(const struct gv_set *set, unsigned role);
bool gv_set_role_find(const struct gv_set *set, struct gv_slice name, unsigned *ret_role);
int gv_set_role_rank(const struct gv_set *set, unsigned role);

/* The names of a role set, joined by ", "; "nobody" when empty. NULL when out of memory. */
const char *gv_set_role_names(const struct gv_set *set, gv_role_set roles, struct gv_arena *arena);

/* A domain assignment made over the API: a RACI word ("accountable") in a domain. */
struct gv_assignment {
    const char *domain;
    const char *raci;
};

/*
 * The roles of a principal: by verified claims (the RaciMatrix' claim paths; `claims` may be NULL),
 * and by the assignments in `domain` (NULL: none count).
 */
gv_role_set gv_set_resolve_roles(const struct gv_set *set, const struct gv_json *claims,
                                 const struct gv_assignment *assignments, size_t count,
                                 const char *domain);

/* An activity of the RaciMatrix: who is what. */
struct gv_activity {
    const char *name;
    gv_role_set responsible;
    unsigned accountable;
    gv_role_set consulted;
    gv_role_set informed;
    struct gv_place place;
};

/* The activity of that name, or NULL. */
const struct gv_activity *gv_set_activity(const struct gv_set *set, const char *name);

/*
 * The promotion policy that governs a model, or NULL: the first, in the order of the sources, one
 * of whose `models` matches. Those are globs of workspace/NAME; one without '/' means the default
 * workspace, and "**" alone every model of all.
 */
const struct gv_promotion *gv_set_promotion(const struct gv_set *set, struct gv_slice workspace,
                                            struct gv_slice model);

/* Every promotion policy. */
size_t gv_set_promotion_count(const struct gv_set *set);
const struct gv_promotion *gv_set_promotion_at(const struct gv_set *set, size_t index);

/* A rule of an AccessPolicy. */
struct gv_rule {
    const char *policy; /* metadata.name of its document */
    const char *package;
    const char *name;
    enum gv_rule_effect { GV_RULE_ALLOW, GV_RULE_DENY } effect;
    bool any_role; /* anyone authenticated */
    gv_role_set roles;
    const char *const *actions;
    size_t action_count;
    const char *const *resources;
    size_t resource_count;
    const char *message; /* NULL: none */
    struct gv_place place;
};

struct gv_question {
    const char *package;
    gv_role_set roles;
    struct gv_slice action; /* "mlops:read" */
    struct gv_resource resource;
};

struct gv_answer {
    bool allow;
    const struct gv_rule
        *rule; /* the deny that matched, else the first allow; NULL: nothing matched */
    const struct gv_rule *nearest; /* without a match: an allow for this action and resource that
                                      lacks only the role; or NULL */
};

/* Decides: default deny, and a matching deny wins over any allow. No allocation, no lock. */
struct gv_answer gv_set_decide(const struct gv_set *set, const struct gv_question *question);

/*
 * Says why in one sentence for a person: the rule with its place, or what was missing. NULL when
 * out of memory.
 */
const char *gv_set_explain(const struct gv_set *set, const struct gv_question *question,
                           const struct gv_answer *answer, struct gv_arena *arena);

#endif
