/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_ENGINE_RESOURCE_H
#define GV_ENGINE_RESOURCE_H

#include "policies/engine/base/arena.h"
#include "policies/engine/base/error.h"
#include "policies/engine/base/slice.h"

/*
 * Resources: `model/N`, `model/N/vV`, `model/N/alias/A`, `model/N/tag/K`, `experiment/ID`,
 * `run/ID`, `logged-model/ID`, `model-card/N/V`, `decision/ID`, and others that the route table
 * names, each within a workspace. The kinds are the rows of resources.def; a kind alone ("model")
 * is the collection of all of that kind in a workspace. Segments are percent-encoded where they
 * hold '/', '%', '*' or control bytes, and only there, so that a name can never pose as another
 * resource and has one spelling.
 */

struct gv_resource {
    struct gv_slice workspace; /* never empty: "default" when absent */
    struct gv_slice path;      /* "model/customer-churn/v1", segments encoded */
};

/* Appends one segment to a path, encoded, with a '/' before it unless the path is empty. NULL when
 * out of memory. */
const char *gv_resource_append(struct gv_arena *arena, const char *path, struct gv_slice segment);

/* Reads `[workspace/W/]kind/…`. Kinds must be known; the text is borrowed. */
bool gv_resource_parse(struct gv_slice text, struct gv_resource *ret_resource,
                       struct gv_error *err);

/* The printed form: the path alone in the default workspace, else "workspace/W/path". NULL when out
 * of memory. */
const char *gv_resource_print(struct gv_arena *arena, const struct gv_resource *resource);

/*
 * A policy's pattern, taken apart once so that matching is cheap. Borrows its text.
 *
 * `*` matches within one segment, `**` across. Without the prefix `workspace/W/` the default
 * workspace is meant, and with `**` for W and nothing behind it everything everywhere. A pattern of
 * a kind and `**` means the kind's collection as well.
 */
struct gv_resource_pattern {
    struct gv_slice workspace;
    struct gv_slice path;
    size_t literal; /* bytes of `path` before its first wildcard */
};

/* Takes a pattern apart; any text will do, what is malformed matches nothing. */
struct gv_resource_pattern gv_resource_pattern_from(struct gv_slice text);

bool gv_resource_pattern_match(const struct gv_resource_pattern *pattern,
                               const struct gv_resource *resource);

/* Whether `wide` surely matches all that `narrow` matches; false when in doubt. */
bool gv_resource_pattern_covers(const struct gv_resource_pattern *wide,
                                const struct gv_resource_pattern *narrow);

/* Whether a policy's pattern (`workspace/W/model/N`) matches. */
bool gv_resource_match(struct gv_slice pattern, const struct gv_resource *resource);

/* Refuses a pattern that is malformed or can match no kind of resource. */
bool gv_resource_pattern_check(struct gv_slice pattern, struct gv_error *err);

#endif
