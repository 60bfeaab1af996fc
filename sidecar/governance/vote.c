/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/access.h"
#include "sidecar/governance/events.h"
#include "sidecar/governance/kinds.h"
#include "sidecar/governance/ledger.h"
#include "sidecar/governance/poll.h"
#include "sidecar/store/uuid.h"
#include "sidecar/telemetry/log.h"
#include "sidecar/telemetry/metrics.h"

/*
 * A vote: one transaction reads decision, votes and people, judges the voter by the rules in force,
 * writes the vote, adds up, and takes the edge that follows. Everything but the answer happens on
 * the store's thread, where writers come one after the other, so the last vote is never lost.
 */
struct voting {
    struct gv_frame frame;
    const char *decision_id;
    enum gv_vote vote;
    const char *comment;
    gv_governance_done done;
    void *ctx;
    unsigned tries;
    struct gv_poll poll;
    gv_role_set roles;
    struct gv_vote_row row;
    bool cast;
    enum gv_outcome outcome; /* of the transaction that ended without an error */
    const char *message;
    const char *refusal; /* a word, when it is to be put on record */
};

static bool no_memory(struct gv_error *err)
{
    return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
}

/* --- in the transaction --- */

static const char *voter(const struct voting *v)
{
    return v->frame.caller.principal->person;
}

/* Ends the work with an answer; what was written before it stays. */
static bool settle(struct voting *v, enum gv_outcome outcome, const char *refusal,
                   const char *message, struct gv_error *err)
{
    v->outcome = outcome;
    v->refusal = refusal;
    v->message = message;
    return message || no_memory(err);
}

static const char *role_message(const struct voting *v)
{
    const struct gv_approval *approval = &v->poll.rules.approval;
    gv_role_set wanted = gv_approval_roles(approval) | approval->veto_roles | approval->consulted;
    const char *names = gv_set_role_names(v->frame.set, wanted, v->frame.arena);
    return names ? gv_arena_format(v->frame.arena,
                                   "%s has no RACI role in domain %s that votes on this; %s do",
                                   v->frame.caller.principal->subject, v->poll.rules.domain, names)
                 : NULL;
}

static bool refuse_voter(struct voting *v, enum gv_vote_refusal refusal, struct gv_error *err)
{
    switch (refusal) {
    case GV_VOTE_REFUSED_REQUESTER:
        return settle(v, GV_OUTCOME_FORBIDDEN, "requester",
                      "the requester cannot approve their own request", err);
    case GV_VOTE_REFUSED_AUTHOR:
        return settle(v, GV_OUTCOME_FORBIDDEN, "author",
                      "the version's author cannot approve its promotion", err);
    case GV_VOTE_REFUSED_UNKNOWN_AUTHOR:
        return settle(v, GV_OUTCOME_FORBIDDEN, "unknown-author",
                      "nobody knows who made the version, and the policy lets nobody approve such "
                      "a one (unknownAuthor: deny)",
                      err);
    case GV_VOTE_REFUSED_TWICE:
        return settle(v, GV_OUTCOME_INVALID, NULL,
                      gv_arena_format(v->frame.arena, "%s has already voted on this decision",
                                      v->frame.caller.principal->subject),
                      err);
    case GV_VOTE_REFUSED_ROLE:
        return settle(v, GV_OUTCOME_FORBIDDEN, "role", role_message(v), err);
    case GV_VOTE_ACCEPTED:
        break;
    }
    return true;
}

/* The author is known by subject alone: for the voter it is spelled like the voter. */
static enum gv_vote_refusal may_vote(const struct voting *v)
{
    struct gv_case about = v->poll.about;
    if (about.author && gv_person_is(about.author, voter(v)))
        about.author = voter(v);
    return gv_quorum_may_vote(&about, voter(v), v->roles, v->vote);
}

static const char *access_message(const struct voting *v)
{
    const char *path =
        gv_resource_append(v->frame.arena, "decision", gv_slice_from(v->decision_id));
    if (!path)
        return GV_FRAME_BUSY;
    const struct gv_resource resource = {gv_slice_from(v->poll.decision.workspace),
                                         gv_slice_from(path)};
    struct gv_access access = {v->frame.set, v->roles, &resource, v->frame.arena};
    const char *why = NULL;
    if (gv_access_ask(&access, GV_ACTION_APPROVE, &why) == GV_ACCESS_ALLOWED)
        return NULL;
    return why ? why : GV_FRAME_BUSY;
}

