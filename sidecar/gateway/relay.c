/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/gateway/exchange.h"
#include "sidecar/gateway/limits.h"

#include <stdlib.h>
#include <string.h>

/* --- upwards: a streamed body --- */

static size_t client_data(void *ctx, const char *bytes, size_t len)
{
    struct gv_exchange *exchange = ctx;
    if (!exchange->upstream)
        return len; /* MLflow has answered already; the rest is read and dropped */
    if (!gv_pipe_put(&exchange->up, bytes, len))
        return 0;
    if (exchange->up.starved)
        gv_http_call_more(exchange->upstream);
    return len;
}

static void client_end(void *ctx)
{
    struct gv_exchange *exchange = ctx;
    exchange->up.ended = true;
    if (exchange->upstream && exchange->up.starved)
        gv_http_call_more(exchange->upstream);
}

static int64_t upstream_source(void *ctx, char *buffer, size_t size)
{
    struct gv_exchange *exchange = ctx;
    size_t len = gv_pipe_take(&exchange->up, buffer, size);
    if (exchange->up.broken)
        return GV_HTTP_SOURCE_CUT;
    if (len && exchange->up.blocked && exchange->request) {
        exchange->up.blocked = false;
        gv_http_stream_more(exchange->request);
    }
    if (len)
        return (int64_t)len;
    return exchange->up.ended ? GV_HTTP_SOURCE_END : GV_HTTP_SOURCE_WAIT;
}

/* --- downwards: the answer --- */

static int64_t client_source(void *ctx, char *buffer, size_t size)
{
    struct gv_exchange *exchange = ctx;
    size_t len = gv_pipe_take(&exchange->down, buffer, size);
    if (len && exchange->down.blocked && exchange->upstream) {
        exchange->down.blocked = false;
        gv_http_call_more(exchange->upstream);
    }
    if (len)
        return (int64_t)len;
    if (exchange->down.broken)
        return GV_HTTP_SOURCE_CUT;
    return exchange->down.ended ? GV_HTTP_SOURCE_END : GV_HTTP_SOURCE_WAIT;
}

static void wake_client(struct gv_exchange *exchange)
{
    if (!exchange->request || !exchange->answered || !exchange->down.starved)
        return;
    exchange->down.starved = false;
    gv_http_source_more(exchange->request);
}

static bool upstream_data(void *ctx, const char *bytes, size_t len)
{
    struct gv_exchange *exchange = ctx;
    if (!exchange->request)
        return true; /* only the outcome is still of interest */
    if (!gv_pipe_put(&exchange->down, bytes, len))
        return exchange->down.broken;
    wake_client(exchange);
    return true;
}

static bool has_no_body(const struct gv_exchange *exchange, unsigned status)
{
    return exchange->head_request || status == 204 || status == 304;
}

static int64_t length_of(const struct gv_http_reply *reply)
{
    const char *text = gv_http_reply_header(reply, "Content-Length");
    char *end = NULL;
    long long length = text ? strtoll(text, &end, 10) : -1;
    return text && *text && !*end && length >= 0 ? length : -1;
}

/* A redirect would lead the client past the decision that was made for this target. */
static bool leads_away(const struct gv_http_reply *reply)
{
    return reply->status >= 300 && reply->status < 400 && reply->status != 304;
}

static void tell_outcome(struct gv_exchange *exchange, unsigned status)
{
    if (exchange->outcome_told || !exchange->call.route || !exchange->caller.principal)
        return;
    exchange->outcome_told = true;
    bool counted = exchange->call.operation == GV_OPERATION_RUN_CREATE ||
                   exchange->call.operation == GV_OPERATION_EXPERIMENT_CREATE;
    if (exchange->outcome_due || counted)
        gv_judge_outcome(exchange->gateway->services.governance, &exchange->caller, &exchange->call,
                         status);
}

/* Keeps the head of a short answer until its body is there; false when it is not short, or memory
 * is. */
static bool gather(struct gv_exchange *exchange, const struct gv_http_reply *reply,
                   const struct gv_http_header *headers, unsigned count)
{
    int64_t length = length_of(reply);
    if (length < 0 || length > GV_GATEWAY_GATHER_BYTES || has_no_body(exchange, reply->status))
        return false;
    struct gv_http_header *kept = gv_arena_array(exchange->arena, count + 1, sizeof(*kept));
    for (unsigned i = 0; kept && i < count; i++) {
        kept[i] = (struct gv_http_header){gv_arena_string(exchange->arena, headers[i].name),
                                          gv_arena_string(exchange->arena, headers[i].value)};
        if (!kept[i].name || !kept[i].value)
            return false;
    }
    exchange->gathered = kept;
    exchange->gathered_count = count;
    exchange->gathered_status = reply->status;
    return kept != NULL;
}

