/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/http/guard.h"

#include "policies/engine/base/panic.h"

typedef bool guard_check(const struct gv_guard_head *head, const struct gv_http_limits *limits);

/* RFC 9110 §5.6.2 */
static bool is_token_byte(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token(struct gv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_token_byte((unsigned char)text.ptr[i])) {
            return false;
        }
    }
    return text.len > 0;
}

/* How many headers of that name there are; *ret_value gets the first one's value. */
static unsigned count(const struct gv_guard_head *head, const char *name,
                      struct gv_slice *ret_value)
{
    unsigned found = 0;
    for (unsigned i = 0; i < head->header_count; i++) {
        if (gv_slice_equal_nocase(gv_slice_from(head->headers[i].name), gv_slice_from(name)) &&
            found++ == 0 && ret_value) {
            *ret_value = head->values[i];
        }
    }
    return found;
}

static bool bad_version(const struct gv_guard_head *head, const struct gv_http_limits *limits)
{
    (void)limits;
    return !gv_slice_is(head->version, "HTTP/1.1") && !gv_slice_is(head->version, "HTTP/1.0");
}

static bool bad_method(const struct gv_guard_head *head, const struct gv_http_limits *limits)
{
    (void)limits;
    return !is_token(head->method);
}

static bool unknown_method(const struct gv_guard_head *head, const struct gv_http_limits *limits)
{
    static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    (void)limits;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (gv_slice_is(head->method, known[i])) {
            return false;
        }
    }
    return true;
}

static bool target_form(const struct gv_guard_head *head, const struct gv_http_limits *limits)
{
    (void)limits;
    return head->target.len == 0 || head->target.ptr[0] != '/';
}

static bool target_bytes(const struct gv_guard_head *head, const struct gv_http_limits *limits)
{
    (void)limits;
    for (size_t i = 0; i < head->target.len; i++) {
        unsigned char c = (unsigned char)head->target.ptr[i];
        if (c <= ' ' || c >= 0x7F || c == '#') {
            return true;
        }
    }
    return false;
}

static bool too_many_headers(const struct gv_guard_head *head, const struct gv_http_limits *limits)
{
    return head->header_count > limits->headers;
}

/* As on the wire: ": " and CRLF for each line, two spaces and CRLF for the first. */
static bool head_too_large(const struct gv_guard_head *head, const struct gv_http_limits *limits)
{
    size_t bytes = head->method.len + head->target.len + head->version.len + 4;
    for (unsigned i = 0; i < head->header_count; i++) {
        bytes += strlen(head->headers[i].name) + head->values[i].len + 4;
    }
    return bytes > limits->header_bytes;
}

static bool header_name(const struct gv_guard_head *head, const struct gv_http_limits *limits)
{
    (void)limits;
    for (unsigned i = 0; i < head->header_count; i++) {
        if (!is_token(gv_slice_from(head->headers[i].name))) {
            return true;
        }
    }
    return false;
}

/* CGI and WSGI turn both X-A and X_A into HTTP_X_A: a client could smuggle a second value of a
 * header that was checked. */
static bool header_underscore(const struct gv_guard_head *head, const struct gv_http_limits *limits)
{
    (void)limits;
    for (unsigned i = 0; i < head->header_count; i++) {
        if (strchr(head->headers[i].name, '_')) {
            return true;
        }
    }
    return false;
}

static bool header_value(const struct gv_guard_head *head, const struct gv_http_limits *limits)
{
    (void)limits;
    for (unsigned i = 0; i < head->header_count; i++) {
        for (size_t at = 0; at < head->values[i].len; at++) {
            unsigned char c = (unsigned char)head->values[i].ptr[at];
            if ((c < ' ' && c != '\t') || c == 0x7F) {
                return true;
            }
        }
    }
    return false;
}

static bool length_and_encoding(const struct gv_guard_head *head,
                                const struct gv_http_limits *limits)
{
    (void)limits;
    return count(head, "Content-Length", NULL) > 0 && count(head, "Transfer-Encoding", NULL) > 0;
}

static bool two_encodings(const struct gv_guard_head *head, const struct gv_http_limits *limits)
{
    (void)limits;
    return count(head, "Transfer-Encoding", NULL) > 1;
}

static bool encoding(const struct gv_guard_head *head, const struct gv_http_limits *limits)
{
    struct gv_slice value = {0};
    (void)limits;
    return count(head, "Transfer-Encoding", &value) > 0 &&
           !gv_slice_equal_nocase(value, GV_SLICE("chunked"));
}

static bool encoding_version(const struct gv_guard_head *head, const struct gv_http_limits *limits)
{
    (void)limits;
    return count(head, "Transfer-Encoding", NULL) > 0 && gv_slice_is(head->version, "HTTP/1.0");
}

static bool two_lengths(const struct gv_guard_head *head, const struct gv_http_limits *limits)
{
    (void)limits;
    return count(head, "Content-Length", NULL) > 1;
}

/* Eighteen digits fit into an int64_t; no body is that long. */
static bool length_digits(const struct gv_guard_head *head, const struct gv_http_limits *limits)
{
    struct gv_slice value = {0};
    (void)limits;
    if (count(head, "Content-Length", &value) == 0) {
        return false;
    }
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9') {
            return true;
        }
    }
    return value.len == 0 || value.len > 18;
}

static bool two_hosts(const struct gv_guard_head *head, const struct gv_http_limits *limits)
{
    (void)limits;
    return count(head, "Host", NULL) > 1;
}

static bool no_host(const struct gv_guard_head *head, const struct gv_http_limits *limits)
{
    (void)limits;
    return count(head, "Host", NULL) == 0 && gv_slice_is(head->version, "HTTP/1.1");
}

static bool two_identities(const struct gv_guard_head *head, const struct gv_http_limits *limits)
{
    (void)limits;
    return count(head, "Authorization", NULL) > 1 || count(head, "X-MLFLOW-WORKSPACE", NULL) > 1;
}

static bool expectation(const struct gv_guard_head *head, const struct gv_http_limits *limits)
{
    struct gv_slice value = {0};
    (void)limits;
    unsigned found = count(head, "Expect", &value);
    return found > 1 || (found == 1 && !gv_slice_equal_nocase(value, GV_SLICE("100-continue")));
}

static const struct row {
    guard_check *refuses;
    const char *reason;
    unsigned status;
    const char *sentence;
} rows[] = {
#define GV_GUARD(check, reason, status, sentence) {check, reason, status, sentence},
#include "sidecar/http/guard.def"
#undef GV_GUARD
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

const char *gv_guard_check(const struct gv_guard_head *head, const struct gv_http_limits *limits)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].refuses(head, limits)) {
            return rows[i].reason;
        }
    }
    return NULL;
}

static const struct row *find(const char *reason)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].reason, reason) == 0) {
            return &rows[i];
        }
    }
    gv_panic("a reason that the guard does not give");
}

const char *gv_guard_explain(const char *reason)
{
    return find(reason)->sentence;
}

unsigned gv_guard_status(const char *reason)
{
    return find(reason)->status;
}
