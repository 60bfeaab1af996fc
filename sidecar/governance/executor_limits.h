/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GOVERNANCE_EXECUTOR_LIMITS_H
#define GV_GOVERNANCE_EXECUTOR_LIMITS_H

#include "policies/engine/base/time.h"

/* Decisions that one scan takes up; the next scan takes the rest. */
#define GV_EXECUTOR_SCAN 64
#define GV_EXECUTOR_SCAN_BYTES ((size_t)32 * 1024 * 1024)

/* Decisions carried out at once, each of another model: MLflow has few workers. */
#define GV_EXECUTOR_JOBS 8

/* Memory of one job: the decision, and evidence read again for each look. */
#define GV_EXECUTOR_JOB_BYTES ((size_t)16 * 1024 * 1024)

/* Changes made in one attempt. A target has few effects; more means that somebody undoes what we
 * do. */
#define GV_EXECUTOR_ACTS 64

/* Times that one attempt may renew its lease because MLflow answers slowly; then it waits like
 * after a failure. */
#define GV_EXECUTOR_RENEWALS 16

/* Waiting after a failed attempt: doubles from the first to the most. */
#define GV_EXECUTOR_BACKOFF_FIRST (500 * GV_MILLISECOND)
#define GV_EXECUTOR_BACKOFF_MOST (60 * GV_SECOND)

#endif
