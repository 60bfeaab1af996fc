/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_TELEMETRY_METRICS_H
#define GV_TELEMETRY_METRICS_H

#include "policies/engine/base/text.h"
#include <stdint.h>

/*
 * The process's metrics, one table (metrics.def). Any thread. Label values are bounded: a metric
 * keeps at most GV_METRIC_SERIES_MAX series, further ones are counted in a series whose labels are
 * "other". Series without labels exist from the start, at zero.
 */

enum gv_metric {
#define GV_METRIC(name, kind, text, labels, help) GV_METRIC_##name,
#include "sidecar/telemetry/metrics.def"
#undef GV_METRIC
    GV_METRIC_COUNT
};

/* Series of one metric at most; stops a client from growing memory through label values. */
#define GV_METRIC_SERIES_MAX 64

/* Labels of one metric at most. */
#define GV_METRIC_LABELS_MAX 3

/*
 * Adds to a counter or gauge. The label values follow, as many as the table names, NUL-terminated:
 * the compiler cannot check the number, the tests do.
 */
void gv_metric_add(enum gv_metric metric, int64_t delta, ...);

/* Sets a gauge. Label values follow. */
void gv_metric_set(enum gv_metric metric, double value, ...);

/* Removes all series of a gauge whose labels change over time (gavel_policy_info). */
void gv_metric_clear(enum gv_metric metric);

/* Adds an observation, in seconds, to a histogram. Label values follow. */
void gv_metric_observe(enum gv_metric metric, double seconds, ...);

/* Reads a counter or gauge back, 0 when the series does not exist; for tests and status pages. */
double gv_metric_get(enum gv_metric metric, ...);

/* Appends all in the Prometheus text format 0.0.4, with process_* metrics of this process. */
void gv_metrics_print(struct gv_text *out);

#endif
