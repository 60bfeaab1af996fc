/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/probe.h"

#include "sidecar/telemetry/metrics.h"

#include <stdlib.h>

/* Soon enough for a readiness probe, seldom enough not to be noticed by MLflow. */
#define PING_EVERY (2 * GV_SECOND)
#define PING_EVERY_WELL (10 * GV_SECOND)
/* Counting walks pages of MLflow's lists. */
#define COUNT_EVERY (60 * GV_SECOND)

struct gv_probe {
    struct gv_loop *loop;
    struct gv_mlflow *mlflow;
    struct gv_store *store;
    struct gv_timer *ping;
    struct gv_timer *count;
    struct gv_error trouble; /* code NONE: well */
    int64_t waiting;         /* requests; written on the store's thread, read after its answer */
};

static void ping_done(void *ctx, const struct gv_error *err)
{
    struct gv_probe *probe = ctx;
    probe->trouble = err ? *err : GV_ERROR_INIT;
    gv_timer_set(probe->ping, err ? PING_EVERY : PING_EVERY_WELL);
}

static void ping_due(void *ctx)
{
    struct gv_probe *probe = ctx;
    struct gv_error err = GV_ERROR_INIT;
    if (!gv_mlflow_ping(probe->mlflow, ping_done, probe, &err))
        ping_done(probe, &err);
}

static void mlflow_counted(void *ctx, int64_t experiments, int64_t models,
                           const struct gv_error *err)
{
    (void)ctx;
    if (err)
        return;
    gv_metric_set(GV_METRIC_INVENTORY_EXPERIMENTS, (double)experiments);
    gv_metric_set(GV_METRIC_INVENTORY_MODELS, (double)models);
}

static bool count_waiting(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct gv_probe *probe = ctx;
    return gv_store_decision_count(tx, GV_STATE_AWAITING_APPROVAL, &probe->waiting, err);
}

static void waiting_counted(void *ctx, const struct gv_error *err)
{
    const struct gv_probe *probe = ctx;
    if (!err)
        gv_metric_set(GV_METRIC_APPROVALS_PENDING, (double)probe->waiting);
}

static void count_due(void *ctx)
{
    struct gv_probe *probe = ctx;
    struct gv_error err = GV_ERROR_INIT;
    /* A gauge that cannot be read now keeps its value; the trouble itself shows in /readyz. */
    gv_mlflow_count(probe->mlflow, mlflow_counted, probe, &err);
    gv_store_read(probe->store, count_waiting, probe->loop, waiting_counted, probe, &err);
    gv_timer_set(probe->count, COUNT_EVERY);
}

struct gv_probe *gv_probe_start(struct gv_loop *loop, struct gv_mlflow *mlflow,
                                struct gv_store *store, struct gv_error *err)
{
    struct gv_probe *probe = calloc(1, sizeof(*probe));
    if (probe) {
        *probe = (struct gv_probe){.loop = loop, .mlflow = mlflow, .store = store};
        gv_error_set(&probe->trouble, GV_ERROR_UNAVAILABLE, "not asked yet");
        probe->ping = gv_timer_new(loop, ping_due, probe);
        probe->count = gv_timer_new(loop, count_due, probe);
    }
    if (!probe || !probe->ping || !probe->count) {
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
        return gv_probe_stop(probe);
    }
    gv_timer_set(probe->ping, 0);
    gv_timer_set(probe->count, GV_SECOND);
    return probe;
}

const char *gv_probe_mlflow_trouble(const struct gv_probe *probe, char *buf, size_t size)
{
    if (probe->trouble.code == GV_ERROR_NONE)
        return NULL;
    return gv_error_text(&probe->trouble, buf, size);
}

struct gv_probe *gv_probe_stop(struct gv_probe *probe)
{
    if (!probe)
        return NULL;
    gv_timer_free(probe->ping);
    gv_timer_free(probe->count);
    free(probe);
    return NULL;
}
