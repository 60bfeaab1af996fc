/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/mlflow/internal.h"

#include "policies/engine/base/panic.h"

/*
 * From a raw target to a row and the one spelling of the target. Whatever two readers could
 * understand differently is refused here: the row is found by the same bytes that are sent on.
 */

struct target {
    struct gv_slice raw[GV_MLFLOW_SEGMENTS_MAX];     /* as sent */
    struct gv_slice decoded[GV_MLFLOW_SEGMENTS_MAX]; /* decoded once */
    size_t count;
};

/* What RFC 3986 lets stand in a path as it is (§3.3); all else must be encoded. */
static const bool PATH_BYTE[256] = {
    ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['-'] = true, ['.'] = true,
    ['_'] = true,         ['~'] = true,         ['!'] = true,         ['$'] = true, ['&'] = true,
    ['\''] = true,        ['('] = true,         [')'] = true,         ['*'] = true, ['+'] = true,
    [','] = true,         [';'] = true,         ['='] = true,         [':'] = true, ['@'] = true,
    ['%'] = true,         ['/'] = true,
};

static bool malformed(struct gv_error *err, const char *why)
{
    return gv_error_set(err, GV_ERROR_INVALID, "malformed path: %s", why);
}

static bool check_path(struct gv_slice path, struct gv_error *err)
{
    if (path.len == 0 || path.ptr[0] != '/')
        return malformed(err, "it does not begin with \"/\"");
    if (path.len > GV_MLFLOW_TARGET_MAX)
        return malformed(err, "it is too long");
    for (size_t i = 0; i < path.len; i++) {
        if (!PATH_BYTE[(unsigned char)path.ptr[i]])
            return malformed(err, "it has a character that must be percent-encoded");
    }
    return true;
}

static bool split(struct gv_arena *arena, struct gv_slice path, struct target *target,
                  struct gv_error *err)
{
    target->count = 0;
    if (path.len == 1)
        return true;
    if (path.ptr[path.len - 1] == '/')
        return malformed(err, "it ends with \"/\"");
    struct gv_slice rest = {path.ptr + 1, path.len - 1};
    while (rest.len > 0) {
        if (target->count == GV_MLFLOW_SEGMENTS_MAX)
            return malformed(err, "it has too many segments");
        struct gv_slice raw = gv_slice_split(&rest, '/');
        struct gv_slice decoded;
        if (raw.len == 0)
            return malformed(err, "it has an empty segment (\"//\")");
        if (!gv_mlflow_decode(arena, raw, &decoded, err))
            return gv_error_prefix(err, "malformed path");
        if (gv_slice_is(decoded, ".") || gv_slice_is(decoded, ".."))
            return malformed(err, "it has a \".\" or \"..\" segment");
        if (gv_mlflow_has_control(decoded))
            return malformed(err, "it has a control character");
        target->raw[target->count] = raw;
        target->decoded[target->count++] = decoded;
    }
    return true;
}

/* A segment outside {x...}: what is still special after one decoding could be decoded again. */
static bool check_segments(const struct target *target, size_t from, size_t to,
                           struct gv_error *err)
{
    for (size_t i = from; i < to; i++) {
        struct gv_slice text = target->decoded[i];
        if (memchr(text.ptr, '%', text.len) || memchr(text.ptr, '/', text.len) ||
            memchr(text.ptr, '\\', text.len))
            return malformed(err, "it has an encoded \"/\", \"\\\" or \"%\"");
    }
    return true;
}

/* Cuts /api/N.0 or /ajax-api/N.0 off; returns how many segments it took. */
static size_t read_prefix(const struct target *target, struct gv_mlflow_lookup *lookup)
{
    if (target->count < 3)
        return 0;
    bool ajax = gv_slice_is(target->decoded[0], "ajax-api");
    if (!ajax && !gv_slice_is(target->decoded[0], "api"))
        return 0;
    bool two = gv_slice_is(target->decoded[1], "2.0");
    if (!two && !gv_slice_is(target->decoded[1], "3.0"))
        return 0;
    lookup->ajax = ajax;
    lookup->version = two ? 2 : 3;
    return 2;
}

