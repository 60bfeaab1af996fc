/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/api/outcome.h"

#include "sidecar/api/requests.h"

bool gv_api_outcome_ok(struct gv_api_call *call, enum gv_outcome outcome, const char *message)
{
    if (!gv_api_call_resume(call))
        return false;
    if (outcome == GV_OUTCOME_OK)
        return true;
    gv_api_call_fail(call, gv_outcome_status(outcome), message);
    return false;
}

void gv_api_read_decision(struct gv_api_call *call, gv_governance_done done)
{
    const char *id = gv_api_call_decision_id(call);
    if (!id)
        return;
    gv_api_call_wait(call);
    gv_governance_get(call->api->services.governance, &call->caller, id, done, call);
}

/* False when the word is unknown, which is answered. */
static bool read_status(struct gv_api_call *call, struct gv_decision_filter *filter,
                        const char *(*shown)(enum gv_state state))
{
    struct gv_error err = GV_ERROR_INIT;
    const char *word = gv_http_query_get(call->request, "status");
    if (!word)
        return true;
    enum gv_state *states = gv_arena_array(call->arena, GV_STATE_COUNT, sizeof(*states));
    if (!states)
        gv_error_set(&err, GV_ERROR_MEMORY, "out of memory; try again");
    else if (gv_api_decode_status(word, shown, states, &filter->state_count, &err)) {
        filter->states = states;
        return true;
    }
    gv_api_call_refuse(call, &err);
    return false;
}

void gv_api_list(struct gv_api_call *call, struct gv_decision_filter *filter,
                 const char *(*shown)(enum gv_state state), gv_governance_list_done done)
{
    if (!gv_api_call_workspace(call) || !gv_api_call_page(call, &filter->limit, &filter->offset) ||
        !read_status(call, filter, shown))
        return;
    filter->workspace = call->workspace;
    if (filter->states && filter->state_count == 0) {
        gv_api_call_answer(call, 200, json_array()); /* a status that no decision has */
        return;
    }
    gv_api_call_wait(call);
    gv_governance_list(call->api->services.governance, &call->caller, filter, done, call);
}

void gv_api_answer_rows(struct gv_api_call *call, const struct gv_decision *rows, size_t count,
                        json_t *(*render)(const struct gv_decision *decision))
{
    json_t *list = json_array();
    int failed = list == NULL;
    for (size_t i = 0; i < count && !failed; i++)
        failed = json_array_append_new(list, render(&rows[i]));
    if (failed) {
        json_decref(list);
        list = NULL;
    }
    gv_api_call_answer(call, 200, list);
}
