/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GOVERNANCE_STANDING_H
#define GV_GOVERNANCE_STANDING_H

#include "sidecar/governance/frame.h"

/* What the store already holds about a version and a target: the request that has not ended, else
 * the newest that was carried out, and whether the version was ever put there. */
struct gv_standing {
    /* asked */
    struct gv_arena *arena;
    const char *workspace;
    const char *model;
    int64_t version;
    const char *target;
    /* answered */
    struct gv_decision decision; /* when active or executed */
    bool active;
    bool executed;
    bool held;
};

/* Fills in what is answered; in a transaction of the store. */
bool gv_standing_read(struct gv_store_tx *tx, struct gv_standing *standing, struct gv_error *err);

/* "Request … waits for approval (AWAITING_APPROVAL)". NULL when out of memory or when there is no
 * decision. */
const char *gv_standing_sentence(const struct gv_standing *standing);

#endif
