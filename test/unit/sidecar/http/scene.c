/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/http/scene.h"

#include "policies/engine/base/text.h"
#include <arpa/inet.h>
#include <poll.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* --- the handler --- */

struct work {
    struct scene *scene;
    struct gv_http_request *request;
    struct gv_timer *timer;
    int64_t left;
    int64_t seen;
    unsigned turns;
    bool cut;
};

static void work_over(void *ctx)
{
    struct work *work = ctx;
    work->scene->ended++;
    gv_timer_free(work->timer);
    free(work);
}

static void answer_text(struct gv_http_request *request, unsigned status, const char *text)
{
    struct gv_http_header headers[] = {{"Content-Type", "text/plain"}, {"X-Test", "yes"}};
    gv_http_respond(request, status, headers, 2, gv_slice_from(text));
}

static void answer_head(struct gv_http_request *request)
{
    struct gv_text text = GV_TEXT_INIT;
    struct gv_http_header header;
    unsigned at = 0;
    gv_text_format(&text, "method=%.*s\ntarget=%.*s\npath=%.*s\nquery=%.*s\n",
                   GV_SLICE_ARG(gv_http_method(request)), GV_SLICE_ARG(gv_http_target(request)),
                   GV_SLICE_ARG(gv_http_path(request)), GV_SLICE_ARG(gv_http_query(request)));
    gv_text_format(&text, "length=%lld\npeer=%s\nid=%s\n", (long long)gv_http_body_length(request),
                   gv_http_peer(request), gv_http_request_id(request));
    while (gv_http_header_next(request, &at, &header)) {
        gv_text_format(&text, "%s: %s\n", header.name, header.value);
    }
    const char *decoded = gv_http_query_get(request, "q");
    gv_text_format(&text, "q=%s\n", decoded ? decoded : "(none)");
    answer_text(request, 200, gv_text_cstr(&text));
    gv_text_free(&text);
}

static void echo(void *ctx, struct gv_http_request *request, struct gv_slice body)
{
    (void)ctx;
    gv_http_respond(request, 200, NULL, 0, body);
}

static void answer_late(void *ctx)
{
    struct work *work = ctx;
    answer_text(work->request, 200, "late");
}

static size_t count_some(void *ctx, const char *bytes, size_t len)
{
    struct work *work = ctx;
    (void)bytes;
    if (++work->turns % 64 == 0) {
        gv_timer_set(work->timer, GV_MILLISECOND);
        return 0;
    }
    size_t taken = len < 10000 ? len : 10000;
    work->seen += (int64_t)taken;
    return taken;
}

static void count_more(void *ctx)
{
    struct work *work = ctx;
    gv_http_stream_more(work->request);
}

static void count_end(void *ctx)
{
    struct work *work = ctx;
    char text[32];
    snprintf(text, sizeof(text), "%lld", (long long)work->seen);
    answer_text(work->request, 200, text);
}

static size_t take_until_1000(void *ctx, const char *bytes, size_t len)
{
    struct work *work = ctx;
    (void)bytes;
    work->seen += (int64_t)len;
    if (work->seen >= 1000) {
        answer_text(work->request, 409, "enough");
    }
    return len;
}

static int64_t produce(void *ctx, char *buffer, size_t size)
{
    struct work *work = ctx;
    if (work->left == 0) {
        return work->cut ? GV_HTTP_SOURCE_CUT : GV_HTTP_SOURCE_END;
    }
    if (++work->turns % 64 == 0) {
        gv_timer_set(work->timer, GV_MILLISECOND);
        return GV_HTTP_SOURCE_WAIT;
    }
    int64_t made = (int64_t)size < work->left ? (int64_t)size : work->left;
    memset(buffer, 'd', (size_t)made);
    work->left -= made;
    return made;
}

static void produce_more(void *ctx)
{
    struct work *work = ctx;
    gv_http_source_more(work->request);
}

