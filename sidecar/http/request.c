/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/http/internal.h"
#include "sidecar/http/router.h"
#include "sidecar/telemetry/metrics.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/random.h>

/* --- life --- */

/* Takes 16 random bytes from the server's stock; one system call serves many requests. */
static void make_id(struct gv_http_server *server, char id[33])
{
    static const char digits[] = "0123456789abcdef";
    if (server->random_left < 16) {
        ssize_t got = getrandom(server->random, sizeof(server->random), 0);
        server->random_left = got > 0 ? (size_t)got : sizeof(server->random);
    }
    server->random_left -= 16;
    const unsigned char *bytes = server->random + server->random_left;
    for (size_t i = 0; i < 16; i++) {
        id[2 * i] = digits[bytes[i] >> 4];
        id[2 * i + 1] = digits[bytes[i] & 15];
    }
    id[32] = '\0';
}

/* An empty request with its arena, kept from before or new. */
static struct gv_http_request *take(struct gv_http_server *server)
{
    struct gv_http_request *request = server->spare;
    if (request) {
        struct gv_arena *arena = request->arena;
        server->spare = request->next_spare;
        server->spare_count--;
        memset(request, 0, sizeof(*request));
        request->arena = arena;
        return request;
    }
    request = calloc(1, sizeof(*request));
    if (request) {
        request->arena = gv_arena_new(GV_HTTP_ARENA_BYTES);
    }
    if (request && !request->arena) {
        free(request);
        request = NULL;
    }
    return request;
}

static void give_back(struct gv_http_server *server, struct gv_http_request *request)
{
    gv_text_free(&request->body);
    if (server->spare_count >= GV_HTTP_SPARE_REQUESTS) {
        gv_arena_free(request->arena);
        free(request);
        return;
    }
    gv_arena_reset(request->arena);
    request->next_spare = server->spare;
    server->spare = request;
    server->spare_count++;
}

void gv_request_free_spare(struct gv_http_server *server)
{
    while (server->spare) {
        struct gv_http_request *request = server->spare;
        server->spare = request->next_spare;
        gv_arena_free(request->arena);
        free(request);
    }
    server->spare_count = 0;
}

struct gv_http_request *gv_request_new(struct gv_http_connection *connection,
                                       struct gv_http_server *server, const char *target)
{
    struct gv_http_request *request = take(server);
    if (!request) {
        return NULL;
    }
    struct gv_slice text = gv_slice_from(target);
    char *copy = gv_arena_copy(request->arena, text);
    if (!copy) {
        give_back(server, request);
        return NULL;
    }
    request->server = server;
    request->connection = connection;
    request->target = (struct gv_slice){copy, text.len};
    request->started = gv_clock_monotonic();
    make_id(server, request->id);
    connection->request = request;
    server->active++;
    return request;
}

static void count(const struct gv_http_request *request)
{
    static const char *const classes[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
    unsigned class = request->answer == GV_HTTP_NO_ANSWER ? 0 : request->status / 100;
    gv_metric_add(GV_METRIC_HTTP_REQUESTS, 1, request->server->options.name,
                  classes[class < 6 ? class : 0]);
}

void gv_request_end(struct gv_http_request *request)
{
    struct gv_http_server *server = request->server;
    struct gv_http_connection *connection = request->connection;
    count(request);
    if (request->ended) {
        request->ended(request->ended_ctx);
    }
    connection->request = NULL;
    connection->since = gv_clock_monotonic();
    server->active--;
    give_back(server, request);
}

/* --- head --- */

static enum MHD_Result take_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                   size_t name_len, const char *value, size_t value_len)
{
    struct gv_http_request *request = cls;
    unsigned at = request->header_count++;
    (void)kind;
    (void)name_len;
    /* libmicrohttpd gives a NULL value for a header line of nothing but a name. */
    request->headers[at] = (struct gv_http_header){name, value ? value : ""};
    request->values[at] = (struct gv_slice){value ? value : "", value ? value_len : 0};
    return MHD_YES;
}

