/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/executor_job.h"

#include "sidecar/governance/assess.h"
#include "sidecar/governance/executor_limits.h"
#include "sidecar/telemetry/log.h"
#include "sidecar/telemetry/metrics.h"

static void observe(struct gv_job *job);

/* --- ending --- */

static void log_end(const struct gv_job *job)
{
    const struct gv_decision *decision = &job->decision;
    bool executed = job->event == GV_EVENT_COMPLETE;
    if (!decision->model_version) {
        gv_log(GV_LOG_INFO, "governance", "Model retraining released",
               GV_LOG_S("decision_id", job->id), GV_LOG_S("model", job->model));
        return;
    }
    const char *path =
        gv_arena_format(job->arena, "%s→%s", decision->source ? decision->source : "",
                        decision->target ? decision->target : "");
    gv_log(executed ? GV_LOG_INFO : GV_LOG_WARN, "governance",
           executed ? "Model promotion executed" : "Model promotion not executed",
           GV_LOG_S("decision_id", job->id), GV_LOG_S("model", job->model),
           GV_LOG_I("version", decision->model_version), GV_LOG_S("path", path),
           GV_LOG_S("outcome", job->outcome), GV_LOG_S("reason", job->reason));
}

/* What could not be written is done anew from the start, which finds by observing how far it got;
 * unless somebody else took the decision over. */
static void leave(struct gv_job *job, const char *what, const struct gv_error *err)
{
    bool taken = err->code == GV_ERROR_STALE;
    job->ending = taken ? GV_JOB_LEFT : GV_JOB_LATER;
    job->unwritten = !taken;
    gv_log(taken ? GV_LOG_WARN : GV_LOG_ERROR, "governance", what, GV_LOG_S("decision_id", job->id),
           GV_LOG_S("error", err->message));
    gv_executor_job_over(job);
}

static void end_written(void *ctx, const struct gv_error *err)
{
    struct gv_job *job = ctx;
    if (err) {
        leave(job, "The outcome of a decision could not be recorded", err);
        return;
    }
    job->ending = GV_JOB_ENDED;
    gv_metric_add(GV_METRIC_EXECUTIONS, 1, job->metric);
    log_end(job);
    gv_executor_job_over(job);
}

static void write_or_leave(struct gv_job *job, gv_store_work work, gv_store_done done)
{
    struct gv_error err = GV_ERROR_INIT;
    const struct gv_executor_options *options = &job->executor->options;
    if (!gv_store_write(options->store, work, options->loop, done, job, &err))
        done(job, &err);
}

static void end(struct gv_job *job, enum gv_event event, const char *event_type,
                const char *outcome, const char *metric, const char *reason)
{
    job->event = event;
    job->event_type = event_type;
    job->outcome = outcome;
    job->metric = metric;
    job->reason = gv_arena_string(job->arena, reason);
    write_or_leave(job, gv_job_write_end, end_written);
}

static void supersede(struct gv_job *job, const char *reason)
{
    end(job, GV_EVENT_SUPERSEDE, "MODEL_PROMOTION_SUPERSEDED", "SUPERSEDED", "superseded", reason);
}

static void fail(struct gv_job *job, const char *reason)
{
    end(job, GV_EVENT_FAIL, "MODEL_PROMOTION_FAILED", "FAILED", "failed", reason);
}

static void delay_written(void *ctx, const struct gv_error *err)
{
    struct gv_job *job = ctx;
    job->unwritten = err != NULL;
    gv_log(GV_LOG_WARN, "governance", "A promotion waits and is tried again",
           GV_LOG_S("decision_id", job->id), GV_LOG_S("reason", job->reason),
           GV_LOG_I("attempt", job->decision.attempts),
           GV_LOG_S("error", err ? err->message : NULL));
    gv_executor_job_over(job);
}

/* Doubles from half a second to a minute, so that a short absence costs little and a long one is
 * not hammered. */
static gv_duration backoff(int64_t attempts)
{
    gv_duration delay = GV_EXECUTOR_BACKOFF_FIRST;
    for (int64_t i = 1; i < attempts && delay < GV_EXECUTOR_BACKOFF_MOST; i++)
        delay *= 2;
    return delay < GV_EXECUTOR_BACKOFF_MOST ? delay : GV_EXECUTOR_BACKOFF_MOST;
}

