/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_BASE_ARENA_H
#define GV_BASE_ARENA_H

#include "policies/engine/base/slice.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * An arena: memory of one compile or one request, given back all at once. One thread at a time.
 * Blocks grow geometrically up to 64 KiB; an allocation larger than that has its own block.
 */
struct gv_arena;

/* A new arena that refuses to hold more than `limit` bytes (0: no limit). NULL when out of memory.
 */
struct gv_arena *gv_arena_new(size_t limit);

/* Frees the arena and all that came from it. Accepts NULL; returns NULL. */
struct gv_arena *gv_arena_free(struct gv_arena *arena);

/* Forgets all allocations but keeps the first block for the next use. */
void gv_arena_reset(struct gv_arena *arena);

/* `size` zeroed bytes, aligned for any type; NULL when out of memory or over the limit. */
void *gv_arena_alloc(struct gv_arena *arena, size_t size);

/* `count` zeroed elements of `size` bytes; NULL also when the product overflows. */
void *gv_arena_array(struct gv_arena *arena, size_t count, size_t size);

/* A NUL-terminated copy; NULL when out of memory. A slice with a NUL inside is copied whole. */
char *gv_arena_copy(struct gv_arena *arena, struct gv_slice text);

/* gv_arena_copy of a NUL-terminated string. NULL gives NULL. */
char *gv_arena_string(struct gv_arena *arena, const char *text);

/* A formatted, NUL-terminated string; NULL when out of memory. */
char *gv_arena_format(struct gv_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *gv_arena_vformat(struct gv_arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Bytes handed out since the arena was made or reset. */
size_t gv_arena_used(const struct gv_arena *arena);

/* For GV_CLEANUP(gv_arena_cleanup) struct gv_arena *arena = … */
void gv_arena_cleanup(struct gv_arena **arena);

#ifndef GV_CLEANUP
#define GV_CLEANUP(function) __attribute__((cleanup(function)))
#endif

#endif
