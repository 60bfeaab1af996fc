/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/mlflow/internal.h"

/*
 * From a matched request to the call that it is: the body is read and written anew as the row's
 * class says, and the row's template says where the resource stands. MLflow reads a parameter from
 * the path, else from the query of a GET, else from the body; the same order holds here.
 */

struct request {
    struct gv_arena *arena;
    const struct gv_mlflow_match *match;
    struct gv_mlflow_query query;
    json_t *body; /* NULL when the call has none */
    const char *graphql_root;
    struct gv_mlflow_call *call;
    struct gv_error *err;
};

static bool no_memory(struct gv_error *err)
{
    return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
}

/* A text of the body; a whole number counts as its digits, as MLflow's clients are not strict. */
static bool body_text(struct request *request, const json_t *value, struct gv_slice *ret_text)
{
    *ret_text = (struct gv_slice){0};
    if (json_is_string(value)) {
        const char *kept = gv_arena_string(request->arena, json_string_value(value));
        *ret_text = gv_slice_from(kept);
        return kept || no_memory(request->err);
    }
    if (json_is_integer(value)) {
        const char *digits =
            gv_arena_format(request->arena, "%lld", (long long)json_integer_value(value));
        *ret_text = gv_slice_from(digits);
        return digits || no_memory(request->err);
    }
    return gv_error_set(request->err, GV_ERROR_INVALID, "is not a string");
}

static bool find_in_body(struct request *request, const char *name, struct gv_slice *ret_value)
{
    json_t *value = json_object_get(request->body, name);
    if (!value || json_is_null(value))
        return true;
    return body_text(request, value, ret_value) || gv_error_prefix(request->err, "%s", name);
}

/* The value of a single parameter; empty when the request has none. */
static bool find_value(struct request *request, struct gv_slice name, struct gv_slice *ret_value)
{
    *ret_value = (struct gv_slice){0};
    for (unsigned i = 0; i < request->match->parameter_count; i++) {
        if (gv_slice_equal(gv_mlflow_route_parameter(request->match->route, i), name)) {
            *ret_value = request->match->parameters[i];
            return true;
        }
    }
    if (gv_mlflow_query_find(&request->query, name, ret_value) > 0 || !request->body)
        return true;
    const char *text = gv_arena_copy(request->arena, name);
    return text ? find_in_body(request, text, ret_value) : no_memory(request->err);
}

/* run_id is also found by its old name; MLflow's client sends both, alike. */
static bool find_parameter(struct request *request, struct gv_slice name,
                           struct gv_slice *ret_value)
{
    struct gv_slice old = {0};
    if (!find_value(request, name, ret_value))
        return false;
    if (!gv_slice_is(name, "run_id"))
        return true;
    if (!find_value(request, GV_SLICE("run_uuid"), &old))
        return false;
    if (old.len > 0 && ret_value->len > 0 && !gv_slice_equal(old, *ret_value))
        return gv_error_set(request->err, GV_ERROR_INVALID, "run_id and run_uuid differ");
    if (ret_value->len == 0)
        *ret_value = old;
    return true;
}

/* Notes one more value of a list: the only one, or several. */
static void note(struct gv_slice value, struct gv_slice *only, size_t *distinct)
{
    if (value.len == 0 || (*distinct > 0 && gv_slice_equal(*only, value)))
        return;
    *only = value;
    (*distinct)++;
}

/* The value of a list that has one distinct value; empty when it has none or several. */
static bool find_only(struct request *request, struct gv_slice name, struct gv_slice *ret_value)
{
    size_t distinct = 0;
    *ret_value = (struct gv_slice){0};
    for (size_t i = 0; i < request->query.count; i++) {
        if (gv_slice_equal(request->query.parameters[i].name, name))
            note(request->query.parameters[i].value, ret_value, &distinct);
    }
    const char *text = gv_arena_copy(request->arena, name);
    if (!text)
        return no_memory(request->err);
    json_t *list = json_object_get(request->body, text);
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct gv_slice value;
        if (!body_text(request, json_array_get(list, i), &value))
            return gv_error_prefix(request->err, "%s", text);
        note(value, ret_value, &distinct);
    }
    if (list && !json_is_array(list) && !json_is_null(list))
        return gv_error_set(request->err, GV_ERROR_INVALID, "%s: is not a list", text);
    if (distinct != 1)
        *ret_value = (struct gv_slice){0};
    return true;
}

/* Names of registered models, versions and aliases have one spelling wherever they stand. */
static bool check_value(struct request *request, struct gv_slice name, struct gv_slice value)
{
    struct gv_mlflow_call *call = request->call;
    struct gv_error *err = request->err;
    const char *kept = gv_arena_copy(request->arena, value);
    if (!kept)
        return no_memory(err);
    if (gv_slice_is(name, "run_id") || gv_slice_is(name, "run_uuid"))
        call->run_id = kept;
    if (!gv_slice_starts(gv_slice_from(call->route->resource), GV_SLICE("model/")))
        return gv_slice_is_utf8(value) ||
               gv_error_set_quoted(err, GV_ERROR_INVALID, value, "is not UTF-8");
    if (gv_slice_is(name, "name")) {
        call->model = kept;
        return gv_mlflow_check_model(value, err);
    }
    if (gv_slice_is(name, "alias")) {
        call->alias = kept;
        return gv_mlflow_check_alias(value, false, err);
    }
    if (gv_slice_is(name, "version"))
        return gv_mlflow_check_version(value, &call->version, err);
    return true;
}

