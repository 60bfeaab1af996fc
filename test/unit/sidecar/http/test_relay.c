/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/http/client.h"

#include "test/unit/sidecar/http/scene.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Server, client and server in a row, as a gateway is: bodies of 256 MiB go through both ways, and
 * the memory of the process must not grow with them. Then many busy connections at once.
 */

#define HOST "Host: a\r\n"
#define MIB ((size_t)1024 * 1024)

/* What the daemon's gateway does in small: one block of each direction is held at a time. */
struct relay {
    struct gv_http_request *request;
    struct gv_http_call *call;
    char block[4 * 65536];
    size_t block_len;
    size_t block_at;
    bool held; /* upstream waits for room */
    bool reply_over;
    bool failed;
    char up[65536];
    size_t up_len;
    size_t up_at;
    bool up_over;
};

static struct gv_http_client *client;
static unsigned upstream_port;

static void relay_over(void *ctx)
{
    struct relay *relay = ctx;
    if (relay->call) {
        gv_http_call_cancel(relay->call);
    }
    free(relay);
}

/* --- the reply, from upstream to the one who asked --- */

static int64_t give_reply(void *ctx, char *buffer, size_t size)
{
    struct relay *relay = ctx;
    size_t left = relay->block_len - relay->block_at;
    if (left == 0) {
        if (relay->failed) {
            return GV_HTTP_SOURCE_CUT;
        }
        return relay->reply_over ? GV_HTTP_SOURCE_END : GV_HTTP_SOURCE_WAIT;
    }
    size_t given = left < size ? left : size;
    memcpy(buffer, relay->block + relay->block_at, given);
    relay->block_at += given;
    if (relay->block_at == relay->block_len && relay->call && relay->held) {
        relay->held = false;
        gv_http_call_more(relay->call);
    }
    return (int64_t)given;
}

static void take_head(void *ctx, const struct gv_http_reply *reply)
{
    struct relay *relay = ctx;
    const char *length = gv_http_reply_header(reply, "Content-Length");
    gv_http_respond_stream(relay->request, reply->status, reply->headers, reply->header_count,
                           length ? atoll(length) : -1, give_reply, relay);
}

/* Takes while there is room for all of it: pausing libcurl for each block would double the cost. */
static bool take_reply(void *ctx, const char *bytes, size_t len)
{
    struct relay *relay = ctx;
    if (relay->block_at == relay->block_len) {
        relay->block_at = 0;
        relay->block_len = 0;
    }
    if (len > sizeof(relay->block) - relay->block_len) {
        relay->held = true;
        return false;
    }
    memcpy(relay->block + relay->block_len, bytes, len);
    relay->block_len += len;
    gv_http_source_more(relay->request);
    return true;
}

static void reply_done(void *ctx, const struct gv_http_reply *reply)
{
    struct relay *relay = ctx;
    relay->call = NULL;
    relay->reply_over = true;
    relay->failed = reply->error != NULL;
    if (reply->status == 0) {
        gv_http_respond(relay->request, 502, NULL, 0, GV_SLICE("bad gateway"));
    } else {
        gv_http_source_more(relay->request);
    }
}

/* --- the body, the other way --- */

static size_t take_body(void *ctx, const char *bytes, size_t len)
{
    struct relay *relay = ctx;
    size_t taken = len < sizeof(relay->up) ? len : sizeof(relay->up);
    if (relay->up_at < relay->up_len) {
        return 0;
    }
    memcpy(relay->up, bytes, taken);
    relay->up_len = taken;
    relay->up_at = 0;
    gv_http_call_more(relay->call);
    return taken;
}

static void body_over(void *ctx)
{
    struct relay *relay = ctx;
    relay->up_over = true;
    gv_http_call_more(relay->call);
}

static int64_t give_body(void *ctx, char *buffer, size_t size)
{
    struct relay *relay = ctx;
    size_t left = relay->up_len - relay->up_at;
    if (left == 0) {
        return relay->up_over ? GV_HTTP_SOURCE_END : GV_HTTP_SOURCE_WAIT;
    }
    size_t given = left < size ? left : size;
    memcpy(buffer, relay->up + relay->up_at, given);
    relay->up_at += given;
    if (relay->up_at == relay->up_len) {
        gv_http_stream_more(relay->request);
    }
    return (int64_t)given;
}

