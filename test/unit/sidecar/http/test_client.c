/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/http/client.h"

#include "test/unit/sidecar/http/scene.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The client runs on the test's own loop; the server, or a scripted peer, in another thread. */
struct client_scene {
    struct scene server;
    struct gv_loop *loop;
    struct gv_http_client *client;
};

/* What one call gave. */
struct result {
    struct client_scene *scene;
    struct gv_http_call *call;
    struct gv_timer *timer;
    unsigned done;
    unsigned heads;
    unsigned status;
    struct gv_error error;
    bool failed;
    char header[128];
    char body[4096];
    size_t body_len;
    int64_t received;
    int64_t left; /* to send */
    int64_t made;
    unsigned turns;
    unsigned running;
    bool cancel_in_data;
};

static int set_up(void **state)
{
    struct client_scene *scene = calloc(1, sizeof(*scene));
    scene_start(&scene->server, NULL);
    scene->loop = gv_loop_new(NULL);
    scene->client = gv_http_client_new(scene->loop, 0, NULL);
    *state = scene;
    return scene->client ? 0 : -1;
}

static int tear_down(void **state)
{
    struct client_scene *scene = *state;
    gv_http_client_free(scene->client);
    gv_loop_free(scene->loop);
    scene_stop(&scene->server);
    free(scene);
    return 0;
}

static void done(void *ctx, const struct gv_http_reply *reply)
{
    struct result *result = ctx;
    const char *header = gv_http_reply_header(reply, "x-test");
    result->done++;
    result->status = reply->status;
    result->failed = reply->error != NULL;
    if (reply->error) {
        result->error = *reply->error;
    }
    snprintf(result->header, sizeof(result->header), "%s", header ? header : "");
    result->body_len = reply->body.len;
    snprintf(result->body, sizeof(result->body), "%.*s", GV_SLICE_ARG(reply->body));
    gv_loop_stop(result->scene->loop);
}

static const char *url(const struct client_scene *scene, const char *path)
{
    static char text[256];
    snprintf(text, sizeof(text), "http://127.0.0.1:%u%s", scene->server.port, path);
    return text;
}

static void give_up(void *ctx)
{
    gv_loop_stop(ctx);
}

/* Runs one call to its end; fails the test when it takes longer than 30 s. */
static void run(struct client_scene *scene, const struct gv_http_call_options *options,
                struct result *result)
{
    struct gv_error err = GV_ERROR_INIT;
    struct gv_http_call_options mine = *options;
    result->scene = scene;
    mine.done = done;
    mine.ctx = result;
    result->call = gv_http_client_call(scene->client, &mine, &err);
    if (!result->call) {
        result->failed = true;
        result->error = err;
        return;
    }
    assert_int_equal(result->done, 0);
    struct gv_timer *timer = gv_timer_new(scene->loop, give_up, scene->loop);
    gv_timer_set(timer, 30 * GV_SECOND);
    gv_loop_run(scene->loop);
    gv_timer_free(timer);
    assert_int_equal(result->done, 1);
}

static void gets_an_answer(void **state)
{
    struct client_scene *scene = *state;
    struct result result = {0};
    run(scene, &(struct gv_http_call_options){.method = "GET", .url = url(scene, "/head?q=1")},
        &result);
    assert_false(result.failed);
    assert_int_equal(result.status, 200);
    assert_string_equal(result.header, "yes");
    assert_non_null(strstr(result.body, "target=/head?q=1\n"));
}

static void sends_exactly_the_headers_it_is_given(void **state)
{
    struct client_scene *scene = *state;
    struct result result = {0};
    const struct gv_http_header headers[] = {{"X-One", "1"},
                                             {"X-Empty", ""},
                                             {"Host", "mlflow.example"},
                                             {"Content-Length", "999"},
                                             {"Transfer-Encoding", "chunked"},
                                             {"Connection", "close, X-One"},
                                             {"Expect", "100-continue"}};
    run(scene,
        &(struct gv_http_call_options){.method = "DELETE",
                                       .url = url(scene, "/head"),
                                       .headers = headers,
                                       .header_count = 7,
                                       .body = GV_SLICE("abc")},
        &result);
    assert_int_equal(result.status, 200);
    const char *sent = strstr(result.body, "Host: ");
    assert_non_null(sent);
    assert_non_null(strstr(result.body, "method=DELETE\n"));
    assert_non_null(strstr(result.body, "Host: mlflow.example\n"));
    assert_non_null(strstr(result.body, "X-One: 1\n"));
    assert_non_null(strstr(result.body, "X-Empty: \n"));
    assert_non_null(strstr(result.body, "Content-Length: 3\n"));
    const char *const unwanted[] = {"Accept",  "User-Agent", "Expect",     "Content-Type",
                                    "chunked", "999",        "Connection:"};
    for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++) {
        if (strstr(result.body, unwanted[i])) {
            fail_msg("%s in %s", unwanted[i], result.body);
        }
    }
}

