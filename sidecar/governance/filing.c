/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/filing.h"

#include "sidecar/governance/kinds.h"
#include "sidecar/store/uuid.h"
#include "sidecar/telemetry/log.h"
#include "sidecar/telemetry/metrics.h"

static bool no_memory(struct gv_error *err)
{
    return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
}

bool gv_filing_keep_key(struct gv_filing *filing, const struct gv_idempotency *idempotency)
{
    struct gv_arena *arena = filing->frame->arena;
    filing->idempotency = *idempotency;
    if (!idempotency->key)
        return true;
    filing->idempotency.key = gv_arena_string(arena, idempotency->key);
    filing->idempotency.fingerprint =
        gv_arena_string(arena, idempotency->fingerprint ? idempotency->fingerprint : "");
    return filing->idempotency.key && filing->idempotency.fingerprint;
}

/* Ends the transaction with an answer for the door; rolls back. */
static bool refuse(struct gv_filing *filing, enum gv_outcome outcome, const char *message,
                   struct gv_error *err)
{
    if (!message)
        return no_memory(err);
    filing->outcome = outcome;
    filing->message = message;
    return gv_error_set(err, GV_ERROR_REFUSED, "%s", message);
}

/* --- the idempotency key --- */

static const char *person_of(const struct gv_filing *filing)
{
    return filing->frame->caller.principal->person;
}

static void replay(struct gv_filing *filing, const struct gv_idempotency_row *row)
{
    if (strcmp(row->fingerprint, filing->idempotency.fingerprint) != 0) {
        filing->outcome = GV_OUTCOME_MISMATCH;
        filing->message = "this Idempotency-Key came with another request before; use a new key";
    } else if (row->status == 0) {
        filing->outcome = GV_OUTCOME_CONFLICT;
        filing->message = "a request with this Idempotency-Key is under way; try again";
    } else {
        filing->replay = gv_slice_from(row->body ? row->body : "");
        if (!filing->replay.ptr)
            filing->replay.ptr = "";
        filing->replay_status = (unsigned)row->status;
    }
}

static bool is_settled(const struct gv_filing *filing)
{
    return filing->outcome != GV_OUTCOME_OK || filing->replay.ptr;
}

static bool claim(struct gv_filing *filing, struct gv_store_tx *tx, struct gv_error *err)
{
    if (!filing->idempotency.key)
        return true;
    const struct gv_idempotency_row row = {.person = person_of(filing),
                                           .key = filing->idempotency.key,
                                           .fingerprint = filing->idempotency.fingerprint,
                                           .created_at = gv_store_now(tx)};
    struct gv_idempotency_row *earlier = NULL;
    if (!gv_store_idempotency_claim(tx, &row, filing->frame->arena, &earlier, err))
        return false;
    if (earlier)
        replay(filing, earlier);
    return true;
}

/* --- the first transaction --- */

static bool open_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct gv_filing *filing = ctx;
    if (!claim(filing, tx, err))
        return false;
    if (is_settled(filing))
        return true;
    /* Only looked at: what comes between this and the second transaction may fail. */
    if (filing->idempotency.key &&
        !gv_store_idempotency_release(tx, person_of(filing), filing->idempotency.key, err))
        return false;
    return gv_people_read(tx, filing->workspace, filing->domain, filing->frame->arena,
                          &filing->people, err);
}

/* The store gives work and done one context, which is the filing; its operation has another. */
static void transaction_over(void *ctx, const struct gv_error *err)
{
    const struct gv_filing *filing = ctx;
    filing->done(filing->done_ctx, err);
}

bool gv_filing_open(struct gv_filing *filing, gv_store_done done, void *ctx, struct gv_error *err)
{
    const struct gv_governance_services *services = &filing->frame->governance->services;
    filing->done = done;
    filing->done_ctx = ctx;
    if (filing->idempotency.key)
        return gv_store_write(services->store, open_work, services->loop, transaction_over, filing,
                              err);
    return gv_store_read(services->store, open_work, services->loop, transaction_over, filing, err);
}

/* --- the second transaction --- */

/* Ends an overdue request that stands in the way; otherwise names it. */
static bool clear_way(struct gv_filing *filing, struct gv_store_tx *tx, struct gv_error *err)
{
    const struct gv_decision *decision = &filing->decision;
    struct gv_decision active;
    struct gv_error why = GV_ERROR_INIT;
    if (strcmp(decision->type, GV_TYPE_PROMOTION) != 0)
        return true;
    if (!gv_store_decision_active(tx, decision->workspace, decision->model, decision->model_version,
                                  decision->target, filing->frame->arena, &active, &why)) {
        if (why.code == GV_ERROR_NOT_FOUND)
            return true;
        *err = why;
        return false;
    }
    if (gv_ledger_is_overdue(&active, gv_store_now(tx)))
        return gv_ledger_expire(filing->frame, tx, &active, err);
    if (!gv_poll_read(&filing->poll, tx, filing->frame->set, active.id, filing->frame->arena, err))
        return false;
    filing->has_poll = true;
    return refuse(filing, GV_OUTCOME_CONFLICT,
                  gv_arena_format(filing->frame->arena,
                                  "request %s for model %s v%lld to %s has not ended yet (%s)",
                                  active.id, active.model, (long long)active.model_version,
                                  active.target, gv_state_word(active.state)),
                  err);
}

