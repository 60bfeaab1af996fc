/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_AUDIT_LOKI_PUSH_H
#define GV_AUDIT_LOKI_PUSH_H

#include "policies/engine/base/text.h"
#include "sidecar/audit/limits.h"
#include "sidecar/audit/loki.h"

/*
 * One push to Loki over HTTP: bytes in, what became of them out. It knows nothing of events. One
 * thread. Private to this folder.
 */
struct gv_loki_link;

enum gv_push {
    GV_PUSH_STORED,    /* 204 */
    GV_PUSH_LATER,     /* may succeed later: 429, 5xx, no answer, or an answer that means nothing */
    GV_PUSH_BAD,       /* 400: some entry, or all, will never be taken as they are */
    GV_PUSH_TOO_LARGE, /* 413 */
    GV_PUSH_DENIED,    /* 401, 403 */
};

struct gv_push_answer {
    enum gv_push outcome;
    long status;                    /* 0: none */
    gv_duration wait;               /* that Loki asked for; 0: none */
    char why[GV_LOKI_ANSWER_BYTES]; /* of the answer's body, or of the failed connection */
};

/* A connection that is made when it is needed. `give_up` is asked about once a second while a push
 * is under way; true ends it. NULL on error. */
struct gv_loki_link *gv_loki_link_new(const struct gv_loki_options *options,
                                      bool (*give_up)(void *ctx), void *ctx, struct gv_error *err);

/* Accepts NULL; returns NULL. */
struct gv_loki_link *gv_loki_link_free(struct gv_loki_link *link);

/* Sends a gzipped body. */
struct gv_push_answer gv_loki_link_push(struct gv_loki_link *link, struct gv_slice body);

/* Reads the bearer token again at the next push. */
void gv_loki_link_renew(struct gv_loki_link *link);

#endif
