/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_LOOP_INTERNAL_H
#define GV_LOOP_INTERNAL_H

#include "sidecar/loop/loop.h"
#include <stddef.h>

/* What loop.c and timer.c share; no other file includes it. */

/*
 * The timers of one loop: a binary heap ordered by due time, then by order of setting. It has room
 * for every timer that exists, so that setting one cannot fail.
 */
struct gv_timers {
    struct gv_timer **heap;
    size_t set;      /* timers in the heap */
    size_t existing; /* timers that exist, set or not */
    size_t capacity;
    uint64_t sequence; /* of the last setting */
};

struct gv_timers *gv_loop_timers(struct gv_loop *loop);

/* Runs what is due at `now`; a timer that is set meanwhile waits for the next round. */
void gv_timers_run(struct gv_timers *timers, gv_time now);

/* Whether a timer is set, and when the first one is due. */
bool gv_timers_first(const struct gv_timers *timers, gv_time *ret_due);

#endif
