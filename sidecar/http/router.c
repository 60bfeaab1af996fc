/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/http/router.h"

#include "policies/engine/base/panic.h"
#include "policies/engine/base/text.h"
#include <microhttpd.h>
#include <stdio.h>

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes into `out`, which has room for text.len bytes; returns the length or -1. */
static ptrdiff_t decode(struct gv_slice text, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '%') {
            out[len++] = text.ptr[i];
            continue;
        }
        int high = i + 1 < text.len ? hex_value(text.ptr[i + 1]) : -1;
        int low = i + 2 < text.len ? hex_value(text.ptr[i + 2]) : -1;
        if (high < 0 || low < 0) {
            return -1;
        }
        out[len++] = (char)(high * 16 + low);
        i += 2;
    }
    return (ptrdiff_t)len;
}

bool gv_http_percent_decode(struct gv_arena *arena, struct gv_slice text, struct gv_slice *ret_text)
{
    char *out = gv_arena_alloc(arena, text.len + 1);
    ptrdiff_t len = out ? decode(text, out) : -1;
    if (len < 0) {
        return false;
    }
    struct gv_slice decoded = {out, (size_t)len};
    if (memchr(out, '\0', decoded.len) || !gv_slice_is_utf8(decoded)) {
        return false;
    }
    *ret_text = decoded;
    return true;
}

const char *gv_http_status_phrase(unsigned status)
{
    return MHD_get_reason_phrase_for(status);
}

static bool is_parameter(struct gv_slice pattern)
{
    return pattern.len >= 2 && pattern.ptr[0] == '{';
}

/* Matches one segment, literal or parameter. An empty segment fills no parameter. */
static bool match_segment(struct gv_arena *arena, struct gv_slice pattern, struct gv_slice segment,
                          struct gv_http_match *match)
{
    struct gv_slice decoded;
    if (!gv_http_percent_decode(arena, segment, &decoded)) {
        return false;
    }
    if (!is_parameter(pattern)) {
        return gv_slice_equal(pattern, decoded);
    }
    if (decoded.len == 0) {
        return false;
    }
    gv_invariant(match->count < GV_ROUTE_PARAMETERS_MAX, "a route has too many parameters");
    match->values[match->count++] = decoded;
    return true;
}

static bool match_path(struct gv_arena *arena, const char *text, struct gv_slice path,
                       struct gv_http_match *match)
{
    struct gv_slice pattern = gv_slice_from(text);
    match->count = 0;
    for (;;) {
        bool pattern_goes_on = memchr(pattern.ptr, '/', pattern.len) != NULL;
        bool path_goes_on = path.len > 0 && memchr(path.ptr, '/', path.len) != NULL;
        struct gv_slice wanted = gv_slice_split(&pattern, '/');
        struct gv_slice segment = gv_slice_split(&path, '/');
        if (pattern_goes_on != path_goes_on || !match_segment(arena, wanted, segment, match)) {
            return false;
        }
        if (!pattern_goes_on) {
            return true;
        }
    }
}

static bool match_method(const char *method, struct gv_slice asked)
{
    return gv_slice_is(asked, method) || (strcmp(method, "GET") == 0 && gv_slice_is(asked, "HEAD"));
}

static void allow(struct gv_text *allowed, const char *method)
{
    if (allowed->len > 0) {
        gv_text_string(allowed, ", ");
    }
    gv_text_string(allowed, method);
    if (strcmp(method, "GET") == 0) {
        gv_text_string(allowed, ", HEAD");
    }
}

static void refuse(struct gv_http_request *request, struct gv_text *allowed,
                   gv_http_error_renderer render_error)
{
    char message[256];
    if (allowed->len == 0) {
        render_error(request, 404, "There is nothing at this path.");
        return;
    }
    snprintf(message, sizeof(message), "This path does not take that method; it takes %s.",
             gv_text_cstr(allowed));
    gv_http_add_header(request, "Allow", gv_text_cstr(allowed));
    render_error(request, 405, message);
}

void gv_http_dispatch(const struct gv_http_route *routes, unsigned count,
                      struct gv_http_request *request, gv_http_error_renderer render_error,
                      void *ctx)
{
    struct gv_http_match match;
    struct gv_text allowed = GV_TEXT_INIT;
    struct gv_arena *arena = gv_http_arena(request);
    for (unsigned i = 0; i < count; i++) {
        if (!match_path(arena, routes[i].pattern, gv_http_path(request), &match)) {
            continue;
        }
        if (match_method(routes[i].method, gv_http_method(request))) {
            gv_text_free(&allowed);
            routes[i].handle(ctx, request, &match);
            return;
        }
        allow(&allowed, routes[i].method);
    }
    refuse(request, &allowed, render_error);
    gv_text_free(&allowed);
}
