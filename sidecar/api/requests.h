/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_API_REQUESTS_H
#define GV_API_REQUESTS_H

#include "sidecar/governance/governance.h"
#include <jansson.h>

/*
 * What the bodies of mlops-phase1 and of the governance API say, as governance understands them.
 * Texts are borrowed from the body, arrays are in the arena. False with an error that names the
 * member: MISSING_KEY, TYPE, RANGE, LIMIT, UNKNOWN_VALUE, MEMORY. Who is calling, the workspace
 * and the Idempotency-Key are the caller's to add.
 */

bool gv_api_decode_promotion(const json_t *body, struct gv_arena *arena,
                             struct gv_promotion_request *ret_request, struct gv_error *err);

bool gv_api_decode_retraining(const json_t *body, struct gv_retraining_request *ret_request,
                              struct gv_error *err);

bool gv_api_decode_question(const json_t *body, struct gv_stage_question *ret_question,
                            struct gv_error *err);

struct gv_api_ballot {
    enum gv_vote vote;
    const char *comment; /* NULL: none */
};

bool gv_api_decode_ballot(const json_t *body, struct gv_api_ballot *ret_ballot,
                          struct gv_error *err);

/*
 * Whether each member that says who is calling (voter_id, approver_id, requester_id, created_by)
 * names the caller: the subject of the token or its user name. REFUSED when one does not.
 */
bool gv_api_check_identity(const json_t *body, const struct gv_principal *principal,
                           struct gv_error *err);

/*
 * The workspace of a call: from the header X-MLFLOW-WORKSPACE, the body or the query (either may be
 * NULL or empty; both must agree), "default" when neither says. In the arena; NULL on error.
 */
const char *gv_api_decode_workspace(struct gv_slice header, const char *member,
                                    struct gv_arena *arena, struct gv_error *err);

/* The member `workspace` of a body, NULL when absent. */
bool gv_api_body_workspace(const json_t *body, const char **ret_workspace, struct gv_error *err);

/* Whether a header's value will do as an Idempotency-Key: printable ASCII, bounded. */
bool gv_api_check_key(struct gv_slice key, struct gv_error *err);

/* A number of a query within bounds; `fallback` when `text` is NULL. */
bool gv_api_decode_number(const char *text, const char *name, int64_t least, int64_t most,
                          int64_t fallback, int64_t *ret_number, struct gv_error *err);

/*
 * The states that a query's word for a status means, in any case: all those that `shown` shows
 * under that word, and the one whose own word it is. None for words of the platform that no
 * decision of Gavel's has (vetoed, escalated). UNKNOWN_VALUE for any other.
 */
bool gv_api_decode_status(const char *word, const char *(*shown)(enum gv_state state),
                          enum gv_state ret_states[GV_STATE_COUNT], size_t *ret_count,
                          struct gv_error *err);

#endif
