/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/audit/sink.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#define UNZIPPED ((size_t)4 * 1024 * 1024)

static char *unzip(const char *bytes, size_t len)
{
    z_stream stream = {.next_in = (z_const Bytef *)(uintptr_t)bytes, .avail_in = (uInt)len};
    char *out = calloc(1, UNZIPPED);
    inflateInit2(&stream, 15 + 16);
    stream.next_out = (Bytef *)out;
    stream.avail_out = (uInt)UNZIPPED - 1;
    inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    return out;
}

/* Reads one request; false when the peer goes away. */
static bool read_push(int fd, struct sink_push *push)
{
    struct gv_text text = GV_TEXT_INIT;
    char buf[16384];
    ssize_t got;
    const char *end = NULL;
    size_t length = 0;
    while ((got = read(fd, buf, sizeof(buf))) > 0) {
        gv_text_append(&text, (struct gv_slice){buf, (size_t)got});
        end = strstr(gv_text_cstr(&text), "\r\n\r\n");
        const char *field = end ? strstr(gv_text_cstr(&text), "Content-Length: ") : NULL;
        length = field ? strtoul(field + 16, NULL, 10) : 0;
        if (end && text.len >= (size_t)(end - text.ptr) + 4 + length) {
            break;
        }
    }
    bool ok = got > 0 && end;
    if (ok) {
        push->head = strndup(text.ptr, (size_t)(end - text.ptr));
        push->raw = malloc(length + 1);
        memcpy(push->raw, end + 4, length);
        push->raw_len = length;
        push->body = unzip(push->raw, length);
    }
    gv_text_free(&text);
    return ok;
}

static void wait_for_end(struct sink *sink)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    bool stopping = false;
    while (!stopping) {
        nanosleep(&pause, NULL);
        pthread_mutex_lock(&sink->mutex);
        stopping = sink->stopping;
        pthread_mutex_unlock(&sink->mutex);
    }
}

static void answer(int fd, int status, const char *text)
{
    char head[256];
    int length = snprintf(head, sizeof(head),
                          "HTTP/1.1 %d X\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
                          status, status == 204 ? 0 : strlen(text));
    if (write(fd, head, (size_t)length) > 0 && status != 204) {
        (void)!write(fd, text, strlen(text));
    }
}

static void serve(struct sink *sink, int fd)
{
    struct sink_push push = {0};
    const char *text = "";
    if (!read_push(fd, &push)) {
        return;
    }
    pthread_mutex_lock(&sink->mutex);
    push.status = sink->reply(sink, &push, &text);
    if (sink->count < SINK_PUSHES) {
        sink->pushes[sink->count++] = push;
    }
    pthread_mutex_unlock(&sink->mutex);
    if (push.status > 0) {
        answer(fd, push.status, text);
    } else if (push.status < 0) {
        wait_for_end(sink);
    }
}

static void *run(void *ctx)
{
    struct sink *sink = ctx;
    for (;;) {
        struct pollfd ready = {.fd = sink->listener, .events = POLLIN};
        poll(&ready, 1, 20);
        pthread_mutex_lock(&sink->mutex);
        bool stopping = sink->stopping;
        pthread_mutex_unlock(&sink->mutex);
        if (stopping) {
            return NULL;
        }
        if (ready.revents != 0) {
            int fd = accept(sink->listener, NULL, NULL);
            serve(sink, fd);
            close(fd);
        }
    }
}

void sink_start(struct sink *sink, sink_reply reply)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    *sink = (struct sink){.reply = reply, .mutex = PTHREAD_MUTEX_INITIALIZER};
    sink->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bind(sink->listener, (struct sockaddr *)&address, size);
    listen(sink->listener, 16);
    getsockname(sink->listener, (struct sockaddr *)&address, &size);
    snprintf(sink->url, sizeof(sink->url), "http://127.0.0.1:%d", ntohs(address.sin_port));
    pthread_create(&sink->thread, NULL, run, sink);
}

void sink_stop(struct sink *sink)
{
    pthread_mutex_lock(&sink->mutex);
    sink->stopping = true;
    pthread_mutex_unlock(&sink->mutex);
    pthread_join(sink->thread, NULL);
    close(sink->listener);
    for (size_t i = 0; i < sink->count; i++) {
        free(sink->pushes[i].head);
        free(sink->pushes[i].body);
        free(sink->pushes[i].raw);
    }
}

bool sink_wait(struct sink *sink, int status, size_t count)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    for (int tries = 0; tries < 2000; tries++) {
        size_t found = 0;
        pthread_mutex_lock(&sink->mutex);
        for (size_t i = 0; i < sink->count; i++) {
            found += status == 0 || sink->pushes[i].status == status;
        }
        pthread_mutex_unlock(&sink->mutex);
        if (found >= count) {
            return true;
        }
        nanosleep(&pause, NULL);
    }
    return false;
}
