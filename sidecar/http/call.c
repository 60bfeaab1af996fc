/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/http/client_internal.h"

#include <stdlib.h>
#include <strings.h>

/* --- what goes out --- */

static bool is_token(const char *text)
{
    size_t len = strlen(text);
    return len > 0 && strspn(text, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                   "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == len;
}

static bool is_clean(struct gv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c < ' ' && c != '\t') || c == 0x7F) {
            return false;
        }
    }
    return true;
}

static bool is_ours(const char *name)
{
    static const char *const ours[] = {
        "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive",
        "Expect",         "Upgrade",           "TE",         "Trailer"};
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (strcasecmp(name, ours[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool add_line(struct gv_http_call *call, const char *line, struct gv_error *err)
{
    struct curl_slist *lines = line ? curl_slist_append(call->lines, line) : NULL;
    if (!lines) {
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory for a request's headers");
    }
    call->lines = lines;
    return true;
}

/* An empty value is written "Name;": "Name:" would mean to leave the header out. */
static bool add_header(struct gv_http_call *call, const struct gv_http_header *header,
                       struct gv_error *err)
{
    if (!is_token(header->name) || !is_clean(gv_slice_from(header->value))) {
        return gv_error_set(err, GV_ERROR_INVALID,
                            "a request's header has a malformed name or a control byte");
    }
    if (is_ours(header->name)) {
        return true;
    }
    bool empty = header->value[strspn(header->value, " \t")] == '\0';
    return add_line(call,
                    empty ? gv_arena_format(call->arena, "%s;", header->name)
                          : gv_arena_format(call->arena, "%s: %s", header->name, header->value),
                    err);
}

static bool has_header(const struct gv_http_call_options *options, const char *name)
{
    for (unsigned i = 0; i < options->header_count; i++) {
        if (strcasecmp(options->headers[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* libcurl adds these unless told not to. */
static bool suppress_defaults(struct gv_http_call *call, const struct gv_http_call_options *options,
                              struct gv_error *err)
{
    return (has_header(options, "Accept") || add_line(call, "Accept:", err)) &&
           (has_header(options, "Content-Type") || add_line(call, "Content-Type:", err)) &&
           add_line(call, "Expect:", err);
}

static bool add_headers(struct gv_http_call *call, const struct gv_http_call_options *options,
                        struct gv_error *err)
{
    for (unsigned i = 0; i < options->header_count; i++) {
        if (!add_header(call, &options->headers[i], err)) {
            return false;
        }
    }
    if (!suppress_defaults(call, options, err)) {
        return false;
    }
    curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->lines);
    return true;
}

/* The path was decided on as it stands: what would make libcurl send another one is refused. */
static bool check_url(const char *url, struct gv_error *err)
{
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) {
        return gv_error_set(err, GV_ERROR_INVALID, "\"%s\" is no http or https URL", url);
    }
    for (const char *at = url; *at; at++) {
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7F || *at == '#') {
            return gv_error_set(err, GV_ERROR_INVALID,
                                "a URL holds a byte that must be percent-encoded");
        }
    }
    return true;
}

/* How many bytes the source may give now: never more than were announced. */
static size_t room_for(const struct gv_http_call *call, size_t size)
{
    int64_t left = call->options.source_length - call->sent;
    return call->options.source_length >= 0 && left < (int64_t)size ? (size_t)left : size;
}

static int64_t ask_source(struct gv_http_call *call, char *buffer, size_t size)
{
    if (call->source_ended || size == 0) {
        return GV_HTTP_SOURCE_END;
    }
    call->client->inside++;
    int64_t got = call->options.source(call->options.ctx, buffer, size);
    call->client->inside--;
    return got;
}

static size_t give_source(char *buffer, size_t size, size_t count, void *ctx)
{
    struct gv_http_call *call = ctx;
    int64_t got = GV_HTTP_SOURCE_WAIT;
    do {
        call->more = false;
        got = ask_source(call, buffer, room_for(call, size * count));
    } while (got == GV_HTTP_SOURCE_WAIT && call->more && !call->cancelled);
    if (call->cancelled) {
        return CURL_READFUNC_ABORT;
    }
    if (got > 0) {
        call->sent += got;
        return (size_t)got;
    }
    if (got == GV_HTTP_SOURCE_WAIT) {
        return CURL_READFUNC_PAUSE;
    }
    bool complete = call->options.source_length < 0 || call->sent == call->options.source_length;
    if (got == GV_HTTP_SOURCE_END && complete) {
        call->source_ended = true;
        return 0;
    }
    gv_error_set(&call->error, GV_ERROR_IO, "the request's body was cut");
    return CURL_READFUNC_ABORT;
}

static void set_body(struct gv_http_call *call, const char *body)
{
    CURL *easy = call->easy;
    const struct gv_http_call_options *options = &call->options;
    if (options->source) {
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)options->source_length);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_source);
        curl_easy_setopt(easy, CURLOPT_READDATA, call);
    } else {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)options->body.len);
    }
}

/* Methods whose meaning is a body send "Content-Length: 0" rather than nothing. */
static bool sends_body(const struct gv_http_call_options *options)
{
    return options->source || options->has_body || options->body.len > 0 ||
           strcmp(options->method, "POST") == 0 || strcmp(options->method, "PUT") == 0 ||
           strcmp(options->method, "PATCH") == 0;
}

static bool set_method(struct gv_http_call *call, struct gv_error *err)
{
    const struct gv_http_call_options *options = &call->options;
    if (!is_token(options->method)) {
        return gv_error_set(err, GV_ERROR_INVALID, "a request's method is no token");
    }
    if (strcmp(options->method, "HEAD") == 0) {
        curl_easy_setopt(call->easy, CURLOPT_NOBODY, 1L);
        return true;
    }
    if (sends_body(options)) {
        const char *body = gv_arena_copy(call->arena, options->body);
        if (!body) {
            return gv_error_set(err, GV_ERROR_MEMORY, "out of memory for a request's body");
        }
        set_body(call, body);
    }
    curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, options->method);
    return true;
}