static void sends_the_path_as_it_is(void **state)
{
    struct client_scene *scene = *state;
    struct result result = {0};
    run(scene,
        &(struct gv_http_call_options){.method = "GET",
                                       .url = url(scene, "/head/a/../b/./%2e%2e/%2F//c?x=%00")},
        &result);
    assert_int_equal(result.status, 200);
    assert_non_null(strstr(result.body, "target=/head/a/../b/./%2e%2e/%2F//c?x=%00\n"));
}

static void posts_a_body_and_an_empty_one(void **state)
{
    struct client_scene *scene = *state;
    struct result full = {0};
    struct result empty = {0};
    run(scene,
        &(struct gv_http_call_options){
            .method = "POST", .url = url(scene, "/echo"), .body = GV_SLICE("a\0b")},
        &full);
    assert_int_equal(full.status, 200);
    assert_int_equal(full.body_len, 3);
    run(scene, &(struct gv_http_call_options){.method = "PUT", .url = url(scene, "/head")}, &empty);
    assert_non_null(strstr(empty.body, "Content-Length: 0\n"));
}

static void asks_head_without_waiting_for_a_body(void **state)
{
    struct client_scene *scene = *state;
    struct result result = {0};
    run(scene, &(struct gv_http_call_options){.method = "HEAD", .url = url(scene, "/down?5000")},
        &result);
    assert_false(result.failed);
    assert_int_equal(result.status, 200);
    assert_int_equal(result.body_len, 0);
}

static void refuses_what_would_split_the_request(void **state)
{
    struct client_scene *scene = *state;
    const struct gv_http_header bad[] = {{"X-A", "b\r\nX-B: c"}, {"X-A", "b\nc"}, {"X A", "b"},
                                         {"X-A:", "b"},          {"", "b"},       {"X-A", "\x7F"}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct result result = {0};
        run(scene,
            &(struct gv_http_call_options){
                .method = "GET", .url = url(scene, "/"), .headers = &bad[i], .header_count = 1},
            &result);
        assert_true(result.failed);
        assert_int_equal(result.error.code, GV_ERROR_INVALID);
    }
    const char *const urls[] = {"http://127.0.0.1/a b",
                                "http://127.0.0.1/a\r\nX: y",
                                "http://127.0.0.1/a#b",
                                "file:///etc/passwd",
                                "gopher://127.0.0.1/",
                                "http://127.0.0.1/\xC3\xA9",
                                ""};
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct result result = {0};
        run(scene, &(struct gv_http_call_options){.method = "GET", .url = urls[i]}, &result);
        assert_true(result.failed);
        assert_int_equal(result.error.code, GV_ERROR_INVALID);
    }
    struct result result = {0};
    run(scene, &(struct gv_http_call_options){.method = "GET /x", .url = url(scene, "/")}, &result);
    assert_int_equal(result.error.code, GV_ERROR_INVALID);
}

static void limits_the_reply(void **state)
{
    struct client_scene *scene = *state;
    const struct {
        size_t limit;
        bool fails;
    } rows[] = {{4999, true}, {5000, false}, {5001, false}};
    for (size_t i = 0; i < 3; i++) {
        struct result result = {0};
        run(scene,
            &(struct gv_http_call_options){
                .method = "GET", .url = url(scene, "/down?5000"), .reply_bytes = rows[i].limit},
            &result);
        assert_int_equal(result.failed, rows[i].fails);
        assert_true(!rows[i].fails || result.error.code == GV_ERROR_LIMIT);
    }
}

static void keeps_to_its_deadlines(void **state)
{
    struct client_scene *scene = *state;
    struct result total = {0};
    gv_time begin = gv_clock_monotonic();
    run(scene,
        &(struct gv_http_call_options){.method = "GET",
                                       .url = url(scene, "/never?token=secret"),
                                       .total = 100 * GV_MILLISECOND},
        &total);
    assert_true(total.failed);
    assert_int_equal(total.error.code, GV_ERROR_TIMEOUT);
    assert_int_equal(total.status, 0);
    assert_true(gv_clock_monotonic() - begin < 2 * GV_SECOND);
    assert_non_null(strstr(total.error.message, "GET http://127.0.0.1:"));
    assert_null(strstr(total.error.message, "secret"));
}

