/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_BASE_MAP_H
#define GV_BASE_MAP_H

#include "policies/engine/base/slice.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A hash map from byte strings to pointers: open addressing, keys copied, iteration in order of
 * insertion. The hash is SipHash-1-3 with a random key per process, so that clients cannot choose
 * colliding keys. Readers may share a map that nobody changes.
 */
struct gv_map;

/* A new map; NULL when out of memory. */
struct gv_map *gv_map_new(void);

/* Frees the map, and each value with `free_value` unless that is NULL. Accepts NULL; returns NULL.
 */
struct gv_map *gv_map_free(struct gv_map *map, void (*free_value)(void *value));

/* The value of `key`, or NULL. */
void *gv_map_get(const struct gv_map *map, struct gv_slice key);

/* Sets the value of `key`; *previous (unless NULL) gets what it replaced or NULL. False when out of
 * memory. */
bool gv_map_put(struct gv_map *map, struct gv_slice key, void *value, void **previous);

/* Takes `key` out and returns its value, or NULL. */
void *gv_map_remove(struct gv_map *map, struct gv_slice key);

/* How many keys the map has. */
size_t gv_map_count(const struct gv_map *map);

/* Walks in order of insertion: start with *at = 0; false at the end. `key` (NUL-terminated behind
 * its length, borrowed) and `value` may be NULL. The map must not change meanwhile. */
bool gv_map_next(const struct gv_map *map, size_t *at, struct gv_slice *key, void **value);

/* SipHash-1-3 of `key` under the process's random key, for tables that are no map. The value is
 * another one in the next process. Panics if the system has no randomness. Thread-safe. */
uint64_t gv_map_hash(struct gv_slice key);

#endif
