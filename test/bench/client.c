/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client of test/bench/gateway, which compiles it. It measures and does nothing else, so that
 * its own work does not hide what it measures.
 *
 *   client latency COUNT PATH PORT...   COUNT GETs on one kept connection to each port, in turn;
 *                                       prints each port's median in microseconds
 *   client get PORT PATH                prints seconds and bytes of one body
 *   client put PORT PATH BYTES          prints the seconds of one upload
 *
 * All ports are on 127.0.0.1; the environment's GAVEL_BENCH_TOKEN is sent as a bearer token. It
 * ends with 1 and a sentence when an answer is not a success: a refusal is quick, and its time
 * would be a lie.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define HEAD_SIZE 16384
#define BLOCK_SIZE (1024 * 1024)
#define PORTS_MAX 8
/* A server that says nothing for so long has broken down, however busy the machine is. */
#define SILENCE_SECONDS 60

static char block[BLOCK_SIZE];

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t number(const char *text)
{
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || end == text || *end || value < 1) {
        fail("\"%s\" is no positive number", text);
    }
    return value;
}

static int connect_to(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)number(port)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval silence = {.tv_sec = SILENCE_SECONDS};
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        fail("cannot connect to port %s: %s", port, strerror(errno));
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof(silence));
    return fd;
}

/* Writes the head of a request into `head` and returns its length. */
static size_t print_head(char *head, const char *method, const char *path, int64_t length)
{
    const char *token = getenv("GAVEL_BENCH_TOKEN");
    int len = snprintf(head, HEAD_SIZE,
                       "%s %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n",
                       method, path);
    if (token && len < HEAD_SIZE) {
        len +=
            snprintf(head + len, (size_t)(HEAD_SIZE - len), "Authorization: Bearer %s\r\n", token);
    }
    if (length > 0 && len < HEAD_SIZE) {
        len += snprintf(head + len, (size_t)(HEAD_SIZE - len), "Content-Length: %lld\r\n",
                        (long long)length);
    }
    if (len < HEAD_SIZE) {
        len += snprintf(head + len, (size_t)(HEAD_SIZE - len), "\r\n");
    }
    if (len >= HEAD_SIZE) {
        fail("the request's head is too long");
    }
    return (size_t)len;
}

static void send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0) {
            fail("the server stopped taking the request: %s", strerror(errno));
        }
        bytes += sent;
        len -= (size_t)sent;
    }
}

/* Reads the head of an answer and returns how many bytes of its body are still to come. */
static int64_t read_head(int fd)
{
    char head[HEAD_SIZE + 1];
    size_t len = 0;
    char *end = NULL;
    while (!end) {
        ssize_t got = len < HEAD_SIZE ? recv(fd, head + len, HEAD_SIZE - len, 0) : 0;
        if (got <= 0) {
            fail("no whole answer: %s", got < 0 ? strerror(errno) : "the connection ended");
        }
        len += (size_t)got;
        head[len] = '\0';
        end = strstr(head, "\r\n\r\n");
    }
    if (strncmp(head, "HTTP/1.1 20", 11) != 0) {
        fail("the answer is no success: %s", head);
    }
    const char *length = strcasestr(head, "\r\nContent-Length:");
    if (!length && strncmp(head, "HTTP/1.1 204", 12) != 0) {
        fail("the answer has no length: %s", head);
    }
    int64_t body = length ? strtoll(length + 17, NULL, 10) : 0;
    return body - (int64_t)(len - (size_t)(end + 4 - head));
}

/* Reads out `left` bytes. MSG_TRUNC lets the kernel drop them: copying them would be our work. */
static void drop(int fd, int64_t left)
{
    while (left > 0) {
        size_t want = left < BLOCK_SIZE ? (size_t)left : BLOCK_SIZE;
        ssize_t got = recv(fd, block, want, MSG_TRUNC);
        if (got <= 0) {
            fail("the body was cut: %lld bytes are missing", (long long)left);
        }
        left -= got;
    }
}

/* --- latency --- */

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static int64_t ask(int fd, const char *head, size_t len)
{
    int64_t started = now_ns();
    send_all(fd, head, len);
    drop(fd, read_head(fd));
    return now_ns() - started;
}

/* The servers are asked in turn, so that what slows the machine down slows all of them down. */
static int latency(int64_t count, const char *path, char **ports, int port_count)
{
    char head[HEAD_SIZE];
    int fds[PORTS_MAX];
    int64_t *times[PORTS_MAX];
    size_t len = print_head(head, "GET", path, 0);
    if (port_count > PORTS_MAX) {
        fail("at most %d ports", PORTS_MAX);
    }
    for (int i = 0; i < port_count; i++) {
        fds[i] = connect_to(ports[i]);
        times[i] = calloc((size_t)count, sizeof(*times[i]));
        if (!times[i]) {
            fail("out of memory");
        }
        for (int64_t n = 0; n < count / 10; n++) {
            ask(fds[i], head, len);
        }
    }
    for (int64_t n = 0; n < count; n++) {
        for (int i = 0; i < port_count; i++) {
            times[i][n] = ask(fds[i], head, len);
        }
    }
    for (int i = 0; i < port_count; i++) {
        qsort(times[i], (size_t)count, sizeof(*times[i]), compare);
        printf("%.3f%c", (double)times[i][count / 2] / 1000, i + 1 < port_count ? ' ' : '\n');
        free(times[i]);
        close(fds[i]);
    }
    return 0;
}

/* --- streams --- */

static int get(const char *port, const char *path)
{
    char head[HEAD_SIZE];
    size_t len = print_head(head, "GET", path, 0);
    int fd = connect_to(port);
    int64_t started = now_ns();
    send_all(fd, head, len);
    int64_t left = read_head(fd);
    drop(fd, left);
    printf("%.6f %lld\n", (double)(now_ns() - started) / 1e9, (long long)left);
    close(fd);
    return 0;
}

static int put(const char *port, const char *path, int64_t bytes)
{
    char head[HEAD_SIZE];
    size_t len = print_head(head, "PUT", path, bytes);
    int fd = connect_to(port);
    int64_t started = now_ns();
    send_all(fd, head, len);
    for (int64_t left = bytes; left > 0; left -= BLOCK_SIZE) {
        send_all(fd, block, left < BLOCK_SIZE ? (size_t)left : BLOCK_SIZE);
    }
    drop(fd, read_head(fd));
    printf("%.6f\n", (double)(now_ns() - started) / 1e9);
    close(fd);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc >= 5 && strcmp(argv[1], "latency") == 0) {
        return latency(number(argv[2]), argv[3], argv + 4, argc - 4);
    }
    if (argc == 4 && strcmp(argv[1], "get") == 0) {
        return get(argv[2], argv[3]);
    }
    if (argc == 5 && strcmp(argv[1], "put") == 0) {
        return put(argv[2], argv[3], number(argv[4]));
    }
    fail("usage: client latency COUNT PATH PORT... | get PORT PATH | put PORT PATH BYTES");
}
