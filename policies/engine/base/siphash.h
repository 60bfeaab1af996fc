/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_BASE_SIPHASH_H
#define GV_BASE_SIPHASH_H

#include "policies/engine/base/slice.h"
#include <stdint.h>

/* SipHash-1-3 (Aumasson and Bernstein, 2012, with one compression and three finalisation rounds):
 * a keyed hash of which nobody without the key can make collisions. */

/* The hash of `data` under the 128-bit key {k0, k1}; the same on every machine. Thread-safe. */
uint64_t gv_siphash(struct gv_slice data, uint64_t k0, uint64_t k1);

#endif
