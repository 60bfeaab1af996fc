/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_BASE_GROW_H
#define GV_BASE_GROW_H

#include <stddef.h>

/*
 * Arrays on the heap that grow. The caller keeps pointer, capacity and count, so that its elements
 * keep their type.
 */

/*
 * Room for at least `count` elements of `size` bytes: `array` itself, or what replaces it, with
 * *capacity raised (at least doubled, so that appending stays linear). NULL when out of memory or
 * when the bytes overflow; then `array` and *capacity are untouched.
 */
void *gv_grow(void *array, size_t *capacity, size_t count, size_t size);

#endif
