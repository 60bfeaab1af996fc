/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/gateway/exchange.h"
#include "sidecar/gateway/limits.h"
#include "sidecar/telemetry/metrics.h"

#include <stdlib.h>

/* --- the gateway itself --- */

static bool copy_texts(struct gv_gateway *gateway, const struct gv_gateway_options *options)
{
    struct gv_arena *arena = gateway->arena;
    gateway->options.upstream = gv_arena_string(arena, options->upstream);
    gateway->options.static_prefix = gv_arena_string(arena, options->static_prefix);
    gateway->options.authorization = gv_arena_string(arena, options->authorization);
    gateway->options.ca_file = gv_arena_string(arena, options->ca_file);
    const char **hosts = gv_arena_array(arena, options->host_count + 1, sizeof(*hosts));
    for (size_t i = 0; hosts && i < options->host_count; i++)
        hosts[i] = gv_arena_string(arena, options->hosts[i]);
    gateway->options.hosts = hosts;
    return gateway->options.upstream && gateway->options.static_prefix && hosts;
}

struct gv_gateway *gv_gateway_new(const struct gv_gateway_services *services,
                                  const struct gv_gateway_options *options, struct gv_error *err)
{
    struct gv_gateway *gateway = calloc(1, sizeof(*gateway));
    if (gateway) {
        gateway->services = *services;
        gateway->options = *options;
        gateway->arena = gv_arena_new(0);
    }
    if (gateway && gateway->arena && copy_texts(gateway, options))
        return gateway;
    gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    return gv_gateway_free(gateway);
}

struct gv_gateway *gv_gateway_free(struct gv_gateway *gateway)
{
    if (!gateway)
        return NULL;
    gv_arena_free(gateway->arena);
    free(gateway);
    return NULL;
}

/* --- answers of our own, in MLflow's words --- */

static void respond_json(struct gv_http_request *request, unsigned status, const char *message,
                         const char *decision_id)
{
    const struct gv_http_header headers[] = {{"Content-Type", "application/json"}};
    const char *body = gv_mlflow_error_json(gv_http_arena(request), gv_mlflow_error_code(status),
                                            message, decision_id);
    gv_http_respond(request, status, headers, 1,
                    body ? gv_slice_from(body) : GV_SLICE("{\"error_code\":\"INTERNAL_ERROR\"}"));
}

void gv_gateway_render_error(struct gv_http_request *request, unsigned status, const char *message)
{
    respond_json(request, status, message, NULL);
}

void gv_exchange_refuse(struct gv_exchange *exchange, unsigned status, const char *message,
                        const char *decision_id)
{
    if (!exchange->request || exchange->answered)
        return;
    exchange->answered = true;
    if (status == 401)
        gv_http_add_header(exchange->request, "WWW-Authenticate",
                           "Basic realm=\"MLflow\", charset=\"UTF-8\"");
    if (status == 503)
        gv_http_add_header(exchange->request, "Retry-After", "2");
    respond_json(exchange->request, status, message, decision_id);
}

static void refuse_and_tell(struct gv_exchange *exchange, unsigned status, const char *reason,
                            const char *message)
{
    const char *route = exchange->match.key ? exchange->match.key : "unknown";
    gv_judge_refusal(exchange->gateway->services.governance, exchange->caller.principal, route,
                     reason, message);
    gv_exchange_refuse(exchange, status, message, NULL);
}

/* --- the life of an exchange --- */

void gv_exchange_settle(struct gv_exchange *exchange)
{
    if (exchange->request || exchange->upstream || exchange->judging)
        return;
    if (exchange->caller.principal)
        gv_principal_unref(exchange->caller.principal);
    gv_pipe_free(&exchange->up);
    gv_pipe_free(&exchange->down);
    gv_arena_free(exchange->arena);
}