static const char *closed_message(const struct voting *v)
{
    return gv_arena_format(v->frame.arena,
                           "the decision is %s; to vote, it must be "
                           "AWAITING_APPROVAL",
                           gv_state_word(v->poll.decision.state));
}

/* Whether the vote may be cast; otherwise settled. *ret_goes_on is false then. */
static bool admit(struct voting *v, struct gv_store_tx *tx, bool *ret_goes_on, struct gv_error *err)
{
    struct gv_decision *decision = &v->poll.decision;
    *ret_goes_on = false;
    if (gv_ledger_is_overdue(decision, gv_store_now(tx)) &&
        !gv_ledger_expire(&v->frame, tx, decision, err))
        return false;
    if (decision->state != GV_STATE_AWAITING_APPROVAL)
        return settle(v, GV_OUTCOME_INVALID, NULL, closed_message(v), err);
    if (!v->poll.has_rules)
        return settle(v, GV_OUTCOME_INVALID, NULL,
                      gv_arena_string(v->frame.arena, v->poll.no_rules.message), err);
    v->roles = gv_people_roles(&v->poll.people, v->frame.set, v->frame.caller.principal);
    enum gv_vote_refusal refusal = may_vote(v);
    if (refusal != GV_VOTE_ACCEPTED)
        return refuse_voter(v, refusal, err);
    const char *denied = access_message(v);
    if (denied)
        return settle(v, GV_OUTCOME_FORBIDDEN, "access", denied, err);
    *ret_goes_on = true;
    return true;
}

/* The role that the vote counts for: of a seat first, then of a veto, then of a consultation. */
static const char *counting_role(const struct voting *v)
{
    const struct gv_approval *approval = &v->poll.rules.approval;
    const gv_role_set orders[] = {gv_approval_roles(approval), approval->veto_roles,
                                  approval->consulted};
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        if ((v->roles & orders[i]) != 0)
            return gv_set_role_name(v->frame.set, (unsigned)__builtin_ctzll(v->roles & orders[i]));
    }
    return "";
}

static bool write_vote(struct voting *v, struct gv_store_tx *tx, struct gv_error *err)
{
    char id[GV_UUID_SIZE];
    gv_time now = gv_store_now(tx);
    v->row = (struct gv_vote_row){
        .id = gv_arena_string(v->frame.arena, gv_uuid_new(now, id)),
        .decision_id = v->decision_id,
        .person = voter(v),
        .role = counting_role(v),
        .roles = gv_roles_join(v->frame.set, v->roles, v->frame.arena),
        .vote = v->vote,
        .comment = v->comment,
        .voted_at = now,
    };
    if (!v->row.id || !v->row.roles)
        return no_memory(err);
    const struct gv_audit_field fields[] = {
        {.key = "vote", .string = gv_vote_word(v->vote)},
        {.key = "role", .string = v->row.role},
        {.key = "comment", .string = v->comment ? v->comment : ""}};
    const struct gv_entry entry = {
        .event_type = "VOTE_CAST",
        .is_whole = true,
        .actor = voter(v),
        .outcome = "RECORDED",
        .fields = fields,
        .field_count = sizeof(fields) / sizeof(fields[0]),
    };
    return gv_store_vote_insert(tx, &v->row, err) &&
           gv_ledger_event(&v->frame, tx, &v->poll.decision, &entry, err);
}

static bool has_consulted_voted(const struct voting *v)
{
    for (size_t i = 0; i < v->poll.vote_count; i++) {
        gv_role_set roles = gv_roles_parse(v->frame.set, v->poll.votes[i].roles);
        if ((roles & v->poll.rules.approval.consulted) != 0)
            return true;
    }
    return false;
}

/* A consultation that blocks holds the execution back, not the votes: until its window ends. */
static gv_time held_back_until(const struct voting *v)
{
    const struct gv_approval *approval = &v->poll.rules.approval;
    if (!approval->consult_blocking || approval->consulted == 0 || has_consulted_voted(v))
        return 0;
    return v->poll.decision.created_at + approval->consult_window;
}

