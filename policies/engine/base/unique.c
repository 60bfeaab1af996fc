/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/unique.h"
#include "policies/engine/base/limits.h"
#include "policies/engine/base/map.h"

#include <stdint.h>
#include <stdlib.h>

static enum gv_unique_result check_pairs(const void *items, size_t count, gv_unique_key key,
                                         size_t *ret_first, size_t *ret_second)
{
    for (size_t second = 1; second < count; second++) {
        struct gv_slice late = key(items, second);
        for (size_t first = 0; first < second; first++) {
            if (gv_slice_equal(key(items, first), late)) {
                *ret_first = first;
                *ret_second = second;
                return GV_UNIQUE_NO;
            }
        }
    }
    return GV_UNIQUE_YES;
}

#define GV_UNIQUE_EMPTY UINT32_MAX

/* Puts item `at` into the table, or returns the item with the same key that is there already. */
static uint32_t insert(uint32_t *slots, size_t mask, const void *items, gv_unique_key key,
                       uint32_t at)
{
    struct gv_slice wanted = key(items, at);
    size_t slot = (size_t)gv_map_hash(wanted) & mask;
    while (slots[slot] != GV_UNIQUE_EMPTY) {
        if (gv_slice_equal(key(items, slots[slot]), wanted)) {
            return slots[slot];
        }
        slot = (slot + 1) & mask;
    }
    slots[slot] = at;
    return GV_UNIQUE_EMPTY;
}

static enum gv_unique_result check_hashes(const void *items, size_t count, gv_unique_key key,
                                          size_t *ret_first, size_t *ret_second)
{
    size_t slots_count = 2 * GV_UNIQUE_PAIRWISE;
    while (slots_count / 2 < count) {
        slots_count *= 2;
    }
    if (slots_count >= GV_UNIQUE_EMPTY) {
        return GV_UNIQUE_NO_MEMORY;
    }
    uint32_t *slots = reallocarray(NULL, slots_count, sizeof(*slots));
    if (!slots) {
        return GV_UNIQUE_NO_MEMORY;
    }
    memset(slots, 0xFF, slots_count * sizeof(*slots));
    enum gv_unique_result result = GV_UNIQUE_YES;
    for (uint32_t at = 0; at < count && result == GV_UNIQUE_YES; at++) {
        uint32_t same = insert(slots, slots_count - 1, items, key, at);
        if (same != GV_UNIQUE_EMPTY) {
            *ret_first = same;
            *ret_second = at;
            result = GV_UNIQUE_NO;
        }
    }
    free(slots);
    return result;
}

enum gv_unique_result gv_unique_check(const void *items, size_t count, gv_unique_key key,
                                      size_t *ret_first, size_t *ret_second)
{
    return count <= GV_UNIQUE_PAIRWISE ? check_pairs(items, count, key, ret_first, ret_second)
                                       : check_hashes(items, count, key, ret_first, ret_second);
}