static bool take_all(void *ctx, const char *bytes, size_t len)
{
    struct result *result = ctx;
    (void)bytes;
    result->received += (int64_t)len;
    return true;
}

static void count_head(void *ctx, const struct gv_http_reply *reply)
{
    struct result *result = ctx;
    result->heads++;
    result->status = reply->status;
}

static void cuts_a_silent_stream(void **state)
{
    struct client_scene *scene = *state;
    struct result result = {0};
    gv_time begin = gv_clock_monotonic();
    run(scene,
        &(struct gv_http_call_options){.method = "GET",
                                       .url = url(scene, "/silent?100"),
                                       .total = -1,
                                       .idle = GV_SECOND,
                                       .head = count_head,
                                       .data = take_all},
        &result);
    assert_int_equal(result.error.code, GV_ERROR_TIMEOUT);
    assert_int_equal(result.heads, 1);
    assert_true(gv_clock_monotonic() - begin < 10 * GV_SECOND);
}

static void names_a_host_that_does_not_answer(void **state)
{
    struct client_scene *scene = *state;
    struct result result = {0};
    run(scene, &(struct gv_http_call_options){.method = "GET", .url = "http://127.0.0.1:1/x"},
        &result);
    assert_int_equal(result.error.code, GV_ERROR_UNAVAILABLE);
    assert_non_null(strstr(result.error.message, "GET http://127.0.0.1:1/x: "));
}

/* --- streams --- */

static void say_more(void *ctx)
{
    struct result *result = ctx;
    gv_http_call_more(result->call);
}

static bool take_with_pauses(void *ctx, const char *bytes, size_t len)
{
    struct result *result = ctx;
    (void)bytes;
    if (result->cancel_in_data) {
        gv_http_call_cancel(result->call);
        gv_timer_set(result->timer, 20 * GV_MILLISECOND);
        return true;
    }
    if (++result->turns % 16 == 1) {
        gv_timer_set(result->timer, GV_MILLISECOND);
        return false;
    }
    if (result->turns % 16 == 2) {
        gv_http_call_more(result->call); /* before the pause: must not be lost */
        return false;
    }
    result->received += (int64_t)len;
    return true;
}

static void receives_a_stream_with_pauses(void **state)
{
    struct client_scene *scene = *state;
    const char *const paths[] = {"/down?20000000", "/chunked?20000000"};
    for (size_t i = 0; i < 2; i++) {
        struct result result = {.scene = scene};
        result.timer = gv_timer_new(scene->loop, say_more, &result);
        run(scene,
            &(struct gv_http_call_options){.method = "GET",
                                           .url = url(scene, paths[i]),
                                           .head = count_head,
                                           .data = take_with_pauses},
            &result);
        assert_false(result.failed);
        assert_int_equal(result.heads, 1);
        assert_int_equal(result.received, 20000000);
        gv_timer_free(result.timer);
    }
}

static int64_t make_with_pauses(void *ctx, char *buffer, size_t size)
{
    struct result *result = ctx;
    if (result->left == 0) {
        return GV_HTTP_SOURCE_END;
    }
    if (++result->turns % 16 == 1) {
        gv_timer_set(result->timer, GV_MILLISECOND);
        return GV_HTTP_SOURCE_WAIT;
    }
    if (result->turns % 16 == 2) {
        gv_http_call_more(result->call);
        return GV_HTTP_SOURCE_WAIT;
    }
    int64_t made = (int64_t)size < result->left ? (int64_t)size : result->left;
    memset(buffer, 'u', (size_t)made);
    result->left -= made;
    return made;
}

static void sends_a_stream_with_pauses(void **state)
{
    struct client_scene *scene = *state;
    const int64_t lengths[] = {20000000, -1};
    for (size_t i = 0; i < 2; i++) {
        struct result result = {.scene = scene, .left = 20000000};
        result.timer = gv_timer_new(scene->loop, say_more, &result);
        run(scene,
            &(struct gv_http_call_options){.method = "PUT",
                                           .url = url(scene, "/count"),
                                           .source = make_with_pauses,
                                           .source_length = lengths[i]},
            &result);
        assert_false(result.failed);
        assert_string_equal(result.body, "20000000");
        gv_timer_free(result.timer);
    }
}

