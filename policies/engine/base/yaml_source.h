/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_BASE_YAML_SOURCE_H
#define GV_BASE_YAML_SOURCE_H

#include "policies/engine/base/error.h"
#include "policies/engine/base/slice.h"

/*
 * The text of a YAML file: is it fit to be parsed, and where is the n-th character?
 *
 * libyaml counts characters, people and editors count bytes or see lines; a cursor that follows
 * the events translates, so that even a file of one long line costs linear time.
 */

struct gv_yaml_place {
    unsigned line;   /* from 1 */
    unsigned column; /* from 1, in bytes */
};

struct gv_yaml_source {
    struct gv_slice text;
    size_t index;      /* characters before `offset` */
    size_t offset;     /* bytes */
    size_t line_start; /* offset of the line that holds `offset` */
    unsigned line;     /* from 1 */
};

/*
 * Refuses what parsers read differently: byte order marks, malformed UTF-8, NUL and other control
 * characters, and line breaks that only some readers take for such (a lone CR, U+0085, U+2028,
 * U+2029), behind which a person sees a comment and the parser a key. False with line and column
 * in *err.
 */
bool gv_yaml_source_open(struct gv_yaml_source *source, struct gv_slice text, struct gv_error *err);

/* The place of the character with this index (from 0; beyond the end: the end). Cheap when the
 * indices asked for mostly ascend. */
struct gv_yaml_place gv_yaml_source_place(struct gv_yaml_source *source, size_t index);

#endif
