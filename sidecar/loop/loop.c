/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/loop/loop.h"

#include "policies/engine/base/panic.h"
#include "sidecar/loop/internal.h"
#include "sidecar/loop/limits.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct message {
    struct message *next;
    void (*run)(void *ctx);
    void *ctx;
};

struct gv_watch {
    struct gv_loop *loop;
    struct gv_watch *next_dead;
    int fd;
    void (*ready)(void *ctx, unsigned events); /* NULL: freed, but events of this round may still
                                                  name it */
    void *ctx;
};

struct gv_hook {
    struct gv_loop *loop;
    struct gv_hook *next;
    gv_duration (*before_sleep)(void *ctx); /* NULL: freed, taken out of the list before sleep */
    void *ctx;
};

struct gv_loop {
    int epoll;
    int wake; /* eventfd: messages and stop */
    atomic_bool stopping;
    gv_time now;
    struct gv_timers timers;
    struct gv_hook *hooks;
    bool dead_hooks;
    struct gv_watch *dead; /* watches freed in this round */

    pthread_mutex_t lock; /* of what follows */
    struct message *first;
    struct message **end;
};

static gv_time clock_now(clockid_t clock)
{
    struct timespec now;
    gv_invariant(clock_gettime(clock, &now) == 0, "the system has no clock");
    return (gv_time)now.tv_sec * GV_SECOND + now.tv_nsec / 1000;
}

gv_time gv_clock_monotonic(void)
{
    return clock_now(CLOCK_MONOTONIC);
}

gv_time gv_clock_wall(void)
{
    return clock_now(CLOCK_REALTIME);
}

static bool open_descriptors(struct gv_loop *loop, struct gv_error *err)
{
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (loop->epoll < 0 || loop->wake < 0 ||
        epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->wake, &event) != 0) {
        return gv_error_set_errno(err, GV_ERROR_IO, errno, "cannot make an event loop");
    }
    return true;
}

struct gv_loop *gv_loop_new(struct gv_error *err)
{
    struct gv_loop *loop = calloc(1, sizeof(*loop));
    if (!loop) {
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory for an event loop");
        return NULL;
    }
    loop->end = &loop->first;
    loop->now = gv_clock_monotonic();
    pthread_mutex_init(&loop->lock, NULL);
    if (!open_descriptors(loop, err)) {
        return gv_loop_free(loop);
    }
    return loop;
}

static void drop_messages(struct message *message)
{
    while (message) {
        struct message *next = message->next;
        free(message);
        message = next;
    }
}

static void bury_watches(struct gv_loop *loop)
{
    while (loop->dead) {
        struct gv_watch *watch = loop->dead;
        loop->dead = watch->next_dead;
        free(watch);
    }
}

static void bury_hooks(struct gv_loop *loop)
{
    struct gv_hook **at = &loop->hooks;
    while (loop->dead_hooks && *at) {
        struct gv_hook *hook = *at;
        if (hook->before_sleep) {
            at = &hook->next;
        } else {
            *at = hook->next;
            free(hook);
        }
    }
    loop->dead_hooks = false;
}

struct gv_loop *gv_loop_free(struct gv_loop *loop)
{
    if (!loop) {
        return NULL;
    }
    bury_watches(loop);
    bury_hooks(loop);
    drop_messages(loop->first);
    if (loop->wake >= 0) {
        close(loop->wake);
    }
    if (loop->epoll >= 0) {
        close(loop->epoll);
    }
    pthread_mutex_destroy(&loop->lock);
    free(loop->timers.heap);
    free(loop);
    return NULL;
}

struct gv_timers *gv_loop_timers(struct gv_loop *loop)
{
    return &loop->timers;
}

gv_time gv_loop_now(const struct gv_loop *loop)
{
    return loop->now;
}

/* Only write(2), so that a signal handler may call it. A full counter is awake already. */
static void wake(struct gv_loop *loop)
{
    uint64_t one = 1;
    int saved = errno;
    ssize_t written;
    do {
        written = write(loop->wake, &one, sizeof(one));
    } while (written < 0 && errno == EINTR);
    errno = saved;
}

void gv_loop_stop(struct gv_loop *loop)
{
    atomic_store(&loop->stopping, true);
    wake(loop);
}

bool gv_loop_post(struct gv_loop *loop, void (*run)(void *ctx), void *ctx)
{
    struct message *message = malloc(sizeof(*message));
    if (!message) {
        return false;
    }
    *message = (struct message){.next = NULL, .run = run, .ctx = ctx};
    pthread_mutex_lock(&loop->lock);
    bool was_empty = loop->first == NULL;
    *loop->end = message;
    loop->end = &message->next;
    pthread_mutex_unlock(&loop->lock);
    if (was_empty) {
        wake(loop);
    }
    return true;
}

/* Messages that are posted meanwhile wait for the next round, so that a chain of posts cannot keep
 * descriptors and timers waiting. */
static void run_messages(struct gv_loop *loop)
{
    uint64_t count;
    ssize_t got = read(loop->wake, &count, sizeof(count));
    (void)got; /* EAGAIN: woken twice for one reason */
    pthread_mutex_lock(&loop->lock);
    struct message *message = loop->first;
    loop->first = NULL;
    loop->end = &loop->first;
    pthread_mutex_unlock(&loop->lock);
    while (message) {
        struct message *next = message->next;
        message->run(message->ctx);
        free(message);
        message = next;
    }
}

