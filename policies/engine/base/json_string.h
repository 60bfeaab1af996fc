/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_BASE_JSON_STRING_H
#define GV_BASE_JSON_STRING_H

#include "policies/engine/base/slice.h"

/*
 * The inside of a JSON string (RFC 8259 §7). Unescaping never lengthens a text, so it is done in
 * place, in the parser's own copy.
 */

struct gv_json_string {
    struct gv_slice text; /* unescaped; NUL-terminated behind its length */
    char *next;           /* what follows the closing quote */
    const char *wrong;    /* NULL, or what is wrong at `next` and what to do */
};

/*
 * Reads the string whose first byte behind the opening quote is `start`. The text from `start` on
 * is well-formed UTF-8 and ends with a NUL at `end`.
 */
struct gv_json_string gv_json_read_string(char *start, const char *end);

#endif
