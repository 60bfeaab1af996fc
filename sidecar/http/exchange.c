/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/http/guard.h"
#include "sidecar/http/internal.h"

#include "policies/engine/base/panic.h"
#include "sidecar/telemetry/log.h"
#include "sidecar/telemetry/metrics.h"
#include <sys/socket.h>

/*
 * libmicrohttpd calls its handler once after the head, then with each piece of the body, then once
 * at the end. An answer in the first call means "I refuse the body" and closes the connection, so
 * requests without a body are handled in the last one. A turn that has nothing to say suspends the
 * connection; resuming it repeats the turn.
 */

void gv_exchange_suspend(struct gv_http_request *request)
{
    if (!request->suspended) {
        request->suspended = true;
        MHD_suspend_connection(request->connection->mhd);
    }
}

void gv_exchange_resume(struct gv_http_request *request)
{
    if (request->suspended) {
        request->suspended = false;
        MHD_resume_connection(request->connection->mhd);
        gv_server_wake(request->server);
    }
}

void gv_exchange_cut(struct gv_http_request *request)
{
    request->cut = true;
    if (request->suspended) {
        gv_exchange_resume(request);
    } else if (!request->server->running) {
        /* libmicrohttpd waits for the socket: let it read the end. What we answered ourselves
         * must still go out. */
        shutdown(request->connection->fd, request->written ? SHUT_RD : SHUT_RDWR);
    }
}

/* --- head --- */

static void refuse(struct gv_http_request *request, const char *reason)
{
    const struct gv_http_server_options *options = &request->server->options;
    request->refused = true;
    gv_metric_add(GV_METRIC_HTTP_REFUSED, 1, options->name, reason);
    gv_log(GV_LOG_WARN, "http", "Refused an ambiguous request", GV_LOG_S("listener", options->name),
           GV_LOG_S("peer", request->connection->peer), GV_LOG_S("reason", reason),
           GV_LOG_V("target", request->target));
    options->render_error(request, gv_guard_status(reason), gv_guard_explain(reason));
}

static bool guard(struct gv_http_request *request, const char *method, const char *version)
{
    request->guarded = true;
    if (!gv_request_read_head(request, method, version)) {
        return false;
    }
    struct gv_guard_head head = {request->method,  request->target, request->version,
                                 request->headers, request->values, request->header_count};
    const char *reason = gv_guard_check(&head, &request->server->options.limits);
    if (reason) {
        refuse(request, reason);
    }
    return true;
}

static void handle(struct gv_http_request *request)
{
    if (!request->handled) {
        request->handled = true;
        request->server->options.handle(request->server->options.ctx, request);
    }
}

/* The turn after the head; may come again after a suspension. */
static enum MHD_Result turn_of_head(struct gv_http_request *request)
{
    if (!request->refused && request->body_length == 0) {
        request->phase = GV_HTTP_WHOLE;
        return MHD_YES;
    }
    if (!request->refused) {
        handle(request);
    }
    if (request->cut) {
        return MHD_NO;
    }
    if (request->answer != GV_HTTP_NO_ANSWER) {
        request->linger = true;
        return gv_reply_queue(request);
    }
    if (request->wanted) {
        request->phase = GV_HTTP_BODY;
        return MHD_YES;
    }
    gv_exchange_suspend(request);
    return MHD_YES;
}

/* --- body --- */

static void take_into_memory(struct gv_http_request *request, const char *data, size_t size)
{
    if (size > request->limit - request->body.len) {
        request->server->options.render_error(request, 413, "The body is too large.");
        return;
    }
    gv_text_append(&request->body, (struct gv_slice){data, size});
    if (!gv_text_ok(&request->body)) {
        request->server->options.render_error(request, 503, "Out of memory.");
    }
}

/* Gives the handler what it takes; returns what is left. */
static size_t take_as_stream(struct gv_http_request *request, const char *data, size_t size)
{
    while (size > 0 && !request->cut && request->answer == GV_HTTP_NO_ANSWER) {
        request->again = false;
        size_t taken = request->data(request->body_ctx, data, size);
        gv_invariant(taken <= size, "a handler took more of the body than there was");
        data += taken;
        size -= taken;
        if (taken == 0 && !request->again) {
            break;
        }
    }
    return size;
}

static enum MHD_Result turn_of_body(struct gv_http_request *request, const char *data, size_t *size)
{
    if (request->answer != GV_HTTP_STREAMED && !request->cut) {
        if (request->data) {
            *size = take_as_stream(request, data, *size);
        } else {
            take_into_memory(request, data, *size);
            *size = 0;
        }
    }
    if (request->cut) {
        return MHD_NO;
    }
    if (request->answer == GV_HTTP_STREAMED) {
        *size = 0; /* the rest of the body is ignored; the answer follows it */
    } else if (*size > 0) {
        gv_exchange_suspend(request);
    }
    return MHD_YES;
}

static void deliver(struct gv_http_request *request)
{
    if (!request->wanted || request->delivered || request->cut ||
        request->answer != GV_HTTP_NO_ANSWER) {
        return;
    }
    request->delivered = true;
    if (request->data) {
        request->end(request->body_ctx);
    } else {
        request->read_done(request->body_ctx, request, gv_text_slice(&request->body));
    }
}

/* The turn after the body; may come again after a suspension. */
static enum MHD_Result turn_of_whole(struct gv_http_request *request)
{
    request->phase = GV_HTTP_WHOLE;
    handle(request);
    deliver(request);
    if (request->cut) {
        return MHD_NO;
    }
    if (request->answer != GV_HTTP_NO_ANSWER) {
        return gv_reply_queue(request);
    }
    gv_exchange_suspend(request);
    return MHD_YES;
}

enum MHD_Result gv_exchange_turn(void *cls, struct MHD_Connection *mhd, const char *url,
                                 const char *method, const char *version, const char *data,
                                 size_t *size, void **context)
{
    struct gv_http_server *server = cls;
    struct gv_http_request *request = *context;
    (void)mhd;
    (void)url;
    if (!request || server->stopping) {
        return MHD_NO;
    }
    if (!request->guarded && !guard(request, method, version)) {
        return MHD_NO;
    }
    if (request->cut) {
        return MHD_NO;
    }
    if (*size > 0) {
        return turn_of_body(request, data, size);
    }
    return request->phase == GV_HTTP_HEAD ? turn_of_head(request) : turn_of_whole(request);
}

/* --- what the handler wants of the body --- */

static void want(struct gv_http_request *request)
{
    gv_invariant(!request->wanted, "a body is asked for twice");
    request->wanted = true;
    gv_exchange_resume(request);
}

void gv_http_read(struct gv_http_request *request, size_t limit,
                  void (*done)(void *ctx, struct gv_http_request *request, struct gv_slice body),
                  void *ctx)
{
    request->limit = limit > 0 ? limit : request->server->options.limits.body_bytes;
    request->read_done = done;
    request->body_ctx = ctx;
    if (request->body_length > 0 && (uint64_t)request->body_length > request->limit) {
        request->server->options.render_error(request, 413, "The body is too large.");
        return;
    }
    want(request);
}

void gv_http_stream(struct gv_http_request *request,
                    size_t (*data)(void *ctx, const char *bytes, size_t len),
                    void (*end)(void *ctx), void *ctx)
{
    request->data = data;
    request->end = end;
    request->body_ctx = ctx;
    want(request);
}

void gv_http_stream_more(struct gv_http_request *request)
{
    request->again = true;
    gv_exchange_resume(request);
}
