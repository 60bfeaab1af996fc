/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_BASE_UNIQUE_H
#define GV_BASE_UNIQUE_H

#include "policies/engine/base/slice.h"
#include <stddef.h>

/*
 * Finds a key that a list has twice: pair by pair while that is cheapest, with a hash set for long
 * lists, so that the cost stays linear whatever keys a client chooses.
 */

enum gv_unique_result {
    GV_UNIQUE_YES,
    GV_UNIQUE_NO,
    GV_UNIQUE_NO_MEMORY,
};

/* The key of item `at` of a list. */
typedef struct gv_slice (*gv_unique_key)(const void *items, size_t at);

/* Whether the keys of `count` items differ; if not, *ret_first and *ret_second are two items with
 * the same key, of which the second is the earliest that repeats one. */
enum gv_unique_result gv_unique_check(const void *items, size_t count, gv_unique_key key,
                                      size_t *ret_first, size_t *ret_second);

#endif
