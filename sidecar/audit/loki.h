/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_AUDIT_LOKI_H
#define GV_AUDIT_LOKI_H

#include "policies/engine/base/error.h"
#include "sidecar/store/store.h"

/*
 * Forwards a writer's events to Loki by its push API, in order, at least once, from a thread of its
 * own. The outbox is the audit table itself; the cursor moves only after Loki answered 204. Loki
 * may be away for a week: nothing is lost and memory does not grow.
 */
struct gv_loki;

struct gv_loki_options {
    const char *url;         /* "http://loki:3100"; the push path is added */
    const char *tenant;      /* X-Scope-OrgID; NULL: none */
    const char *bearer_file; /* read again on 401; NULL: none */
    const char *ca_file;
    const char *writer;
    const char *cluster; /* labels; NULL: left out */
    const char *namespace_;
};

/* Starts the thread. NULL on error. */
struct gv_loki *gv_loki_start(struct gv_store *store, const struct gv_loki_options *options,
                              struct gv_error *err);

/* Says that there is something new. Any thread, cheap. */
void gv_loki_wake(struct gv_loki *loki);

/* When the sink was last reached, wall clock; 0: never. Any thread. */
gv_time gv_loki_last_success(const struct gv_loki *loki);

/* Sends what it can within `within` (what is left is sent after the next start), ends the thread.
 * Accepts NULL; returns NULL. */
struct gv_loki *gv_loki_stop(struct gv_loki *loki, gv_duration within);

#endif
