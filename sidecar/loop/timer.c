/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/loop/internal.h"

#include <stdlib.h>

/* The place of a timer that is not set. */
#define NOWHERE SIZE_MAX

struct gv_timer {
    struct gv_timers *timers;
    gv_time due;
    uint64_t sequence;
    size_t place; /* in the heap, or NOWHERE */
    void (*run)(void *ctx);
    void *ctx;
};

static bool before(const struct gv_timer *a, const struct gv_timer *b)
{
    return a->due != b->due ? a->due < b->due : a->sequence < b->sequence;
}

static void put(struct gv_timers *timers, size_t place, struct gv_timer *timer)
{
    timers->heap[place] = timer;
    timer->place = place;
}

static void sift_up(struct gv_timers *timers, size_t place, struct gv_timer *timer)
{
    while (place > 0) {
        size_t parent = (place - 1) / 2;
        if (!before(timer, timers->heap[parent])) {
            break;
        }
        put(timers, place, timers->heap[parent]);
        place = parent;
    }
    put(timers, place, timer);
}

static void sift_down(struct gv_timers *timers, size_t place, struct gv_timer *timer)
{
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= timers->set) {
            break;
        }
        if (child + 1 < timers->set && before(timers->heap[child + 1], timers->heap[child])) {
            child++;
        }
        if (!before(timers->heap[child], timer)) {
            break;
        }
        put(timers, place, timers->heap[child]);
        place = child;
    }
    put(timers, place, timer);
}

/* Makes room for one timer more than exist. */
static bool reserve(struct gv_timers *timers)
{
    if (timers->existing < timers->capacity) {
        return true;
    }
    size_t capacity = timers->capacity > 0 ? timers->capacity * 2 : 16;
    struct gv_timer **heap = reallocarray(timers->heap, capacity, sizeof(struct gv_timer *));
    if (!heap) {
        return false;
    }
    timers->heap = heap;
    timers->capacity = capacity;
    return true;
}

struct gv_timer *gv_timer_new(struct gv_loop *loop, void (*due)(void *ctx), void *ctx)
{
    struct gv_timers *timers = gv_loop_timers(loop);
    struct gv_timer *timer = reserve(timers) ? calloc(1, sizeof(*timer)) : NULL;
    if (!timer) {
        return NULL;
    }
    timer->timers = timers;
    timer->place = NOWHERE;
    timer->run = due;
    timer->ctx = ctx;
    timers->existing++;
    return timer;
}

void gv_timer_set(struct gv_timer *timer, gv_duration after)
{
    struct gv_timers *timers = timer->timers;
    gv_time now = gv_clock_monotonic();
    gv_timer_stop(timer);
    if (__builtin_add_overflow(now, after > 0 ? after : 0, &timer->due)) {
        timer->due = INT64_MAX;
    }
    timer->sequence = ++timers->sequence;
    sift_up(timers, timers->set++, timer);
}

void gv_timer_stop(struct gv_timer *timer)
{
    struct gv_timers *timers = timer->timers;
    size_t place = timer->place;
    if (place == NOWHERE) {
        return;
    }
    timer->place = NOWHERE;
    struct gv_timer *last = timers->heap[--timers->set];
    if (last == timer) {
        return;
    }
    /* The last one may belong above or below the hole. */
    sift_up(timers, place, last);
    if (last->place == place) {
        sift_down(timers, place, last);
    }
}

struct gv_timer *gv_timer_free(struct gv_timer *timer)
{
    if (timer) {
        gv_timer_stop(timer);
        timer->timers->existing--;
        free(timer);
    }
    return NULL;
}

void gv_timers_run(struct gv_timers *timers, gv_time now)
{
    /* A callback that sets a timer for "at once" would otherwise keep the round from ending. */
    uint64_t newest = timers->sequence;
    while (timers->set > 0) {
        struct gv_timer *first = timers->heap[0];
        if (first->due > now || first->sequence > newest) {
            break;
        }
        gv_timer_stop(first);
        first->run(first->ctx); /* may free `first` */
    }
}

bool gv_timers_first(const struct gv_timers *timers, gv_time *ret_due)
{
    if (timers->set == 0) {
        return false;
    }
    *ret_due = timers->heap[0]->due;
    return true;
}
