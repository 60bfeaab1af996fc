/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_AUDIT_REFUSALS_H
#define GV_AUDIT_REFUSALS_H

#include "sidecar/audit/audit.h"

/*
 * Counts refusals so that a flood of them stays a bounded number of events. A thread of its own
 * sleeps until the first window ends and writes what was counted in it. Private to this folder.
 */
struct gv_refusals;

/* Writes an event for the counter; false when it could not even be queued, so that it must be
 * counted on. `wait` says whether to wait until it is durable. */
typedef bool (*gv_refusals_write)(void *ctx, const struct gv_audit_event *event, bool wait);

/* Starts the thread. `window` is how long refusals of one key are counted into one event. */
struct gv_refusals *gv_refusals_start(gv_refusals_write write, void *ctx, gv_duration window,
                                      struct gv_error *err);

/* Writes all counts, ends the thread. Accepts NULL; returns NULL. */
struct gv_refusals *gv_refusals_stop(struct gv_refusals *refusals);

/* As gv_audit_refusal. Any thread. */
void gv_refusals_count(struct gv_refusals *refusals, const struct gv_audit_event *event,
                       const char *route);

#endif