static bool approve(struct voting *v, struct gv_store_tx *tx, struct gv_error *err)
{
    static const char WORD[] = "APPROVED";
    struct gv_decision *decision = &v->poll.decision;
    const struct gv_entry entry = {.event_type = WORD, .actor = voter(v), .outcome = WORD};
    decision->decided_by = voter(v);
    decision->decided_at = gv_store_now(tx);
    decision->next_attempt_at = held_back_until(v);
    if (!gv_ledger_take(tx, decision, GV_EVENT_APPROVE, err) ||
        !gv_ledger_event(&v->frame, tx, decision, &entry, err))
        return false;
    if (strcmp(decision->type, GV_TYPE_RETRAINING) != 0)
        return true;
    /* There is nothing in MLflow to carry out. */
    decision->executed_at = gv_store_now(tx);
    return gv_ledger_take(tx, decision, GV_EVENT_COMPLETE, err);
}

static bool reject(struct voting *v, struct gv_store_tx *tx, struct gv_error *err)
{
    static const char WORD[] = "REJECTED";
    struct gv_decision *decision = &v->poll.decision;
    const struct gv_entry entry = {.event_type = WORD, .actor = voter(v), .outcome = WORD};
    decision->decided_by = voter(v);
    decision->decided_at = gv_store_now(tx);
    decision->reason = v->comment;
    return gv_ledger_take(tx, decision, GV_EVENT_REJECT, err) &&
           gv_ledger_event(&v->frame, tx, decision, &entry, err);
}

/* Adds up. A vote that decides nothing touches the row all the same, so that two votes that were
 * cast at once against two replicas cannot both have read the same state. */
static bool add_up(struct voting *v, struct gv_store_tx *tx, struct gv_error *err)
{
    if (!gv_poll_reread(&v->poll, tx, err))
        return false;
    struct gv_tally tally = gv_quorum_tally(&v->poll.about);
    if (tally.outcome == GV_QUORUM_MET)
        return approve(v, tx, err);
    if (tally.outcome == GV_QUORUM_REJECTED)
        return reject(v, tx, err);
    v->poll.decision.updated_at = gv_store_now(tx);
    return gv_store_decision_update(tx, &v->poll.decision, err);
}

static bool work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct voting *v = ctx;
    bool goes_on;
    if (!gv_poll_read(&v->poll, tx, v->frame.set, v->decision_id, v->frame.arena, err) ||
        !admit(v, tx, &goes_on, err))
        return false;
    if (!goes_on)
        return true;
    if (!write_vote(v, tx, err) || !add_up(v, tx, err))
        return false;
    v->cast = true;
    return true;
}

/* --- on the loop --- */

static void answer(struct voting *v, const struct gv_decision_view *view)
{
    const struct gv_result result = {.outcome = v->outcome,
                                     .message = v->message,
                                     .view = view,
                                     .vote = v->cast ? &v->row : NULL};
    v->done(v->ctx, &result);
    gv_frame_end(&v->frame);
}

static void end(struct voting *v, enum gv_outcome outcome, const char *message)
{
    v->outcome = message ? outcome : GV_OUTCOME_UNAVAILABLE;
    v->message = message ? message : GV_FRAME_BUSY;
    v->cast = false;
    answer(v, NULL);
}

static void announce_decided(const struct voting *v)
{
    const struct gv_decision *row = &v->poll.decision;
    bool approved = row->state != GV_STATE_REJECTED;
    bool promotion = strcmp(row->type, GV_TYPE_PROMOTION) == 0;
    const char *path =
        promotion ? gv_arena_format(v->frame.arena, "%s→%s", row->source, row->target) : NULL;
    gv_log(GV_LOG_INFO, "governance", approved ? "Decision approved" : "Decision rejected",
           GV_LOG_S("decision_id", row->id), GV_LOG_S("model", row->model),
           GV_LOG_I("version", row->model_version), GV_LOG_S("path", path),
           GV_LOG_S("user", v->frame.caller.principal->subject),
           GV_LOG_S("request_id", v->frame.caller.request_id));
    if (promotion)
        gv_metric_add(GV_METRIC_PROMOTIONS, 1, approved ? "approved" : "denied");
    const struct gv_governance_services *services = &v->frame.governance->services;
    if (row->state == GV_STATE_APPROVED && services->approved)
        services->approved(services->approved_ctx);
}

