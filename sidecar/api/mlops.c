/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/api/outcome.h"
#include "sidecar/api/render.h"
#include "sidecar/api/requests.h"

#include "policies/engine/base/sha256.h"

#include <string.h>

/* The doors under /api/v1/mlops: asking for promotions and retrainings, and how they stand. */

/* --- Idempotency-Key --- */

/* What makes two calls the same: method and path, workspace and body. */
static const char *fingerprint(struct gv_api_call *call)
{
    unsigned char digest[GV_SHA256_SIZE];
    char *hex = gv_arena_alloc(call->arena, GV_SHA256_HEX_SIZE);
    const struct gv_slice parts[] = {gv_slice_from(call->route->name), GV_SLICE("\n"),
                                     gv_slice_from(call->workspace), GV_SLICE("\n"), call->bytes};
    gv_sha256_of_parts(parts, sizeof(parts) / sizeof(parts[0]), digest);
    return hex ? gv_sha256_hex(digest, hex) : NULL;
}

/* False when the header is malformed, which is answered. */
static bool read_key(struct gv_api_call *call, struct gv_idempotency *ret_idempotency)
{
    struct gv_error err = GV_ERROR_INIT;
    struct gv_slice key = gv_http_header(call->request, "Idempotency-Key");
    unsigned count = gv_http_header_count(call->request, "Idempotency-Key");
    *ret_idempotency = (struct gv_idempotency){0};
    if (count == 0)
        return true;
    if (count > 1)
        gv_error_set(&err, GV_ERROR_INVALID, "there is more than one Idempotency-Key");
    else if (gv_api_check_key(key, &err)) {
        *ret_idempotency = (struct gv_idempotency){.key = gv_arena_copy(call->arena, key),
                                                   .fingerprint = fingerprint(call),
                                                   .status = 201,
                                                   .render = gv_api_render_kept};
        if (ret_idempotency->key && ret_idempotency->fingerprint)
            return true;
        gv_error_set(&err, GV_ERROR_MEMORY, "out of memory; try again");
    }
    gv_api_call_refuse(call, &err);
    return false;
}

/* --- asking --- */

static void requested(void *ctx, const struct gv_result *result)
{
    struct gv_api_call *call = ctx;
    if (!gv_api_outcome_ok(call, result->outcome, result->message))
        return;
    if (result->replay.ptr) {
        gv_api_call_replay(call, result->replay_status, result->replay);
        return;
    }
    const char *awaiting = gv_api_awaiting(result->view, call->arena);
    gv_api_call_answer(call, 201, gv_api_render_receipt(&result->view->row, awaiting));
}

void gv_api_request_promotion(struct gv_api_call *call)
{
    struct gv_error err = GV_ERROR_INIT;
    struct gv_promotion_request request;
    if (!gv_api_decode_promotion(call->body, call->arena, &request, &err)) {
        gv_api_call_refuse(call, &err);
        return;
    }
    if (!gv_api_call_workspace(call) || !read_key(call, &request.idempotency))
        return;
    request.workspace = call->workspace;
    request.body = call->bytes.ptr;
    gv_api_call_wait(call);
    gv_governance_request_promotion(call->api->services.governance, &call->caller, &request,
                                    requested, call);
}

void gv_api_request_retraining(struct gv_api_call *call)
{
    struct gv_error err = GV_ERROR_INIT;
    struct gv_retraining_request request;
    if (!gv_api_decode_retraining(call->body, &request, &err)) {
        gv_api_call_refuse(call, &err);
        return;
    }
    if (!gv_api_call_workspace(call) || !read_key(call, &request.idempotency))
        return;
    request.workspace = call->workspace;
    request.body = call->bytes.ptr;
    gv_api_call_wait(call);
    gv_governance_request_retraining(call->api->services.governance, &call->caller, &request,
                                     requested, call);
}

/* --- how it stands --- */

static void answer_status(struct gv_api_call *call, const struct gv_result *result,
                          const char *type)
{
    if (!gv_api_outcome_ok(call, result->outcome, result->message))
        return;
    if (strcmp(result->view->row.type, type) != 0)
        gv_api_call_fail(call, 404, GV_API_NO_DECISION);
    else
        gv_api_call_answer(call, 200, gv_api_render_status(result->view));
}

static void promotion_read(void *ctx, const struct gv_result *result)
{
    answer_status(ctx, result, "model_promotion");
}

static void retraining_read(void *ctx, const struct gv_result *result)
{
    answer_status(ctx, result, "model_retraining");
}

void gv_api_get_promotion(struct gv_api_call *call)
{
    gv_api_read_decision(call, promotion_read);
}

void gv_api_get_retraining(struct gv_api_call *call)
{
    gv_api_read_decision(call, retraining_read);
}

static json_t *render_listed(const struct gv_decision *decision)
{
    return gv_api_render_summary(decision, gv_clock_wall());
}

static void promotions_listed(void *ctx, enum gv_outcome outcome, const char *message,
                              const struct gv_decision *rows, size_t count)
{
    if (gv_api_outcome_ok(ctx, outcome, message))
        gv_api_answer_rows(ctx, rows, count, render_listed);
}

void gv_api_list_promotions(struct gv_api_call *call)
{
    struct gv_decision_filter filter = {.type = "model_promotion"};
    if (gv_api_call_query(call, "model_name", &filter.model))
        gv_api_list(call, &filter, gv_api_mlops_status, promotions_listed);
}

/* --- may this stage change happen? --- */

static void asked(void *ctx, const struct gv_stage_answer *answer)
{
    struct gv_api_call *call = ctx;
    if (gv_api_outcome_ok(call, answer->outcome, answer->message))
        gv_api_call_answer(call, 200, gv_api_render_answer(answer));
}

void gv_api_ask_promotion(struct gv_api_call *call)
{
    struct gv_error err = GV_ERROR_INIT;
    struct gv_stage_question question;
    if (!gv_api_decode_question(call->body, &question, &err)) {
        gv_api_call_refuse(call, &err);
        return;
    }
    if (!gv_api_call_workspace(call))
        return;
    question.workspace = call->workspace;
    gv_api_call_wait(call);
    gv_governance_ask_stage(call->api->services.governance, &call->caller, &question, asked, call);
}
