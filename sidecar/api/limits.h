/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_API_LIMITS_H
#define GV_API_LIMITS_H

#include <stddef.h>

/* The limits of this folder, each with what it stops. Texts are counted in characters (code
 * points), as the platform's own clients and MLflow's columns count them. */

/* Nesting of a body: jansson itself goes to 2048, and what is kept is read again by others. */
#define GV_API_DEPTH 32

/* MLflow's column for the keys of metrics. */
#define GV_API_METRIC_NAME 250
/* MLflow's versions are 32 bit integers. */
#define GV_API_VERSION_MOST 2147483647
/* A target's or stage's name. */
#define GV_API_STAGE 64
/* MLflow's run ids have 32 characters, its column 250; URIs 500 and more with their query. */
#define GV_API_RUN_ID 250
#define GV_API_URI 2048
/* What a person writes: justification, reason, comment. A page of text, not a document. */
#define GV_API_PROSE 10000
/* A person's id or user name, as the governance API limits it. */
#define GV_API_PERSON 200
/* Metrics of one request: governance compares each with the run's own. */
#define GV_API_METRICS 200

/* Idempotency-Key, as the draft of its header and common services limit it. */
#define GV_API_IDEMPOTENCY_KEY 255

/* Rows of one page of a list, by default and at most; how far a list may be skipped. */
#define GV_API_PAGE 50
#define GV_API_PAGE_MOST 1000
#define GV_API_OFFSET_MOST 1000000000

/* Memory of one call besides the connection's: its body, and the rows of a page. A page of the
 * largest audit events does not fit and is answered with an advice to ask for fewer. */
#define GV_API_CALL_BYTES ((size_t)16 * 1024 * 1024)

/* Seconds that a client is asked to wait when something that is needed is away. */
#define GV_API_RETRY_AFTER "2"

#endif
