/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_AUDIT_LIMITS_H
#define GV_AUDIT_LIMITS_H

#include "policies/engine/base/time.h"

/* Bytes of one line. Loki refuses lines above 256 KiB, and a client must not fill the store through
 * a field of an event. */
#define GV_AUDIT_LINE_MAX ((size_t)64 * 1024)

/* Bytes of one text of a refusal that is kept while it is counted; what is longer is cut. */
#define GV_AUDIT_REFUSAL_TEXT 256

/* Events that a verification holds in memory at once. */
#define GV_AUDIT_VERIFY_PAGE 200

/* Events and bytes of one push. Loki answers 429 for ever to a push above its burst (6 MB), and
 * proxies before it take 1 MB by default. */
#define GV_LOKI_BATCH_EVENTS 500
#define GV_LOKI_BATCH_BYTES ((size_t)512 * 1024)

/* Memory for the events of one push; when large lines fill it, fewer are read. */
#define GV_LOKI_BATCH_MEMORY ((size_t)4 * 1024 * 1024)

/* How often the outbox is looked at when nobody says that there is something new. */
#define GV_LOKI_POLL (1 * GV_SECOND)

#define GV_LOKI_CONNECT (10 * GV_SECOND)
#define GV_LOKI_TOTAL (15 * GV_SECOND)

/* Waits between tries: random up to a bound that doubles from the first to the last of these. */
#define GV_LOKI_BACKOFF_FIRST (500 * GV_MILLISECOND)
#define GV_LOKI_BACKOFF_LAST (60 * GV_SECOND)

/* Loki refuses what is older than a week (reject_old_samples_max_age); an event that is nearly so
 * old travels under the time of its sending, its own time stays in the line. */
#define GV_LOKI_OLDEST (6 * GV_DAY)

/* Bytes of an answer of Loki that are kept to say why. */
#define GV_LOKI_ANSWER_BYTES 1024

/* Bytes of a tenant's name, as Loki has it. */
#define GV_LOKI_TENANT_MAX 150

/* Bytes of a bearer token's file. */
#define GV_LOKI_BEARER_BYTES 16384

#endif