static bool check_rollback(struct gv_filing *filing, struct gv_store_tx *tx, struct gv_error *err)
{
    const struct gv_decision *decision = &filing->decision;
    bool held = false;
    if (!filing->is_rollback)
        return true;
    if (!gv_store_decision_held(tx, decision->workspace, decision->model, decision->model_version,
                                decision->target, &held, err))
        return false;
    if (held)
        return true;
    return refuse(filing, GV_OUTCOME_INVALID,
                  gv_arena_format(filing->frame->arena,
                                  "%s → %s is a rollback, and by Gavel's record model %s v%lld was "
                                  "never in %s",
                                  decision->source, decision->target, decision->model,
                                  (long long)decision->model_version, decision->target),
                  err);
}

static bool set_state(struct gv_filing *filing, gv_time now)
{
    struct gv_decision *decision = &filing->decision;
    char id[GV_UUID_SIZE];
    enum gv_event event = filing->approval->required ? GV_EVENT_SUBMIT : GV_EVENT_WAIVE;
    gv_state_next(GV_STATE_PENDING, event, &decision->state);
    decision->id = gv_arena_string(filing->frame->arena, gv_uuid_new(now, id));
    decision->version = 1;
    decision->created_at = now;
    decision->updated_at = now;
    if (filing->approval->required && filing->approval->expires_after > 0)
        decision->expires_at = now + filing->approval->expires_after;
    if (!filing->approval->required)
        decision->decided_at = now;
    return decision->id != NULL;
}

static bool write_event(struct gv_filing *filing, struct gv_store_tx *tx, struct gv_error *err)
{
    const struct gv_frame *frame = filing->frame;
    const char *awaiting = gv_poll_awaiting(&filing->poll);
    const struct gv_audit_field fields[] = {
        {.key = "request_id", .string = frame->caller.request_id ? frame->caller.request_id : ""},
        {.key = "awaiting", .string = awaiting ? awaiting : ""},
        {.key = "profile", .string = gv_profile_word(gv_set_profile(frame->set))}};
    const struct gv_entry entry = {
        .event_type = "REQUESTED",
        .actor = person_of(filing),
        .outcome = filing->approval->required ? "PENDING_APPROVAL" : "APPROVED",
        .fields = fields,
        .field_count = sizeof(fields) / sizeof(fields[0]),
    };
    return gv_ledger_event(frame, tx, &filing->poll.decision, &entry, err);
}

static bool keep_answer(struct gv_filing *filing, struct gv_store_tx *tx, struct gv_error *err)
{
    const struct gv_idempotency *key = &filing->idempotency;
    if (!key->key)
        return true;
    struct gv_text body = GV_TEXT_INIT;
    bool kept = key->render(&filing->poll.decision, gv_poll_awaiting(&filing->poll), &body) &&
                        gv_text_ok(&body)
                    ? gv_store_idempotency_answer(tx, person_of(filing), key->key,
                                                  (int64_t)key->status, gv_text_cstr(&body), err)
                    : no_memory(err);
    gv_text_free(&body);
    return kept;
}

static bool submit_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct gv_filing *filing = ctx;
    const struct gv_frame *frame = filing->frame;
    if (!claim(filing, tx, err))
        return false;
    if (is_settled(filing))
        return true;
    if (!clear_way(filing, tx, err) || !check_rollback(filing, tx, err))
        return false;
    if (!set_state(filing, gv_store_now(tx)))
        return no_memory(err);
    if (!gv_store_decision_insert(tx, &filing->decision, err) ||
        !gv_poll_read(&filing->poll, tx, frame->set, filing->decision.id, frame->arena, err))
        return false;
    filing->has_poll = true;
    return write_event(filing, tx, err) && keep_answer(filing, tx, err);
}

bool gv_filing_submit(struct gv_filing *filing, gv_store_done done, void *ctx, struct gv_error *err)
{
    const struct gv_governance_services *services = &filing->frame->governance->services;
    filing->done = done;
    filing->done_ctx = ctx;
    return gv_store_write(services->store, submit_work, services->loop, transaction_over, filing,
                          err);
}

/* --- afterwards, on the loop --- */

void gv_filing_result(struct gv_filing *filing, struct gv_decision_view *view,
                      struct gv_result *ret_result)
{
    *ret_result = (struct gv_result){.outcome = filing->outcome,
                                     .message = filing->message,
                                     .replay = filing->replay,
                                     .replay_status = filing->replay_status};
    if (filing->has_poll && gv_poll_view(&filing->poll, gv_clock_wall(), view, NULL))
        ret_result->view = view;
}

void gv_filing_announce(const struct gv_filing *filing)
{
    const struct gv_decision *row = &filing->poll.decision;
    bool promotion = strcmp(row->type, GV_TYPE_PROMOTION) == 0;
    const char *path =
        promotion ? gv_arena_format(filing->frame->arena, "%s→%s", row->source, row->target) : NULL;
    gv_log(GV_LOG_INFO, "governance",
           promotion ? "Model promotion requested" : "Model retraining requested",
           GV_LOG_S("decision_id", row->id), GV_LOG_S("model", row->model),
           GV_LOG_I("version", row->model_version), GV_LOG_S("path", path),
           GV_LOG_S("user", gv_person_subject(row->requester)),
           GV_LOG_S("state", gv_state_word(row->state)),
           GV_LOG_S("request_id", filing->frame->caller.request_id));
    gv_metric_add(GV_METRIC_DECISIONS, 1, "mlops:request-promotion", "allow");
    if (promotion)
        gv_metric_add(GV_METRIC_PROMOTIONS, 1,
                      row->state == GV_STATE_APPROVED ? "approved" : "pending");
    const struct gv_governance_services *services = &filing->frame->governance->services;
    if (row->state == GV_STATE_APPROVED && services->approved)
        services->approved(services->approved_ctx);
}