static void relay_request(void *ctx, struct gv_http_request *request)
{
    char url[256];
    char method[16];
    struct relay *relay = calloc(1, sizeof(*relay));
    (void)ctx;
    relay->request = request;
    gv_http_on_end(request, relay_over, relay);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u%.*s", upstream_port,
             GV_SLICE_ARG(gv_http_target(request)));
    snprintf(method, sizeof(method), "%.*s", GV_SLICE_ARG(gv_http_method(request)));
    bool has_body = gv_http_body_length(request) != 0;
    relay->call = gv_http_client_call(
        client,
        &(struct gv_http_call_options){.method = method,
                                       .url = url,
                                       .total = -1,
                                       .source = has_body ? give_body : NULL,
                                       .source_length = gv_http_body_length(request),
                                       .head = take_head,
                                       .data = take_reply,
                                       .done = reply_done,
                                       .ctx = relay},
        NULL);
    if (has_body) {
        gv_http_stream(request, take_body, body_over, relay);
    }
}

/* --- the scene --- */

static struct scene upstream;
static struct scene gateway;

static void make_client(void *ctx)
{
    (void)ctx;
    client = gv_http_client_new(gateway.loop, 0, NULL);
}

static void free_client(void *ctx)
{
    (void)ctx;
    client = gv_http_client_free(client);
}

