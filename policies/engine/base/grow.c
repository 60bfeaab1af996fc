/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/grow.h"
#include "policies/engine/base/limits.h"

#include <stdlib.h>

void *gv_grow(void *array, size_t *capacity, size_t count, size_t size)
{
    if (array && count <= *capacity) {
        return array;
    }
    size_t wanted = count > GV_GROW_FIRST_COUNT ? count : GV_GROW_FIRST_COUNT;
    size_t doubled;
    if (!__builtin_mul_overflow(*capacity, (size_t)2, &doubled) && doubled > wanted) {
        wanted = doubled;
    }
    void *grown = reallocarray(array, wanted, size);
    if (grown) {
        *capacity = wanted;
    }
    return grown;
}
