/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/ledger.h"

#include "sidecar/governance/events.h"
#include "sidecar/governance/kinds.h"

static bool no_memory(struct gv_error *err)
{
    return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
}

static const char *type_of(const struct gv_frame *frame, const char *kind,
                           const struct gv_entry *entry)
{
    return entry->is_whole ? entry->event_type
                           : gv_arena_format(frame->arena, "%s_%s", kind, entry->event_type);
}

static bool describe_promotion(const struct gv_frame *frame, const struct gv_decision *decision,
                               const struct gv_entry *entry, struct gv_audit_event *event)
{
    event->event_type = type_of(frame, "MODEL_PROMOTION", entry);
    event->resource = gv_version_resource(decision->model, decision->model_version, frame->arena);
    event->action = gv_promote_action(decision->source, decision->target, frame->arena);
    return event->event_type && event->resource && event->action;
}

static bool describe_retraining(const struct gv_frame *frame, const struct gv_decision *decision,
                                const struct gv_entry *entry, struct gv_audit_event *event)
{
    event->event_type = type_of(frame, "MODEL_RETRAINING", entry);
    event->resource = gv_resource_append(frame->arena, "model", gv_slice_from(decision->model));
    event->action = "retrain";
    return event->event_type && event->resource;
}

bool gv_ledger_event(const struct gv_frame *frame, struct gv_store_tx *tx,
                     const struct gv_decision *decision, const struct gv_entry *entry,
                     struct gv_error *err)
{
    struct gv_audit_event event = {
        .actor = entry->actor,
        .workspace = decision->workspace,
        .decision_id = decision->id,
        .outcome = entry->outcome,
        .fields = entry->fields,
        .field_count = entry->field_count,
    };
    bool retrains = strcmp(decision->type, GV_TYPE_RETRAINING) == 0;
    bool described = retrains ? describe_retraining(frame, decision, entry, &event)
                              : describe_promotion(frame, decision, entry, &event);
    return described ? gv_audit_write(frame->governance->services.audit, tx, &event, err)
                     : no_memory(err);
}

bool gv_ledger_take(struct gv_store_tx *tx, struct gv_decision *decision, enum gv_event event,
                    struct gv_error *err)
{
    if (!gv_state_next(decision->state, event, &decision->state))
        return gv_error_set(err, GV_ERROR_REFUSED, "decision %s cannot %s while %s", decision->id,
                            gv_event_word(event), gv_state_word(decision->state));
    decision->updated_at = gv_store_now(tx);
    return gv_store_decision_update(tx, decision, err);
}

bool gv_ledger_is_overdue(const struct gv_decision *decision, gv_time now)
{
    return gv_state_phase(decision->state) == GV_PHASE_WAITING && decision->expires_at != 0 &&
           decision->expires_at <= now;
}

bool gv_ledger_expire(const struct gv_frame *frame, struct gv_store_tx *tx,
                      struct gv_decision *decision, struct gv_error *err)
{
    static const struct gv_entry ENTRY = {
        .event_type = "EXPIRED", .actor = "gavel", .outcome = "EXPIRED"};
    decision->reason = "nobody decided in time";
    return gv_ledger_take(tx, decision, GV_EVENT_EXPIRE, err) &&
           gv_ledger_event(frame, tx, decision, &ENTRY, err);
}
