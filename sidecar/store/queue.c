/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/store/queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct gv_queue {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct gv_job *first;
    struct gv_job **end;
    size_t count;
    size_t limit;
    bool closed;
};

struct gv_queue *gv_queue_new(size_t limit)
{
    struct gv_queue *queue = calloc(1, sizeof(*queue));
    pthread_condattr_t attributes;
    if (!queue) {
        return NULL;
    }
    pthread_condattr_init(&attributes);
    /* The wall clock may be set back while a store in trouble waits. */
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&queue->mutex, NULL);
    queue->end = &queue->first;
    queue->limit = limit;
    return queue;
}

struct gv_queue *gv_queue_free(struct gv_queue *queue)
{
    if (queue) {
        pthread_cond_destroy(&queue->changed);
        pthread_mutex_destroy(&queue->mutex);
        free(queue);
    }
    return NULL;
}

bool gv_queue_put(struct gv_queue *queue, struct gv_job *job, struct gv_error *err)
{
    pthread_mutex_lock(&queue->mutex);
    bool closed = queue->closed;
    bool full = queue->count >= queue->limit;
    if (!closed && !full) {
        job->next = NULL;
        *queue->end = job;
        queue->end = &job->next;
        queue->count++;
        pthread_cond_signal(&queue->changed);
    }
    pthread_mutex_unlock(&queue->mutex);
    if (closed) {
        return gv_error_set(err, GV_ERROR_UNAVAILABLE, "the store is closing");
    }
    return !full || gv_error_set(err, GV_ERROR_UNAVAILABLE,
                                 "%zu transactions wait for the store already; try again later",
                                 queue->limit);
}

void gv_queue_close(struct gv_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->closed = true;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->mutex);
}

static struct timespec moment_after(gv_duration patience)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    int64_t nanoseconds = at.tv_nsec + (patience % GV_SECOND) * 1000;
    at.tv_sec += (time_t)(patience / GV_SECOND + nanoseconds / 1000000000);
    at.tv_nsec = (long)(nanoseconds % 1000000000);
    return at;
}

/* Waits until there is a job, the queue is closed, or the patience is over. */
static void wait_for_change(struct gv_queue *queue, gv_duration patience)
{
    if (patience < 0) {
        while (!queue->first && !queue->closed) {
            pthread_cond_wait(&queue->changed, &queue->mutex);
        }
        return;
    }
    struct timespec until = moment_after(patience);
    int waited = 0;
    while (!queue->first && !queue->closed && waited != ETIMEDOUT) {
        waited = pthread_cond_timedwait(&queue->changed, &queue->mutex, &until);
    }
}

size_t gv_queue_take(struct gv_queue *queue, struct gv_job **jobs, size_t most,
                     gv_duration patience, bool *ret_closed)
{
    size_t taken = 0;
    pthread_mutex_lock(&queue->mutex);
    wait_for_change(queue, patience);
    while (taken < most && queue->first) {
        jobs[taken] = queue->first;
        queue->first = jobs[taken]->next;
        taken++;
    }
    if (!queue->first) {
        queue->end = &queue->first;
    }
    queue->count -= taken;
    *ret_closed = queue->closed && taken == 0;
    pthread_mutex_unlock(&queue->mutex);
    return taken;
}