static void delay(struct gv_job *job, const char *reason)
{
    job->reason = gv_arena_string(job->arena, reason);
    if (!job->reason)
        job->reason = "out of memory";
    job->delay = backoff(job->decision.attempts);
    job->ending = GV_JOB_LATER;
    gv_metric_add(GV_METRIC_EXECUTIONS, 1, "retried");
    write_or_leave(job, gv_job_write_delay, delay_written);
}

/* What MLflow's refusal means: away is waited for, gone is another world, no is no. */
static void mlflow_failed(struct gv_job *job, const struct gv_error *err)
{
    if (err->code == GV_ERROR_NOT_FOUND)
        supersede(job, gv_arena_format(job->arena, "MLflow has it no more: %s", err->message));
    else if (err->code == GV_ERROR_REFUSED)
        fail(job, gv_arena_format(job->arena, "MLflow refused: %s", err->message));
    else
        delay(job, err->message);
}

/* --- renew --- */

static void renewed(void *ctx, const struct gv_error *err)
{
    struct gv_job *job = ctx;
    if (err)
        leave(job, "The lease of a promotion could not be renewed", err);
    else
        observe(job);
}

/* An act is sent only while the lease outlasts it, or another executor could have gone on
 * meanwhile and the act would undo what was decided after. What was observed is stale once the
 * lease is renewed, so it is observed again. */
static bool is_lease_short(const struct gv_job *job)
{
    return gv_clock_wall() > job->decision.lease_until - job->executor->options.lease / 2;
}

static void renew(struct gv_job *job)
{
    if (job->renewals++ >= GV_EXECUTOR_RENEWALS)
        delay(job, "MLflow answers more slowly than the executor's lease lasts");
    else
        write_or_leave(job, gv_job_write_renewal, renewed);
}

/* --- act --- */

static void acted(void *ctx, const struct gv_error *err)
{
    struct gv_job *job = ctx;
    if (err)
        mlflow_failed(job, err);
    else
        observe(job);
}

static bool send_act(struct gv_job *job, const struct gv_act *next, struct gv_error *err)
{
    const struct gv_decision *decision = &job->decision;
    struct gv_mlflow *mlflow = job->executor->options.mlflow;
    const char *workspace = decision->workspace;
    const char *model = decision->model;
    int64_t version = decision->model_version;
    switch (next->kind) {
    case GV_ACT_STAGE:
        return gv_mlflow_stage_set(mlflow, workspace, model, version, next->name,
                                   next->archive_existing, acted, job, err);
    case GV_ACT_ALIAS_SET:
        return gv_mlflow_alias_set(mlflow, workspace, model, version, next->name, acted, job, err);
    case GV_ACT_ALIAS_DELETE:
        return gv_mlflow_alias_delete(mlflow, workspace, model, next->name, acted, job, err);
    case GV_ACT_TAG:
        return gv_mlflow_tag_set(mlflow, workspace, model, version, next->name, next->value, acted,
                                 job, err);
    case GV_ACT_NOTHING:
        break;
    }
    return gv_error_set(err, GV_ERROR_INVALID, "nothing to do");
}

static void act(struct gv_job *job, const struct gv_act *next)
{
    struct gv_error err = GV_ERROR_INIT;
    if (job->acts++ >= GV_EXECUTOR_ACTS)
        fail(job, "MLflow accepts the change and does not show it; somebody else may be changing "
                  "it back");
    else if (!send_act(job, next, &err))
        delay(job, err.message);
}

/* --- survey: whom the first act puts out, for the trail --- */

static bool is_put_out(const struct gv_job *job, const struct gv_mlflow_version *other)
{
    if (other->version == job->decision.model_version || job->plan.to == GV_TARGET_NONE)
        return false;
    struct gv_version_facts facts = gv_version_facts_of(other);
    return (gv_promotion_targets(job->plan.promotion, &facts) & GV_TARGET(job->plan.to)) != 0;
}

