/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_BASE_TEXT_H
#define GV_BASE_TEXT_H

#include "policies/engine/base/slice.h"
#include <stdbool.h>
#include <stddef.h>

/*
 * A growing text on the heap, always NUL-terminated. A failed allocation is remembered: later
 * appends do nothing, and gv_text_ok() tells, so a writer can append freely and ask once.
 */
struct gv_text {
    char *ptr; /* NULL while empty */
    size_t len;
    size_t capacity;
    bool failed;
};

#define GV_TEXT_INIT ((struct gv_text){0})

/* Frees the bytes and makes it empty and usable again. */
void gv_text_free(struct gv_text *text);

/* Empties the text, forgets a failure, and keeps the memory. */
void gv_text_clear(struct gv_text *text);

/* Whether every append so far succeeded. */
bool gv_text_ok(const struct gv_text *text);

void gv_text_append(struct gv_text *text, struct gv_slice slice);
void gv_text_string(struct gv_text *text, const char *string);
void gv_text_char(struct gv_text *text, char c);
void gv_text_format(struct gv_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends a finite double as the shortest decimal that reads back as the same one ("0.95", not
 * "0.94999999999999996"), with a point or an exponent. Not a finite one becomes "null". */
void gv_text_double(struct gv_text *text, double value);

/* Appends `slice` as a JSON string with its quotes (RFC 8259 §7); bytes that are not UTF-8 become
 * U+FFFD. */
void gv_text_json(struct gv_text *text, struct gv_slice slice);

/* The content, "" when empty; borrowed until the next change. */
const char *gv_text_cstr(const struct gv_text *text);
struct gv_slice gv_text_slice(const struct gv_text *text);

/* Hands the bytes to the caller, who frees them with free(); the text is empty afterwards. NULL if
 * an append failed. */
char *gv_text_take(struct gv_text *text);

#endif
