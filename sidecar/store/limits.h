/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_STORE_LIMITS_H
#define GV_STORE_LIMITS_H

#include "policies/engine/base/time.h"

/* Transactions grouped into one commit. SQLite gains nothing past about 32 rows. */
#define GV_STORE_GROUP 32

/* Writes that may wait; the next one is refused as unavailable, so that a stuck disk does not fill
 * memory. */
#define GV_STORE_QUEUE 4096

/* How long a statement waits for another process' lock on the database. */
#define GV_STORE_BUSY (5 * GV_SECOND)

/* Prepared statements that a connection keeps: all of the store's, with room for the lists whose
 * conditions differ. */
#define GV_STORE_STATEMENTS 64

/* Threads that read, each with a snapshot of its own: a long verification must not hold up the
 * question that a call waits for. */
#define GV_STORE_READERS 2

/* How long the consistency check at opening may take; a large database is not read to its end. */
#define GV_STORE_CHECK (2 * GV_SECOND)

/* How often a store in trouble tries whether the disk takes writes again. */
#define GV_STORE_PROBE (1 * GV_SECOND)

/* Rows of one page of a list. */
#define GV_STORE_PAGE_MAX 1000

/* How long an idempotency key is remembered. */
#define GV_STORE_IDEMPOTENCY_KEPT (24 * GV_HOUR)

#endif
