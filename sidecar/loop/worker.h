/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_LOOP_WORKER_H
#define GV_LOOP_WORKER_H

#include "policies/engine/base/error.h"
#include <stdbool.h>

/*
 * A named thread that takes messages one after the other: the place for slow work (commits,
 * forwarding). Answers go back with gv_loop_post.
 */
struct gv_worker;

/* Starts the thread; `name` (at most 15 bytes) shows in ps and gdb. NULL on error. */
struct gv_worker *gv_worker_start(const char *name, struct gv_error *err);

/* Queues `run(ctx)`. Any thread. False when out of memory or after gv_worker_stop began. */
bool gv_worker_post(struct gv_worker *worker, void (*run)(void *ctx), void *ctx);

/* Messages waiting, the running one not counted. Any thread. */
unsigned gv_worker_backlog(struct gv_worker *worker);

/* Lets the queued messages finish, ends the thread and frees all. Accepts NULL; returns NULL. */
struct gv_worker *gv_worker_stop(struct gv_worker *worker);

#endif
