/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GOVERNANCE_LEDGER_H
#define GV_GOVERNANCE_LEDGER_H

#include "sidecar/governance/frame.h"

/* Decisions and their audit events, written in one transaction. On the store's thread. */

/* What happened to a decision, for the audit trail. */
struct gv_entry {
    const char *event_type; /* without its kind: "REQUESTED" becomes MODEL_PROMOTION_REQUESTED */
    bool is_whole;          /* the type is written as it is: VOTE_CAST */
    const char *actor;      /* "gavel" for itself */
    const char *outcome;
    const struct gv_audit_field *fields;
    size_t field_count;
};

/* Appends the event. */
bool gv_ledger_event(const struct gv_frame *frame, struct gv_store_tx *tx,
                     const struct gv_decision *decision, const struct gv_entry *entry,
                     struct gv_error *err);

/* Takes one edge of the state machine and writes the row. REFUSED when there is no such edge. */
bool gv_ledger_take(struct gv_store_tx *tx, struct gv_decision *decision, enum gv_event event,
                    struct gv_error *err);

/* Ends a decision whose time has run out, with its event. */
bool gv_ledger_expire(const struct gv_frame *frame, struct gv_store_tx *tx,
                      struct gv_decision *decision, struct gv_error *err);

/* Whether it waits and its time has run out. */
bool gv_ledger_is_overdue(const struct gv_decision *decision, gv_time now);

#endif
