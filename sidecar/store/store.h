/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_STORE_STORE_H
#define GV_STORE_STORE_H

#include "policies/engine/base/arena.h"
#include "policies/engine/base/error.h"
#include "sidecar/loop/loop.h"
#include "sidecar/store/rows.h"

/*
 * The durable store. A transaction is a function that runs on the store's writer thread; several
 * that wait are committed together (each in a savepoint of its own, so that one's failure does not
 * touch the others), and each caller hears of its own after the commit is on disk. Reads run on a
 * reader thread in a snapshot. What one engine must do is in engine.h; the SQL above it is written
 * once.
 */
struct gv_store;
struct gv_store_tx;

/* A transaction's work. False with *err rolls back this transaction alone. Must not touch the
 * caller's loop. */
typedef bool (*gv_store_work)(struct gv_store_tx *tx, void *ctx, struct gv_error *err);

/* The answer, on the loop that was given: `err` NULL when committed (or read), else why not. */
typedef void (*gv_store_done)(void *ctx, const struct gv_error *err);

struct gv_store_options {
    const char *url; /* "sqlite:/var/lib/gavel/gavel.db"; the directory must exist */
    bool read_only;  /* for commands beside a running process: takes no lock, refuses writes */
};

/*
 * Opens, checks and migrates. Refuses a network file system (INVALID), a database of a newer
 * version (REFUSED), a corrupt one (CORRUPT), and one that another process writes (UNAVAILABLE,
 * with its pid). Claims of idempotency keys that a dead process left without an answer are
 * forgotten. NULL on error.
 */
struct gv_store *gv_store_open(const struct gv_store_options *options, struct gv_error *err);

/* Finishes queued work, closes. Accepts NULL; returns NULL. */
struct gv_store *gv_store_close(struct gv_store *store);

/*
 * Queues a write or a read. `done` runs on `loop` (NULL: on the store's thread). Any thread. False
 * with *err (UNAVAILABLE) when the queue is full: then `done` does not run.
 */
bool gv_store_write(struct gv_store *store, gv_store_work work, struct gv_loop *loop,
                    gv_store_done done, void *ctx, struct gv_error *err);
bool gv_store_read(struct gv_store *store, gv_store_work work, struct gv_loop *loop,
                   gv_store_done done, void *ctx, struct gv_error *err);

/* The same, waiting for the answer; for start-up, commands and tests, never on a loop. */
bool gv_store_write_wait(struct gv_store *store, gv_store_work work, void *ctx,
                         struct gv_error *err);
bool gv_store_read_wait(struct gv_store *store, gv_store_work work, void *ctx,
                        struct gv_error *err);

/* NULL when the last commit succeeded, else a sentence why the store is not usable; copied into
 * buf. Any thread. */
const char *gv_store_trouble(struct gv_store *store, char *buf, size_t size);

/* --- inside a transaction --- */

/* The wall clock as of the start of the transaction. */
gv_time gv_store_now(const struct gv_store_tx *tx);

/* Inserts. CONFLICT (GV_ERROR_CONFLICT) when another active request of type "model_promotion" has
 * the same workspace, model, version and target. REFUSED when the state is neither pending nor one
 * edge away from it. */
bool gv_store_decision_insert(struct gv_store_tx *tx, const struct gv_decision *decision,
                              struct gv_error *err);

/* Reads one; NOT_FOUND. */
bool gv_store_decision_get(struct gv_store_tx *tx, const char *id, struct gv_arena *arena,
                           struct gv_decision *ret_decision, struct gv_error *err);

/*
 * Writes all that may change of a decision whose version is still decision->version, and adds one
 * to it in the row and in *decision. STALE when it has moved on; REFUSED when the state's edge is
 * not in the state machine's table.
 */
bool gv_store_decision_update(struct gv_store_tx *tx, struct gv_decision *decision,
                              struct gv_error *err);

/* Newest first. */
bool gv_store_decision_list(struct gv_store_tx *tx, const struct gv_decision_filter *filter,
                            struct gv_arena *arena, struct gv_decision **ret_rows,
                            size_t *ret_count, struct gv_error *err);

/* The request of that (workspace, model, version, target) that has not ended; NOT_FOUND. */
bool gv_store_decision_active(struct gv_store_tx *tx, const char *workspace, const char *model,
                              int64_t version, const char *target, struct gv_arena *arena,
                              struct gv_decision *ret_decision, struct gv_error *err);

/* Whether some decision put this version into `target` (executed), for rollbacks. */
bool gv_store_decision_held(struct gv_store_tx *tx, const char *workspace, const char *model,
                            int64_t version, const char *target, bool *ret_held,
                            struct gv_error *err);

/*
 * Decisions that something is due for, longest due first: approved ones whose next attempt is due
 * (next_attempt_at 0: at once), executing ones whose lease has run out and whose next attempt is
 * due, and waiting ones past their expiry.
 */