/* The static prefix is the operator's, so it has one spelling. */
static bool cut_static_prefix(struct gv_slice *path, const char *static_prefix)
{
    struct gv_slice prefix = gv_slice_from(static_prefix);
    if (prefix.len == 0)
        return true;
    if (!gv_slice_starts(*path, prefix) || path->len == prefix.len || path->ptr[prefix.len] != '/')
        return false;
    path->ptr += prefix.len;
    path->len -= prefix.len;
    return true;
}

/* What {x...} stands for, decoded like MLflow decodes an artifact path. */
static bool read_rest(struct gv_arena *arena, const struct target *target, size_t from,
                      struct gv_slice *ret_rest, struct gv_error *err)
{
    const char *start = target->raw[from].ptr;
    const struct gv_slice *last = &target->raw[target->count - 1];
    struct gv_slice raw = {start, (size_t)(last->ptr - start) + last->len};
    return gv_mlflow_decode(arena, raw, ret_rest, err) &&
           gv_mlflow_artifact_path(arena, *ret_rest, ret_rest, err);
}

/* Whether the row's resource (or operation) depends on a single value of this parameter. */
static bool is_single(const struct gv_mlflow_route *route, struct gv_slice name)
{
    if (route->operation == GV_OPERATION_ARTIFACT_WRITE && gv_slice_is(name, "path"))
        return true;
    struct gv_slice rest = gv_slice_from(route->resource);
    struct gv_mlflow_placeholder placeholder;
    while (gv_mlflow_template_next(&rest, &placeholder)) {
        if (placeholder.need == GV_NEED_LIST || placeholder.name.len == 0)
            continue;
        if (gv_slice_equal(placeholder.name, name) ||
            (gv_slice_is(placeholder.name, "run_id") && gv_slice_is(name, "run_uuid")))
            return true;
    }
    return false;
}

static bool check_query(const struct gv_mlflow_match *match, const struct gv_mlflow_query *query,
                        struct gv_error *err)
{
    for (size_t i = 0; i < query->count; i++) {
        struct gv_slice name = query->parameters[i].name;
        if (is_single(match->route, name) && gv_mlflow_query_find(query, name, NULL) > 1)
            return gv_error_set_quoted(err, GV_ERROR_INVALID, name, "stands twice in the query");
    }
    for (unsigned i = 0; i < match->parameter_count; i++) {
        struct gv_slice name = gv_mlflow_route_parameter(match->route, i);
        struct gv_slice value;
        if (gv_mlflow_query_find(query, name, &value) > 0 &&
            !gv_slice_equal(value, match->parameters[i]))
            return gv_error_set_quoted(err, GV_ERROR_INVALID, name,
                                       "differs between path and query");
    }
    struct gv_slice id = {0};
    struct gv_slice uuid = {0};
    gv_mlflow_query_find(query, GV_SLICE("run_id"), &id);
    gv_mlflow_query_find(query, GV_SLICE("run_uuid"), &uuid);
    if (id.len > 0 && uuid.len > 0 && !gv_slice_equal(id, uuid))
        return gv_error_set(err, GV_ERROR_INVALID, "run_id and run_uuid differ in the query");
    return true;
}

/* The `path` of an upload is decoded by MLflow like an artifact path of a URL. */
static bool rewrite_upload_path(struct gv_arena *arena, struct gv_mlflow_query *query,
                                struct gv_error *err)
{
    for (size_t i = 0; i < query->count; i++) {
        struct gv_mlflow_parameter *parameter = &query->parameters[i];
        if (gv_slice_is(parameter->name, "path") &&
            !gv_mlflow_artifact_path(arena, parameter->value, &parameter->value, err))
            return false;
    }
    return true;
}

static bool read_query(struct gv_arena *arena, struct gv_slice text, struct gv_mlflow_match *match,
                       struct gv_error *err)
{
    bool reads_query = match->route->query || strcmp(match->route->method, "GET") == 0;
    if (!reads_query && text.len > 0)
        return gv_error_set(err, GV_ERROR_INVALID,
                            "MLflow reads no query on this call; its parameters belong in the "
                            "JSON body");
    struct gv_mlflow_query query;
    if (!gv_mlflow_query_parse(arena, text, &query, err) || !check_query(match, &query, err))
        return false;
    if (match->route->operation == GV_OPERATION_ARTIFACT_WRITE &&
        !rewrite_upload_path(arena, &query, err))
        return false;
    match->query = gv_slice_from(gv_mlflow_query_write(arena, &query));
    return match->query.ptr || gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
}