static int set_up(void **state)
{
    struct gv_http_server_options options = scene_options();
    (void)state;
    scene_start(&upstream, NULL);
    upstream_port = upstream.port;
    options.name = "relay";
    options.handle = relay_request;
    scene_start(&gateway, &options);
    scene_call(&gateway, make_client, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scene_call(&gateway, free_client, NULL);
    scene_stop(&gateway);
    scene_stop(&upstream);
    return 0;
}

static void relays_small_answers(void **state)
{
    (void)state;
    int fd = scene_connect(&gateway);
    for (unsigned i = 0; i < 3; i++) {
        struct answer answer;
        scene_print(fd, "GET /head?n=%u HTTP/1.1\r\n" HOST "\r\n", i);
        assert_true(scene_read(fd, &answer, false));
        assert_int_equal(answer.status, 200);
        assert_non_null(strstr(answer.head, "X-Test: yes"));
        answer_free(&answer);
        scene_print(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello");
        assert_true(scene_read(fd, &answer, false));
        assert_string_equal(answer.body, "hello");
        answer_free(&answer);
    }
    close(fd);
}

static void limit_growth(size_t before)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    (void)before; /* they keep more than the program does */
#else
    size_t now = scene_resident();
    if (now > before + 16 * MIB) {
        fail_msg("memory grew by %zu KiB", (now - before) / 1024);
    }
#endif
}

static void print_speed(const char *what, gv_time begin, size_t bytes)
{
    double seconds = (double)(gv_clock_monotonic() - begin) / 1e6;
    print_message("%s: %.0f MB/s\n", what, (double)bytes / 1e6 / seconds);
}

static void streams_256_mib_down_in_bounded_memory(void **state)
{
    static char sink[1 << 20];
    const char *const paths[] = {"/down?268435456", "/chunked?268435456"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        size_t before = scene_resident();
        gv_time begin = gv_clock_monotonic();
        int fd = scene_connect(&gateway);
        scene_print(fd, "GET %s HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", paths[i]);
        size_t total = 0;
        for (ssize_t got = 1; got > 0; total += (size_t)got) {
            got = recv(fd, sink, sizeof(sink), 0);
            assert_true(got >= 0);
        }
        assert_true(total > 256 * MIB && total < 257 * MIB);
        print_speed(paths[i], begin, total);
        limit_growth(before);
        close(fd);
    }
}

static void streams_256_mib_up_in_bounded_memory(void **state)
{
    static char block[1 << 20];
    (void)state;
    for (unsigned chunked = 0; chunked < 2; chunked++) {
        struct answer answer;
        size_t before = scene_resident();
        gv_time begin = gv_clock_monotonic();
        int fd = scene_connect(&gateway);
        scene_print(fd, "PUT /count HTTP/1.1\r\n" HOST "%s\r\n\r\n",
                    chunked ? "Transfer-Encoding: chunked" : "Content-Length: 268435456");
        for (unsigned i = 0; i < 256; i++) {
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
        assert_true(scene_read(fd, &answer, false));
        assert_string_equal(answer.body, "268435456");
        answer_free(&answer);
        print_speed(chunked ? "chunked up" : "up", begin, 256 * MIB);
        limit_growth(before);
        close(fd);
    }
}

static void a_client_that_leaves_ends_the_call_upstream(void **state)
{
    (void)state;
    unsigned before = upstream.ended;
    int fd = scene_connect(&gateway);
    scene_print(fd, "GET /never HTTP/1.1\r\n" HOST "\r\n");
    usleep(100000);
    close(fd);
    for (unsigned i = 0; i < 40 && upstream.ended == before; i++) {
        usleep(50000);
    }
    assert_int_equal(upstream.ended, before + 1);
}

static void a_cut_upstream_is_a_cut_answer(void **state)
{
    struct answer answer;
    (void)state;
    int fd = scene_connect(&gateway);
    scene_print(fd, "GET /cut?100000 HTTP/1.1\r\n" HOST "\r\n");
    assert_false(scene_read(fd, &answer, false));
    assert_int_equal(answer.status, 200);
    answer_free(&answer);
    close(fd);
}

/* --- many busy connections --- */

#define QUESTION "GET /head HTTP/1.1\r\nHost: a\r\nX-Filler: 0123456789\r\n\r\n"

struct busy {
    int fd;
    char *at; /* end of what was read of this answer */
    char answer[1024];
};

static void ask(struct busy *busy)
{
    busy->at = busy->answer;
    scene_send(busy->fd, QUESTION, sizeof(QUESTION) - 1);
}

/* Whether the answer is complete; the handler's text ends with "q=(none)". */
static bool take(struct busy *busy)
{
    size_t room = sizeof(busy->answer) - 1 - (size_t)(busy->at - busy->answer);
    ssize_t got = recv(busy->fd, busy->at, room, MSG_DONTWAIT);
    if (got > 0) {
        busy->at += got;
    }
    *busy->at = '\0';
    return busy->at - busy->answer > 9 && memcmp(busy->at - 9, "q=(none)\n", 9) == 0;
}

/* Answers per second that `count` connections get when each asks again at once. */
static double rate_of(unsigned count)
{
    struct busy *all = calloc(count, sizeof(*all));
    struct epoll_event events[512];
    unsigned answers = 0;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        all[i].fd = scene_connect(&upstream);
        epoll_ctl(epoll, EPOLL_CTL_ADD, all[i].fd, &event);
        ask(&all[i]);
    }
    gv_time begin = gv_clock_monotonic();
    while (gv_clock_monotonic() - begin < GV_SECOND) {
        int ready = epoll_wait(epoll, events, 512, 100);
        for (int i = 0; i < ready; i++) {
            if (take(events[i].data.ptr)) {
                answers++;
                ask(events[i].data.ptr);
            }
        }
    }
    double seconds = (double)(gv_clock_monotonic() - begin) / 1e6;
    for (unsigned i = 0; i < count; i++) {
        close(all[i].fd);
    }
    close(epoll);
    free(all);
    return answers / seconds;
}

/* libmicrohttpd's own epoll thread falls to a hundredth at exactly these numbers. */
static void does_not_stall_at_multiples_of_128_connections(void **state)
{
    const unsigned counts[] = {128, 129, 256, 512};
    (void)state;
    double usual = rate_of(127);
    print_message("127 connections: %.0f/s\n", usual);
    for (size_t i = 0; i < 4; i++) {
        double rate = rate_of(counts[i]);
        print_message("%u connections: %.0f/s\n", counts[i], rate);
        assert_true(rate > usual / 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relays_small_answers),
        cmocka_unit_test(streams_256_mib_down_in_bounded_memory),
        cmocka_unit_test(streams_256_mib_up_in_bounded_memory),
        cmocka_unit_test(a_client_that_leaves_ends_the_call_upstream),
        cmocka_unit_test(a_cut_upstream_is_a_cut_answer),
        cmocka_unit_test(does_not_stall_at_multiples_of_128_connections),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
