/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_HTTP_CLIENT_H
#define GV_HTTP_CLIENT_H

#include "policies/engine/base/error.h"
#include "policies/engine/base/slice.h"
#include "sidecar/http/server.h"
#include "sidecar/loop/loop.h"
#include <stdint.h>

/*
 * HTTP calls from a loop: libcurl's multi_socket in the same epoll, connections reused, HTTP/1.1,
 * no redirects, no proxies from the environment, http and https only. Everything happens on the
 * loop's thread.
 */
struct gv_http_client;
struct gv_http_call;

/* A client on a loop with at most `connections` to one host (0: 64). NULL on error. */
struct gv_http_client *gv_http_client_new(struct gv_loop *loop, unsigned connections,
                                          struct gv_error *err);

/* Cancels what is under way (their `done` does not run) and frees. Not from inside a callback of a
 * call. Accepts NULL; returns NULL. */
struct gv_http_client *gv_http_client_free(struct gv_http_client *client);

struct gv_http_reply {
    unsigned status;                      /* 0: no answer, see error */
    const struct gv_http_header *headers; /* end-to-end and hop-by-hop alike, in order */
    unsigned header_count;
    struct gv_slice body;         /* empty when streamed */
    const struct gv_error *error; /* NULL when an answer was read to its end */
};

/* The value of the first header of that name (any case), or NULL. */
const char *gv_http_reply_header(const struct gv_http_reply *reply, const char *name);

struct gv_http_call_options {
    const char *method;
    const char *url;
    const struct gv_http_header *headers; /* sent exactly; nothing is added but Host (unless given)
                                             and framing. Framing and Connection among them are
                                             left out: they are the client's own affair. */
    unsigned header_count;
    struct gv_slice body; /* copied; ignored when `source` is set */
    bool has_body;        /* send the body even when it is empty */
    gv_duration connect;  /* 0: 5 s */
    gv_duration total;    /* 0: 30 s; negative: none */
    gv_duration idle;     /* streams: cut when fewer than a byte a second for this long; 0: 60 s */
    size_t
        reply_bytes; /* largest reply kept in memory; 0: 4 MiB; over it the call fails with LIMIT */
    bool bulk;       /* the reply may be large: worth a large buffer */
    const char *ca_file; /* NULL: the system's */

    /* A streamed request body. `length` -1: chunked. `read` as in gv_http_respond_stream. */
    int64_t (*source)(void *ctx, char *buffer, size_t size);
    int64_t source_length;

    /* A streamed reply: `head` once, then `data` (takes all or nothing: false pauses until
     * gv_http_call_more). */
    void (*head)(void *ctx, const struct gv_http_reply *reply);
    bool (*data)(void *ctx, const char *bytes, size_t len);

    /* Runs once, at the end, unless the call was cancelled. The reply is valid during the call
     * only. */
    void (*done)(void *ctx, const struct gv_http_reply *reply);
    void *ctx;
};

/* Starts a call. NULL on error (then no callback runs). Never calls back before it returns. */
struct gv_http_call *gv_http_client_call(struct gv_http_client *client,
                                         const struct gv_http_call_options *options,
                                         struct gv_error *err);

/* Goes on reading the reply after `data` returned false, or the request body after `source`
 * returned WAIT. */
void gv_http_call_more(struct gv_http_call *call);

/* Ends the call; no callback runs any more, and the pointer is invalid. A call that ends by itself
 * is invalid once `done` has returned. */
void gv_http_call_cancel(struct gv_http_call *call);

#endif
