/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/http/scene.h"

#include "sidecar/telemetry/metrics.h"
#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST "Host: a\r\n"

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    scene_start(scene, NULL);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    scene_stop(scene);
    free(scene);
    return 0;
}

/* A server of other limits than the shared one. */
static void restart(struct scene *scene, void (*change)(struct gv_http_server_options *options))
{
    struct gv_http_server_options options = scene_options();
    scene_stop(scene);
    change(&options);
    scene_start(scene, &options);
}

static void expect(int fd, unsigned status, const char *body)
{
    struct answer answer;
    assert_true(scene_read(fd, &answer, false));
    assert_int_equal(answer.status, status);
    if (body) {
        assert_string_equal(answer.body, body);
    }
    answer_free(&answer);
}

/* --- what was asked --- */

static void tells_what_was_asked(void **state)
{
    struct answer answer;
    int fd = scene_connect(*state);
    scene_print(fd, "GET /head/%%2e%%2e/x%%2Fy%%00?q=a%%20b+c&q=d&%%zz HTTP/1.1\r\n" HOST
                    "X-B: 2\r\nX-A: 1\r\nX-B: 3\r\n\r\n");
    assert_true(scene_read(fd, &answer, false));
    close(fd);
    const char *const parts[] = {"method=GET\n",
                                 "target=/head/%2e%2e/x%2Fy%00?q=a%20b+c&q=d&%zz\n",
                                 "path=/head/%2e%2e/x%2Fy%00\n",
                                 "query=q=a%20b+c&q=d&%zz\n",
                                 "length=0\n",
                                 "peer=127.0.0.1\n",
                                 "\nq=a b c\n",
                                 "X-B: 2\nX-A: 1\nX-B: 3\n"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!strstr(answer.body, parts[i])) {
            fail_msg("no %s in %s", parts[i], answer.body);
        }
    }
    const char *id = strstr(answer.body, "id=");
    assert_int_equal(strspn(id + 3, "0123456789abcdef"), 32);
    answer_free(&answer);
}

static void a_malformed_query_has_no_value(void **state)
{
    struct answer answer;
    int fd = scene_connect(*state);
    scene_print(fd, "GET /head?q=%%zz HTTP/1.1\r\n" HOST "\r\n");
    assert_true(scene_read(fd, &answer, false));
    assert_non_null(strstr(answer.body, "\nq=(none)\n"));
    answer_free(&answer);
    close(fd);
}

/* --- answers --- */

static void keeps_the_connection_and_answers_a_pipeline_in_order(void **state)
{
    int fd = scene_connect(*state);
    scene_print(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\none"
                    "GET /slow HTTP/1.1\r\n" HOST "\r\n"
                    "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                    "3\r\nthr\r\n2\r\nee\r\n0\r\n\r\n"
                    "GET /slow HTTP/1.1\r\n" HOST "\r\n");
    expect(fd, 200, "one");
    expect(fd, 200, "late");
    expect(fd, 200, "three");
    expect(fd, 200, "late");
    close(fd);
}

static void sends_plain_headers(void **state)
{
    struct answer answer;
    int fd = scene_connect(*state);
    scene_print(fd, "GET /head HTTP/1.1\r\n" HOST "\r\n");
    assert_true(scene_read(fd, &answer, false));
    assert_non_null(strstr(answer.head, "\r\nDate: "));
    assert_non_null(strstr(answer.head, "\r\nX-Test: yes\r\n"));
    assert_null(strcasestr(answer.head, "\r\nServer:"));
    assert_false(answer.close);
    answer_free(&answer);
    close(fd);
}

