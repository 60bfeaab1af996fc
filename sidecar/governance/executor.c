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

/* True when it is draining: then `drained` may have freed the executor. */
static bool tell_when_drained(struct gv_executor *executor)
{
    void (*drained)(void *ctx) = executor->drained;
    if (!executor->draining)
        return false;
    if (executor->jobs || executor->scanning || !drained)
        return true;
    executor->drained = NULL;
    drained(executor->drained_ctx);
    return true;
}

/* The earliest wish counts: a job that ends must not put off what another waits for. */
static void wake_in(struct gv_executor *executor, gv_duration wait)
{
    gv_duration most = executor->options.poll;
    gv_time at = gv_clock_monotonic() + (wait < most ? wait : most);
    if (executor->wake_at && executor->wake_at <= at)
        return;
    executor->wake_at = at;
    gv_timer_set(executor->timer, wait < most ? wait : most);
}

void gv_executor_job_over(struct gv_job *job)
{
    struct gv_executor *executor = job->executor;
    bool later = job->ending == GV_JOB_LATER;
    gv_duration wait = later && job->delay ? job->delay : executor->options.poll;
    /* The end of one makes way for what had to wait for it; but a store that takes nothing is not
     * asked again and again. */
    if (job->unwritten)
        wait = executor->options.poll;
    else if (job->ending == GV_JOB_ENDED || executor->held_back)
        wait = 0;
    unlink_job(job);
    free_job(job);
    if (!tell_when_drained(executor))
        wake_in(executor, wait);
}

static bool is_under_way(const struct gv_executor *executor, const struct gv_decision *decision)
{
    for (const struct gv_job *job = executor->jobs; job; job = job->next) {
        if (strcmp(job->id, decision->id) == 0)
            return true;
    }
    return false;
}

/* One at a time for each model: two promotions of one model must not interleave. */
static bool must_wait(const struct gv_executor *executor, const struct gv_decision *decision)
{
    unsigned count = 0;
    for (const struct gv_job *job = executor->jobs; job; job = job->next) {
        if (++count >= GV_EXECUTOR_JOBS)
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

/*
 * What is executing under a lease of ours without a job: this process, or an earlier one of its
 * name, could not write how it went. Nobody else may take it up before the lease runs out, so we do
 * at once. A job may have ended since; its claim notices.
 */
static bool read_left(struct gv_store_tx *tx, struct gv_executor *executor, size_t limit,
                      struct gv_error *err)
{
    const enum gv_state executing = GV_STATE_EXECUTING;
    const struct gv_decision_filter filter = {
        .states = &executing, .state_count = 1, .limit = (int64_t)limit};
    struct gv_decision *rows = NULL;
    size_t count = 0;
    if (!gv_store_decision_list(tx, &filter, executor->scan_arena, &rows, &count, err))
        return false;
    executor->left = rows;
    for (size_t i = 0; i < count; i++) {
        const char *owner = rows[i].lease_owner;
        if (owner && strcmp(owner, executor->options.owner) == 0)
            rows[executor->left_count++] = rows[i];
    }
    return true;
}

static bool read_rows(struct gv_store_tx *tx, struct gv_executor *executor, size_t limit,
                      struct gv_error *err)
{
    gv_time now = gv_store_now(tx);
    gv_time next = 0;
    gv_arena_reset(executor->scan_arena);
    executor->due_count = 0;
    executor->left_count = 0;
    if (!gv_store_decision_due(tx, now, limit, executor->scan_arena, &executor->due,
                               &executor->due_count, err) ||
        !read_left(tx, executor, limit, err) || !gv_store_decision_next_due(tx, &next, err))
        return false;
    executor->next_due = next > now ? next - now : 0;
    return true;
}

/* Rows whose evidence fills the memory of a scan are read in smaller portions: nobody stops the
 * others by asking for much. */
static bool read_due(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    size_t limit = GV_EXECUTOR_SCAN;
    while (!read_rows(tx, ctx, limit, err)) {
        if (err->code != GV_ERROR_MEMORY || limit == 1)
            return false;
        limit /= 2;
        *err = GV_ERROR_INIT;
    }
    return true;
}

static void start_rows(struct gv_executor *executor, const struct gv_decision *rows, size_t count)
{
    for (size_t i = 0; i < count && !executor->draining; i++) {
        if (is_under_way(executor, &rows[i]))
            continue;
        if (must_wait(executor, &rows[i]))
            executor->held_back = true;
        else
            start_job(executor, &rows[i]);
    }
}

static void due_read(void *ctx, const struct gv_error *err)
{
    struct gv_executor *executor = ctx;
    executor->scanning = false;
    executor->held_back = false;
    if (err) {
        gv_log(GV_LOG_ERROR, "governance", "The store cannot be asked for what is due",
               GV_LOG_S("error", err->message));
    } else {
        start_rows(executor, executor->left, executor->left_count);
        start_rows(executor, executor->due, executor->due_count);
    }
    if (tell_when_drained(executor))
        return;
    if (!err && executor->again)
        wake_in(executor, 0);
    wake_in(executor, !err && executor->next_due ? executor->next_due : executor->options.poll);
}

static void scan(struct gv_executor *executor)
{
    struct gv_error err = GV_ERROR_INIT;
    executor->again = executor->scanning;
    if (executor->scanning || executor->draining)
        return;
    executor->next_due = 0;
    executor->scanning = true;
    if (!gv_store_read(executor->options.store, read_due, executor->options.loop, due_read,
                       executor, &err))
        due_read(executor, &err);
}

static void timer_due(void *ctx)
{
    struct gv_executor *executor = ctx;
    executor->wake_at = 0;
    scan(executor);
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
    wake_in(executor, 0);
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
