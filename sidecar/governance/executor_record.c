/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/executor_job.h"
#include "sidecar/store/uuid.h"

#include <string.h>

static bool write_event(struct gv_job *job, struct gv_store_tx *tx, const char *event_type,
                        const char *outcome, struct gv_error *err)
{
    const struct gv_decision *decision = &job->decision;
    bool promotion = decision->model_version != 0;
    struct gv_audit_field fields[4] = {
        {.key = "attempt", .integer = decision->attempts},
        {.key = "execution", .string = decision->execution_token ? decision->execution_token : ""},
    };
    size_t count = 2;
    if (job->displaced)
        fields[count++] = (struct gv_audit_field){.key = "displaced", .json = job->displaced};
    if (job->reason)
        fields[count++] = (struct gv_audit_field){.key = "reason", .string = job->reason};
    struct gv_audit_event event = {
        .event_type = event_type,
        .actor = "gavel",
        .workspace = decision->workspace,
        .resource = promotion ? gv_arena_format(job->arena, "model/%s/v%lld", decision->model,
                                                (long long)decision->model_version)
                              : gv_arena_format(job->arena, "model/%s", decision->model),
        .action = promotion ? gv_arena_format(job->arena, "promote:%s->%s", decision->source,
                                              decision->target)
                            : "retrain",
        .decision_id = decision->id,
        .outcome = outcome,
        .fields = fields,
        .field_count = count,
    };
    if (!event.resource || !event.action)
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    return gv_audit_write(job->executor->options.audit, tx, &event, err);
}

/* Takes one edge of the state machine; a broken edge is a bug of ours. */
static bool take(struct gv_job *job, struct gv_store_tx *tx, enum gv_event event,
                 struct gv_error *err)
{
    if (!gv_state_next(job->decision.state, event, &job->decision.state))
        return gv_error_set(err, GV_ERROR_REFUSED, "decision %s cannot %s while %s",
                            job->decision.id, gv_event_word(event),
                            gv_state_word(job->decision.state));
    job->decision.updated_at = gv_store_now(tx);
    return gv_store_decision_update(tx, &job->decision, err);
}

static bool expire(struct gv_job *job, struct gv_store_tx *tx, struct gv_error *err)
{
    job->ending = GV_JOB_ENDED;
    job->reason = "nobody decided in time";
    job->decision.reason = job->reason;
    return take(job, tx, GV_EVENT_EXPIRE, err) &&
           write_event(job, tx,
                       job->decision.model_version ? "MODEL_PROMOTION_EXPIRED"
                                                   : "MODEL_RETRAINING_EXPIRED",
                       "EXPIRED", err);
}

static bool is_leased_by_another(const struct gv_job *job, gv_time now)
{
    const struct gv_decision *decision = &job->decision;
    bool ours =
        decision->lease_owner && strcmp(decision->lease_owner, job->executor->options.owner) == 0;
    return decision->state == GV_STATE_EXECUTING && decision->lease_until > now && !ours;
}

static bool claim(struct gv_job *job, struct gv_store_tx *tx, gv_time now, struct gv_error *err)
{
    struct gv_decision *decision = &job->decision;
    char token[GV_UUID_SIZE];
    bool first = decision->state == GV_STATE_APPROVED;
    decision->lease_owner = job->executor->options.owner;
    decision->lease_until = now + job->executor->options.lease;
    decision->attempts++;
    decision->next_attempt_at = 0;
    if (first)
        decision->execution_token = gv_arena_string(job->arena, gv_uuid_new(now, token));
    if (first && !take(job, tx, GV_EVENT_CLAIM, err))
        return false;
    /* A later attempt is the same intent, which is durable already. */
    return first ? write_event(job, tx,
                               decision->model_version ? "MODEL_PROMOTION_STARTED"
                                                       : "MODEL_RETRAINING_STARTED",
                               "EXECUTING", err)
                 : gv_store_decision_update(tx, decision, err);
}

bool gv_job_write_claim(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct gv_job *job = ctx;
    gv_time now = gv_store_now(tx);
    job->ending = GV_JOB_LEFT;
    if (!gv_store_decision_get(tx, job->id, job->arena, &job->decision, err))
        return false;
    const struct gv_decision *decision = &job->decision;
    if (gv_state_phase(decision->state) == GV_PHASE_WAITING)
        return !decision->expires_at || decision->expires_at > now || expire(job, tx, err);
    if (gv_state_phase(decision->state) == GV_PHASE_ENDED || decision->next_attempt_at > now ||
        is_leased_by_another(job, now))
        return true;
    job->ending = GV_JOB_LATER;
    return claim(job, tx, now, err);
}

/* The decision must still be ours: a job that slept over its end may not speak any more. */
static bool reread(struct gv_job *job, struct gv_store_tx *tx, struct gv_error *err)
{
    const char *token = job->decision.execution_token;
    struct gv_decision now;
    if (!gv_store_decision_get(tx, job->decision.id, job->arena, &now, err))
        return false;
    if (now.version != job->decision.version || !now.execution_token || !token ||
        strcmp(now.execution_token, token) != 0)
        return gv_error_set(err, GV_ERROR_STALE, "decision %s was taken over", job->decision.id);
    return true;
}

bool gv_job_write_renewal(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct gv_job *job = ctx;
    if (!reread(job, tx, err))
        return false;
    job->decision.lease_until = gv_store_now(tx) + job->executor->options.lease;
    return gv_store_decision_update(tx, &job->decision, err);
}

bool gv_job_write_end(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct gv_job *job = ctx;
    if (!reread(job, tx, err))
        return false;
    job->decision.reason = job->reason;
    job->decision.lease_owner = NULL;
    job->decision.lease_until = 0;
    if (job->event == GV_EVENT_COMPLETE)
        job->decision.executed_at = gv_store_now(tx);
    return take(job, tx, job->event, err) &&
           write_event(job, tx, job->event_type, job->outcome, err);
}

bool gv_job_write_delay(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct gv_job *job = ctx;
    if (!reread(job, tx, err))
        return false;
    /* The trail says that it waits once for each reason, not once for each attempt. */
    bool told = job->decision.reason && strcmp(job->decision.reason, job->reason) == 0;
    job->decision.reason = job->reason;
    job->decision.lease_owner = NULL;
    job->decision.lease_until = 0;
    job->decision.next_attempt_at = gv_store_now(tx) + job->delay;
    job->decision.updated_at = gv_store_now(tx);
    return gv_store_decision_update(tx, &job->decision, err) &&
           (told || write_event(job, tx, "MODEL_PROMOTION_DELAYED", "WAITING", err));
}