static long milliseconds(gv_duration asked, gv_duration otherwise)
{
    gv_duration wanted = asked == 0 ? otherwise : asked;
    return wanted < 0 ? 0 : (long)((wanted + GV_MILLISECOND - 1) / GV_MILLISECOND);
}

static void set_limits(struct gv_http_call *call)
{
    CURL *easy = call->easy;
    const struct gv_http_call_options *options = &call->options;
    bool streams = options->source || options->data;
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     milliseconds(options->connect, GV_HTTP_CLIENT_CONNECT));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds(options->total, GV_HTTP_CLIENT_TOTAL));
    if (streams) {
        long ms = milliseconds(options->idle, GV_HTTP_CLIENT_IDLE);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (ms + 999) / 1000);
    }
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)GV_HTTP_CLIENT_REUSE_SECONDS);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE,
                     options->bulk ? GV_HTTP_CLIENT_BULK_BUFFER : GV_HTTP_CLIENT_BUFFER);
}

/* Nothing but what the caller says decides where a request goes and what it carries. */
static void set_manners(CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
}

/* --- what comes in --- */

static bool fail(struct gv_http_call *call, enum gv_error_code code, const char *message)
{
    return gv_error_set(&call->error, code, "%s", message);
}

static struct gv_slice trim(struct gv_slice text)
{
    while (text.len > 0 && strchr(" \t\r\n", text.ptr[text.len - 1])) {
        text.len--;
    }
    while (text.len > 0 && strchr(" \t", text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    return text;
}

/* "HTTP/1.1 200 OK": begins a head, perhaps after an interim one (1xx). */
static bool begin_head(struct gv_http_call *call, struct gv_slice line)
{
    struct gv_slice rest = line;
    gv_slice_split(&rest, ' ');
    call->header_count = 0;
    call->status = 0;
    for (size_t i = 0; i < 3 && i < rest.len && rest.ptr[i] >= '0' && rest.ptr[i] <= '9'; i++) {
        call->status = call->status * 10 + (unsigned)(rest.ptr[i] - '0');
    }
    /* RFC 9110 §15: others have no meaning, and no relay could answer with them. */
    return (call->status >= 100 && call->status <= 599) ||
           fail(call, GV_ERROR_SYNTAX, "the reply has no status from 100 to 599");
}

static bool add_reply_header(struct gv_http_call *call, struct gv_slice line)
{
    struct gv_slice value = line;
    struct gv_slice name = gv_slice_split(&value, ':');
    value = trim(value);
    if (call->header_count >= GV_HTTP_CLIENT_HEADERS) {
        return fail(call, GV_ERROR_LIMIT, "the reply has too many headers");
    }
    struct gv_http_header header = {gv_arena_copy(call->arena, name),
                                    gv_arena_copy(call->arena, value)};
    if (!header.name || !header.value) {
        return fail(call, GV_ERROR_MEMORY, "out of memory for the reply's headers");
    }
    /* A relay would otherwise pass on what splits its own answer. */
    if (name.len == line.len || !is_token(header.name) || strlen(header.name) != name.len ||
        !is_clean(value)) {
        return fail(call, GV_ERROR_SYNTAX, "the reply has a malformed header");
    }
    call->headers[call->header_count++] = header;
    return true;
}

static bool end_head(struct gv_http_call *call)
{
    struct gv_http_reply reply;
    if (call->status < 200) {
        return true;
    }
    call->head_done = true;
    if (call->options.head) {
        gv_call_reply(call, &reply);
        call->client->inside++;
        call->options.head(call->options.ctx, &reply);
        call->client->inside--;
    }
    return !call->cancelled;
}

static bool take_line(struct gv_http_call *call, struct gv_slice line)
{
    call->head_bytes += line.len;
    if (call->head_done) {
        return true; /* a trailer; nobody asks for them */
    }
    if (call->head_bytes > GV_HTTP_CLIENT_HEAD) {
        return fail(call, GV_ERROR_LIMIT, "the reply's head is too large");
    }
    struct gv_slice text = line;
    while (text.len > 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r')) {
        text.len--;
    }
    if (text.len == 0) {
        return end_head(call);
    }
    return gv_slice_starts(text, GV_SLICE("HTTP/")) ? begin_head(call, text)
                                                    : add_reply_header(call, text);
}

static size_t take_header(char *bytes, size_t size, size_t count, void *ctx)
{
    size_t len = size * count;
    return take_line(ctx, (struct gv_slice){bytes, len}) ? len : 0;
}

static size_t take_into_memory(struct gv_http_call *call, struct gv_slice bytes)
{
    size_t limit = call->options.reply_bytes > 0 ? call->options.reply_bytes : GV_HTTP_CLIENT_REPLY;
    if (bytes.len > limit - call->body.len) {
        gv_error_set(&call->error, GV_ERROR_LIMIT, "the reply is larger than %zu bytes", limit);
        return 0;
    }
    gv_text_append(&call->body, bytes);
    if (!gv_text_ok(&call->body)) {
        fail(call, GV_ERROR_MEMORY, "out of memory for the reply");
        return 0;
    }
    return bytes.len;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct gv_http_call *call = ctx;
    size_t len = size * count;
    bool taken = false;
    if (call->cancelled) {
        return 0;
    }
    if (!call->options.data) {
        return take_into_memory(call, (struct gv_slice){bytes, len});
    }
    do {
        call->more = false;
        call->client->inside++;
        taken = call->options.data(call->options.ctx, bytes, len);
        call->client->inside--;
    } while (!taken && call->more && !call->cancelled);
    if (call->cancelled) {
        return 0;
    }
    return taken ? len : CURL_WRITEFUNC_PAUSE;
}

static void set_callbacks(struct gv_http_call *call)
{
    CURL *easy = call->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->failure);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
}

bool gv_call_prepare(struct gv_http_call *call, const struct gv_http_call_options *options,
                     struct gv_error *err)
{
    call->options = *options;
    if (!check_url(options->url, err) || !set_method(call, err) ||
        !add_headers(call, options, err)) {
        return false;
    }
    set_manners(call->easy);
    set_limits(call);
    set_callbacks(call);
    CURLcode code = curl_easy_setopt(call->easy, CURLOPT_URL, options->url);
    if (code == CURLE_OK && options->ca_file) {
        code = curl_easy_setopt(call->easy, CURLOPT_CAINFO, options->ca_file);
    }
    call->options.url = gv_arena_string(call->arena, options->url);
    call->options.method = gv_arena_string(call->arena, options->method);
    call->options.headers = NULL;
    call->options.header_count = 0;
    if (code != CURLE_OK || !call->options.url || !call->options.method) {
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory for a call");
    }
    return true;
}

/* --- the result --- */

void gv_call_reply(const struct gv_http_call *call, struct gv_http_reply *ret_reply)
{
    *ret_reply = (struct gv_http_reply){.status = call->head_done ? call->status : 0,
                                        .headers = call->headers,
                                        .header_count = call->header_count,
                                        .body = gv_text_slice(&call->body)};
}

static enum gv_error_code code_of(CURLcode code)
{
    switch ((int)code) {
    case CURLE_OPERATION_TIMEDOUT:
        return GV_ERROR_TIMEOUT;
    case CURLE_OUT_OF_MEMORY:
        return GV_ERROR_MEMORY;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return GV_ERROR_INVALID;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return GV_ERROR_CRYPTO;
    default:
        return GV_ERROR_UNAVAILABLE;
    }
}

bool gv_call_error(struct gv_http_call *call, CURLcode code)
{
    if (code == CURLE_OK) {
        return false;
    }
    if (call->error.code == GV_ERROR_NONE) {
        gv_error_set(&call->error, code_of(code), "%s",
                     call->failure[0] ? call->failure : curl_easy_strerror(code));
    }
    /* A query may hold what must not get into logs. */
    gv_error_prefix(&call->error, "%s %.*s", call->options.method,
                    (int)strcspn(call->options.url, "?"), call->options.url);
    return true;
}