/* Content-Length, which the guard has found to be at most 18 digits, or -1 when chunked. */
static int64_t read_body_length(const struct gv_http_request *request)
{
    if (gv_http_header_count(request, "Transfer-Encoding") > 0) {
        return -1;
    }
    struct gv_slice digits = gv_http_header(request, "Content-Length");
    int64_t length = 0;
    for (size_t i = 0; i < digits.len && i < 18; i++) {
        length = length * 10 + (digits.ptr[i] - '0');
    }
    return length;
}

bool gv_request_read_head(struct gv_http_request *request, const char *method, const char *version)
{
    struct MHD_Connection *mhd = request->connection->mhd;
    int count_all = MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, NULL, NULL);
    size_t room = count_all > 0 ? (size_t)count_all : 0;
    request->headers = gv_arena_array(request->arena, room + 1, sizeof(*request->headers));
    request->values = gv_arena_array(request->arena, room + 1, sizeof(*request->values));
    if (!request->headers || !request->values) {
        return false;
    }
    request->method = gv_slice_from(method);
    request->version = gv_slice_from(version);
    MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, take_header, request);
    request->body_length = read_body_length(request);
    return true;
}

/* --- what was asked --- */

struct gv_slice gv_http_method(const struct gv_http_request *request)
{
    return request->method;
}

struct gv_slice gv_http_target(const struct gv_http_request *request)
{
    return request->target;
}

struct gv_slice gv_http_path(const struct gv_http_request *request)
{
    struct gv_slice rest = request->target;
    return gv_slice_split(&rest, '?');
}

struct gv_slice gv_http_query(const struct gv_http_request *request)
{
    struct gv_slice rest = request->target;
    struct gv_slice path = gv_slice_split(&rest, '?');
    return path.len < request->target.len ? rest : (struct gv_slice){NULL, 0};
}

struct gv_slice gv_http_header(const struct gv_http_request *request, const char *name)
{
    for (unsigned i = 0; i < request->header_count; i++) {
        if (strcasecmp(request->headers[i].name, name) == 0) {
            return request->values[i];
        }
    }
    return (struct gv_slice){NULL, 0};
}

unsigned gv_http_header_count(const struct gv_http_request *request, const char *name)
{
    unsigned found = 0;
    for (unsigned i = 0; i < request->header_count; i++) {
        found += strcasecmp(request->headers[i].name, name) == 0;
    }
    return found;
}

bool gv_http_header_next(const struct gv_http_request *request, unsigned *at,
                         struct gv_http_header *ret_header)
{
    if (*at >= request->header_count) {
        return false;
    }
    *ret_header = request->headers[(*at)++];
    return true;
}

const char *gv_http_peer(const struct gv_http_request *request)
{
    return request->connection->peer;
}

int64_t gv_http_body_length(const struct gv_http_request *request)
{
    return request->body_length;
}

struct gv_arena *gv_http_arena(struct gv_http_request *request)
{
    return request->arena;
}

struct gv_loop *gv_http_loop(const struct gv_http_request *request)
{
    return request->server->loop;
}

const char *gv_http_request_id(const struct gv_http_request *request)
{
    return request->id;
}

gv_time gv_http_started(const struct gv_http_request *request)
{
    return request->started;
}

void gv_http_on_end(struct gv_http_request *request, void (*ended)(void *ctx), void *ctx)
{
    request->ended = ended;
    request->ended_ctx = ctx;
}

/* --- query --- */

/* Decodes one name or value of a form: '+' is a space. */
static bool decode_form(struct gv_arena *arena, struct gv_slice text, struct gv_slice *ret_text)
{
    char *copy = gv_arena_copy(arena, text);
    if (!copy) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        copy[i] = copy[i] == '+' ? ' ' : copy[i];
    }
    return gv_http_percent_decode(arena, (struct gv_slice){copy, text.len}, ret_text);
}

const char *gv_http_query_get(struct gv_http_request *request, const char *name)
{
    struct gv_slice query = gv_http_query(request);
    while (query.len > 0) {
        struct gv_slice value = gv_slice_split(&query, '&');
        struct gv_slice key = gv_slice_split(&value, '=');
        struct gv_slice decoded;
        if (!decode_form(request->arena, key, &decoded) || !gv_slice_is(decoded, name)) {
            continue;
        }
        return decode_form(request->arena, value, &decoded) ? decoded.ptr : NULL;
    }
    return NULL;
}