static int64_t produce_nothing(void *ctx, char *buffer, size_t size)
{
    (void)ctx;
    (void)buffer;
    (void)size;
    return GV_HTTP_SOURCE_WAIT;
}

static void handle_down(struct work *work, struct gv_slice path)
{
    struct gv_http_request *request = work->request;
    struct gv_slice query = gv_http_query(request);
    int64_t size = query.ptr ? atoll(query.ptr) : 0;
    work->timer = gv_timer_new(gv_http_loop(request), produce_more, work);
    work->left = size;
    if (gv_slice_is(path, "/silent")) {
        gv_http_respond_stream(request, 200, NULL, 0, size, produce_nothing, work);
        return;
    }
    if (gv_slice_is(path, "/short")) {
        work->left = size / 2;
    }
    work->cut = gv_slice_is(path, "/cut");
    bool known = gv_slice_is(path, "/down") || gv_slice_is(path, "/short");
    gv_http_respond_stream(request, 200, NULL, 0, known ? size : -1, produce, work);
}

static void handle_slow_kinds(struct work *work, struct gv_slice path)
{
    struct gv_http_request *request = work->request;
    struct gv_loop *loop = gv_http_loop(request);
    if (gv_slice_is(path, "/slow")) {
        work->timer = gv_timer_new(loop, answer_late, work);
        gv_timer_set(work->timer, 50 * GV_MILLISECOND);
    } else if (gv_slice_is(path, "/count")) {
        work->timer = gv_timer_new(loop, count_more, work);
        gv_http_stream(request, count_some, count_end, work);
    } else if (gv_slice_is(path, "/early")) {
        gv_http_stream(request, take_until_1000, count_end, work);
    } else if (!gv_slice_is(path, "/never")) {
        handle_down(work, path);
    }
}

void scene_handle(void *ctx, struct gv_http_request *request)
{
    struct gv_slice path = gv_http_path(request);
    if (gv_slice_is(path, "/echo")) {
        gv_http_read(request, 0, echo, NULL);
    } else if (gv_slice_is(path, "/refuse")) {
        answer_text(request, 403, "no");
    } else if (gv_slice_starts(path, GV_SLICE("/head")) || gv_slice_is(path, "/")) {
        answer_head(request);
    } else {
        struct work *work = calloc(1, sizeof(*work));
        work->scene = ctx;
        work->request = request;
        gv_http_on_end(request, work_over, work);
        handle_slow_kinds(work, path);
    }
}

void scene_render(struct gv_http_request *request, unsigned status, const char *message)
{
    answer_text(request, status, message);
}

/* --- the server's thread --- */

struct gv_http_server_options scene_options(void)
{
    struct gv_http_server_options options = {.name = "test",
                                             .address = "127.0.0.1:0",
                                             .limits = GV_HTTP_LIMITS_INIT,
                                             .handle = scene_handle,
                                             .render_error = scene_render};
    options.limits.idle = 5 * GV_SECOND;
    options.limits.total = 30 * GV_SECOND;
    return options;
}

static void *run_loop(void *ctx)
{
    struct scene *scene = ctx;
    gv_loop_run(scene->loop);
    return NULL;
}

void scene_start(struct scene *scene, const struct gv_http_server_options *options)
{
    memset(scene, 0, sizeof(*scene));
    scene->options = options ? *options : scene_options();
    scene->options.ctx = scene;
    scene->loop = gv_loop_new(NULL);
    struct gv_error err = GV_ERROR_INIT;
    scene->server = gv_http_server_start(scene->loop, &scene->options, &err);
    if (!scene->server) {
        fail_msg("%s", err.message);
    }
    scene->port = gv_http_server_port(scene->server);
    pthread_create(&scene->thread, NULL, run_loop, scene);
}

void scene_stop(struct scene *scene)
{
    gv_loop_stop(scene->loop);
    pthread_join(scene->thread, NULL);
    gv_http_server_stop(scene->server);
    gv_loop_free(scene->loop);
}

struct call {
    void (*run)(void *ctx);
    void *ctx;
    sem_t done;
};

