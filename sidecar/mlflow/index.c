/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/mlflow/internal.h"

#include "policies/engine/base/panic.h"
#include <pthread.h>

/*
 * Finding a row: most paths are literal and are found in a hash table by method, version and path;
 * the others are few and are compared segment by segment. A literal row goes before one with
 * parameters, as in Werkzeug and FastAPI. Both are built once from the table.
 */

#define SLOTS 1024 /* a power of two, more than twice the literal rows: the test counts them */
#define PATTERNS_MAX 128
#define PATTERN_SEGMENTS_MAX 10

struct pattern_segment {
    struct gv_slice literal; /* the segment, or what follows the parameter in it (":generate") */
    enum { SEGMENT_LITERAL, SEGMENT_PARAMETER, SEGMENT_REST } kind;
};

struct pattern {
    const struct gv_mlflow_route *route;
    struct pattern_segment segments[PATTERN_SEGMENTS_MAX];
    size_t count;
};

static struct {
    const struct gv_mlflow_route *route;
    unsigned version;
} slots[SLOTS];

static struct pattern patterns[PATTERNS_MAX];
static size_t pattern_count;
static pthread_once_t built = PTHREAD_ONCE_INIT;

/* FNV-1a: the table is fixed and its keys are not the client's, so nothing can be made to collide
 * that does not do so already. */
static uint32_t hash_bytes(uint32_t hash, struct gv_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.ptr[i]) * 16777619u;
    return hash;
}

static uint32_t hash_start(struct gv_slice method, unsigned version)
{
    return hash_bytes(2166136261u ^ version, method);
}

static void add_literal(const struct gv_mlflow_route *route, unsigned version)
{
    uint32_t hash = hash_start(gv_slice_from(route->method), version);
    size_t at = hash_bytes(hash, gv_slice_from(route->path)) % SLOTS;
    for (size_t probes = 0; slots[at].route; probes++) {
        gv_invariant(probes < SLOTS / 2, "MLflow's route table has outgrown its index");
        at = (at + 1) % SLOTS;
    }
    slots[at].route = route;
    slots[at].version = version;
}

static struct pattern_segment read_segment(struct gv_slice text)
{
    struct pattern_segment segment = {.literal = text, .kind = SEGMENT_LITERAL};
    if (text.len == 0 || text.ptr[0] != '{')
        return segment;
    const char *close = memchr(text.ptr, '}', text.len);
    gv_invariant(close, "a parameter of MLflow's route table is not closed");
    size_t past = (size_t)(close - text.ptr) + 1;
    segment.literal = (struct gv_slice){text.ptr + past, text.len - past};
    bool is_rest = past > 5 && memcmp(close - 3, "...", 3) == 0;
    segment.kind = is_rest ? SEGMENT_REST : SEGMENT_PARAMETER;
    return segment;
}

static void add_pattern(const struct gv_mlflow_route *route)
{
    gv_invariant(pattern_count < PATTERNS_MAX, "MLflow's route table has too many patterns");
    struct pattern *pattern = &patterns[pattern_count++];
    pattern->route = route;
    struct gv_slice rest = gv_slice_from(route->path + 1);
    while (rest.len > 0) {
        gv_invariant(pattern->count < PATTERN_SEGMENTS_MAX,
                     "a row of MLflow's route table is too long");
        pattern->segments[pattern->count++] = read_segment(gv_slice_split(&rest, '/'));
    }
}

static void build(void)
{
    for (size_t i = 0; i < GV_MLFLOW_ROUTES_COUNT; i++) {
        const struct gv_mlflow_route *route = &GV_MLFLOW_ROUTES[i];
        if (strchr(route->path, '{')) {
            add_pattern(route);
            continue;
        }
        if (route->raw)
            add_literal(route, 0);
        for (unsigned version = 2; version <= 3; version++) {
            if (route->versions & (1u << version))
                add_literal(route, version);
        }
    }
}

static bool is_reachable(const struct gv_mlflow_route *route, const struct gv_mlflow_lookup *lookup)
{
    if (!gv_slice_is(lookup->method, route->method))
        return false;
    if (lookup->version == 0)
        return route->raw;
    return (route->versions & (1u << lookup->version)) && (lookup->ajax || !route->ajax_only);
}

static bool path_is(const char *path, const struct gv_mlflow_lookup *lookup)
{
    struct gv_slice rest = gv_slice_from(path + 1);
    for (size_t i = 0; i < lookup->count; i++) {
        if (rest.len == 0 || !gv_slice_equal(gv_slice_split(&rest, '/'), lookup->segments[i]))
            return false;
    }
    return rest.len == 0;
}

static const struct gv_mlflow_route *find_literal(const struct gv_mlflow_lookup *lookup)
{
    uint32_t hash = hash_start(lookup->method, lookup->version);
    if (lookup->count == 0)
        hash = hash_bytes(hash, GV_SLICE("/"));
    for (size_t i = 0; i < lookup->count; i++)
        hash = hash_bytes(hash_bytes(hash, GV_SLICE("/")), lookup->segments[i]);
    for (size_t at = hash % SLOTS; slots[at].route; at = (at + 1) % SLOTS) {
        if (slots[at].version == lookup->version && is_reachable(slots[at].route, lookup) &&
            path_is(slots[at].route->path, lookup))
            return slots[at].route;
    }
    return NULL;
}

static bool ends_with(struct gv_slice text, struct gv_slice end)
{
    return text.len > end.len &&
           (end.len == 0 || memcmp(text.ptr + text.len - end.len, end.ptr, end.len) == 0);
}

static bool match_pattern(const struct pattern *pattern, const struct gv_mlflow_lookup *lookup,
                          struct gv_mlflow_hit *hit)
{
    *hit = (struct gv_mlflow_hit){.route = pattern->route, .rest = lookup->count};
    for (size_t i = 0; i < pattern->count; i++) {
        const struct pattern_segment *segment = &pattern->segments[i];
        if (i >= lookup->count)
            return false;
        struct gv_slice text = lookup->segments[i];
        if (segment->kind == SEGMENT_REST) {
            hit->rest = i;
            return true;
        }
        if (segment->kind == SEGMENT_LITERAL && !gv_slice_equal(text, segment->literal))
            return false;
        if (segment->kind != SEGMENT_PARAMETER)
            continue;
        if (!ends_with(text, segment->literal))
            return false;
        gv_invariant(hit->parameter_count < GV_MLFLOW_PARAMETERS_MAX,
                     "a row of MLflow's route table has too many parameters");
        hit->parameters[hit->parameter_count++] =
            (struct gv_slice){text.ptr, text.len - segment->literal.len};
    }
    return pattern->count == lookup->count;
}

bool gv_mlflow_find(const struct gv_mlflow_lookup *lookup, struct gv_mlflow_hit *ret_hit)
{
    pthread_once(&built, build);
    const struct gv_mlflow_route *literal = find_literal(lookup);
    if (literal) {
        *ret_hit = (struct gv_mlflow_hit){.route = literal, .rest = lookup->count};
        return true;
    }
    for (size_t i = 0; i < pattern_count; i++) {
        if (is_reachable(patterns[i].route, lookup) && match_pattern(&patterns[i], lookup, ret_hit))
            return true;
    }
    return false;
}
