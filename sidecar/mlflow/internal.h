/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_MLFLOW_INTERNAL_H
#define GV_MLFLOW_INTERNAL_H

#include "sidecar/mlflow/limits.h"
#include "sidecar/mlflow/routes.h"
#include <jansson.h>

/*
 * What the files of this folder share: spelling of paths, queries, the lookup in the table, and the
 * kinds of fields. Errors are INVALID with a message that names the part, or MEMORY.
 */

#define GV_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* --- spelling.c: percent-encoding, and what a path may hold --- */

/* Decodes %XX once. False when an escape is malformed or the result is not UTF-8. What has no '%'
 * is borrowed. */
bool gv_mlflow_decode(struct gv_arena *arena, struct gv_slice text, struct gv_slice *ret_text,
                      struct gv_error *err);

/* Encodes all but unreserved characters (RFC 3986 §2.3) and those in `keep`; NULL out of memory. */
const char *gv_mlflow_encode(struct gv_arena *arena, struct gv_slice text, const char *keep);

/*
 * The one spelling of an artifact path that is decoded once already: decoded on as MLflow does,
 * until nothing changes. Refused is what MLflow or a store would read in another way: `..`, `.`,
 * empty segments, backslashes, controls, '#', '?', a scheme in front.
 */
bool gv_mlflow_artifact_path(struct gv_arena *arena, struct gv_slice text,
                             struct gv_slice *ret_path, struct gv_error *err);

/* Whether the text has a C0 or C1 control character or DEL. */
bool gv_mlflow_has_control(struct gv_slice text);

/* --- query.c: a query as MLflow's frameworks read it --- */

struct gv_mlflow_parameter {
    struct gv_slice name; /* decoded */
    struct gv_slice value;
};

struct gv_mlflow_query {
    struct gv_mlflow_parameter *parameters;
    size_t count;
};

bool gv_mlflow_query_parse(struct gv_arena *arena, struct gv_slice text,
                           struct gv_mlflow_query *ret_query, struct gv_error *err);

/* The query in its one spelling, without '?'; NULL when out of memory. */
const char *gv_mlflow_query_write(struct gv_arena *arena, const struct gv_mlflow_query *query);

/* How often `name` occurs; *ret_first (unless NULL) gets its first value. */
size_t gv_mlflow_query_find(const struct gv_mlflow_query *query, struct gv_slice name,
                            struct gv_slice *ret_first);

/* --- index.c: from method and segments to a row --- */

struct gv_mlflow_lookup {
    struct gv_slice method;
    unsigned version; /* 2 or 3; 0: a raw path */
    bool ajax;
    const struct gv_slice *segments; /* decoded once, the prefix cut off */
    size_t count;
};

struct gv_mlflow_hit {
    const struct gv_mlflow_route *route;
    size_t rest; /* index of the first segment that a {x...} stands for; count when there is none */
    struct gv_slice parameters[GV_MLFLOW_PARAMETERS_MAX]; /* without that of {x...} */
    unsigned parameter_count;
};

bool gv_mlflow_find(const struct gv_mlflow_lookup *lookup, struct gv_mlflow_hit *ret_hit);

/* "POST /mlflow/runs/create" of a row of GV_MLFLOW_ROUTES; static. */
const char *gv_mlflow_route_key(const struct gv_mlflow_route *route);

/* The name of the parameter number `at` in a row's path; the empty slice when there is none. */
struct gv_slice gv_mlflow_route_parameter(const struct gv_mlflow_route *route, unsigned at);

/* --- template.c: where a row's resource stands in a request --- */

enum gv_mlflow_need { GV_NEED_REQUIRED, GV_NEED_OPTIONAL, GV_NEED_LIST };

struct gv_mlflow_placeholder {
    struct gv_slice before; /* literal text in front, within the segment */
    struct gv_slice name;   /* empty: the segment is literal (`before`) */
    enum gv_mlflow_need need;
};

/* Cuts the next segment off a template; false at its end. */
bool gv_mlflow_template_next(struct gv_slice *rest, struct gv_mlflow_placeholder *ret_placeholder);

/* --- body.c: JSON bodies --- */

/* Parses a strict JSON object; `*ret_body` is the caller's to decref. */
bool gv_mlflow_body_parse(struct gv_slice text, json_t **ret_body, struct gv_error *err);

/* Writes JSON into the arena. */
bool gv_mlflow_body_write(struct gv_arena *arena, const json_t *body, struct gv_slice *ret_text,
                          struct gv_error *err);

/* "experimentIds" to "experiment_ids"; NULL when `key` is no lowerCamelCase spelling, or out of
 * memory. */
const char *gv_mlflow_snake(struct gv_arena *arena, const char *key);

/* `body` with every top-level key in MLflow's own spelling; refuses both spellings of one field. */
bool gv_mlflow_body_normalise(struct gv_arena *arena, json_t *body, struct gv_error *err);

/* --- fields.c: kinds of values --- */

struct gv_mlflow_field {
    struct gv_slice name;
    struct gv_slice kind;
    bool required;
};

/* Cuts the next `name:kind!` off a row's fields; false at their end. */
bool gv_mlflow_field_next(struct gv_slice *rest, struct gv_mlflow_field *ret_field);

/* Checks a name of a registered model, an alias (`fresh`: one that is to be set), a version. */
bool gv_mlflow_check_model(struct gv_slice text, struct gv_error *err);
bool gv_mlflow_check_alias(struct gv_slice text, bool fresh, struct gv_error *err);
bool gv_mlflow_check_version(struct gv_slice text, int64_t *ret_version, struct gv_error *err);
bool gv_mlflow_check_key(struct gv_slice text, struct gv_error *err);
/* MLflow's spelling of a stage, or NULL. */
const char *gv_mlflow_stage(struct gv_slice text);
bool gv_mlflow_check_workspace(struct gv_slice text, struct gv_error *err);

/* source.c: takes `models:/NAME/VERSION` and its like apart; other sources are left alone. */
bool gv_mlflow_source(struct gv_arena *arena, const char *source, struct gv_mlflow_call *call,
                      struct gv_error *err);

/* --- rebuild.c, people.c, graphql.c: what becomes of a body --- */

/* Reads a rebuilt row's body by its vocabulary into `call`; *ret_body is a new object, the
 * caller's to decref. */
bool gv_mlflow_rebuild(struct gv_arena *arena, const char *fields, json_t *body,
                       struct gv_mlflow_call *call, json_t **ret_body, struct gv_error *err);

/* Writes `user` over everything in the body that says who did this. `fields`: the row's person
 * fields, or NULL for the tags alone. */
bool gv_mlflow_people(const char *fields, json_t *body, const char *user, struct gv_error *err);

/* Checks a GraphQL request. *ret_root: the one root field, or NULL when there are several. */
bool gv_mlflow_graphql(json_t *body, const char **ret_root, json_t **ret_body,
                       struct gv_error *err);

#endif
