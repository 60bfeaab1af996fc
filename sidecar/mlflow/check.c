/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/mlflow/check.h"

#include "policies/engine/base/panic.h"
#include "sidecar/mlflow/internal.h"

/* Parameters have other names in the table than in MLflow, so paths are compared by their shape. */

static const struct denied {
    const char *method;
    const char *path;
    const char *reason;
} DENIED[] = {
#define GV_DENIED(method_, path_, reason_) {method_, path_, reason_},
#include "sidecar/mlflow/denied.def"
#undef GV_DENIED
};

/* More rows than the table will have. */
#define ROWS_MAX 1024

struct listed {
    const char *method;
    const char *path; /* whole */
};

struct tally {
    size_t in_table;
    size_t left_out;
    size_t unknown;
    bool served[ROWS_MAX]; /* by row of the table */
};

enum part { PART_LITERAL, PART_PARAMETER, PART_REST };

/* What a segment is; *ret_text gets the literal, or what follows the parameter. */
static enum part read_part(struct gv_slice segment, struct gv_slice *ret_text)
{
    *ret_text = segment;
    const char *close =
        segment.len > 0 && segment.ptr[0] == '{' ? memchr(segment.ptr, '}', segment.len) : NULL;
    if (!close)
        return PART_LITERAL;
    size_t past = (size_t)(close - segment.ptr) + 1;
    *ret_text = (struct gv_slice){segment.ptr + past, segment.len - past};
    return past > 5 && memcmp(close - 3, "...", 3) == 0 ? PART_REST : PART_PARAMETER;
}

/* Whether `path` is a row of the form `pattern`; a {x...} of the pattern stands for all below it.
 */
static bool has_shape(const char *pattern, const char *path)
{
    struct gv_slice expected = gv_slice_from(pattern);
    struct gv_slice listed = gv_slice_from(path);
    while (expected.len > 0) {
        struct gv_slice left;
        struct gv_slice right;
        enum part wanted = read_part(gv_slice_split(&expected, '/'), &left);
        if (wanted == PART_REST)
            return listed.ptr > path; /* it stands below the '/' before it */
        if (listed.len == 0)
            return false;
        enum part found = read_part(gv_slice_split(&listed, '/'), &right);
        if (wanted != found || !gv_slice_equal(left, right))
            return false;
    }
    return listed.len == 0 && (path[0] == '\0' || pattern[strlen(pattern) - 1] == '/' ||
                               path[strlen(path) - 1] != '/');
}

/* The path behind /api/N.0 or /ajax-api/N.0, or NULL. */
static const char *cut_prefix(const char *path, unsigned *ret_version, bool *ret_ajax)
{
    static const struct {
        const char *prefix;
        unsigned version;
        bool ajax;
    } prefixes[] = {{"/api/2.0/", 2, false},
                    {"/api/3.0/", 3, false},
                    {"/ajax-api/2.0/", 2, true},
                    {"/ajax-api/3.0/", 3, true}};
    for (size_t i = 0; i < GV_COUNT_OF(prefixes); i++) {
        size_t length = strlen(prefixes[i].prefix);
        if (strncmp(path, prefixes[i].prefix, length) != 0)
            continue;
        *ret_version = prefixes[i].version;
        *ret_ajax = prefixes[i].ajax;
        return path + length - 1;
    }
    return NULL;
}

/* The index of the row that is this route, or GV_MLFLOW_ROUTES_COUNT. */
static size_t find_row(const struct listed *listed)
{
    unsigned version = 0;
    bool ajax = false;
    const char *path = cut_prefix(listed->path, &version, &ajax);
    for (size_t i = 0; i < GV_MLFLOW_ROUTES_COUNT; i++) {
        const struct gv_mlflow_route *route = &GV_MLFLOW_ROUTES[i];
        bool in_reach =
            path ? (route->versions & (1u << version)) && (ajax || !route->ajax_only) : route->raw;
        if (in_reach && strcmp(route->method, listed->method) == 0 &&
            has_shape(route->path, path ? path : listed->path))
            return i;
    }
    return GV_MLFLOW_ROUTES_COUNT;
}

static const struct denied *find_denied(const struct listed *listed)
{
    for (size_t i = 0; i < GV_COUNT_OF(DENIED); i++) {
        bool method =
            strcmp(DENIED[i].method, "*") == 0 || strcmp(DENIED[i].method, listed->method) == 0;
        if (method && has_shape(DENIED[i].path, listed->path))
            return &DENIED[i];
    }
    return NULL;
}

