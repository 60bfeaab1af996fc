/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GOVERNANCE_GOVERNANCE_H
#define GV_GOVERNANCE_GOVERNANCE_H

#include "policies/engine/slot.h"
#include "sidecar/audit/audit.h"
#include "sidecar/governance/assess.h"
#include "sidecar/identity/identity.h"
#include "sidecar/mlflow/client.h"
#include "sidecar/store/store.h"

/*
 * The hall that every door opens into: requests, votes, and the judgement of calls. One object per
 * loop; the store, the audit chain and the policy slot are shared. Every operation calls `done`
 * exactly once, on the loop, possibly before the function returns, unless the object is freed
 * first. What is passed to `done` is valid during the call only.
 */
struct gv_governance;

struct gv_governance_services {
    struct gv_loop *loop;
    struct gv_slot *slot;
    struct gv_store *store;
    struct gv_audit *audit;
    struct gv_mlflow *mlflow;
    void (*approved)(void *ctx); /* something became due for the executor; any thread */
    void *approved_ctx;
    /* Profile large: NULL while the audit sink is within its bound, else a sentence why promotions
     * are refused. Any thread; the function may be NULL. */
    const char *(*sink_trouble)(void *ctx);
    void *sink_ctx;
};

struct gv_governance *gv_governance_new(const struct gv_governance_services *services,
                                        struct gv_error *err);
/* Accepts NULL; returns NULL. Nothing may be under way in the store for it any more: drain first.
 */
struct gv_governance *gv_governance_free(struct gv_governance *governance);

/* Operations under way; draining waits for 0. */
unsigned gv_governance_active(const struct gv_governance *governance);

/* Who asks, and in which request. */
struct gv_caller {
    const struct gv_principal *principal;
    const char *request_id;
};

/* How an operation ended, for the door to render. */
enum gv_outcome {
    GV_OUTCOME_OK,
    GV_OUTCOME_INVALID,     /* 400: the rule is named */
    GV_OUTCOME_FORBIDDEN,   /* 403 */
    GV_OUTCOME_NOT_FOUND,   /* 404 */
    GV_OUTCOME_CONFLICT,    /* 409: an active request exists, an idempotency key is in flight */
    GV_OUTCOME_MISMATCH,    /* 422: an idempotency key with another body */
    GV_OUTCOME_UNAVAILABLE, /* 503: store or MLflow away; nothing happened */
};

/* The status code of an outcome, 200 for OK. */
unsigned gv_outcome_status(enum gv_outcome outcome);

/* A decision with all that its status shows. */
struct gv_decision_view {
    struct gv_decision row;
    const struct gv_vote_row *votes;
    size_t vote_count;
    struct gv_seat_view {
        const char *role;
        unsigned missing;
        const char *const *holders; /* people assigned to the role in the domain, as subjects; may
                                       be empty: by token role */
        size_t holder_count;
    } * seats; /* still missing; empty unless it waits */
    size_t seat_count;
    gv_time now; /* when it was read, for its age */
};

struct gv_result {
    enum gv_outcome outcome;
    const char *message;                 /* for a person; NULL when OK */
    const struct gv_decision_view *view; /* of the decision concerned; NULL when there is none */
    const struct gv_vote_row *vote;      /* the vote just cast; NULL otherwise */
    struct gv_slice replay; /* the stored answer of an idempotency key; NULL pointer: none */
    unsigned replay_status;
};

typedef void (*gv_governance_done)(void *ctx, const struct gv_result *result);

/* An Idempotency-Key as its door understood it. */
struct gv_idempotency {
    const char *key; /* NULL: none was sent */
    const char *fingerprint;
    unsigned status; /* of the answer that is kept */
    /* Renders the answer that is kept, inside the transaction, on the store's thread: must be a
     * pure function of its arguments. `awaiting`: the names of the roles whose seats are open, as
     * gv_set_role_names joins them; NULL when the decision waits for nobody. */
    bool (*render)(const struct gv_decision *decision, const char *awaiting, struct gv_text *out);
};

struct gv_metric_claim {
    const char *name;
    double value;
};

struct gv_promotion_request {
    const char *workspace;
    const char *model;
    int64_t version;
    const char
        *source; /* as the client says: a target or a stage, any case; NULL: whatever it holds */
    const char *target;
    const char *run_id; /* claims; NULL: not made */
    const char *model_uri;
    const char *justification;
    const struct gv_metric_claim *metrics;
    size_t metric_count;
    const char *body; /* the request as JSON, kept as claimed */
    struct gv_idempotency idempotency;
};

/*
 * Asks for a promotion: facts from MLflow, path, roles, claims; then one transaction writes
 * decision and audit event. A path without approval is approved at once and goes to the executor.
 */
void gv_governance_request_promotion(struct gv_governance *governance,
                                     const struct gv_caller *caller,
                                     const struct gv_promotion_request *request,
                                     gv_governance_done done, void *ctx);

struct gv_retraining_request {
    const char *workspace;
    const char *model;
    const char *reason;
    const char *body; /* the request as JSON: drift score and details */
    struct gv_idempotency idempotency;
};

/* Asks for a retraining: the activity `retrain-model` of the RaciMatrix says who may ask and who
 * approves. */
void gv_governance_request_retraining(struct gv_governance *governance,
                                      const struct gv_caller *caller,
                                      const struct gv_retraining_request *request,
                                      gv_governance_done done, void *ctx);

/* Casts the caller's vote. */
void gv_governance_vote(struct gv_governance *governance, const struct gv_caller *caller,
                        const char *decision_id, enum gv_vote vote, const char *comment,
                        gv_governance_done done, void *ctx);

/* Reads one decision. The caller needs mlops:read on it. */
void gv_governance_get(struct gv_governance *governance, const struct gv_caller *caller,
                       const char *decision_id, gv_governance_done done, void *ctx);

typedef void (*gv_governance_list_done)(void *ctx, enum gv_outcome outcome, const char *message,
                                        const struct gv_decision *rows, size_t count);

void gv_governance_list(struct gv_governance *governance, const struct gv_caller *caller,
                        const struct gv_decision_filter *filter, gv_governance_list_done done,
                        void *ctx);

/*
 * Whether the caller's roles allow `action` on `resource` by the access rules of `package`
 * ("authz"); a refusal is counted, logged and audited. For doors whose calls have no governed
 * meaning (audit reading).
 */
bool gv_governance_allows(struct gv_governance *governance, const struct gv_caller *caller,
                          const char *action, const struct gv_resource *resource,
                          struct gv_arena *arena, const char **ret_message);

/* What the platform asks before a stage change: the same judgement as the gateway's, without the
 * change. */
struct gv_stage_question {
    const char *workspace;
    const char *model;
    int64_t version;
    const char *target_stage;
};

struct gv_stage_answer {
    enum gv_outcome outcome;
    bool allowed;
    const char *message; /* why, and the way out */
    bool approval_required;
    const char *approval_by; /* role names; NULL */
    const char *decision_id; /* of an active or executed request for it; NULL */
    const char *digest;
};

void gv_governance_ask_stage(struct gv_governance *governance, const struct gv_caller *caller,
                             const struct gv_stage_question *question,
                             void (*done)(void *ctx, const struct gv_stage_answer *answer),
                             void *ctx);

/* The MLOps API's words for a state; static. `*ret_execution` NULL: nothing to say. */
const char *gv_status_word(enum gv_state state, const char **ret_execution);

#endif
