/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_BASE_NUMBER_H
#define GV_BASE_NUMBER_H

#include "policies/engine/base/slice.h"
#include <stdbool.h>
#include <stdint.h>

/* Decimal numbers as JSON and YAML write them, read without regard to the process's locale. */

/*
 * The double nearest to `text`, which is a decimal number and has a byte behind its end that is no
 * part of a number (a NUL, a comma, …). False when it overflows; an underflow gives zero or the
 * nearest subnormal. Thread-safe.
 */
bool gv_number_double(struct gv_slice text, double *ret_double);

/* The integer that `text` stands for when it is one (1, 1.0, 1e2; not 1.5) and fits. Thread-safe.
 */
bool gv_number_int(struct gv_slice text, int64_t *ret_int);

#endif
