/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/similar.h"
#include "policies/engine/base/limits.h"

#include <stdint.h>

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* One cell of the table: the cheapest way to make word[..i] of candidate[..j]. */
static unsigned cell(const unsigned *before, const unsigned *above, const unsigned *here, size_t j,
                     bool same, bool swapped)
{
    unsigned cost = least(above[j] + 1, here[j - 1] + 1);
    cost = least(cost, above[j - 1] + (same ? 0 : 1));
    return swapped ? least(cost, before[j - 2] + 1) : cost;
}

/* Optimal string alignment distance of two words of at most GV_SIMILAR_LONGEST bytes. */
static unsigned distance(struct gv_slice a, struct gv_slice b)
{
    unsigned rows[3][GV_SIMILAR_LONGEST + 1];
    for (size_t j = 0; j <= b.len; j++) {
        rows[0][j] = (unsigned)j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        unsigned *here = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3];
        const unsigned *before = rows[(i + 1) % 3];
        here[0] = (unsigned)i;
        for (size_t j = 1; j <= b.len; j++) {
            char left = lower(a.ptr[i - 1]);
            char right = lower(b.ptr[j - 1]);
            bool swapped =
                i > 1 && j > 1 && left == lower(b.ptr[j - 2]) && lower(a.ptr[i - 2]) == right;
            here[j] = cell(before, above, here, j, left == right, swapped);
        }
    }
    return rows[a.len % 3][b.len];
}

const char *gv_similar(struct gv_slice word, const char *const *candidates, size_t count)
{
    if (word.len == 0 || word.len > GV_SIMILAR_LONGEST) {
        return NULL;
    }
    unsigned allowed = (unsigned)(word.len / 3);
    unsigned best = allowed + 1;
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        struct gv_slice candidate = gv_slice_from(candidates[i]);
        if (candidate.len == 0 || candidate.len > GV_SIMILAR_LONGEST) {
            continue;
        }
        unsigned edits = distance(word, candidate);
        if (edits < best) {
            best = edits;
            nearest = candidates[i];
        }
    }
    return nearest;
}
