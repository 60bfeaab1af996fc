/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/api/call.h"

#include "sidecar/api/fields.h"
#include "sidecar/api/limits.h"
#include "sidecar/api/requests.h"
#include "sidecar/api/write.h"
#include "sidecar/governance/judge.h"
#include "sidecar/governance/limits.h"
#include "sidecar/store/uuid.h"

#include <stdlib.h>

/* --- life --- */

static struct gv_api_call *make(struct gv_api *api, struct gv_http_request *request,
                                const struct gv_http_match *match)
{
    struct gv_arena *arena = gv_arena_new(GV_API_CALL_BYTES);
    struct gv_api_call *call = arena ? gv_arena_alloc(arena, sizeof(*call)) : NULL;
    if (!call) {
        gv_arena_free(arena);
        return NULL;
    }
    call->api = api;
    call->request = request;
    call->arena = arena;
    call->caller.request_id = gv_arena_string(arena, gv_http_request_id(request));
    if (match->count > 0)
        call->parameter = gv_arena_copy(arena, match->values[0]);
    if (!call->caller.request_id || (match->count > 0 && !call->parameter)) {
        gv_arena_free(arena);
        return NULL;
    }
    call->next = api->calls;
    call->place = &api->calls;
    if (call->next)
        call->next->place = &call->next;
    api->calls = call;
    return call;
}

void gv_api_call_free(struct gv_api_call *call)
{
    *call->place = call->next;
    if (call->next)
        call->next->place = call->place;
    if (call->caller.principal)
        gv_principal_unref(call->caller.principal);
    json_decref(call->body);
    gv_arena_free(call->arena);
}

static void request_ended(void *ctx)
{
    struct gv_api_call *call = ctx;
    gv_verifier_cancel(call->api->services.verifier, call);
    call->request = NULL;
    if (!call->busy)
        gv_api_call_free(call);
}

void gv_api_call_wait(struct gv_api_call *call)
{
    call->busy = true;
}

bool gv_api_call_resume(struct gv_api_call *call)
{
    call->busy = false;
    if (call->request)
        return true;
    gv_api_call_free(call);
    return false;
}

/* --- answers --- */

static void respond(struct gv_http_request *request, unsigned status, struct gv_slice body)
{
    static const struct gv_http_header headers[] = {{"Content-Type", "application/json"},
                                                    {"Cache-Control", "no-store"}};
    gv_http_respond(request, status, headers, sizeof(headers) / sizeof(headers[0]), body);
}

void gv_api_render_error(struct gv_http_request *request, unsigned status, const char *message)
{
    struct gv_text body = GV_TEXT_INIT;
    gv_text_string(&body, "{\"detail\":");
    gv_text_json(&body, gv_slice_from(message));
    gv_text_char(&body, '}');
    respond(request, status,
            gv_text_ok(&body) ? gv_text_slice(&body) : GV_SLICE("{\"detail\":\"out of memory\"}"));
    gv_text_free(&body);
}

void gv_api_call_fail(struct gv_api_call *call, unsigned status, const char *message)
{
    if (status == 401)
        gv_http_add_header(call->request, "WWW-Authenticate", "Bearer");
    if (status == 503)
        gv_http_add_header(call->request, "Retry-After", GV_API_RETRY_AFTER);
    gv_api_render_error(call->request, status, message ? message : gv_http_status_phrase(status));
}

void gv_api_call_answer(struct gv_api_call *call, unsigned status, json_t *body)
{
    struct gv_text text = GV_TEXT_INIT;
    if (body && gv_api_write(body, &text))
        respond(call->request, status, gv_text_slice(&text));
    else
        gv_api_call_fail(call, 503, "The answer could not be made for want of memory; try again.");
    gv_text_free(&text);
    json_decref(body);
}

void gv_api_call_replay(struct gv_api_call *call, unsigned status, struct gv_slice body)
{
    gv_http_add_header(call->request, "Idempotency-Replayed", "true");
    respond(call->request, status, body);
}

static unsigned status_of(const struct gv_error *err)
{
    if (err->code == GV_ERROR_MEMORY)
        return 503;
    return err->code == GV_ERROR_REFUSED ? 403 : 400;
}

void gv_api_call_refuse(struct gv_api_call *call, const struct gv_error *err)
{
    gv_api_call_fail(call, status_of(err), err->message);
}

static void tell(const struct gv_api_call *call, const char *reason, const char *message)
{
    gv_judge_refusal(call->api->services.governance, call->caller.principal, call->route->name,
                     reason, message);
}

void gv_api_call_forbid(struct gv_api_call *call, const char *reason, const char *message)
{
    tell(call, reason, message);
    gv_api_call_fail(call, 403, message);
}

/* --- what doors ask of a request --- */