static uint32_t to_epoll(unsigned events)
{
    if (events == 0) {
        return EPOLLRDHUP;
    }
    return ((events & GV_LOOP_READ) ? (uint32_t)EPOLLIN : 0) |
           ((events & GV_LOOP_WRITE) ? (uint32_t)EPOLLOUT : 0);
}

static unsigned from_epoll(uint32_t events)
{
    return ((events & EPOLLIN) ? GV_LOOP_READ : 0) | ((events & EPOLLOUT) ? GV_LOOP_WRITE : 0) |
           ((events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) ? GV_LOOP_HANGUP : 0);
}

struct gv_watch *gv_watch_new(struct gv_loop *loop, int fd, unsigned events,
                              void (*ready)(void *ctx, unsigned events), void *ctx,
                              struct gv_error *err)
{
    struct gv_watch *watch = calloc(1, sizeof(*watch));
    if (!watch) {
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory for a watch");
        return NULL;
    }
    *watch = (struct gv_watch){.loop = loop, .fd = fd, .ready = ready, .ctx = ctx};
    struct epoll_event event = {.events = to_epoll(events), .data.ptr = watch};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        gv_error_set_errno(err, GV_ERROR_IO, errno, "cannot watch descriptor %d", fd);
        free(watch);
        return NULL;
    }
    return watch;
}

bool gv_watch_change(struct gv_watch *watch, unsigned events, struct gv_error *err)
{
    struct epoll_event event = {.events = to_epoll(events), .data.ptr = watch};
    if (epoll_ctl(watch->loop->epoll, EPOLL_CTL_MOD, watch->fd, &event) != 0) {
        return gv_error_set_errno(err, GV_ERROR_IO, errno, "cannot watch descriptor %d", watch->fd);
    }
    return true;
}

struct gv_watch *gv_watch_free(struct gv_watch *watch)
{
    if (watch) {
        /* Fails when the descriptor is closed already; the kernel has forgotten it then. */
        epoll_ctl(watch->loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
        watch->ready = NULL;
        watch->next_dead = watch->loop->dead;
        watch->loop->dead = watch;
    }
    return NULL;
}

struct gv_hook *gv_hook_new(struct gv_loop *loop, gv_duration (*before_sleep)(void *ctx), void *ctx)
{
    struct gv_hook *hook = calloc(1, sizeof(*hook));
    if (!hook) {
        return NULL;
    }
    *hook = (struct gv_hook){.loop = loop, .before_sleep = before_sleep, .ctx = ctx};
    struct gv_hook **at = &loop->hooks;
    while (*at) {
        at = &(*at)->next;
    }
    *at = hook;
    return hook;
}

struct gv_hook *gv_hook_free(struct gv_hook *hook)
{
    if (hook) {
        hook->before_sleep = NULL;
        hook->loop->dead_hooks = true;
    }
    return NULL;
}

/* The shortest time that any hook asks for; negative: none asks. */
static gv_duration run_hooks(struct gv_loop *loop)
{
    gv_duration shortest = -1;
    for (struct gv_hook *hook = loop->hooks; hook; hook = hook->next) {
        gv_duration wanted = hook->before_sleep ? hook->before_sleep(hook->ctx) : -1;
        if (wanted >= 0 && (shortest < 0 || wanted < shortest)) {
            shortest = wanted;
        }
    }
    bury_hooks(loop);
    return shortest;
}

/* Rounded up: waking before a timer is due would spin until it is. */
static int sleep_ms(struct gv_loop *loop, gv_duration asked)
{
    gv_time due;
    if (gv_timers_first(&loop->timers, &due)) {
        gv_duration left = due - gv_clock_monotonic();
        left = left > 0 ? left : 0;
        asked = asked < 0 || left < asked ? left : asked;
    }
    if (asked < 0) {
        return -1;
    }
    gv_duration ms = asked / GV_MILLISECOND + (asked % GV_MILLISECOND != 0);
    return ms < GV_LOOP_LONGEST_SLEEP_MS ? (int)ms : GV_LOOP_LONGEST_SLEEP_MS;
}

static void run_events(struct gv_loop *loop, const struct epoll_event *events, int count)
{
    for (int i = 0; i < count; i++) {
        struct gv_watch *watch = events[i].data.ptr;
        if (!watch) {
            run_messages(loop);
        } else if (watch->ready) {
            watch->ready(watch->ctx, from_epoll(events[i].events));
        }
    }
}

static void run_round(struct gv_loop *loop)
{
    struct epoll_event events[GV_LOOP_EVENTS_PER_ROUND];
    gv_duration asked = run_hooks(loop);
    bury_watches(loop);
    int wait = atomic_load(&loop->stopping) ? 0 : sleep_ms(loop, asked);
    int count = epoll_wait(loop->epoll, events, GV_LOOP_EVENTS_PER_ROUND, wait);
    gv_invariant(count >= 0 || errno == EINTR, "epoll_wait refuses the loop's own descriptor");
    loop->now = gv_clock_monotonic();
    run_events(loop, events, count);
    gv_timers_run(&loop->timers, loop->now);
}

void gv_loop_run(struct gv_loop *loop)
{
    do {
        run_round(loop);
    } while (!atomic_exchange(&loop->stopping, false));
    bury_watches(loop);
}