static void never_sends_other_than_was_announced(void **state)
{
    struct client_scene *scene = *state;
    const struct {
        int64_t announced;
        int64_t made;
        bool fails;
    } rows[] = {{1000, 999, true}, {1000, 1000, false}, {1000, 1001, false}};
    for (size_t i = 0; i < 3; i++) {
        struct result result = {.scene = scene, .left = rows[i].made};
        result.timer = gv_timer_new(scene->loop, say_more, &result);
        run(scene,
            &(struct gv_http_call_options){.method = "PUT",
                                           .url = url(scene, "/count"),
                                           .source = make_with_pauses,
                                           .source_length = rows[i].announced},
            &result);
        assert_int_equal(result.failed, rows[i].fails);
        assert_true(rows[i].fails || strcmp(result.body, "1000") == 0);
        gv_timer_free(result.timer);
    }
}

static void tells_a_cut_reply_from_a_whole_one(void **state)
{
    struct client_scene *scene = *state;
    const char *const paths[] = {"/cut?100000", "/short?100000"};
    for (size_t i = 0; i < 2; i++) {
        struct result result = {0};
        run(scene, &(struct gv_http_call_options){.method = "GET", .url = url(scene, paths[i])},
            &result);
        assert_true(result.failed);
        assert_int_equal(result.error.code, GV_ERROR_UNAVAILABLE);
    }
}

/* --- cancelling --- */

static void stop_loop(void *ctx)
{
    struct result *result = ctx;
    gv_loop_stop(result->scene->loop);
}

static void a_cancelled_call_is_not_heard_of_again(void **state)
{
    struct client_scene *scene = *state;
    struct result result = {.scene = scene, .cancel_in_data = true};
    struct gv_http_call_options options = {.method = "GET",
                                           .url = url(scene, "/down?20000000"),
                                           .data = take_with_pauses,
                                           .done = done,
                                           .ctx = &result};
    result.timer = gv_timer_new(scene->loop, stop_loop, &result);
    result.call = gv_http_client_call(scene->client, &options, NULL);
    gv_loop_run(scene->loop);
    assert_int_equal(result.done, 0);
    /* And before it started. */
    options.url = url(scene, "/never");
    result.call = gv_http_client_call(scene->client, &options, NULL);
    gv_http_call_cancel(result.call);
    gv_timer_set(result.timer, 20 * GV_MILLISECOND);
    gv_loop_run(scene->loop);
    assert_int_equal(result.done, 0);
    gv_timer_free(result.timer);
}

static void freeing_the_client_cancels_its_calls(void **state)
{
    struct client_scene *scene = *state;
    struct result result = {.scene = scene};
    struct gv_http_call_options options = {
        .method = "GET", .url = url(scene, "/never"), .done = done, .ctx = &result};
    struct gv_http_client *client = gv_http_client_new(scene->loop, 1, NULL);
    assert_non_null(gv_http_client_call(client, &options, NULL));
    result.timer = gv_timer_new(scene->loop, stop_loop, &result);
    gv_timer_set(result.timer, 20 * GV_MILLISECOND);
    gv_loop_run(scene->loop);
    assert_null(gv_http_client_free(client));
    gv_timer_free(result.timer);
    assert_int_equal(result.done, 0);
}

/* --- many --- */

static void again(void *ctx, const struct gv_http_reply *reply);

static void begin(struct result *result)
{
    struct gv_http_call_options options = {.method = "POST",
                                           .url = url(result->scene, "/echo"),
                                           .body = GV_SLICE("hello"),
                                           .done = again,
                                           .ctx = result};
    assert_non_null(gv_http_client_call(result->scene->client, &options, NULL));
    result->running++;
}

static void again(void *ctx, const struct gv_http_reply *reply)
{
    struct result *result = ctx;
    result->running--;
    result->failed = result->failed || reply->error || reply->body.len != 5;
    if (++result->done < 5000) {
        begin(result);
    } else if (result->running == 0) {
        gv_loop_stop(result->scene->loop);
    }
}

static void reuses_connections_and_memory(void **state)
{
    struct client_scene *scene = *state;
    struct result result = {.scene = scene};
    for (unsigned i = 0; i < 16; i++) {
        begin(&result);
    }
    gv_loop_run(scene->loop);
    assert_false(result.failed);
    size_t before = scene_resident();
    result.done = 0;
    for (unsigned i = 0; i < 16; i++) {
        begin(&result);
    }
    gv_loop_run(scene->loop);
    assert_false(result.failed);
#ifndef __SANITIZE_ADDRESS__ /* whose quarantine keeps what was freed */
    assert_true(scene_resident() < before + (size_t)1024 * 1024);
#else
    (void)before;
#endif
}

/* --- a peer that misbehaves --- */

