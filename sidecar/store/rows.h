/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_STORE_ROWS_H
#define GV_STORE_ROWS_H

#include "policies/engine/base/time.h"
#include "policies/engine/promotion/machine.h"
#include "policies/engine/promotion/quorum.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The rows of the store, typed. Texts are NUL-terminated UTF-8; NULL is SQL's NULL. Rows that are
 * read live in the arena that the caller gave. A person is "issuer|subject" everywhere; the subject
 * alone is what people are shown.
 */

/* A request and everything that became of it. */
struct gv_decision {
    const char *id; /* UUID */
    const char *workspace;
    const char *type; /* "model_promotion", "model_retraining", … */
    const char *title;
    const char *description;
    const char *domain;
    const char *policy; /* the PromotionPolicy's name; NULL for other types */
    const char *activity;
    enum gv_state state;
    int64_t version; /* optimistic lock: each update adds one */
    const char *model;
    int64_t model_version; /* 0: none */
    const char *source;    /* target names of the path; "none" for none */
    const char *target;
    const char *requester;
    const char *author;        /* of the version, as far as it is known */
    const char *decided_by;    /* the person whose vote decided it */
    const char *reason;        /* why it ended, or why execution waits */
    const char *evidence;      /* JSON: what MLflow said of the version when requested */
    const char *request;       /* JSON: the body as its requester claimed it */
    const char *policy_digest; /* of the set that admitted it */
    gv_time created_at;
    gv_time updated_at;
    gv_time decided_at; /* 0: not yet */
    gv_time expires_at; /* 0: never */
    gv_time executed_at;
    /* execution */
    const char *lease_owner; /* of the executor that claimed it */
    gv_time lease_until;
    const char *execution_token; /* UUID of the intent */
    int64_t attempts;
    gv_time next_attempt_at;
};

struct gv_vote_row {
    const char *id;
    const char *decision_id;
    const char *person;
    const char
        *role; /* name of the role whose seat the vote counts for, or through which it has a say */
    const char *roles; /* names of all roles held when voting, joined by ',' */
    enum gv_vote vote;
    const char *comment;
    gv_time voted_at;
};

struct gv_assignment_row {
    const char *id;
    const char *workspace;
    const char *person; /* "issuer|subject", or a subject alone for any issuer */
    const char *domain;
    const char *role; /* RACI word */
    const char *assigned_by;
    gv_time assigned_at;
};

/* One audit event, exactly as it was chained. */
struct gv_audit_row {
    const char *writer;
    int64_t epoch;
    int64_t seq;
    gv_time at;
    const char *workspace;
    const char *event_type;
    const char *entity_type; /* "decision", or the kind of the resource ("model") */
    const char *entity_id;   /* a decision's id, or the resource */
    const char *resource;
    const char *actor; /* "issuer|subject" */
    const char *line;  /* the bytes that are hashed; never built again */
    size_t line_len;
    const char *hash; /* hex: SHA-256(0x00 || line) */
};

struct gv_idempotency_row {
    const char *person;
    const char *key;
    const char *fingerprint; /* SHA-256 of method, path and body, hex */
    int64_t status;          /* 0: the first call is still under way */
    const char *body;
    gv_time created_at;
};

struct gv_decision_filter {
    const char *workspace; /* NULL: any; likewise below */
    const char *domain;
    const char *type;
    const char *model;
    const enum gv_state *states; /* NULL: any */
    size_t state_count;
    int64_t limit;
    int64_t offset;
};

#endif
