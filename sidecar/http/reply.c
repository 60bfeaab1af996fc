/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/http/internal.h"
#include "sidecar/http/router.h"

#include "policies/engine/base/panic.h"
#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

/* --- what the handler says --- */

static bool is_clean(const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c < ' ' && c != '\t') || c == 0x7F) {
            return false;
        }
    }
    return true;
}

/* Framing and connection are this listener's own affair. */
static bool is_ours(const char *name)
{
    static const char *const ours[] = {"Content-Length", "Transfer-Encoding", "Connection",
                                       "Keep-Alive",     "Upgrade",           "Trailer"};
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (strcasecmp(name, ours[i]) == 0) {
            return true;
        }
    }
    return false;
}

void gv_http_add_header(struct gv_http_request *request, const char *name, const char *value)
{
    gv_invariant(name[0] != '\0' && is_clean(name) && !strpbrk(name, " \t:") && is_clean(value),
                 "a header with control bytes would split the answer");
    if (is_ours(name)) {
        return;
    }
    unsigned at = request->reply_count;
    if ((at & (at - 1)) == 0) { /* room doubles at each power of two */
        size_t room = at == 0 ? 1 : (size_t)at * 2;
        struct gv_http_header *grown =
            gv_arena_array(request->arena, room, sizeof(struct gv_http_header));
        if (!grown) {
            request->cut = true; /* an answer that lacks a header may say something else */
            return;
        }
        if (at > 0) {
            memcpy(grown, request->reply_headers, at * sizeof(*grown));
        }
        request->reply_headers = grown;
    }
    struct gv_http_header copy = {gv_arena_string(request->arena, name),
                                  gv_arena_string(request->arena, value)};
    if (!copy.name || !copy.value) {
        request->cut = true;
        return;
    }
    request->reply_headers[request->reply_count++] = copy;
}

static void begin(struct gv_http_request *request, enum gv_http_answer answer, unsigned status,
                  const struct gv_http_header *headers, unsigned count)
{
    gv_invariant(request->answer == GV_HTTP_NO_ANSWER, "a request is answered twice");
    gv_invariant(status >= 200 && status <= 599, "a status that cannot end a request");
    request->answer = answer;
    request->status = status;
    for (unsigned i = 0; i < count; i++) {
        gv_http_add_header(request, headers[i].name, headers[i].value);
    }
}

/* The answer is complete: let libmicrohttpd ask for it, wherever the request stands. */
static void proceed(struct gv_http_request *request)
{
    if (request->phase == GV_HTTP_BODY && request->answer == GV_HTTP_BUFFERED) {
        gv_reply_write(request);
    }
    if (request->cut) {
        gv_exchange_cut(request);
    } else {
        gv_exchange_resume(request);
    }
}

void gv_http_respond(struct gv_http_request *request, unsigned status,
                     const struct gv_http_header *headers, unsigned count, struct gv_slice body)
{
    begin(request, GV_HTTP_BUFFERED, status, headers, count);
    request->reply_body = (struct gv_slice){gv_arena_copy(request->arena, body), body.len};
    if (!request->reply_body.ptr) {
        request->cut = true;
    }
    proceed(request);
}

void gv_http_respond_stream(struct gv_http_request *request, unsigned status,
                            const struct gv_http_header *headers, unsigned count, int64_t length,
                            int64_t (*read)(void *ctx, char *buffer, size_t size), void *ctx)
{
    begin(request, GV_HTTP_STREAMED, status, headers, count);
    request->reply_length = length;
    request->source = read;
    request->source_ctx = ctx;
    proceed(request);
}

void gv_http_source_more(struct gv_http_request *request)
{
    request->again = true;
    gv_exchange_resume(request);
}

/* --- to libmicrohttpd --- */

/* An HTTP/1.0 client takes the end of the connection for the end of the body; only a reset tells
 * it that the body was cut. Dissolving the association (connect(2)) is what sends one, for
 * libmicrohttpd ends the sending side before it closes. */
