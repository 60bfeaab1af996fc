/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_TELEMETRY_PROCESS_H
#define GV_TELEMETRY_PROCESS_H

#include "policies/engine/base/text.h"

/* Appends the process_* metrics that every Prometheus client has: processor time, memory,
 * descriptors and start time, read from /proc. What cannot be read is left out. */
void gv_process_print(struct gv_text *out);

#endif