static void a_head_request_gets_no_body(void **state)
{
    const char *const paths[] = {"/head", "/slow", "/down?100000"};
    int fd = scene_connect(*state);
    for (size_t i = 0; i < 3; i++) {
        struct answer answer;
        scene_print(fd, "HEAD %s HTTP/1.1\r\n" HOST "\r\n", paths[i]);
        assert_true(scene_read(fd, &answer, true));
        assert_int_equal(answer.status, 200);
        assert_true(i != 2 || strstr(answer.head, "Content-Length: 100000\r\n"));
        answer_free(&answer);
    }
    scene_print(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nok");
    expect(fd, 200, "ok");
    close(fd);
}

static void a_head_request_of_unknown_length_gets_no_chunk(void **state)
{
    struct answer answer;
    int fd = scene_connect(*state);
    scene_print(fd, "HEAD /chunked?100 HTTP/1.1\r\n" HOST "\r\n");
    assert_true(scene_read(fd, &answer, true));
    assert_null(strcasestr(answer.head, "Transfer-Encoding"));
    assert_true(scene_is_closed(fd));
    answer_free(&answer);
    close(fd);
}

static void an_old_client_gets_its_connection_closed(void **state)
{
    struct answer answer;
    int fd = scene_connect(*state);
    scene_print(fd, "GET /head HTTP/1.0\r\n\r\n");
    assert_true(scene_read(fd, &answer, false));
    assert_int_equal(answer.status, 200);
    answer_free(&answer);
    assert_true(scene_is_closed(fd));
    close(fd);
}

static void streams_down(void **state)
{
    const char *const paths[] = {"/down?3000000", "/chunked?3000000", "/down?0", "/chunked?0"};
    int fd = scene_connect(*state);
    for (size_t i = 0; i < 4; i++) {
        struct answer answer;
        scene_print(fd, "GET %s HTTP/1.1\r\n" HOST "\r\n", paths[i]);
        assert_true(scene_read(fd, &answer, false));
        assert_int_equal(answer.body_len, i < 2 ? 3000000 : 0);
        assert_int_equal(strspn(answer.body, "d"), answer.body_len);
        answer_free(&answer);
    }
    close(fd);
}

static void a_cut_answer_shows(void **state)
{
    const char *const requests[] = {"GET /cut?1000 HTTP/1.1\r\n" HOST "\r\n",
                                    "GET /short?1000000 HTTP/1.1\r\n" HOST "\r\n"};
    for (size_t i = 0; i < 2; i++) {
        struct answer answer;
        int fd = scene_connect(*state);
        scene_print(fd, "%s", requests[i]);
        assert_false(scene_read(fd, &answer, false));
        assert_int_equal(answer.status, 200);
        answer_free(&answer);
        close(fd);
    }
    /* HTTP/1.0 knows no chunks: only a reset tells. */
    char buf[4096];
    ssize_t got = 1;
    int fd = scene_connect(*state);
    scene_print(fd, "GET /cut?1000 HTTP/1.0\r\n\r\n");
    while (got > 0) {
        got = recv(fd, buf, sizeof(buf), 0);
    }
    assert_int_equal(got, -1);
    assert_int_equal(errno, ECONNRESET);
    close(fd);
}

/* --- bodies --- */

static void reads_a_body_of_any_framing(void **state)
{
    int fd = scene_connect(*state);
    scene_print(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n");
    expect(fd, 200, "");
    scene_print(fd, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    expect(fd, 200, "");
    scene_print(fd, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                    "5;ext=1\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n");
    expect(fd, 200, "hello");
    scene_print(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n"
                    "Expect: 100-continue\r\n\r\n");
    expect(fd, 100, NULL);
    scene_print(fd, "hello");
    expect(fd, 200, "hello");
    close(fd);
}

static void small_body(struct gv_http_server_options *options)
{
    options->limits.body_bytes = 100000;
}

static void limits_the_body_at_below_and_above(void **state)
{
    static char body[100001];
    struct scene *scene = *state;
    restart(scene, small_body);
    memset(body, 'b', sizeof(body));
    for (size_t len = 99999; len <= 100001; len++) {
        int fd = scene_connect(scene);
        scene_print(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", len);
        scene_send(fd, body, len);
        expect(fd, len <= 100000 ? 200 : 413, NULL);
        close(fd);
        fd = scene_connect(scene);
        scene_print(fd, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n%zx\r\n",
                    len);
        scene_send(fd, body, len);
        scene_print(fd, "\r\n0\r\n\r\n");
        expect(fd, len <= 100000 ? 200 : 413, NULL);
        close(fd);
    }
}

static void refuses_a_declared_length_before_the_body(void **state)
{
    int fd = scene_connect(*state);
    scene_print(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 100000000\r\n"
                    "Expect: 100-continue\r\n\r\n");
    expect(fd, 413, "The body is too large.");
    assert_true(scene_is_closed(fd));
    close(fd);
}

/* The 100 MB cost neither memory nor time, and a client that sends them all still reads why. */
static void send_100_mb(struct scene *scene, bool chunked, const char *path, unsigned status)
{
    static char block[1 << 20];
    struct answer answer;
    size_t before = scene_resident();
    gv_time begin = gv_clock_monotonic();
    int fd = scene_connect(scene);
    scene_print(fd, "POST %s HTTP/1.1\r\n" HOST "%s\r\n\r\n", path,
                chunked ? "Transfer-Encoding: chunked" : "Content-Length: 104857600");
    for (unsigned i = 0; i < 100; i++) {
        if (chunked) {
            scene_print(fd, "100000\r\n");
        }
        scene_send(fd, block, sizeof(block));
        if (chunked) {
            scene_print(fd, "\r\n");
        }
    }
    assert_true(scene_read(fd, &answer, false));
    assert_int_equal(answer.status, status);
    assert_true(answer.close);
    answer_free(&answer);
    close(fd);
    assert_true(gv_clock_monotonic() - begin < 3 * GV_SECOND);
    assert_true(scene_resident() < before + (size_t)8 * 1024 * 1024);
}

static void an_early_answer_reaches_a_client_that_goes_on_sending(void **state)
{
    send_100_mb(*state, false, "/echo", 413);
    send_100_mb(*state, true, "/echo", 413);
    send_100_mb(*state, false, "/refuse", 403);
    send_100_mb(*state, true, "/refuse", 403);
    send_100_mb(*state, false, "/early", 409);
    send_100_mb(*state, true, "/early", 409);
}

static void streams_up_with_back_pressure(void **state)
{
    static char block[1 << 20];
    for (unsigned chunked = 0; chunked < 2; chunked++) {
        int fd = scene_connect(*state);
        scene_print(fd, "POST /count HTTP/1.1\r\n" HOST "%s\r\n\r\n",
                    chunked ? "Transfer-Encoding: chunked" : "Content-Length: 20971520");
        for (unsigned i = 0; i < 20; i++) {
            if (chunked) {
                scene_print(fd, "100000\r\n");
            }
            scene_send(fd, block, sizeof(block));
            if (chunked) {
                scene_print(fd, "\r\n");
            }
        }
        if (chunked) {
            scene_print(fd, "0\r\n\r\n");
        }
        expect(fd, 200, "20971520");
        scene_print(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nok");
        expect(fd, 200, "ok");
        close(fd);
    }
}

static void a_malformed_chunk_ends_the_connection(void **state)
{
    const char *const chunks[] = {"zz\r\nab\r\n", "2\r\nabc\r\n", "-1\r\n", "\r\n",
                                  "fffffffffffffffff\r\n"};
    for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
        struct answer answer;
        int fd = scene_connect(*state);
        scene_print(fd, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n%s",
                    chunks[i]);
        bool read = scene_read(fd, &answer, false);
        assert_true(!read || answer.status == 400 || answer.status == 413);
        assert_true(!read || answer.close);
        answer_free(&answer);
        close(fd);
    }
}

/* --- time --- */

static void short_times(struct gv_http_server_options *options)
{
    options->limits.idle = GV_SECOND;
    options->limits.total = 500 * GV_MILLISECOND;
}

/* Sends, then waits for the end of the connection; returns how long that took. */
static gv_duration time_to_end(struct scene *scene, const char *bytes, bool dribble)
{
    char buf[4096];
    gv_time begin = gv_clock_monotonic();
    int fd = scene_connect(scene);
    scene_print(fd, "%s", bytes);
    for (;;) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        if (poll(&poll_fd, 1, dribble ? 50 : 10000) > 0 && recv(fd, buf, sizeof(buf), 0) <= 0) {
            break;
        }
        if (dribble) {
            scene_print(fd, "x");
        }
        assert_true(gv_clock_monotonic() - begin < 10 * GV_SECOND);
    }
    close(fd);
    return gv_clock_monotonic() - begin;
}

static void short_idle_time(struct gv_http_server_options *options)
{
    options->limits.idle = GV_SECOND;
    options->limits.total = 0;
}

/* Streams may last as long as they like; their heads may not. */
static void a_slow_head_ends_also_where_nothing_bounds_the_whole(void **state)
{
    struct scene *scene = *state;
    restart(scene, short_idle_time);
    static const char *const rows[] = {"G", "GET /head HTTP/1.1\r\nX-A: "};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        gv_duration took = time_to_end(scene, rows[i], true);
        assert_true(took > GV_SECOND && took < 5 * GV_SECOND);
    }
}

static void every_way_of_being_slow_ends(void **state)
{
    struct scene *scene = *state;
    restart(scene, short_times);
    const struct {
        const char *bytes;
        bool dribble;
    } rows[] = {
        {"", false},                                                           /* says nothing */
        {"GET /he", false},                                                    /* half a line */
        {"G", true},                                                           /* one that grows */
        {"GET /head HTTP/1.1\r\nX-A: ", true},                                 /* slow headers */
        {"GET /never HTTP/1.1\r\n" HOST "\r\n", false},                        /* slow handler */
        {"GET /silent?100 HTTP/1.1\r\n" HOST "\r\n", false},                   /* slow source */
        {"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\n", false},   /* no body */
        {"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 999\r\n\r\n", true},  /* slow body */
        {"POST /never HTTP/1.1\r\n" HOST "Content-Length: 999\r\n\r\n", true}, /* unread body */
        {"GET /down?500000000 HTTP/1.1\r\n" HOST "\r\n", false}};
    for (size_t i = 0; i + 1 < sizeof(rows) / sizeof(rows[0]); i++) {
        gv_duration took = time_to_end(scene, rows[i].bytes, rows[i].dribble);
        if (took > 4 * GV_SECOND) {
            fail_msg("row %zu took %lld us", i, (long long)took);
        }
    }
    /* And one that does not read its answer: only the server notices. */
    int fd = scene_connect(scene);
    scene_print(fd, "GET /down?500000000 HTTP/1.1\r\n" HOST "\r\n");
    for (unsigned i = 0; i < 40 && gv_metric_get(GV_METRIC_HTTP_CONNECTIONS, "test") > 0; i++) {
        usleep(100000);
    }
    assert_true(gv_metric_get(GV_METRIC_HTTP_CONNECTIONS, "test") == 0);
    close(fd);
}

static void notices_a_client_that_left(void **state)
{
    struct scene *scene = *state;
    int fd = scene_connect(scene);
    scene_print(fd, "GET /never HTTP/1.1\r\n" HOST "\r\n");
    usleep(50000);
    close(fd);
    for (unsigned i = 0; i < 30 && gv_metric_get(GV_METRIC_HTTP_CONNECTIONS, "test") > 0; i++) {
        usleep(50000);
    }
    assert_true(gv_metric_get(GV_METRIC_HTTP_CONNECTIONS, "test") == 0);
    scene_stop(scene);
    assert_int_equal(scene->ended, 1);
    scene_start(scene, NULL);
}

/* --- connections --- */

static void two_connections(struct gv_http_server_options *options)
{
    options->limits.connections = 2;
}

static void a_connection_over_the_limit_waits_for_its_turn(void **state)
{
    struct scene *scene = *state;
    restart(scene, two_connections);
    int fds[3];
    for (size_t i = 0; i < 3; i++) {
        fds[i] = scene_connect(scene);
        scene_print(fds[i], "GET /head HTTP/1.1\r\n" HOST "\r\n");
    }
    expect(fds[0], 200, NULL);
    expect(fds[1], 200, NULL);
    struct pollfd poll_fd = {.fd = fds[2], .events = POLLIN};
    assert_int_equal(poll(&poll_fd, 1, 300), 0);
    close(fds[0]);
    assert_int_equal(poll(&poll_fd, 1, 3000), 1);
    expect(fds[2], 200, NULL);
    close(fds[1]);
    close(fds[2]);
}

static void names_an_address_that_it_cannot_use(void **state)
{
    struct scene *scene = *state;
    char taken[64];
    snprintf(taken, sizeof(taken), "127.0.0.1:%u", scene->port);
    const char *const addresses[] = {
        taken,   "127.0.0.1",      "127.0.0.1:",      ":80",         "::1:80",
        "[::1]", "127.0.0.1:http", "127.0.0.1:99999", "300.1.1.1:80"};
    struct gv_loop *loop = gv_loop_new(NULL);
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        struct gv_error err = GV_ERROR_INIT;
        struct gv_http_server_options options = scene_options();
        options.address = addresses[i];
        assert_null(gv_http_server_start(loop, &options, &err));
        if (!strstr(err.message, addresses[i])) {
            fail_msg("%s: %s", addresses[i], err.message);
        }
    }
    gv_loop_free(loop);
}

static void several_loops_may_share_an_address(void **state)
{
    (void)state;
    struct gv_loop *loop = gv_loop_new(NULL);
    struct gv_http_server_options options = scene_options();
    char address[64];
    options.shared = true;
    struct gv_http_server *first = gv_http_server_start(loop, &options, NULL);
    assert_non_null(first);
    snprintf(address, sizeof(address), "127.0.0.1:%u", gv_http_server_port(first));
    options.address = address;
    struct gv_http_server *second = gv_http_server_start(loop, &options, NULL);
    assert_non_null(second);
    assert_null(gv_http_server_stop(first));
    assert_null(gv_http_server_stop(second));
    assert_null(gv_http_server_stop(NULL));
    gv_loop_free(loop);
}

static void listens_on_ipv6(void **state)
{
    (void)state;
    struct gv_loop *loop = gv_loop_new(NULL);
    struct gv_error err = GV_ERROR_INIT;
    struct gv_http_server_options options = scene_options();
    options.address = "[::1]:0";
    struct gv_http_server *server = gv_http_server_start(loop, &options, &err);
    if (server) { /* a machine without IPv6 says so */
        assert_true(gv_http_server_port(server) > 0);
    } else {
        assert_non_null(strstr(err.message, "[::1]:0"));
    }
    gv_http_server_stop(server);
    gv_loop_free(loop);
}

static void counts_what_it_served(void **state)
{
    struct scene *scene = *state;
    double ok = gv_metric_get(GV_METRIC_HTTP_REQUESTS, "test", "2xx");
    double refused = gv_metric_get(GV_METRIC_HTTP_REQUESTS, "test", "4xx");
    int fd = scene_connect(scene);
    scene_print(fd, "GET /head HTTP/1.1\r\n" HOST "\r\n");
    expect(fd, 200, NULL);
    assert_true(gv_metric_get(GV_METRIC_HTTP_CONNECTIONS, "test") == 1);
    scene_print(fd, "GET /refuse HTTP/1.1\r\n" HOST "\r\n");
    expect(fd, 403, NULL);
    close(fd);
    for (unsigned i = 0; i < 40 && gv_metric_get(GV_METRIC_HTTP_CONNECTIONS, "test") > 0; i++) {
        usleep(50000);
    }
    assert_true(gv_metric_get(GV_METRIC_HTTP_CONNECTIONS, "test") == 0);
    assert_true(gv_metric_get(GV_METRIC_HTTP_REQUESTS, "test", "2xx") == ok + 1);
    assert_true(gv_metric_get(GV_METRIC_HTTP_REQUESTS, "test", "4xx") == refused + 1);
}

/* --- the end --- */

struct draining {
    struct scene *scene;
    sem_t done;
    unsigned active;
};

static void drained(void *ctx)
{
    struct draining *draining = ctx;
    draining->active = gv_http_server_active(draining->scene->server);
    sem_post(&draining->done);
}

static void drain(void *ctx)
{
    struct draining *draining = ctx;
    gv_http_server_drain(draining->scene->server, drained, draining);
}

static void drains_what_is_under_way_and_closes_the_rest(void **state)
{
    struct scene *scene = *state;
    struct draining draining = {.scene = scene};
    struct answer answer;
    sem_init(&draining.done, 0, 0);
    int idle = scene_connect(scene);
    scene_print(idle, "GET /head HTTP/1.1\r\n" HOST "\r\n");
    expect(idle, 200, NULL);
    int busy = scene_connect(scene);
    scene_print(busy, "GET /slow HTTP/1.1\r\n" HOST "\r\n");
    usleep(20000);
    scene_call(scene, drain, &draining);
    assert_true(scene_is_closed(idle));
    assert_true(scene_read(busy, &answer, false));
    assert_string_equal(answer.body, "late");
    assert_true(answer.close);
    answer_free(&answer);
    sem_wait(&draining.done);
    assert_int_equal(draining.active, 0);
    close(idle);
    close(busy);
}

static void draining_an_idle_server_ends_at_once(void **state)
{
    struct scene *scene = *state;
    struct draining draining = {.scene = scene};
    sem_init(&draining.done, 0, 0);
    scene_call(scene, drain, &draining);
    sem_wait(&draining.done);
    assert_int_equal(draining.active, 0);
}

static void stopping_cuts_what_waits_and_tells_it(void **state)
{
    struct scene *scene = *state;
    const char *const requests[] = {
        "GET /never HTTP/1.1\r\n" HOST "\r\n",
        "POST /never HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n",
        "GET /silent?5 HTTP/1.1\r\n" HOST "\r\n",
        "POST /count HTTP/1.1\r\n" HOST "Content-Length: 500000\r\n\r\nabc",
    };
    int fds[4];
    for (size_t i = 0; i < 4; i++) {
        fds[i] = scene_connect(scene);
        scene_print(fds[i], "%s", requests[i]);
    }
    usleep(100000);
    scene_stop(scene);
    assert_int_equal(scene->ended, 4);
    for (size_t i = 0; i < 4; i++) {
        close(fds[i]);
    }
    scene_start(scene, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(tells_what_was_asked),
        TEST(a_malformed_query_has_no_value),
        TEST(keeps_the_connection_and_answers_a_pipeline_in_order),
        TEST(sends_plain_headers),
        TEST(a_head_request_gets_no_body),
        TEST(a_head_request_of_unknown_length_gets_no_chunk),
        TEST(an_old_client_gets_its_connection_closed),
        TEST(streams_down),
        TEST(a_cut_answer_shows),
        TEST(reads_a_body_of_any_framing),
        TEST(limits_the_body_at_below_and_above),
        TEST(refuses_a_declared_length_before_the_body),
        TEST(an_early_answer_reaches_a_client_that_goes_on_sending),
        TEST(streams_up_with_back_pressure),
        TEST(a_malformed_chunk_ends_the_connection),
        TEST(every_way_of_being_slow_ends),
        TEST(a_slow_head_ends_also_where_nothing_bounds_the_whole),
        TEST(notices_a_client_that_left),
        TEST(a_connection_over_the_limit_waits_for_its_turn),
        TEST(names_an_address_that_it_cannot_use),
        TEST(several_loops_may_share_an_address),
        TEST(listens_on_ipv6),
        TEST(counts_what_it_served),
        TEST(drains_what_is_under_way_and_closes_the_rest),
        TEST(draining_an_idle_server_ends_at_once),
        TEST(stopping_cuts_what_waits_and_tells_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