/* A concrete path of this shape: "{x}" becomes "x", "{x...}" likewise. */
static char *make_sample(struct gv_arena *arena, const char *path)
{
    char *sample = gv_arena_string(arena, path);
    char *to = sample;
    bool inside = false;
    for (const char *at = path; sample && *at; at++) {
        inside = *at == '{' || (inside && *at != '}');
        if (*at != '{' && *at != '}' && !(inside && *at == '.'))
            *to++ = *at;
    }
    if (sample)
        *to = '\0';
    return sample;
}

/* The row that would take a call of this route although it is another one; NULL: none. */
static const char *find_mistaken(struct gv_arena *arena, const struct listed *listed)
{
    struct gv_mlflow_match match;
    struct gv_slice none = {0};
    char *sample = make_sample(arena, listed->path);
    if (!sample || gv_mlflow_match(arena, gv_slice_from(listed->method), gv_slice_from(sample),
                                   none, "", &match, NULL) != GV_MATCH_OK)
        return NULL;
    return match.key;
}

static void judge(struct gv_arena *arena, const struct listed *listed, struct tally *tally,
                  struct gv_text *out)
{
    size_t row = find_row(listed);
    if (row < GV_MLFLOW_ROUTES_COUNT) {
        tally->in_table++;
        tally->served[row] = true;
        return;
    }
    const char *mistaken = find_mistaken(arena, listed);
    const struct denied *denied = find_denied(listed);
    if (mistaken) {
        tally->unknown++;
        gv_text_format(out, "mistaken  %s %s: the table takes it for %s\n", listed->method,
                       listed->path, mistaken);
    } else if (denied) {
        tally->left_out++;
        gv_text_format(out, "left out  %s %s: %s\n", listed->method, listed->path, denied->reason);
    } else {
        tally->unknown++;
        gv_text_format(out, "unknown   %s %s\n", listed->method, listed->path);
    }
}

static size_t count_unserved(const struct tally *tally)
{
    size_t unserved = 0;
    for (size_t i = 0; i < GV_MLFLOW_ROUTES_COUNT; i++)
        unserved += !tally->served[i];
    return unserved;
}

static bool judge_all(struct gv_arena *arena, json_t *document, struct tally *tally,
                      struct gv_text *out, struct gv_error *err)
{
    json_t *routes = json_object_get(document, "routes");
    const char *mlflow = json_string_value(json_object_get(document, "mlflow"));
    if (!mlflow || json_array_size(routes) == 0)
        return gv_error_set(err, GV_ERROR_INVALID,
                            "this is no document of list_routes.py: \"mlflow\" or \"routes\" is "
                            "missing");
    size_t at;
    json_t *route;
    json_array_foreach(routes, at, route)
    {
        struct listed listed = {json_string_value(json_object_get(route, "method")),
                                json_string_value(json_object_get(route, "path"))};
        if (!listed.method || !listed.path || listed.path[0] != '/')
            return gv_error_set(err, GV_ERROR_INVALID,
                                "route %zu of the document has no method or no path", at + 1);
        judge(arena, &listed, tally, out);
        gv_arena_reset(arena);
    }
    gv_text_format(out,
                   "MLflow %s serves %zu routes: %zu in the table, %zu left out on purpose, %zu "
                   "to be looked at; %zu rows of the table are of other versions\n",
                   mlflow, json_array_size(routes), tally->in_table, tally->left_out,
                   tally->unknown, count_unserved(tally));
    return true;
}

bool gv_mlflow_routes_check(struct gv_slice json, struct gv_text *out, struct gv_error *err)
{
    if (json.len > GV_MLFLOW_LISTING_MAX)
        return gv_error_set(err, GV_ERROR_LIMIT, "a list of routes has at most %zu bytes",
                            GV_MLFLOW_LISTING_MAX);
    json_t *document;
    if (!gv_mlflow_body_parse(json, &document, err))
        return false;
    gv_invariant(GV_MLFLOW_ROUTES_COUNT <= ROWS_MAX, "MLflow's route table has too many rows");
    struct tally tally = {0};
    struct gv_arena *arena = gv_arena_new(0);
    bool ok = arena ? judge_all(arena, document, &tally, out, err)
                    : gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    gv_arena_free(arena);
    json_decref(document);
    if (!ok)
        return false;
    if (!gv_text_ok(out))
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    return tally.unknown == 0 ||
           gv_error_set(err, GV_ERROR_REFUSED,
                        "%zu routes are in neither list; add each to routes.def, or to denied.def "
                        "with its reason",
                        tally.unknown);
}
