/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_BASE_LIMITS_H
#define GV_BASE_LIMITS_H

/* The limits of this folder, each with what it stops. */

/* Bytes of an arena's first block: a small request fits into it and its arena is one allocation. */
#define GV_ARENA_FIRST_BLOCK 4096
/* Bytes of an arena's largest shared block: what stays unused at its end is at most this much. */
#define GV_ARENA_LARGEST_BLOCK 65536

/* Bytes of the first allocation of a text, so that short texts grow once. */
#define GV_TEXT_FIRST_CAPACITY 64

/* Elements of the first allocation of a growing array. */
#define GV_GROW_FIRST_COUNT 16

/* Bytes of a word that suggestions are sought for: the search is quadratic in it. */
#define GV_SIMILAR_LONGEST 64

/* Members up to which duplicate keys are sought pair by pair; a hash set pays off above. */
#define GV_UNIQUE_PAIRWISE 16

/* What one JSON text may ask for: 1 MiB, nesting that no honest client needs, and 32 bytes of
 * arena per value. */
#define GV_JSON_MOST_BYTES (1024 * 1024)
#define GV_JSON_MOST_DEPTH 64
#define GV_JSON_MOST_NODES 100000

/* What one YAML text may ask for. Depth matters most: libyaml's cost grows with its square. */
#define GV_YAML_MOST_BYTES (4 * 1024 * 1024)
#define GV_YAML_MOST_DEPTH 64
#define GV_YAML_MOST_NODES 500000
#define GV_YAML_MOST_DOCUMENTS 10000

#endif
