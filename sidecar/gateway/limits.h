/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GATEWAY_LIMITS_H
#define GV_GATEWAY_LIMITS_H

#include <stddef.h>
#include <stdint.h>

/* Memory of one exchange besides the connection's: head, parsed body, our own bytes. The body
 * counts about four times. */
#define GV_GATEWAY_ARENA_BODIES 6
#define GV_GATEWAY_ARENA_BASE ((size_t)1024 * 1024)

/* Bytes that wait in one direction of a stream before its sender is paused: two large pieces of
 * what libcurl hands over. With its buffers on both sides a stream holds 2 MiB at most. */
#define GV_GATEWAY_PIPE_BYTES ((size_t)1024 * 1024)

/* An answer of known length up to this is gathered first and sent as one piece with its head: one
 * system call less, and a failure of MLflow in its middle still gets a proper answer. */
#define GV_GATEWAY_GATHER_BYTES ((int64_t)64 * 1024)

/* Headers sent to MLflow: those passed on and our own. */
#define GV_GATEWAY_HEADERS 32

#endif
