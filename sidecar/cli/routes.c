/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/mlflow/routes.h"
#include "sidecar/cli/common.h"
#include "sidecar/files.h"
#include "sidecar/mlflow/check.h"

#include <stdio.h>
#include <string.h>

/* What list_routes.py writes for the largest MLflow is below a hundredth of this. */
#define ROUTES_BYTES ((size_t)16 * 1024 * 1024)

static const char *prefix_of(const struct gv_mlflow_route *route)
{
    if (route->raw)
        return "";
    if (route->ajax_only)
        return route->versions == 4 ? "/ajax-api/2.0" : "/ajax-api/{2,3}.0";
    return route->versions == 4 ? "/api/2.0" : route->versions == 8 ? "/api/3.0" : "/api/{2,3}.0";
}

static int print_table(void)
{
    for (size_t i = 0; i < GV_MLFLOW_ROUTES_COUNT; i++) {
        const struct gv_mlflow_route *route = &GV_MLFLOW_ROUTES[i];
        printf("%-6s %s%s\t%s\t%s\t%s\n", route->method, prefix_of(route), route->path,
               gv_route_class_word(route->class_), route->action ? route->action : "open",
               route->resource);
    }
    return GV_EXIT_OK;
}

static bool read_stdin(struct gv_text *text, struct gv_error *err)
{
    char buffer[16 * 1024];
    size_t got;
    while ((got = fread(buffer, 1, sizeof(buffer), stdin)) > 0) {
        if (text->len + got > ROUTES_BYTES)
            return gv_error_set(err, GV_ERROR_LIMIT, "standard input is larger than %zu bytes",
                                ROUTES_BYTES);
        gv_text_append(text, (struct gv_slice){buffer, got});
    }
    return gv_text_ok(text) || gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
}

static int check(const char *file)
{
    struct gv_error err = GV_ERROR_INIT;
    struct gv_text text = GV_TEXT_INIT;
    struct gv_text report = GV_TEXT_INIT;
    bool read = strcmp(file, "-") == 0 ? read_stdin(&text, &err)
                                       : gv_file_read(file, ROUTES_BYTES, &text, &err);
    bool known = read && gv_mlflow_routes_check(gv_text_slice(&text), &report, &err);
    fputs(gv_text_cstr(&report), stdout);
    if (!known)
        gv_cli_fail("routes", &err);
    gv_text_free(&text);
    gv_text_free(&report);
    return known ? GV_EXIT_OK : GV_EXIT_NO;
}

int gv_command_routes(const struct gv_arguments *arguments)
{
    const char *file = gv_argument(arguments, "check");
    return file ? check(file) : print_table();
}
