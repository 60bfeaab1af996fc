/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_AUDIT_LOKI_BODY_H
#define GV_AUDIT_LOKI_BODY_H

#include "policies/engine/base/text.h"
#include "sidecar/audit/loki.h"
#include <stdint.h>

/* The bytes of a push. Private to this folder. */

/* An event on its way. */
struct gv_loki_entry {
    int64_t seq;
    int64_t at; /* nanoseconds since 1970; unique and increasing within a writer */
    struct gv_slice line;
    const char *hash; /* of the event as it was chained */
};

/* Appends the stream's labels as a JSON object. */
void gv_loki_labels(struct gv_text *out, const struct gv_loki_options *options);

/*
 * The push of some entries in their order, gzipped, into `out`, which is emptied first. The same
 * entries give the same bytes. MEMORY.
 */
bool gv_loki_body(struct gv_text *out, struct gv_slice labels, const struct gv_loki_entry *entries,
                  size_t count, struct gv_error *err);

#endif
