/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/gateway/exchange.h"
#include "sidecar/gateway/limits.h"

#include <string.h>
#include <strings.h>

static const char *const UP[] = {
#define GV_PASSED_UP(name) name,
#define GV_PASSED_DOWN(name)
#define GV_PASSED(direction, name) GV_PASSED_##direction(name)
#include "sidecar/gateway/headers.def"
#undef GV_PASSED_UP
#undef GV_PASSED_DOWN
};

static const char *const DOWN[] = {
#define GV_PASSED_UP(name)
#define GV_PASSED_DOWN(name) name,
#include "sidecar/gateway/headers.def"
#undef GV_PASSED
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_listed(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static void add(struct gv_http_header *headers, unsigned *count, const char *name,
                const char *value)
{
    if (*count < GV_GATEWAY_HEADERS)
        headers[(*count)++] = (struct gv_http_header){name, value};
}

/* A header of the client that the exchange keeps for itself: a call to MLflow may outlive the
 * request. */
static bool add_passed(struct gv_exchange *exchange, const struct gv_http_header *header,
                       struct gv_http_header *headers, unsigned *count)
{
    const char *value = gv_arena_string(exchange->arena, header->value);
    const char *name = gv_arena_string(exchange->arena, header->name);
    add(headers, count, name, value);
    return name && value;
}

/* Gavel speaks for the connection it has, whatever the client claims of others. */
static bool add_own(struct gv_exchange *exchange, struct gv_http_header *headers, unsigned *count)
{
    struct gv_http_request *request = exchange->request;
    const char *peer = gv_arena_string(exchange->arena, gv_http_peer(request));
    const char *host = gv_arena_copy(exchange->arena, gv_http_header(request, "Host"));
    const char *id = gv_arena_string(exchange->arena, gv_http_request_id(request));
    add(headers, count, "X-Forwarded-For", peer);
    add(headers, count, "X-Forwarded-Proto", "http");
    add(headers, count, "X-Forwarded-Host", host);
    add(headers, count, "X-Request-Id", id);
    /* The workspace that was decided about, not the client's spelling of it. */
    if (exchange->call.workspace && strcmp(exchange->call.workspace, "default") != 0)
        add(headers, count, "X-MLFLOW-WORKSPACE", exchange->call.workspace);
    if (exchange->gateway->options.authorization)
        add(headers, count, "Authorization", exchange->gateway->options.authorization);
    return peer && host && id;
}

bool gv_exchange_upstream_headers(struct gv_exchange *exchange, struct gv_http_header *headers,
                                  unsigned *ret_count)
{
    struct gv_http_header header;
    unsigned at = 0;
    *ret_count = 0;
    if (!add_own(exchange, headers, ret_count))
        return false;
    while (gv_http_header_next(exchange->request, &at, &header)) {
        bool encoding =
            strcasecmp(header.name, "Content-Encoding") == 0 && !exchange->call.has_body;
        if (!encoding && !is_listed(UP, COUNT(UP), header.name))
            continue;
        if (!add_passed(exchange, &header, headers, ret_count))
            return false;
    }
    return true;
}

unsigned gv_exchange_client_headers(const struct gv_http_reply *reply,
                                    struct gv_http_header *headers)
{
    unsigned count = 0;
    for (unsigned i = 0; i < reply->header_count; i++) {
        if (is_listed(DOWN, COUNT(DOWN), reply->headers[i].name))
            add(headers, &count, reply->headers[i].name, reply->headers[i].value);
    }
    return count;
}

static struct gv_slice without_port(struct gv_slice host)
{
    if (host.len && host.ptr[0] == '[') {
        const char *end = memchr(host.ptr, ']', host.len);
        return end ? (struct gv_slice){host.ptr, (size_t)(end - host.ptr) + 1} : host;
    }
    const char *colon = host.len ? memchr(host.ptr, ':', host.len) : NULL;
    return colon ? (struct gv_slice){host.ptr, (size_t)(colon - host.ptr)} : host;
}

static bool is_known_host(const struct gv_gateway *gateway, struct gv_slice host)
{
    struct gv_slice name = without_port(host);
    for (size_t i = 0; i < gateway->options.host_count; i++) {
        if (gv_slice_equal_nocase(name, gv_slice_from(gateway->options.hosts[i])))
            return true;
    }
    return gateway->options.host_count == 0;
}

/* Browsers send Origin with what a page does; only our own pages may change anything. */
static bool is_own_origin(struct gv_slice origin, struct gv_slice host)
{
    const char *scheme_end = origin.len > 3 ? memmem(origin.ptr, origin.len, "://", 3) : NULL;
    if (!scheme_end)
        return false;
    size_t skip = (size_t)(scheme_end - origin.ptr) + 3;
    return gv_slice_equal_nocase((struct gv_slice){origin.ptr + skip, origin.len - skip}, host);
}

const char *gv_exchange_foreign(const struct gv_gateway *gateway,
                                const struct gv_http_request *request)
{
    struct gv_slice host = gv_http_header(request, "Host");
    struct gv_slice origin = gv_http_header(request, "Origin");
    struct gv_slice method = gv_http_method(request);
    if (!is_known_host(gateway, host))
        return "this gateway is not known by the name in Host; use one of gateway.hosts";
    if (!origin.ptr || gv_slice_is(method, "GET") || gv_slice_is(method, "HEAD"))
        return NULL;
    if (is_own_origin(origin, host))
        return NULL;
    return "a page of another origin may not change anything here";
}
