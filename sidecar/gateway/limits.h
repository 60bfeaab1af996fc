/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GATEWAY_LIMITS_H
#define GV_GATEWAY_LIMITS_H

#include <stddef.h>

/* Memory of one exchange besides the connection's: head, parsed body, our own bytes. The body
 * counts about four times. */
#define GV_GATEWAY_ARENA_BODIES 6
#define GV_GATEWAY_ARENA_BASE ((size_t)1024 * 1024)

/* Bytes that wait in one direction of a stream before its sender is paused: two pieces of what
 * libcurl hands over. */
#define GV_GATEWAY_PIPE_BYTES ((size_t)512 * 1024)

/* Headers sent to MLflow: those passed on and our own. */
#define GV_GATEWAY_HEADERS 32

#endif
