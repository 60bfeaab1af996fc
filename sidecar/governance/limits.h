/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GOVERNANCE_LIMITS_H
#define GV_GOVERNANCE_LIMITS_H

#include "policies/engine/base/time.h"

/* Bytes of one operation's memory: its copies of MLflow's answers, which a model with very many
 * versions makes large, and of the store's rows. */
#define GV_OPERATION_BYTES ((size_t)32 * 1024 * 1024)

/* Operations under way on one loop; what is over is told to come back, so that a stuck disk or
 * MLflow does not fill memory. */
#define GV_OPERATIONS_MAX 4096

/* How often a transaction is tried again when what it read has moved on (another replica). */
#define GV_STALE_RETRIES 5

/* Principals whose roles are remembered by one loop; a power of two. */
#define GV_ROLES_CACHED 256

/* Bytes of a request's body that is kept as claimed. */
#define GV_CLAIM_BYTES ((size_t)256 * 1024)

/* Versions that one audit event lists as displaced; the rest is counted. */
#define GV_DISPLACED_LISTED 100

/* How long a decision about retraining stays open. */
#define GV_RETRAINING_EXPIRES (30 * GV_DAY)

#endif
