/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_SIDECAR_POLICIES_H
#define GV_SIDECAR_POLICIES_H

#include "policies/engine/slot.h"
#include "sidecar/audit/audit.h"
#include "sidecar/loop/loop.h"

/*
 * Keeps the policy set in force equal to what the policy directory says: loads it at start, watches
 * for edits, and takes a new generation over as a whole. A broken edit changes nothing but is told:
 * logged with its place, shown in /readyz and in the metrics.
 */
struct gv_policies;

struct gv_policies_options {
    const char *directory;
    enum gv_profile profile;
};

/* Loads the first set; a directory that is broken at start is an error. Before loops run. NULL on
 * error. */
struct gv_policies *gv_policies_open(const struct gv_policies_options *options,
                                     struct gv_error *err);

/* Accepts NULL; returns NULL. After the loops have ended. */
struct gv_policies *gv_policies_close(struct gv_policies *policies);

/* The slot that holds the set in force; lives as long as `policies`. */
struct gv_slot *gv_policies_slot(struct gv_policies *policies);

/* Begins to watch on `loop`; takeovers are audited, unless `audit` is NULL. */
bool gv_policies_watch(struct gv_policies *policies, struct gv_loop *loop, struct gv_audit *audit,
                       struct gv_error *err);

/* Ends watching; must happen while the loop still exists. */
void gv_policies_unwatch(struct gv_policies *policies);

/* Reads the directory again now, in the background. On the watch's loop. */
void gv_policies_reload(struct gv_policies *policies);

/* NULL when the last edit is in force, else why not ("policies/access.yaml:3:1: …"); copied into
 * buf. On the watch's loop. */
const char *gv_policies_trouble(const struct gv_policies *policies, char *buf, size_t size);

#endif
