/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_HTTP_CLIENT_INTERNAL_H
#define GV_HTTP_CLIENT_INTERNAL_H

#include "policies/engine/base/text.h"
#include "sidecar/http/client.h"
#include "sidecar/http/limits.h"
#include <curl/curl.h>

/* What client.c (libcurl on the loop) and call.c (one call: its options and its bytes) share. */

struct gv_http_client {
    struct gv_loop *loop;
    CURLM *multi;
    struct gv_timer *timer; /* libcurl's */
    struct gv_timer *work;  /* what was asked for inside libcurl, or must not be done on the spot */
    struct gv_http_call *calls;
    struct gv_http_call *dirty; /* calls with work to do */
    struct gv_http_call *spare;
    unsigned spare_count;
    unsigned inside; /* depth of callbacks of libcurl */
};

struct gv_http_call {
    struct gv_http_client *client;
    struct gv_http_call *next; /* of all calls, or of the spare ones */
    struct gv_http_call **place;
    struct gv_http_call *next_dirty;
    struct gv_http_call **dirty_place; /* NULL: not dirty */
    CURL *easy;
    struct gv_arena *arena;
    struct curl_slist *lines; /* the request's headers */
    struct gv_http_call_options options;
    char failure[CURL_ERROR_SIZE];
    struct gv_error error; /* why we ended it, if we did */

    bool started; /* libcurl has it */
    bool cancelled;
    bool ending;       /* `done` runs */
    bool more;         /* gv_http_call_more since the last offer */
    bool source_ended; /* the source must not be asked again */
    bool head_done;
    int64_t sent; /* bytes of the source */

    /* The reply. */
    unsigned status;
    size_t head_bytes;
    struct gv_http_header headers[GV_HTTP_CLIENT_HEADERS];
    unsigned header_count;
    struct gv_text body;
};

/* Puts the options into the easy handle; false with an error when they make no sense. */
bool gv_call_prepare(struct gv_http_call *call, const struct gv_http_call_options *options,
                     struct gv_error *err);

/* Fills in what is known of the reply. */
void gv_call_reply(const struct gv_http_call *call, struct gv_http_reply *ret_reply);

/* Turns libcurl's result into an error; false when there is none. */
bool gv_call_error(struct gv_http_call *call, CURLcode code);

#endif
