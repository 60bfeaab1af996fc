/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_HTTP_GUARD_H
#define GV_HTTP_GUARD_H

#include "policies/engine/base/slice.h"
#include "sidecar/http/server.h"

/*
 * Refuses requests whose framing or head two parsers could read differently: what our own library
 * accepts and the next hop may take for something else is a way around the policy. Checked on the
 * head as libmicrohttpd hands it over; what it hides (bare LF, folding, NUL, bare CR) never reaches
 * MLflow, because the upstream request is rebuilt from parsed parts.
 */

struct gv_guard_head {
    struct gv_slice method;
    struct gv_slice target;
    struct gv_slice version; /* "HTTP/1.1" */
    const struct gv_http_header *headers;
    const struct gv_slice *values; /* with their lengths, beside `headers` */
    unsigned header_count;
};

/* NULL when the head is unambiguous, else why not: a short stable reason for metrics
 * ("two-content-lengths"); static. */
const char *gv_guard_check(const struct gv_guard_head *head, const struct gv_http_limits *limits);

/* The sentence for the client that goes with a reason of gv_guard_check; static. */
const char *gv_guard_explain(const char *reason);

/* The status that goes with a reason of gv_guard_check: 400, or 417, 431, 501. */
unsigned gv_guard_status(const char *reason);

#endif