/* Appends a value with what stands before it in its segment ("v" and "3"). */
static const char *append(struct gv_arena *arena, const char *path, struct gv_slice before,
                          struct gv_slice value)
{
    if (before.len == 0)
        return gv_resource_append(arena, path, value);
    const char *joined =
        gv_arena_format(arena, "%.*s%.*s", GV_SLICE_ARG(before), GV_SLICE_ARG(value));
    return joined ? gv_resource_append(arena, path, gv_slice_from(joined)) : NULL;
}

/* Appends what a {x...} stands for: several segments. */
static const char *append_rest(struct gv_arena *arena, const char *path, struct gv_slice rest)
{
    while (path && rest.len > 0)
        path = gv_resource_append(arena, path, gv_slice_split(&rest, '/'));
    return path;
}

static bool is_rest(const struct gv_mlflow_route *route, struct gv_slice name)
{
    const char *dots = strstr(route->path, "...}");
    return dots && (size_t)(dots - route->path) > name.len &&
           memcmp(dots - name.len, name.ptr, name.len) == 0 &&
           dots[-(ptrdiff_t)name.len - 1] == '{';
}

/* One segment of the template. *ret_end: the resource ends before it. */
static bool resolve(struct request *request, const struct gv_mlflow_placeholder *placeholder,
                    const char **path, bool *ret_end)
{
    struct gv_slice value = {0};
    bool literal = placeholder->name.len == 0;
    bool found = literal || (placeholder->need == GV_NEED_LIST
                                 ? find_only(request, placeholder->name, &value)
                                 : find_parameter(request, placeholder->name, &value));
    if (!found)
        return false;
    *ret_end = !literal && value.len == 0;
    if (*ret_end && placeholder->need == GV_NEED_REQUIRED)
        return gv_error_set(request->err, GV_ERROR_INVALID,
                            "Missing value for required parameter '%.*s'",
                            GV_SLICE_ARG(placeholder->name));
    if (*ret_end)
        return true;
    if (!literal && !check_value(request, placeholder->name, value))
        return gv_error_prefix(request->err, "%.*s", GV_SLICE_ARG(placeholder->name));
    if (literal)
        *path = gv_resource_append(request->arena, *path, placeholder->before);
    else if (is_rest(request->call->route, placeholder->name))
        *path = append_rest(request->arena, *path, value);
    else
        *path = append(request->arena, *path, placeholder->before, value);
    return *path || no_memory(request->err);
}

static bool build_resource(struct request *request)
{
    const char *path = "";
    bool end = false;
    struct gv_slice rest = gv_slice_from(request->call->route->resource);
    struct gv_mlflow_placeholder placeholder;
    while (!end && gv_mlflow_template_next(&rest, &placeholder)) {
        if (!resolve(request, &placeholder, &path, &end))
            return false;
    }
    if (request->graphql_root)
        path = gv_resource_append(request->arena, path, gv_slice_from(request->graphql_root));
    if (!path)
        return no_memory(request->err);
    request->call->resource.workspace = gv_slice_from(request->call->workspace);
    request->call->resource.path = gv_slice_from(path);
    return true;
}

static bool is_run_id(struct gv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if ((c < '0' || c > '9') && (c < 'a' || c > 'f'))
            return false;
    }
    return text.len == 32;
}

/* <experiment>/<run>/artifacts/… is where MLflow puts a run's artifacts by default. */
static bool note_run(struct request *request)
{
    struct gv_slice rest = gv_slice_from(request->call->artifact_path);
    gv_slice_split(&rest, '/');
    struct gv_slice run = gv_slice_split(&rest, '/');
    struct gv_slice folder = gv_slice_split(&rest, '/');
    if (request->call->run_id || !is_run_id(run) || !gv_slice_is(folder, "artifacts"))
        return true;
    request->call->run_id = gv_arena_copy(request->arena, run);
    return request->call->run_id || no_memory(request->err);
}

/* The object of a multipart upload is the URL's path and the last name of the body's `path`
 * (store/artifact/s3_artifact_repo.py), so that name becomes part of what is decided about. */
static bool multipart_path(struct request *request, struct gv_slice *path)
{
    struct gv_slice local;
    if (!find_in_body(request, "path", &local))
        return false;
    const char *slash = local.len > 0 ? memrchr(local.ptr, '/', local.len) : NULL;
    size_t before = slash ? (size_t)(slash - local.ptr) + 1 : 0;
    struct gv_slice name = {local.ptr + before, local.len - before};
    if (name.len == 0)
        return gv_error_set(request->err, GV_ERROR_INVALID, "path: names no file");
    const char *whole =
        gv_arena_format(request->arena, "%.*s/%.*s", GV_SLICE_ARG(*path), GV_SLICE_ARG(name));
    if (!whole)
        return no_memory(request->err);
    struct gv_slice written;
    if (!gv_mlflow_artifact_path(request->arena, gv_slice_from(whole), &written, request->err))
        return false;
    if (!gv_slice_is(written, whole))
        return gv_error_set(request->err, GV_ERROR_INVALID, "path: is percent-encoded");
    *path = written;
    return true;
}

