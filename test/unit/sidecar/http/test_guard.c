/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/http/guard.h"

#include "sidecar/telemetry/metrics.h"
#include "test/unit/sidecar/http/scene.h"
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Each row goes over a raw socket to a real listener: what must be refused is answered once, and
 * the connection is closed, so that no byte behind the head can become a second request.
 */

#define HOST "Host: a\r\n"
#define SMUGGLED "GET /smuggled HTTP/1.1\r\n" HOST "\r\n"

static const struct row {
    const char *reason;
    unsigned status;
    const char *request;
} refused[] = {
    {"length-and-encoding", 400,
     "POST /echo HTTP/1.1\r\n" HOST
     "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED},
    {"length-and-encoding", 400,
     "POST /echo HTTP/1.1\r\n" HOST
     "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n" SMUGGLED},
    {"transfer-encoding", 400,
     "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" SMUGGLED},
    {"transfer-encoding", 400,
     "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n" SMUGGLED},
    {"transfer-encoding", 400,
     "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n" SMUGGLED},
    {"two-transfer-encodings", 400,
     "POST /echo HTTP/1.1\r\n" HOST
     "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED},
    {"transfer-encoding-in-1.0", 400,
     "POST /echo HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED},
    {"two-content-lengths", 400,
     "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 0\r\nContent-Length: 5\r\n\r\nABCDE" SMUGGLED},
    {"two-content-lengths", 400,
     "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nABCDE" SMUGGLED},
    {"header-name", 400, "POST /echo HTTP/1.1\r\n" HOST "Content-Length : 5\r\n\r\nABCDE" SMUGGLED},
    {"header-name", 400, "GET /head HTTP/1.1\r\n" HOST "X(A): b\r\n\r\n" SMUGGLED},
    {"header-underscore", 400,
     "GET /head HTTP/1.1\r\n" HOST "X_MLFLOW_WORKSPACE: other\r\n\r\n" SMUGGLED},
    {"http-version", 400, "GET /head HTTP/1.2\r\n" HOST "\r\n" SMUGGLED},
    {"two-hosts", 400, "GET /head HTTP/1.1\r\n" HOST "Host: b\r\n\r\n" SMUGGLED},
    {"no-host", 400, "GET /head HTTP/1.1\r\n\r\n" SMUGGLED},
    {"target-form", 400, "GET http://evil/head HTTP/1.1\r\n" HOST "\r\n" SMUGGLED},
    {"target-form", 400, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n" SMUGGLED},
    {"target-form", 400, "GET head HTTP/1.1\r\n" HOST "\r\n" SMUGGLED},
    {"target-bytes", 400, "GET /head#fragment HTTP/1.1\r\n" HOST "\r\n" SMUGGLED},
    {"target-bytes", 400, "GET /h\xC3\xA9 HTTP/1.1\r\n" HOST "\r\n" SMUGGLED},
    {"target-bytes", 400,
     "GET /he\x01"
     "ad HTTP/1.1\r\n" HOST "\r\n" SMUGGLED},
    {"target-bytes", 400, "GET /head?a\x7F HTTP/1.1\r\n" HOST "\r\n" SMUGGLED},
    {"method", 400, "GE\tT /head HTTP/1.1\r\n" HOST "\r\n" SMUGGLED},
    {"method-unknown", 501, "TRACE /head HTTP/1.1\r\n" HOST "\r\n" SMUGGLED},
    {"method-unknown", 501, "get /head HTTP/1.1\r\n" HOST "\r\n" SMUGGLED},
    {"method-unknown", 501, "PROPFIND /head HTTP/1.1\r\n" HOST "\r\n" SMUGGLED},
    {"two-identities", 400,
     "GET /head HTTP/1.1\r\n" HOST
     "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n" SMUGGLED},
    {"two-identities", 400,
     "GET /head HTTP/1.1\r\n" HOST
     "X-MLFLOW-WORKSPACE: a\r\nx-mlflow-workspace: b\r\n\r\n" SMUGGLED},
    {"expectation", 417,
     "POST /echo HTTP/1.1\r\n" HOST "Expect: 200-ok\r\nContent-Length: 1\r\n\r\nA" SMUGGLED},
    {"header-value", 400,
     "GET /head HTTP/1.1\r\n" HOST "X-A: a\x01"
     "b\r\n\r\n" SMUGGLED},
    {"content-length", 400,
     "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1234567890123456789\r\n\r\n" SMUGGLED},
};

static void refuses_every_ambiguous_request_and_closes(void **state)
{
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        const struct row *row = &refused[i];
        struct answer answer;
        double before = gv_metric_get(GV_METRIC_HTTP_REFUSED, "test", row->reason);
        int fd = scene_connect(scene);
        scene_send(fd, row->request, strlen(row->request));
        bool read = scene_read(fd, &answer, false);
        if (!read || answer.status != row->status || !answer.close || !scene_is_closed(fd)) {
            fail_msg("row %zu (%s): %s", i, row->reason, answer.head);
        }
        assert_true(gv_metric_get(GV_METRIC_HTTP_REFUSED, "test", row->reason) == before + 1);
        assert_string_equal(answer.body, gv_guard_explain(row->reason));
        answer_free(&answer);
        close(fd);
    }
}

/* The library refuses some heads itself, in its own form (0.9.75 even prints its head twice when
 * Content-Length is malformed). What matters: it refuses, closes, and serves nothing behind. */
static void the_library_refuses_and_closes(void **state)
{
    struct scene *scene = *state;
    const struct {
        unsigned status;
        const char *lines;
    } rows[] = {
        {400, "Content-Length: 5, 5\r\n\r\nABCDE"},
        {400, "Content-Length: +5\r\n\r\nABCDE"},
        {400, "Content-Length: 0x5\r\n\r\nABCDE"},
        {400, "Content-Length: -1\r\n\r\n"},
        {400, "Content-Length: \r\n\r\n"},
        {413, "Content-Length: 99999999999999999999999\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char got[4096] = "";
        size_t len = 0;
        char start[32];
        int fd = scene_connect(scene);
        scene_print(fd, "POST /echo HTTP/1.1\r\n" HOST "%s" SMUGGLED, rows[i].lines);
        for (ssize_t more = 1; more > 0 && len < sizeof(got) - 1; len += (size_t)more) {
            more = recv(fd, got + len, sizeof(got) - 1 - len, 0);
            assert_true(more >= 0); /* closed, not timed out */
        }
        snprintf(start, sizeof(start), "HTTP/1.1 %u ", rows[i].status);
        if (strncmp(got, start, strlen(start)) != 0 || strstr(got, " 200 ")) {
            fail_msg("row %zu: %s", i, got);
        }
        close(fd);
    }
}

/* What the library hides from us, as it arrives: the upstream head is built from these parts. */
static void sees_hidden_oddities_as_plain_parts(void **state)
{
    struct scene *scene = *state;
    const struct {
        const char *request;
        size_t len;
        const char *seen;
    } rows[] = {
#define ROW(text, seen) {text, sizeof(text) - 1, seen}
        ROW("GET /head HTTP/1.1\nHost: a\nX-A: 1\n\n", "\nX-A: 1\n"),              /* bare LF */
        ROW("GET /head HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n", "\nX-Ac: b"), /* folding */
        ROW("GET /head HTTP/1.1\r\nHost: a\r\nX-A: b\0c\r\n\r\n", "\nX-A: b\n"),   /* NUL */
        ROW("GET /head\0x HTTP/1.1\r\nHost: a\r\n\r\n", "target=/head\n"),
        ROW("GET /head HTTP/1.1\r\nHost: a\r\nX-A: b\rX-B: c\r\n\r\n", "\nX-A: bX-B: c\n"),
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct answer answer;
        int fd = scene_connect(scene);
        scene_send(fd, rows[i].request, rows[i].len);
        bool read = scene_read(fd, &answer, false);
        if (read && answer.status == 200) {
            if (!strstr(answer.body, rows[i].seen)) {
                fail_msg("row %zu: %s", i, answer.body);
            }
            assert_null(strchr(answer.body, '\r'));
        } else {
            assert_int_equal(answer.status, 400); /* a stricter library may refuse */
            assert_true(answer.close);
        }
        answer_free(&answer);
        close(fd);
    }
}

static void admits_what_is_plain(void **state)
{
    struct scene *scene = *state;
    const char *const requests[] = {
        "GET /head HTTP/1.1\r\n" HOST "\r\n",
        "GET /head?a=b&c=%2F HTTP/1.1\r\n" HOST "\r\n",
        "HEAD /head HTTP/1.1\r\n" HOST "\r\n",
        "GET /head HTTP/1.0\r\n\r\n",
        "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
        "DELETE /head HTTP/1.1\r\n" HOST "Authorization: Basic eDp5\r\n\r\n",
        "GET /head HTTP/1.1\r\n" HOST "X-A: \xC3\xA9\ttab\r\n\r\n",
        "GET /head HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        "OPTIONS /head HTTP/1.1\r\n" HOST "X-A: 1\r\nX-A: 2\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        unsigned status = scene_status(scene, requests[i]);
        if (status != 200) {
            fail_msg("row %zu: %u", i, status);
        }
    }
}

/* --- limits, at, below and above --- */

static unsigned status_with_headers(struct scene *scene, unsigned count)
{
    char request[8192];
    int len = snprintf(request, sizeof(request), "GET /head HTTP/1.1\r\n" HOST);
    for (unsigned i = 1; i < count; i++) {
        len += snprintf(request + len, sizeof(request) - (size_t)len, "X-%u: 1\r\n", i);
    }
    snprintf(request + len, sizeof(request) - (size_t)len, "\r\n");
    return scene_status(scene, request);
}

static void limits_the_number_of_headers(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(status_with_headers(scene, GV_HTTP_HEADERS - 1), 200);
    assert_int_equal(status_with_headers(scene, GV_HTTP_HEADERS), 200);
    assert_int_equal(status_with_headers(scene, GV_HTTP_HEADERS + 1), 431);
}

/* A head of exactly `bytes`, the way the guard counts. */
static unsigned status_with_head_bytes(struct scene *scene, size_t bytes)
{
    static char request[2 * 65536];
    char filler[65536];
    size_t fixed = strlen("GET /head HTTP/1.1\r\n" HOST "X-Filler: \r\n");
    memset(filler, 'f', bytes - fixed);
    filler[bytes - fixed] = '\0';
    snprintf(request, sizeof(request), "GET /head HTTP/1.1\r\n" HOST "X-Filler: %s\r\n\r\n",
             filler);
    struct answer answer;
    int fd = scene_connect(scene);
    scene_send(fd, request, strlen(request));
    scene_read(fd, &answer, true);
    answer_free(&answer);
    close(fd);
    return answer.status;
}

static void limits_the_bytes_of_the_head(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(status_with_head_bytes(scene, GV_HTTP_HEADER_BYTES - 1), 200);
    assert_int_equal(status_with_head_bytes(scene, GV_HTTP_HEADER_BYTES), 200);
    assert_int_equal(status_with_head_bytes(scene, GV_HTTP_HEADER_BYTES + 1), 431);
    assert_int_equal(status_with_head_bytes(scene, 4 * GV_HTTP_HEADER_BYTES - 1), 431);
}

static void every_reason_has_a_sentence_and_a_status(void **state)
{
    (void)state;
    const char *const reasons[] = {
#define GV_GUARD(check, reason, status, sentence) reason,
#include "sidecar/http/guard.def"
#undef GV_GUARD
    };
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        assert_true(strlen(gv_guard_explain(reasons[i])) > 10);
        assert_true(gv_guard_status(reasons[i]) >= 400 && gv_guard_status(reasons[i]) <= 501);
    }
}

static int set_up(void **state)
{
    static struct scene scene;
    scene_start(&scene, NULL);
    *state = &scene;
    return 0;
}

static int tear_down(void **state)
{
    scene_stop(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_every_ambiguous_request_and_closes),
        cmocka_unit_test(the_library_refuses_and_closes),
        cmocka_unit_test(sees_hidden_oddities_as_plain_parts),
        cmocka_unit_test(admits_what_is_plain),
        cmocka_unit_test(limits_the_number_of_headers),
        cmocka_unit_test(limits_the_bytes_of_the_head),
        cmocka_unit_test(every_reason_has_a_sentence_and_a_status),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