static void reset(struct gv_http_request *request)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    if (request->reply_length < 0 && gv_slice_is(request->version, "HTTP/1.0")) {
        connect(request->connection->fd, &nobody, sizeof(nobody));
    }
}

static ssize_t read_source(void *cls, uint64_t position, char *buffer, size_t size)
{
    struct gv_http_request *request = cls;
    (void)position;
    while (!request->cut) {
        request->again = false;
        int64_t got = request->source(request->source_ctx, buffer, size);
        if (got > 0) {
            return (ssize_t)got;
        }
        if (got == GV_HTTP_SOURCE_END && request->reply_length < 0) {
            return MHD_CONTENT_READER_END_OF_STREAM;
        }
        if (got != GV_HTTP_SOURCE_WAIT) {
            break; /* cut, or an end before the length that was announced */
        }
        if (!request->again) {
            gv_exchange_suspend(request);
            return 0;
        }
    }
    request->cut = true;
    reset(request);
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

static struct MHD_Response *make_buffered(const struct gv_http_request *request)
{
    /* The arena outlives the sending, so nothing is copied once more. */
    return MHD_create_response_from_buffer(request->reply_body.len,
                                           (void *)(uintptr_t)request->reply_body.ptr,
                                           MHD_RESPMEM_PERSISTENT);
}

static struct MHD_Response *make_streamed(struct gv_http_request *request)
{
    bool unknown = request->reply_length < 0;
    uint64_t size = unknown ? MHD_SIZE_UNKNOWN : (uint64_t)request->reply_length;
    struct MHD_Response *response =
        MHD_create_response_from_callback(size, GV_HTTP_STREAM_BLOCK, read_source, request, NULL);
    if (response && unknown && (gv_slice_is(request->method, "HEAD") || request->status == 304)) {
        /* libmicrohttpd 0.9.75 sends the last chunk even where there is no body, and the client
         * would take it for the start of the next answer. So no chunks, and the connection ends. */
        MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    }
    return response;
}

enum MHD_Result gv_reply_queue(struct gv_http_request *request)
{
    struct MHD_Response *response =
        request->answer == GV_HTTP_BUFFERED ? make_buffered(request) : make_streamed(request);
    if (!response) {
        return MHD_NO;
    }
    for (unsigned i = 0; i < request->reply_count; i++) {
        /* An empty value is the one thing that libmicrohttpd does not take; the header says
         * nothing then. */
        MHD_add_response_header(response, request->reply_headers[i].name,
                                request->reply_headers[i].value);
    }
    if (request->server->draining) {
        MHD_add_response_header(response, "Connection", "close");
    }
    enum MHD_Result queued =
        MHD_queue_response(request->connection->mhd, request->status, response);
    MHD_destroy_response(response);
    return queued;
}

/* --- past libmicrohttpd --- */

static void print_head(const struct gv_http_request *request, struct gv_text *out)
{
    char date[64];
    struct tm utc;
    time_t now = time(NULL);
    gmtime_r(&now, &utc);
    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    gv_text_format(out, "HTTP/1.1 %u %s\r\nDate: %s\r\nConnection: close\r\n", request->status,
                   gv_http_status_phrase(request->status), date);
    for (unsigned i = 0; i < request->reply_count; i++) {
        gv_text_format(out, "%s: %s\r\n", request->reply_headers[i].name,
                       request->reply_headers[i].value);
    }
    gv_text_format(out, "Content-Length: %zu\r\n\r\n", request->reply_body.len);
}

void gv_reply_write(struct gv_http_request *request)
{
    struct gv_text out = GV_TEXT_INIT;
    print_head(request, &out);
    gv_text_append(&out, request->reply_body);
    if (gv_text_ok(&out)) {
        /* Nothing was sent on this connection but perhaps "100 Continue", so its buffer is empty
         * and takes the answer in one piece; what would not fit is lost with the connection. */
        ssize_t sent = send(request->connection->fd, out.ptr, out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        request->written = sent >= 0;
        request->linger = request->written;
    }
    gv_text_free(&out);
    request->cut = true;
}