static void send_gathered(struct gv_exchange *exchange)
{
    exchange->answered = true;
    gv_http_respond(exchange->request, exchange->gathered_status, exchange->gathered,
                    exchange->gathered_count, gv_pipe_content(&exchange->down));
}

static void upstream_head(void *ctx, const struct gv_http_reply *reply)
{
    struct gv_exchange *exchange = ctx;
    struct gv_http_header headers[GV_GATEWAY_HEADERS];
    tell_outcome(exchange, reply->status);
    if (!exchange->request || exchange->answered)
        return;
    if (leads_away(reply)) {
        gv_exchange_refuse(exchange, 502, "MLflow answered with a redirect, which is not passed on",
                           NULL);
        return;
    }
    unsigned count = gv_exchange_client_headers(reply, headers);
    if (gather(exchange, reply, headers, count))
        return;
    exchange->answered = true;
    if (has_no_body(exchange, reply->status))
        exchange->down.ended = true;
    gv_http_respond_stream(exchange->request, reply->status, headers, count, length_of(reply),
                           client_source, exchange);
}

static void explain_failure(struct gv_exchange *exchange, const struct gv_http_reply *reply)
{
    const char *why = reply->error ? reply->error->message : "the answer was cut";
    const char *message = gv_arena_format(exchange->arena, "MLflow at %s does not answer: %s",
                                          exchange->gateway->options.upstream, why);
    gv_exchange_refuse(exchange, 503, message ? message : "MLflow does not answer", NULL);
}

static void upstream_done(void *ctx, const struct gv_http_reply *reply)
{
    struct gv_exchange *exchange = ctx;
    exchange->upstream = NULL;
    tell_outcome(exchange, reply->error && reply->status == 0 ? 0 : reply->status);
    exchange->down.ended = true;
    exchange->down.broken = exchange->down.broken || reply->error != NULL;
    bool unanswered = !exchange->answered && exchange->request;
    if (unanswered && exchange->gathered && !exchange->down.broken)
        send_gathered(exchange);
    else if (unanswered)
        explain_failure(exchange, reply);
    else
        wake_client(exchange);
    /* A client that still sends would wait for ever. */
    if (exchange->request && exchange->up.blocked) {
        exchange->up.blocked = false;
        gv_http_stream_more(exchange->request);
    }
    gv_exchange_settle(exchange);
}

/* --- start --- */

static bool is_streamed_up(const struct gv_exchange *exchange)
{
    return !exchange->call.has_body && gv_http_body_length(exchange->request) != 0;
}

static struct gv_http_call *start_call(struct gv_exchange *exchange, const char *url,
                                       struct gv_error *err)
{
    struct gv_http_header headers[GV_GATEWAY_HEADERS];
    const struct gv_gateway *gateway = exchange->gateway;
    struct gv_http_call_options options = {
        .method = gv_arena_copy(exchange->arena, gv_http_method(exchange->request)),
        .url = url,
        .headers = headers,
        .body = exchange->call.body,
        .has_body = exchange->call.has_body,
        .total = -1,
        .idle = gateway->options.upstream_idle,
        .bulk = strstr(exchange->call.route->path, "artifact") != NULL,
        .ca_file = gateway->options.ca_file,
        .head = upstream_head,
        .data = upstream_data,
        .done = upstream_done,
        .ctx = exchange,
    };
    if (!options.method ||
        !gv_exchange_upstream_headers(exchange, headers, &options.header_count)) {
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
        return NULL;
    }
    exchange->head_request = strcmp(options.method, "HEAD") == 0;
    if (is_streamed_up(exchange)) {
        options.source = upstream_source;
        options.source_length = gv_http_body_length(exchange->request);
    }
    return gv_http_client_call(gateway->services.client, &options, err);
}

void gv_exchange_relay(struct gv_exchange *exchange)
{
    struct gv_error err = GV_ERROR_INIT;
    const char *url = gv_arena_format(exchange->arena, "%s%s", exchange->gateway->options.upstream,
                                      exchange->call.target);
    exchange->upstream = url ? start_call(exchange, url, &err) : NULL;
    if (!exchange->upstream) {
        tell_outcome(exchange, 0);
        gv_exchange_refuse(exchange, 503, err.message[0] ? err.message : "out of memory; try again",
                           NULL);
        return;
    }
    if (is_streamed_up(exchange))
        gv_http_stream(exchange->request, client_data, client_end, exchange);
}