static void surveyed(void *ctx, const struct gv_mlflow_version *versions, size_t count,
                     const struct gv_error *err)
{
    struct gv_job *job = ctx;
    if (err && (err->code == GV_ERROR_LIMIT || err->code == GV_ERROR_REFUSED)) {
        /* MLflow cannot list them; that is no reason not to do what was decided. */
        job->displaced = "null";
        observe(job);
        return;
    }
    if (err) {
        mlflow_failed(job, err);
        return;
    }
    struct gv_text list = GV_TEXT_INIT;
    gv_text_char(&list, '[');
    for (size_t i = 0; i < count; i++) {
        if (is_put_out(job, &versions[i]))
            gv_text_format(&list, "%s%lld", list.len > 1 ? "," : "",
                           (long long)versions[i].version);
    }
    gv_text_char(&list, ']');
    job->displaced = gv_text_ok(&list) ? gv_arena_copy(job->arena, gv_text_slice(&list)) : NULL;
    gv_text_free(&list);
    if (job->displaced)
        observe(job);
    else
        delay(job, "out of memory");
}

static void survey(struct gv_job *job)
{
    struct gv_error err = GV_ERROR_INIT;
    if (!gv_mlflow_versions(job->executor->options.mlflow, job->decision.workspace,
                            job->decision.model, surveyed, job, &err))
        surveyed(job, NULL, 0, &err);
}

/* --- compare: the metrics that were approved --- */

static void run_read(void *ctx, const struct gv_mlflow_run *run, const struct gv_error *err)
{
    struct gv_job *job = ctx;
    const char *what;
    if (err && err->code != GV_ERROR_NOT_FOUND) {
        mlflow_failed(job, err);
        return;
    }
    if (!gv_plan_same_metrics(job->evidence, run, job->arena, &what)) {
        if (what)
            supersede(job, what);
        else
            delay(job, "out of memory");
        return;
    }
    job->compared = true;
    observe(job);
}

/* True when the comparison is done, or not needed. */
static bool compare(struct gv_job *job)
{
    struct gv_error err = GV_ERROR_INIT;
    const char *run = gv_plan_run(job->evidence);
    if (job->compared || !run)
        return true;
    if (!gv_mlflow_run_get(job->executor->options.mlflow, job->decision.workspace, run, run_read,
                           job, &err))
        delay(job, err.message);
    return false;
}

/* --- observe --- */

static void observed(void *ctx, const struct gv_mlflow_version *version, const struct gv_error *err)
{
    struct gv_job *job = ctx;
    const char *what;
    if (err) {
        mlflow_failed(job, err);
        return;
    }
    struct gv_act next = gv_plan_next(&job->plan, version);
    if (!gv_plan_same_version(job->evidence, version, &what))
        supersede(job, what);
    else if (next.kind == GV_ACT_NOTHING)
        end(job, GV_EVENT_COMPLETE, "MODEL_PROMOTION_EXECUTED", "EXECUTED", "executed", NULL);
    else if (!gv_plan_may_go_on(&job->plan, version))
        supersede(job, gv_arena_format(job->arena, "the version is no longer in %s",
                                       job->decision.source));
    else if (!compare(job))
        return;
    else if (!job->displaced)
        survey(job);
    else if (is_lease_short(job))
        renew(job);
    else
        act(job, &next);
}

static void observe(struct gv_job *job)
{
    struct gv_error err = GV_ERROR_INIT;
    if (!gv_mlflow_version_get(job->executor->options.mlflow, job->decision.workspace,
                               job->decision.model, job->decision.model_version, observed, job,
                               &err))
        delay(job, err.message);
}

/* --- claim --- */

static void begin_promotion(struct gv_job *job)
{
    struct gv_error err = GV_ERROR_INIT;
    job->evidence = gv_plan_evidence(job->decision.evidence, job->arena, &err);
    if (!job->evidence && err.code == GV_ERROR_MEMORY)
        delay(job, err.message);
    else if (!job->evidence || !gv_plan_find(job->set, &job->decision, &job->plan, &err))
        supersede(job, err.message);
    else
        observe(job);
}

static void claimed(void *ctx, const struct gv_error *err)
{
    struct gv_job *job = ctx;
    if (err)
        leave(job, "A decision could not be claimed", err);
    else if (job->ending != GV_JOB_LATER)
        gv_executor_job_over(job);
    else if (!job->decision.model_version)
        end(job, GV_EVENT_COMPLETE, "MODEL_RETRAINING_RELEASED", "EXECUTED", "executed", NULL);
    else
        begin_promotion(job);
}

void gv_job_begin(struct gv_job *job)
{
    write_or_leave(job, gv_job_write_claim, claimed);
}