static void request_ended(void *ctx)
{
    struct gv_exchange *exchange = ctx;
    gv_metric_observe(GV_METRIC_API_LATENCY,
                      (double)(gv_clock_monotonic() - exchange->started) / (double)GV_SECOND);
    gv_verifier_cancel(exchange->gateway->services.verifier, exchange);
    exchange->request = NULL;
    /* Nobody reads the answer any more. What is audited is finished all the same, for its outcome.
     */
    if (exchange->upstream && exchange->outcome_due && !exchange->outcome_told)
        gv_http_call_more(exchange->upstream);
    else if (exchange->upstream) {
        gv_http_call_cancel(exchange->upstream);
        exchange->upstream = NULL;
    }
    gv_exchange_settle(exchange);
}

static struct gv_exchange *begin(struct gv_gateway *gateway, struct gv_http_request *request)
{
    size_t limit = GV_GATEWAY_ARENA_BASE + GV_GATEWAY_ARENA_BODIES * gateway->options.body_bytes;
    struct gv_arena *arena = gv_arena_new(limit);
    struct gv_exchange *exchange = arena ? gv_arena_alloc(arena, sizeof(*exchange)) : NULL;
    if (!exchange) {
        gv_arena_free(arena);
        return NULL;
    }
    exchange->gateway = gateway;
    exchange->request = request;
    exchange->arena = arena;
    exchange->started = gv_http_started(request);
    exchange->caller.request_id = gv_arena_string(arena, gv_http_request_id(request));
    gv_http_on_end(request, request_ended, exchange);
    return exchange;
}

/* --- judge --- */

static unsigned verdict_status(enum gv_verdict_kind kind)
{
    switch (kind) {
    case GV_VERDICT_ALLOW:
        return 200;
    case GV_VERDICT_DENY:
        return 403;
    case GV_VERDICT_INVALID:
        return 400;
    case GV_VERDICT_NOT_FOUND:
        return 404;
    case GV_VERDICT_UNAVAILABLE:
        return 503;
    }
    return 500;
}

static void judged(void *ctx, const struct gv_verdict *verdict)
{
    struct gv_exchange *exchange = ctx;
    exchange->judging = false;
    exchange->outcome_due = verdict->outcome_due;
    if (verdict->kind == GV_VERDICT_ALLOW && exchange->request) {
        gv_exchange_relay(exchange);
        return;
    }
    /* The client left while the intent was made durable: nothing is sent, and the trail says so. */
    if (verdict->kind == GV_VERDICT_ALLOW && exchange->outcome_due)
        gv_judge_outcome(exchange->gateway->services.governance, &exchange->caller, &exchange->call,
                         0);
    if (verdict->kind != GV_VERDICT_ALLOW)
        gv_exchange_refuse(exchange, verdict_status(verdict->kind), verdict->message,
                           verdict->decision_id);
    gv_exchange_settle(exchange);
}

/* An MLflow without workspaces ignores the header and acts on the only one it has: what is judged
 * in one workspace would happen in another. */
static bool is_foreign_workspace(const struct gv_exchange *exchange)
{
    return !exchange->gateway->options.workspaces && exchange->call.workspace &&
           strcmp(exchange->call.workspace, "default") != 0;
}

static void judge(struct gv_exchange *exchange, struct gv_slice body)
{
    struct gv_error err = GV_ERROR_INIT;
    struct gv_slice workspace = gv_http_header(exchange->request, "X-MLFLOW-WORKSPACE");
    const char *user = exchange->caller.principal ? exchange->caller.principal->subject : NULL;
    if (!gv_mlflow_classify(exchange->arena, &exchange->match, workspace, body, user,
                            &exchange->call, &err)) {
        if (err.code == GV_ERROR_MEMORY)
            gv_exchange_refuse(exchange, 503, "out of memory; try again", NULL);
        else
            refuse_and_tell(exchange, 400, "malformed", err.message);
        return;
    }
    if (is_foreign_workspace(exchange)) {
        refuse_and_tell(
            exchange, 400, "workspace",
            "this MLflow keeps no workspaces apart, so the header X-MLFLOW-WORKSPACE would mean "
            "nothing; leave it out, or set mlflow.workspaces if MLflow has them");
        return;
    }
    if (!exchange->match.route->action) {
        gv_exchange_relay(exchange);
        return;
    }
    exchange->judging = true;
    gv_judge_call(exchange->gateway->services.governance, &exchange->caller, &exchange->call,
                  judged, exchange);
}

