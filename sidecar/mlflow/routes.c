/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/mlflow/routes.h"

#include "policies/engine/base/panic.h"
#include "sidecar/mlflow/internal.h"

#define IN_2 (1u << 2)
#define IN_3 (1u << 3)

/* The words of the WHERE column. */
#define WHERE_API2 .versions = IN_2
#define WHERE_API3 .versions = IN_3
#define WHERE_API23 .versions = IN_2 | IN_3
#define WHERE_AJAX2 .versions = IN_2, .ajax_only = true
#define WHERE_AJAX2_QUERY .versions = IN_2, .ajax_only = true, .query = true
#define WHERE_AJAX3 .versions = IN_3, .ajax_only = true
#define WHERE_AJAX23 .versions = IN_2 | IN_3, .ajax_only = true
#define WHERE_RAW .raw = true
#define WHERE_RAW_QUERY .raw = true, .query = true
#define WHERE_PAGE .raw = true, .html = true

const struct gv_mlflow_route GV_MLFLOW_ROUTES[] = {
#define GV_ROUTE(method_, where_, path_, row_class, action_, resource_, operation_, fields_) \
    {.method = #method_,                                                                     \
     .path = (path_),                                                                        \
     WHERE_##where_,                                                                         \
     .class_ = GV_ROUTE_##row_class,                                                         \
     .action = (action_),                                                                    \
     .resource = (resource_),                                                                \
     .operation = GV_OPERATION_##operation_,                                                 \
     .fields = (fields_),                                                                    \
     .audited = GV_ROUTE_##row_class == GV_ROUTE_REBUILT},
#include "sidecar/mlflow/routes.def"
#undef GV_ROUTE
};

const size_t GV_MLFLOW_ROUTES_COUNT = GV_COUNT_OF(GV_MLFLOW_ROUTES);

static const char *const KEYS[] = {
#define GV_ROUTE(method_, where_, path_, row_class, action_, resource_, operation_, fields_) \
#method_ " " path_,
#include "sidecar/mlflow/routes.def"
#undef GV_ROUTE
};

const char *gv_mlflow_route_key(const struct gv_mlflow_route *route)
{
    return KEYS[route - GV_MLFLOW_ROUTES];
}

const char *gv_route_class_word(enum gv_route_class class_)
{
    switch (class_) {
    case GV_ROUTE_REBUILT:
        return "rebuilt";
    case GV_ROUTE_RESERIALISED:
        return "re-serialised";
    case GV_ROUTE_STREAMED:
        return "streamed";
    }
    gv_panic("a route has no class");
}

struct gv_slice gv_mlflow_route_parameter(const struct gv_mlflow_route *route, unsigned at)
{
    const char *open = strchr(route->path, '{');
    while (open && at > 0) {
        open = strchr(open + 1, '{');
        at--;
    }
    if (!open)
        return (struct gv_slice){0};
    size_t length = strcspn(open + 1, "}");
    struct gv_slice name = {open + 1, length};
    if (length > 3 && memcmp(name.ptr + length - 3, "...", 3) == 0)
        name.len -= 3;
    return name;
}