static void run_call(void *ctx)
{
    struct call *call = ctx;
    call->run(call->ctx);
    sem_post(&call->done);
}

void scene_call(struct scene *scene, void (*run)(void *ctx), void *ctx)
{
    struct call call = {.run = run, .ctx = ctx};
    sem_init(&call.done, 0, 0);
    gv_loop_post(scene->loop, run_call, &call);
    sem_wait(&call.done);
    sem_destroy(&call.done);
}

/* --- raw sockets --- */

int scene_connect(const struct scene *scene)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)scene->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = 20};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

void scene_send(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        if (sent <= 0) {
            return; /* the server closed; what it said is still to be read */
        }
        at += sent;
        len -= (size_t)sent;
    }
}

void scene_print(int fd, const char *format, ...)
{
    char text[65536];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    scene_send(fd, text, (size_t)len);
}

static bool read_exactly(int fd, char *buf, size_t len)
{
    while (len > 0) {
        ssize_t got = recv(fd, buf, len, 0);
        if (got <= 0) {
            return false;
        }
        buf += got;
        len -= (size_t)got;
    }
    return true;
}

/* Reads up to and with `end`; byte by byte, for only tests do it. */
static bool read_until(int fd, char *buf, size_t size, const char *end)
{
    size_t len = 0;
    size_t end_len = strlen(end);
    while (len + 1 < size && read_exactly(fd, buf + len, 1)) {
        buf[++len] = '\0';
        if (len >= end_len && memcmp(buf + len - end_len, end, end_len) == 0) {
            return true;
        }
    }
    return false;
}

static bool append_body(int fd, struct answer *answer, size_t len)
{
    answer->body = realloc(answer->body, answer->body_len + len + 1);
    if (!read_exactly(fd, answer->body + answer->body_len, len)) {
        return false;
    }
    answer->body_len += len;
    answer->body[answer->body_len] = '\0';
    return true;
}

static bool read_chunks(int fd, struct answer *answer)
{
    char line[64];
    for (;;) {
        if (!read_until(fd, line, sizeof(line), "\r\n")) {
            return false;
        }
        size_t len = strtoul(line, NULL, 16);
        if (!append_body(fd, answer, len) || !read_until(fd, line, sizeof(line), "\r\n")) {
            return false;
        }
        if (len == 0) {
            return true;
        }
    }
}

bool scene_read(int fd, struct answer *answer, bool head_only)
{
    memset(answer, 0, sizeof(*answer));
    answer->body = calloc(1, 1);
    if (!read_until(fd, answer->head, sizeof(answer->head), "\r\n\r\n") ||
        sscanf(answer->head, "HTTP/1.1 %u", &answer->status) != 1) {
        return false;
    }
    answer->close = strcasestr(answer->head, "\r\nConnection: close") != NULL;
    const char *length = strcasestr(answer->head, "\r\nContent-Length: ");
    if (head_only || answer->status < 200 || answer->status == 204 || answer->status == 304) {
        return true;
    }
    if (strcasestr(answer->head, "\r\nTransfer-Encoding: chunked")) {
        return read_chunks(fd, answer);
    }
    return length && append_body(fd, answer, strtoul(length + 18, NULL, 10));
}

void answer_free(struct answer *answer)
{
    free(answer->body);
    answer->body = NULL;
}

unsigned scene_status(struct scene *scene, const char *request)
{
    struct answer answer;
    int fd = scene_connect(scene);
    scene_print(fd, "%s", request);
    scene_read(fd, &answer, strncmp(request, "HEAD", 4) == 0);
    answer_free(&answer);
    close(fd);
    return answer.status;
}

bool scene_is_closed(int fd)
{
    char byte;
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return poll(&poll_fd, 1, 2000) == 1 && recv(fd, &byte, 1, MSG_DONTWAIT) <= 0;
}

size_t scene_resident(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file) {
        if (fscanf(file, "%*u %lu", &pages) != 1) {
            pages = 0;
        }
        fclose(file);
    }
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}
