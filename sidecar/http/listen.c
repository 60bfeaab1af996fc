/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/http/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Splits "host:port" or "[v6]:port" into two strings of `size` bytes. */
static bool split_address(const char *address, char *host, char *port, size_t size)
{
    struct gv_slice text = gv_slice_from(address);
    const char *colon = strrchr(address, ':');
    if (!colon || colon == address || colon[1] == '\0') {
        return false;
    }
    struct gv_slice name = {text.ptr, (size_t)(colon - address)};
    if (name.ptr[0] == '[') {
        if (name.len < 3 || name.ptr[name.len - 1] != ']') {
            return false;
        }
        name = (struct gv_slice){name.ptr + 1, name.len - 2};
    } else if (memchr(name.ptr, ':', name.len)) {
        return false; /* which of the colons ends the address? */
    }
    int host_len = snprintf(host, size, "%.*s", GV_SLICE_ARG(name));
    int port_len = snprintf(port, size, "%s", colon + 1);
    return host_len > 0 && (size_t)host_len < size && port_len > 0 && (size_t)port_len < size &&
           strspn(port, "0123456789") == strlen(port) && strlen(port) <= 5 && atoi(port) <= 65535;
}

static bool bind_and_listen(int fd, const struct addrinfo *info, bool shared)
{
    int on = 1;
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
           (!shared || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0) &&
           bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0;
}

static int open_one(const struct addrinfo *info, const char *address, bool shared,
                    struct gv_error *err)
{
    int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    info->ai_protocol);
    if (fd >= 0 && bind_and_listen(fd, info, shared)) {
        return fd;
    }
    int failure = errno;
    if (fd >= 0) {
        close(fd);
    }
    gv_error_set_errno(err, GV_ERROR_IO, failure, "cannot listen on %s", address);
    return -1;
}

int gv_listen_open(const char *address, bool shared, struct gv_error *err)
{
    char host[128];
    char port[128];
    struct addrinfo *info = NULL;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    if (!split_address(address, host, port, sizeof(host))) {
        gv_error_set(err, GV_ERROR_INVALID,
                     "cannot listen on \"%s\": it must be ADDRESS:PORT, like 127.0.0.1:8000 or "
                     "[::1]:8000",
                     address);
        return -1;
    }
    int failure = getaddrinfo(host, port, &hints, &info);
    if (failure != 0) {
        gv_error_set(err, GV_ERROR_IO, "cannot listen on %s: %s", address, gai_strerror(failure));
        return -1;
    }
    int fd = open_one(info, address, shared, err);
    freeaddrinfo(info);
    return fd;
}

unsigned gv_listen_port(int fd)
{
    struct sockaddr_storage bound;
    socklen_t size = sizeof(bound);
    memset(&bound, 0, sizeof(bound));
    if (getsockname(fd, (struct sockaddr *)&bound, &size) != 0) {
        return 0;
    }
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&bound;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&bound;
    return ntohs(bound.ss_family == AF_INET6 ? v6->sin6_port : v4->sin_port);
}

void gv_listen_peer(const struct sockaddr *address, char buf[INET6_ADDRSTRLEN])
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
    const void *bytes = &v4->sin_addr;
    int family = address->sa_family;
    if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
        bytes = &v6->sin6_addr.s6_addr[12];
        family = AF_INET;
    } else if (family == AF_INET6) {
        bytes = &v6->sin6_addr;
    }
    if (!inet_ntop(family, bytes, buf, INET6_ADDRSTRLEN)) {
        snprintf(buf, INET6_ADDRSTRLEN, "unknown");
    }
}
