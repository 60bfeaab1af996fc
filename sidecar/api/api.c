/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/api/api.h"

#include "sidecar/api/call.h"

#include <stdlib.h>

struct gv_api *gv_api_new(const struct gv_api_services *services, struct gv_error *err)
{
    struct gv_api *api = calloc(1, sizeof(*api));
    if (api)
        api->services = *services;
    else
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    return api;
}

struct gv_api *gv_api_free(struct gv_api *api)
{
    if (!api)
        return NULL;
    while (api->calls)
        gv_api_call_free(api->calls);
    free(api);
    return NULL;
}

/* --- routes --- */

#define GV_API_ROUTE(method, pattern, body, door)                                         \
    static void enter_##door(void *ctx, struct gv_http_request *request,                  \
                             const struct gv_http_match *match)                           \
    {                                                                                     \
        static const struct gv_api_route route = {method " " pattern, GV_API_BODY_##body, \
                                                  gv_api_##door};                         \
        gv_api_call_begin(ctx, request, match, &route);                                   \
    }
#include "sidecar/api/routes.def"
#undef GV_API_ROUTE

static const struct gv_http_route routes[] = {
#define GV_API_ROUTE(method, pattern, body, door) {method, pattern, enter_##door},
#include "sidecar/api/routes.def"
#undef GV_API_ROUTE
};

void gv_api_handle(void *ctx, struct gv_http_request *request)
{
    gv_http_dispatch(routes, sizeof(routes) / sizeof(routes[0]), request, gv_api_render_error, ctx);
}