static void announce(const struct voting *v)
{
    gv_metric_add(GV_METRIC_DECISIONS, 1, GV_ACTION_APPROVE, "allow");
    gv_log(GV_LOG_INFO, "governance", "Vote cast", GV_LOG_S("decision_id", v->decision_id),
           GV_LOG_S("vote", gv_vote_word(v->vote)), GV_LOG_S("role", v->row.role),
           GV_LOG_S("user", v->frame.caller.principal->subject));
    if (gv_state_phase(v->poll.decision.state) != GV_PHASE_WAITING)
        announce_decided(v);
}

static void record_refusal(const struct voting *v)
{
    const char *path =
        gv_resource_append(v->frame.arena, "decision", gv_slice_from(v->decision_id));
    gv_record_refusal(v->frame.governance, &(struct gv_refusal){
                                               .principal = v->frame.caller.principal,
                                               .event_type = GV_EVENT_ACCESS_DENIED,
                                               .workspace = v->poll.decision.workspace,
                                               .action = GV_ACTION_APPROVE,
                                               .resource = path,
                                               .decision_id = v->decision_id,
                                               .route = "decisions/approve",
                                               .reason = v->refusal,
                                               .message = v->message,
                                               .request_id = v->frame.caller.request_id,
                                           });
}

static void submit(struct voting *v);

static void store_failed(struct voting *v, const struct gv_error *err)
{
    if (err->code == GV_ERROR_NOT_FOUND)
        end(v, GV_OUTCOME_NOT_FOUND,
            gv_arena_format(v->frame.arena, "there is no decision %.64s", v->decision_id));
    else if (err->code == GV_ERROR_CONFLICT)
        end(v, GV_OUTCOME_INVALID,
            gv_arena_format(v->frame.arena, "%s has already voted on this decision",
                            v->frame.caller.principal->subject));
    else
        end(v, GV_OUTCOME_UNAVAILABLE,
            gv_arena_format(v->frame.arena, "the vote could not be recorded: %s", err->message));
}

static void committed(void *ctx, const struct gv_error *err)
{
    struct voting *v = ctx;
    struct gv_decision_view view;
    if (err && err->code == GV_ERROR_STALE && v->tries < GV_STALE_RETRIES) {
        submit(v);
        return;
    }
    if (err) {
        store_failed(v, err);
        return;
    }
    if (v->cast)
        announce(v);
    if (v->refusal)
        record_refusal(v);
    bool shown = gv_poll_view(&v->poll, gv_clock_wall(), &view, NULL);
    answer(v, shown ? &view : NULL);
}

static void submit(struct voting *v)
{
    const struct gv_governance_services *services = &v->frame.governance->services;
    struct gv_error err = GV_ERROR_INIT;
    v->tries++;
    if (!gv_store_write(services->store, work, services->loop, committed, v, &err))
        store_failed(v, &err);
}

/* An approval would promote; one that nobody can see from outside waits. */
static const char *sink_trouble(const struct voting *v)
{
    const struct gv_governance_services *services = &v->frame.governance->services;
    if (v->vote != GV_VOTE_APPROVE || !services->sink_trouble)
        return NULL;
    return services->sink_trouble(services->sink_ctx);
}

void gv_governance_vote(struct gv_governance *governance, const struct gv_caller *caller,
                        const char *decision_id, enum gv_vote vote, const char *comment,
                        gv_governance_done done, void *ctx)
{
    struct voting *v = gv_frame_begin(governance, caller, sizeof(*v));
    if (!v) {
        done(ctx, &(struct gv_result){.outcome = GV_OUTCOME_UNAVAILABLE, .message = GV_FRAME_BUSY});
        return;
    }
    v->done = done;
    v->ctx = ctx;
    v->vote = vote;
    v->decision_id = gv_arena_string(v->frame.arena, decision_id);
    v->comment = gv_arena_string(v->frame.arena, comment);
    const char *trouble = sink_trouble(v);
    if (!v->decision_id || (comment && !v->comment))
        end(v, GV_OUTCOME_UNAVAILABLE, NULL);
    else if (trouble)
        end(v, GV_OUTCOME_UNAVAILABLE, gv_arena_string(v->frame.arena, trouble));
    else
        submit(v);
}
