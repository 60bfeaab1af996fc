/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/loop/worker.h"

#include "sidecar/loop/limits.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct job {
    struct job *next;
    void (*run)(void *ctx);
    void *ctx;
};

struct gv_worker {
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    struct job *first;
    struct job **end;
    unsigned backlog;
    bool stopping;
};

/* Waits for the next job; NULL once the worker stops and nothing is queued. */
static struct job *take(struct gv_worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    while (!worker->first && !worker->stopping) {
        pthread_cond_wait(&worker->changed, &worker->lock);
    }
    struct job *job = worker->first;
    if (job) {
        worker->first = job->next;
        worker->backlog--;
        if (!worker->first) {
            worker->end = &worker->first;
        }
    }
    pthread_mutex_unlock(&worker->lock);
    return job;
}

static void *work(void *ctx)
{
    struct gv_worker *worker = ctx;
    for (struct job *job = take(worker); job; job = take(worker)) {
        job->run(job->ctx);
        free(job);
    }
    return NULL;
}

/* Signals belong to the main thread, whose loop turns them into stop and reload; a worker in the
 * middle of a commit must not be the one interrupted. */
static int start_thread(struct gv_worker *worker)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&worker->thread, NULL, work, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

static void release(struct gv_worker *worker)
{
    pthread_cond_destroy(&worker->changed);
    pthread_mutex_destroy(&worker->lock);
    free(worker);
}

struct gv_worker *gv_worker_start(const char *name, struct gv_error *err)
{
    struct gv_worker *worker = calloc(1, sizeof(*worker));
    if (!worker) {
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory for the thread \"%s\"", name);
        return NULL;
    }
    worker->end = &worker->first;
    pthread_mutex_init(&worker->lock, NULL);
    pthread_cond_init(&worker->changed, NULL);
    int failure = start_thread(worker);
    if (failure != 0) {
        gv_error_set_errno(err, GV_ERROR_IO, failure, "cannot start the thread \"%s\"", name);
        release(worker);
        return NULL;
    }
    char shown[GV_WORKER_NAME_SIZE];
    snprintf(shown, sizeof(shown), "%s", name);
    pthread_setname_np(worker->thread, shown);
    return worker;
}

static bool queue(struct gv_worker *worker, struct job *job)
{
    pthread_mutex_lock(&worker->lock);
    bool taken = !worker->stopping;
    if (taken) {
        *worker->end = job;
        worker->end = &job->next;
        worker->backlog++;
        pthread_cond_signal(&worker->changed);
    }
    pthread_mutex_unlock(&worker->lock);
    return taken;
}

bool gv_worker_post(struct gv_worker *worker, void (*run)(void *ctx), void *ctx)
{
    struct job *job = malloc(sizeof(*job));
    if (!job) {
        return false;
    }
    *job = (struct job){.next = NULL, .run = run, .ctx = ctx};
    if (!queue(worker, job)) {
        free(job);
        return false;
    }
    return true;
}

unsigned gv_worker_backlog(struct gv_worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    unsigned backlog = worker->backlog;
    pthread_mutex_unlock(&worker->lock);
    return backlog;
}

struct gv_worker *gv_worker_stop(struct gv_worker *worker)
{
    if (!worker) {
        return NULL;
    }
    pthread_mutex_lock(&worker->lock);
    worker->stopping = true;
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
    pthread_join(worker->thread, NULL);
    release(worker);
    return NULL;
}
