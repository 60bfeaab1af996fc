/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/admin.h"

#include "sidecar/http/router.h"
#include "sidecar/telemetry/metrics.h"

#include <stdlib.h>

struct gv_admin {
    struct gv_admin_options options;
    struct gv_http_server *server;
};

static void respond_text(struct gv_http_request *request, unsigned status, const char *type,
                         struct gv_text *text)
{
    struct gv_http_header headers[] = {{"Content-Type", type}, {"Cache-Control", "no-store"}};
    if (gv_text_ok(text))
        gv_http_respond(request, status, headers, 2, gv_text_slice(text));
    else
        gv_http_respond(request, 500, headers, 2, GV_SLICE("out of memory\n"));
    gv_text_free(text);
}

static void render_error(struct gv_http_request *request, unsigned status, const char *message)
{
    struct gv_text text = GV_TEXT_INIT;
    gv_text_format(&text, "%s\n", message);
    respond_text(request, status, "text/plain; charset=utf-8", &text);
}

static void livez(void *ctx, struct gv_http_request *request, const struct gv_http_match *match)
{
    (void)ctx;
    (void)match;
    struct gv_text text = GV_TEXT_INIT;
    gv_text_string(&text, "ok\n");
    respond_text(request, 200, "text/plain; charset=utf-8", &text);
}

/* One line a check, "ok NAME" or "not ready NAME: why"; "degraded" when the process is ready all
 * the same. */
static bool print_check(const struct gv_check *check, struct gv_text *text)
{
    char buf[1024];
    const char *trouble = check->trouble(check->ctx, buf, sizeof(buf));
    if (!trouble)
        gv_text_format(text, "ok %s\n", check->name);
    else
        gv_text_format(text, "%s %s: %s\n", check->required ? "not ready" : "degraded", check->name,
                       trouble);
    return !trouble || !check->required;
}

static void readyz(void *ctx, struct gv_http_request *request, const struct gv_http_match *match)
{
    const struct gv_admin *admin = ctx;
    (void)match;
    struct gv_text text = GV_TEXT_INIT;
    bool ready = true;
    for (size_t i = 0; i < admin->options.check_count; i++)
        ready = print_check(&admin->options.checks[i], &text) && ready;
    if (*admin->options.draining) {
        gv_text_string(&text, "not ready: draining\n");
        ready = false;
    }
    respond_text(request, ready ? 200 : 503, "text/plain; charset=utf-8", &text);
}

static void metrics(void *ctx, struct gv_http_request *request, const struct gv_http_match *match)
{
    (void)ctx;
    (void)match;
    struct gv_text text = GV_TEXT_INIT;
    gv_metrics_print(&text);
    respond_text(request, 200, "text/plain; version=0.0.4; charset=utf-8", &text);
}

static const struct gv_http_route ROUTES[] = {
    {"GET", "/livez", livez},
    {"GET", "/readyz", readyz},
    {"GET", "/metrics", metrics},
};

static void handle(void *ctx, struct gv_http_request *request)
{
    gv_http_dispatch(ROUTES, sizeof(ROUTES) / sizeof(ROUTES[0]), request, render_error, ctx);
}

struct gv_admin *gv_admin_start(struct gv_loop *loop, const struct gv_admin_options *options,
                                struct gv_error *err)
{
    struct gv_admin *admin = calloc(1, sizeof(*admin));
    if (!admin) {
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
        return NULL;
    }
    admin->options = *options;
    struct gv_http_server_options server = {
        .name = "admin",
        .address = options->address,
        .limits = GV_HTTP_LIMITS_INIT,
        .handle = handle,
        .ctx = admin,
        .render_error = render_error,
    };
    server.limits.connections = options->connections;
    admin->server = gv_http_server_start(loop, &server, err);
    if (!admin->server) {
        gv_error_prefix(err, "admin.listen");
        return gv_admin_stop(admin);
    }
    return admin;
}

unsigned gv_admin_port(const struct gv_admin *admin)
{
    return gv_http_server_port(admin->server);
}

struct gv_admin *gv_admin_stop(struct gv_admin *admin)
{
    if (!admin)
        return NULL;
    gv_http_server_stop(admin->server);
    free(admin);
    return NULL;
}