/* --- read --- */

static void body_read(void *ctx, struct gv_http_request *request, struct gv_slice body)
{
    (void)request;
    judge(ctx, body);
}

/* MLflow asks for application/json on POST and PUT only, and decodes no encodings: one way for all.
 */
static const char *wrong_body(const struct gv_exchange *exchange)
{
    struct gv_slice type = gv_http_header(exchange->request, "Content-Type");
    struct gv_slice essence = gv_slice_split(&type, ';');
    while (essence.len && essence.ptr[essence.len - 1] == ' ')
        essence.len--;
    if (gv_http_header(exchange->request, "Content-Encoding").ptr)
        return "a JSON body must not have a Content-Encoding; send it as it is";
    if (gv_http_body_length(exchange->request) == 0)
        return NULL;
    if (!gv_slice_equal_nocase(essence, GV_SLICE("application/json")))
        return "Content-Type must be application/json";
    return NULL;
}

static void read_body(struct gv_exchange *exchange)
{
    bool has_body = gv_http_body_length(exchange->request) != 0;
    struct gv_slice method = gv_http_method(exchange->request);
    if (exchange->match.has_json) {
        const char *wrong = wrong_body(exchange);
        if (wrong)
            refuse_and_tell(exchange, 400, "body", wrong);
        else
            gv_http_read(exchange->request, exchange->gateway->options.body_bytes, body_read,
                         exchange);
        return;
    }
    if (has_body && (gv_slice_is(method, "GET") || gv_slice_is(method, "HEAD"))) {
        refuse_and_tell(exchange, 400, "body",
                        "GET and HEAD take no body; put parameters in the query");
        return;
    }
    judge(exchange, (struct gv_slice){0});
}

/* --- identify --- */

static void identified(void *ctx, enum gv_identity_result result,
                       const struct gv_principal *principal, const char *reason)
{
    struct gv_exchange *exchange = ctx;
    if (result == GV_IDENTITY_OK) {
        exchange->caller.principal = gv_principal_ref(principal);
        read_body(exchange);
        return;
    }
    refuse_and_tell(exchange, result == GV_IDENTITY_UNAVAILABLE ? 503 : 401,
                    reason ? reason : "absent", gv_identity_refusal(result));
}

/* --- match --- */

static void match(struct gv_exchange *exchange)
{
    struct gv_error err = GV_ERROR_INIT;
    struct gv_http_request *request = exchange->request;
    const char *foreign = gv_exchange_foreign(exchange->gateway, request);
    if (foreign) {
        refuse_and_tell(exchange, 403, "origin", foreign);
        return;
    }
    enum gv_match_result result = gv_mlflow_match(
        exchange->arena, gv_http_method(request), gv_http_path(request), gv_http_query(request),
        exchange->gateway->options.static_prefix, &exchange->match, &err);
    if (result == GV_MATCH_MALFORMED)
        refuse_and_tell(exchange, 400, "target", err.message);
    else if (result == GV_MATCH_UNKNOWN)
        refuse_and_tell(
            exchange, 403, "route",
            "this gateway does not know the route, and what it does not know it denies; ask "
            "the platform team to add it to the route table");
    else if (!exchange->match.route->action)
        read_body(exchange);
    else
        gv_verifier_check(exchange->gateway->services.verifier,
                          gv_http_header(request, "Authorization"), identified, exchange);
}

void gv_gateway_handle(void *ctx, struct gv_http_request *request)
{
    struct gv_gateway *gateway = ctx;
    gv_metric_add(GV_METRIC_API_REQUESTS, 1);
    struct gv_exchange *exchange = begin(gateway, request);
    if (exchange)
        match(exchange);
    else
        gv_gateway_render_error(request, 503, "out of memory; try again");
}
