/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_STORE_QUEUE_H
#define GV_STORE_QUEUE_H

#include "sidecar/store/store.h"

/*
 * A bounded queue of transactions between the threads that ask and the threads that work. Any
 * thread. Private to this folder.
 */
struct gv_queue;

/* A transaction on its way: what to do, whom to tell, and what came of it. */
struct gv_job {
    struct gv_job *next;
    gv_store_work work;
    gv_store_done done;
    struct gv_loop *loop;
    void *ctx;
    bool failed;
    struct gv_error err;
};

/* A new queue of at most `limit` waiting jobs. NULL when out of memory. */
struct gv_queue *gv_queue_new(size_t limit);

/* Frees an empty queue. Accepts NULL; returns NULL. */
struct gv_queue *gv_queue_free(struct gv_queue *queue);

/* Adds a job at the end. UNAVAILABLE when the queue is full or closed. */
bool gv_queue_put(struct gv_queue *queue, struct gv_job *job, struct gv_error *err);

/* Says that nothing more will come: takers get what waits, then 0. */
void gv_queue_close(struct gv_queue *queue);

/*
 * Takes up to `most` jobs in their order, waiting for the first for at most `patience` (negative:
 * for ever). Returns how many; 0 when the patience ran out, or when closed and empty, which
 * *ret_closed tells apart.
 */
size_t gv_queue_take(struct gv_queue *queue, struct gv_job **jobs, size_t most,
                     gv_duration patience, bool *ret_closed);

#endif
