/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/http/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Closing a socket that holds unread bytes makes the kernel send a reset, and a reset makes the
 * client throw away the answer that it has not read yet. So an answer that comes before the end of
 * the body is followed by reading the rest, for a bounded time (RFC 9112 §9.6).
 */

struct lingering {
    struct gv_linger *owner;
    struct lingering *next;
    struct lingering **place;
    struct gv_watch *watch;
    struct gv_timer *timer;
    int fd;
};

struct gv_linger {
    struct gv_loop *loop;
    struct lingering *first;
    unsigned count;
};

struct gv_linger *gv_linger_new(struct gv_loop *loop)
{
    struct gv_linger *linger = calloc(1, sizeof(*linger));
    if (linger) {
        linger->loop = loop;
    }
    return linger;
}

static void release(struct lingering *one)
{
    gv_watch_free(one->watch);
    gv_timer_free(one->timer);
    close(one->fd);
    *one->place = one->next;
    if (one->next) {
        one->next->place = one->place;
    }
    one->owner->count--;
    free(one);
}

struct gv_linger *gv_linger_free(struct gv_linger *linger)
{
    if (linger) {
        while (linger->first) {
            release(linger->first);
        }
        free(linger);
    }
    return NULL;
}

static void time_is_up(void *ctx)
{
    release(ctx);
}

static void read_out(void *ctx, unsigned events)
{
    char nothing[16384];
    struct lingering *one = ctx;
    (void)events;
    /* MSG_TRUNC: TCP drops the bytes without copying them. */
    ssize_t got = recv(one->fd, nothing, sizeof(nothing), MSG_DONTWAIT | MSG_TRUNC);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
        release(one);
    }
}

void gv_linger_add(struct gv_linger *linger, int fd)
{
    struct lingering *one = linger->count < GV_HTTP_LINGERING ? calloc(1, sizeof(*one)) : NULL;
    int copy = one ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (copy < 0) {
        free(one);
        return;
    }
    *one = (struct lingering){.owner = linger, .next = linger->first, .place = &linger->first};
    one->fd = copy;
    if (linger->first) {
        linger->first->place = &one->next;
    }
    linger->first = one;
    linger->count++;
    shutdown(copy, SHUT_WR);
    one->watch = gv_watch_new(linger->loop, copy, GV_LOOP_READ, read_out, one, NULL);
    one->timer = gv_timer_new(linger->loop, time_is_up, one);
    if (!one->watch || !one->timer) {
        release(one);
        return;
    }
    gv_timer_set(one->timer, GV_HTTP_LINGER);
}
