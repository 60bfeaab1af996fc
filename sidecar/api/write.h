/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_API_WRITE_H
#define GV_API_WRITE_H

#include "policies/engine/base/text.h"
#include <jansson.h>
#include <stdbool.h>

/*
 * Appends a value as compact JSON, numbers as people write them: 0.95, where jansson's own writer
 * says 0.94999999999999996. The value is of our own making or was read with a depth limit. False
 * when out of memory.
 */
bool gv_api_write(const json_t *value, struct gv_text *out);

#endif
