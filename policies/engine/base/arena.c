/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/arena.h"
#include "policies/engine/base/limits.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define GV_ARENA_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GV_ARENA_POISONS 1
#endif
#endif

/* With AddressSanitizer the unused tail of each block is forbidden ground, so that an overrun of
 * one allocation is seen although malloc knows only the block. */
#ifdef GV_ARENA_POISONS
#include <sanitizer/asan_interface.h>
static void forbid(void *ptr, size_t size)
{
    __asan_poison_memory_region(ptr, size);
}
static void permit(void *ptr, size_t size)
{
    __asan_unpoison_memory_region(ptr, size);
}
/* A gap behind each allocation, so that neighbours do not touch. */
#define GV_ARENA_GAP 16
#else
static void forbid(void *ptr, size_t size)
{
    (void)ptr;
    (void)size;
}
static void permit(void *ptr, size_t size)
{
    (void)ptr;
    (void)size;
}
#define GV_ARENA_GAP 0
#endif

#define GV_ARENA_ALIGNMENT alignof(max_align_t)

/* Bytes from `used` on are zero: blocks come from calloc, and a reset clears what was used. */
struct block {
    struct block *next;
    size_t size;
    size_t used;
    alignas(max_align_t) char bytes[];
};

struct gv_arena {
    struct block *first;   /* kept by a reset */
    struct block *current; /* the one that small allocations are taken from */
    size_t limit;
    size_t used;
};

static struct block *block_new(size_t size)
{
    if (size > SIZE_MAX - sizeof(struct block)) {
        return NULL;
    }
    struct block *block = calloc(1, sizeof(*block) + size);
    if (!block) {
        return NULL;
    }
    block->size = size;
    forbid(block->bytes, size);
    return block;
}

static void block_free(struct block *block)
{
    permit(block->bytes, block->size);
    free(block);
}

struct gv_arena *gv_arena_new(size_t limit)
{
    struct gv_arena *arena = calloc(1, sizeof(*arena));
    if (!arena) {
        return NULL;
    }
    arena->limit = limit > 0 ? limit : SIZE_MAX;
    return arena;
}

static void free_blocks(struct block *block)
{
    while (block) {
        struct block *next = block->next;
        block_free(block);
        block = next;
    }
}

struct gv_arena *gv_arena_free(struct gv_arena *arena)
{
    if (arena) {
        free_blocks(arena->first);
        free(arena);
    }
    return NULL;
}

void gv_arena_reset(struct gv_arena *arena)
{
    struct block *first = arena->first;
    arena->used = 0;
    if (!first) {
        return;
    }
    free_blocks(first->next);
    first->next = NULL;
    permit(first->bytes, first->used);
    memset(first->bytes, 0, first->used);
    first->used = 0;
    forbid(first->bytes, first->size);
    arena->current = first;
}

/* The block that shall hold `size` bytes, made if need be; NULL when out of memory. */
static struct block *block_for(struct gv_arena *arena, size_t size)
{
    struct block *current = arena->current;
    if (current && current->size - current->used >= size) {
        return current;
    }
    size_t wanted = current ? current->size * 2 : GV_ARENA_FIRST_BLOCK;
    while (wanted < size && wanted < GV_ARENA_LARGEST_BLOCK) {
        wanted *= 2;
    }
    wanted = wanted < GV_ARENA_LARGEST_BLOCK ? wanted : GV_ARENA_LARGEST_BLOCK;
    bool large = size > wanted;
    struct block *block = block_new(large ? size : wanted);
    if (!block) {
        return NULL;
    }
    if (!current) {
        /* A large first block serves later small allocations too, once a reset emptied it. */
        arena->first = arena->current = block;
    } else {
        block->next = current->next;
        current->next = block;
        /* A large one stands behind the current block, whose room is not lost. */
        arena->current = large ? current : block;
    }
    return block;
}

void *gv_arena_alloc(struct gv_arena *arena, size_t size)
{
    const size_t padding = GV_ARENA_ALIGNMENT - 1 + GV_ARENA_GAP;
    if (size > SIZE_MAX - padding) {
        return NULL;
    }
    /* One byte at least, so that every allocation has an address of its own. */
    size_t wanted = size > 0 ? size : 1;
    wanted = (wanted + padding) & ~(size_t)(GV_ARENA_ALIGNMENT - 1);
    size_t counted = wanted - GV_ARENA_GAP;
    if (counted > arena->limit - arena->used) {
        return NULL;
    }
    struct block *block = block_for(arena, wanted);
    if (!block) {
        return NULL;
    }
    char *ptr = block->bytes + block->used;
    block->used += wanted;
    arena->used += counted;
    permit(ptr, size);
    return ptr;
}

void *gv_arena_array(struct gv_arena *arena, size_t count, size_t size)
{
    size_t product;
    if (__builtin_mul_overflow(count, size, &product)) {
        return NULL;
    }
    return gv_arena_alloc(arena, product);
}

char *gv_arena_copy(struct gv_arena *arena, struct gv_slice text)
{
    char *copy = text.len < SIZE_MAX ? gv_arena_alloc(arena, text.len + 1) : NULL;
    if (copy && text.len > 0) {
        memcpy(copy, text.ptr, text.len);
    }
    return copy;
}

char *gv_arena_string(struct gv_arena *arena, const char *text)
{
    return text ? gv_arena_copy(arena, gv_slice_from(text)) : NULL;
}

char *gv_arena_format(struct gv_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = gv_arena_vformat(arena, format, args);
    va_end(args);
    return text;
}

char *gv_arena_vformat(struct gv_arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *text = len < 0 ? NULL : gv_arena_alloc(arena, (size_t)len + 1);
    if (text) {
        vsnprintf(text, (size_t)len + 1, format, again);
    }
    va_end(again);
    return text;
}

size_t gv_arena_used(const struct gv_arena *arena)
{
    return arena->used;
}

void gv_arena_cleanup(struct gv_arena **arena)
{
    *arena = gv_arena_free(*arena);
}
