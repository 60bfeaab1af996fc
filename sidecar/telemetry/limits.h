/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_TELEMETRY_LIMITS_H
#define GV_TELEMETRY_LIMITS_H

/* The limits of this folder, each with what it stops. */

/* Bytes of a log line with its newline. PIPE_BUF: up to here a write to a pipe is atomic, so that
 * lines of several threads and processes do not mix. */
#define GV_LOG_LINE_SIZE 4096

/* Bytes that one value or message may take in a line: a client's long path must not push out the
 * fields behind it, and a message always fits. */
#define GV_LOG_VALUE_SIZE 1024

/* Bytes of a label value with its NUL: a client chooses some of them. */
#define GV_METRIC_LABEL_SIZE 64

#endif
