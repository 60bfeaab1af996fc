/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_TELEMETRY_LINE_H
#define GV_TELEMETRY_LINE_H

#include "policies/engine/base/slice.h"
#include "sidecar/telemetry/limits.h"
#include <stdbool.h>
#include <stddef.h>

/*
 * One log line in the making, of bounded size and without allocation. What does not fit is left
 * out and remembered; a writer takes back a half-written field with gv_line_rewind.
 */
struct gv_line {
    char bytes[GV_LOG_LINE_SIZE];
    size_t len;
    size_t capacity; /* at most GV_LOG_LINE_SIZE */
    bool full;
};

/* An empty line that takes at most `capacity` bytes. */
void gv_line_begin(struct gv_line *line, size_t capacity);

/* Appends as it is. */
void gv_line_append(struct gv_line *line, struct gv_slice text);
void gv_line_format(struct gv_line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Appends the inside of a JSON string: quotes, backslashes, and everything that a terminal or log
 * reader could obey (controls, line separators, changes of direction) is escaped; what is not
 * UTF-8 becomes U+FFFD. About GV_LOG_VALUE_SIZE bytes are written, "…" stands for the rest.
 */
void gv_line_escape(struct gv_line *line, struct gv_slice text);

/* Whether gv_line_escape would change the text. */
bool gv_line_is_plain(struct gv_slice text);

/* Cuts the line back to `len` bytes and lets it take more. */
void gv_line_rewind(struct gv_line *line, size_t len);

#endif
