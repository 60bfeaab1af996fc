/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_LOOP_LOOP_H
#define GV_LOOP_LOOP_H

#include "policies/engine/base/error.h"
#include "policies/engine/base/time.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * An event loop: epoll, timers and messages from other threads. One thread runs a loop; every
 * function here is called on that thread, except those that say "any thread". Callbacks run one at
 * a time and must not block. A watch or timer may be freed inside any callback, its own included.
 */
struct gv_loop;
struct gv_watch;
struct gv_timer;

/* A new loop; NULL on error. */
struct gv_loop *gv_loop_new(struct gv_error *err);

/* Frees a loop that does not run. Pending messages are dropped. Accepts NULL; returns NULL. */
struct gv_loop *gv_loop_free(struct gv_loop *loop);

/* Runs until gv_loop_stop. */
void gv_loop_run(struct gv_loop *loop);

/* Makes gv_loop_run return after the current round. Any thread; safe in a signal handler. */
void gv_loop_stop(struct gv_loop *loop);

/* The monotonic clock in microseconds as of the start of this round. */
gv_time gv_loop_now(const struct gv_loop *loop);

/* The monotonic clock now, in microseconds. Any thread. */
gv_time gv_clock_monotonic(void);

/* The wall clock now. Any thread. */
gv_time gv_clock_wall(void);

/* Runs `run(ctx)` on the loop's thread, in the order of posting per thread. Any thread. False only
 * when out of memory. */
bool gv_loop_post(struct gv_loop *loop, void (*run)(void *ctx), void *ctx);

#define GV_LOOP_READ 1u
#define GV_LOOP_WRITE 2u
#define GV_LOOP_HANGUP 4u /* reported, never asked for */

/* Calls `ready` with what is ready among `events` (level-triggered), and with GV_LOOP_HANGUP once
 * the peer is gone. A watch of no events is told also when the peer only ends its sending side.
 * The descriptor stays the caller's; it has one watch at a time. NULL on error. */
struct gv_watch *gv_watch_new(struct gv_loop *loop, int fd, unsigned events,
                              void (*ready)(void *ctx, unsigned events), void *ctx,
                              struct gv_error *err);

/* Changes the events asked for. */
bool gv_watch_change(struct gv_watch *watch, unsigned events, struct gv_error *err);

/* Ends the watch; call it before closing the descriptor. Accepts NULL; returns NULL. */
struct gv_watch *gv_watch_free(struct gv_watch *watch);

/* A timer that is not set. NULL when out of memory. */
struct gv_timer *gv_timer_new(struct gv_loop *loop, void (*due)(void *ctx), void *ctx);

/* Lets the timer fire once, `after` from now (at least the next round); replaces an earlier
 * setting. */
void gv_timer_set(struct gv_timer *timer, gv_duration after);

/* Takes the setting back. */
void gv_timer_stop(struct gv_timer *timer);

/* Accepts NULL; returns NULL. */
struct gv_timer *gv_timer_free(struct gv_timer *timer);

/*
 * A hook that runs before each sleep. It returns for how long the loop may sleep at most (negative:
 * as long as it likes). This is how libmicrohttpd's external mode is driven. Returns NULL when out
 * of memory.
 */
struct gv_hook;
struct gv_hook *gv_hook_new(struct gv_loop *loop, gv_duration (*before_sleep)(void *ctx),
                            void *ctx);
struct gv_hook *gv_hook_free(struct gv_hook *hook);

#endif