bool gv_store_decision_due(struct gv_store_tx *tx, gv_time now, size_t limit,
                           struct gv_arena *arena, struct gv_decision **ret_rows, size_t *ret_count,
                           struct gv_error *err);

/* When something will be due next; 0: nothing is waiting. */
bool gv_store_decision_next_due(struct gv_store_tx *tx, gv_time *ret_at, struct gv_error *err);

/* Number of decisions in a state. */
bool gv_store_decision_count(struct gv_store_tx *tx, enum gv_state state, int64_t *ret_count,
                             struct gv_error *err);

/* CONFLICT when the person has voted on the decision. */
bool gv_store_vote_insert(struct gv_store_tx *tx, const struct gv_vote_row *vote,
                          struct gv_error *err);

/* In the order of voting. */
bool gv_store_vote_list(struct gv_store_tx *tx, const char *decision_id, struct gv_arena *arena,
                        struct gv_vote_row **ret_rows, size_t *ret_count, struct gv_error *err);

/* CONFLICT when the person already has a role in the domain. */
bool gv_store_assignment_insert(struct gv_store_tx *tx, const struct gv_assignment_row *assignment,
                                struct gv_error *err);
/* NOT_FOUND when there is none of that id. */
bool gv_store_assignment_delete(struct gv_store_tx *tx, const char *id, struct gv_error *err);
/* By domain, person, or both (NULL: any). */
bool gv_store_assignment_list(struct gv_store_tx *tx, const char *workspace, const char *domain,
                              const char *person, struct gv_arena *arena,
                              struct gv_assignment_row **ret_rows, size_t *ret_count,
                              struct gv_error *err);

/*
 * Claims (person, key). *ret_row is NULL when the key is new (and now claimed with status 0), else
 * the row of the earlier call. Keys older than GV_STORE_IDEMPOTENCY_KEPT are forgotten.
 */
bool gv_store_idempotency_claim(struct gv_store_tx *tx, const struct gv_idempotency_row *row,
                                struct gv_arena *arena, struct gv_idempotency_row **ret_row,
                                struct gv_error *err);
/* Keeps the answer of a claimed key, in the transaction that makes the answer true. */
bool gv_store_idempotency_answer(struct gv_store_tx *tx, const char *person, const char *key,
                                 int64_t status, const char *body, struct gv_error *err);
/* Gives a claimed key back when its call failed without effect. */
bool gv_store_idempotency_release(struct gv_store_tx *tx, const char *person, const char *key,
                                  struct gv_error *err);

/*
 * Takes or renews the lease `name` for `owner` until `until`; *ret_taken tells whether it is theirs
 * now. A lease past its time is free.
 */
bool gv_store_lease(struct gv_store_tx *tx, const char *name, const char *owner, gv_time until,
                    bool *ret_taken, struct gv_error *err);
bool gv_store_lease_release(struct gv_store_tx *tx, const char *name, const char *owner,
                            struct gv_error *err);

/* The end of a writer's chain: seq 0 and an empty hash when it has no event yet. */
bool gv_store_audit_head(struct gv_store_tx *tx, const char *writer, struct gv_arena *arena,
                         int64_t *ret_epoch, int64_t *ret_seq, const char **ret_hash,
                         gv_time *ret_at, struct gv_error *err);
/* Appends; CONFLICT when (writer, seq) exists. UPDATE and DELETE on the table are refused by
 * triggers. */
bool gv_store_audit_append(struct gv_store_tx *tx, const struct gv_audit_row *row,
                           struct gv_error *err);

struct gv_audit_filter {
    const char *workspace; /* NULL: any; likewise below */
    const char *event_type;
    const char *entity_id; /* of events with that entity_id or that resource */
    int64_t limit;
    int64_t offset;
};

/* Newest first. */
bool gv_store_audit_list(struct gv_store_tx *tx, const struct gv_audit_filter *filter,
                         struct gv_arena *arena, struct gv_audit_row **ret_rows, size_t *ret_count,
                         struct gv_error *err);
/* A writer's events after `seq`, in order, at most `limit`. */
bool gv_store_audit_after(struct gv_store_tx *tx, const char *writer, int64_t seq, size_t limit,
                          struct gv_arena *arena, struct gv_audit_row **ret_rows, size_t *ret_count,
                          struct gv_error *err);
/* The names of all writers. */
bool gv_store_audit_writers(struct gv_store_tx *tx, struct gv_arena *arena,
                            const char ***ret_writers, size_t *ret_count, struct gv_error *err);

/* How far a sink ("loki") has got with a writer's events, and the time under which the last one
 * travelled in the sink's own unit (Loki: nanoseconds); 0 when it has none. */
bool gv_store_cursor_get(struct gv_store_tx *tx, const char *sink, const char *writer,
                         int64_t *ret_seq, int64_t *ret_last, struct gv_error *err);
bool gv_store_cursor_set(struct gv_store_tx *tx, const char *sink, const char *writer, int64_t seq,
                         int64_t last, struct gv_error *err);

#endif