static bool note_artifact(struct request *request)
{
    struct gv_slice path;
    struct gv_slice name = is_rest(request->call->route, GV_SLICE("artifact_path"))
                               ? GV_SLICE("artifact_path")
                               : GV_SLICE("path");
    bool writes = request->call->operation == GV_OPERATION_ARTIFACT_WRITE;
    if (!writes && name.len == 4)
        return true;
    if (request->body && writes)
        path = request->match->parameters[0];
    else if (!find_value(request, name, &path))
        return false;
    if (path.len == 0)
        return gv_error_set(request->err, GV_ERROR_INVALID,
                            "Missing value for required parameter 'path'");
    if (request->body && !multipart_path(request, &path))
        return false;
    request->call->artifact_path = gv_arena_copy(request->arena, path);
    return request->call->artifact_path ? note_run(request) : no_memory(request->err);
}

/* A path parameter goes before a field of the same name; one that differs was meant to deceive. */
static bool check_path_twins(struct request *request)
{
    for (unsigned i = 0; i < request->match->parameter_count; i++) {
        struct gv_slice name = gv_mlflow_route_parameter(request->match->route, i);
        const char *text = gv_arena_copy(request->arena, name);
        json_t *twin = text ? json_object_get(request->body, text) : NULL;
        struct gv_slice value;
        if (!text)
            return no_memory(request->err);
        if (!twin || json_is_null(twin))
            continue;
        if (!body_text(request, twin, &value))
            return gv_error_prefix(request->err, "%s", text);
        if (value.len > 0 && !gv_slice_equal(value, request->match->parameters[i]))
            return gv_error_set(request->err, GV_ERROR_INVALID, "%s: differs between path and body",
                                text);
    }
    return true;
}

/* Reads the body by the row's class and leaves in request->body what is to be sent. */
static bool transform(struct request *request, const char *user)
{
    const struct gv_mlflow_route *route = request->call->route;
    json_t *written = NULL;
    if (route->operation == GV_OPERATION_GRAPHQL) {
        if (!gv_mlflow_graphql(request->body, &request->graphql_root, &written, request->err))
            return false;
    } else if (!gv_mlflow_body_normalise(request->arena, request->body, request->err)) {
        return false;
    } else if (route->class_ == GV_ROUTE_REBUILT) {
        /* The fields of such a row are its vocabulary; only tags can name a person. */
        if (user && !gv_mlflow_people(NULL, request->body, user, request->err))
            return false;
        if (!gv_mlflow_rebuild(request->arena, route->fields, request->body, request->call,
                               &written, request->err))
            return false;
    } else {
        return check_path_twins(request) &&
               (!user || gv_mlflow_people(route->fields, request->body, user, request->err));
    }
    json_decref(request->body);
    request->body = written;
    return true;
}

static bool read_body(struct request *request, struct gv_slice body, const char *user)
{
    struct gv_mlflow_call *call = request->call;
    if (!request->match->has_json)
        return body.len == 0 ||
               gv_error_set(request->err, GV_ERROR_INVALID, "this call takes no JSON body");
    /* MLflow reads an empty body as an empty object. */
    bool empty = body.len == 0;
    if (!gv_mlflow_body_parse(empty ? GV_SLICE("{}") : body, &request->body, request->err) ||
        !transform(request, user))
        return false;
    if (empty && json_object_size(request->body) == 0)
        return true;
    call->has_body = true;
    return gv_mlflow_body_write(request->arena, request->body, &call->body, request->err);
}

/* Value of X-MLFLOW-WORKSPACE; MLflow trims it. */
static bool read_workspace(struct request *request, struct gv_slice workspace)
{
    request->call->workspace = "default";
    if (workspace.len == 0)
        return true;
    if (!gv_mlflow_check_workspace(workspace, request->err))
        return gv_error_prefix(request->err, "X-MLFLOW-WORKSPACE");
    request->call->workspace = gv_arena_copy(request->arena, workspace);
    return request->call->workspace || no_memory(request->err);
}

bool gv_mlflow_classify(struct gv_arena *arena, const struct gv_mlflow_match *match,
                        struct gv_slice workspace, struct gv_slice body, const char *user,
                        struct gv_mlflow_call *ret_call, struct gv_error *err)
{
    *ret_call = (struct gv_mlflow_call){
        .route = match->route,
        .key = match->key,
        .target = match->target,
        .action = match->route->action,
        .operation = match->route->operation,
    };
    struct request request = {.arena = arena, .match = match, .call = ret_call, .err = err};
    bool ok = read_workspace(&request, workspace) &&
              gv_mlflow_query_parse(arena, match->query, &request.query, err) &&
              read_body(&request, body, user) && build_resource(&request) &&
              note_artifact(&request);
    json_decref(request.body);
    return ok;
}
