/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_API_OUTCOME_H
#define GV_API_OUTCOME_H

#include "sidecar/api/call.h"

/* What doors share in answering what governance says. Private to this folder. */

/* Takes the call up again. False when there is nothing left to do: nobody is left to answer, or the
 * outcome was no OK and is answered. */
bool gv_api_outcome_ok(struct gv_api_call *call, enum gv_outcome outcome, const char *message);

/* Reads the decision that the path names; `done` gets it. */
void gv_api_read_decision(struct gv_api_call *call, gv_governance_done done);

/* A list of decisions that the query asks for (status, limit, offset, workspace and what the door
 * has set in *filter); `done` gets it. */
void gv_api_list(struct gv_api_call *call, struct gv_decision_filter *filter,
                 const char *(*shown)(enum gv_state state), gv_governance_list_done done);

/* Answers a list of rows, each rendered by `render`. */
void gv_api_answer_rows(struct gv_api_call *call, const struct gv_decision *rows, size_t count,
                        json_t *(*render)(const struct gv_decision *decision));

#endif
