/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_HTTP_ROUTER_H
#define GV_HTTP_ROUTER_H

#include "sidecar/http/server.h"

/*
 * A table of routes for the APIs that are ours: literal segments and `{name}` segments, matched on
 * the decoded path. Unknown paths are 404, known paths with another method 405 with Allow, both by
 * the listener's renderer.
 */

#define GV_ROUTE_PARAMETERS_MAX 4

struct gv_http_match {
    struct gv_slice
        values[GV_ROUTE_PARAMETERS_MAX]; /* decoded, NUL-terminated, in the order of the pattern */
    unsigned count;
};

struct gv_http_route {
    const char *method;  /* "GET" also serves HEAD */
    const char *pattern; /* "/api/v1/decisions/{id}/approve" */
    void (*handle)(void *ctx, struct gv_http_request *request, const struct gv_http_match *match);
};

/* Finds the route and calls it, or answers 404 or 405 through `render_error`. */
void gv_http_dispatch(const struct gv_http_route *routes, unsigned count,
                      struct gv_http_request *request, gv_http_error_renderer render_error,
                      void *ctx);

/* Percent-decodes one segment into the arena; false when malformed, or when it decodes to a NUL or
 * is not UTF-8. */
bool gv_http_percent_decode(struct gv_arena *arena, struct gv_slice text,
                            struct gv_slice *ret_text);

/* The standard phrase of a status code ("Not Found"); static. */
const char *gv_http_status_phrase(unsigned status);

#endif
