/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_API_RENDER_H
#define GV_API_RENDER_H

#include "sidecar/governance/governance.h"
#include <jansson.h>

/*
 * The bodies of answers, with the platform's names. Pure; any thread. Each returns a new reference,
 * or NULL when out of memory (or when a row holds what is not UTF-8, which the doors refuse).
 * People are shown as their subject.
 */

/* What the governance paths call a state: the platform's word in lower case. How an approved
 * decision is carried out is told apart, so that a client that waits for "approved" finds it. */
const char *gv_api_status(enum gv_state state);

/* The MLOps paths' word ("PENDING"). */
const char *gv_api_mlops_status(enum gv_state state);

/* The subject of "issuer|subject"; borrowed, NULL for NULL. */
const char *gv_api_subject(const char *person);

/*
 * The answer to a request: {decision_id, status, message, approval_required}. `awaiting`: names of
 * roles joined by ", ", in any order; NULL when it waits for nobody.
 */
json_t *gv_api_render_receipt(const struct gv_decision *decision, const char *awaiting);

/* gv_api_render_receipt for struct gv_idempotency. */
bool gv_api_render_kept(const struct gv_decision *decision, const char *awaiting,
                        struct gv_text *out);

/* The names of the roles whose seats are open, joined as `awaiting`; NULL when there are none, and
 * when out of memory. In the arena. */
const char *gv_api_awaiting(const struct gv_decision_view *view, struct gv_arena *arena);

/* The status of a promotion or retraining as a list shows it, and with votes and missing seats. */
json_t *gv_api_render_summary(const struct gv_decision *decision, gv_time now);
json_t *gv_api_render_status(const struct gv_decision_view *view);

/* {id, decision_type, title, description, status, domain_id, created_by, created_at, updated_at,
 * promotion}. */
json_t *gv_api_render_decision(const struct gv_decision *decision);

/* {id, decision_id, voter_id, voter_role, vote, comment, voted_at}. */
json_t *gv_api_render_vote(const struct gv_vote_row *vote);
json_t *gv_api_render_votes(const struct gv_vote_row *votes, size_t count);

/* {allowed, reason, approval_required, approval_by, decision_id, policy}. */
json_t *gv_api_render_answer(const struct gv_stage_answer *answer);

/* {id, event_type, entity_type, entity_id, actor_id, description, occurred_at, event_hash}. */
json_t *gv_api_render_event(const struct gv_audit_row *row);

/* {is_valid}, and what is wrong first when it is not: problem, writer, seq. */
json_t *gv_api_render_verdict(const struct gv_audit_verdict *verdict);

#endif
