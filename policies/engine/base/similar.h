/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_BASE_SIMILAR_H
#define GV_BASE_SIMILAR_H

#include "policies/engine/base/slice.h"

/* Suggestions for misspelt words: "did you mean …?" */

/*
 * The candidate nearest to `word` by edit distance (insertion, deletion, substitution, swap of
 * neighbours; ASCII case ignored), or NULL when none is within a third of the word's length (at
 * least one edit is always allowed for words of three letters and more). `candidates` are `count`
 * NUL-terminated strings.
 */
const char *gv_similar(struct gv_slice word, const char *const *candidates, size_t count);

#endif
