/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GOVERNANCE_POLL_H
#define GV_GOVERNANCE_POLL_H

#include "sidecar/governance/people.h"
#include "sidecar/governance/rules.h"

/*
 * A decision with its votes, its people and the rules in force, read in one transaction, and what
 * follows: who may vote, what the votes add up to, what a status shows.
 *
 * The author of a version is known as MLflow knows him, by subject alone (the gateway writes the
 * token's subject there). So separation of duties compares subjects: a namesake of another issuer
 * is taken for the author, which can only refuse.
 */
struct gv_poll {
    const struct gv_set *set;
    struct gv_arena *arena;
    struct gv_decision decision;
    const struct gv_vote_row *votes;
    size_t vote_count;
    struct gv_people people;
    struct gv_rules rules;
    bool has_rules;           /* false: the policies have no such path any more */
    struct gv_error no_rules; /* then: why */
    struct gv_case about;     /* with rules only */
};

/* Reads; NOT_FOUND when there is no such decision. */
bool gv_poll_read(struct gv_poll *poll, struct gv_store_tx *tx, const struct gv_set *set,
                  const char *decision_id, struct gv_arena *arena, struct gv_error *err);

/* The same of a decision that the caller has just written. */
bool gv_poll_reread(struct gv_poll *poll, struct gv_store_tx *tx, struct gv_error *err);

/* What a status shows, in the arena; `now` for its age. False only when out of memory. */
bool gv_poll_view(const struct gv_poll *poll, gv_time now, struct gv_decision_view *ret_view,
                  struct gv_error *err);

/* The names of the roles whose seats are open ("data_architect"), for a kept answer; NULL when
 * nobody is waited for. */
const char *gv_poll_awaiting(const struct gv_poll *poll);

#endif