static bool write_target(struct gv_arena *arena, const struct target *target,
                         const struct gv_mlflow_hit *hit, size_t prefix, struct gv_slice rest,
                         const char *static_prefix, struct gv_mlflow_match *match,
                         struct gv_error *err)
{
    const char *parts[GV_MLFLOW_SEGMENTS_MAX + 1];
    size_t count = 0;
    size_t size = strlen(static_prefix) + match->query.len + 3;
    for (size_t i = 0; i < prefix + hit->rest; i++)
        parts[count++] = gv_mlflow_encode(arena, target->decoded[i], ":");
    if (rest.len > 0)
        parts[count++] = gv_mlflow_encode(arena, rest, "/");
    for (size_t i = 0; i < count; i++) {
        if (!parts[i])
            return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
        size += strlen(parts[i]) + 1;
    }
    char *written = gv_arena_alloc(arena, size);
    if (!written)
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    char *at = stpcpy(written, static_prefix);
    if (count == 0)
        *at++ = '/';
    for (size_t i = 0; i < count; i++) {
        *at++ = '/';
        at = stpcpy(at, parts[i]);
    }
    if (match->query.len > 0) {
        *at++ = '?';
        memcpy(at, match->query.ptr, match->query.len);
    }
    match->target = written;
    return true;
}

/* Fills what the row says of the request, once it is found. */
static bool complete(struct gv_arena *arena, const struct target *target,
                     const struct gv_mlflow_hit *hit, size_t prefix, struct gv_slice query,
                     const char *static_prefix, struct gv_mlflow_match *match, struct gv_error *err)
{
    struct gv_slice rest = {0};
    bool has_rest = prefix + hit->rest < target->count;
    match->route = hit->route;
    match->key = gv_mlflow_route_key(hit->route);
    match->has_json = hit->route->class_ != GV_ROUTE_STREAMED;
    match->parameter_count = hit->parameter_count;
    memcpy(match->parameters, hit->parameters, sizeof(match->parameters));
    if (!check_segments(target, 0, prefix + hit->rest, err))
        return false;
    if (has_rest && !read_rest(arena, target, prefix + hit->rest, &rest, err))
        return false;
    if (has_rest) {
        gv_invariant(match->parameter_count < GV_MLFLOW_PARAMETERS_MAX,
                     "a row of MLflow's route table has too many parameters");
        match->parameters[match->parameter_count++] = rest;
    }
    return read_query(arena, query, match, err) &&
           write_target(arena, target, hit, prefix, rest, static_prefix, match, err);
}

enum gv_match_result gv_mlflow_match(struct gv_arena *arena, struct gv_slice method,
                                     struct gv_slice path, struct gv_slice query,
                                     const char *static_prefix, struct gv_mlflow_match *ret_match,
                                     struct gv_error *err)
{
    struct target target;
    *ret_match = (struct gv_mlflow_match){0};
    if (!check_path(path, err))
        return GV_MATCH_MALFORMED;
    if (!cut_static_prefix(&path, static_prefix)) {
        gv_error_set(err, GV_ERROR_NOT_FOUND, "MLflow is served below %s", static_prefix);
        return GV_MATCH_UNKNOWN;
    }
    if (!split(arena, path, &target, err))
        return GV_MATCH_MALFORMED;
    /* MLflow serves HEAD wherever it serves GET. */
    struct gv_mlflow_lookup lookup = {.method =
                                          gv_slice_is(method, "HEAD") ? GV_SLICE("GET") : method};
    size_t prefix = read_prefix(&target, &lookup);
    lookup.segments = target.decoded + prefix;
    lookup.count = target.count - prefix;
    struct gv_mlflow_hit hit;
    if (!gv_mlflow_find(&lookup, &hit)) {
        gv_error_set(err, GV_ERROR_NOT_FOUND,
                     "this call is not in the gateway's table of MLflow's routes");
        return GV_MATCH_UNKNOWN;
    }
    return complete(arena, &target, &hit, prefix, query, static_prefix, ret_match, err)
               ? GV_MATCH_OK
               : GV_MATCH_MALFORMED;
}
