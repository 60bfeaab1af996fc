/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GOVERNANCE_FRAME_H
#define GV_GOVERNANCE_FRAME_H

#include "sidecar/governance/governance.h"
#include "sidecar/governance/limits.h"

/*
 * The frame of an asynchronous operation: its memory, the policy set that it began with (an edit in
 * the middle changes nothing for it), and its caller. A kind of operation is a struct whose first
 * member is the frame; its steps are functions that each start one question and name the next.
 *
 * While a transaction runs, its operation belongs to the store's thread; the loop does not look at
 * it until the transaction's `done`.
 */
struct gv_frame {
    struct gv_governance *governance;
    struct gv_frame *previous;
    struct gv_frame *next;
    struct gv_arena *arena;
    struct gv_set *set;
    struct gv_caller caller; /* the principal is a reference of its own; all NULL: nobody */
    gv_role_set roles;       /* by the token's claims */
};

/* The roles of a principal that one loop remembers, by identity of the principal (which the entry
 * keeps alive, so that its address cannot become another's) and generation of the policies. */
struct gv_remembered_roles {
    const struct gv_principal *principal;
    uint64_t generation;
    gv_role_set roles;
};

struct gv_governance {
    struct gv_governance_services services;
    struct gv_slot_reader reader;
    struct gv_frame *operations; /* under way */
    unsigned active;
    struct gv_remembered_roles remembered[GV_ROLES_CACHED];
};

/*
 * Begins an operation: `size` zeroed bytes, of which the frame is the first. NULL when there are
 * GV_OPERATIONS_MAX or memory is short; then the caller answers that it is unavailable.
 */
void *gv_frame_begin(struct gv_governance *governance, const struct gv_caller *caller, size_t size);

/* Ends it and frees all that came from its arena. */
void gv_frame_end(struct gv_frame *frame);

/* The set in force, borrowed until the next call. */
struct gv_set *gv_governance_set(struct gv_governance *governance);

/* The roles that the claims of a principal give under the set in force; 0 for NULL. */
gv_role_set gv_governance_roles(struct gv_governance *governance,
                                const struct gv_principal *principal);

/* What an outcome says when an operation could not begin. */
#define GV_FRAME_BUSY "too many operations are under way or memory is short; try again"

/* The outcome that an error of store or MLflow means. */
enum gv_outcome gv_outcome_of(const struct gv_error *err);

#endif
