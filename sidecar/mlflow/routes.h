/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_MLFLOW_ROUTES_H
#define GV_MLFLOW_ROUTES_H

#include "policies/engine/base/arena.h"
#include "policies/engine/base/error.h"
#include "policies/engine/resource.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * MLflow's routes as data (routes.def), and from a raw request to the one call that it is:
 * canonicalise the target, find the row, read the parameters as MLflow does, name action and
 * resource. Pure: bytes in, a call out. What is not in the table does not exist for a client of the
 * gateway.
 */

enum gv_route_class {
    GV_ROUTE_REBUILT,      /* can touch a target: parsed strictly, sent as our own bytes */
    GV_ROUTE_RESERIALISED, /* the body names the resource or the person: bounded, parsed, written
                              again */
    GV_ROUTE_STREAMED,     /* never buffered: decided before the body is read */
};

/* What a call does that policies know more about than its action. */
enum gv_operation {
    GV_OPERATION_NONE,
    GV_OPERATION_TRANSITION, /* stage of a version */
    GV_OPERATION_ALIAS_SET,
    GV_OPERATION_ALIAS_DELETE,
    GV_OPERATION_MODEL_TAG, /* set or delete, see tag_value */
    GV_OPERATION_VERSION_TAG,
    GV_OPERATION_MODEL_CREATE,
    GV_OPERATION_MODEL_RENAME,
    GV_OPERATION_MODEL_DELETE,
    GV_OPERATION_MODEL_UPDATE,
    GV_OPERATION_VERSION_CREATE, /* a copy when its source is models:/… */
    GV_OPERATION_VERSION_DELETE,
    GV_OPERATION_VERSION_UPDATE,
    GV_OPERATION_RUN_CREATE,
    GV_OPERATION_RUN_DELETE,
    GV_OPERATION_EXPERIMENT_CREATE,
    GV_OPERATION_ARTIFACT_WRITE, /* bytes under a path that may belong to a governed version */
    GV_OPERATION_LOGGED_MODEL_DELETE,
    GV_OPERATION_GRAPHQL,
};

struct gv_mlflow_route {
    const char *method;
    const char *path; /* after the prefix: "/mlflow/runs/get"; "{x}" one segment, "{x...}" the rest;
                         whole path when `raw` */
    unsigned versions; /* bit 2: /api/2.0, bit 3: /api/3.0 */
    bool raw;          /* not under a prefix ("/health") */
    bool ajax_only;    /* only under /ajax-api */
    bool query;        /* reads its query although it is no GET */
    enum gv_route_class class_;
    const char *action;   /* "mlops:read"; NULL: open to everyone, no identity needed */
    const char *resource; /* template: "model/{name}/v{version}"; fields are looked up where MLflow
                             reads them */
    enum gv_operation operation;
    const char *fields; /* of a rebuilt row: its whole vocabulary, "name:model! version:version!
                           stage:stage!"; of a re-serialised row: the fields that name a person,
                           "user_id:user! tags:owner-tags!"; NULL: none */
    bool audited;       /* writes an event when allowed; refusals always do */
    bool html;          /* a page of the UI: an unauthenticated browser is offered a login */
};

extern const struct gv_mlflow_route GV_MLFLOW_ROUTES[];
extern const size_t GV_MLFLOW_ROUTES_COUNT;

/* "rebuilt", "re-serialised", "streamed"; static. */
const char *gv_route_class_word(enum gv_route_class class_);

enum gv_match_result {
    GV_MATCH_OK,
    GV_MATCH_UNKNOWN,   /* no such route: refuse with 403 */
    GV_MATCH_MALFORMED, /* ambiguous or malformed target: refuse with 400, *err says why */
};

#define GV_MLFLOW_PARAMETERS_MAX 4

struct gv_mlflow_match {
    const struct gv_mlflow_route *route;
    const char *target; /* canonical, encoded anew: what is sent upstream, static prefix and query
                           included */
    const char *key;    /* "POST /mlflow/model-versions/transition-stage": for logs, metrics and
                           refusal counts */
    struct gv_slice parameters[GV_MLFLOW_PARAMETERS_MAX]; /* of the path, decoded, in order */
    unsigned parameter_count;
    struct gv_slice query;
    bool has_json; /* the route reads a JSON body */
};

/*
 * Canonicalises a raw target and finds its row. Both prefixes, HEAD as GET, `static_prefix` ("" or
 * "/x") cut off. Refused as malformed: percent-encodings that survive one decoding, encoded slashes
 * and controls in API paths, `//`, `.` and `..` segments, trailing slashes, overlong UTF-8, query
 * strings on routes that ignore them, and repeated or twin parameters (run_id and run_uuid).
 * Everything lives in the arena.
 */
enum gv_match_result gv_mlflow_match(struct gv_arena *arena, struct gv_slice method,
                                     struct gv_slice path, struct gv_slice query,
                                     const char *static_prefix, struct gv_mlflow_match *ret_match,
                                     struct gv_error *err);

struct gv_mlflow_tag {
    const char *key;
    const char *value; /* NULL: deleted */
};

/* What one request is, in MLflow's terms. Strings live in the arena; NULL where the call has none.
 */
struct gv_mlflow_call {
    const struct gv_mlflow_route *route;
    const char *key;
    const char *target;
    const char *action;
    struct gv_resource resource;
    const char *workspace;
    enum gv_operation operation;
    const char *model;
    int64_t version;   /* 0: none */
    const char *stage; /* MLflow's spelling */
    bool archive_existing;
    const char *alias;
    const char *new_name;
    const char *source;       /* of a new version */
    const char *source_model; /* of a copy: from models:/NAME/VERSION */
    int64_t source_version;
    const char *run_id;
    const char *artifact_path;
    const struct gv_mlflow_tag *tags;
    size_t tag_count;
    struct gv_slice body; /* what is sent upstream; empty for streamed routes */
    bool has_body;
};

/*
 * The call of a matched request. `workspace` is the X-MLFLOW-WORKSPACE header (empty: default);
 * `body` the whole body of a route that reads JSON, empty otherwise; `user` the subject that is
 * written over `user_id`, `mlflow.user` and their like (NULL: leave). Refuses (false, INVALID,
 * message names the field): bodies that are no strict JSON object, both spellings of one field,
 * unknown fields on rebuilt rows, versions that are not plain decimal, stages that do not exist,
 * aliases and names that are not what MLflow would take as written.
 */
bool gv_mlflow_classify(struct gv_arena *arena, const struct gv_mlflow_match *match,
                        struct gv_slice workspace, struct gv_slice body, const char *user,
                        struct gv_mlflow_call *ret_call, struct gv_error *err);

/* MLflow's own error document: {"error_code": …, "message": …} and `decision_id` when not NULL.
 * NULL when out of memory. */
const char *gv_mlflow_error_json(struct gv_arena *arena, const char *error_code,
                                 const char *message, const char *decision_id);

/* The error_code that goes with a status (403: PERMISSION_DENIED); static. */
const char *gv_mlflow_error_code(unsigned status);

#endif
