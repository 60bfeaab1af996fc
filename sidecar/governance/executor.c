/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/executor_job.h"
#include "sidecar/governance/executor_limits.h"
#include "sidecar/telemetry/log.h"

#include <stdlib.h>
#include <string.h>

#define LEASE (60 * GV_SECOND)
#define POLL (5 * GV_SECOND)

/* --- jobs --- */

static struct gv_job *free_job(struct gv_job *job)
{
    gv_set_unref(job->set);
    gv_arena_free(job->arena);
    return NULL;
}

static void unlink_job(struct gv_job *job)
{
    struct gv_job **at = &job->executor->jobs;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
}

static void tell_when_drained(struct gv_executor *executor)
{
    if (!executor->draining || executor->jobs || executor->scanning || !executor->drained)
        return;
    void (*drained)(void *ctx) = executor->drained;
    executor->drained = NULL;
    drained(executor->drained_ctx);
}

void gv_executor_job_over(struct gv_job *job)
{
    struct gv_executor *executor = job->executor;
    bool more = job->ending == GV_JOB_ENDED;
    gv_duration wait =
        job->ending == GV_JOB_LATER && job->delay ? job->delay : executor->options.poll;
    unlink_job(job);
    free_job(job);
    tell_when_drained(executor);
    if (executor->draining)
        return;
    /* The end of one may have made way for another of the same model. */
    gv_timer_set(executor->timer, more                            ? 0
                                  : wait < executor->options.poll ? wait
                                                                  : executor->options.poll);
}

/* One at a time for each model: two promotions of one model must not interleave. */
static bool is_busy(const struct gv_executor *executor, const struct gv_decision *decision)
{
    unsigned count = 0;
    for (const struct gv_job *job = executor->jobs; job; job = job->next) {
        if (++count >= GV_EXECUTOR_JOBS || strcmp(job->id, decision->id) == 0)
            return true;
        if (decision->model && strcmp(job->model, decision->model) == 0 &&
            strcmp(job->workspace, decision->workspace) == 0)
            return true;
    }
    return false;
}

static bool fill_job(struct gv_job *job, const struct gv_decision *due)
{
    job->id = gv_arena_string(job->arena, due->id);
    job->model = gv_arena_string(job->arena, due->model ? due->model : "");
    job->workspace = gv_arena_string(job->arena, due->workspace);
    return job->id && job->model && job->workspace;
}

static void start_job(struct gv_executor *executor, const struct gv_decision *due)
{
    struct gv_arena *arena = gv_arena_new(GV_EXECUTOR_JOB_BYTES);
    struct gv_job *job = arena ? gv_arena_alloc(arena, sizeof(*job)) : NULL;
    if (!job) {
        gv_arena_free(arena);
        return; /* the next scan finds it again */
    }
    job->arena = arena;
    job->executor = executor;
    job->set = gv_slot_acquire(executor->options.slot);
    if (!fill_job(job, due)) {
        free_job(job);
        return;
    }
    job->next = executor->jobs;
    executor->jobs = job;
    gv_job_begin(job);
}

/* --- scans --- */

/* What a process of this name was at when it ended: its leases are ours. */
static bool read_left(struct gv_store_tx *tx, struct gv_executor *executor, struct gv_error *err)
{
    const enum gv_state executing = GV_STATE_EXECUTING;
    struct gv_decision_filter filter = {
        .states = &executing, .state_count = 1, .limit = GV_EXECUTOR_SCAN};
    if (!gv_store_decision_list(tx, &filter, executor->scan_arena, &executor->due,
                                &executor->due_count, err))
        return false;
    size_t kept = 0;
    for (size_t i = 0; i < executor->due_count; i++) {
        const char *owner = executor->due[i].lease_owner;
        if (owner && strcmp(owner, executor->options.owner) == 0)
            executor->due[kept++] = executor->due[i];
    }
    executor->due_count = kept;
    return true;
}

static bool read_due(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct gv_executor *executor = ctx;
    if (!executor->started)
        return read_left(tx, executor, err);
    return gv_store_decision_due(tx, gv_store_now(tx), GV_EXECUTOR_SCAN, executor->scan_arena,
                                 &executor->due, &executor->due_count, err);
}

static void due_read(void *ctx, const struct gv_error *err)
{
    struct gv_executor *executor = ctx;
    executor->scanning = false;
    if (err)
        gv_log(GV_LOG_ERROR, "governance", "The store cannot be asked for what is due",
               GV_LOG_S("error", err->message));
    for (size_t i = 0; !err && !executor->draining && i < executor->due_count; i++) {
        if (!is_busy(executor, &executor->due[i]))
            start_job(executor, &executor->due[i]);
    }
    tell_when_drained(executor);
    if (executor->draining)
        return;
    bool first = !executor->started && !err;
    executor->started = executor->started || !err;
    gv_timer_set(executor->timer, first || executor->again ? 0 : executor->options.poll);
}

static void scan(struct gv_executor *executor)
{
    struct gv_error err = GV_ERROR_INIT;
    executor->again = executor->scanning;
    if (executor->scanning || executor->draining)
        return;
    gv_arena_reset(executor->scan_arena);
    executor->due_count = 0;
    executor->scanning = true;
    if (!gv_store_read(executor->options.store, read_due, executor->options.loop, due_read,
                       executor, &err))
        due_read(executor, &err);
}

static void timer_due(void *ctx)
{
    scan(ctx);
}

static void woken(void *ctx)
{
    scan(ctx);
}

void gv_executor_wake(struct gv_executor *executor)
{
    /* Without memory for a message the poll finds what is due. */
    gv_loop_post(executor->options.loop, woken, executor);
}

/* --- life --- */

struct gv_executor *gv_executor_start(const struct gv_executor_options *options,
                                      struct gv_error *err)
{
    struct gv_executor *executor = calloc(1, sizeof(*executor));
    if (executor) {
        executor->options = *options;
        executor->options.lease = options->lease ? options->lease : LEASE;
        executor->options.poll = options->poll ? options->poll : POLL;
        executor->arena = gv_arena_new(0);
        executor->scan_arena = gv_arena_new(GV_EXECUTOR_SCAN_BYTES);
        executor->timer = gv_timer_new(options->loop, timer_due, executor);
    }
    if (executor && executor->arena)
        executor->options.owner = gv_arena_string(executor->arena, options->owner);
    if (!executor || !executor->options.owner || !executor->scan_arena || !executor->timer) {
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
        return gv_executor_stop(executor);
    }
    gv_timer_set(executor->timer, 0);
    return executor;
}

void gv_executor_drain(struct gv_executor *executor, void (*done)(void *ctx), void *ctx)
{
    executor->draining = true;
    executor->drained = done;
    executor->drained_ctx = ctx;
    gv_timer_stop(executor->timer);
    tell_when_drained(executor);
}

struct gv_executor *gv_executor_stop(struct gv_executor *executor)
{
    if (!executor)
        return NULL;
    while (executor->jobs) {
        struct gv_job *job = executor->jobs;
        executor->jobs = job->next;
        free_job(job);
    }
    gv_timer_free(executor->timer);
    gv_arena_free(executor->scan_arena);
    gv_arena_free(executor->arena);
    free(executor);
    return NULL;
}