bool gv_api_call_workspace(struct gv_api_call *call)
{
    struct gv_error err = GV_ERROR_INIT;
    const char *said = NULL;
    if (!call->body)
        said = gv_http_query_get(call->request, "workspace");
    else if (!gv_api_body_workspace(call->body, &said, &err)) {
        gv_api_call_refuse(call, &err);
        return false;
    }
    struct gv_slice header = gv_http_header(call->request, "X-MLFLOW-WORKSPACE");
    call->workspace = gv_api_decode_workspace(header, said, call->arena, &err);
    if (!call->workspace)
        gv_api_call_refuse(call, &err);
    return call->workspace != NULL;
}

bool gv_api_call_query(struct gv_api_call *call, const char *name, const char **ret_value)
{
    const char *value = gv_http_query_get(call->request, name);
    *ret_value = gv_arena_string(call->arena, value);
    if (!value || *ret_value)
        return true;
    gv_api_call_fail(call, 503, "out of memory; try again");
    return false;
}

bool gv_api_call_page(struct gv_api_call *call, int64_t *ret_limit, int64_t *ret_offset)
{
    struct gv_error err = GV_ERROR_INIT;
    const char *limit = gv_http_query_get(call->request, "limit");
    const char *offset = gv_http_query_get(call->request, "offset");
    if (gv_api_decode_number(limit, "limit", 1, GV_API_PAGE_MOST, GV_API_PAGE, ret_limit, &err) &&
        gv_api_decode_number(offset, "offset", 0, GV_API_OFFSET_MOST, 0, ret_offset, &err))
        return true;
    gv_api_call_refuse(call, &err);
    return false;
}

const char *gv_api_call_decision_id(struct gv_api_call *call)
{
    char *id = gv_arena_string(call->arena, call->parameter);
    for (char *c = id; c && *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    if (id && gv_uuid_is(gv_slice_from(id)))
        return id;
    gv_api_call_fail(call, 404, GV_API_NO_DECISION);
    return NULL;
}

/* --- body --- */

static void body_read(void *ctx, struct gv_http_request *request, struct gv_slice body)
{
    struct gv_api_call *call = ctx;
    struct gv_error err = GV_ERROR_INIT;
    (void)request;
    if (body.len > GV_CLAIM_BYTES) {
        gv_api_call_fail(call, 413, "The body is too large: a request has at most 256 KiB.");
        return;
    }
    call->bytes = (struct gv_slice){gv_arena_copy(call->arena, body), body.len};
    if (!call->bytes.ptr)
        gv_error_set(&err, GV_ERROR_MEMORY, "out of memory; try again");
    else
        call->body = gv_api_parse(call->bytes, &err);
    if (!call->body)
        gv_api_call_refuse(call, &err);
    else if (gv_api_check_identity(call->body, call->caller.principal, &err))
        call->route->door(call);
    else if (err.code == GV_ERROR_REFUSED)
        gv_api_call_forbid(call, "claimed-identity", err.message);
    else
        gv_api_call_refuse(call, &err);
}

/* What no JSON parser here would read as its sender means it; NULL when all is well. */
static const char *wrong_type(const struct gv_http_request *request)
{
    struct gv_slice type = gv_http_header(request, "Content-Type");
    struct gv_slice essence = gv_slice_split(&type, ';');
    while (essence.len > 0 && essence.ptr[essence.len - 1] == ' ')
        essence.len--;
    if (gv_http_header(request, "Content-Encoding").ptr)
        return "The body must not have a Content-Encoding; send it as it is.";
    if (!gv_slice_equal_nocase(essence, GV_SLICE("application/json")))
        return "Content-Type must be application/json.";
    return NULL;
}

static void read_body(struct gv_api_call *call)
{
    const char *wrong = wrong_type(call->request);
    if (call->route->body == GV_API_BODY_NONE)
        call->route->door(call);
    else if (wrong)
        gv_api_call_fail(call, 415, wrong);
    else
        gv_http_read(call->request, 0, body_read, call);
}

/* --- identity --- */

static void identified(void *ctx, enum gv_identity_result result,
                       const struct gv_principal *principal, const char *reason)
{
    struct gv_api_call *call = ctx;
    if (result == GV_IDENTITY_OK) {
        call->caller.principal = gv_principal_ref(principal);
        read_body(call);
        return;
    }
    const char *message = gv_identity_refusal(result);
    tell(call, reason ? reason : "absent", message);
    gv_api_call_fail(call, result == GV_IDENTITY_UNAVAILABLE ? 503 : 401, message);
}

void gv_api_call_begin(struct gv_api *api, struct gv_http_request *request,
                       const struct gv_http_match *match, const struct gv_api_route *route)
{
    struct gv_api_call *call = make(api, request, match);
    if (!call) {
        gv_api_render_error(request, 503, "out of memory; try again");
        return;
    }
    call->route = route;
    gv_http_on_end(request, request_ended, call);
    gv_verifier_check(api->services.verifier, gv_http_header(request, "Authorization"), identified,
                      call);
}
