/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_HTTP_SERVER_H
#define GV_HTTP_SERVER_H

#include "policies/engine/base/arena.h"
#include "policies/engine/base/error.h"
#include "sidecar/http/limits.h"
#include "sidecar/loop/loop.h"
#include <stdint.h>

/*
 * An HTTP/1.1 listener on one loop: libmicrohttpd driven through its external epoll descriptor,
 * behind a guard that refuses ambiguous requests (see guard.h). Several loops may listen on the
 * same address (SO_REUSEPORT). Everything happens on the loop's thread.
 *
 * A handler gets each request once its head is read and guarded, before any of the body. It then
 * does one of:
 *   - answer at once (an early refusal: the body is never read and the connection is closed),
 *   - read the body into memory (gv_http_read), or
 *   - stream it (gv_http_stream),
 * now or later; in between the connection is suspended. Each request is answered exactly once.
 */
struct gv_http_server;
struct gv_http_request;

struct gv_http_header {
    const char *name;
    const char *value;
};

/* Renders an error of the listener's own making (400, 408, 413, 414, 431, 500, 503…) as its clients
 * expect it. */
typedef void (*gv_http_error_renderer)(struct gv_http_request *request, unsigned status,
                                       const char *message);

struct gv_http_server_options {
    const char *name; /* for logs and metrics: "gateway"; borrowed for the server's life */
    const char
        *address; /* "127.0.0.1:5000", "[::1]:5000", "0.0.0.0:8000"; port 0 picks a free one */
    bool shared;  /* several loops listen on this address (SO_REUSEPORT); otherwise an address in
                     use is an error, so that a second process is not a silent accomplice */
    struct gv_http_limits limits;
    void (*handle)(void *ctx, struct gv_http_request *request);
    void *ctx;
    gv_http_error_renderer render_error;
};

/* Starts listening. NULL on error, which names the address. */
struct gv_http_server *gv_http_server_start(struct gv_loop *loop,
                                            const struct gv_http_server_options *options,
                                            struct gv_error *err);

/* The port listened on. */
unsigned gv_http_server_port(const struct gv_http_server *server);

/* Stops accepting, and calls `done` once the last request has been answered; idle connections are
 * closed at once. */
void gv_http_server_drain(struct gv_http_server *server, void (*done)(void *ctx), void *ctx);

/* Requests being served. */
unsigned gv_http_server_active(const struct gv_http_server *server);

/* Stops at once; requests not yet answered are cut. Their `ended` callbacks run. Not from inside a
 * handler: post it to the loop. Accepts NULL; returns NULL. */
struct gv_http_server *gv_http_server_stop(struct gv_http_server *server);

/* --- what was asked; all borrowed, valid until the request ends --- */

struct gv_slice gv_http_method(const struct gv_http_request *request);
/* The request target as the client sent it, percent-encoding and all. */
struct gv_slice gv_http_target(const struct gv_http_request *request);
/* The target before and after the first '?'; a query without '?' is the empty slice with a NULL
 * pointer. */
struct gv_slice gv_http_path(const struct gv_http_request *request);
struct gv_slice gv_http_query(const struct gv_http_request *request);
/* The value of the first header of that name (any case), or the empty slice with a NULL pointer. */
struct gv_slice gv_http_header(const struct gv_http_request *request, const char *name);
/* How many headers of that name there are. */
unsigned gv_http_header_count(const struct gv_http_request *request, const char *name);
/* Walks the headers in the order of arrival; start with *at = 0. */
bool gv_http_header_next(const struct gv_http_request *request, unsigned *at,
                         struct gv_http_header *ret_header);
/* "10.0.0.7" or "::1"; the peer of the connection, not what a header claims. */
const char *gv_http_peer(const struct gv_http_request *request);
/* Content-Length, 0 without a body, -1 when chunked. */
int64_t gv_http_body_length(const struct gv_http_request *request);
/* Memory that lives as long as the request. */
struct gv_arena *gv_http_arena(struct gv_http_request *request);
struct gv_loop *gv_http_loop(const struct gv_http_request *request);
/* A random id of this request for logs, events and error bodies; 32 hex digits. */
const char *gv_http_request_id(const struct gv_http_request *request);
/* gv_clock_monotonic when the head had arrived. */
gv_time gv_http_started(const struct gv_http_request *request);

/* --- a decoded query (application/x-www-form-urlencoded), for the APIs; MLflow's has rules of its
 * own --- */

/* The first value of `name`, decoded into the arena, or NULL when absent or malformed. */
const char *gv_http_query_get(struct gv_http_request *request, const char *name);

/* --- handling --- */

/* Runs once when the request is over, answered or not (client gone, server stopped); the request is
 * invalid afterwards. */
void gv_http_on_end(struct gv_http_request *request, void (*ended)(void *ctx), void *ctx);

/*
 * Reads the body, at most `limit` bytes (0: the listener's), and calls `done` with it. A larger one
 * is answered 413 by the renderer, and `done` does not run. A declared length over the limit is
 * refused before anything is read.
 */
void gv_http_read(struct gv_http_request *request, size_t limit,
                  void (*done)(void *ctx, struct gv_http_request *request, struct gv_slice body),
                  void *ctx);

/*
 * Streams the body: `data` takes as many bytes as it can (0: none now, until gv_http_stream_more),
 * `end` runs after the last byte.
 */
void gv_http_stream(struct gv_http_request *request,
                    size_t (*data)(void *ctx, const char *bytes, size_t len),
                    void (*end)(void *ctx), void *ctx);
void gv_http_stream_more(struct gv_http_request *request);

/*
 * Answers with a body that is copied. Content-Length, Date and Connection are added. `headers` may
 * be NULL when count is 0. Names and values must not hold CR, LF or NUL: that panics.
 */
void gv_http_respond(struct gv_http_request *request, unsigned status,
                     const struct gv_http_header *headers, unsigned count, struct gv_slice body);

/* Adds a header to the answer that will be given; for what a renderer does not know (Allow,
 * Retry-After). Both are copied; the same rules as above. */
void gv_http_add_header(struct gv_http_request *request, const char *name, const char *value);

#define GV_HTTP_SOURCE_WAIT 0   /* nothing now: call gv_http_source_more when there is */
#define GV_HTTP_SOURCE_END (-1) /* the body is complete */
#define GV_HTTP_SOURCE_CUT \
    (-2) /* it cannot be completed: the connection is cut so that the client notices */

/*
 * Answers with a body that `read` produces: bytes put into `buffer`, or one of the values above.
 * `length` is the body's size, or -1 when unknown (chunked). `read` is called on the loop's thread
 * until END, CUT or the request ends.
 */
void gv_http_respond_stream(struct gv_http_request *request, unsigned status,
                            const struct gv_http_header *headers, unsigned count, int64_t length,
                            int64_t (*read)(void *ctx, char *buffer, size_t size), void *ctx);
void gv_http_source_more(struct gv_http_request *request);

#endif
