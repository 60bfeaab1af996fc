/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GOVERNANCE_EXECUTOR_JOB_H
#define GV_GOVERNANCE_EXECUTOR_JOB_H

#include "sidecar/governance/executor.h"
#include "sidecar/governance/executor_plan.h"

/*
 * One decision being carried out. Its steps, each a function in executor_job.c that starts
 * something and names what follows:
 *
 *   claim → observe → compare (metrics) → act ⟲ observe → finish
 *                                      ↘ survey (once, before the first act)
 *                                      ↘ renew (when the lease is half over: no act may outlast it)
 *
 * The transactions are in executor_record.c. A job ends by telling its executor.
 */

enum gv_job_ending {
    GV_JOB_LEFT,  /* nothing to do any more, or somebody else does it */
    GV_JOB_ENDED, /* the decision has ended */
    GV_JOB_LATER, /* tried, and due again */
};

struct gv_job {
    struct gv_job *next;
    struct gv_executor *executor;
    struct gv_arena *arena;
    struct gv_set *set; /* in force when the job began */
    const char *id;     /* these three never change: the loop compares them while the store's thread
                           fills the decision */
    const char *model;
    const char *workspace;
    struct gv_decision decision;
    const struct gv_json *evidence; /* the decision's */
    struct gv_plan plan;
    const char *displaced; /* JSON list of the versions that the first act puts out, "null" when
                              MLflow does not say; NULL: not asked yet */
    bool compared;
    unsigned acts;
    unsigned renewals;
    enum gv_job_ending ending;
    bool unwritten; /* the store did not take what it was to write last */
    /* what the next transaction writes */
    enum gv_event event;
    const char *event_type; /* of the audit event */
    const char *outcome;
    const char *metric;
    const char *reason;
    gv_duration delay;
};

struct gv_executor {
    struct gv_executor_options options;
    struct gv_arena *arena; /* of the options' texts */
    struct gv_timer *timer;
    struct gv_job *jobs;
    gv_time wake_at; /* when the timer fires, monotonic; 0: it is not set */
    /* of a scan under way */
    struct gv_arena *scan_arena;
    struct gv_decision *due;
    size_t due_count;
    struct gv_decision *left; /* executing under a lease of ours */
    size_t left_count;
    gv_duration next_due; /* how long until more is due; 0: nobody knows */
    bool scanning;
    bool again;     /* woken while scanning */
    bool held_back; /* something due waits for a job to end */
    bool draining;
    void (*drained)(void *ctx);
    void *drained_ctx;
};

/* Begins with the claim. The job is the executor's, in its list. */
void gv_job_begin(struct gv_job *job);

/* Told by the job when it is over; frees it. */
void gv_executor_job_over(struct gv_job *job);

/* --- executor_record.c: what is written, each run by gv_store_write with the job as ctx --- */

/* Takes the lease and writes the intent, or ends what has expired. job->ending is LEFT when there
 * is nothing to do. */
bool gv_job_write_claim(struct gv_store_tx *tx, void *job, struct gv_error *err);

/* Takes the lease anew for its whole length. STALE when it is no longer ours. */
bool gv_job_write_renewal(struct gv_store_tx *tx, void *job, struct gv_error *err);

/* Ends the decision with job->event, event_type, outcome and reason. */
bool gv_job_write_end(struct gv_store_tx *tx, void *job, struct gv_error *err);

/* Keeps why it waits, and gives the lease back until the next attempt. */
bool gv_job_write_delay(struct gv_store_tx *tx, void *job, struct gv_error *err);

#endif
