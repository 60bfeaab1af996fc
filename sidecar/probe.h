/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_SIDECAR_PROBE_H
#define GV_SIDECAR_PROBE_H

#include "sidecar/mlflow/client.h"
#include "sidecar/store/store.h"

/*
 * Looks at what the process depends on, again and again, and keeps what it saw for /readyz and the
 * gauges: whether MLflow answers, what it holds, and how many requests wait. On one loop.
 */
struct gv_probe;

struct gv_probe *gv_probe_start(struct gv_loop *loop, struct gv_mlflow *mlflow,
                                struct gv_store *store, struct gv_error *err);

/* NULL when MLflow answered the last time, else why not; copied into buf. */
const char *gv_probe_mlflow_trouble(const struct gv_probe *probe, char *buf, size_t size);

/* Accepts NULL; returns NULL. The loop does not run any more. */
struct gv_probe *gv_probe_stop(struct gv_probe *probe);

#endif
