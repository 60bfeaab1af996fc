/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_AUDIT_AUDIT_H
#define GV_AUDIT_AUDIT_H

#include "policies/engine/base/error.h"
#include "sidecar/store/store.h"

/*
 * Audit events: made durable in the transaction of what caused them, hash-chained per writer,
 * forwarded to Loki afterwards.
 *
 * A line is built once and never again:
 * {"v":1,"w":writer,"e":epoch,"seq":n,"prev":hex,"event_type":…,"timestamp":…,"actor":…,
 * "resource":…,"action":…,"decision_id":…,"outcome":…,"actor_issuer":…,"workspace":…,
 * "policy_digest":…, further fields}. `actor_issuer` is left out when the actor has none. Its hash
 * is SHA-256(0x00 || line), which is the next line's `prev`; the first of a chain has 64 zeros.
 * `seq` goes on for ever, `e` counts the process starts: each begins with a chain.open event. A
 * line has at most GV_AUDIT_LINE_MAX bytes; a larger event is refused (LIMIT).
 */
struct gv_audit;

/* Further fields of an event, beyond the seven that every event has. */
struct gv_audit_field {
    const char *key;
    const char *string; /* NULL: use `integer` or `json` */
    const char *json;   /* a JSON text to be inserted as it is; must be valid */
    int64_t integer;
};

struct gv_audit_event {
    const char *event_type; /* "MODEL_PROMOTION_REQUESTED" */
    const char
        *actor; /* "issuer|subject", shown as the subject; NULL: "anonymous"; "gavel" for itself */
    const char *workspace;   /* NULL: default */
    const char *resource;    /* "model/customer-churn/v1" */
    const char *action;      /* "promote:staging->production", "mlops:read" */
    const char *decision_id; /* NULL: the event belongs to no decision; written as null */
    const char *outcome;     /* "PENDING_APPROVAL", "ALLOWED", "DENIED", … */
    const struct gv_audit_field *fields;
    size_t field_count;
};

struct gv_audit_options {
    const char *writer;  /* "prod/gavel/0": deployment and slot */
    const char *version; /* of the program, for chain.open */
};

/*
 * Opens this writer's chain in the store: a new epoch that names the end of the last one. Waits for
 * the store; before loops run. `digest` is that of the policies in force. NULL on error.
 */
struct gv_audit *gv_audit_open(struct gv_store *store, const struct gv_audit_options *options,
                               const char *digest, struct gv_error *err);

/* Writes aggregated refusals and chain.close, frees. The store must still be open. Accepts NULL;
 * returns NULL. */
struct gv_audit *gv_audit_close(struct gv_audit *audit);

/* The digest that events name from now on. Any thread. */
void gv_audit_set_policy_digest(struct gv_audit *audit, const char *digest);

/* Chains and appends an event inside a transaction of the store's writer thread. */
bool gv_audit_write(struct gv_audit *audit, struct gv_store_tx *tx,
                    const struct gv_audit_event *event, struct gv_error *err);

/*
 * Appends an event in a transaction of its own; `done` as gv_store_write. The event is copied. For
 * what has no other local cause: an allowed governed call (before it is sent) and its outcome.
 */
bool gv_audit_submit(struct gv_audit *audit, const struct gv_audit_event *event,
                     struct gv_loop *loop, gv_store_done done, void *ctx, struct gv_error *err);

/*
 * Counts a refusal. The first of (actor, event_type, action, route) is written at once; those that
 * follow within the window are counted and written as one event with `count` at its end, so that a
 * flood stays bounded. At most GV_AUDIT_REFUSALS_MAX such keys are kept; beyond it they share one.
 * Nothing waits for it: a refusal has no effect to protect. Any thread.
 */
void gv_audit_refusal(struct gv_audit *audit, const struct gv_audit_event *event,
                      const char *route);

#define GV_AUDIT_REFUSALS_MAX 1024
#define GV_AUDIT_REFUSAL_WINDOW (60 * GV_SECOND)

struct gv_audit_verdict {
    bool valid;
    int64_t events;
    const char *writer; /* of the first broken event, in the caller's arena */
    int64_t seq;
    const char *problem; /* one sentence; NULL when valid */
};

/* Verifies every writer's chain: hashes, links, gaps, epochs. In a read transaction; bounded
 * memory. */
bool gv_audit_verify(struct gv_store_tx *tx, struct gv_arena *arena,
                     struct gv_audit_verdict *ret_verdict, struct gv_error *err);

#endif
