/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GOVERNANCE_EXECUTOR_H
#define GV_GOVERNANCE_EXECUTOR_H

#include "policies/engine/slot.h"
#include "sidecar/audit/audit.h"
#include "sidecar/mlflow/client.h"
#include "sidecar/store/store.h"

/*
 * Carries approved decisions out in MLflow. For each: a durable intent under a lease, observe, act,
 * observe, a durable outcome. Every act is decided by what was observed just before, so a process
 * that is killed anywhere is repaired by the next one observing, never by repeating blindly. It
 * also ends requests whose time has run out. Runs on one loop; several replicas may run one each,
 * the lease decides.
 */
struct gv_executor;

struct gv_executor_options {
    struct gv_loop *loop;
    struct gv_slot *slot;
    struct gv_store *store;
    struct gv_audit *audit;
    struct gv_mlflow *mlflow;
    const char *owner; /* this writer's name in leases: stable across restarts, unique among
                          replicas, so that a restarted process takes its own work up at once */
    gv_duration lease; /* 0: 60 s; longer than any one call to MLflow */
    gv_duration poll;  /* 0: 5 s; the backstop when nobody wakes it */
};

struct gv_executor *gv_executor_start(const struct gv_executor_options *options,
                                      struct gv_error *err);

/* Something may be due. Any thread. */
void gv_executor_wake(struct gv_executor *executor);

/* Takes on nothing new and calls `done` when nothing is under way any more: at once, or on the
 * loop. A call to MLflow that hangs holds it up; whoever cannot wait stops, and the next start goes
 * on. */
void gv_executor_drain(struct gv_executor *executor, void (*done)(void *ctx), void *ctx);

/*
 * Frees it: after the drain, or, without one, when the loop runs no more and the store is closed
 * (its threads work on what is freed here until then). Not from inside a job's callback. What is
 * left undone is taken up by the next start of the same owner. Accepts NULL; returns NULL.
 */
struct gv_executor *gv_executor_stop(struct gv_executor *executor);

#endif