struct peer {
    int listener;
    unsigned port;
    const char *reply;
    size_t len;
};

static void *be_peer(void *ctx)
{
    struct peer *peer = ctx;
    char request[4096];
    int fd = accept(peer->listener, NULL, NULL);
    if (recv(fd, request, sizeof(request), 0) > 0) {
        scene_send(fd, peer->reply, peer->len);
    }
    close(fd);
    return NULL;
}

static void ask_peer(struct client_scene *scene, const char *reply, size_t len,
                     struct result *result)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    struct peer peer = {.reply = reply, .len = len};
    char text[64];
    pthread_t thread;
    peer.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(peer.listener, (struct sockaddr *)&address, size), 0);
    listen(peer.listener, 1);
    getsockname(peer.listener, (struct sockaddr *)&address, &size);
    snprintf(text, sizeof(text), "http://127.0.0.1:%u/", ntohs(address.sin_port));
    pthread_create(&thread, NULL, be_peer, &peer);
    run(scene, &(struct gv_http_call_options){.method = "GET", .url = text}, result);
    pthread_join(thread, NULL);
    close(peer.listener);
}

static void reads_only_well_formed_replies(void **state)
{
    struct client_scene *scene = *state;
    const struct {
        const char *reply;
        size_t len;
        bool fails;
    } rows[] = {
#define REPLY(text, fails) {text, sizeof(text) - 1, fails}
        REPLY("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", false),
        REPLY("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false),
        REPLY("HTTP/1.1 200 OK\r\n\r\nuntil the end", false),
        REPLY("HTTP/1.1 200 OK\r\nX-A: b\x01"
              "c\r\nContent-Length: 0\r\n\r\n",
              true),
        REPLY("HTTP/1.1 200 OK\r\nX-A: b\rX-B: c\r\nContent-Length: 0\r\n\r\n", true),
        REPLY("HTTP/1.1 200 OK\r\nX A: b\r\nContent-Length: 0\r\n\r\n", true),
        REPLY("HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 0\r\n\r\n", true),
        REPLY("HTTP/1.1 200 OK\r\nX-A: b\r\n folded\r\nContent-Length: 0\r\n\r\n", true),
        REPLY("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", true),
        REPLY("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", true),
        REPLY("HTTP/1.1 599 Odd\r\nContent-Length: 0\r\n\r\n", false),
        REPLY("HTTP/1.1 600 Odder\r\nContent-Length: 0\r\n\r\n", true),
        REPLY("HTTP/1.1 999 Request denied\r\nContent-Length: 0\r\n\r\n", true),
        REPLY("SSH-2.0-OpenSSH_9\r\n", true),
        REPLY("", true),
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct result result = {0};
        ask_peer(scene, rows[i].reply, rows[i].len, &result);
        if (result.failed != rows[i].fails) {
            fail_msg("row %zu: %s", i, result.error.message);
        }
    }
}

static void does_not_follow_a_redirect(void **state)
{
    struct client_scene *scene = *state;
    struct result result = {0};
    static const char reply[] =
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    ask_peer(scene, reply, sizeof(reply) - 1, &result);
    assert_false(result.failed);
    assert_int_equal(result.status, 302);
}

static void ignores_proxies_of_the_environment(void **state)
{
    struct client_scene *scene = *state;
    struct result result = {0};
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    run(scene, &(struct gv_http_call_options){.method = "GET", .url = url(scene, "/head")},
        &result);
    unsetenv("http_proxy");
    unsetenv("all_proxy");
    assert_int_equal(result.status, 200);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(gets_an_answer),
        TEST(sends_exactly_the_headers_it_is_given),
        TEST(sends_the_path_as_it_is),
        TEST(posts_a_body_and_an_empty_one),
        TEST(asks_head_without_waiting_for_a_body),
        TEST(refuses_what_would_split_the_request),
        TEST(limits_the_reply),
        TEST(keeps_to_its_deadlines),
        TEST(cuts_a_silent_stream),
        TEST(names_a_host_that_does_not_answer),
        TEST(receives_a_stream_with_pauses),
        TEST(sends_a_stream_with_pauses),
        TEST(never_sends_other_than_was_announced),
        TEST(tells_a_cut_reply_from_a_whole_one),
        TEST(a_cancelled_call_is_not_heard_of_again),
        TEST(freeing_the_client_cancels_its_calls),
        TEST(reuses_connections_and_memory),
        TEST(reads_only_well_formed_replies),
        TEST(does_not_follow_a_redirect),
        TEST(ignores_proxies_of_the_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
