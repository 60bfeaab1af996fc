/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_BASE_TIME_H
#define GV_BASE_TIME_H

#include "policies/engine/base/error.h"
#include "policies/engine/base/slice.h"
#include <stdint.h>

/*
 * Instants and durations as plain integers. Nothing here reads a clock: `now` comes in as an
 * argument.
 */

/* Microseconds since 1970-01-01T00:00:00Z, without leap seconds. */
typedef int64_t gv_time;
/* Microseconds. */
typedef int64_t gv_duration;

#define GV_MICROSECOND ((gv_duration)1)
#define GV_MILLISECOND ((gv_duration)1000)
#define GV_SECOND ((gv_duration)1000000)
#define GV_MINUTE (60 * GV_SECOND)
#define GV_HOUR (60 * GV_MINUTE)
#define GV_DAY (24 * GV_HOUR)
#define GV_WEEK (7 * GV_DAY)

/* Bytes that gv_time_print needs, with the final NUL. */
#define GV_TIME_SIZE 32

/* Writes RFC 3339 in UTC ("2026-02-08T10:00:00Z"; ".123456" before the Z when the fraction is not
 * zero). Returns buf. */
const char *gv_time_print(gv_time time, char buf[GV_TIME_SIZE]);

/* Like gv_time_print, always with six digits of fraction, so that texts sort as times do. Returns
 * buf. */
const char *gv_time_print_micros(gv_time time, char buf[GV_TIME_SIZE]);

/* Reads RFC 3339 §5.6 with any offset; digits beyond microseconds are cut. Years 1970 to 9999, in
 * UTC. A leap second (":60") is refused, because instants here have none. SYNTAX or RANGE. */
bool gv_time_parse(struct gv_slice text, gv_time *ret_time, struct gv_error *err);

/* Reads Go's durations ("1h30m", "250ms", "1.5h") with d and w added ("30d", "1w"); no sign; parts
 * below a microsecond are cut. SYNTAX, or RANGE beyond 292,000 years. At least one
 * unit: "0s", not "0". */
bool gv_duration_parse(struct gv_slice text, gv_duration *ret_duration, struct gv_error *err);

/* Writes a duration as a person says it: the largest unit and the one below unless that is zero
 * ("2d 3h", "45s", "0s"); the rest is cut. Returns buf. */
const char *gv_duration_print(gv_duration duration, char buf[GV_TIME_SIZE]);

#endif
