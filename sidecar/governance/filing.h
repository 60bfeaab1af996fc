/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GOVERNANCE_FILING_H
#define GV_GOVERNANCE_FILING_H

#include "sidecar/governance/ledger.h"
#include "sidecar/governance/poll.h"

/*
 * A request on its way into the store. Two transactions: the first looks whether its idempotency
 * key has an answer already and who is assigned in the domain; the second claims the key and writes
 * decision, audit event and kept answer together, so that a crash leaves all or nothing. Lives
 * inside its operation.
 */
struct gv_filing {
    struct gv_frame *frame;
    struct gv_idempotency idempotency; /* texts copied */
    const char *domain;                /* whose people are read */
    const char *workspace;

    /* after the first transaction */
    struct gv_people people;

    /* for the second: the decision but for id, state and times; whether it needs approval */
    struct gv_decision decision;
    const struct gv_approval *approval;
    bool is_rollback; /* the version must have been in the target before */

    /* what the door is told */
    enum gv_outcome outcome;
    const char *message;
    struct gv_poll poll;
    bool has_poll; /* of the decision written, or of the active one that is in its way */
    struct gv_slice replay;
    unsigned replay_status;

    /* of the transaction under way */
    gv_store_done done;
    void *done_ctx;
};

/* Copies the caller's idempotency key; false when out of memory. */
bool gv_filing_keep_key(struct gv_filing *filing, const struct gv_idempotency *idempotency);

/* Starts the first transaction. False with *err when the store takes nothing. When `done` has no
 * error, look at `outcome` and `replay` before going on. */
bool gv_filing_open(struct gv_filing *filing, gv_store_done done, void *ctx, struct gv_error *err);

/* Starts the second. When `done` has an error and `outcome` is OK, the error is the store's. */
bool gv_filing_submit(struct gv_filing *filing, gv_store_done done, void *ctx,
                      struct gv_error *err);

/* The result for the door, with the view in the arena. */
void gv_filing_result(struct gv_filing *filing, struct gv_decision_view *view,
                      struct gv_result *ret_result);

/* Counts and logs a decision that was written. */
void gv_filing_announce(const struct gv_filing *filing);

#endif
