/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/api/outcome.h"
#include "sidecar/api/render.h"
#include "sidecar/api/requests.h"

/* The doors under /api/v1/decisions, with the shapes of the platform's governance API. */

static void decision_read(void *ctx, const struct gv_result *result)
{
    if (gv_api_outcome_ok(ctx, result->outcome, result->message))
        gv_api_call_answer(ctx, 200, gv_api_render_decision(&result->view->row));
}

static void votes_read(void *ctx, const struct gv_result *result)
{
    if (gv_api_outcome_ok(ctx, result->outcome, result->message))
        gv_api_call_answer(ctx, 200,
                           gv_api_render_votes(result->view->votes, result->view->vote_count));
}

void gv_api_get_decision(struct gv_api_call *call)
{
    gv_api_read_decision(call, decision_read);
}

void gv_api_list_votes(struct gv_api_call *call)
{
    gv_api_read_decision(call, votes_read);
}

static void decisions_listed(void *ctx, enum gv_outcome outcome, const char *message,
                             const struct gv_decision *rows, size_t count)
{
    if (gv_api_outcome_ok(ctx, outcome, message))
        gv_api_answer_rows(ctx, rows, count, gv_api_render_decision);
}

void gv_api_list_decisions(struct gv_api_call *call)
{
    struct gv_decision_filter filter = {0};
    if (gv_api_call_query(call, "domain_id", &filter.domain))
        gv_api_list(call, &filter, gv_api_status, decisions_listed);
}

static void voted(void *ctx, const struct gv_result *result)
{
    if (gv_api_outcome_ok(ctx, result->outcome, result->message))
        gv_api_call_answer(ctx, 201, gv_api_render_vote(result->vote));
}

void gv_api_vote(struct gv_api_call *call)
{
    struct gv_error err = GV_ERROR_INIT;
    struct gv_api_ballot ballot;
    if (!gv_api_decode_ballot(call->body, &ballot, &err)) {
        gv_api_call_refuse(call, &err);
        return;
    }
    const char *id = gv_api_call_decision_id(call);
    if (!id)
        return;
    gv_api_call_wait(call);
    gv_governance_vote(call->api->services.governance, &call->caller, id, ballot.vote,
                       ballot.comment, voted, call);
}
